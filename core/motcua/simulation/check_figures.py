"""The checks of figures: what the product says of a day against sums in plain Python."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isclose

from motcua.queues.figures import Figures, SiteNow, Spread, Standing, Whose
from motcua.queues.figures.quality import TOLERANCE
from motcua.simulation import lives, recount
from motcua.simulation.finding import Finding
from motcua.simulation.lives import Life, Values
from motcua.simulation.recount import Day, Row

TIMES = ("waiting", "parked", "calling", "serving", "idle", "break", "seated")
#: Figures that follow from others.
RATES = (
    "service_level", "abandonment", "abandonment_late", "transfer_rate", "recall_rate", "estimate_kept",
    "utilisation", "done_per_hour", "weighted",
)  # fmt: skip
#: What a live view shows of the day so far.
_TODAY = ("issued", "arrived", "called", "done", "no_show", "left", "kept", "abandoned")


@dataclass(frozen=True)
class Shown:
    """What the product says of the day: figures by what they are of, and how halls stand at its end and through it."""

    by: Mapping[str, Sequence[Figures]]
    standing: Sequence[SiteNow]
    through: Sequence[tuple[datetime, Sequence[SiteNow]]] = ()


def places(raw: Day, shown: Shown, now: datetime, name: str, column: str) -> Finding:
    """Compare every figure of every place with its sum in plain Python."""

    def place(row: Row) -> tuple[object, object]:
        return row["site_id"], row[column]

    numbers = recount.grouped(lives.lives(raw, now), lambda one: place(one.ticket))
    segments = recount.grouped(raw.segments, place)
    services = recount.grouped(raw.services, place)
    figures = {(one.whose.site, getattr(one.whose, name)): one for one in shown.by[name]}
    wrong, compared = [], 0
    there = {key for key in (*numbers, *segments, *services, *figures) if key[1]}
    for key in there:
        sums = _sums(numbers.get(key, ()), segments.get(key, ()), services.get(key, ()), now)
        said = _said(figures.get(key, Figures(Whose())))
        wrong += [f"{name} {key[1]}: {fault}" for fault in _differ(said, sums)]
        compared += len(sums)
    text = f"{compared} figures of {len(there)} {name}s equal their sums over {len(raw.segments)} segments"
    return Finding(f"figures by {name}", text, tuple(wrong))


def _sums(
    numbers: Iterable[Life], segments: Iterable[Row], services: Sequence[Row], now: datetime
) -> Values:
    own = list(numbers)
    spent = recount.times(segments, now)
    counts = lives.counted(own, lives.COUNTS)
    came = [one for one in own if one.stay is not None]
    sums: Values = {
        **counts,
        **{f"time {key}": spent.get(key, 0.0) for key in TIMES},
        **lives.spreads(own),
        "services": float(sum(row["quantity"] for row in services)),
        "standard minutes": float(
            sum(row["quantity"] * row["standard_minutes"] for row in services)
        ),
        "present": sum(one.present for one in came),
        "stay": sum(one.stay or 0.0 for one in came),
    }
    return {**sums, **_rates(sums)}


def _rates(sums: Values) -> Values:
    def by(part: str, whole: float | None, unit: float = 1.0) -> float | None:
        return (sums[part] or 0.0) / (whole / unit) if whole else None

    called, issued, seated = sums["called"], sums["issued"], sums["time seated"] or 0.0
    return {
        "service_level": by("kept", called),
        "abandonment": by("abandoned", issued),
        "abandonment_late": by("abandoned_late", issued),
        "transfer_rate": by("transferred", called),
        "recall_rate": by("recalled", called),
        "rate estimate_kept": by("estimate_kept", sums["estimated"]),
        "utilisation": by("time serving", seated - (sums["time break"] or 0.0)),
        "done_per_hour": by("done", seated, 3600),
        "weighted": by("standard minutes", seated, 60),
    }


def _said(one: Figures) -> Values:
    """Return the product's figures under the names of ``_sums``."""
    said: Values = {key: float(one.count(key)) for key in lives.COUNTS}
    said |= {f"time {key}": one.seconds(key) for key in TIMES}
    for key in lives.SPREADS:
        said |= {
            f"{key} {name}": value
            for name, value in zip(Spread._fields, one.spread(key), strict=True)
        }
    said |= {"services": float(one.services), "standard minutes": one.standard_minutes}
    said |= {"present": one.tiled, "stay": one.stay}
    # A count has the same name as a rate.
    return said | {(f"rate {key}" if key in said else key): getattr(one, key) for key in RATES}


def _differ(said: Mapping[str, float | None], sums: Values) -> list[str]:
    return [
        f"{key} {_short(said[key])} / {_short(value)}"
        for key, value in sums.items()
        if not _same(said[key], value)
    ]


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    # Sums of floats in another order.
    return isclose(one, other, rel_tol=1e-7, abs_tol=1e-4)


def _short(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"


def totals(shown: Shown) -> Finding:
    """Compare the sum of all with the sums of its parts, as a page shows them."""
    wrong = []
    total = shown.by["all"][0] if shown.by["all"] else None
    for name in ("site", "line", "counter", "officer"):
        rows = shown.by[name]
        for key in lives.COUNTS if name in ("site", "line") else ():
            if total and sum(one.count(key) for one in rows) != total.count(key):
                wrong.append(f"{key} of all {name}s")
        for key in TIMES if name == "site" else ("serving",):
            if total and abs(sum(one.seconds(key) for one in rows) - total.seconds(key)) > 1:
                wrong.append(f"{key} of all {name}s")
    issued = total.count("issued") if total else 0
    return Finding(
        "totals", f"sites, lines, counters, officers add up ({issued} numbers)", tuple(wrong)
    )


def standing(raw: Day, shown: Shown, now: datetime) -> Finding:
    """Compare the live view at the day's end."""
    wrong, _ = _stands(raw, now, shown.standing)
    wrong += [
        f"{raw.sites.get(one.site)}: {one.waiting} wait after the end"
        for one in shown.standing
        if one.waiting
    ]
    said = f"{len(shown.standing)} sites stand as their tickets say, nobody waits"
    return Finding("live view", said, tuple(wrong))


def through(raw: Day, shown: Shown) -> Finding:
    """Compare the live view every quarter of an hour: who waits where, how long, and how many are open."""
    wrong, compared = [], 0
    for at, standing in shown.through:
        faults, count = _stands(raw, at, standing)
        wrong += [f"{at:%H:%M} UTC {fault}" for fault in faults]
        compared += count
    said = f"{compared} figures of {len(shown.through)} moments equal what the segments say of them"
    return Finding("live figures", said, tuple(wrong))


def _stands(raw: Day, at: datetime, standing: Sequence[SiteNow]) -> tuple[list[str], int]:
    """Return what is wrong with the live view of a moment, and how much of it was compared."""
    numbers = lives.lives(raw, at)
    by_site = recount.grouped(numbers, lambda one: one.ticket["site_id"])
    by_line = recount.grouped(numbers, lambda one: one.ticket["line_id"])
    segments = recount.grouped((row for row in raw.segments if row["from_at"] <= at), "site_id")
    wrong, compared = [], 0
    for site in standing:
        own = _stand(by_site.get(site.site, ())) | _hall(segments.get(site.site, ()), at)
        here = {**_shows(site), "open": site.open, "breaks": site.breaks, "age": site.age}
        found = [_differ(here, own)]
        for line in site.lines:
            own = _stand(by_line.get(line.line, ()))
            found.append([f"{line.letter} {fault}" for fault in _differ(_shows(line), own)])
        wrong += [f"{raw.sites.get(site.site)}: {fault}" for each in found for fault in each]
        compared += len(here) + len(site.lines) * len(own)
    return wrong, compared


def _stand(numbers: Sequence[Life]) -> Values:
    today = {key: lives.COUNTS[key] for key in _TODAY}
    return {**lives.moment(numbers), **lives.counted(numbers, today)}


def _shows(one: Standing) -> dict[str, float | None]:
    return {**one.counts, "longest": one.longest, "p90": one.p90}


def _hall(rows: Sequence[Row], at: datetime) -> Values:
    """Return how many counters are open and paused, and how long ago anything happened."""
    there = [
        row
        for row in rows
        if row["staff_id"] and row["counter_id"] and (row["to_at"] is None or row["to_at"] > at)
    ]
    seats = {row["counter_id"]: row["kind"] == "break" for row in there}
    ends = (row["to_at"] for row in rows if row["to_at"] is not None and row["to_at"] <= at)
    last = max([*(row["from_at"] for row in rows), *ends], default=None)
    return {
        "open": float(sum(not paused for paused in seats.values())),
        "breaks": float(sum(seats.values())),
        "age": None if last is None else (at - last).total_seconds(),
    }


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
