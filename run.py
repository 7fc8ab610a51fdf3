"""Start the dashboard and the sync service together: `make run`, or `python run.py --port N`."""

from __future__ import annotations

import sys

from tradesync.supervisor import main

if __name__ == "__main__":
    sys.exit(main())
