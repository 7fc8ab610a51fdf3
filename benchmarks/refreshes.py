"""A page refreshed a thousand times: what of it stays behind in the dashboard.

    python benchmarks/refreshes.py [--count 1000] [--json FILE]

Each refresh is a browser tab's: a session over the websocket that draws the overview and leaves.
Prints memory, threads, open files and sockets as it goes. A paper broker and the dashboard run as
real processes on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.programs import Home, Program  # noqa: E402 (needs the path above)
from tests.simulator.broker import PaperBroker  # noqa: E402
from tradesync.supervisor import answers, dashboard, free_port  # noqa: E402

_WARM = 50
"""Refreshes before the first look: caches and pools are filled by then."""
_LOOKS = 10
_ELEMENTS = 20
"""A page of ours draws more than that."""
_LET_GO = 130.0
"""Seconds after which Streamlit has forgotten every tab that left (two minutes)."""


def main() -> None:
    """Refresh and look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options.count)
    print(json.dumps(found, indent=1))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def measure(path: Path, count: int) -> dict[str, Any]:
    """What the dashboard's process holds after so many refreshes, and later."""
    with PaperBroker(clock="real", as_of=None) as broker:
        home = Home(path, {
            "ALPACA_API_KEY": broker.key, "ALPACA_SECRET_KEY": broker.secret,
            "ALPACA_BASE_URL": broker.base_url,
        })  # fmt: skip
        for symbol in ("AAPL", "MSFT", "KO"):
            broker.submit_market(symbol, 5)
        port = free_port(23_000)
        with Program(list(dashboard(port).command()), home) as program:
            while not answers(port):
                time.sleep(0.2)
            synced = httpx.get(f"http://127.0.0.1:{port}/api/trades/sync", timeout=30)
            synced.raise_for_status()
            pid = program.process.pid
            asyncio.run(_refresh(port, _WARM))
            looks = [_look(pid, _WARM)]
            print(json.dumps(looks[0]), flush=True)
            for number in range(1, _LOOKS + 1):
                asyncio.run(_refresh(port, count // _LOOKS))
                looks.append(_look(pid, _WARM + number * (count // _LOOKS)))
                print(json.dumps(looks[-1]), flush=True)
            time.sleep(_LET_GO)
            asyncio.run(_refresh(port, 1))
            after = _look(pid, looks[-1]["refreshes"] + 1)
            program.end()
    return {"first": looks[0], "last": looks[-1], "later": after}


async def _refresh(port: int, count: int) -> None:
    """Open the page so often, one tab after the other, and wait until it is drawn whole.

    A run that a rerun cuts short (the record moved meanwhile) draws only a part.
    """
    for _ in range(count):
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/_stcore/stream", max_size=None,
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        ) as tab:  # fmt: skip
            ask = BackMsg()
            ask.rerun_script.query_string = ""
            await tab.send(ask.SerializeToString())
            told, drawn = ForwardMsg(), 0
            while told.WhichOneof("type") != "script_finished" or drawn <= _ELEMENTS:
                told.ParseFromString(await asyncio.wait_for(tab.recv(), 30))
                drawn += told.WhichOneof("type") == "delta"


def _look(pid: int, refreshes: int) -> dict[str, Any]:
    """What the process holds now."""
    files = [item.readlink().name for item in Path(f"/proc/{pid}/fd").iterdir()]
    status = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    values = {name: text for name, _, text in (line.partition(":") for line in status)}
    return {
        "refreshes": refreshes,
        "rss_mb": round(int(values["VmRSS"].split()[0]) / 1024, 1),
        "threads": int(values["Threads"]),
        "files": len(files),
        "sockets": sum(name.startswith("socket:") for name in files),
    }


if __name__ == "__main__":
    main()
