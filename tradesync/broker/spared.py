"""Modules that a library imports and we do not need: imported when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def spared(name: str) -> Iterator[None]:
    """`import {name}` within the block gives a stand-in; importing it elsewhere is as ever.

    The stand-in imports the module once something of it is asked for.
    """
    if name in sys.modules:
        yield
        return
    stand_in = _StandIn(name)
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]


class _StandIn(ModuleType):
    def __getattr__(self, attribute: str) -> object:
        if attribute.startswith("__"):  # what the import system asks a module for
            raise AttributeError(attribute)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), attribute)
