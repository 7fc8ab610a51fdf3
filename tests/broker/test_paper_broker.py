"""The adapter against a whole Alpaca-compatible server with its own books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from tests.simulator.broker import PaperBroker
from tradesync.broker.alpaca import AlpacaBroker
from tradesync.broker.errors import (
    BrokerError,
    BrokerNotFound,
    BrokerRateLimited,
    BrokerRefused,
    BrokerUnauthorized,
    BrokerUnreachable,
)
from tradesync.broker.limits import TokenBucket
from tradesync.broker.port import OrderRequest
from tradesync.config import AccountConfig, Environment
from tradesync.domain.facts import Activity, Execution, Order


@contextmanager
def adapter(
    broker: PaperBroker, *, secret: str = "simulated-secret", patience: float = 20.0
) -> Iterator[AlpacaBroker]:
    """The adapter at a paper broker's address, with a budget no test uses up."""
    config = AccountConfig(
        "paper-broker", broker.key, secret, broker.base_url, Environment.SIMULATED
    )
    made = AlpacaBroker(config, bucket=TokenBucket(100_000), patience=patience)
    try:
        yield made
    finally:
        made.close()


def market(client_order_id: str, symbol: str, qty: str, side: str = "buy") -> OrderRequest:
    return OrderRequest(client_order_id, symbol, side, Decimal(qty), None, "market", "day")


def test_an_order_its_fill_and_its_position_are_read_alike() -> None:
    with PaperBroker() as paper, adapter(paper) as broker:
        paper.set_price("AAPL", "200.12")
        (sent,) = broker.submit(market("ts1-o-1", "AAPL", "2.5")).items
        paper.step(5)
        (order,) = broker.order(sent.order_id).items
        (by_client_id,) = broker.order_by_client_id("ts1-o-1").items
        page = broker.activities()
        (position,) = broker.positions().items
        account = broker.account().value
    assert order.is_terminal
    assert (order.filled_qty, order.filled_avg_price) == (Decimal("2.5"), Decimal("200.12"))
    assert by_client_id.order_id == order.order_id
    assert [(e.order_id, e.qty, e.price) for e in page.executions] == [
        (order.order_id, Decimal("2.5"), Decimal("200.12"))
    ]
    assert (position.instrument, position.qty) == (order.instrument, Decimal("2.5"))
    assert account.cash == Decimal(100_000) - Decimal("500.3")


def test_a_replaced_order_and_its_successor_name_each_other() -> None:
    with PaperBroker() as paper, adapter(paper) as broker:
        paper.set_price("AAPL", 200)
        placed = paper.submit_limit("AAPL", 10, 100)
        paper.step(5)
        (successor,) = broker.replace(
            placed["id"], client_order_id="ts1-o-2", limit_price=Decimal("101.50")
        ).items
        paper.step(5)
        (old,) = broker.order(placed["id"]).items
        (new,) = broker.order(successor.order_id).items
    assert (old.status, old.replaced_by) == ("replaced", new.order_id)
    assert (new.replaces, new.limit_price) == (old.order_id, Decimal("101.5"))
    assert new.client_order_id == "ts1-o-2"


def test_refusals_and_missing_things_are_told_apart() -> None:
    with PaperBroker() as paper, adapter(paper) as broker:
        paper.set_price("AAPL", 200)
        (sent,) = broker.submit(market("ts1-o-1", "AAPL", "1")).items
        paper.step(5)
        with pytest.raises(BrokerRefused, match="unique"):
            broker.submit(market("ts1-o-1", "AAPL", "1"))
        with pytest.raises(BrokerRefused, match="filled"):
            broker.cancel(sent.order_id)
        with pytest.raises(BrokerRefused) as no_money:
            broker.submit(market("ts1-o-2", "AAPL", "1000000"))
        with pytest.raises(BrokerNotFound):
            broker.order_by_client_id("never-sent")
        with pytest.raises(BrokerNotFound):
            broker.order("00000000-0000-4000-8000-000000000000")
        with pytest.raises(BrokerNotFound):
            broker.asset("NOSUCH")
        with adapter(paper, secret="wrong") as stranger, pytest.raises(BrokerUnauthorized):
            stranger.positions()
    assert (no_money.value.status, no_money.value.code) == (403, 40310000)
    assert no_money.value.request_id


def test_r29_more_open_orders_than_a_page_are_all_seen() -> None:
    with PaperBroker() as paper, adapter(paper) as broker:
        paper.set_price("AAPL", 200)
        paper.control("cash", amount=10_000_000)
        placed = {paper.submit_limit("AAPL", 1, 100)["id"] for _ in range(520)}
        listed = broker.open_orders()
        calls = broker.calls
    assert {order.order_id for order in listed.items} == placed
    assert calls == 2


def test_s06_a_whole_account_is_read_page_by_page() -> None:
    with PaperBroker(empty=False) as paper, adapter(paper) as broker:
        books = paper.books()
        orders: dict[str, Order] = {}
        page = broker.orders_page(limit=50, nested=True)
        orders |= {order.order_id: order for order in page.items}
        while page.full:
            page = broker.orders_page(after=page.last_at, limit=50, nested=True)
            orders |= {order.order_id: order for order in page.items}
            assert page.unreadable == ()
        executions: dict[str, Execution] = {}
        activities: dict[str, Activity] = {}
        token, full = None, True
        while full:
            shown = broker.activities(page_token=token)
            executions |= {row.execution_id: row for row in shown.executions}
            activities |= {row.activity_id: row for row in shown.activities}
            assert shown.unreadable == ()
            token, full = shown.last_id, shown.full
        positions = broker.positions()
    account = books["accounts"][0] if "accounts" in books else books
    assert set(orders) == {row["id"] for row in account["orders"]}
    assert len(executions) + len(activities) == len(account["activities"])
    assert {row.order_id for row in executions.values()} <= set(orders)
    assert positions.items
    assert positions.unreadable == ()


def test_a_restarted_broker_is_read_over_a_new_connection() -> None:
    with PaperBroker() as paper, adapter(paper) as broker:
        before = broker.account().value.account_id
        paper.restart()
        assert broker.account().value.account_id == before


def test_p10_positions_that_cannot_be_read_are_an_error_and_never_an_empty_list() -> None:
    with PaperBroker() as paper, adapter(paper, patience=0) as broker:
        paper.add_position("AAPL", 10, 100)
        assert len(broker.positions().items) == 1
        paper.stop()
        with pytest.raises(BrokerUnreachable) as caught:
            broker.positions()
    assert "cannot be reached" in caught.value.sentence


def test_s12_a_broker_that_counts_calls_is_obeyed() -> None:
    with PaperBroker(rate_limit=5) as paper, adapter(paper, patience=0) as broker:
        errors: list[BrokerError] = []
        for _ in range(8):
            try:
                broker.account()
            except BrokerError as error:
                errors.append(error)
    assert errors
    assert {type(error) for error in errors} == {BrokerRateLimited}
    assert broker.calls <= 6
