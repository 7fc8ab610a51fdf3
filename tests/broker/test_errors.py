"""What every kind of bad answer becomes, seen over real HTTP."""

from __future__ import annotations

import logging
import socket
import traceback
from threading import Event

import pytest

from tests.broker.samples import account_row, order_row, recorded
from tests.broker.stub import KEY, SECRET, Answer, account, broker_answering, calling, serving, told
from tradesync.broker.alpaca import AlpacaBroker
from tradesync.broker.errors import (
    BrokerError,
    BrokerNotFound,
    BrokerRateLimited,
    BrokerRefused,
    BrokerReplyError,
    BrokerServerError,
    BrokerUnauthorized,
    BrokerUnreachable,
    OutcomeUnknown,
)
from tradesync.broker.port import OrderRequest
from tradesync.config import AccountConfig, Environment

HTML = Answer(401, b"<html><head><title>401 Authorization Required</title></head></html>")
REQUEST = OrderRequest("ts1-o-1", "AAPL", "buy", None, None, "market", "day")

READ_FAULTS = [
    (HTML, BrokerUnauthorized),
    (told({"message": "unauthorized."}, 401), BrokerUnauthorized),
    (told({"code": 40110000, "message": "request is not authorized."}, 401), BrokerUnauthorized),
    (told({"message": "forbidden."}, 403), BrokerUnauthorized),
    (Answer(403, b"<html>blocked</html>"), BrokerUnauthorized),
    (told({"code": 40310000, "message": "insufficient buying power"}, 403), BrokerRefused),
    (told({"code": 40410000, "message": "order not found for x"}, 404), BrokerNotFound),
    (told({"code": 40410000, "message": "position does not exist"}, 404), BrokerNotFound),
    (told({"message": "endpoint not found."}, 404), BrokerReplyError),
    (Answer(404, b"<html>404</html>"), BrokerReplyError),
    (told({}, 404), BrokerReplyError),
    (told({"code": 40010001, "message": "order_id is missing"}, 422), BrokerRefused),
    (told({"message": "too many requests."}, 429), BrokerRateLimited),
    (Answer(429), BrokerRateLimited),
    (told({"code": 50010000, "message": "internal server error occurred"}, 500), BrokerServerError),
    (Answer(502, b"<html>bad gateway</html>"), BrokerServerError),
    (Answer(408), BrokerServerError),
    (Answer(302, b"", {"Location": "https://elsewhere.example/"}), BrokerReplyError),
    (Answer(200, b"<html>log in to the hotel network</html>"), BrokerReplyError),
    (Answer(200, b'{"id": '), BrokerReplyError),
    (Answer(200, b"[" * 100_000), BrokerReplyError),
    (Answer(200, b""), BrokerReplyError),
    (told([account_row()]), BrokerReplyError),
    (told(account_row(cash=None, equity=None)), BrokerReplyError),
    (Answer(cut=True), BrokerUnreachable),
]


@pytest.mark.parametrize(("answer", "kind"), READ_FAULTS)
def test_a_read_with_a_bad_answer_raises_its_error(answer: Answer, kind: type[BrokerError]) -> None:
    with broker_answering([answer]) as (broker, stub), pytest.raises(BrokerError) as caught:
        broker.account()
    assert type(caught.value) is kind
    assert caught.value.sentence.endswith(".")
    assert len(stub.asked) == 1


WRITE_FAULTS = [
    (told({"code": 40310000, "message": "insufficient buying power"}, 403), BrokerRefused),
    (told({"message": "forbidden."}, 403), BrokerUnauthorized),
    (told({"message": "too many requests."}, 429), BrokerRateLimited),
    (Answer(500), OutcomeUnknown),
    (told({"code": 50410000, "message": "request timed out"}, 504), OutcomeUnknown),
    (Answer(200, b"<html>"), OutcomeUnknown),
    (Answer(200, b""), OutcomeUnknown),
    (Answer(cut=True), OutcomeUnknown),
    (Answer(302), BrokerReplyError),
]


@pytest.mark.parametrize(("answer", "kind"), WRITE_FAULTS)
def test_a_write_is_sent_once_and_a_lost_answer_is_an_unknown_outcome(
    answer: Answer, kind: type[BrokerError]
) -> None:
    with (
        broker_answering([answer], patience=20) as (broker, stub),
        pytest.raises(BrokerError) as caught,
    ):
        broker.submit(REQUEST)
    assert type(caught.value) is kind
    assert [asked.method for asked in stub.asked] == ["POST"]


def test_r16_a_write_without_an_answer_in_time_has_an_unknown_outcome() -> None:
    with (
        serving([Answer(mute=True)]) as stub,
        calling(stub.url, timeout=0.3) as broker,
        pytest.raises(OutcomeUnknown),
    ):
        broker.submit(REQUEST)
    assert len(stub.asked) == 1


def closed_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_write_that_found_no_connection_was_not_sent() -> None:
    with (
        calling(f"http://127.0.0.1:{closed_port()}") as broker,
        pytest.raises(BrokerUnreachable) as caught,
    ):
        broker.submit(REQUEST)
    assert "cannot be reached" in caught.value.sentence


def test_a_read_without_an_answer_in_time_is_unreachable() -> None:
    with (
        serving([Answer(mute=True)]) as stub,
        calling(stub.url, timeout=0.3, patience=0) as broker,
        pytest.raises(BrokerUnreachable, match="did not answer"),
    ):
        broker.account()


def test_an_answer_that_trickles_in_for_ever_is_given_up() -> None:
    with (
        serving([Answer(trickle=True)]) as stub,
        calling(stub.url, timeout=0.3, patience=0) as broker,
        pytest.raises(BrokerUnreachable, match="did not answer"),
    ):
        broker.account()


def test_a_cut_off_body_is_no_answer() -> None:
    whole = told([order_row()])
    short = Answer(200, whole.body, {"Content-Length": str(len(whole.body) + 50)})
    with (
        broker_answering([short]) as (broker, _),
        pytest.raises(BrokerError),
    ):
        broker.open_orders()


def test_the_request_id_and_the_code_are_kept() -> None:
    answer = told({"code": 40010001, "message": "qty must be > 0"}, 422, X_Request_ID="abc123")
    with broker_answering([answer]) as (broker, _), pytest.raises(BrokerRefused) as caught:
        broker.submit(REQUEST)
    error = caught.value
    assert (error.status, error.code, error.request_id) == (422, 40010001, "abc123")
    assert error.reason == "qty must be > 0"


def test_the_other_fields_of_a_refusal_are_kept() -> None:
    body = {
        "code": 40310000,
        "message": "insufficient qty available for order (requested: 14, available: 0)",
        "held_for_orders": "147",
        "related_orders": ["a"],
    }
    with broker_answering([told(body, 403)]) as (broker, _), pytest.raises(BrokerRefused) as caught:
        broker.submit(REQUEST)
    assert caught.value.details == {"held_for_orders": "147", "related_orders": '["a"]'}


def test_s22_cancelling_what_is_filled_says_so() -> None:
    body = {"code": 42210000, "message": 'order is already in "filled" state'}
    with broker_answering([told(body, 422)]) as (broker, _), pytest.raises(BrokerRefused) as caught:
        broker.cancel("o1")
    assert "already" in caught.value.reason


def test_every_recorded_error_body_is_understood() -> None:
    rows = recorded("error_bodies.json")
    assert isinstance(rows, list)
    for row in rows:
        body = row["body"]
        answer = (
            Answer(row["status"], b"<html></html>") if body is None else told(body, row["status"])
        )
        with broker_answering([answer]) as (broker, _), pytest.raises(BrokerError) as caught:
            broker.submit(REQUEST)
        expected = {401: BrokerUnauthorized, 404: BrokerNotFound, 429: BrokerRateLimited}
        fallback = OutcomeUnknown if row["status"] >= 500 else BrokerRefused
        assert type(caught.value) is expected.get(row["status"], fallback), row


def test_no_error_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    echo = {"code": 40010001, "message": f"bad header {SECRET} for {KEY}", "sent": SECRET}
    texts = []
    with caplog.at_level(logging.DEBUG):
        for answer in (told(echo, 422), Answer(cut=True), told(echo, 500)):
            with (
                broker_answering([answer]) as (broker, _),
                pytest.raises(BrokerError) as caught,
            ):
                broker.account()
            texts.append("".join(traceback.format_exception(caught.value)))
            texts.append(repr(vars(caught.value)))
    assert all(SECRET not in text and KEY not in text for text in [*texts, caplog.text])
    assert "***" in texts[0]


def test_an_account_whose_paper_broker_is_not_started_says_so() -> None:
    config = AccountConfig("paper-broker", KEY, SECRET, None, Environment.SIMULATED)
    with pytest.raises(BrokerUnreachable, match="not been started"):
        AlpacaBroker(config)


def test_a_program_that_is_stopping_does_not_wait_for_another_try() -> None:
    stop = Event()
    stop.set()
    with (
        serving([Answer(503), told(account_row())]) as stub,
        calling(stub.url, stop=stop) as broker,
        pytest.raises(BrokerServerError),
    ):
        broker.account()
    assert len(stub.asked) == 1


def test_the_account_at_a_stub_is_a_plain_config() -> None:
    assert SECRET not in repr(account("http://127.0.0.1:1"))
