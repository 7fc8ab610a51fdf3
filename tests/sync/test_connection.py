"""Testing a connection: what is wrong is said exactly, and never a secret."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.broker.samples import account_row
from tests.broker.stub import serving, told
from tests.silent_broker import SilentBroker
from tests.simulator.broker import PaperBroker
from tests.sync.world import NAME, World, settings_for
from tradesync.config import AccountConfig, Environment, Settings
from tradesync.store.database import Database
from tradesync.sync.connection import ConnectionTest, connection_test


def outcome(settings: Settings, **changes: object) -> ConnectionTest:
    """A test of the account with some of its configuration changed."""
    config: AccountConfig = replace(settings.accounts[0], **changes)  # type: ignore[arg-type]
    found = connection_test(config, settings, Database(settings.database, program="test"))
    assert config.secret not in str(found)
    assert config.key not in str(found)
    return found


@pytest.fixture
def settings(broker: PaperBroker, tmp_path: Path) -> Settings:
    return settings_for(broker, tmp_path)


def test_all_well(world: World) -> None:
    found = world.service.test_connection(NAME)
    assert found.ok
    assert found.sentence.startswith("Connected to account ")
    assert [line.split(":")[0] for line in found.details] == [
        "Address", "Connection", "Keys", "Account", "Trading", "Market data",
    ]  # fmt: skip


def test_what_the_broker_says_is_wrong(settings: Settings, broker: PaperBroker) -> None:
    wrong = outcome(settings, secret="wrong-secret")
    assert (wrong.ok, "does not accept the keys" in wrong.sentence) == (False, True)
    broker.fault("status", path="/v2/account$", status=500)
    assert "HTTP 500" in outcome(settings).sentence
    broker.clear_faults()
    broker.fault("status", path="/v2/stocks/.*", status=403)
    assert "its market data does not" in outcome(settings).sentence
    broker.clear_faults()
    skewed = outcome(settings, environment=Environment.PAPER)
    assert "clock is" in skewed.sentence, "the broker's time is long ago"


@pytest.mark.parametrize(
    ("environment", "key", "words"),
    [
        (Environment.LIVE, "PK123456", "paper keys (they begin with PK)"),
        (Environment.PAPER, "AK123456", "live keys (they begin with AK)"),
    ],
)
def test_keys_of_the_other_kind_are_named(
    settings: Settings, environment: Environment, key: str, words: str
) -> None:
    found = outcome(settings, environment=environment, key=key)
    assert words in found.sentence


def test_keys_of_another_account_than_the_record(world: World) -> None:
    other = world.broker.add_account("other")
    found = outcome(world.settings, key=other.key, secret=other.secret)
    assert not found.ok
    assert "but the record of 'test' is of account" in found.sentence


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy in the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.usefixtures("direct")
def test_nobody_there_no_answer_no_name_no_tls(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "Nothing listens at" in outcome(settings, base_url=f"http://127.0.0.1:{port}").sentence
    with SilentBroker() as silent:
        silence = outcome(settings, base_url=silent.base_url, timeout=1.0)
        assert "did not answer within 1 seconds" in silence.sentence
    plain = settings.accounts[0].base_url or ""
    secure = outcome(settings, base_url=plain.replace("http:", "https:"))
    assert "does not speak TLS" in secure.sentence
    nameless = outcome(settings, base_url="https://broker.invalid")
    assert "The name broker.invalid cannot be found" in nameless.sentence


@pytest.mark.usefixtures("direct")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_a_certificate_nobody_trusts_is_named_and_no_key_is_sent(
    settings: Settings, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(lambda _: told(account_row()), tls=context) as stub:
        found = outcome(settings, base_url=stub.url)
    assert not found.ok
    assert re.match(
        r"The certificate of 127\.0\.0\.1 is not trusted \(.*self.signed.*\)\. Check the base URL, "
        r"this machine's date and its root certificates\.",
        found.sentence,
    )
    assert stub.asked == []


@pytest.mark.usefixtures("direct")
def test_a_proxy_that_is_gone_or_lets_nothing_through_is_named_without_its_password(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = f"127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:proxy-password@{gone}")
    dead = outcome(settings, base_url="https://broker.invalid")
    assert dead.sentence == (
        "broker.invalid is asked for through a proxy. "
        f"Nothing listens at {gone}. Check HTTPS_PROXY."
    )
    with serving([]) as stub:  # it answers 501 to CONNECT
        proxy = stub.url.removeprefix("http://")
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:proxy-password@{proxy}")
        shut = outcome(settings, base_url="https://broker.invalid")
    assert shut.sentence == (
        f"The proxy {proxy} (HTTPS_PROXY) does not let broker.invalid through, or not in time."
    )
    assert "proxy-password" not in f"{dead}{shut}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trading_blocked": True}, "blocks this account: trading blocked"),
        ({"status": "ACCOUNT_CLOSED"}, "says the account is ACCOUNT_CLOSED"),
    ],
)
def test_an_account_that_may_not_trade(
    settings: Settings, changes: dict[str, object], words: str
) -> None:
    with serving(lambda _: told(account_row(**changes))) as stub:
        found = outcome(settings, base_url=stub.url)
    assert words in found.sentence
