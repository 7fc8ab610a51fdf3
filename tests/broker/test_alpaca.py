"""What the adapter asks for and how it pages, seen at a real HTTP server."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from threading import Thread

import pytest

from tests.broker.samples import account_row, fill_row, order_row, position_row
from tests.broker.stub import KEY, SECRET, Answer, Asked, broker_answering, calling, serving, told
from tradesync.broker.errors import BrokerReplyError
from tradesync.broker.limits import TokenBucket
from tradesync.broker.port import Broker, OrderRequest, StopLoss
from tradesync.domain.times import SECOND, Instant, format_instant, parse_instant

AT = parse_instant("2026-10-08T14:30:00Z")


class OrderBook:
    """Serves GET /v2/orders the way Alpaca does: exclusive `after`, a limit, a direction."""

    def __init__(self, *orders: tuple[str, Instant], knows_cursors: bool = True) -> None:
        self.orders = list(orders)
        self.knows_cursors = knows_cursors

    def __call__(self, asked: Asked) -> Answer:
        rows = sorted(self.orders, key=lambda order: (order[1], order[0]))
        if "after" in asked.query:
            rows = [r for r in rows if r[1] > parse_instant(asked.query["after"])]
        cursor = asked.query.get("after_order_id")
        if cursor is not None and self.knows_cursors:
            ids = [row[0] for row in rows]
            rows = rows[ids.index(cursor) + 1 :]
        if asked.query["direction"] == "desc":
            rows.reverse()
        limit = int(asked.query["limit"])
        return told([order_row(i, submitted_at=format_instant(at)) for i, at in rows[:limit]])


def test_the_adapter_is_a_broker_and_sends_its_keys() -> None:
    with broker_answering([told(account_row())]) as (adapter, stub):
        broker: Broker = adapter
        read = broker.account()
    assert read.value.account_id == account_row()["id"]
    assert stub.asked[0].headers["APCA-API-KEY-ID"] == KEY
    assert stub.asked[0].headers["APCA-API-SECRET-KEY"] == SECRET
    assert stub.asked[0].path == "/v2/account"
    assert broker.calls == 1


def test_a_read_states_when_it_began() -> None:
    with serving([told(account_row()), told([])]) as stub, calling(stub.url) as broker:
        assert broker.account().started_at < broker.positions().started_at


def test_positions_are_read_with_their_instruments() -> None:
    rows = [position_row(), position_row("XLK", asset_id="x", qty="-1", side="short"), {"a": 1}]
    with broker_answering([told(rows)]) as (broker, _):
        read = broker.positions()
    assert [p.symbol for p in read.items] == ["AAPL", "XLK"]
    assert {i.symbol for i in read.instruments} == {"AAPL", "XLK"}
    assert len(read.unreadable) == 1


def test_a_page_of_open_orders_takes_one_call() -> None:
    book = OrderBook(*((f"o{n}", AT + n * SECOND) for n in range(499)))
    with broker_answering(book) as (broker, stub):
        assert len(broker.open_orders().items) == 499
    assert len(stub.asked) == 1
    assert stub.asked[0].query["status"] == "open"


def test_r29_all_open_orders_are_seen_beyond_one_page() -> None:
    book = OrderBook(*((f"o{n:04}", AT + n * SECOND) for n in range(1203)))
    with broker_answering(book) as (broker, stub):
        read = broker.open_orders()
    assert [o.order_id for o in read.items] == [f"o{n:04}" for n in range(1203)]
    assert len(stub.asked) == 3


def test_orders_of_one_group_across_a_page_boundary_are_all_seen() -> None:
    book = OrderBook(*((f"o{n:04}", AT + n // 7 * SECOND) for n in range(1203)))
    with broker_answering(book) as (broker, _):
        assert len(broker.open_orders().items) == 1203


def test_an_order_re_stamped_while_paging_is_not_missed() -> None:
    orders = [(f"o{n:04}", AT + n * SECOND) for n in range(1100)]

    def serve(asked: Asked) -> Answer:
        answer = OrderBook(*orders)(asked)
        moving = orders.index(("o0499", AT + 499 * SECOND)) if len(stub.asked) == 1 else None
        if moving is not None:
            orders[moving] = ("o0499", AT + 5000 * SECOND)
            orders[700] = ("o0700", AT + 5001 * SECOND)
        return answer

    with broker_answering(serve) as (broker, stub):
        assert len({o.order_id for o in broker.open_orders().items}) == 1100


def test_more_orders_of_one_instant_than_a_page_holds_are_read_by_id() -> None:
    book = OrderBook(*((f"o{n:04}", AT) for n in range(1100)))
    with broker_answering(book) as (broker, _):
        assert len(broker.open_orders().items) == 1100


def test_a_list_that_cannot_be_paged_is_an_error_not_a_short_list() -> None:
    book = OrderBook(*((f"o{n:04}", AT) for n in range(1100)), knows_cursors=False)
    with broker_answering(book) as (broker, _), pytest.raises(BrokerReplyError):
        broker.open_orders()


@pytest.mark.parametrize("together", [1, 3])
@pytest.mark.parametrize("limit", [2, 5, 500])
def test_s06_history_is_read_page_by_page_without_a_gap(limit: int, together: int) -> None:
    ids = [f"o{n:03}" for n in range(40)]
    book = OrderBook(*((i, AT + n // together * SECOND) for n, i in enumerate(ids)))
    seen: set[str] = set()
    with broker_answering(book) as (broker, _):
        page = broker.orders_page(limit=limit)
        seen |= {o.order_id for o in page.items}
        while page.full:
            page = broker.orders_page(after=page.last_at, limit=limit)
            seen |= {o.order_id for o in page.items}
    assert seen == set(ids)


def test_history_pages_ask_for_legs_only_when_told() -> None:
    with broker_answering([told([]), told([])]) as (broker, stub):
        broker.orders_page(nested=True)
        broker.orders_page(after_order_id="o9")
    assert stub.asked[0].query["nested"] == "true"
    assert stub.asked[1].query == {
        "status": "all",
        "limit": "500",
        "direction": "asc",
        "after_order_id": "o9",
    }


def test_an_unreadable_row_at_the_end_of_a_page_does_not_end_the_paging() -> None:
    rows = [order_row("a"), order_row("b", qty=[])]
    with broker_answering([told(rows)]) as (broker, _):
        page = broker.orders_page(limit=2)
    assert page.full
    assert page.last_id == "b"
    assert page.last_at == page.items[0].submitted_at


def test_recent_orders_are_one_page_newest_first() -> None:
    book = OrderBook(*((f"o{n}", AT + n * SECOND) for n in range(9)))
    with broker_answering(book) as (broker, stub):
        read = broker.recent_orders(after=AT + 5 * SECOND)
    assert [o.order_id for o in read.items] == ["o8", "o7", "o6"]
    assert stub.asked[0].query["status"] == "all"


def test_one_order_comes_with_its_legs() -> None:
    row = order_row("head/1", order_class="oco", legs=[order_row("leg", type="stop")])
    with broker_answering([told(row), told(row)]) as (broker, stub):
        read = broker.order("head/1")
        broker.order_by_client_id("a b/c+d")
    assert [(o.order_id, o.group_role) for o in read.items] == [
        ("head/1", "take_profit"),
        ("leg", "stop_loss"),
    ]
    assert stub.asked[0].path == "/v2/orders/head%2F1"
    assert stub.asked[0].query == {"nested": "true"}
    assert stub.asked[1].path == "/v2/orders:by_client_order_id"
    assert stub.asked[1].query == {"client_order_id": "a b/c+d"}


def test_activities_are_asked_for_in_whole_seconds_and_pages_of_a_hundred() -> None:
    rows = [fill_row(f"e{n}") for n in range(99)] + [{"id": "t::1", "activity_type": "DIV"}]
    with broker_answering([told(rows)]) as (broker, stub):
        page = broker.activities(after=AT + 1, until=AT + 1, fills=False, page_token="p")
    assert (len(page.executions), len(page.unreadable)) == (99, 1)
    assert page.full
    assert page.last_id == "t::1"
    assert stub.asked[0].query == {
        "direction": "asc",
        "page_size": "100",
        "after": "2026-10-08T14:30:00Z",
        "until": "2026-10-08T14:30:01Z",
        "category": "non_trade_activity",
        "page_token": "p",
    }


def test_a_day_of_activities_is_asked_for_without_a_page_size() -> None:
    many = [fill_row(f"e{n}") for n in range(250)]
    with broker_answering([told(many), told(many[:100]), told([])]) as (broker, stub):
        day = date(2026, 10, 8)
        pages = [broker.activities(date=day) for _ in range(3)]
    assert [(len(p.executions), p.full) for p in pages] == [(250, False), (100, True), (0, False)]
    assert stub.asked[0].query == {"direction": "asc", "date": "2026-10-08"}
    assert pages[2].last_id is None


def test_an_order_is_sent_in_exact_plain_digits() -> None:
    request = OrderRequest(
        client_order_id="ts1-o-1",
        symbol="AAPL",
        side="buy",
        qty=Decimal("1E+2"),
        notional=None,
        order_type="limit",
        time_in_force="gtc",
        limit_price=Decimal("0.1") + Decimal("0.2"),
        extended_hours=True,
        position_intent="buy_to_open",
        order_class="bracket",
        take_profit=Decimal("335.10"),
        stop_loss=StopLoss(Decimal("0.0000001")),
    )
    reply = order_row("new", legs=[order_row("leg", status="held")])
    with broker_answering([told(reply)]) as (broker, stub):
        sent = broker.submit(request)
    assert [o.order_id for o in sent.items] == ["new", "leg"]
    assert stub.asked[0].path == "/v2/orders"
    assert stub.asked[0].json() == {
        "client_order_id": "ts1-o-1",
        "symbol": "AAPL",
        "side": "buy",
        "qty": "100",
        "type": "limit",
        "time_in_force": "gtc",
        "limit_price": "0.3",
        "extended_hours": True,
        "position_intent": "buy_to_open",
        "order_class": "bracket",
        "take_profit": {"limit_price": "335.1"},
        "stop_loss": {"stop_price": "0.0000001"},
    }


def test_a_replacement_sends_only_what_changes() -> None:
    with broker_answering([told(order_row("next", replaces="o1"))]) as (broker, stub):
        read = broker.replace("o1", client_order_id="c2", limit_price=Decimal("9.50"))
    assert read.items[0].replaces == "o1"
    assert (stub.asked[0].method, stub.asked[0].path) == ("PATCH", "/v2/orders/o1")
    assert stub.asked[0].json() == {"client_order_id": "c2", "limit_price": "9.5"}


def test_a_cancel_answers_nothing() -> None:
    with broker_answering([Answer(204)]) as (broker, stub):
        broker.cancel("o1")
    assert (stub.asked[0].method, stub.asked[0].path) == ("DELETE", "/v2/orders/o1")


def test_the_clock_is_read_with_its_offset() -> None:
    row = {
        "timestamp": "2024-07-18T04:10:33.389152169-04:00",
        "is_open": False,
        "next_open": "2024-07-18T09:30:00-04:00",
        "next_close": "2024-07-18T16:00:00-04:00",
    }
    with broker_answering([told(row)]) as (broker, _):
        clock = broker.clock()
    assert clock.at == parse_instant("2024-07-18T08:10:33.389152169Z")
    assert (clock.is_open, clock.next_open) == (False, parse_instant("2024-07-18T13:30:00Z"))


def test_the_calendar_is_new_york_wall_clock_on_both_sides_of_the_clock_change() -> None:
    rows = [
        {"date": "2026-10-30", "open": "09:30", "close": "16:00"},
        {"date": "2026-11-27", "open": "09:30", "close": "13:00"},
    ]
    with broker_answering([told(rows)]) as (broker, stub):
        summer, winter = broker.calendar(date(2026, 10, 30), date(2026, 11, 27))
    assert summer.opens_at == parse_instant("2026-10-30T13:30:00Z")
    assert winter.closes_at == parse_instant("2026-11-27T18:00:00Z")
    assert stub.asked[0].query == {"start": "2026-10-30", "end": "2026-11-27"}


def test_an_asset_is_asked_for_with_its_slash_encoded() -> None:
    row = {
        "id": "a",
        "class": "crypto",
        "symbol": "BTC/USD",
        "name": "Bitcoin",
        "status": "active",
        "tradable": True,
        "fractionable": True,
    }
    with broker_answering([told(row)]) as (broker, stub):
        asset = broker.asset("BTC/USD")
    assert stub.asked[0].path == "/v2/assets/BTC%2FUSD"
    assert (asset.symbol, asset.asset_class, asset.shortable) == ("BTC/USD", "crypto", False)


def test_the_equity_history_is_exact_and_skips_points_without_equity() -> None:
    body = (
        b'{"timestamp": [1775606400, 1775692800, 1775779200],'
        b'"equity": [0.1, null, 8639.77], "profit_loss": [null, 1, 214.56], "base_value": 1.1}'
    )
    with broker_answering([Answer(200, body)]) as (broker, stub):
        first, last = broker.portfolio_history("1M", "1D")
    assert (first.at, first.equity, first.profit_loss) == (
        1775606400 * SECOND,
        Decimal("0.1"),
        None,
    )
    assert (last.equity, last.profit_loss) == (Decimal("8639.77"), Decimal("214.56"))
    assert stub.asked[0].query == {"period": "1M", "timeframe": "1D"}


def test_the_budget_learns_from_the_answers() -> None:
    bucket = TokenBucket()
    answer = told(account_row(), X_RateLimit_Limit="200", X_RateLimit_Remaining="20")
    with serving([answer]) as stub, calling(stub.url, bucket=bucket) as broker:
        broker.account()
    assert bucket.fullness == pytest.approx(0.1, abs=0.01)


def test_a_read_is_tried_again_after_a_fault() -> None:
    answers = [Answer(503, headers={"Retry-After": "0"}), told(account_row())]
    with broker_answering(answers, patience=20) as (broker, stub):
        broker.account()
    assert len(stub.asked) == broker.calls == 2


def test_threads_share_an_adapter() -> None:
    found: list[int] = []

    def read_positions() -> None:
        found.extend(len(broker.positions().items) for _ in range(5))

    with broker_answering(lambda _: told([position_row()])) as (broker, stub):
        threads = [Thread(target=read_positions) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [1] * 30
    assert broker.calls == len(stub.asked) == 30


def test_compressed_answers_are_read() -> None:
    import gzip

    body = gzip.compress(json.dumps([order_row(f"o{n}") for n in range(300)]).encode())
    with broker_answering([Answer(200, body, {"Content-Encoding": "gzip"})]) as (broker, _):
        assert len(broker.recent_orders().items) == 300
