"""Invented visitors of a hall's day: when they come, for what, and what they do on the way. Pure.

Times of service are mixtures of short and long cases and no distribution that the estimator assumes.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PRIORITIES = ("elderly", "disability", "pregnant", "small-child", "merit")
#: How usual the lines are, in the order of their letters; further letters come as rarely as the last.
_SHARES = (0.40, 0.22, 0.13, 0.25)
_MORNING = 0.62
_BEFORE_OPENING = timedelta(minutes=15)
_BEFORE_CLOSING = timedelta(minutes=12)


@dataclass(frozen=True)
class Visitor:
    """Somebody and all that he will do. ``letters`` are his services, ``minutes`` what each takes.

    ``how``: door, phone (reserved from afar), booked (an appointment). ``misses`` calls are not answered;
    after ``patience`` minutes of waiting he leaves. ``deed`` is what happens while he is served: nothing,
    park, come-back, transfer, services, send-on, undo.
    """

    number: int
    at: datetime
    letters: tuple[str, ...]
    minutes: tuple[float, ...]
    how: str = "door"
    priority: str = ""
    misses: int = 0
    patience: float | None = None
    deed: str = ""
    away: float = 0.0
    rating: int = 0
    comes: bool = True


@dataclass(frozen=True)
class Share:
    """How often things happen, per visitor; of a usual day."""

    second: float = 0.07
    phone: float = 0.10
    booked: float = 0.04
    priority: float = 0.11
    absent: float = 0.045
    never_comes: float = 0.07
    impatient: float = 0.10
    rated: float = 0.15


_DEEDS = (
    ("park", 0.02),
    ("come-back", 0.02),
    ("transfer", 0.03),
    ("services", 0.08),
    ("send-on", 0.02),
    ("undo", 0.01),
)


def visitors(
    draw: random.Random,
    spans: Sequence[tuple[datetime, datetime]],
    means: Mapping[str, float],
    count: int,
    share: Share | None = None,
    *,
    steady: bool = False,
) -> list[Visitor]:
    """Draw the visitors of a hall that is open in ``spans``; ``means`` are minutes by letter.

    They come in the order of the list. Most come in the first hour and a half of each session; ``steady``:
    at any time alike.
    """
    usual = share or Share()
    slow = draw.uniform(0.92, 1.1)
    found = [_visitor(draw, n, spans, means, usual, slow, steady) for n in range(count)]
    return sorted(found, key=lambda one: (one.at, one.number))


def _visitor(
    draw: random.Random,
    number: int,
    spans: Sequence[tuple[datetime, datetime]],
    means: Mapping[str, float],
    share: Share,
    slow: float,
    steady: bool,
) -> Visitor:
    how = draw.choices(
        ("door", "phone", "booked"), (1 - share.phone - share.booked, share.phone, share.booked)
    )[0]
    letters = _letters(draw, list(means), share)
    if how != "door":
        letters = letters[:1]
    return Visitor(
        number,
        _moment(draw, spans, steady),
        letters,
        tuple(_minutes(draw, means[letter]) * slow for letter in letters),
        how,
        draw.choice(PRIORITIES) if how == "door" and draw.random() < share.priority else "",
        draw.choice((1, 1, 9)) if draw.random() < share.absent else 0,
        draw.uniform(25, 110) if draw.random() < share.impatient else None,
        _deed(draw),
        draw.uniform(4, 18),
        draw.choices((3, 2, 1), (0.7, 0.25, 0.05))[0] if draw.random() < share.rated else 0,
        how == "door" or draw.random() >= share.never_comes,
    )


def _letters(draw: random.Random, letters: Sequence[str], share: Share) -> tuple[str, ...]:
    weights = [_SHARES[min(n, len(_SHARES) - 1)] for n in range(len(letters))]
    first = draw.choices(letters, weights)[0]
    others = [letter for letter in letters if letter != first]
    if others and draw.random() < share.second:
        return first, draw.choice(others)
    return (first,)


def _moment(
    draw: random.Random, spans: Sequence[tuple[datetime, datetime]], steady: bool
) -> datetime:
    late = len(spans) > 1 and draw.random() >= _MORNING
    begins, ends = spans[-1] if late else spans[0]
    if steady:
        return begins + (ends - begins) * draw.random()
    begins -= _BEFORE_OPENING
    room = max(ends - _BEFORE_CLOSING - begins, timedelta(minutes=1))
    return begins + room * draw.betavariate(1.25, 2.2)


def _minutes(draw: random.Random, mean: float) -> float:
    """Draw a service: gamma, one in eight about three times as long."""
    usual = mean / 1.25
    mean = usual * 3 if draw.random() < 0.125 else usual
    return max(0.7, draw.gammavariate(2.6, mean / 2.6))


def _deed(draw: random.Random) -> str:
    at = draw.random()
    for deed, share in _DEEDS:
        if at < share:
            return deed
        at -= share
    return ""
