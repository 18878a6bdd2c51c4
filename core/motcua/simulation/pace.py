"""How fast simulated time may pass: never faster than was asked for; slower when the machine is."""

import asyncio
import time
from datetime import datetime, timedelta

#: No hall is further ahead of the slowest: a monitor of them all shows one moment, and none is left for the end.
WINDOW = timedelta(minutes=15)
_STEP = timedelta(minutes=1)


class Pace:
    """Holds back who is ahead of ``speed`` times the real time since ``begin`` (0: nobody), or of the others."""

    def __init__(self, begin: datetime, speed: float) -> None:
        self.begin, self._speed = begin, speed
        self._began = time.monotonic()
        self._next: dict[object, datetime] = {}
        self._slowest = begin
        self._moved = asyncio.Event()
        self.reached = begin

    async def until(self, who: object, moment: datetime) -> None:
        """Return when a hall may play a moment; its earlier ones are played."""
        self._next[who] = moment
        self._look()
        while moment - min(self._next.values()) > WINDOW:
            await self._moved.wait()
        self.reached = max(self.reached, moment)
        if self._speed:
            due = self._began + (moment - self.begin).total_seconds() / self._speed
            if (rest := due - time.monotonic()) > 0:
                await asyncio.sleep(rest)

    def done(self, who: object) -> None:
        """Note that a hall has no more to play: nobody waits for it."""
        self._next.pop(who, None)
        self._look()

    def _look(self) -> None:
        """Wake who waits when the slowest has moved on by a minute; a wake-up for each event would cost more."""
        slowest = min(self._next.values(), default=None)
        # Halls may begin before ``begin``, each at another moment: then the slowest of all is an earlier one.
        if slowest is None or not timedelta() <= slowest - self._slowest < _STEP:
            self._slowest = slowest or self._slowest
            self._moved.set()
            self._moved = asyncio.Event()

    def restart(self) -> None:
        """Count from now: what came before was getting ready."""
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self._began

    @property
    def speed(self) -> float:
        """How fast time has passed so far."""
        return (self.reached - self.begin).total_seconds() / max(self.seconds, 1e-9)
