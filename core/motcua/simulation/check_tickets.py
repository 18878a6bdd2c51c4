"""The checks of tickets and seats: numbers, ends, lives, and what the API said meanwhile."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.simulation import recount
from motcua.simulation.finding import Finding
from motcua.simulation.recount import STAFF_KINDS, WAIT_KINDS, Day, Row
from motcua.simulation.stage import Log

_CLOSE_SECONDS = 0.01
_ENDED = ("done", "no_show", "expired", "left", "cancelled", "voided")


def numbers(raw: Day) -> Finding:
    """Check that the numbers of a site and letter are 1 to n, but for the blocks of halls' own machines."""
    wrong, count, own = [], 0, 0
    leases = recount.grouped(raw.leases, lambda r: (r["site_id"], r["letter"]))
    found: dict[tuple[UUID, str], list[int]] = {}
    for ticket in raw.tickets:
        letter, digit = _split(ticket["number"])
        found.setdefault((ticket["site_id"], letter), []).append(digit)
    for (site, letter), digits in found.items():
        blocks = [(r["first"], r["last"]) for r in leases.get((site, letter), ())]
        plain, parts = _without(digits, blocks)
        count, own = count + len(digits), own + sum(map(len, parts))
        for first, rows in ((1, plain), *((b[0], p) for b, p in zip(blocks, parts, strict=True))):
            if sorted(rows) != list(range(first, first + len(rows))):
                wrong.append(
                    f"{raw.sites[site]} {letter}: {len(rows)} numbers are not {first}, {first + 1}, …"
                )
    said = (
        f"{count} numbers of {len(found)} lines without gap or double, {own} from halls' own blocks"
    )
    return Finding("numbers", said, tuple(wrong))


def _split(number: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\D+)(\d+)", number)
    return (found[1], int(found[2])) if found else (number, 0)


def _without(
    digits: Iterable[int], blocks: Sequence[tuple[int, int]]
) -> tuple[list[int], list[list[int]]]:
    plain: list[int] = []
    parts = [list[int]() for _ in blocks]
    for n in digits:
        inside = next((i for i, (a, b) in enumerate(blocks) if a <= n <= b), None)
        (plain if inside is None else parts[inside]).append(n)
    return plain, parts


def ended(raw: Day) -> Finding:
    """Check that every number of the day has come to an end."""
    states = {state: len(rows) for state, rows in recount.grouped(raw.tickets, "state").items()}
    wrong = [
        f"{t['number']} at {raw.sites[t['site_id']]} is {t['state']}"
        for t in raw.tickets
        if t["state"] not in _ENDED or t["ended_at"] is None
    ]
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return Finding("every number ended", said, tuple(wrong))


def lives(raw: Day) -> Finding:
    """Check that the segments of every ticket tile its life."""
    segments = recount.grouped((row for row in raw.segments if row["ticket_id"]), "ticket_id")
    wrong = [
        f"{t['number']} at {raw.sites[t['site_id']]}: {fault}"
        for t in raw.tickets
        for fault in recount.gaps(segments.get(t["id"], ()), t["issued_at"], t["ended_at"])
    ]
    wrong += [
        f"segments of a strange ticket {t}"
        for t in segments.keys() - {t["id"] for t in raw.tickets}
    ]
    count = sum(map(len, segments.values()))
    return Finding(
        "tickets' lives", f"{count} segments tile {len(raw.tickets)} lives", tuple(wrong)
    )


def seats(raw: Day) -> Finding:
    """Check that officers' segments tile the time between sitting down and leaving, as the events tell it."""
    mine = recount.grouped(
        (row for row in raw.segments if row["kind"] in STAFF_KINDS), "counter_id"
    )
    spells, wrong = _spells(raw.seats)
    total = 0.0
    for counter, rows in spells.items():
        for begins, ends in rows:
            inside = [
                r
                for r in mine.get(counter, ())
                if r["from_at"] >= begins and (ends is None or r["from_at"] < ends)
            ]
            # An empty piece may stand at the very end.
            wrong += [f"counter {counter}: {fault}" for fault in recount.gaps(inside, begins, ends)]
            total += ((ends or begins) - begins).total_seconds()
        inside_all = sum(recount.seconds(r, r["from_at"]) for r in mine.get(counter, ()))
        sat = sum(((e or b) - b).total_seconds() for b, e in rows)
        if abs(inside_all - sat) > _CLOSE_SECONDS:
            wrong.append(f"counter {counter}: {inside_all:.1f} s of segments, {sat:.1f} s of seat")
    said = f"{sum(map(len, spells.values()))} seats at {len(spells)} counters, {total / 3600:.1f} h, tiled"
    return Finding("officers' seats", said, tuple(wrong))


def _spells(
    events: Iterable[Row],
) -> tuple[dict[Any, list[tuple[datetime, datetime | None]]], list[str]]:
    spells: dict[Any, list[tuple[datetime, datetime | None]]] = {}
    wrong = []
    for event in events:
        rows = spells.setdefault(event["counter_id"], [])
        if event["type"] == "counter.opened":
            rows.append((event["at"], None))
        elif rows and rows[-1][1] is None:
            rows[-1] = (rows[-1][0], event["at"])
        else:
            wrong.append(f"counter {event['counter_id']} was left before anybody sat there")
    wrong += [
        f"counter {c} is still open" for c, rows in spells.items() if rows and rows[-1][1] is None
    ]
    return spells, wrong


def two_places(raw: Day) -> Finding:
    """Check that no ticket, officer or counter was twice at work at one moment."""
    wrong = []
    for what, column, kinds in (
        ("ticket", "ticket_id", ("called", "serving")),
        ("officer", "staff_id", STAFF_KINDS),
        ("counter", "counter_id", STAFF_KINDS),
    ):
        rows = recount.grouped(
            (r for r in raw.segments if r[column] and r["kind"] in kinds), column
        )
        wrong += [f"{what} {who}" for who, own in rows.items() if recount.overlaps(own)]
    return Finding(
        "nobody at two places", f"{len(raw.segments)} segments, none beside another", tuple(wrong)
    )


def issued(raw: Day, log: Log) -> Finding:
    """Check that the numbers the API gave out are those in the database, and no others."""
    there = {t["public_code"]: (t["site_id"], t["number"]) for t in raw.tickets}
    wrong = [
        f"{number} was given out and is not there"
        for code, (_, number) in log.issued.items()
        if code not in there
    ]
    wrong += [
        f"{number} is there and nobody was given it"
        for code, (_, number) in there.items()
        if code not in log.issued
    ]
    wrong += [
        f"{given[1]} is kept as {there[code][1]}"
        for code, given in log.issued.items()
        if code in there and tuple(there[code]) != given
    ]
    return Finding(
        "no number lost", f"{len(log.issued)} given out, {len(there)} in the database", tuple(wrong)
    )


def looked(raw: Day, log: Log) -> Finding:
    """Compare what the API showed through the day with the segments of those moments."""
    waiting = recount.grouped(
        (r for r in raw.segments if r["kind"] in WAIT_KINDS),
        lambda r: (r["site_id"], raw.letters[r["line_id"]]),
    )
    wrong, people = [], 0
    for site, look in log.looks:
        for letter, shown in look.waiting.items():
            count = sum(
                1
                for r in waiting.get((site, letter), ())
                if r["from_at"] <= look.at and (r["to_at"] is None or r["to_at"] > look.at)
            )
            people += count
            if count != shown:
                wrong.append(
                    f"{raw.sites[site]} {letter} at {look.at:%H:%M}: {shown} shown, {count} by segments"
                )
    said = f"{len(log.looks)} looks at the halls showed {people} waiting as the segments have it"
    return Finding("live through the day", said, tuple(wrong))
