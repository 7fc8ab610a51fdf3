"""Why an address cannot be reached: name, connection, certificate or silence, in one sentence."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies

from tradesync.settings_values import is_loopback

_PORTS = {"https": 443, "http": 80}


def why_unreachable(url: str, timeout: float) -> str | None:
    """What is wrong on the way to an address; None when a connection can be made.

    Tries it step by step, each within `timeout` seconds. Sends nothing of ours.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    proxies = {} if is_loopback(url) else get_environ_proxies(url)
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is not None:
        return _proxy_trouble(host, proxy, timeout)
    encrypted = parts.scheme == "https"
    return _trouble(host, port, timeout, encrypted=encrypted, setting="the base URL")


def _proxy_trouble(host: str, proxy: str, timeout: float) -> str:
    """The way leads through a proxy of the environment; its user and password are not shown."""
    parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    name, port = parts.hostname or "", parts.port or _PORTS["http"]
    # no TLS to the proxy itself
    trouble = _trouble(name, port, timeout, encrypted=False, setting="HTTPS_PROXY")
    if trouble is not None:
        return f"{host} is asked for through a proxy. {trouble}"
    return f"The proxy {name}:{port} (HTTPS_PROXY) does not let {host} through, or not in time."


def _trouble(host: str, port: int, timeout: float, *, encrypted: bool, setting: str) -> str | None:
    """What is wrong with an address that `setting` says."""
    try:
        connection = socket.create_connection((host, port), timeout)
    except socket.gaierror:
        return f"The name {host} cannot be found. Is this machine online?"
    except TimeoutError:
        return f"{host}:{port} does not answer within {timeout:g} seconds. A firewall may block it."
    except ConnectionRefusedError:
        return f"Nothing listens at {host}:{port}. Check {setting}."
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return f"There is no way to {host}:{port} ({reason}). Is this machine online?"
    with connection:
        return _tls_trouble(connection, host) if encrypted else None


def _tls_trouble(connection: socket.socket, host: str) -> str | None:
    try:
        with ssl.create_default_context().wrap_socket(connection, server_hostname=host):
            return None
    except ssl.SSLCertVerificationError as error:
        return (
            f"The certificate of {host} is not trusted ({error.verify_message}). "
            "Check the base URL, this machine's date and its root certificates."
        )
    except TimeoutError:
        return f"{host} accepts connections but does not speak TLS in time."
    except OSError as error:
        return f"{host} does not speak TLS ({type(error).__name__}). Check the base URL."
