"""A tenant's own values on a procedure: laid over the package, never copied from it.

What may be overlaid is what the law leaves to a province: the fee, a shorter limit, the published target, who
does the steps and in how many hours, steps of its own and optional steps left out, notes, added papers. An
overlay is laid over each new version of the package again (``merge``), and says so when it no longer fits.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from motcua.catalogue.drawn import DrawnError, amended
from motcua.catalogue.packages import Package
from motcua.catalogue.procedure import Procedure, TimeLimit
from motcua.catalogue.reading import PackageError, convert, plain

Values = Mapping[str, Any]
_KEYS: Mapping[str, tuple[str, ...]] = {
    "fee": ("amount", "expression", "lines", "text_vi", "text_en"),
    "time_limit": ("value", "cutoff", "text_vi", "text_en"),
    "target": ("hours",),
}
_STEP = ("hours", "role", "name_vi", "name_en", "skip")
_TASK = ("hours", "role", "name_vi", "name_en")
_PAPER = ("note_vi", "note_en")
_TEXTS = ("note_vi", "note_en", "keywords")
_OF_CASE = ("fee", "time_limit", "steps", "add_steps")
_ALLOWED = (
    "fee, time_limit (value, cutoff, text), target.hours, steps.<id>, add_steps, tasks, papers.<key>, "
    "add_papers, note_vi, note_en, keywords, cases.<id>"
)


class OverlayError(PackageError):
    """An overlay names what may not be overlaid, or a value that does not fit this version."""

    def __init__(self, key: str, expected: str) -> None:
        super().__init__("overlay", key, expected)


def apply(package: Package, overlay: Values) -> Package:
    """Return the package with a tenant's values; the given package is not changed.

    Raises ``OverlayError`` for a key that may not be overlaid, a step that this version does not have, and a
    limit longer than the law's; ``PackageError`` for a value that no package could have.
    """
    result = laid(package, overlay)
    result.check()
    _not_longer(package, result)
    return result


def laid(package: Package, overlay: Values) -> Package:
    """Return what ``apply`` gave when the overlay was adopted: nothing is tried again."""
    procedure: dict[str, Any] = plain(package.procedure)
    processes = dict(package.processes)
    for part, values in overlay.items():
        if part == "cases":
            continue
        if part == "tasks":
            _tasks(processes, _table(part, values))
        elif part in _TEXTS:
            procedure[part] = [*procedure.get(part, []), *values] if part == "keywords" else values
        elif part in _PARTS:
            _PARTS[part](procedure, part, values)
        else:
            raise OverlayError(part, f"only these may be overlaid: {_ALLOWED}")
    # Last: a case that says nothing of its own has what the procedure has, the tenant's values in it.
    for name, values in _table("cases", overlay.get("cases", {})).items():
        _case(procedure, name, _table(f"cases.{name}", values))
    return replace(
        package, procedure=convert(procedure, Procedure, "procedure.toml"), processes=processes
    )


def _case(procedure: dict[str, Any], name: str, values: Values) -> None:
    known = {case["id"]: case for case in procedure.get("cases", [])}
    if name not in known:
        raise OverlayError(f"cases.{name}", f"a case of this version: {', '.join(known) or 'none'}")
    case = known[name]
    for part, own in values.items():
        if part not in _OF_CASE:
            raise OverlayError(f"cases.{name}.{part}", f"one of {', '.join(_OF_CASE)}")
        base = "steps" if part == "add_steps" else part
        if base not in case and not (base == "steps" and "process" in case):
            case[base] = (
                [dict(s) for s in procedure.get(base, [])]
                if base == "steps"
                else dict(procedure[base])
            )
        _PARTS[part](case, f"cases.{name}.{part}", own)


def _table(part: str, values: object) -> Values:
    if not isinstance(values, Mapping):
        raise OverlayError(part, "a table of keys and values")
    return values


def _known(part: str, values: Values, keys: tuple[str, ...]) -> None:
    for key in values:
        if key not in keys:
            raise OverlayError(f"{part}.{key}", f"one of {', '.join(keys)}")


def _value(owner: dict[str, Any], part: str, values: object) -> None:
    name, new = part.rpartition(".")[2], _table(part, values)
    _known(part, new, _KEYS[name])
    merged = {**owner.get(name, {}), **new}
    if name == "fee" and ("amount" in new or "expression" in new):
        # The package's derivation and words describe its own rule, not the tenant's.
        for other in {"amount", "expression", "decision"} - new.keys():
            merged.pop(other, None)
        merged["lines"] = new.get("lines", [])
        for text in ("text_vi", "text_en"):
            if text not in new:
                raise OverlayError(f"{part}.{text}", "the new rule in words")
    owner[name] = merged


def _steps(owner: dict[str, Any], part: str, values: object) -> None:
    known = {step["id"]: step for step in owner.get("steps", [])}
    for name, own in _table(part, values).items():
        if name not in known:
            raise OverlayError(f"{part}.{name}", f"a step of this version: {', '.join(known)}")
        _known(f"{part}.{name}", _table(f"{part}.{name}", own), _STEP)
        if own.get("skip") and not known[name].get("optional"):
            raise OverlayError(
                f"{part}.{name}.skip", "only for a step that the package calls optional"
            )
        known[name].update({key: value for key, value in own.items() if key != "skip"})
    skipped = {name for name, own in _table(part, values).items() if own.get("skip")}
    owner["steps"] = [step for step in known.values() if step["id"] not in skipped]


def _add_steps(owner: dict[str, Any], part: str, values: object) -> None:
    for n, own in enumerate(_list(part, values)):
        step = dict(own)
        after, steps = step.pop("after", None), owner.get("steps", [])
        places = [place for place, known in enumerate(steps) if known["id"] == after]
        if not places:
            names = ", ".join(known["id"] for known in steps)
            raise OverlayError(f"{part}[{n}].after", f"the step it follows: {names}")
        owner["steps"] = [*steps[: places[0] + 1], step, *steps[places[0] + 1 :]]


def _papers(owner: dict[str, Any], part: str, values: object) -> None:
    known = {paper["key"]: paper for paper in owner["papers"]}
    for name, own in _table(part, values).items():
        if name not in known:
            raise OverlayError(f"{part}.{name}", f"a paper of this version: {', '.join(known)}")
        _known(f"{part}.{name}", _table(f"{part}.{name}", own), _PAPER)
        known[name].update(own)


def _add_papers(owner: dict[str, Any], part: str, values: object) -> None:
    """Add papers to the procedure, and with it to each of its cases that lists its papers."""
    added = [dict(paper) for paper in _list(part, values)]
    owner["papers"] = [*owner["papers"], *added]
    for case in owner.get("cases", []):
        if "papers" in case:
            case["papers"] = [*case["papers"], *(paper.get("key", "") for paper in added)]


def _list(part: str, values: object) -> list[Values]:
    if not isinstance(values, list) or not all(isinstance(value, Mapping) for value in values):
        raise OverlayError(part, "a list of tables")
    return values


def _tasks(drawn: dict[str, str], files: Values) -> None:
    """Change tasks of drawn processes: for every case that goes that way."""
    for file, tasks in files.items():
        at = f'tasks."{file}"'
        if file not in drawn:
            raise OverlayError(at, "a .bpmn file of this version")
        for name, own in _table(at, tasks).items():
            _known(f"{at}.{name}", _table(f"{at}.{name}", own), _TASK)
            try:
                drawn[file] = amended(drawn[file], name, own)
            except DrawnError as wrong:
                raise OverlayError(f"{at}.{name}", str(wrong)) from wrong


_PARTS: Mapping[str, Callable[[dict[str, Any], str, object], None]] = {
    "fee": _value,
    "time_limit": _value,
    "target": _value,
    "steps": _steps,
    "add_steps": _add_steps,
    "papers": _papers,
    "add_papers": _add_papers,
}


def _not_longer(package: Package, result: Package) -> None:
    _compare(package.procedure.time_limit, result.procedure.time_limit, "time_limit")
    for law, own in zip(package.cases, result.cases, strict=True):
        if law.name_vi:
            _compare(law.time_limit, own.time_limit, f"cases.{law.id}.time_limit")


def _compare(law: TimeLimit, own: TimeLimit, key: str) -> None:
    if own.hours > law.hours:
        raise OverlayError(f"{key}.value", f"at most {law.value}: the law gives no longer")
    if own.cutoff < law.cutoff:
        raise OverlayError(f"{key}.cutoff", f"{law.cutoff} or later, as the law gives")
