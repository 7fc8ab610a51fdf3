"""Views that lag: a kind of reply served from the books as they stood some time ago."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from tradesync.simulator.errors import invalid
from tradesync.simulator.ledger import Ledger

# the longest prefix decides
PATHS = {
    "/v2/account/activities": "activities",
    "/v2/account": "account",
    "/v2/positions": "positions",
    "/v2/orders": "orders",
}


@dataclass(slots=True)
class Frozen:
    """Books as they stood, and how many more reads see them (None: until thawed)."""

    ledger: Ledger
    reads: int | None


class Views:
    """Which views of which account stand still."""

    def __init__(self) -> None:
        self._frozen: dict[tuple[str, str], Frozen] = {}

    def freeze(self, ledger: Ledger, views: list[str], reads: int | None) -> None:
        """Let `views` show the present books from now on."""
        unknown = set(views) - set(PATHS.values())
        if unknown:
            invalid(f"unknown views: {', '.join(sorted(unknown))}")
        then = ledger.snapshot()
        for view in views:
            self._frozen[ledger.account.id, view] = Frozen(then, reads)

    def thaw(self, ledger: Ledger, views: list[str]) -> None:
        """Let `views` show the books as they are again."""
        for view in views:
            self._frozen.pop((ledger.account.id, view), None)

    def ledger(self, request: web.Request, ledger: Ledger) -> Ledger:
        """The books this request is answered from."""
        if request.method != "GET":
            return ledger
        prefix = max((path for path in PATHS if request.path.startswith(path)), default="", key=len)
        key = (ledger.account.id, PATHS.get(prefix, ""))
        frozen = self._frozen.get(key)
        if frozen is None:
            return ledger
        if frozen.reads is not None:
            frozen.reads -= 1
            if frozen.reads <= 0:
                del self._frozen[key]
        return frozen.ledger
