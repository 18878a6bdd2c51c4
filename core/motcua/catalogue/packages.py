"""Procedure packages: a folder that makes a procedure, loaded once, stored as data, never changed.

``procedure.toml`` · ``form.toml`` · optional ``draft.toml`` (what the officer fills in for the result) ·
optional ``process.bpmn`` · ``*.typ`` templates · ``scenarios/*.toml``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from motcua.catalogue.fields import Value
from motcua.catalogue.forms import Form, shown, try_expression
from motcua.catalogue.procedure import Paper, Procedure, ResultRule
from motcua.catalogue.reading import (
    PackageError,
    Record,
    convert,
    json_value,
    plain,
    read_text,
    read_toml,
    sha256,
)
from motcua.catalogue.scenario import Scenario
from motcua.rules import RuleError, evaluate

_NONE: Mapping[str, Any] = {}
_FILES = {"procedure.toml", "form.toml", "draft.toml", "process.bpmn"}


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
    process: str = ""
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
        draft = data.get("draft")
        package = cls(
            procedure=convert(data.get("procedure"), Procedure, "procedure.toml"),
            form=Form.from_data(data.get("form")),
            draft=Form.from_data(draft, "draft.toml") if draft is not None else None,
            process=convert(data.get("process", ""), str, "process.bpmn"),
            templates=convert(data.get("templates", {}), dict[str, str], "templates"),
            scenarios=tuple(
                convert(scenario, Scenario, f"scenarios/{scenario.get('key', '')}.toml")
                for scenario in convert(
                    data.get("scenarios", []), list[dict[str, Any]], "scenarios"
                )
            ),
        )
        _check(package)
        return package

    def to_data(self) -> dict[str, Any]:
        """Return the package as JSON-able data, for the database."""
        data: dict[str, Any] = {"procedure": plain(self.procedure), "form": self.form.to_data()}
        if self.draft is not None:
            data["draft"] = self.draft.to_data()
        if self.process:
            data["process"] = self.process
        return data | {
            "templates": dict(self.templates),
            "scenarios": [plain(scenario) for scenario in self.scenarios],
        }

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the canonical JSON of the content: the same content has the same value."""
        return sha256(self.to_data())

    def papers_for(self, answers: Mapping[str, Value]) -> list[Paper]:
        """Return the papers that are asked for, given the answers."""
        facts = self.form.facts(answers)
        return [paper for paper in self.procedure.papers if shown(paper.when, facts)]

    def papers_left(
        self, answers: Mapping[str, Value], credentials: tuple[Credential, ...] = ()
    ) -> list[Paper]:
        """Return the papers still to be handed in when these verified credentials were presented."""
        return [
            paper
            for paper in self.papers_for(answers)
            if not any(paper.replaced(c.vct_type, c.claims, answers) for c in credentials)
        ]

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
        found = {name: _value(name, text, context) for name, text in rule.claims.items()}
        return {name: json_value(value) for name, value in found.items() if value is not None}


def load_package(folder: Path) -> Package:
    """Read a package from its folder; raises ``PackageError`` that names file, key and what is expected."""
    files = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    for name in files:
        if name not in _FILES and not name.endswith(".typ"):
            raise PackageError(name, "", f"no such file: a package has {sorted(_FILES)} and *.typ")
    data: dict[str, Any] = {
        "procedure": read_toml(folder / "procedure.toml"),
        "form": read_toml(folder / "form.toml"),
        "templates": {n: read_text(p) for n, p in files.items() if n.endswith(".typ")},
        "scenarios": [
            {"key": path.stem, **read_toml(path, f"scenarios/{path.name}")}
            for path in sorted((folder / "scenarios").glob("*.toml"))
        ],
    }
    if "draft.toml" in files:
        data["draft"] = read_toml(files["draft.toml"])
    if "process.bpmn" in files:
        data["process"] = read_text(files["process.bpmn"])
    return Package.from_data(data)


def load_packages(folder: Path) -> list[Package]:
    """Read every package below a folder of packages, in order of the folders' names."""
    return [load_package(found.parent) for found in sorted(folder.glob("*/procedure.toml"))]


def _value(name: str, text: str, context: Mapping[str, object]) -> object:
    try:
        value = evaluate(text, context, unknown="null")
    except RuleError as broken:
        raise PackageError("procedure.toml", f"result.claims.{name}", str(broken)) from broken
    return value


def _check(package: Package) -> None:
    procedure, samples = package.procedure, package.form.samples()
    _check_header(procedure)
    _check_fee(procedure, samples)
    _check_papers(procedure, samples)
    _check_steps(procedure, package.process)
    if procedure.result:
        _check_result(procedure.result, package, samples)


def _wrong(key: str, expected: str) -> PackageError:
    return PackageError("procedure.toml", key, expected)


def _check_header(procedure: Procedure) -> None:
    limit, target = procedure.time_limit, procedure.target
    if not procedure.level:
        raise _wrong("level", "province, commune or both")
    first, last = procedure.valid_from, procedure.valid_to
    if first and last and last < first:
        raise _wrong("valid_to", f"a day not before valid_from ({first.isoformat()})")
    if limit.kind == "same_day" and (limit.value != 1 or not limit.cutoff):
        raise _wrong("time_limit", "for same_day: no value, and a cutoff such as 15:00")
    if limit.kind != "same_day" and limit.cutoff:
        raise _wrong("time_limit.cutoff", "nothing: only same_day has a cutoff")
    if target and target.hours > limit.hours:
        raise _wrong("target.hours", f"at most the legal limit ({limit.hours} working hours)")


def _check_fee(procedure: Procedure, samples: Mapping[str, object]) -> None:
    fee = procedure.fee
    if (fee.amount is None) == (not fee.expression):
        raise _wrong("fee", "either amount (0 for free) or expression")
    try_expression(fee.expression, samples, "procedure.toml", "fee.expression")
    for n, line in enumerate(fee.lines):
        try_expression(line.expression, samples, "procedure.toml", f"fee.lines[{n}].expression")
        try_expression(line.when, samples, "procedure.toml", f"fee.lines[{n}].when")


def _check_papers(procedure: Procedure, samples: Mapping[str, object]) -> None:
    _unique([paper.key for paper in procedure.papers], "papers", "key")
    for n, paper in enumerate(procedure.papers):
        try_expression(paper.when, samples, "procedure.toml", f"papers[{n}].when")
        for m, rule in enumerate(paper.replaced_by):
            for claim, key in rule.same.items():
                if key not in samples:
                    where = f"papers[{n}].replaced_by[{m}].same.{claim}"
                    raise _wrong(where, f"the key of a form field, not {key!r}")


def _check_steps(procedure: Procedure, process: str) -> None:
    _unique([step.id for step in procedure.steps], "steps", "id")
    if bool(procedure.steps) == bool(procedure.process):
        raise _wrong("steps", 'either [[steps]] or process = "process.bpmn"')
    if bool(procedure.process) != bool(process):
        raise PackageError("process.bpmn", "", "a file exactly when procedure.toml names it")
    for n, step in enumerate(procedure.steps):
        if step.kind == "service" and not step.handler:
            raise _wrong(f"steps[{n}].handler", "the name of the handler of a service step")
        if step.kind == "user" and (step.handler or not step.role):
            raise _wrong(f"steps[{n}].role", "a role and no handler for a user step")
        if not step.outcomes or step.outcomes[0] != "ok":
            raise _wrong(f"steps[{n}].outcomes", "a list that begins with ok")


def _check_result(rule: ResultRule, package: Package, samples: dict[str, object]) -> None:
    if rule.template and rule.template not in package.templates:
        raise _wrong(
            "result.template", f"one of the package's templates: {sorted(package.templates)}"
        )
    for name in rule.hidden:
        if name not in rule.claims:
            raise _wrong("result.hidden", f"names of claims, not {name!r}")
    context = {**samples, "answers": samples, "person": {}, "dossier": {}, "draft": {}}
    for name, text in rule.claims.items():
        _value(name, text, context)


def _unique(keys: list[str], table: str, name: str) -> None:
    for n, key in enumerate(keys):
        if key in keys[:n]:
            raise _wrong(f"{table}[{n}].{name}", f"a value that is not taken, not {key!r}")
