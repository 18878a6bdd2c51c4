"""The calendar file against the rules of RFC 5545: lines, folding, escaping, replacing, cancelling."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.queues.calendar_file import Entry, folded, text, written

BEGIN = datetime(2026, 11, 24, 8, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
ENTRY = Entry(
    uid="7f@quang.example",
    sequence=0,
    stamp=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
    begin=BEGIN,
    end=BEGIN + timedelta(minutes=30),
    summary="Lịch hẹn: Hộ tịch",
    location="Sảnh thử; tầng 1, phường Thử",
    description="Mã hẹn ABC\nMang theo giấy tờ",
    url="https://tinh.example/appointments/ABC?a=1,2;b=3",
)


def unfolded(file: bytes) -> list[str]:
    """Read content lines as section 3.1 says: a line that begins with a space goes on the one before."""
    assert file.endswith(b"\r\n")
    return file.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def properties(file: bytes) -> dict[str, str]:
    """Return the properties by name; of the event first, those of the alarm do not replace them."""
    found: dict[str, str] = {}
    for line in unfolded(file):
        name, _, value = line.partition(":")
        found.setdefault(name, value)
    return found


def unescaped(value: str) -> str:
    """Undo section 3.3.11."""
    out, rest = "", iter(value)
    for character in rest:
        if character == "\\":
            following = next(rest)
            out += "\n" if following in "nN" else following
        else:
            out += character
    return out


def test_what_must_be_there_is_there_once() -> None:
    lines = unfolded(written(ENTRY))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    names = [line.split(":")[0] for line in lines[: lines.index("BEGIN:VALARM")]]
    for name in ("VERSION", "PRODID", "METHOD", "UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE"):
        assert names.count(name) == 1, name
    said = properties(written(ENTRY))
    assert said["VERSION"] == "2.0"
    assert said["METHOD"] == "PUBLISH"
    assert said["STATUS"] == "CONFIRMED"


def test_moments_are_written_in_universal_time() -> None:
    said = properties(written(ENTRY))
    assert (said["DTSTART"], said["DTEND"]) == ("20261124T013000Z", "20261124T020000Z")
    assert said["DTSTAMP"] == "20261122T030000Z"


def test_texts_are_escaped_and_an_address_is_not() -> None:
    said = properties(written(ENTRY))
    assert said["LOCATION"] == "Sảnh thử\\; tầng 1\\, phường Thử"
    assert said["DESCRIPTION"] == "Mã hẹn ABC\\nMang theo giấy tờ"
    assert said["URL"] == ENTRY.url


def test_a_change_keeps_its_name_and_raises_its_sequence() -> None:
    before, after = properties(written(ENTRY)), properties(written(replace(ENTRY, sequence=3)))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == ("0", "3")


def test_a_cancelled_one_takes_itself_out_and_rings_no_more() -> None:
    file = written(replace(ENTRY, cancelled=True, sequence=1))
    said = properties(file)
    assert (said["METHOD"], said["STATUS"], said["SEQUENCE"]) == ("CANCEL", "CANCELLED", "1")
    assert b"VALARM" not in file


def test_a_place_on_the_map_is_two_numbers() -> None:
    said = properties(written(replace(ENTRY, latitude=20.95, longitude=107.0833)))
    assert said["GEO"] == "20.950000;107.083300"


@pytest.mark.parametrize("line", ["X:" + "a" * 300, "X:" + "ữ" * 100, "X:short", "X:" + "a" * 73])
def test_no_line_is_longer_than_75_octets(line: str) -> None:
    parts = folded(line).split(b"\r\n")[:-1]
    assert all(len(part) <= 75 for part in parts)
    assert all(part.startswith(b" ") for part in parts[1:])
    # No character is cut into two: every line can be read by itself.
    assert [part.decode() for part in parts]


@given(st.text(max_size=200))
def test_whatever_is_said_can_be_read_back(said: str) -> None:
    kept = "".join(
        c for c in said.replace("\r\n", "\n").replace("\r", "\n") if c >= " " or c in "\t\n"
    )
    kept = kept.replace("\x7f", "")
    file = written(replace(ENTRY, summary=said))
    assert unescaped(properties(file)["SUMMARY"]) == kept
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))


def test_a_line_break_cannot_smuggle_a_property_in() -> None:
    file = written(replace(ENTRY, summary="x\r\nATTACH:http://bad", url="https://q\r\nATTACH:y"))
    assert not any(line.startswith("ATTACH") for line in unfolded(file))
    assert text("a\r\nb\rc") == "a\\nb\\nc"
