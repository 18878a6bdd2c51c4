"""Paths: whose rooms they lead to, and how they may stand in a log."""

import re

# Whatever may be a code or an id in a path: nobody who reads the log may open what it opens.
_HIDDEN = re.compile(
    r"/(?=[^/]*[0-9_])[A-Za-z0-9_-]{8,}(?=/|$)|(?<=/track/)[^/]+|(?<=/verify/)[^/]+"
    r"|(?<=/q/)[^/]+|(?<=/shared/)[^/]+|(?<=/appointments/)[^/]+"
)

# Whose rooms these are, by the begin of the path; the longest one that fits counts.
AUDIENCES: tuple[tuple[str, str], ...] = (
    ("/api/staff", "staff"),
    ("/api/counters", "staff"),
    ("/desk", "staff"),
    ("/monitor", "staff"),
    ("/x/admin", "staff"),
    ("/station", "device"),
    ("/apply", "citizen"),
    ("/drafts", "citizen"),
    ("/my", "citizen"),
    ("/submitted", "citizen"),
)
# Doors inside such rooms at which one becomes somebody.
ENTRANCES = frozenset({"/station/pair"})


def audience(path: str) -> str | None:
    """Return the kind of session a path is for; None when several kinds may come."""
    fits = [(len(p), kind) for p, kind in AUDIENCES if path == p or path.startswith(p + "/")]
    return max(fits)[1] if fits else None


def hidden(path: str) -> str:
    """Return a path as it may stand in a log."""
    return _HIDDEN.sub(lambda m: "/…" if m[0].startswith("/") else "…", path)
