"""CPU time of a process and of all its descendants, dead ones included, from ``/proc`` (Linux)."""

import os
from collections import defaultdict
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds(root: int) -> float:
    """Return the CPU seconds, user and system, that a process and its descendants have used so far.

    A descendant that ended counts once its parent has waited for it (proc(5), fields 14 to 17 of
    ``stat``): a PostgreSQL backend stays in the sum after its connection was closed.
    """
    children: dict[int, list[int]] = defaultdict(list)
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(entry)):
            children[int(fields[1])].append(int(entry.name))
            used[int(entry.name)] = sum(map(int, fields[11:15]))
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += used.get(process, 0)
        waiting += children[process]
    return total / _TICKS


def _stat(process: Path) -> list[str]:
    """Return the fields of ``stat`` after the program's name, which may hold blanks; [] when it ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
