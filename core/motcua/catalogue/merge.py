"""A new national version under a tenant's overlay: what still applies is carried, the rest is for a person.

Three-way, place by place: what the old version said, what the tenant says instead, what the new version says.
Where the nation changed nothing, the tenant's value stays. Where it changed the very thing that the tenant
had overlaid, or took it away, nobody but a person can tell which of the two is meant now.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from motcua.catalogue.drawn import written
from motcua.catalogue.overlay import apply
from motcua.catalogue.packages import Package
from motcua.catalogue.procedure import FeeRule, Step, TimeLimit
from motcua.catalogue.reading import PackageError, plain

Place = tuple[str, ...]
#: Overlaid as one: a fee without its words, or a limit without its text, means nothing.
_WHOLE = ("fee", "time_limit", "target")


@dataclass(frozen=True)
class Conflict:
    """One place where a person must decide.

    ``place`` is as in the overlay (``cases.child.fee``); ``old`` and ``new`` are what the national versions
    say there, ``own`` what the tenant says; None where there is nothing.
    """

    place: str
    old: object
    own: object
    new: object
    vi: str
    en: str


@dataclass(frozen=True)
class Merged:
    """The overlay for the new version without what conflicts, and what does."""

    overlay: dict[str, Any]
    conflicts: tuple[Conflict, ...]


def merge(old: Package, new: Package, overlay: Mapping[str, Any]) -> Merged:
    """Carry an overlay of one version of a package over to another.

    ``overlay`` must fit ``old``. What is carried fits ``new``, or a conflict says where it does not.
    """
    carried: dict[str, Any] = {}
    conflicts = []
    for place, own in _places(overlay):
        conflict = _conflict(place, own, old, new)
        if conflict is None:
            _put(carried, place, own)
        else:
            conflicts.append(conflict)
    try:
        apply(new, carried)
    except PackageError as refused:
        key = refused.key or refused.file
        conflicts.append(_misfit(key, refused))
    return Merged(carried, tuple(conflicts))


def _places(overlay: Mapping[str, Any], at: Place = ()) -> Iterator[tuple[Place, Any]]:
    for part, values in overlay.items():
        here = (*at, part)
        if part in ("cases", "tasks"):
            for name, inner in values.items():
                below = inner if part == "cases" else {"steps": inner}
                yield from _places(below, (*here, name))
        elif part in ("steps", "papers"):
            for name, inner in values.items():
                for key, value in inner.items():
                    yield (*here, name, key), value
        elif part in ("add_steps", "add_papers"):
            for value in values:
                yield (*here, value["id" if part == "add_steps" else "key"]), value
        else:
            yield here, values


def _put(carried: dict[str, Any], place: Place, own: Any) -> None:
    # The files of ``tasks`` have their tasks directly below them.
    path = (*place[:2], *place[3:]) if place[0] == "tasks" else place
    *above, last = path
    for name in above[:-1] if above and above[-1] in ("add_steps", "add_papers") else above:
        carried = carried.setdefault(name, {})
    if above and above[-1] in ("add_steps", "add_papers"):
        carried.setdefault(above[-1], []).append(own)
    else:
        carried[last] = own


def _conflict(place: Place, own: Any, old: Package, new: Package) -> Conflict | None:
    if place[-2:-1] in (("add_steps",), ("add_papers",)):
        return _added(place, own, new)
    before, now = _national(old, place), _national(new, place)
    if before == now or place[-1] == "keywords":
        return None
    if place[0] == "cases" and place[1] not in {case.id for case in new.cases}:
        return _gone(place, before, own, f"trường hợp {place[1]}", f"the case {place[1]}")
    if now is None and place[-1] not in _WHOLE:
        return _gone(place, before, own, f"mục {place[-2]}", f"{place[-2]!r}")
    return Conflict(
        _spelled(place),
        before,
        own,
        now,
        "Quy định chung đã thay đổi ở đúng chỗ địa phương có giá trị riêng.",
        "The national version changed the very thing that has a value of its own here.",
    )


def _added(place: Place, own: Mapping[str, Any], new: Package) -> Conflict | None:
    if place[0] == "cases" and place[1] not in {case.id for case in new.cases}:
        return _gone(place, None, own, f"trường hợp {place[1]}", f"the case {place[1]}")
    if place[-2] == "add_papers":
        taken = [plain(p) for p in new.procedure.papers if p.key == place[-1]]
    else:
        steps = {step.id: step for step in _steps(new, place)}
        # A step may follow one that is added itself: whether that one is there, applying tells.
        taken = [plain(steps[place[-1]])] if place[-1] in steps else []
    if not taken:
        return None
    return Conflict(
        _spelled(place),
        None,
        own,
        taken[0],
        "Quy định chung nay có mục mang chính mã mà địa phương đã thêm.",
        "The national version now has an entry by the name of the one added here.",
    )


def _national(package: Package, place: Place) -> object:
    """Return what a version says at a place; None when it has no such place."""
    if place[0] == "tasks":
        text = package.processes.get(place[1])
        return written(text, place[3], place[4]) if text is not None else None
    owner: Any = package.procedure
    if place[0] == "cases":
        owner = next((case for case in package.cases if case.id == place[1]), None)
        if owner is None:
            return None
    own = place[2:] if place[0] == "cases" else place
    if own[0] == "papers":
        return next((getattr(p, own[2]) for p in owner.papers if p.key == own[1]), None)
    if own[0] == "steps":
        key = "optional" if own[2] == "skip" else own[2]
        return next((getattr(s, key) for s in owner.steps if s.id == own[1]), None)
    return _whole(package, getattr(owner, own[0]))


def _whole(package: Package, value: object) -> object:
    if not isinstance(value, FeeRule | TimeLimit):
        return plain(value) if hasattr(value, "__struct_fields__") else value
    found = plain(value)
    if value.decision:
        # The rule changes with the file it stands in.
        found["decision_file"] = package.decisions.get(value.decision.partition("#")[0], "")
    return found


def _steps(package: Package, place: Place) -> tuple[Step, ...]:
    return package.case(place[1]).steps if place[0] == "cases" else package.procedure.steps


def _gone(place: Place, before: object, own: object, vi: str, en: str) -> Conflict:
    return Conflict(
        _spelled(place),
        before,
        own,
        None,
        f"Phiên bản mới không còn {vi}.",
        f"The new version no longer has {en}.",
    )


def _misfit(key: str, refused: PackageError) -> Conflict:
    return Conflict(
        key,
        None,
        None,
        None,
        f"Giá trị riêng của địa phương không khớp với phiên bản mới: {refused.expected_vi}",
        f"The tenant's values do not fit the new version: {refused.expected}",
    )


def _spelled(place: Place) -> str:
    path = (*place[:2], *place[3:]) if place[0] == "tasks" else place
    return ".".join(f'"{name}"' if "." in name else name for name in path)
