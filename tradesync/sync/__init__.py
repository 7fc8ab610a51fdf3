"""Keeping one account's record true: snapshot → plan → commit; import; commands; the service."""
