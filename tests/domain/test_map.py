"""The map of the package names every module of it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from tradesync import domain


def test_the_map_names_every_module() -> None:
    (folder,) = domain.__path__
    modules = {path.name for path in Path(folder).glob("*.py")} - {"__init__.py"}
    assert set(re.findall(r"\w+\.py", domain.__doc__ or "")) == modules
