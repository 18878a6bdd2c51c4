"""What a played day came to: waits by class and line, who was overtaken, how busy the counters were."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec


class Seen(msgspec.Struct):
    """One person of a played day; what has not happened is None. Minutes since the day began."""

    number: int
    letter: str
    kind: str
    arrived: float
    called: float | None = None
    started: float | None = None
    ended: float | None = None
    desk: int | None = None

    @property
    def wait(self) -> float | None:
        """Minutes until the first call."""
        return None if self.called is None else self.called - self.arrived


class Waits(msgspec.Struct, frozen=True):
    """The waits of some people, minutes; all zero for nobody."""

    people: int = 0
    mean: float = 0.0
    p50: float = 0.0
    p90: float = 0.0
    longest: float = 0.0

    @classmethod
    def of(cls, waits: Iterable[float]) -> "Waits":
        """Sum up; the percentiles are of the people as they are (the smallest wait that covers the share)."""
        rows = sorted(waits)
        if not rows:
            return cls()
        return cls(
            len(rows),
            sum(rows) / len(rows),
            _percentile(rows, 0.5),
            _percentile(rows, 0.9),
            rows[-1],
        )


class Outcome(msgspec.Struct, frozen=True):
    """What a day came to.

    ``kinds`` and ``lines``: waits by class (ordinary, priority, appointment) and by letter. ``overtaken``:
    the share of people before whom more than three of the same line and class were called who came later.
    ``passed``: how many later ones of any class went first, on average over ordinary people.
    ``utilisation``: per desk, minutes of service / minutes open. ``unserved``: who was never served.
    """

    all: Waits
    kinds: Mapping[str, Waits]
    lines: Mapping[str, Waits]
    overtaken: float
    passed: float
    utilisation: tuple[float, ...]
    unserved: int
    people: tuple[Seen, ...] = ()


def outcome_of(
    seen: Sequence[Seen], spans: Sequence[Sequence[tuple[float, float]]], busy: Sequence[float]
) -> Outcome:
    """Sum up a played day."""
    called = [s for s in seen if s.called is not None]
    same = [_overtakers(s, called, same_class=True) for s in called]
    plain = [_overtakers(s, called, same_class=False) for s in called if s.kind == "ordinary"]
    return Outcome(
        Waits.of(_waits(called)),
        _grouped(called, lambda s: s.kind),
        _grouped(called, lambda s: s.letter),
        sum(1 for n in same if n > 3) / max(1, len(same)),
        sum(plain) / max(1, len(plain)),
        tuple(
            b / total if (total := sum(end - begin for begin, end in own)) else 0.0
            for own, b in zip(spans, busy, strict=True)
        ),
        sum(1 for s in seen if s.ended is None),
        tuple(seen),
    )


def _overtakers(one: Seen, all: Sequence[Seen], *, same_class: bool) -> int:
    return sum(
        1
        for other in all
        if other.letter == one.letter
        and other.arrived > one.arrived
        and (other.called or 0.0) < (one.called or 0.0)
        and (not same_class or other.kind == one.kind)
    )


def _grouped(seen: Sequence[Seen], key: Callable[[Seen], str]) -> dict[str, Waits]:
    return {
        k: Waits.of(_waits(s for s in seen if key(s) == k)) for k in sorted({key(s) for s in seen})
    }


def _waits(seen: Iterable[Seen]) -> list[float]:
    return [s.wait for s in seen if s.wait is not None]


def _percentile(rows: Sequence[float], share: float) -> float:
    return rows[min(len(rows) - 1, -(-int(share * 1000) * len(rows) // 1000) - 1)]
