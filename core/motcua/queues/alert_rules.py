"""What is an alert of a hall: rules as data, and the measures of a site held against them.

A rule has two marks. An alert is raised when its measure stays at or above the raise mark for some seconds,
and cleared when it stays at or below the clear mark: between the two nothing changes, so nothing flickers.
The rules below are the defaults; a tenant overlays them by its settings (``[settings.alerts.longest]``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from motcua.errors import Invalid
from motcua.queues.figures import SiteNow, Standing

#: Which defaults an alert was raised under; it goes up when one of them changes.
VERSION = "2026-11-22"
# Fewer called than this say nothing about a 90th percentile or a share.
_FEWEST = 5


@dataclass(frozen=True)
class Rule:
    """When a measure is an alert.

    Marks are minutes, or times the line's promise where ``of_promise``, or a count, or a share of one.
    ``act``: somebody has to act now, and the screen says so in red; else it is worth a look.
    """

    measure: str
    vi: str
    en: str
    unit: str
    raise_at: float
    clear_at: float
    raise_seconds: int
    clear_seconds: int
    act: bool
    of_promise: bool = False


RULES: Mapping[str, Rule] = {
    rule.measure: rule
    for rule in (
        Rule(
            "nobody",
            "Có người chờ mà không quầy nào mở",
            "People wait and no counter is open",
            "people", 1, 0, 120, 30, True,
        ),
        Rule("cut", "Mất liên lạc với điểm", "The site is cut off", "minutes", 0, -1, 30, 30, True),
        Rule(
            "longest",
            "Có người chờ quá lâu",
            "Somebody waits too long",
            "minutes", 1.5, 1.0, 60, 60, True, True,
        ),
        Rule(
            "p90",
            "Cứ mười người có một người chờ quá cam kết",
            "One in ten waits longer than promised",
            "minutes", 1.0, 0.8, 300, 300, False, True,
        ),
        Rule("device", "Thiết bị hỏng", "Devices are down", "devices", 1, 0, 60, 30, False),
        Rule(
            "estimate",
            "Dự báo thời gian chờ sai nhiều",
            "The shown waiting times are far off",
            "share", 0.6, 0.4, 600, 600, False,
        ),
    )
}  # fmt: skip
_CHANGEABLE = ("raise_at", "clear_at", "raise_seconds", "clear_seconds", "act")


def rules_of(settings: Mapping[str, Any]) -> Mapping[str, Rule]:
    """Return the rules of a tenant: the defaults with what its settings say; ``Invalid`` for what is no rule.

    ``settings["alerts"]``: per measure any of ``raise_at``, ``clear_at``, ``raise_seconds``,
    ``clear_seconds``, ``act``, or ``off = true``.
    """
    own = settings.get("alerts", {})
    if strange := set(own) - set(RULES):
        raise _wrong(", ".join(sorted(strange)))
    return {
        key: _overlaid(rule, own.get(key, {}))
        for key, rule in RULES.items()
        if not own.get(key, {}).get("off")
    }


def _overlaid(rule: Rule, said: Mapping[str, Any]) -> Rule:
    if set(said) - {*_CHANGEABLE, "off"}:
        raise _wrong(rule.measure)
    made = replace(rule, **{key: said[key] for key in _CHANGEABLE if key in said})
    numbers = (made.raise_at, made.clear_at, made.raise_seconds, made.clear_seconds)
    good = all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers)
    if not good or made.clear_at >= made.raise_at or min(numbers[2:]) < 0:
        raise _wrong(rule.measure)
    return made


def _wrong(what: str) -> Invalid:
    return Invalid(
        f"Quy tắc cảnh báo không hợp lệ: {what}.", f"These alert rules are not valid: {what}."
    )


@dataclass(frozen=True)
class Around:
    """What else is known of a site: ``down`` devices, the minutes it is ``cut`` off, how estimates went.

    ``open`` says whether these are its opening hours: outside of them nobody has to sit there.
    """

    open: bool = True
    down: int = 0
    cut: float | None = None
    estimated: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Reading:
    """What a measure is now, and its two marks in the same unit."""

    site: UUID
    line: UUID | None
    measure: str
    value: float
    raise_at: float
    clear_at: float

    @property
    def key(self) -> tuple[UUID, UUID | None, str]:
        """Whose it is: one alert may be open for it."""
        return self.site, self.line, self.measure

    @property
    def high(self) -> bool:
        """Whether it is at or above the raise mark."""
        return self.value >= self.raise_at


def readings(site: SiteNow, around: Around, rules: Mapping[str, Rule]) -> list[Reading]:
    """Return every measure of a site and of its lines; what cannot be measured is left out."""
    found = [(None, "cut", -1.0 if around.cut is None else around.cut)]
    found.append((None, "device", float(around.down if around.open else 0)))
    if around.estimated >= 2 * _FEWEST:
        found.append((None, "estimate", 1 - around.kept / around.estimated))
    else:
        found.append((None, "estimate", 0.0))
    read = [_reading(site, None, rules[m], value) for _, m, value in found if m in rules]
    for line in site.lines:
        for measure, value in _of_line(line, around):
            if measure in rules:
                read.append(_reading(site, line, rules[measure], value))
    return read


def _of_line(line: Standing, around: Around) -> list[tuple[str, float]]:
    many = line.counts["hour_called"] >= _FEWEST
    alone = around.open and not line.open
    return [
        ("longest", (line.longest or 0.0) / 60),
        ("p90", (line.p90 or 0.0) / 60 if many else 0.0),
        ("nobody", float(line.waiting if alone else 0)),
    ]


def _reading(site: SiteNow, line: Standing | None, rule: Rule, value: float) -> Reading:
    times = float(line.promise_minutes) if rule.of_promise and line else 1.0
    return Reading(
        site.site,
        line.line if line else None,
        rule.measure,
        value,
        rule.raise_at * times,
        rule.clear_at * times,
    )
