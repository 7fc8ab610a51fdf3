"""Any trading, any faults, syncs and restarts at any moment: in the end the record is right."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given, note, settings

from tests.oracle.conftest import PROFILE
from tests.oracle.steps import HISTORY, SETTING, Setting, Step, act
from tests.oracle.trader import Owner
from tests.oracle.truth import assert_fresh_record_agrees, assert_right, come_to_rest

PLAIN: Setting = ("carries", "whole", "one record")
COMPARED: Setting = ("carries", "whole", "fresh record")
SENT_AWAY_THE_DAY_IT_WAS_BOUGHT: list[Step] = [
    ("group", "bracket", "MSFT", "buy", "10", "1"), ("partial", "3"),
    ("transfer", "MSFT", "-1", "JNLS"), ("night",),
]  # fmt: skip
MERGED_WITH_A_SPIN_OFF_AMONG_IT: list[Step] = [
    ("group", "bracket", "XOM", "buy", "10", "1"), ("spin", "MSFT", "1.5"), ("spin", "XOM", "4"),
    ("merge", "XOM", "MSFT", "SMA"),
]  # fmt: skip
COIN_SOLD_WHOLE_AND_BOUGHT_AGAIN: list[Step] = [
    ("order", "BTC/USD", "buy", "1", "limit", "day", "1"), ("sync",), ("app close", "whole"),
    ("notional", "BTCUSD", "buy", "150"),
]  # fmt: skip
RENAMED_THEN_SPLIT: list[Step] = [
    ("sync",), ("order", "XOM", "buy", "10", "market", "day", "1"), ("sync",), ("rename", "XOM"),
    ("split", "XOM", "2"),
]  # fmt: skip
CAME_AND_WENT_BEFORE_AN_ORDER_OF_OURS: list[Step] = [
    ("sync",), ("order", "XOM", "buy", "4", "limit", "day", "0.98"), ("night",),
    ("app order", "MSFT", "sell", "limit"),
]  # fmt: skip
HALF_A_CENT_OF_CASH_AND_NOTHING_HELD: list[Step] = [
    ("spin", "MSFT", "1.5"), ("stock dividend", "MSFT"), ("sync",), ("app close all",),
]  # fmt: skip


@settings.get_profile(PROFILE)
@given(setting=SETTING, steps=HISTORY)
@example(setting=PLAIN, steps=SENT_AWAY_THE_DAY_IT_WAS_BOUGHT)
@example(setting=PLAIN, steps=MERGED_WITH_A_SPIN_OFF_AMONG_IT)
@example(setting=PLAIN, steps=COIN_SOLD_WHOLE_AND_BOUGHT_AGAIN)
@example(setting=PLAIN, steps=RENAMED_THEN_SPLIT)
@example(setting=PLAIN, steps=HALF_A_CENT_OF_CASH_AND_NOTHING_HELD)
@example(setting=COMPARED, steps=CAME_AND_WENT_BEFORE_AN_ORDER_OF_OURS)
def test_any_trading_ends_in_the_brokers_books(setting: Setting, steps: list[Step]) -> None:
    fills_carry, slicing, records = setting
    with (
        tempfile.TemporaryDirectory() as folder,
        Owner.begin(
            Path(folder) / "record", carry=fills_carry == "carries", sliced=slicing == "sliced"
        ) as trader,
    ):
        for step in steps:
            act(trader, step)
        come_to_rest(trader)
        note(f"refused: {trader.refused} of {len(steps)}")
        assert_right(trader)
        if records == "fresh record":
            assert_fresh_record_agrees(trader, Path(folder) / "fresh")
