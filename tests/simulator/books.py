"""The paper broker our programs bring along, with its months of history told beforehand.

To tell them takes a second of CPU at every first start; only tests of that start need it.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from tradesync.simulator.__main__ import open_main_account
from tradesync.simulator.engine import Options, open_broker

_BOOKS = "paper-broker.sqlite"


def give_history(paper: Path) -> None:
    """Make `paper` the directory of a paper broker that was used before."""
    account = paper / "account"
    account.mkdir(parents=True)
    (account / _BOOKS).write_bytes(_told())


@cache
def _told() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        broker, _ = open_broker(Path(folder), Options())
        with broker.change():
            open_main_account(broker, empty=False)
        broker.database.close()
        return (Path(folder) / _BOOKS).read_bytes()
