"""The checks of figures: what the product says of a day against sums in plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from motcua.queues.figures import Figures, SiteNow
from motcua.queues.figures.quality import TOLERANCE
from motcua.simulation import recount
from motcua.simulation.finding import Finding
from motcua.simulation.recount import Day

# Sums of floats in another order.
_CLOSE_SECONDS = 0.01
_TIMES = ("waiting", "parked", "calling", "serving", "idle", "break", "seated")
_COUNTS = (
    "issued", "arrived", "called", "done", "no_show", "left", "cancelled", "expired", "voided", "open",
)  # fmt: skip
_STANDING = ("issued", "arrived", "called", "done", "no_show", "left")


@dataclass(frozen=True)
class Shown:
    """What the product says of the day: figures by what they are of, and how halls stand."""

    by: Mapping[str, Sequence[Figures]]
    standing: Sequence[SiteNow]


def places(raw: Day, shown: Shown, now: datetime, name: str, column: str) -> Finding:
    """Compare every figure of every place with its sum in plain Python."""
    tickets = recount.grouped(raw.tickets, column)
    segments = recount.grouped(raw.segments, column)
    services = recount.grouped(raw.services, column)
    called = {row["ticket_id"] for row in raw.segments if row["kind"] == "called"}
    figures = {getattr(one.whose, name): one for one in shown.by[name]}
    wrong, compared = [], 0
    for place in {*tickets, *segments} - {None}:
        one = figures.get(place)
        if one is None:
            wrong.append(f"{name} {place} has no figures")
            continue
        sums = recount.times(segments.get(place, ()), now)
        wrong += _times_differ(name, place, one, sums)
        counts = recount.counts(tickets.get(place, ()), called)
        wrong += [
            f"{name} {place}: {key} {one.count(key)} / {counts.get(key, 0)}"
            for key in _COUNTS
            if one.count(key) != counts.get(key, 0)
        ]
        quantity = sum(row["quantity"] for row in services.get(place, ()))
        if quantity != one.services:
            wrong.append(f"{name} {place}: services {one.services} / {quantity}")
        compared += len(_TIMES) + len(_COUNTS) + 1
    places = len(figures.keys() - {None})
    said = (
        f"{compared} figures of {places} {name}s equal their sums over {len(raw.segments)} segments"
    )
    return Finding(f"figures by {name}", said, tuple(wrong))


def _times_differ(name: str, place: object, one: Figures, sums: Mapping[str, float]) -> list[str]:
    return [
        f"{name} {place}: {key} {one.seconds(key):.1f} s / {sums.get(key, 0.0):.1f} s"
        for key in _TIMES
        if abs(one.seconds(key) - sums.get(key, 0.0)) > _CLOSE_SECONDS
    ]


def totals(shown: Shown) -> Finding:
    """Compare the sum of all with the sums of its parts, as a page shows them."""
    wrong = []
    total = shown.by["all"][0] if shown.by["all"] else None
    for name in ("site", "line", "counter", "officer"):
        rows = shown.by[name]
        for key in _COUNTS if name in ("site", "line") else ():
            if total and sum(one.count(key) for one in rows) != total.count(key):
                wrong.append(f"{key} of all {name}s")
        for key in _TIMES if name == "site" else ("serving",):
            if total and abs(sum(one.seconds(key) for one in rows) - total.seconds(key)) > 1:
                wrong.append(f"{key} of all {name}s")
    issued = total.count("issued") if total else 0
    return Finding(
        "totals", f"sites, lines, counters, officers add up ({issued} numbers)", tuple(wrong)
    )


def standing(raw: Day, shown: Shown) -> Finding:
    """Compare the live view at the day's end."""
    tickets = recount.grouped(raw.tickets, "site_id")
    called = {row["ticket_id"] for row in raw.segments if row["kind"] == "called"}
    wrong = []
    for one in shown.standing:
        counts = recount.counts(tickets.get(one.site, ()), called)
        wrong += [
            f"{raw.sites.get(one.site)}: {key} {one.counts[key]} / {counts.get(key, 0)}"
            for key in _STANDING
            if one.counts[key] != counts.get(key, 0)
        ]
        if one.waiting:
            wrong.append(f"{raw.sites.get(one.site)}: {one.waiting} wait after the end")
    said = f"{len(shown.standing)} sites stand as their tickets say, nobody waits"
    return Finding("live view", said, tuple(wrong))


def little(raw: Day, now: datetime) -> Finding:
    """Check L = λW per line: who was there by the tickets' stamps, against how long by their segments."""
    whole = timedelta(days=1)
    segments = recount.grouped(
        (row for row in raw.segments if row["ticket_id"] and row["kind"] != "reserved"), "ticket_id"
    )
    wrong, worst, lines = [], 0.0, 0
    for line, tickets in recount.grouped(raw.tickets, "line_id").items():
        came = [t for t in tickets if t["arrived_at"] is not None]
        spans = [(max(t["arrived_at"], t["issued_at"]), t["ended_at"] or now) for t in came]
        left = recount.mean_present(spans, whole)
        stays = [sum(recount.seconds(r, now) for r in segments.get(t["id"], ())) for t in came]
        rate, stay = len(came) / whole.total_seconds(), sum(stays) / max(1, len(stays))
        right = rate * stay
        off = abs(left - right) / (max(left, right) or 1.0)
        worst, lines = max(worst, off), lines + 1
        if off > TOLERANCE:
            wrong.append(f"line {raw.letters.get(line, line)}: L {left:.4f}, λW {right:.4f}")
    said = f"{lines} lines, greatest deviation {worst:.4%} (allowed {TOLERANCE:.0%})"
    return Finding("Little's law", said, tuple(wrong))
