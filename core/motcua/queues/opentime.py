"""Minutes that a hall is open: what a wait counts in, while a clock goes on through the noon rest. Pure.

A range is stretched, moved by who came since, and grows older in open minutes; only then does it become
minutes from now. So a number of 11:20 whose turn falls into the rest is told the afternoon, never noon.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# Nobody looks further ahead than this many minutes.
HORIZON = 720.0
# The last moment of a session: a little later the next one has begun.
_BEFORE = 1e-6
Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class OpenTime:
    """The rest of a day; ``sessions`` in minutes from now, in order. Without any the hall never rests.

    Whoever still waits after the last session is called on: its end ends nothing.
    """

    sessions: Spans = ()

    def opens(self, at: float) -> float:
        """Return the first moment from ``at`` on at which the hall calls."""
        for begins, ends in self.sessions:
            if at < ends:
                return max(at, begins)
        return at

    def passed(self, at: float) -> float:
        """Return how many open minutes lie before a moment; whoever is never called is not called earlier."""
        if at >= HORIZON or not self.sessions:
            return at
        closed, since = 0.0, 0.0
        for begins, ends in self.sessions:
            if at <= begins:
                break
            closed += max(0.0, begins - max(0.0, since))
            since = ends
        else:
            return at - closed
        return min(at, max(0.0, since)) - closed

    def after(self, minutes: float) -> float:
        """Return the moment at which so many open minutes have passed and the hall calls."""
        if minutes >= HORIZON:
            return minutes
        at = max(0.0, minutes)
        since = 0.0
        for begins, ends in self.sessions:
            at += max(0.0, begins - max(0.0, since))
            if at < ends:
                return at
            since = ends
        return at

    def within(self, at: float) -> tuple[float, float]:
        """Return the open minutes of the session in which a moment lies, its end left out; without end the last."""
        begin = 0.0
        for _, ends in self.sessions[:-1]:
            until = self.passed(ends)
            if at < ends:
                return begin, max(begin, until - _BEFORE)
            begin = until
        return begin, HORIZON

    def rests(self, since: float, until: float) -> bool:
        """Tell whether a rest between two sessions ends in this time."""
        return any(since < begins <= until for begins, _ in self.sessions[1:])
