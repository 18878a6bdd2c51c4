"""Which ways through its processes no scenario of a package takes."""

from collections.abc import Iterator, Sequence

from motcua.catalogue.cases import Case
from motcua.catalogue.examples import Played
from motcua.catalogue.lint_finding import LintFinding
from motcua.catalogue.lint_process import file_of
from motcua.catalogue.packages import Package
from motcua.process import Definition, Flow, Node

_SILENT = frozenset({"start", "end", "exclusive", "parallel", "inclusive", "event"})


def coverage(
    package: Package, definitions: dict[str, Definition], played: Sequence[Played]
) -> Iterator[LintFinding]:
    """Yield cases, steps and flows that no scenario comes through.

    Cases that share one process share what is covered of it. ``definitions`` by case id.
    """
    if not package.scenarios:
        yield LintFinding(
            "error",
            "scenarios",
            "",
            "",
            "gói chưa có ví dụ nào",
            "the package has no scenario",
            "thêm ít nhất một tệp scenarios/*.toml; xem docs/plugins/procedure-in-an-hour.md",
            "add at least one scenarios/*.toml; see docs/plugins/procedure-in-an-hour.md",
        )
        return
    visited = {p.case for p in played}
    for case in package.cases:
        if case.id not in visited:
            yield _no_case(case)
    for cases, definition in _processes(package, definitions):
        taken = {each for p in played if p.case in cases for each in p.taken}
        if taken:
            yield from _ways(definition, taken, file_of(cases[min(cases)]))


def _no_case(case: Case) -> LintFinding:
    return LintFinding(
        "warning",
        "scenarios",
        case.id,
        case.name_vi,
        f"không ví dụ nào thuộc trường hợp '{case.name_vi or case.id}'",
        f"no scenario belongs to the case '{case.name_en or case.id}'",
        "thêm một ví dụ cho trường hợp này",
        "add a scenario of this case",
    )


def _processes(
    package: Package, definitions: dict[str, Definition]
) -> Iterator[tuple[dict[str, Case], Definition]]:
    """Yield each process once, with the cases that follow it."""
    groups: dict[tuple[str, ...], dict[str, Case]] = {}
    for case in package.cases:
        if case.id in definitions:
            own = definitions[case.id]
            groups.setdefault((*sorted(own.nodes), *sorted(own.flows)), {})[case.id] = case
    for cases in groups.values():
        yield cases, definitions[next(iter(cases))]


def _ways(definition: Definition, taken: set[str], file: str) -> Iterator[LintFinding]:
    """Yield steps that were not reached, and flows not taken between what was reached."""
    missed = {n.id for n in definition.nodes.values() if n.id not in taken}
    for node in definition.nodes.values():
        if node.id in missed and node.kind not in _SILENT:
            yield _never(
                file,
                node.id,
                node.name_vi,
                f"không ví dụ nào tới '{node.name_vi}'",
                f"no scenario comes to '{node.name_en}'",
            )
    for flow in definition.flows.values():
        silent = definition.nodes[flow.target].kind in _SILENT
        if (
            flow.id not in taken
            and flow.source not in missed
            and (flow.target not in missed or silent)
        ):
            yield _never(file, flow.id, "", *_flow(definition, flow))


def _flow(definition: Definition, flow: Flow) -> tuple[str, str]:
    source, target = (_called(definition.nodes[each]) for each in (flow.source, flow.target))
    why = f" [{flow.condition.text}]" if flow.condition else ""
    return (
        f"không ví dụ nào đi từ {source[0]} tới {target[0]}{why}",
        f"no scenario goes from {source[1]} to {target[1]}{why}",
    )


def _called(node: Node) -> tuple[str, str]:
    if node.kind == "end" and node.name_vi == node.id:
        return "kết thúc", "the end"
    return f"'{node.name_vi}'", f"'{node.name_en}'"


def _never(file: str, place: str, name: str, vi: str, en: str) -> LintFinding:
    return LintFinding(
        "warning",
        file,
        place,
        name,
        vi,
        en,
        "thêm vào [[when]] của một ví dụ, hoặc viết ví dụ mới",
        "add it to the [[when]] of a scenario, or write another one",
    )
