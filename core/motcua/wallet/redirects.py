"""Where a browser may be sent after consent: a wallet on the web, on this device, or an application (RFC 8252)."""

from urllib.parse import urlsplit

LONGEST = 2000
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
    # "https://bank.vn@elsewhere" and "https://elsewhere\.bank.vn" show people the wrong name.
    named = "@" in parts.netloc or "\\" in uri
    wrong = not parts.scheme or plain or no_host or named or parts.scheme in _SCHEMES_REFUSED
    whole = not parts.fragment and len(uri) <= LONGEST and uri.isascii() and uri.isprintable()
    return whole and not wrong


def shown(uri: str) -> str:
    """Return what a person sees of a redirect address: the host, or the application's scheme."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


def _on_this_device(host: str | None) -> bool:
    # Names below "localhost" are this device too (RFC 6761 section 6.3): where the demo's own wallet lives.
    return host in _LOOPBACK or bool(host and host.endswith(".localhost"))
