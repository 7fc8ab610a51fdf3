"""Settings: where they come from, what is refused, and that no secret is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradesync.config import (
    LIVE_URL,
    PAPER_URL,
    AccountConfig,
    Environment,
    Settings,
    SettingsError,
    load_settings,
)
from tradesync.domain.times import parse_instant

KEYS = {"ALPACA_API_KEY": "PKKEY", "ALPACA_SECRET_KEY": "very-secret"}
EXAMPLE = Path(__file__).resolve().parents[1] / ".env.example"


def settings(**values: str) -> Settings:
    return load_settings(values, env_file=None)


def only(**values: str) -> AccountConfig:
    (account,) = settings(**values).accounts
    return account


def test_without_keys_there_is_one_account_at_the_paper_broker() -> None:
    loaded = settings()
    account = loaded.account()
    assert (account.name, account.base_url) == ("paper-broker", None)
    assert (account.key, account.secret) == ("PKSIMULATED", "simulated-secret")
    assert account.environment is Environment.SIMULATED
    assert loaded.uses_paper_broker


def test_defaults() -> None:
    loaded = settings()
    assert loaded.database == Path("data/tradesync.duckdb")
    assert loaded.sync_interval == 30
    assert loaded.history_start is None
    assert loaded.api_token is None
    assert not loaded.allow_live_trading
    assert not loaded.read_only
    assert (loaded.log_format, loaded.data_url) == ("text", None)


def test_keys_alone_mean_paper() -> None:
    account = only(**KEYS)
    assert (account.base_url, account.environment) == (PAPER_URL, Environment.PAPER)
    assert not settings(**KEYS).uses_paper_broker


def test_paper_false_means_live() -> None:
    account = only(**KEYS, ALPACA_PAPER="false")
    assert (account.base_url, account.environment) == (LIVE_URL, Environment.LIVE)


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("https://paper-api.alpaca.markets", Environment.PAPER),
        ("https://PAPER-API.alpaca.markets/v2/", Environment.PAPER),
        ("http://127.0.0.1:8080", Environment.SIMULATED),
        ("http://localhost:8080/", Environment.SIMULATED),
        ("http://[::1]:8080", Environment.SIMULATED),
        ("https://localhost", Environment.SIMULATED),
    ],
)
def test_an_address_tells_its_environment(url: str, environment: Environment) -> None:
    assert only(**KEYS, ALPACA_BASE_URL=url).environment is environment


@pytest.mark.parametrize(
    "url",
    [
        "https://api.alpaca.markets",
        "https://broker.example",
        "https://paper-api.alpaca.markets.example.com",
        "https://notpaper-api.alpaca.markets",
        "https://localhost.example.com",
        "https://10.0.0.5",
        "https://0.0.0.0:9",
    ],
)
def test_every_other_address_is_live_and_must_be_meant(url: str) -> None:
    with pytest.raises(SettingsError, match="ALPACA_PAPER=false"):
        only(**KEYS, ALPACA_BASE_URL=url)
    assert only(**KEYS, ALPACA_BASE_URL=url, ALPACA_PAPER="no").environment is Environment.LIVE


@pytest.mark.parametrize("url", ["https://paper-api.alpaca.markets", "http://127.0.0.1:8000"])
def test_paper_false_contradicts_an_address_without_money(url: str) -> None:
    with pytest.raises(SettingsError, match="Remove ALPACA_BASE_URL"):
        only(**KEYS, ALPACA_BASE_URL=url, ALPACA_PAPER="false")


@pytest.mark.parametrize(
    "url",
    [
        "http://paper-api.alpaca.markets",
        "http://192.168.1.5:8000",
        "http://127.0.0.1.example.com",
    ],
)
def test_keys_are_not_sent_unencrypted_to_another_machine(url: str) -> None:
    with pytest.raises(SettingsError, match="https://"):
        only(**KEYS, ALPACA_BASE_URL=url, ALPACA_PAPER="false")


@pytest.mark.parametrize(
    "url",
    ["paper-api.alpaca.markets", "ftp://x", "https://", "https://x:port", "https://x:99999"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="ALPACA_BASE_URL is not an address"):
        only(**KEYS, ALPACA_BASE_URL=url)


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError) as caught:
        only(**KEYS, ALPACA_BASE_URL="https://me:hidden@broker.example")
    assert "hidden" not in str(caught.value)


def test_slash_and_version_are_taken_off_an_address() -> None:
    account = only(**KEYS, ALPACA_BASE_URL="http://127.0.0.1:8080/alpaca/v2/")
    assert account.base_url == "http://127.0.0.1:8080/alpaca"


def test_a_running_paper_broker_can_be_named_without_keys() -> None:
    loaded = settings(ALPACA_BASE_URL="http://127.0.0.1:8080")
    assert loaded.account().key == "PKSIMULATED"
    assert loaded.account().base_url == "http://127.0.0.1:8080"
    assert not loaded.uses_paper_broker


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"ALPACA_API_KEY": "k"}, "ALPACA_SECRET_KEY"),
        ({"ALPACA_SECRET_KEY": "s"}, "ALPACA_API_KEY"),
        ({"APCA_API_KEY_ID": "k"}, "APCA_API_SECRET_KEY"),
        ({"ALPACA_API_KEY": "k", "APCA_API_SECRET_KEY": "s"}, "ALPACA_SECRET_KEY"),
        ({"ALPACA_BASE_URL": "https://paper-api.alpaca.markets"}, "ALPACA_API_KEY"),
        ({"TRADESYNC_ACCOUNTS": "ira"}, "ALPACA_IRA_API_KEY"),
        ({"ALPACA_API_KEY": "k", "ALPACA_SECRET_KEY": "  "}, "ALPACA_SECRET_KEY"),
    ],
)
def test_a_key_without_its_secret_names_what_is_missing(
    values: dict[str, str], missing: str
) -> None:
    with pytest.raises(SettingsError, match=f"has no {missing}"):
        settings(**values)


@pytest.mark.parametrize("secret", ["two words", "line\nbreak", "schlüssel", "tab\there"])
def test_a_secret_that_cannot_go_into_a_header_is_refused_unseen(secret: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(ALPACA_API_KEY="k", ALPACA_SECRET_KEY=secret)
    assert secret not in str(caught.value)
    assert "ALPACA_SECRET_KEY" in str(caught.value)


def test_alpacas_own_names_work() -> None:
    account = only(
        APCA_API_KEY_ID="k", APCA_API_SECRET_KEY="s", APCA_API_BASE_URL="http://localhost:1"
    )
    assert (account.key, account.secret, account.base_url) == ("k", "s", "http://localhost:1")


def test_our_names_go_before_alpacas() -> None:
    account = only(**KEYS, APCA_API_KEY_ID="k", APCA_API_SECRET_KEY="s")
    assert (account.key, account.secret) == ("PKKEY", "very-secret")


def test_several_accounts() -> None:
    loaded = settings(
        TRADESYNC_ACCOUNTS="main, my-ira",
        ALPACA_MAIN_API_KEY="k1",
        ALPACA_MAIN_SECRET_KEY="s1",
        ALPACA_MY_IRA_API_KEY="k2",
        ALPACA_MY_IRA_SECRET_KEY="s2",
        ALPACA_MY_IRA_PAPER="false",
        ALPACA_MY_IRA_ENABLED="false",
    )
    assert loaded.account().name == "main"
    ira = loaded.account("my-ira")
    assert (ira.environment, ira.enabled) == (Environment.LIVE, False)
    assert loaded.account("main").enabled


def test_an_unknown_account_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="Configured: main"):
        settings(**KEYS).account("nobody")


@pytest.mark.parametrize("names", [",", "Main", "a b", "main,main", "my-ira,my_ira", "../x"])
def test_unusable_account_names_are_refused(names: str) -> None:
    pairs = {
        f"ALPACA_{n}_{kind}": f"{n}{kind}"
        for n in ("MAIN", "MY_IRA")
        for kind in ("API_KEY", "SECRET_KEY")
    }
    with pytest.raises(SettingsError, match="TRADESYNC_ACCOUNTS"):
        settings(TRADESYNC_ACCOUNTS=names, **pairs)


def test_one_key_under_two_names_is_refused() -> None:
    with pytest.raises(SettingsError, match="same key"):
        settings(
            TRADESYNC_ACCOUNTS="a,b",
            ALPACA_A_API_KEY="k",
            ALPACA_A_SECRET_KEY="s",
            ALPACA_B_API_KEY="k",
            ALPACA_B_SECRET_KEY="s",
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYNC_INTERVAL", "0"),
        ("SYNC_INTERVAL", "nan"),
        ("SYNC_INTERVAL", "soon"),
        ("SYNC_INTERVAL", "1e9"),
        ("HISTORY_START", "last year"),
        ("HISTORY_START", "2026-02-30"),
        ("ALLOW_LIVE_TRADING", "maybe"),
        ("READ_ONLY", "2"),
        ("LOG_FORMAT", "xml"),
        ("ALPACA_DATA_URL", "data"),
        ("TRADESYNC_API_TOKEN", "two words"),
    ],
)
def test_an_unusable_value_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings(**{name: value})


def test_history_start_is_a_new_york_day_or_an_instant() -> None:
    assert settings(HISTORY_START="2026-07-01").history_start == parse_instant(
        "2026-07-01T04:00:00Z"
    )
    assert settings(HISTORY_START="2026-07-01T10:00:00.5-04:00").history_start == parse_instant(
        "2026-07-01T14:00:00.5Z"
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(
        "ALPACA_API_KEY=file-key\nALPACA_SECRET_KEY='a$b${HOME}#c'\nSYNC_INTERVAL=60 # note\n"
        "READ_ONLY\n"
    )
    loaded = load_settings({"ALPACA_API_KEY": "environment-key"}, env_file)
    assert loaded.account().key == "environment-key"
    assert loaded.account().secret == "a$b${HOME}#c"
    assert loaded.sync_interval == 60
    assert not loaded.read_only


def test_a_blank_in_the_environment_unsets_what_the_file_sets(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("ALPACA_API_KEY=k\nALPACA_SECRET_KEY=s\n")
    loaded = load_settings({"ALPACA_API_KEY": "", "ALPACA_SECRET_KEY": ""}, env_file)
    assert loaded.uses_paper_broker


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"ALPACA_API_KEY=\xff\xfe\n")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings({}, env_file)


def test_a_missing_file_is_no_error(tmp_path: Path) -> None:
    assert load_settings({}, tmp_path / "absent").uses_paper_broker


def test_loading_changes_no_environment_variable(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("TRADESYNC_TEST_ONLY=1\nALPACA_API_KEY=k\nALPACA_SECRET_KEY=s\n")
    before = dict(os.environ)
    load_settings(None, env_file)
    assert dict(os.environ) == before


def test_the_example_file_changes_nothing_as_it_stands() -> None:
    assert load_settings({}, EXAMPLE) == settings()


def test_every_name_of_the_example_is_read(tmp_path: Path) -> None:
    """Uncommented, each of its lines is accepted and the two accounts are there."""
    lines = [
        line.removeprefix("# ").replace("KEY=", "KEY=" + str(number)).partition(" #")[0]
        for number, line in enumerate(EXAMPLE.read_text().splitlines())
        if line.startswith("# ") and "=" in line.partition(" #")[0].split(" ")[1]
    ]
    env_file = tmp_path / ".env"
    env_file.write_text("\n".join(lines))
    loaded = load_settings({}, env_file)
    assert [account.name for account in loaded.accounts] == ["main", "ira"]


@given(secret=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=8))
def test_no_secret_is_in_any_repr(secret: str) -> None:
    marked = f"zq{secret}qz"
    loaded = settings(
        ALPACA_API_KEY=f"k{marked}", ALPACA_SECRET_KEY=marked, TRADESYNC_API_TOKEN=f"t{marked}"
    )
    assert loaded.account().secret == marked
    assert marked not in repr(loaded)
    assert marked not in str(loaded.account())
