"""A whole demo in a process of its own, as whoever tries it starts it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 90.0
STOP_SECONDS = 30.0


@dataclass
class House:
    """A running demo."""

    port: int
    data: Path
    process: "subprocess.Popen[str]"

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def url(self, label: str, path: str = "/") -> str:
        """Return an address at a host of this house."""
        return f"http://{label}.localhost:{self.port}{path}"

    @property
    def log(self) -> str:
        return (self.data / "demo.log").read_text(encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def run(*arguments: str, timeout: float = 120.0) -> "subprocess.CompletedProcess[str]":
    """Run a command of the program to its end."""
    return subprocess.run(
        [sys.executable, "-m", "motcua", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextmanager
def running(data: Path) -> Iterator[House]:
    """Start a demo, lend it, interrupt it as Ctrl-C does; everything it started must be gone then."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "motcua",
            "demo",
            "--quiet-halls",
            "--port",
            str(port),
            "--data",
            str(data),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        _greeted(process)
        yield House(port, data, process)
        _stop(process, data)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _greeted(process: "subprocess.Popen[str]") -> None:
    """Read what the demo says until its greeting; too late, and it is ended."""
    assert process.stdout is not None
    guard = threading.Timer(START_SECONDS, process.kill)
    guard.start()
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                return
    finally:
        guard.cancel()
    raise AssertionError("the demo did not start:\n" + "".join(said))


def _stop(process: "subprocess.Popen[str]", data: Path) -> None:
    servers = started_for(data)
    assert any("postgres" in name for name in servers.values()), servers
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0, said
    assert not started_for(data), "left running by the demo"
    assert not {pid for pid in servers if Path(f"/proc/{pid}").exists()}


def started_for(data: Path) -> dict[int, str]:
    """Return the processes whose command or working folder is about a data folder, without the demo."""
    found: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            at_home = str((folder / "cwd").readlink()).startswith(str(data))
        except OSError:
            continue
        if (str(data) in command or at_home) and "motcua" not in command:
            found[int(folder.name)] = command
    return found
