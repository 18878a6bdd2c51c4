"""Where a browser may be sent after consent: a wallet on the web, on this device, or an application (RFC 8252)."""

import re
from urllib.parse import urlsplit

from authlib.common.urls import url_decode  # type: ignore[import-untyped]

LONGEST = 2000
# What an address is written with (RFC 3986 section 2); a backslash or a blank shows people another host.
_WRITTEN = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
# What an answer brings (RFC 6749 section 4.1.2, RFC 9207): a wallet would not know which of two is ours.
_ANSWER = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})
# A browser would run or read these instead of opening a wallet.
_SCHEMES_REFUSED = frozenset(
    {
        "about",
        "blob",
        "content",
        "data",
        "file",
        "filesystem",
        "ftp",
        "javascript",
        "vbscript",
        "ws",
        "wss",
    }
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def usable(uri: str) -> bool:
    """Tell whether this is an address to which an answer may go: https, this very device, or an application."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    plain = parts.scheme == "http" and not _on_this_device(host)
    no_host = parts.scheme in {"http", "https"} and not host
    # "https://bank.vn@elsewhere" shows people the wrong name.
    named = "@" in parts.netloc
    wrong = not parts.scheme or plain or no_host or named or parts.scheme in _SCHEMES_REFUSED
    whole = len(uri) <= LONGEST and _WRITTEN.fullmatch(uri) is not None
    return whole and not wrong and _takes_answer(parts.query)


def _takes_answer(query: str) -> bool:
    """Tell whether an answer can be added to a query: Authlib reads it then, and nothing of one stands there."""
    try:
        return _ANSWER.isdisjoint(name for name, _ in url_decode(query))
    except ValueError:
        return False


def shown(uri: str) -> str:
    """Return what a person sees of a redirect address: the host, or the application's scheme."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


def _on_this_device(host: str | None) -> bool:
    # Names below "localhost" are this device too (RFC 6761 section 6.3): where the demo's own wallet lives.
    return host in _LOOPBACK or bool(host and host.endswith(".localhost"))
