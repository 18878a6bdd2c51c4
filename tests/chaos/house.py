"""A whole installation out of killable processes: web, two workers, Redis, PostgreSQL."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from motcua.demo import cluster as clusters
from motcua.demo.cluster import Cluster

ROOT = Path(__file__).parents[2]
PARTS = ("web", "worker-1", "worker-2", "redis", "postgres")


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """Processes that are started again after each ``kill -9``."""

    data: Path
    port: int = field(default_factory=free_port)
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _cluster: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        assert self._cluster is not None
        return self._cluster

    def start_servers(self) -> Cluster:
        self._cluster = clusters.start(
            self.data, ROOT / "tenants", base_url=f"http://localhost:{self.port}"
        )
        return self._cluster

    def start_program(self) -> None:
        for part in PARTS[:3]:
            self._start(part)

    def _start(self, part: str) -> None:
        command = ["serve", "--host", "127.0.0.1", "--port", str(self.port)]
        arguments = command if part == "web" else ["worker"]
        settings = self.cluster.settings
        environment = {
            **os.environ,
            "MOTCUA_DATABASE_URL": settings.database_url,
            "MOTCUA_OWNER_DATABASE_URL": settings.owner_url,
            "MOTCUA_NATIONAL_DATABASE_URL": settings.national_url,
            "MOTCUA_REDIS_URL": settings.redis_url,
            "MOTCUA_SECRET_KEY": settings.secret_key.hex(),
            "MOTCUA_DATA": str(settings.data),
            "MOTCUA_BASE_URL": settings.base_url,
        }
        with (self.data / f"{part}.log").open("ab") as log:
            self._running[part] = subprocess.Popen(
                [sys.executable, "-m", "motcua", *arguments],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, part: str) -> None:
        """Kill one part without warning, and start it again."""
        self.kills[part] += 1
        if part in self._running:
            _kill_group(self._running[part])
            self._start(part)
        elif part == "redis":
            assert self.cluster.redis is not None
            _kill(self.cluster.redis.pid)
            self.cluster.redis.start()
        else:
            _kill(self.cluster.postgres.pid)
            _start_again(self.cluster)

    def revive(self) -> None:
        """Start again what ended by itself because the database was away, as a supervisor does."""
        for part, process in list(self._running.items()):
            if process.poll() is not None:
                self._start(part)

    def last_words(self) -> str:
        """Return what each part said last, for the message of a failure."""
        said = [f"{part}: exit {process.poll()}" for part, process in self._running.items()]
        for log in sorted(self.data.glob("*.log")):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
            said += [f"-- {log.name}", *(line[:300] for line in lines)]
        return "\n".join(said)

    def kill_any(self, draw: random.Random) -> str:
        part = draw.choice(PARTS)
        self.kill(part)
        return part

    def stop(self) -> None:
        for process in self._running.values():
            _kill_group(process)
        self.cluster.stop()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    # Until it is really dead, a start would find it running and join it.
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def _start_again(cluster: Cluster) -> None:
    # The dead postmaster's children hold the shared memory for an instant.
    end = time.monotonic() + 30
    while True:
        try:
            cluster.postgres.start()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
