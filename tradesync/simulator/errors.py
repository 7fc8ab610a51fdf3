"""Errors as Alpaca sends them: an HTTP status with a JSON body of code and message."""

from __future__ import annotations

from typing import NoReturn

BAD_BODY = 40010000
UNAUTHORIZED = 40110000
FORBIDDEN = 40310000
NOT_FOUND = 40410000
INVALID = 40010001
UNPROCESSABLE = 42210000


class ApiError(Exception):
    """A refusal with HTTP `status`, Alpaca's eight-digit `code`, a message and extra body keys."""

    def __init__(self, status: int, code: int, message: str, **extra: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra

    def body(self) -> dict[str, object]:
        """The JSON body Alpaca would send."""
        return {"code": self.code, "message": self.message, **self.extra}


def invalid(message: str, **extra: str) -> NoReturn:
    """422 40010001: the request's own shape is wrong."""
    raise ApiError(422, INVALID, message, **extra)


def unprocessable(message: str, **extra: str) -> NoReturn:
    """422 42210000: well formed, but against a trading rule."""
    raise ApiError(422, UNPROCESSABLE, message, **extra)


def forbidden(message: str, **extra: str) -> NoReturn:
    """403 40310000: the account lacks the money, shares or permission."""
    raise ApiError(403, FORBIDDEN, message, **extra)


def not_found(message: str) -> NoReturn:
    """404 40410000."""
    raise ApiError(404, NOT_FOUND, message)
