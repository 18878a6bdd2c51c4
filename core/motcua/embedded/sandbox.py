"""As whom and from where the embedded servers run, and which process owns them."""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from motcua.errors import Unavailable

_ACCOUNTS = ("postgres", "_postgres", "nobody")
_LAUNCH = Path(__file__).with_name("launch.py")
_SOCKET_PATH_MAX = 103  # bytes; sun_path holds 108 on Linux and 104 on macOS, with the closing zero


@dataclass(frozen=True)
class Identity:
    """The user a server runs as; ``namespace``: root, shown as user 1000 in a user namespace."""

    uid: int
    gid: int
    namespace: bool = False

    @property
    def foreign(self) -> bool:
        """Whether this is somebody other than the user of this process."""
        return self.uid != os.geteuid()

    def command(self, command: Sequence[str], death: signal.Signals | None = None) -> list[str]:
        """Return the command that runs ``command`` as this user.

        The server gets ``death`` when the starting process dies, even by ``kill -9`` (Linux). The
        kernel means the starting *thread* (prctl(2)), so it is left out on any but the main thread.
        """
        main = threading.current_thread() is threading.main_thread()
        number = int(death) if death is not None and main else 0
        words = (os.getpid(), number, self.uid, self.gid, int(self.namespace))
        launch = [sys.executable, "-I", "-S", str(_LAUNCH)]
        return [*launch, *(str(word) for word in words), *command]

    def give(self, path: Path) -> None:
        """Make ``path`` this user's."""
        if self.foreign:
            os.chown(path, self.uid, self.gid)


def myself() -> Identity:
    """Return the user of this process."""
    return Identity(os.geteuid(), os.getegid())


def unprivileged(data: Path) -> Identity:
    """Return who may run a server that refuses root, with its files in ``data``.

    A plain user: himself. Root: the owner of ``data`` when that is somebody else, root in a user
    namespace, or an existing account where namespaces are forbidden (a container's seccomp profile).
    Raises Unavailable when there is no such account.
    """
    if os.geteuid() != 0:
        return myself()
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Identity(owner.st_uid, owner.st_gid)
    # A folder that root owns may hold a database only when a namespace made it.
    namespace = Identity(0, os.getegid(), namespace=True)
    if works(namespace):
        return namespace
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            return Identity(account.pw_uid, account.pw_gid)
    raise Unavailable(
        "PostgreSQL không chạy với quyền root và máy này không có tài khoản nào khác. Hãy chạy lại "
        "bằng một người dùng thường, hoặc tạo tài khoản: useradd --system postgres",
        "PostgreSQL does not run as root and this machine has no other account for it. Run again as "
        "a plain user, or make an account: useradd --system postgres",
    )


def works(who: Identity) -> bool:
    """Whether this process may become ``who``."""
    if who.namespace and sys.platform != "linux":
        return False
    tried = subprocess.run(who.command([]), capture_output=True, check=False)  # noqa: S603
    return tried.returncode == 0


def wheel(package: str) -> Path | None:
    """Return the folder of an installed package without importing it; None when it is missing."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def machine() -> str:
    """Return what kind of machine this is, for messages."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def reachable(package: Path, program: str, who: Identity) -> Path:
    """Return the folder of an installed package, or of a copy, whose ``program`` ``who`` can run.

    Where the environment lies below root's home that is a copy in /var/tmp, made once; nothing is
    ever opened up by chmod. Raises Unavailable when somebody else put something at the copy's place.
    """
    if not who.foreign or _runs(package / program, who):
        return package
    mark = (package / program).stat()
    name = f"motcua-{_digest(f'{package}:{mark.st_size}:{mark.st_mtime_ns}')}"
    target = Path("/var/tmp") / name  # noqa: S108 - owner and mode are checked below
    if not target.exists():
        _copy(package, program, target)
    _must_be_mine(target, 0o022)
    return target / package.name


def _runs(program: Path, who: Identity) -> bool:
    command = who.command([str(program), "--version"])
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def _copy(package: Path, program: str, target: Path) -> None:
    """Copy what ``program`` needs so that ``target`` appears at once and complete.

    Its libraries lie where the wheel's repair tool put them: beside the package (auditwheel) or
    inside it (delocate, ``.dylibs``).
    """
    unneeded = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    tree = Path(program).parts[0]
    beside = f"{package.name}.libs"
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / "copy"
        wanted = {f"{package.name}/{tree}", f"{package.name}/.dylibs", beside}
        for name in wanted:
            if (source := package.parent / name).exists():
                shutil.copytree(source, made / name, symlinks=True, ignore=unneeded)
        try:
            made.rename(target)
        except OSError:  # another process was faster
            if not target.is_dir():
                raise


def socket_folder(kind: str, data: Path, who: Identity) -> Path:
    """Make and return the folder for the socket of the server of ``data``, mode 0700.

    Always in /tmp and short, because a socket's path may have 107 bytes on Linux and 103 on macOS
    (unix(7)); the same for every process of one user, so that a second one finds the first one's
    server. Raises Unavailable when the folder belongs to somebody else.
    """
    base = Path("/tmp")  # noqa: S108 - owner and mode are checked below
    if not os.access(base, os.W_OK):
        base = Path(tempfile.gettempdir())
    folder = base / f"motcua-{kind}-{os.geteuid()}-{_digest(str(data))}"
    if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) > _SOCKET_PATH_MAX:
        raise Unavailable(
            f"Đường dẫn thư mục tạm quá dài: {base}. Hãy đặt TMPDIR=/tmp rồi chạy lại.",
            f"The path of the temporary folder is too long: {base}. Set TMPDIR=/tmp and run again.",
        )
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        who.give(folder)
    _must_be_mine(folder, 0o077, who)
    return folder


def _must_be_mine(path: Path, forbidden: int, who: Identity | None = None) -> None:
    """Refuse what another user of the machine put at a path that we were going to trust."""
    status = path.lstat()
    owners = {os.geteuid()} | ({who.uid} if who else set())
    mode = stat.S_IMODE(status.st_mode) & forbidden
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners or mode:
        raise Unavailable(
            f"{path} thuộc về người dùng khác hoặc mở quyền quá rộng. Hãy xoá rồi chạy lại.",
            f"{path} belongs to another user or is open to others. Remove it and run again.",
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def environment() -> dict[str, str]:
    """Return the environment for a server: no PGPORT, no PGDATA, no locale of the terminal."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time pass; the kernel frees the lock of a process that died."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Claim:
    """The mark of the living process that owns a server.

    The kernel takes it away when that process dies, so nobody has to guess from process numbers. Call
    every method while holding ``alone``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Become the owner. A new file each time: whoever held the old one owns nothing any more."""
        self.release()
        self._path.unlink(missing_ok=True)
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> bool:
        """Stop being the owner; False when this object was not, or somebody took over since."""
        if self._file is None:
            return False
        with self._file as file:
            self._file = None
            return self._path.exists() and os.path.samestat(
                os.fstat(file.fileno()), self._path.stat()
            )

    def abandoned(self) -> bool:
        """Whether no living process owns the server."""
        try:
            with self._path.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True
