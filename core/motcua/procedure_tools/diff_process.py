"""What changed in drawn processes and decision tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from motcua.catalogue.packages import Package
from motcua.catalogue.words import Pair
from motcua.procedure_tools.change import Change, added, changed, compare, removed
from motcua.process import Definition, Node

_TOLD = ("name_vi", "name_en", "role", "handler", "message", "signal", "clock", "decision", "code")
_SILENT = frozenset({"exclusive", "inclusive", "parallel", "event", "start", "end"})
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def processes(old: Package, new: Package) -> Iterator[Change]:
    """Yield what changed in the processes of the cases that both versions have, each process once.

    Where both are lists of steps, the steps have been told already.
    """
    told: set[str] = set()
    earlier = {case.id: case for case in old.cases}
    for case in new.cases:
        before = earlier.get(case.id)
        if before is None or (not before.process and not case.process):
            continue
        for change in _process(old.definition(case.id), new.definition(case.id), case.process):
            if change.en not in told:
                told.add(change.en)
                yield change


def _process(old: Definition, new: Definition, file: str) -> Iterator[Change]:
    for node in old.nodes.values():
        if node.id not in new.nodes and node.kind not in _SILENT:
            yield removed("process", f"{file}: {node.id}", _called(node), node.kind)
    for node in new.nodes.values():
        before = old.nodes.get(node.id)
        if before is None and node.kind not in _SILENT:
            yield added("process", f"{file}: {node.id}", _called(node), node.kind)
        elif before is not None:
            place = f"{file}: {node.id}"
            yield from compare(
                "process", place, _called(node), _attributes(before), _attributes(node)
            )
    yield from _flows(old, new, file)


def _called(node: Node) -> Pair:
    return f"Bước “{node.name_vi}” ({node.id})", f"Step “{node.name_en}” ({node.id})"


def _attributes(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(node, name) for name in _TOLD}
    timer = node.timer
    return found | {
        "kind": node.kind,
        "hours": float(node.hours) if node.hours is not None else None,
        "outcomes": list(node.outcomes),
        "decisions": [f"{k}={v}" for k, v in node.decisions.items()],
        "timer": f"{timer.kind} {timer.value} {timer.unit}".strip() if timer else None,
    }


def _flows(old: Definition, new: Definition, file: str) -> Iterator[Change]:
    """Compare the ways by where they lead and why, whatever their ids are."""
    before, after = _ways(old), _ways(new)
    for way, told in before.items():
        if way not in after:
            yield removed("process", file, told, list(way))
    for way, told in after.items():
        if way not in before:
            yield added("process", file, told, list(way))


def _ways(definition: Definition) -> dict[tuple[str, str, str], Pair]:
    found = {}
    for flow in definition.flows.values():
        source, target = definition.nodes[flow.source], definition.nodes[flow.target]
        text = flow.condition.text if flow.condition else ""
        vi, en = (f" khi {text}", f" when {text}") if text else ("", "")
        found[flow.source, flow.target, text] = (
            f"Đường đi từ “{source.name_vi}” tới “{target.name_vi}”{vi}",
            f"way from “{source.name_en}” to “{target.name_en}”{en}",
        )
    return found


def decisions(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """Yield the rows and expressions that changed in decision files."""
    for file in dict.fromkeys([*old, *new]):
        if old.get(file) == new.get(file):
            continue
        what = (f"Tệp {file}", f"file {file}")
        if file not in old:
            yield added("decisions", file, what, None)
        elif file not in new:
            yield removed("decisions", file, what, None)
        else:
            yield from _decisions(file, _read(old[file]), _read(new[file]))


def _decisions(
    file: str, old: Mapping[str, list[str]], new: Mapping[str, list[str]]
) -> Iterator[Change]:
    same = True
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name, []), new.get(name, [])
        word = (f"Quyết định “{name}” ({file})", f"decision “{name}” ({file})")
        for row in before:
            if row not in after:
                same = False
                yield removed("decisions", file, (f"{word[0]}: {row}", f"{word[1]}: {row}"), row)
        for row in after:
            if row not in before:
                same = False
                yield added("decisions", file, (f"{word[0]}: {row}", f"{word[1]}: {row}"), row)
        common = [row for row in before if row in after]
        if common != [row for row in after if row in before]:
            same = False
            yield changed("decisions", file, (f"{word[0]}, thứ tự", f"{word[1]}, order"), "", "")
    if same:
        yield Change(
            "decisions",
            "changed",
            file,
            f"Tệp {file} được lưu lại; không dòng nào của bảng thay đổi",
            f"The file {file} was written anew; no row of its tables changed",
        )


def _read(xml: str) -> dict[str, list[str]]:
    """Return what each decision of a file holds, line by line: rules of a table, expressions."""
    root = etree.fromstring(xml.encode(), _PARSER)
    found: dict[str, list[str]] = {}
    for holder in root.iter("{*}decision", "{*}businessKnowledgeModel"):
        lines = found.setdefault(holder.get("name") or holder.get("id", ""), [])
        for table in holder.iter("{*}decisionTable"):
            lines.append(
                f"hit policy {table.get('hitPolicy', 'UNIQUE')} {table.get('aggregation', '')}".strip()
            )
            heads = [_text(each) for each in table.iterfind("{*}input/{*}inputExpression")]
            lines += [_row(rule, heads) for rule in table.iterfind("{*}rule")]
        for expression in holder.iter("{*}literalExpression"):
            lines.append(_text(expression))
    return found


def _row(rule: etree._Element, heads: list[str]) -> str:
    entries = [_text(each) for each in rule.iterfind("{*}inputEntry")]
    outputs = [_text(each) for each in rule.iterfind("{*}outputEntry")]
    conditions = [
        f"{head}: {entry}"
        for head, entry in zip(heads, entries, strict=False)
        if entry not in ("", "-")
    ]
    return f"{', '.join(conditions) or '-'} → {', '.join(outputs)}"


def _text(element: etree._Element) -> str:
    return " ".join((element.findtext("{*}text") or "").split())
