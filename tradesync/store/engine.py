"""DuckDB of this process: an engine that stays, and the file it has attached while one works on it.

An engine takes some 15 ms of CPU to start (thousands of functions, its threads), a file 3 ms to
attach and to let go of. The file is held no longer than by a connection of its own: letting go
folds its log in, closes it and frees its lock.

The only module that calls `duckdb.connect`, always with the same arguments.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import duckdb

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": "2",
    "autoinstall_known_extensions": "false",  # nothing is fetched from the network
    "autoload_known_extensions": "false",
    # A commit goes straight into the file, all or nothing, and not first into a log that letting
    # go would fold in at once: everything is written and synced to disk once instead of twice.
    "checkpoint_threshold": "0b",
}
_NAME = "record"
_FILES_OF_ONE = 100
"""Files after which an engine makes way for another: each leaves something in it that only its end
frees (DuckDB 2.0), a kilobyte of one that was read, ten and more of one that was written."""


class Engine:
    """An engine for one file at a time; its owner sees to it that one thread at a time uses it."""

    def __init__(self, spill: Path) -> None:
        """Starts nothing yet. `spill`: the folder for what does not fit into memory."""
        self._config = {**_CONFIG, "temp_directory": str(spill)}
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._files = 0
        """Attached by this engine so far."""

    def attach(self, path: Path) -> duckdb.DuckDBPyConnection:
        """Open a file, made if it is not there; a connection to it alone, for `let_go`."""
        try:
            engine = self._engine
            if engine is None:
                engine = self._engine = duckdb.connect(":memory:", config=self._config)
            quoted = str(path).replace("'", "''")
            engine.execute(f"ATTACH '{quoted}' AS {_NAME}")
            self._files += 1
            connection = engine.cursor()
            connection.execute(f"USE {_NAME}")
        except BaseException:
            self._end()
            raise
        return connection

    def let_go(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Close the file; what was committed is in its log, whatever DuckDB says to that."""
        try:
            connection.close()
            if self._engine is not None:
                self._engine.execute(f"DETACH {_NAME}")
            if self._files >= _FILES_OF_ONE:
                self._end()
        except duckdb.Error:
            self._end()
        except BaseException:
            self._end()
            raise

    def abandon(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let go after an error: nothing of the engine is trusted, the next file begins another."""
        with suppress(duckdb.Error):
            connection.close()
        self._end()

    def _end(self) -> None:
        """End the engine, and with it whatever it has open."""
        engine, self._engine, self._files = self._engine, None, 0
        if engine is not None:
            with suppress(duckdb.Error):
                engine.close()
