"""A sign of life of each program in a small file beside the database, so that a quiet program
writes nothing into it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_heartbeat(database: Path, program: str, payload: Mapping[str, object]) -> None:
    """Replace a program's sign of life, whole at once. `payload` is a JSON object.

    A full disk or a folder that cannot be written is no reason to fail what the program does.
    """
    path = database.with_name(f"{database.name}.heartbeat.{program}.json")
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    with suppress(OSError):
        try:
            fresh.write_text(json.dumps(payload), "utf-8")
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


def read_heartbeats(database: Path) -> dict[str, dict[str, Any]]:
    """The last sign of life of every program, by its name; unreadable ones are left out."""
    prefix, suffix = f"{database.name}.heartbeat.", ".json"
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(database.parent.iterdir()):
        if not (path.name.startswith(prefix) and path.name.endswith(suffix)):
            continue
        with suppress(OSError, ValueError):
            payload = json.loads(path.read_text("utf-8"))
            if isinstance(payload, dict):
                found[path.name.removeprefix(prefix).removesuffix(suffix)] = payload
    return found
