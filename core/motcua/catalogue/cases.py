"""The cases (trường hợp) of a procedure: each with its own limit, fee, papers and way."""

from dataclasses import dataclass

from msgspec.structs import replace

from motcua.catalogue.procedure import (
    DEFAULT_CASE,
    CaseRule,
    FeeRule,
    Paper,
    Procedure,
    Step,
    TimeLimit,
)
from motcua.process import StepSpec, compile_steps


@dataclass(frozen=True)
class Case:
    """A case with everything resolved: what it does not say itself is as the procedure says it.

    ``process`` is the name of a file of the package, or empty when ``steps`` are the way.
    """

    id: str
    name_vi: str
    name_en: str
    when: str
    time_limit: TimeLimit
    fee: FeeRule
    papers: tuple[Paper, ...]
    steps: tuple[Step, ...]
    process: str

    def name(self, lang: str) -> str:
        """Return what the case is called; empty for the one case of a procedure without cases."""
        return (self.name_en or self.name_vi) if lang == "en" else self.name_vi


def cases_of(procedure: Procedure) -> tuple[Case, ...]:
    """Return the cases of a procedure in order; one called ``default`` when it has none."""
    rules = procedure.cases
    if not rules:
        return (_resolved(procedure, None),)
    return tuple(_resolved(procedure, rule) for rule in rules)


def narrowed(procedure: Procedure, case: Case) -> Procedure:
    """Return the procedure as it is for dossiers of one case."""
    only = CaseRule(id=case.id, name_vi=case.name_vi, name_en=case.name_en)
    return replace(
        procedure,
        time_limit=case.time_limit,
        fee=case.fee,
        papers=case.papers,
        steps=case.steps,
        process=case.process,
        cases=(only,),
    )


def drawn(case: Case, key: str, name: str) -> bytes:
    """Return the BPMN 2.0 of a case whose way is a list of steps; raises ``ProcessError``."""
    steps = [
        StepSpec(
            id=step.id,
            name_vi=step.name_vi,
            name_en=step.name_en,
            role=step.role,
            hours=step.hours,
            kind=step.kind,
            handler=step.handler,
            outcomes=step.outcomes if len(step.outcomes) > 1 else (),
        )
        for step in case.steps
    ]
    return compile_steps(key, name, steps)


def _resolved(procedure: Procedure, rule: CaseRule | None) -> Case:
    if rule is None:
        rule = CaseRule(id=DEFAULT_CASE, name_vi="", name_en="")
    own_way = bool(rule.steps or rule.process)
    papers = procedure.papers
    if rule.papers is not None:
        papers = tuple(paper for paper in papers if paper.key in rule.papers)
    return Case(
        id=rule.id,
        name_vi=rule.name_vi,
        name_en=rule.name_en,
        when=rule.when,
        time_limit=rule.time_limit or procedure.time_limit,
        fee=rule.fee or procedure.fee,
        papers=papers,
        steps=rule.steps if own_way else procedure.steps,
        process=rule.process if own_way else procedure.process,
    )
