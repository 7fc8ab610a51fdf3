"""Alpaca's own libraries against the paper broker, unmodified but for the address.

`make clients` installs them beside our own environment and runs this; without it, it is skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.broker import ROOT, PaperBroker

CLIENTS = ROOT / ".venv" / "clients"
SCRIPTS = Path(__file__).with_name("clients")
MISSING = "not installed: run `make clients` once"
# what all scripts do: place, replace, list, cancel, buy, be refused, close
COMMON = {
    "account": "ACTIVE",
    "replaced": True,
    "listed": True,
    "by_client_id": True,
    "position": "5",
    "refusal": [403, 40310000],
    "left": 0,
}


def run(command: list[str | Path], **environment: str) -> dict[str, Any]:
    """What the script saw, with its environment reduced to what it needs."""
    with PaperBroker(clock="real", as_of=None) as broker:
        broker.set_price("AAPL", 200)
        broker.set_price("MSFT", 400)
        done = subprocess.run(
            [*command, broker.base_url, broker.key, broker.secret],
            env={"PATH": os.environ["PATH"], "APCA_API_DATA_URL": broker.base_url, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def javascript(script: str) -> dict[str, Any]:
    modules = CLIENTS / "javascript" / "node_modules"
    node = shutil.which("node")
    if node is None or not modules.exists():
        pytest.skip(MISSING)
    return run([node, SCRIPTS / script], NODE_PATH=str(modules))


def test_the_older_python_library() -> None:
    python = CLIENTS / "python" / "bin" / "python"
    if not python.exists():
        pytest.skip(MISSING)
    seen = run([python, SCRIPTS / "older_python.py"])
    assert seen == {
        **COMMON,
        "open": seen["open"],
        "legs": ["new", "held"],
        "fills": 2,
        "history": True,
        "assets": True,
        "calendar": 5,
        "bars": True,
        "trade": True,
        "snapshot": True,
    }


def test_the_javascript_library_version_3() -> None:
    seen = javascript("javascript_3.js")
    assert seen == {**COMMON, "fills": 1, "trade": 200, "bars": True}


def test_the_javascript_library_version_4() -> None:
    seen = javascript("javascript_4.js")
    assert seen == {
        **COMMON,
        "waited": ["filled", "5"],
        "legs": ["new", "held"],
        "fills": 2,
        "assets": True,
    }
