"""Which processes of a database cluster run, told from /proc or ps and not from a pid file.

A pid file alone says little: after a crash its number may be free or somebody else's, and processes
may outlive their postmaster for a moment.
"""

import contextlib
import os
import signal
import subprocess
from pathlib import Path


def tell(processes: set[int], how: signal.Signals, told: set[int]) -> None:
    """Send the signal to each process once."""
    for pid in processes - told:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        told.add(pid)


def alive(pid: int) -> bool:
    """Whether the number is taken, by a zombie or another user's process too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def family(data: Path) -> set[int]:
    """Return the numbers of the processes of the cluster in ``data``, postmaster included."""
    return _from_proc(data) if Path("/proc/self/cwd").exists() else _from_ps(data)


def _from_proc(data: Path) -> set[int]:
    found = set()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it ended meanwhile
            if (folder / "comm").read_text().strip() == "postgres" and _works_in(folder, data):
                found.add(int(folder.name))
    return found


def _works_in(folder: Path, data: Path) -> bool:
    try:
        return (folder / "cwd").readlink() == data
    except PermissionError:  # another account's, and no right to trace it: a container's root
        return os.fsencode(data) in (folder / "cmdline").read_bytes().split(b"\0")


def _from_ps(data: Path) -> set[int]:
    """Do the same where there is no /proc (macOS); finds the postmaster only."""
    command = ["ps", "-axo", "pid=,command="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    lines = (line.split(None, 1) for line in listed.splitlines())
    return {int(pid) for pid, words in lines if f"postgres -D {data} " in f"{words} "}
