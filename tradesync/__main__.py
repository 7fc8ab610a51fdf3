"""`python -m tradesync`: the command line."""

from __future__ import annotations

import sys

from tradesync.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
