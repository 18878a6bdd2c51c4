"""The linter of procedure packages: everything that can be said before anybody applies.

``lint_folder`` reads a folder and says all it can even of a broken one; ``lint`` looks at a package that could
be read. Templates are tried elsewhere (``motcua.procedure_tools.templates``), since setting type needs a
process of its own.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from motcua.catalogue import lint_coverage, lint_process, lint_rules, lint_texts
from motcua.catalogue.examples import Played, play
from motcua.catalogue.folder import read_folder
from motcua.catalogue.lint_finding import LintFinding, errors, ordered, worst
from motcua.catalogue.packages import Package
from motcua.catalogue.reading import PackageError
from motcua.errors import Problem
from motcua.people.capabilities import ROLES
from motcua.process import Definition
from motcua.process import lint as lint_bpmn
from motcua.rules import lint_decisions

__all__ = ["LintFinding", "errors", "lint", "lint_folder", "ordered", "worst"]

Further = Callable[[Package, Sequence[Played]], Iterable[LintFinding]]


def lint_folder(
    folder: Path,
    *,
    roles: Collection[str] = ROLES,
    handlers: Collection[str] | None = None,
    more: Further | None = None,
) -> tuple[Package | None, tuple[LintFinding, ...]]:
    """Read a package's folder and lint it; the package is None when it cannot be read at all.

    ``more`` is asked for further findings, with the package and what came of its scenarios.
    """
    try:
        data = read_folder(folder)
    except PackageError as refusal:
        return None, (unreadable(refusal),)
    drawn = ordered([*_files(data), *_old_scenarios(data)])
    try:
        package = Package.from_data(data)
    except PackageError as refusal:
        if any(finding.file == refusal.file for finding in drawn):
            return None, drawn  # said there already, element by element
        return None, ordered([unreadable(refusal), *drawn])
    played = [play(package, scenario) for scenario in package.scenarios]
    found = [*drawn, *lint(package, roles=roles, handlers=handlers, played=played)]
    return package, ordered([*found, *(more(package, played) if more else ())])


def lint(
    package: Package,
    *,
    roles: Collection[str] = ROLES,
    handlers: Collection[str] | None = None,
    played: Iterable[Played] | None = None,
) -> tuple[LintFinding, ...]:
    """Return everything that is wrong or doubtful in a package, errors first.

    ``handlers`` are the service tasks that the installed plugins bring (None: do not ask); ``played`` what
    came of the package's scenarios, when they were played already.
    """
    done = list(played) if played is not None else [play(package, s) for s in package.scenarios]
    definitions: dict[str, Definition] = {}
    found: list[LintFinding] = []
    for case in package.cases:
        try:
            definitions[case.id] = package.definition(case.id)
        except Problem as broken:
            found += _broken_process(package, case.id, broken)
            continue
        found += lint_process.process(
            package, case, definitions[case.id], roles=roles, handlers=handlers
        )
    found += lint_rules.never_asked(package)
    found += lint_texts.texts(package)
    found += lint_coverage.coverage(package, definitions, done)
    found += lint_rules.fees(package, done)
    found += lint_rules.facts(package)
    return ordered(found)


def unreadable(refusal: PackageError) -> LintFinding:
    """Return the refusal of a package as a finding."""
    return LintFinding(
        "error",
        refusal.file,
        refusal.key,
        "",
        refusal.expected_vi,
        f"expected: {refusal.expected}",
    )


def _broken_process(package: Package, case_id: str, broken: Problem) -> Iterator[LintFinding]:
    case = package.case(case_id)
    file = lint_process.file_of(case)
    if case.process:
        known = {name: text.encode() for name, text in package.decisions.items()}
        said = lint_bpmn(package.bpmn(case_id), library=package.library(case_id), decisions=known)
        if said:
            yield from lint_process.shape(said, file)
            return
    yield LintFinding("error", file, "", case.name_vi, broken.vi, broken.en)


def _files(data: Mapping[str, Any]) -> Iterator[LintFinding]:
    """Yield what is wrong with each drawn file by itself, all of it at once."""
    decisions = {name: text.encode() for name, text in data["decisions"].items()}
    for name, xml in decisions.items():
        yield from lint_process.shape(lint_decisions(xml), name)
    version = data["procedure"].get("version", "")
    library = {
        f"{name.removesuffix('.bpmn')}@{version}": text.encode()
        for name, text in data["processes"].items()
    }
    for key, xml in library.items():
        others = {other: text for other, text in library.items() if other != key}
        said = lint_bpmn(xml, library=others, decisions=decisions)
        yield from lint_process.shape(said, f"{key.partition('@')[0]}.bpmn")


def _old_scenarios(data: Mapping[str, Any]) -> Iterator[LintFinding]:
    """Yield scenarios in the shape of version 0.1, which is read but checks no course."""
    for scenario in data["scenarios"]:
        if "expect" in scenario:
            yield LintFinding(
                "warning",
                f"scenarios/{scenario['key']}.toml",
                "expect",
                "",
                "viết theo kiểu cũ: các bước không được chạy thử",
                "is written in the old shape: no step is tried out",
                "viết lại thành [given.answers], [[when]] và [then]",
                "write it anew as [given.answers], [[when]] and [then]",
            )
