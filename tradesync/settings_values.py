"""Settings as texts: out of the environment and `.env`, read as flags, words, keys, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values

_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and says what to do."""


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def file_values(env_file: Path | None) -> dict[str, str]:
    """The variables of a `.env` file, taken literally; empty when there is no such file."""
    if env_file is None or not env_file.is_file():
        return {}
    try:
        found = dotenv_values(env_file, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{env_file} cannot be read ({type(error).__name__}). Save it as UTF-8 text."
        ) from None
    return {name: value for name, value in found.items() if value is not None}


class Values:
    """Named texts with readers that name the setting when it is wrong. Blank means unset."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str) -> str | None:
        return self._values.get(name, "").strip() or None

    def plus(self, more: Mapping[str, str]) -> Values:
        """The same with more of them."""
        return Values({**self._values, **more})

    def secret(self, name: str) -> str | None:
        """A key, secret or token; it goes into an HTTP header, so only visible ASCII will do."""
        value = self.text(name)
        if value is not None and not all("!" <= letter <= "~" for letter in value):
            raise SettingsError(
                f"{name} contains a space or a character no key has. Copy it again, without quotes."
            )
        return value

    def optional_flag(self, name: str) -> bool | None:
        value = self.text(name)
        if value is None:
            return None
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
        raise SettingsError(f"{name} is {value!r}. Set it to true or false.")

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.optional_flag(name)
        return default if value is None else value

    def choice(self, name: str, words: tuple[str, ...]) -> str:
        value = (self.text(name) or words[0]).lower()
        if value not in words:
            raise SettingsError(f"{name} is {value!r}. Set it to one of: {', '.join(words)}.")
        return value


def optional_url(values: Values, name: str) -> str | None:
    """An address without trailing slash and version; None when unset."""
    text = values.text(name)
    if text is None:
        return None
    parts = _split(name, text)
    path = parts.path.rstrip("/").removesuffix("/v2").rstrip("/")
    url = f"{parts.scheme}://{parts.netloc}{path}"
    if parts.scheme == "http" and not is_loopback(url):
        raise SettingsError(
            f"{name} would send your keys unencrypted to {parts.netloc}. Use https:// instead."
        )
    return url


def _split(name: str, text: str) -> SplitResult:
    """The parts of an address that can be called. The text itself may hold a password."""
    problem = f"{name} is not an address. Set it like https://paper-api.alpaca.markets"
    try:
        parts = urlsplit(text)
        port_is_readable = parts.port is None or parts.port > 0
    except ValueError:
        raise SettingsError(problem) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_readable:
        raise SettingsError(problem)
    if parts.username is not None or parts.query or parts.fragment:
        raise SettingsError(f"{name} must hold only scheme, host and path. {problem}")
    return parts
