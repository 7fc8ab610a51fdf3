"""The one sync service of a process, for pages, routes and commands to find.

Streamlit runs page scripts in sessions of their own and mounts routes in an inner app, so the
service lives in a module (streamlit reference A1).
"""

from __future__ import annotations

import threading

from tradesync.config import Settings, load_settings
from tradesync.store.database import Database
from tradesync.sync.service import SyncService

_lock = threading.Lock()
_service: SyncService | None = None


def start(program: str, settings: Settings | None = None) -> SyncService:
    """Make and open this process's service; the running one when there is one."""
    global _service  # noqa: PLW0603 (one per process is the point)
    with _lock:
        if _service is None:
            settings = settings or load_settings()
            database = Database(settings.database, program=program)
            service = SyncService(settings, database, program=program)
            if program == "dashboard":  # its pages show what is stored, and why there is no more
                service.open_soon()
            else:
                service.open()
            _service = service
        return _service


def service() -> SyncService:
    """This process's service; started for the dashboard when nobody has started one."""
    return _service or start("dashboard")


def stop() -> None:
    """Close this process's service, if there is one."""
    global _service
    with _lock:
        closing, _service = _service, None
    if closing is not None:
        closing.close()
