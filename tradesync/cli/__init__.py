"""The command line: `python -m tradesync …`. Exit code 0 only when it did what it said."""
