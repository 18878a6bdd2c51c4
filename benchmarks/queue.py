"""Numbers and calls: engine and HTTP against bare SQL that writes the same rows: ``python -m benchmarks.queue``.

Engine and bare SQL run in this process alike: the same driver, event loop and order of work, so that the ratio is
what rules, tenancy, estimate and event log cost.
"""

import asyncio
import gc
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import cycle
from pathlib import Path

import click
import msgspec
import uvloop

from benchmarks import cpu, load
from benchmarks.common import (
    CONNECTIONS,
    House,
    Measured,
    Say,
    aim,
    house,
    machine,
    middle,
    table,
    web,
)
from benchmarks.queue_hall import LETTERS, BenchHall, clearing, given, halls
from benchmarks.queue_http import Callers
from benchmarks.queue_ways import Way, bare, engine

TENANT = "p01"
# Sixteen halls of four counters, and one of sixty-four.
SIZES = (*(4,) * 16, 64)
WAITING = 80
Open = Callable[[House, Sequence[BenchHall]], AbstractAsyncContextManager[Way]]


async def issues(at: House, found: Sequence[BenchHall], seconds: float, opened: Open) -> Measured:
    """Issue numbers from this process, sixteen at a time, in all halls in turn."""
    places = cycle([(hall, line) for line in range(len(LETTERS)) for hall in found])
    async with opened(at, found) as way:
        # Every connection prepares its statements, and PostgreSQL settles on a plan after five times.
        await _busy(way, places, 1.0)
        return await _measured(at, lambda: _busy(way, places, seconds))


async def _busy(
    way: Way, places: Iterator[tuple[BenchHall, int]], seconds: float
) -> tuple[int, float]:
    began, count = time.perf_counter(), 0

    async def go() -> None:
        nonlocal count
        while time.perf_counter() - began < seconds:
            await way.issue(*next(places))
            count += 1

    await asyncio.gather(*(go() for _ in range(CONNECTIONS)))
    return count, time.perf_counter() - began


async def _measured(at: House, run: Callable[[], Awaitable[tuple[int, float]]]) -> Measured:
    """Measure what runs in this process: its CPU stands where the web's stands elsewhere."""
    postmaster = at.cluster.postgres.pid
    if postmaster is None:
        raise RuntimeError("PostgreSQL does not run")
    own, base = time.process_time(), cpu.seconds(postmaster)
    count, seconds = await run()
    used, server = time.process_time() - own, cpu.seconds(postmaster) - base
    return Measured(count / seconds, used * 1e6 / count, server * 1e6 / count)


async def calls(at: House, found: Sequence[BenchHall], seconds: float, opened: Open) -> Measured:
    """Call in rounds, every counter once; only the rounds count, not the clearing between them."""
    # Those who call at the same moment do it in different halls.
    seats = [(hall, hall.seats[n]) for n in range(len(found[0].seats)) for hall in found]
    total, took, used, server = 0, 0.0, 0.0, 0.0
    async with opened(at, found) as way, clearing(at, found) as again:

        async def round_() -> tuple[int, float]:
            began = time.perf_counter()
            await asyncio.gather(*(way.call(*seat) for seat in seats))
            return len(seats), time.perf_counter() - began

        # Every connection prepares its statements, and PostgreSQL settles on a plan after five times.
        for _ in range(8):
            await round_()
            await again()
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            measured = await _measured(at, round_)
            await again()
            count = len(seats)
            total, took = total + count, took + count / measured.rate
            used, server = used + measured.web * count, server + measured.postgres * count
    return Measured(total / took, used / total, server / total)


async def http_calls(
    at: House, found: Sequence[BenchHall], seconds: float
) -> tuple[Measured, list[float], int]:
    """Call over HTTP in rounds; returns the cost, the milliseconds of each call, and the duplicates."""
    callers, each, twice, took = Callers(at, found), list[float](), 0, 0.0
    used = server = 0.0
    postmaster = at.cluster.postgres.pid or 0
    async with clearing(at, found) as again:
        for _ in range(8):
            await callers.round()
            await again()
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            before = cpu.seconds(at.web), cpu.seconds(postmaster)
            numbers, times, whole = await callers.round()
            used += cpu.seconds(at.web) - before[0]
            server += cpu.seconds(postmaster) - before[1]
            if "" in numbers:
                raise RuntimeError("nobody waits: the benchmark issues too few")
            if len(found) == 1:
                twice += sum(n - 1 for n in Counter(numbers).values())
            each, took = each + [t * 1000 for t in times], took + whole
            await again()
    await callers.close()
    count = len(each)
    return Measured(count / took, used * 1e6 / count, server * 1e6 / count), each, twice


def issue_requests(at: House, found: Sequence[BenchHall]) -> list[bytes]:
    """Return a request for a number in every line of every hall."""
    return [
        load.request(
            "POST",
            f"{hall.tenant.slug}.localhost:{at.port}",
            "/api/tickets",
            token=hall.seats[line % len(hall.seats)].token,
            body=msgspec.json.encode({"site": hall.key, "line": "ABCD"[line]}),
        )
        for line in range(4)
        for hall in found
    ]


def run(at: House, found: list[BenchHall], seconds: float, repeats: int, say: Say) -> str:
    """Measure everything in turn, several times, and return the report."""
    small, large = found[:-1], found[-1]
    runs: dict[tuple[str, str], list[Measured]] = {}
    burst: list[float] = []
    twice = 0
    load.http(at, issue_requests(at, small)[:1], 1, 1)
    for n in range(repeats):
        for what, measure in (("call", calls), ("issue", issues)):
            for how, opened in (("engine", engine), ("bare", bare)):
                at.settle()
                runs.setdefault((what, how), []).append(
                    uvloop.run(measure(at, small, seconds, opened))
                )
        at.settle()
        called, _, _ = asyncio.run(http_calls(at, small, seconds))
        runs.setdefault(("call", "http"), []).append(called)
        runs.setdefault(("issue", "http"), []).append(
            at.measure(lambda: load.http(at, issue_requests(at, small), CONNECTIONS, seconds))
        )
        at.settle()
        _, each, doubled = asyncio.run(http_calls(at, [large], seconds))
        burst, twice = burst + each, twice + doubled
        say(f"repeat {n + 1} of {repeats}")
    middles = {key: middle(each) for key, each in runs.items()}
    return report(middles, burst, twice, asyncio.run(given(at, found)))


def report(
    runs: dict[tuple[str, str], Measured],
    burst: list[float],
    twice: int,
    numbers: tuple[int, int, int],
) -> str:
    """Return the tables and the aims; ``numbers``: given, given twice, missing."""
    rows = []
    for what in ("issue", "call"):
        bare = runs[what, "bare"]
        for how in ("engine", "http"):
            m = runs[what, how]
            ratio = f"{m.rate / bare.rate:.2f}"
            cost = (m.web, m.postgres, bare.web, bare.postgres)
            rows.append((f"{what}, {how}", m.rate, bare.rate, ratio, *cost))
    head = ["16 connections", "per second", "bare SQL/s", "ratio", "python us", "PostgreSQL us",
            "bare python us", "bare PostgreSQL us"]  # fmt: skip
    cuts = statistics.quantiles(burst, n=100)
    return "\n".join(
        [
            table(head, rows),
            "  (us: CPU microseconds per operation; python is one process, with its driver)",
            "",
            (
                f"  64 counters of one site call at once, {len(burst):,} calls:"
                f" p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, {twice} numbers twice"
            ),
            (
                f"  {numbers[0]:,} numbers given in all, by engine, HTTP and bare SQL together:"
                f" {numbers[1]} twice, {numbers[2]} missing"
            ),
            "",
            *(
                aim(
                    f"{what}, {how}: ratio",
                    runs[what, how].rate / runs[what, "bare"].rate,
                    limit,
                    least=True,
                )
                for what in ("issue", "call")
                for how, limit in (("engine", 0.5), ("http", 0.05))
            ),
            aim("numbers called twice", twice, 0),
            aim("numbers given twice, or missing", numbers[1] + numbers[2], 0),
        ]
    )


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the data here."
)
@click.option("--seconds", default=4.0, show_default=True, help="Of each run.")
@click.option("--repeats", default=3, show_default=True, help="Medians are of so many runs.")
def main(data: Path | None, seconds: float, repeats: int) -> None:
    """Measure issuing and calling: engine and HTTP against bare SQL, and 64 counters at once."""
    about, say = machine(), Say()
    with house(data, say) as started:
        found = asyncio.run(halls(started, TENANT, SIZES, WAITING))
        # As the web does when it has started.
        gc.collect()
        gc.freeze()
        say(f"{len(found)} halls with {sum(SIZES)} counters are open")
        with web(started) as at:
            said = run(at, found, seconds, repeats, say)
    click.echo(f"\n{about}; HTTP client: {load.client()}\n\n{said}")


if __name__ == "__main__":
    main()
