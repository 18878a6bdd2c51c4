"""Become who the server shall be, then become the server.

Run as a script, ``launch.py PARENT SIGNAL UID GID NAMESPACE [PROGRAM ARGUMENT...]``, in a fresh
interpreter and not as ``preexec_fn``: Python code between fork and exec can hang when the starting
process has threads. Without PROGRAM it only tries whether the identity can be had (exit status 0).
"""

import ctypes
import os
import sys
from collections.abc import Sequence

_CLONE_NEWUSER = 0x10000000  # linux/sched.h
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _check(result: int, call: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), call)


def enter_namespace(libc: ctypes.CDLL) -> None:
    """Show root as user 1000 in a user namespace of its own (user_namespaces(7)).

    PostgreSQL refuses to run as root and looks only at the effective user id. Here files stay root's,
    so no account, no chown and no chmod is needed, also below a home folder of mode 0700.
    """
    _check(libc.unshare(_CLONE_NEWUSER), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def main(arguments: Sequence[str]) -> None:
    """Take on the identity, ask for the death signal, run the program in this process."""
    parent, death, uid, gid, namespace = (int(word) for word in arguments[:5])
    command = list(arguments[5:])
    libc = ctypes.CDLL(None, use_errno=True)
    if namespace:
        enter_namespace(libc)
    elif uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if death and sys.platform == "linux":
        # After setuid, which clears it. The parent may have died before this line was reached.
        _check(libc.prctl(_PR_SET_PDEATHSIG, death), "prctl")
        if os.getppid() != parent:
            raise SystemExit("the starting process is gone")
    if command:
        os.execv(command[0], command)  # noqa: S606 - a program of our own choice, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
