"""The sync service, which waits one second for a lost broker instead of twenty."""

from __future__ import annotations

import runpy
from pathlib import Path

from tradesync.sync.service import SyncService

if __name__ == "__main__":
    defaults = SyncService.__init__.__kwdefaults__
    assert defaults is not None
    defaults["patience"] = 1.0
    runpy.run_path(str(Path(__file__).parents[1] / "background_sync.py"), run_name="__main__")
