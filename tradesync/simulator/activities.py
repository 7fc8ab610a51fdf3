"""Activity rows: how they are made, when they may be seen, and how they are queried."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tradesync.simulator.ledger import Ledger
from tradesync.simulator.records import Activity, Order
from tradesync.simulator.wire import SECOND, new_york, number, time_text

TRANSACTIONS = ("CSD", "CSW")
# Types the spec and the docs name; others are known once a row of theirs is booked.
_TYPE_NAMES = """
    FILL TRANS MISC ACATC ACATS CFEE CGD CSD CSW DIV DIVCGL DIVCGS DIVFEE DIVFT DIVNRA DIVROC DIVTW
    DIVTXEX FEE INT INTNRA INTTW JNL JNLC JNLS MA NC OPASN OPCA OPCSH OPEXC OPEXP OPTRD PTC PTR REO
    REORG SPIN SPLIT FOPT OPXRC SC SSO SSP
"""
TYPES = frozenset(_TYPE_NAMES.split())


def fill_row(ledger: Ledger, order: Order, qty: Decimal, price: Decimal, now: int) -> Activity:
    """Book one execution; the order is given as it stands after it.

    The id carries New York's wall clock in milliseconds; times are rounded to microseconds.
    """
    moment = new_york(now)
    stem = moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}"
    micros = int((Decimal(now) / 1000).quantize(Decimal(1), ROUND_HALF_UP)) * 1000
    done = order.status == "filled"
    body = {
        "activity_type": "FILL",
        "transaction_time": time_text(micros),
        "type": "fill" if done else "partial_fill",
        "price": number(price),
        "qty": number(qty),
        "side": "sell_short" if order.position_intent == "sell_to_open" else order.side,
        "symbol": order.symbol,
        "leaves_qty": number(Decimal(0) if done else order.leaves),
        "order_id": order.id,
        "cum_qty": number(order.filled_qty),
        "order_status": order.status,
    }
    if order.asset_class == "us_option":
        body["side"] = order.side
    if order.asset_class == "crypto":
        body["swap_rate"] = "1"
    return _store(ledger, stem, body, now)


def other_row(ledger: Ledger, kind: str, day: date, body: dict[str, str], now: int) -> Activity:
    """Book a non-trade row dated `day`; `body` is what it shows beside type, date and status."""
    shown = {
        "activity_type": kind,
        "date": day.isoformat(),
        "net_amount": "0",
        "description": "",
        "status": "executed",
        "currency": "USD",
        "created_at": time_text(now),
        **body,
    }
    return _store(ledger, f"{day:%Y%m%d}000000000", shown, now)


def _store(ledger: Ledger, stem: str, body: dict[str, str], now: int) -> Activity:
    key = f"{stem}::{ledger.new_id('activity', now)}"
    switches = ledger.account.switches
    visible: int | None = now + int(switches.activity_delay_s * SECOND)
    if switches.activities_held:
        visible = None
    row = Activity(id=key, created_ns=now, body={"id": key, **body}, visible_ns=visible)
    ledger.activities.put(key, row)
    return row


def is_known(ledger: Ledger, kind: str) -> bool:
    """Whether a query may name this type."""
    return kind in TYPES or bool(ledger.ids_by_type.get(kind))


def release(ledger: Ledger) -> int:
    """Show every hidden row; how many there were."""
    hidden = [row for row in ledger.activities.values() if row.visible_ns is None]
    for row in hidden:
        ledger.activities.put(row.id, replace(row, visible_ns=row.created_ns))
    return len(hidden)


class Query:
    """One reading of the activities: which types, which times, which way, from which row."""

    def __init__(
        self,
        *,
        types: frozenset[str] | None = None,
        trades: bool | None = None,
        order_id: str | None = None,
        day: date | None = None,
        after: int | None = None,
        until: int | None = None,
        ascending: bool = False,
        size: int | None = 100,
        token: str | None = None,
    ) -> None:
        self.types = types
        self.trades = trades
        self.order_id = order_id
        self.day = day
        self.after = after
        self.until = until
        self.ascending = ascending
        self.size = size
        self.token = token

    def run(self, ledger: Ledger, now: int) -> list[dict[str, str]]:
        """Row bodies in order, at most `size` (None: all)."""
        rows: list[dict[str, str]] = []
        for key in self._ordered(ledger):
            row = ledger.activities[key]
            if row.visible_ns is not None and row.visible_ns <= now and self._wants(row):
                rows.append(row.body)
                if self.size is not None and len(rows) >= self.size:
                    break
        return rows

    def _ordered(self, ledger: Ledger) -> list[str]:
        keys = self._candidates(ledger)
        if self.token is not None:
            after = bisect_right(keys, self.token)
            keys = keys[after:] if self.ascending else keys[: bisect_left(keys, self.token)]
        return keys if self.ascending else keys[::-1]

    def _candidates(self, ledger: Ledger) -> list[str]:
        """Ids by id order; a span of creation times is cut out first, so long books stay cheap."""
        low, high = self._span()
        kinds = self._rare_types(ledger)
        if kinds is not None:
            keys = sorted(key for kind in kinds for key in ledger.ids_by_type.get(kind, ()))
            return [key for key in keys if _within(ledger.activities[key], low, high)]
        if low is None and high is None:
            return ledger.by_activity_id
        first = 0 if low is None else _bisect(ledger.by_creation, low)
        last = len(ledger.by_creation) if high is None else _bisect(ledger.by_creation, high)
        return sorted(key for _, key in ledger.by_creation[first:last])

    def _rare_types(self, ledger: Ledger) -> list[str] | None:
        """The types asked for when FILL, by far the most common, is not among them."""
        if self.trades is False:
            return [kind for kind in ledger.ids_by_type if kind != "FILL"]
        return None if self.types is None or "FILL" in self.types else list(self.types)

    def _span(self) -> tuple[int | None, int | None]:
        low = None if self.after is None else self.after + 1
        high = self.until
        if self.day is not None:
            from_day, to_day = _utc_day(self.day)
            low = from_day if low is None else max(low, from_day)
            high = to_day if high is None else min(high, to_day)
        return low, high

    def _wants(self, row: Activity) -> bool:
        if self.types is not None and row.type not in self.types:
            return False
        if self.trades is not None and (row.type == "FILL") is not self.trades:
            return False
        return self.order_id is None or row.body.get("order_id") == self.order_id


def _within(row: Activity, low: int | None, high: int | None) -> bool:
    return (low is None or row.created_ns >= low) and (high is None or row.created_ns < high)


def _bisect(keys: list[tuple[int, str]], ns: int) -> int:
    return bisect_left(keys, (ns, ""))


def _utc_day(day: date) -> tuple[int, int]:
    start = (day - date(1970, 1, 1)) // timedelta(days=1) * 86400 * SECOND
    return start, start + 86400 * SECOND
