"""The house under load: a PostgreSQL of its own, synthetic provinces, and the web as in production."""

import asyncio
import contextlib
import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks import cpu
from motcua.demo import cluster as clusters
from motcua.demo.cluster import Cluster
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant

PROVINCES = 34
CONNECTIONS = 16
PATTERN = Path(__file__).parents[1] / "tenants" / "quang-ninh"
_START_SECONDS = 60


@dataclass(frozen=True)
class Count:
    """What a load program did: operations in how many seconds, and how many of them failed."""

    operations: int
    seconds: float
    failed: int = 0


@dataclass(frozen=True)
class Measured:
    """Operations per second, and the CPU microseconds that each cost the web and PostgreSQL."""

    rate: float
    web: float
    postgres: float


@dataclass(frozen=True)
class House:
    """What is under load; ``web`` is the process of the server, at ``port`` of this machine."""

    cluster: Cluster
    plugins: Plugins
    port: int
    data: Path
    web: int = 0

    def measure(self, run: Callable[[], Count]) -> Measured:
        """Run a load and return its cost; ``RuntimeError`` when anything failed: then it says nothing."""
        before = self._used()
        count = run()
        web, postgres = (b - a for a, b in zip(before, self._used(), strict=True))
        if count.failed or not count.operations:
            raise RuntimeError(
                f"{count.failed} of {count.operations} operations failed: see {self.data / 'web.log'}"
            )
        each = 1e6 / count.operations
        return Measured(count.operations / count.seconds, web * each, postgres * each)

    def settle(self) -> None:
        """Let PostgreSQL do now what the run before has left to it: vacuum, statistics, a checkpoint.

        Otherwise the next run pays for it, and the more, the faster the last one was.
        """
        asyncio.run(self._settle())

    async def _settle(self) -> None:
        connection = await asyncpg.connect(self.cluster.postgres.url("postgres", "motcua"))
        try:
            await connection.execute("vacuum (analyze)")
            await connection.execute("checkpoint")
        finally:
            await connection.close()

    def _used(self) -> tuple[float, float]:
        postmaster = self.cluster.postgres.pid
        if postmaster is None:
            raise RuntimeError("PostgreSQL does not run")
        return (cpu.seconds(self.web) if self.web else 0.0), cpu.seconds(postmaster)


def middle(runs: Iterable[Measured]) -> Measured:
    """Return the median of each figure."""
    rows = list(runs)
    return Measured(
        statistics.median(r.rate for r in rows),
        statistics.median(r.web for r in rows),
        statistics.median(r.postgres for r in rows),
    )


class Say:
    """Tells what is going on, with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    def __call__(self, text: str) -> None:
        print(f"{time.perf_counter() - self._began:7.1f} s  {text}", flush=True)


@contextlib.contextmanager
def house(data: Path | None, say: Say) -> Iterator[House]:
    """Start PostgreSQL and Redis on a folder (a temporary one without ``data``), with the provinces."""
    with contextlib.ExitStack() as stack:
        folder = data or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="motcua-benchmark-"))
        )
        port = _free_port()
        tenants = folder.resolve() / "tenants"
        _write_provinces(tenants)
        say("starting PostgreSQL (durable) and Redis")
        cluster = clusters.start(
            folder.resolve(), tenants, durable=True, base_url=f"http://localhost:{port}"
        )
        stack.callback(cluster.stop)
        plugins = Plugins.discover()
        asyncio.run(clusters.prepare(cluster, plugins, lambda _: None))
        say(f"{PROVINCES} provinces are on board")
        yield House(cluster, plugins, port, folder.resolve())


def _write_provinces(tenants: Path) -> None:
    for n in range(1, PROVINCES + 1):
        slug = f"p{n:02d}"
        if (tenants / slug).exists():
            continue
        shutil.copytree(PATTERN, tenants / slug)
        about = tenants / slug / "tenant.toml"
        text = about.read_text(encoding="utf-8")
        values = {"slug": slug, "host": slug, "name": f"Tỉnh mẫu {n}", "short_name": f"Mẫu {n}"}
        for key, value in values.items():
            text = re.sub(rf"^{key} = .*$", f'{key} = "{value}"', text, count=1, flags=re.MULTILINE)
        about.write_text(text, encoding="utf-8")


def provinces(tenants: Iterable[Tenant]) -> list[Tenant]:
    """Return the provinces in order."""
    return sorted((t for t in tenants if t.is_province), key=lambda t: t.slug)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def web(at: House, workers: int = 1) -> Iterator[House]:
    """Serve the house with ``motcua serve`` in processes of its own, settings from the environment."""
    settings = at.cluster.settings
    environment = os.environ | {
        "MOTCUA_DATABASE_URL": settings.database_url,
        "MOTCUA_REDIS_URL": settings.redis_url,
        "MOTCUA_SECRET_KEY": settings.secret_key.hex(),
        "MOTCUA_DATA": str(settings.data),
        "MOTCUA_TENANTS": str(settings.tenants),
        "MOTCUA_BASE_URL": settings.base_url,
    }
    command = [sys.executable, "-m", "motcua", "serve", "--host", "127.0.0.1"]
    with (at.data / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(at.port), "--workers", str(workers)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(at, process)
        yield House(at.cluster, at.plugins, at.port, at.data, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(at: House, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        line = http.client.HTTPConnection("127.0.0.1", at.port, timeout=5)
        try:
            line.request("GET", "/healthz")
            if line.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            line.close()
    raise RuntimeError(f"the web did not start: see {at.data / 'web.log'}")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows in columns, texts left and numbers right."""
    cells = [list(head), *([_written(cell) for cell in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    return "\n".join(
        "  ".join(
            c.rjust(w) if n else c.ljust(w)
            for n, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )


def _written(cell: object) -> str:
    return f"{cell:,.0f}" if isinstance(cell, float) else str(cell)


def aim(text: str, value: float, limit: float, *, least: bool = False) -> str:
    """Return one line: what was aimed at, what was measured, met or not."""
    met = value >= limit if least else value <= limit
    sign = ">=" if least else "<="
    return f"  {'yes' if met else 'NO ':<4} {text}: {value:.2f} (aim {sign} {limit:g})"


def machine() -> str:
    """Describe the machine in one line."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    name = model[1] if model else "unknown CPU"
    return f"{os.cpu_count()} x {name}, {memory:.0f} GiB, load {load:.1f} before the run"
