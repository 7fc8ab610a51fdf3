"""Making review items: what a person should look at; nothing here blocks anything (rule 5)."""

from __future__ import annotations

from tradesync.domain.conclusions import Review


def review(kind: str, instrument: str, subject: str, detail: str) -> Review:
    """A review item; the same finding about the same subject always has the same id."""
    return Review(f"{kind}:{instrument}:{subject}", kind, instrument, subject, detail)
