"""From the call at a desk to thousands of boards: ``python -m benchmarks.live``.

An officer calls over HTTP; boards in processes of their own listen with raw sockets. How long until half, 99 % and
the last of them have it, what each costs in memory, and whether any message was lost, also when Redis or PostgreSQL
is restarted under them.
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

_SEQ = "select call_seq from site where id = $1"
_SERVING = "select id from ticket where counter_id = $1 and state in ('called', 'serving')"
REST = 0.4
IDLE = 10_000


class Boards:
    """Connected boards, in as many processes as they need."""

    def __init__(self, at: House, hall: BenchHall, count: int) -> None:
        self.count = count
        where = [str(at.port), f"{PROVINCE}.localhost:{at.port}", f"/board/{hall.key}/stream"]
        shares = [min(EACH, count - n) for n in range(0, count, EACH)]
        self._parts = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.live_clients", *where, str(share)],
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
        found = self._ask(f"report {seq}")
        count = sum(part["count"] for part in found)
        if count != self.count:
            raise RuntimeError(f"call {seq} came to {count} of {self.count} boards")
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
    def boards(self, count: int) -> Iterator[Boards]:
        """Lend so many boards."""
        boards = Boards(self.at, self.hall, count)
        try:
            yield boards
        finally:
            boards.close()

    def fan_out(self, count: int) -> list[object]:
        """Measure calls to so many boards; returns a row of the table."""
        before = _memory(self.at)
        with self.boards(count) as boards:
            time.sleep(2)
            each = (_memory(self.at) - before) / count
            busy = cpu.seconds(self.at.web)
            rounds = [self._call(boards) for _ in range(self.calls)]
            spent = (cpu.seconds(self.at.web) - busy) / (count * self.calls) * 1e6
            total = boards.sum()
        p50, p99, last = (statistics.median(r[n] for r in rounds) for n in range(3))
        worst = max(r[2] for r in rounds)
        row: list[object] = [f"{self.workers} x {count:,}", p50, p99, last, worst]
        return [
            *row,
            f"{each:.1f}",
            spent,
            total["lost"],
            total["returns"],
            f"{boards.seconds:.1f}",
        ]

    def _call(self, boards: Boards) -> tuple[float, float, float]:
        began = self.desk.call()
        self.seq += 1
        found = boards.heard(self.seq, began)
        time.sleep(REST)
        return found

    def recovery(self, count: int, what: str) -> list[object]:
        """Restart Redis or PostgreSQL under the boards; returns when they heard the next call, and what was lost."""
        server = self.at.cluster.postgres if what == "PostgreSQL" else self.at.cluster.redis
        if server is None:
            return [what, "no Redis here", "", ""]
        with self.boards(count) as boards:
            self._call(boards)
            server.stop()
            if what == "Redis":
                # It is called while there is no Redis, too.
                self._call(boards)
            time.sleep(1)
            server.start()
            back = time.monotonic()
            self.desk.call_when_possible()
            self.seq = _value(self.at, _SEQ, self.hall.site)
            _, _, last = boards.heard(self.seq, back)
            for _ in range(3):
                self._call(boards)
            total = boards.sum()
        return [f"{self.workers} x {count:,}, {what}", last, total["lost"], total["returns"]]

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
    head = ["processes x boards", "p50 ms", "p99 ms", "last ms", "worst ms", "KiB each", "CPU us each",
            "lost", "came back", "connected s"]  # fmt: skip
    lost = sum(int(str(r[7])) for r in rows) + sum(int(str(r[2])) for r in recovered if r[2] != "")
    last = [float(str(r[3])) for r in rows]
    slowest = max((float(str(r[1])) for r in recovered if r[2] != ""), default=0.0)
    return "\n".join(
        [
            table(head, rows),
            "",
            table(["restart of", "all heard ms", "lost", "came back"], recovered),
            "",
            f"{idle:,} idle: {each:.1f} KiB each, {core:.1%} of a core",
            f"ratio of the last of {sizes[-1]:,} to the last of {sizes[0]:,}: {last[1] / last[0]:.1f}"
            if len(sizes) > 1
            else "",
            "",
            aim("messages lost", lost, 0),
            aim(f"last of {sizes[-1]:,} boards, ms", last[len(sizes) - 1], 250),
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
