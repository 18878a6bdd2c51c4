"""From the call at a desk to thousands of boards and the monitors: ``python -m benchmarks.live``.

An officer calls over HTTP; boards and monitors in processes of their own listen with raw sockets. How long until half,
99 % and the last of them have it, what each costs in memory, and whether any message was lost or came twice, also when
Redis or PostgreSQL is restarted under them.
"""

import asyncio
import contextlib
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import click
import msgspec

from benchmarks import cpu
from benchmarks.common import House, Say, aim, house, machine, table, web
from benchmarks.queue_hall import BenchHall, halls

PROVINCE = "p01"
EACH = 5000
"""Connections of one process of clients."""

MONITORS = 50
"""Who watches the halls of a province: its centre, and the heads of its halls."""

_SEQ = "select call_seq from site where id = $1"
_SERVING = "select id from ticket where counter_id = $1 and state in ('called', 'serving')"
REST = 0.4
IDLE = 10_000


class Clients:
    """Connected clients of one stream, in as many processes as they need; monitors have a ``token``."""

    def __init__(self, at: House, path: str, count: int, token: str = "") -> None:
        self.count = count
        where = [str(at.port), f"{PROVINCE}.localhost:{at.port}", path]
        shares = [min(EACH, count - n) for n in range(0, count, EACH)]
        own = [token] if token else []
        self._parts = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.live_clients", *where, str(share), *own],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for share in shares
        ]
        self.seconds = max(float(answer["ready"]) for answer in self._answers())

    def _answers(self) -> list[dict[str, float]]:
        return [json.loads(part.stdout.readline()) for part in self._parts if part.stdout]

    def _ask(self, question: str) -> list[dict[str, float]]:
        for part in self._parts:
            if part.stdin:
                part.stdin.write(question + "\n")
                part.stdin.flush()
        return self._answers()

    def heard(self, seq: int, since: float) -> tuple[float, float, float]:
        """Return after how many milliseconds half, 99 % and the last had this call."""
        return self._spread(f"report {seq}", since)

    def changed(self, since: float) -> tuple[float, float, float]:
        """Return after how many milliseconds half, 99 % and the last had heard of a change."""
        return self._spread(f"since {since}", since)

    def _spread(self, question: str, since: float) -> tuple[float, float, float]:
        found = self._ask(question)
        count = sum(part["count"] for part in found)
        if count != self.count:
            raise RuntimeError(f"{question}: came to {count} of {self.count}")
        p50, p99, last = (max(part[name] for part in found) for name in ("p50", "p99", "last"))
        return (p50 - since) * 1000, (p99 - since) * 1000, (last - since) * 1000

    def sum(self) -> dict[str, int]:
        """Return what was lost, came twice, and how often a connection had to come back."""
        found = self._ask("sum")
        return {name: int(sum(part[name] for part in found)) for name in found[0]}

    def close(self) -> None:
        """End the clients."""
        for part in self._parts:
            if part.stdin:
                part.stdin.close()
            part.wait(30)


class Desk:
    """An officer who calls and serves over HTTP, one after the other."""

    def __init__(self, at: House, hall: BenchHall) -> None:
        self._at = at
        self._hall = hall
        self._line: http.client.HTTPConnection | None = None
        self._serving: UUID | None = _value(at, _SERVING, hall.seats[0].counter)

    def call(self) -> float:
        """Finish whom he serves, then call the next one; returns the moment before the call was sent."""
        if self._serving is not None:
            # Begun already when only the answer was lost.
            with contextlib.suppress(RuntimeError):
                self._post(f"/api/tickets/{self._serving}/start")
            self._post(f"/api/tickets/{self._serving}/finish")
            self._serving = None
        began = time.monotonic()
        answer = self._post(f"/api/counters/{self._hall.seats[0].counter}/call")
        self._serving = UUID(str(answer["ticket"]))
        return began

    def call_when_possible(self) -> float:
        """Try until it works, as somebody would after an outage; returns the moment of the try that did."""
        end = time.monotonic() + 30
        while True:
            try:
                return self.call()
            except (RuntimeError, OSError, http.client.HTTPException):
                self._line = None
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
                with contextlib.suppress(OSError, asyncpg.PostgresError):
                    self._serving = _value(self._at, _SERVING, self._hall.seats[0].counter)

    def _post(self, path: str) -> dict[str, object]:
        if self._line is None:
            self._line = http.client.HTTPConnection("127.0.0.1", self._at.port, timeout=30)
        head = {
            "Host": f"{PROVINCE}.localhost:{self._at.port}",
            "Authorization": f"Bearer {self._hall.seats[0].token}",
            "Content-Type": "application/json",
        }
        self._line.request("POST", path, b"{}", head)
        answer = self._line.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: {answer.status} {body.decode()}")
        found: dict[str, object] = msgspec.json.decode(body)
        return found


@dataclass
class Run:
    """One server under its boards."""

    at: House
    hall: BenchHall
    workers: int
    calls: int
    say: Say

    def __post_init__(self) -> None:
        self.desk = Desk(self.at, self.hall)
        self.seq = 0

    def warm(self) -> None:
        """Let every process have worked once, and learn how many calls there were."""
        with self.boards(40 * self.workers):
            self.desk.call_when_possible()
        self.seq = _value(self.at, _SEQ, self.hall.site)

    @contextlib.contextmanager
    def boards(self, count: int) -> Iterator[Clients]:
        """Lend so many boards."""
        with contextlib.closing(Clients(self.at, f"/board/{self.hall.key}/stream", count)) as lent:
            yield lent

    @contextlib.contextmanager
    def monitors(self) -> Iterator[Clients]:
        """Lend those who watch the halls."""
        token = self.hall.seats[0].token
        with contextlib.closing(Clients(self.at, "/monitor/stream", MONITORS, token)) as lent:
            yield lent

    def fan_out(self, count: int) -> list[object]:
        """Measure calls to so many boards; returns a row of the table."""
        before = _memory(self.at)
        with self.boards(count) as boards, self.monitors() as monitors:
            time.sleep(2)
            each = (_memory(self.at) - before) / (count + MONITORS)
            busy = cpu.seconds(self.at.web)
            rounds, watched = [], []
            for _ in range(self.calls):
                began, heard = self._call(boards)
                rounds.append(heard)
                watched.append(monitors.changed(began)[2])
            spent = (cpu.seconds(self.at.web) - busy) / (count * self.calls) * 1e6
            total = boards.sum()
        p50, p99, last = (statistics.median(r[n] for r in rounds) for n in range(3))
        row: list[object] = [f"{self.workers} x {count:,}", p50, p99, last]
        return [
            *row,
            max(r[2] for r in rounds),
            statistics.median(watched),
            f"{each:.1f}",
            spent,
            total["lost"] + total["twice"],
            total["returns"],
            f"{boards.seconds:.1f}",
        ]

    def _call(self, boards: Clients) -> tuple[float, tuple[float, float, float]]:
        began = self.desk.call()
        self.seq += 1
        found = boards.heard(self.seq, began)
        time.sleep(REST)
        return began, found

    def recovery(self, count: int, what: str) -> list[object]:
        """Restart Redis or PostgreSQL under the boards; returns when they heard the next call, and what was lost.

        Without Redis people are called on: how long the last board waited for that call stands there, too.
        """
        server = self.at.cluster.postgres if what == "PostgreSQL" else self.at.cluster.redis
        if server is None:
            return [what, "no Redis here", "", "", ""]
        with self.boards(count) as boards:
            self._call(boards)
            server.stop()
            without: object = self._call(boards)[1][2] if what == "Redis" else ""
            time.sleep(1)
            server.start()
            back = time.monotonic()
            self.desk.call_when_possible()
            self.seq = _value(self.at, _SEQ, self.hall.site)
            _, _, last = boards.heard(self.seq, back)
            for _ in range(3):
                self._call(boards)
            total = boards.sum()
        lost = total["lost"] + total["twice"]
        return [f"{self.workers} x {count:,}, {what}", last, without, lost, total["returns"]]

    def idle(self, count: int) -> tuple[float, float]:
        """Return KiB of each of so many boards at which nothing happens, and the share of a core they cost."""
        before = _memory(self.at)
        with self.boards(count):
            time.sleep(5)
            each = (_memory(self.at) - before) / count
            busy = cpu.seconds(self.at.web)
            time.sleep(10)
            return each, (cpu.seconds(self.at.web) - busy) / 10


def _memory(at: House) -> float:
    """Return the resident memory of the server's processes, KiB."""
    total = 0.0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if at.web in {int(parent), int(folder.name)}:
                text = (folder / "status").read_text()
                total += float(text.partition("VmRSS:")[2].split()[0])
    return total


def _value(at: House, sql: str, of: UUID) -> Any:
    """Ask PostgreSQL itself."""

    async def read() -> Any:
        line = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
        try:
            return await line.fetchval(sql, of)
        finally:
            await line.close()

    return asyncio.run(read())


def run(at: House, sizes: Sequence[int], idle: int, calls: int, say: Say) -> str:
    """Measure everything and return the report."""
    waiting = 2 * (len(sizes) * (calls + 2) + 20)
    say(f"a hall with {waiting} people")
    [hall] = asyncio.run(halls(at, PROVINCE, [1], waiting))
    rows, recovered = [], []
    for workers in (1, 2):
        for count in sizes:
            with web(at, workers) as serving:
                one = Run(serving, hall, workers, calls, say)
                one.warm()
                say(f"{workers} server process(es), {count:,} boards")
                rows.append(one.fan_out(count))
                if count == sizes[0]:
                    recovered += [one.recovery(count, what) for what in ("Redis", "PostgreSQL")]
    with web(at) as serving:
        one = Run(serving, hall, 1, calls, say)
        one.warm()
        say(f"{idle:,} boards at which nothing happens")
        each, core = one.idle(idle)
    head = ["processes x boards", "p50 ms", "p99 ms", "last ms", "worst ms", "monitors ms", "KiB each",
            "CPU us each", "lost or twice", "came back", "connected s"]  # fmt: skip
    lost = sum(int(str(r[8])) for r in rows) + sum(int(str(r[3])) for r in recovered if r[3] != "")
    last = [float(str(r[3])) for r in rows]
    slowest = max(
        (float(str(ms)) for r in recovered if r[3] != "" for ms in r[1:3] if ms != ""), default=0.0
    )
    return "\n".join(
        [
            table(head, rows),
            "",
            table(
                ["restart of", "all heard ms", "without it ms", "lost or twice", "came back"],
                recovered,
            ),
            "",
            f"{idle:,} idle: {each:.1f} KiB each, {core:.1%} of a core",
            f"ratio of the last of {sizes[-1]:,} to the last of {sizes[0]:,}: {last[1] / last[0]:.1f}"
            if len(sizes) > 1
            else "",
            "",
            aim("messages lost, or that came twice", lost, 0),
            aim(f"last of {sizes[-1]:,} boards, ms", max(last[len(sizes) - 1 :: len(sizes)]), 250),
            aim("KiB of an idle board", each, 25),
            aim("ms until all heard after a restart", slowest, 2000),
        ]
    )


@click.command()
@click.option("--quick", is_flag=True, help="100 and 500 boards, few calls: for small machines.")
@click.option("--calls", default=20, show_default=True, help="Calls of each measurement.")
def main(quick: bool, calls: int) -> None:
    """Measure live updates."""
    say = Say()
    print(machine(), flush=True)
    sizes, idle = ((100, 500), 1000) if quick else ((1000, 5000), IDLE)
    with house(None, say) as at:
        print("\n" + run(at, sizes, idle, min(calls, 5) if quick else calls, say))


if __name__ == "__main__":
    main()
