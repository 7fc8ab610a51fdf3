"""Chaos: kills, faults and a random trader; afterwards not one difference (`make chaos`)."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tests.chaos import truth
from tests.chaos.storm import Storm
from tests.programs import Home
from tests.simulator.broker import PaperBroker
from tests.waiting import eventually

log = logging.getLogger(__name__)

SECONDS = float(os.environ.get("CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))


@pytest.mark.chaos
def test_after_the_storm_record_rebuild_and_broker_are_one(tmp_path: Path) -> None:
    with PaperBroker(clock="real", partials=30, as_of=None, seed=SEED) as broker:
        settings = {
            "ALPACA_API_KEY": broker.key,
            "ALPACA_SECRET_KEY": broker.secret,
            "ALPACA_BASE_URL": broker.base_url,
        }
        home = Home(tmp_path / "home", dict(settings))
        fresh = Home(tmp_path / "fresh", dict(settings))
        home.path.mkdir()
        fresh.path.mkdir()
        storm = Storm(home, broker, SEED)
        log.info("seed %d", SEED)
        storm.start()
        try:
            storm.blow(SECONDS, kill_every=4.0)
            broker.pause()
            eventually(lambda: settled(home), "all commands settled", patience=180)
        finally:
            storm.stop()
        for _ in range(2):
            done = home.cli_process("sync")
            assert done.returncode == 0, done.stderr
        log.info(
            "%d trades, %d clicks, kills %s", storm.trades_done, len(storm.clicks), storm.kills
        )
        assert not [line for line in storm.output if "Traceback" in line], storm.output
        assert truth.differences_to_broker(home.database, broker) == []
        assert truth.differences_to_rebuild(home, fresh) == []
        assert truth.wrong_commands(home.database, broker, storm.clicks) == []
        verified = home.cli_process("verify")
        assert verified.returncode == 0, verified.stdout


def settled(home: Home) -> bool:
    """Whether every command has an outcome; the running service looks them up."""
    states = truth.rows(home.database, "SELECT DISTINCT state FROM intents")
    return {state for (state,) in states} <= truth.SETTLED
