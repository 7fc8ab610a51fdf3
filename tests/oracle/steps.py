"""What a random trader may do: the steps hypothesis draws, and the function of each."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.oracle import happenings, orders, programs
from tests.oracle.trader import Owner, Trader

Step = tuple[str, ...]
Setting = tuple[str, str, str]

STOCKS = ("AAPL", "MSFT", "XOM")
_stock = st.sampled_from(STOCKS)
_symbol = st.sampled_from((*STOCKS, *orders.COINS))
_side = st.sampled_from(("buy", "buy", "sell"))
_qty = st.sampled_from(("1", "4", "10", "37", "0.5", "2.25"))
_kind = st.sampled_from(("market", "market", "limit", "limit", "stop", "stop_limit",
                         "trailing_stop"))  # fmt: skip
_tif = st.sampled_from(("day", "day", "gtc", "gtc", "ioc", "fok", "opg"))
_part = st.sampled_from(("1", "0.98", "1.02"))


def _step(name: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), *parts)


def _one(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


_ORDERS = st.one_of(
    _step("order", _symbol, _side, _qty, _kind, _tif, _part),
    _step("order", _symbol, _side, _qty, _kind, _tif, _part),
    _step("order", _stock, _side, _one("4", "10"), _one("market"), _one("day"), _part),
    _step("notional", _symbol, _side, _one("150", "33.33")),
    _step("group", _one("bracket", "bracket", "oco", "oto"), _stock, _one("buy", "sell"),
          _one("4", "10"), _part),
    _step("chain", _symbol, _side, _one("0", "3", "0.5"), _one("0", "1", "9")),
    _step("contract", _one("C", "P"), _side),
    _step("brief", _one("C", "P"), _side, _one("0.97", "1.03")),
    _step("strategy", _one("straddle", "vertical", "close"), _one("1", "2"), _one("", "9", "-1")),
)  # fmt: skip
_FATES = st.one_of(
    _step("partial", _one("1", "0.5", "3")),
    _step("partial", _one("1", "0.5", "3")),
    _step("cancel", _one("newest", "oldest")),
    _step("replace", _one("price", "qty", "both"), _one("0.99", "1.02")),
    _step("replace", _one("price", "qty", "both"), _one("0.99", "1.02")),
    _step("venue", _one("reject", "expire", "cancel", "cancel-rejected", "suspended", "odd_word")),
    _step("close", _one("100", "50")),
    _step("close all"),
)
_HAPPENINGS = st.one_of(
    _step("price", _symbol.map(lambda name: "BTC/USD" if name == "BTCUSD" else name),
          _one("0.93", "0.99", "1.01", "1.08")),
    _step("price", _stock, _one("0.93", "0.99", "1.01", "1.08")),
    _step("split", _stock, _one("2", "3", "4", "0.5", "0.1")),
    _step("spin", _stock, _one("4", "1.5")),
    _step("stock dividend", _stock),
    _step("merge", _stock, _stock, _one("SCMA", "CMA", "SMA")),
    _step("rename", _one("MSFT", "XOM")),
    _step("money", _one("DIV", "DIVNRA", "INT", "FEE", "CSD", "CSW"), _stock),
    _step("transfer", _stock, _one("5", "2.5", "-3", "-1"), _one("ACATS", "JNLS")),
    _step("unexplained", _stock, _one("5", "2.5")),
    st.tuples(_one("night", "night", "minute", "expire", "exercise", "assign", "pause", "resume")),
    st.tuples(_one("night", "night", "minute", "expire", "exercise", "assign", "pause", "resume")),
)  # fmt: skip
_COMMANDS = st.one_of(
    _step("app order", _stock, _side, _one("market", "limit", "bracket")),
    _step("app order", _stock, _side, _one("market", "limit", "bracket")),
    _step("app close", _one("whole", "half", "limit")),
    st.tuples(_one("app cancel", "app replace", "app cancel all", "app close all", "app protect",
                   "app again", "import")),
)  # fmt: skip
_PROGRAMS = st.tuples(_one("sync", "sync", "sync", "verify", "other", "restart", "watch"))
_SWITCHES = st.one_of(
    _step("switch", _one("cancels_wait"), _one("yes", "no")),
    _step("switch", _one("triggered_stop"), _one("cancels", "replaces", "new_order")),
)
_FAULTS = st.one_of(
    _step("fault", _one(*programs.REPLIES), _one("1", "2", "9")),
    _step("lose", _one(*programs.LOST), _one("POST", "POST", "DELETE", "PATCH")),
    _step("stream", _one("mute", "hold", "drop", "duplicate", "backwards", "close")),
    _step("freeze", _one("positions", "orders", "activities", "account")),
    _step("amend", _one("bust", "less", "price")),
    _SWITCHES,
    st.tuples(_one("hold", "hold", "delay", "release", "heal", "broker restart")),
)

SETTING: st.SearchStrategy[Setting] = st.tuples(
    _one("carries", "counts anew"),
    _one("whole", "sliced"),
    _one("one record", "one record", "fresh record"),
)
"""What a successor shows as filled; how fills come; whether a record begun last must agree."""
_AMENDS = _step("amend", _one("bust", "less", "price"))
_AT_BROKER = (_ORDERS, _ORDERS, _ORDERS, _FATES, _HAPPENINGS, _HAPPENINGS, _SWITCHES, _AMENDS)
_ANYWHERE = (_ORDERS, _ORDERS, _FATES, _HAPPENINGS, _COMMANDS, _PROGRAMS, _PROGRAMS, _FAULTS)


def _of(families: tuple[st.SearchStrategy[Step], ...]) -> st.SearchStrategy[list[Step]]:
    """Steps, each of a family drawn first: `one_of` alone would draw from all steps alike."""
    step = st.integers(0, len(families) - 1).flatmap(families.__getitem__)
    return st.lists(step, max_size=14)


def _joined(*parts: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[list[Step]]:
    """Lists in a row: together they are longer than one that may be as long."""
    return st.tuples(*parts).map(lambda lists: [step for steps in lists for step in steps])


_BEGIN: st.SearchStrategy[list[Step]] = st.sampled_from([[("sync",)], [("watch",)], []])
HISTORY = _joined(_BEGIN, *[_of(_ANYWHERE)] * 3)
"""What other programs, our own, the lines between and the world do."""
TRADING = _joined(*[_of(_AT_BROKER)] * 3)
"""What happens at the broker alone."""

_Action = Callable[..., object]
_ACTIONS: dict[str, _Action] = {**orders.ACTIONS, **happenings.ACTIONS, **programs.ACTIONS}
_AT_BROKER_ALONE: dict[str, _Action] = {
    **_ACTIONS,
    "amend": orders.amend,
    "unexplained": lambda *_: None,
}


def act(owner: Owner, step: Step) -> None:
    """Do one step."""
    owner.log.append(step)
    _ACTIONS[step[0]](owner, *step[1:])


def act_at_broker(trader: Trader, step: Step) -> None:
    """Do one step of `TRADING`."""
    trader.log.append(step)
    _AT_BROKER_ALONE[step[0]](trader, *step[1:])
