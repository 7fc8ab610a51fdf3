"""Chance that is the same every time: draws are hashes of the seed and what they are for."""

from __future__ import annotations

import hashlib
import uuid
from decimal import Decimal

_UNIT = Decimal(2**56)
_WORD = Decimal(65535)


def _digest(keys: tuple[object, ...], size: int) -> bytes:
    text = "|".join(str(key) for key in keys)
    return hashlib.blake2b(text.encode(), digest_size=size).digest()


def uniform(*keys: object) -> Decimal:
    """A number in [0, 1) named by `keys`."""
    return int.from_bytes(_digest(keys, 7), "big") / _UNIT


def pick(count: int, *keys: object) -> int:
    """An index in [0, count) named by `keys`."""
    return int.from_bytes(_digest(keys, 8), "big") % count


def normal(*keys: object) -> Decimal:
    """About standard normal: twelve uniform words summed, centred; between −6 and 6."""
    raw = _digest(keys, 24)
    total = sum(int.from_bytes(raw[i : i + 2], "big") for i in range(0, 24, 2))
    return total / _WORD - 6


def identity(*keys: object) -> str:
    """A random-looking (version 4) UUID named by `keys`."""
    return str(uuid.UUID(bytes=_digest(keys, 16), version=4))
