"""Procedure packages: a folder that makes a procedure, loaded once, stored as data, never changed.

``procedure.toml`` · ``form.toml`` · optional ``draft.toml`` (what the officer fills in for the result) ·
``*.bpmn`` (processes) · ``*.dmn`` (decisions) · ``*.typ`` (templates) · ``scenarios/*.toml``. Every key is
described in docs/plugins/packages.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from motcua.catalogue.cases import Case, cases_of, drawn, narrowed
from motcua.catalogue.checks import check_procedure, wrong
from motcua.catalogue.claims import check_result, computed
from motcua.catalogue.decisions import ask, holds, names, whole
from motcua.catalogue.fields import Value
from motcua.catalogue.folder import read_folder
from motcua.catalogue.forms import Form
from motcua.catalogue.procedure import DEFAULT_CASE, Paper, Procedure, Rule, TimeLimit
from motcua.catalogue.reading import PackageError, Record, convert, json_value, plain, sha256
from motcua.catalogue.scenario import Scenario
from motcua.catalogue.used import named
from motcua.errors import Problem
from motcua.process import Definition, load

#: What a process knows beside the answers its conditions name; no field of a form may be called so.
PROCESS_NAMES = ("case", "channel", "unit_level")
LEVELS = ("province", "commune")
MAX_PRIORITY = 100
_NONE: Mapping[str, Any] = {}
_FIRST_PROCESS = "process.bpmn"


class Credential(Record, frozen=True):
    """What a verifier found in a credential that was presented: the key of its type and its claims."""

    vct_type: str
    claims: dict[str, Any]


@dataclass(frozen=True)
class Package:
    """A procedure with everything that belongs to it; immutable per (code, version)."""

    procedure: Procedure
    form: Form
    draft: Form | None = None
    processes: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()

    @property
    def code(self) -> str:
        """The national code."""
        return self.procedure.code

    @property
    def version(self) -> str:
        """The version of the package."""
        return self.procedure.version

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Package":
        """Build a package from what ``to_data`` gave (or a folder holds); raises ``PackageError``."""
        package = cls.stored(data)
        package.check()
        return package

    @classmethod
    def stored(cls, data: Mapping[str, Any]) -> "Package":
        """Build a package from data that ``from_data`` accepted before: no rule is tried again."""
        draft = data.get("draft")
        processes = convert(data.get("processes", {}), dict[str, str], "processes")
        if "process" in data:
            processes[_FIRST_PROCESS] = convert(data["process"], str, _FIRST_PROCESS)
        scenarios = convert(data.get("scenarios", []), list[dict[str, Any]], "scenarios")
        return cls(
            procedure=convert(data.get("procedure"), Procedure, "procedure.toml"),
            form=Form.from_data(data.get("form")),
            draft=Form.from_data(draft, "draft.toml") if draft is not None else None,
            processes=processes,
            decisions=convert(data.get("decisions", {}), dict[str, str], "decisions"),
            templates=convert(data.get("templates", {}), dict[str, str], "templates"),
            scenarios=tuple(Scenario.from_data(scenario) for scenario in scenarios),
        )

    def check(self) -> None:
        """Try every rule with invented answers and compile every process; raises ``PackageError``."""
        _check(self)

    def to_data(self) -> dict[str, Any]:
        """Return the package as JSON-able data, for the database.

        What a package does not have is left out, so that a kind of file added in a later release does not
        change the SHA-256 of packages that are already stored.
        """
        data: dict[str, Any] = {"procedure": plain(self.procedure), "form": self.form.to_data()}
        if self.draft is not None:
            data["draft"] = self.draft.to_data()
        processes = dict(self.processes)
        if _FIRST_PROCESS in processes:
            data["process"] = processes.pop(_FIRST_PROCESS)
        for key, files in (("processes", processes), ("decisions", dict(self.decisions))):
            if files:
                data[key] = files
        return data | {
            "templates": dict(self.templates),
            "scenarios": [plain(scenario) for scenario in self.scenarios],
        }

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the canonical JSON of the content: the same content has the same value."""
        return sha256(self.to_data())

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The cases in order, resolved; one called ``default`` when the procedure has none."""
        return cases_of(self.procedure)

    def case(self, case_id: str) -> Case:
        """Return a case by its id; ``LookupError`` when this version has none of that name."""
        for case in self.cases:
            if case.id == case_id:
                return case
        raise LookupError(f"{self.code} {self.version} has no case {case_id!r}")

    def case_for(self, answers: Mapping[str, Value]) -> Case:
        """Return the case that these answers make: the first whose condition holds, else the last.

        Its ``time_limit`` is the one for these answers. Raises ``PackageError`` when a rule fails on them.
        """
        case, facts = self._case(answers)
        limit = self._limit(case.time_limit, facts)
        return case if limit is case.time_limit else replace(case, time_limit=limit)

    def of_case(self, case_id: str, limit: int | None = None) -> "Package":
        """Return the package as it is for dossiers of one case: with its limit, fee, papers and way.

        ``limit`` is the value that a decision gave when the dossier was accepted. ``LookupError`` when this
        version has no such case.
        """
        found = self._narrow(case_id)
        if limit is None:
            return found
        decided = changed(found.procedure.time_limit, value=limit, decision="")
        return replace(found, procedure=changed(found.procedure, time_limit=decided))

    def bpmn(self, case_id: str = DEFAULT_CASE) -> bytes:
        """Return a case's process as BPMN 2.0: its file, or made from its list of steps."""
        case = self.case(case_id)
        if case.process:
            return self.processes[case.process].encode()
        key = f"p{self.code.replace('.', '_')}"
        if case_id != DEFAULT_CASE:
            key = f"{key}_{case_id.replace('-', '_')}"
        return drawn(case, key, self.procedure.name_vi)

    def library(self, case_id: str = DEFAULT_CASE) -> dict[str, bytes]:
        """Return the processes that a case's own may call: every other file, by ``<stem>@<version>``."""
        own = self.case(case_id).process
        return {
            f"{name.removesuffix('.bpmn')}@{self.version}": text.encode()
            for name, text in self.processes.items()
            if name != own
        }

    def definition(self, case_id: str = DEFAULT_CASE) -> Definition:
        """Return a case's process, ready to run, with what it calls; the same content is compiled once.

        Raises ``PackageError`` with the file and what to draw instead.
        """
        if case_id not in self._definitions:
            library = tuple(sorted(self.library(case_id).items()))
            decisions = tuple(
                (name, text.encode()) for name, text in sorted(self.decisions.items())
            )
            try:
                found = _compiled(self.bpmn(case_id), library, decisions)
            except Problem as broken:
                file = self.case(case_id).process or "procedure.toml"
                raise PackageError(
                    file, "" if file != "procedure.toml" else "steps", broken.en
                ) from broken
            self._definitions[case_id] = found
        return self._definitions[case_id]

    def facts(self, answers: Mapping[str, Value]) -> dict[str, object]:
        """Return answers as rules see them: every question by its key, null where nothing was answered."""
        return {**dict.fromkeys(self._keys), **self.form.facts(answers)}

    def papers_for(self, answers: Mapping[str, Value]) -> list[Paper]:
        """Return the papers that are asked for, given the answers."""
        case, facts = self._case(answers)
        papers = [
            paper for paper in case.papers if holds(paper.when, facts, f"papers.{paper.key}.when")
        ]
        rule = self.procedure.required_papers
        if rule is None:
            return papers
        asked = names(ask(rule, facts, self.decisions, "required_papers"), "required_papers")
        if strange := asked - {paper.key for paper in self.procedure.papers}:
            raise wrong("required_papers", f"keys of the procedure's papers, not {sorted(strange)}")
        return [paper for paper in papers if paper.key in asked]

    def papers_left(
        self, answers: Mapping[str, Value], credentials: tuple[Credential, ...] = ()
    ) -> list[Paper]:
        """Return the papers still to be handed in when these verified credentials were presented."""
        return [
            paper
            for paper in self.papers_for(answers)
            if not any(paper.replaced(c.vct_type, c.claims, answers) for c in credentials)
        ]

    def route(self, answers: Mapping[str, Value]) -> str:
        """Return who decides: ``province``, ``commune``, or a unit's code; empty when it is the applicant's choice.

        Raises ``PackageError`` when the rule gives anything else.
        """
        if self.procedure.routing is None:
            return ""
        found = ask(self.procedure.routing, self.facts(answers), self.decisions, "routing")
        if found is None:
            return ""
        levels = self.procedure.level
        if not isinstance(found, str) or (found in LEVELS and found not in levels):
            raise wrong("routing", f"one of {', '.join(levels)}, or a unit's code; not {found!r}")
        return found

    def priority(self, answers: Mapping[str, Value]) -> int:
        """Return how urgent a dossier is: 0 waits its turn, more goes before less, at most 100."""
        if self.procedure.priority is None:
            return 0
        found = ask(self.procedure.priority, self.facts(answers), self.decisions, "priority")
        return 0 if found is None else whole(found, "priority", most=MAX_PRIORITY)

    def variables(
        self, case_id: str, answers: Mapping[str, Value], *, channel: str, unit_level: str
    ) -> dict[str, object]:
        """Return what a case's process starts with, as JSON values.

        That is ``case``, ``channel`` (direct, online, post), ``unit_level`` (province, commune), and of the
        answers only those that the process itself names: its state lies open, the answers lie sealed.
        """
        found = self.named_answers(case_id, answers)
        return found | {"case": case_id, "channel": channel, "unit_level": unit_level}

    def named_answers(self, case_id: str, answers: Mapping[str, Value]) -> dict[str, object]:
        """Return those answers that a case's process names, as JSON values; null where none was given."""
        facts = self.facts(answers)
        used = named(self.definition(case_id), self.decisions)
        return {key: json_value(value) for key, value in facts.items() if key in used}

    def claims(
        self,
        answers: Mapping[str, Value],
        person: Mapping[str, object] = _NONE,
        dossier: Mapping[str, object] = _NONE,
        draft: Mapping[str, Any] = _NONE,
    ) -> dict[str, object]:
        """Return the claims of the result as JSON values, dates as ISO text; null claims are left out.

        Raises ``PackageError`` when an expression fails on these facts.
        """
        rule = self.procedure.result
        if rule is None:
            return {}
        facts = self.form.facts(answers)
        written = self.draft.facts(draft) if self.draft else dict(draft)
        context = {
            **facts,
            "answers": facts,
            "person": person,
            "dossier": dossier,
            "draft": written,
        }
        return computed(rule, context)

    @cached_property
    def _definitions(self) -> dict[str, Definition]:
        return {}

    @cached_property
    def _narrowed(self) -> dict[str, "Package"]:
        return {} if self.procedure.cases else {DEFAULT_CASE: self}

    def _narrow(self, case_id: str) -> "Package":
        if case_id not in self._narrowed:
            only = narrowed(self.procedure, self.case(case_id))
            self._narrowed[case_id] = replace(self, procedure=only)
        return self._narrowed[case_id]

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        return tuple(self.form.samples())

    def _case(self, answers: Mapping[str, Value]) -> tuple[Case, dict[str, object]]:
        facts = self.facts(answers)
        for case in self.cases:
            if holds(case.when, facts, f"cases.{case.id}.when"):
                return case, facts
        raise wrong("cases", "a last case without a condition")

    def _limit(self, limit: TimeLimit, facts: Mapping[str, object]) -> TimeLimit:
        if not limit.decision:
            return limit
        found = ask(Rule(decision=limit.decision), facts, self.decisions, "time_limit")
        value = (
            limit.value
            if found is None
            else whole(found, f"time_limit.decision ({limit.decision})", least=1)
        )
        return changed(limit, value=min(value, limit.value), decision="")


def load_package(folder: Path) -> Package:
    """Read a package from its folder; raises ``PackageError`` that names file, key and what is expected."""
    return Package.from_data(read_folder(folder))


def load_packages(folder: Path) -> list[Package]:
    """Read every package below a folder of packages, in order of the folders' names."""
    return [load_package(found.parent) for found in sorted(folder.glob("*/procedure.toml"))]


@lru_cache(maxsize=1024)
def _compiled(
    xml: bytes, library: tuple[tuple[str, bytes], ...], decisions: tuple[tuple[str, bytes], ...]
) -> Definition:
    return load(xml, library=dict(library), decisions=dict(decisions))


def _check(package: Package) -> None:
    samples = package.form.samples()
    files = {
        "processes": package.processes,
        "decisions": package.decisions,
        "templates": package.templates,
    }
    check_procedure(package.procedure, samples, files)
    for key in PROCESS_NAMES:
        if key in samples:
            raise PackageError(
                "form.toml", key, "another key: the process knows something else by it"
            )
    if package.procedure.result:
        check_result(package.procedure.result, package.templates, samples)
    for case in package.cases:
        package.definition(case.id)
