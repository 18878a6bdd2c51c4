"""The draws of a forecast: stratified, cheap, and the same for the same ticket whenever they are made.

A ticket's draws hang on its id alone. So a forecast that is made again a moment later does not flicker, and
somebody who joins the queue moves those behind him and nobody else.
"""

import math
import random
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

_ORDERS = 211
_NORMAL = NormalDist()


@lru_cache(maxsize=64)
def normals(runs: int) -> tuple[float, ...]:
    """Return the middles of ``runs`` equally likely slices of the standard normal distribution."""
    return tuple(_NORMAL.inv_cdf((i + 0.5) / runs) for i in range(runs))


@lru_cache(maxsize=16)
def orders(runs: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """Return a stock of random orders of 0 .. runs - 1."""
    draw = random.Random(seed)  # noqa: S311 -- a simulation, not a secret
    return tuple(tuple(draw.sample(range(runs), runs)) for _ in range(_ORDERS))


class Draws:
    """Orders of the runs by a number that names what is drawn; two purposes of one number differ."""

    def __init__(self, runs: int, seed: int) -> None:
        self.runs = runs
        self._orders = orders(runs, seed)

    def of(self, number: int, purpose: int = 0) -> Sequence[int]:
        """Return the slice that each run draws for this number and purpose."""
        mixed = (number ^ (number >> 61) ^ (purpose * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93
        mixed = (mixed ^ (mixed >> 32)) & 0xFFFFFFFFFFFF
        order, turn = self._orders[mixed % _ORDERS], (mixed // _ORDERS) % self.runs
        return order[turn:] + order[:turn] if turn else order


def log_normal(mean: float, spread: float) -> tuple[float, float]:
    """Return location and scale of the logarithm for a mean and a standard deviation / mean."""
    variance = math.log(1 + spread * spread)
    return math.log(mean) - variance / 2, math.sqrt(variance)


def services(mean: float, spread: float, runs: int) -> list[float]:
    """Return the slices' middles of a log-normal service time, minutes, shortest first."""
    location, scale = log_normal(mean, spread)
    return [math.exp(location + scale * z) for z in normals(runs)]


def remaining(mean: float, spread: float, elapsed: float, runs: int) -> list[float]:
    """Return the slices' middles of what is left of a service that has lasted ``elapsed`` minutes."""
    if elapsed <= 0:
        return services(mean, spread, runs)
    location, scale = log_normal(mean, spread)
    passed = _NORMAL.cdf((math.log(elapsed) - location) / scale)
    # Far out in the tail the numbers end: the service is taken to end soon, and never has ended.
    left = max(1 - passed, 1e-9)
    return [
        max(0.1, math.exp(location + scale * _NORMAL.inv_cdf(1 - left * (1 - p))) - elapsed)
        for p in ((i + 0.5) / runs for i in range(runs))
    ]


def factors(doubt: float, runs: int) -> list[float]:
    """Return the slices' middles of a factor around one whose logarithm has this deviation."""
    return [math.exp(doubt * z) for z in normals(runs)]
