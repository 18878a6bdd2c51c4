"""An appointment as a calendar file (iCalendar, RFC 5545), which telephones put into their calendar.

One event in one object. The same ``UID`` with a greater ``SEQUENCE`` replaces what a calendar holds
(3.8.7.4); ``METHOD:CANCEL`` takes it out again (RFC 5546, 3.2.5).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

PRODUCT = "-//Mot Cua//Appointments//VI"
_OCTETS = 75
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Entry:
    """What the calendar shows; moments are aware. ``alarm_minutes``: how long before it rings."""

    uid: str
    sequence: int
    stamp: datetime
    begin: datetime
    end: datetime
    summary: str
    location: str
    description: str
    url: str
    latitude: float | None = None
    longitude: float | None = None
    cancelled: bool = False
    alarm_minutes: int = 60


def written(entry: Entry) -> bytes:
    """Return the file: UTF-8, lines of at most 75 octets that end in CRLF."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if entry.cancelled else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{text(entry.uid)}",
        f"DTSTAMP:{_utc(entry.stamp)}",
        f"DTSTART:{_utc(entry.begin)}",
        f"DTEND:{_utc(entry.end)}",
        f"SEQUENCE:{entry.sequence}",
        f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}",
        f"SUMMARY:{text(entry.summary)}",
        f"LOCATION:{text(entry.location)}",
        f"DESCRIPTION:{text(entry.description)}",
        # A URI is no TEXT and is not escaped (3.3.13).
        f"URL:{_CONTROL.sub('', entry.url)}",
        *_place(entry),
        *_alarm(entry),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(folded(line) for line in lines)


def text(value: str) -> str:
    """Escape a value of type TEXT (3.3.11): backslash, semicolon, comma and line breaks."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", lines.replace("\n", "\\n"))


def folded(line: str) -> bytes:
    """Fold a content line (3.1): at most 75 octets, never inside a character, CRLF and a space between."""
    parts, part, room = [], b"", _OCTETS
    for character in line:
        octets = character.encode()
        if len(part) + len(octets) > room:
            parts.append(part)
            part, room = b"", _OCTETS - 1
        part += octets
    return b"\r\n ".join([*parts, part]) + b"\r\n"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _place(entry: Entry) -> list[str]:
    if entry.latitude is None or entry.longitude is None:
        return []
    return [f"GEO:{entry.latitude:.6f};{entry.longitude:.6f}"]


def _alarm(entry: Entry) -> list[str]:
    if entry.cancelled or not entry.alarm_minutes:
        return []
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"TRIGGER:-PT{entry.alarm_minutes}M",
        f"DESCRIPTION:{text(entry.summary)}",
        "END:VALARM",
    ]
