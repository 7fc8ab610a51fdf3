"""Waiting for what another thread or process brings about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 30.0
_LOOK_EVERY = 0.02


def eventually(look: Callable[[], T], what: str = "", *, patience: float = PATIENCE) -> T:
    """The first true value `look` gives; AssertionError when there is none in time."""
    ends_at = time.monotonic() + patience
    pause = threading.Event()
    while not (found := look()):
        assert time.monotonic() < ends_at, f"never: {what or look}"
        pause.wait(_LOOK_EVERY)
    return found
