"""Read, draw and run every BPMN file of a folder: ``python -m benchmarks.bpmn_suite FOLDER``.

For files of other modellers, such as the reference models of the BPMN interchange suite. For each
file it says whether it was read and drawn (the picture, and the file with a diagram of ours), and
whether its processes start, or why they are refused. The exit code is 1 when a file could not be
drawn or anything else than a refusal came up.
"""

import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import Problem
from motcua.process import Finding, ProcessError, lint, load, start
from motcua.process.picture import svg, with_diagram

REASONS = 3


@dataclass
class Seen:
    """What became of one file; ``crash`` is the trace of an error that is none of ours."""

    name: str
    drawn: bool = False
    runs: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    seconds: float = 0.0
    crash: str = ""

    @property
    def good(self) -> bool:
        """Whether the file was drawn, and runs or is refused with reasons."""
        return self.drawn and not self.crash and bool(self.runs or self.reasons)


def look(path: Path, name: str) -> Seen:
    """Read, draw and run one file."""
    seen, began = Seen(name), time.perf_counter()
    try:
        xml = path.read_bytes()
        _run(xml, seen)
        _draw(xml, seen)
    except Exception:  # noqa: BLE001 - a crash is what this program looks for
        seen.crash = traceback.format_exc()
    seen.seconds = time.perf_counter() - began
    return seen


def _run(xml: bytes, seen: Seen) -> None:
    try:
        findings = lint(xml)
    except Problem as problem:
        seen.reasons.append(problem.en)
        return
    seen.reasons += [_said(finding) for finding in findings]
    for process in _processes(xml):
        try:
            definition = load(xml, process=process)
        except ProcessError:
            continue
        try:
            start(definition)
        except ProcessError as error:
            # It can run, but not without the data of a case: a list that it goes through.
            seen.reasons.append(f"starts with the data of a case only: {error.en}")
        seen.runs.append(process or definition.key)


def _processes(xml: bytes) -> Iterator[str | None]:
    """Yield the processes of a file by id, so that several are tried one by one."""
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return
    found = [each.get("id") for each in root.iterfind("{*}process")]
    yield from found if len(found) > 1 else [None]


def _said(finding: Finding) -> str:
    return f"{finding.place}: {finding.en}"


def _draw(xml: bytes, seen: Seen) -> None:
    try:
        etree.fromstring(svg(xml))
        again = with_diagram(xml)
        # The file with our diagram is the same process, and can be drawn too.
        svg(again)
        if lint(again) != lint(xml):
            raise AssertionError("the file with a diagram is judged otherwise")
    except Problem as problem:
        seen.reasons.append(f"not drawn: {problem.en}")
        return
    seen.drawn = True


def told(seen: Seen) -> str:
    """Return the lines about one file."""
    state = "CRASH" if seen.crash else "runs" if seen.runs else "refused"
    drawn = "drawn" if seen.drawn else "NOT DRAWN"
    count = f"  {len(seen.reasons)} reasons" if seen.reasons else ""
    lines = [f"{seen.name:40} {drawn:9}  {state:7} {seen.seconds * 1e3:6.0f} ms{count}"]
    if seen.runs and seen.reasons:
        lines.append(f"    runs: {', '.join(seen.runs)}")
    lines += [f"    {reason}" for reason in seen.reasons[:REASONS]]
    if len(seen.reasons) > REASONS:
        lines.append(f"    … and {len(seen.reasons) - REASONS} more")
    return "\n".join(lines + seen.crash.splitlines())


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Read, draw and run every .bpmn file in FOLDER and the folders in it."""
    all_seen = []
    for path in sorted(folder.rglob("*.bpmn")):
        all_seen.append(look(path, str(path.relative_to(folder))))
        click.echo(told(all_seen[-1]))
    crashed = sum(1 for each in all_seen if each.crash)
    runs = sum(1 for each in all_seen if each.runs)
    drawn = sum(1 for each in all_seen if each.drawn)
    click.echo(
        f"\n{len(all_seen)} files: {drawn} drawn, {runs} run, {len(all_seen) - runs - crashed} "
        f"refused, {crashed} crashed, {sum(each.seconds for each in all_seen):.1f} s"
    )
    if not all_seen or not all(each.good for each in all_seen):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
