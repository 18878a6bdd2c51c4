"""Run the public technology-compatibility cases of DMN against `motcua.rules`.

    python -m benchmarks.dmn_tck FOLDER            # a checkout of the suite, or a part of it
    python -m benchmarks.dmn_tck FOLDER --failed   # and what each failed case gave

The suite is not in this repository. A folder holds models (``*.dmn``) and test files (XML, root
``testCases``); its level is the number in ``compliance-level-N`` above it. A case counts as passed
when all its result nodes have the value expected, numbers to eight places. Exit code 0 when all
cases of level 2 and nine of ten of level 3 pass.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import Problem
from motcua.rules import Decisions, decide, load_decisions
from motcua.rules.temporal import parse_date, parse_moment, parse_temporal, parse_time, part
from motcua.rules.values import equal

SPACE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
_NEAR = Decimal("0.00000001")
_NUMBERS = {"decimal", "double", "float", "integer", "int", "long", "short"}
_TEMPORAL = {
    "date": parse_date, "time": parse_time, "dateTime": parse_moment, "duration": parse_temporal,
    "dayTimeDuration": parse_temporal, "yearMonthDuration": parse_temporal,
}  # fmt: skip
_AIMS = {"2": 1.0, "3": 0.9}
Counts = Counter[tuple[str, str, bool]]


@dataclass(frozen=True)
class Outcome:
    """One test case: where it stands, and what went wrong, nothing for one that passed."""

    level: str
    folder: str
    case: str
    wrong: str


def value_of(node: etree._Element) -> object:
    """Return the value of an input or expected node: one value, a list, or components by name."""
    listed, single = node.find(f"{SPACE}list"), node.find(f"{SPACE}value")
    components = node.findall(f"{SPACE}component")
    if _nil(node) or (listed is not None and _nil(listed)):
        return None
    if components:
        return {each.get("name", ""): value_of(each) for each in components}
    if listed is not None:
        return tuple(value_of(each) for each in listed.findall(f"{SPACE}item"))
    return None if single is None or _nil(single) else _typed(single)


def _nil(node: etree._Element) -> bool:
    return node.get(f"{_XSI}nil") in ("true", "1")


def _typed(node: etree._Element) -> object:
    text, of = node.text or "", node.get(f"{_XSI}type", "string").rpartition(":")[2]
    if of == "boolean":
        return text.strip() in ("true", "1")
    if of in _NUMBERS:
        try:
            return Decimal(text.strip())
        except InvalidOperation:
            return None
    return _TEMPORAL[of](text.strip()) if of in _TEMPORAL else text


def same(expected: object, found: object) -> bool:
    """Return whether a result is what a case expects."""
    if isinstance(expected, Decimal) and isinstance(found, Decimal):
        return abs(expected - found) <= _NEAR * max(Decimal(1), abs(expected))
    if isinstance(expected, tuple) and isinstance(found, tuple):
        pairs = zip(expected, found, strict=False)
        return len(expected) == len(found) and all(same(a, b) for a, b in pairs)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(same(expected[k], found[k]) for k in found)
    zones = [part(each, "time offset") for each in (expected, found)]
    return equal(expected, found) is True and zones[0] == zones[1]


def results(decisions: Decisions, case: etree._Element) -> Iterator[tuple[object, object, bool]]:
    """Yield for each result node what is expected, what came out, whether an error is expected."""
    inputs = {each.get("name", ""): value_of(each) for each in case.findall(f"{SPACE}inputNode")}
    invoked = case.get("invocableName") if case.get("type", "decision") != "decision" else None
    for node in case.findall(f"{SPACE}resultNode"):
        name, expected = node.get("name", ""), node.find(f"{SPACE}expected")
        found = decide(decisions, invoked or name, inputs, now=_NOW)
        several = invoked and len(decisions.find(invoked).outputs) > 1
        if several and isinstance(found, Mapping) and name in found:
            found = found[name]
        wanted = None if expected is None else value_of(expected)
        yield wanted, found, node.get("errorResult") in ("true", "1")


def run_case(decisions: Decisions, case: etree._Element) -> str:
    """Run one case; return what went wrong, nothing when it passed."""
    try:
        for expected, found, error in results(decisions, case):
            if found is not None if error else not same(expected, found):
                return f"expected {expected!r}, found {found!r}"
    except (Problem, RecursionError) as problem:
        return f"{type(problem).__name__}: {problem}"
    return ""


def run_file(path: Path) -> Iterator[Outcome]:
    """Run the cases of one test file; nothing for an XML file that is something else."""
    root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    if root.tag != f"{SPACE}testCases":
        return
    level = next((p.rpartition("-")[2] for p in path.parts if p.startswith("compliance-")), "?")
    model = path.parent / (root.findtext(f"{SPACE}modelName") or "").strip()
    cases = root.findall(f"{SPACE}testCase")
    try:
        decisions: Decisions | str = load(model)
    except (Problem, OSError, etree.XMLSyntaxError) as problem:
        decisions = f"{model.name}: {type(problem).__name__}: {problem}"
    for case in cases:
        wrong = decisions if isinstance(decisions, str) else run_case(decisions, case)
        place = case.get("id") or case.get("name") or "?"
        yield Outcome(level, path.parent.name, f"{path.name} {place}", wrong)


def load(model: Path) -> Decisions:
    """Read a model and the files beside it that it imports, directly or not."""
    beside: dict[str, Path] = {}
    for each in sorted(model.parent.glob("*.dmn")):
        if each != model:
            beside.setdefault(etree.parse(each).getroot().get("namespace", ""), each)
    wanted: dict[str, Path] = {}
    todo = [model]
    while todo:
        for element in etree.parse(todo.pop()).getroot().iterchildren("{*}import"):
            space = element.get("namespace", "")
            if space in beside and space not in wanted:
                wanted[space] = beside[space]
                todo.append(beside[space])
    return load_decisions(model.read_bytes(), imports=[p.read_bytes() for p in wanted.values()])


def main(arguments: list[str]) -> int:
    """Run all cases of a folder; return 0 when the aims are met."""
    if not arguments or not Path(arguments[0]).is_dir():
        print(__doc__)
        return 2
    counts: Counts = Counter()
    for path in sorted(Path(arguments[0]).rglob("*.xml")):
        for each in run_file(path):
            counts[each.level, each.folder, not each.wrong] += 1
            if each.wrong and "--failed" in arguments:
                print(f"{each.folder}/{each.case}: {each.wrong[:300]}")
    return report(counts)


def report(counts: Counts) -> int:
    """Print the counts of each folder and level; return 0 when there are cases and aims are met."""
    levels: Counter[tuple[str, bool]] = Counter()
    for level, folder in sorted({key[:2] for key in counts}):
        passed, failed = counts[level, folder, True], counts[level, folder, False]
        levels[level, True] += passed
        levels[level, False] += failed
        print(f"level {level}  {folder:45} {passed:5} passed {failed:5} failed")
    met = bool(counts)
    for level in sorted({level for level, _ in levels}):
        passed, total = levels[level, True], levels[level, True] + levels[level, False]
        reached = passed >= _AIMS.get(level, 0.0) * total
        met = met and reached
        print(f"level {level}: {passed} of {total}  {'yes' if reached else 'NO'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
