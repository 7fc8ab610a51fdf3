"""Chaos: kills, faults and a random trader; afterwards not one difference (`make chaos`)."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.chaos import decided, truth
from tests.chaos.storm import Storm
from tests.programs import Home
from tests.simulator.broker import PaperBroker
from tests.waiting import eventually
from tradesync.store.accounts import Switch, set_switch
from tradesync.store.database import Database

log = logging.getLogger(__name__)

SECONDS = float(os.environ.get("CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))


@pytest.mark.chaos
def test_after_the_storm_record_rebuild_and_broker_are_one(tmp_path: Path) -> None:
    with PaperBroker(clock="real", partials=30, as_of=None, seed=SEED) as broker:
        accounts = {"main": broker, "side": broker.add_account("side")}
        home = a_home(tmp_path / "home", accounts)
        storm = Storm(home, accounts, SEED)
        log.info("seed %d", SEED)
        storm.start()
        try:
            storm.blow(SECONDS, kill_every=4.0)
            broker.pause()
            eventually(lambda: settled(home), "all commands settled", patience=180)
        finally:
            storm.stop()
        log.info("%d trades, %d clicks %s, kills %s", storm.trades_done, len(storm.clicks),
                 dict(Counter(click["do"] for click in storm.clicks)), storm.kills)  # fmt: skip
        made = len(decided.stored(home.database))
        log.info("%d decisions: %s", made, decided.told(storm.clicks, storm.answers))
        assert not [line for line in storm.output if "Traceback" in line], storm.output
        sync_all(home, twice=True)
        assert_nothing_lost(home, storm)
        assert_verified(home)
        decided.settle_all(home)
        for account in accounts.values():
            assert truth.differences_to_broker(home.database, account) == []
        rebuilt, restored = (a_home(tmp_path / name, accounts) for name in ("new", "restored"))
        done = restored.cli("restore", str(storm.backup), "--yes")
        assert done.returncode == 0, done.stderr
        switch_on(restored, accounts)  # one may have been off when it was backed up
        for other in (rebuilt, restored):
            sync_all(other)
            decided.carry(home, other)
            assert truth.differences_between(home, other) == []
        assert_verified(home)
        decided.undo_all(home)
        sync_all(home)
        assert_verified(home)
        undecided = a_home(tmp_path / "undecided", accounts)
        sync_all(undecided)
        assert truth.differences_between(home, undecided) == []
        for name, account in accounts.items():
            moved = storm.decisions.moved
            assert decided.unexplained(home.database, name, account, moved) == []


def assert_nothing_lost(home: Home, storm: Storm) -> None:
    """What was commanded, written and decided is there, once."""
    accounts, clicks, answers = storm.accounts.values(), storm.clicks, storm.answers
    assert truth.wrong_commands(home.database, accounts, clicks) == []
    assert truth.lost_notes(home.database, clicks, answers) == []
    assert decided.wrong_decisions(home.database, clicks, answers) == []


def assert_verified(home: Home) -> None:
    for name in home.settings["TRADESYNC_ACCOUNTS"].split(","):
        verified = home.cli("verify", "--account", name)
        assert verified.returncode == 0, verified.stdout


def a_home(path: Path, accounts: dict[str, PaperBroker]) -> Home:
    """A directory of its own with these accounts."""
    path.mkdir()
    settings = {"TRADESYNC_ACCOUNTS": ",".join(accounts)}
    for name, broker in accounts.items():
        prefix = f"ALPACA_{name.upper()}"
        settings |= {
            f"{prefix}_API_KEY": broker.key,
            f"{prefix}_SECRET_KEY": broker.secret,
            f"{prefix}_BASE_URL": broker.base_url,
        }
    return Home(path, settings)


def switch_on(home: Home, accounts: Iterable[str]) -> None:
    with Database(home.database, program="test").write() as tx:
        for name in accounts:
            set_switch(tx, Switch(name, True, time.time_ns()))


def sync_all(home: Home, *, twice: bool = False) -> None:
    """Sync every account; an account still switched off would fail."""
    for name in home.settings["TRADESYNC_ACCOUNTS"].split(",") * (2 if twice else 1):
        done = home.cli("sync", "--account", name)
        assert done.returncode == 0, done.stderr


def settled(home: Home) -> bool:
    """Whether every command has an outcome; the running service looks them up."""
    states = truth.rows(home.database, "SELECT DISTINCT state FROM intents")
    return {state for (state,) in states} <= truth.SETTLED
