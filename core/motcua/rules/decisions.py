"""Decisions from DMN files: read, check, compute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from motcua.errors import NotFound
from motcua.rules.dmn.model import Element, Model
from motcua.rules.dmn.reader import read
from motcua.rules.dmn.xml import parse
from motcua.rules.errors import DecisionError, Finding
from motcua.rules.expression import finish
from motcua.rules.run import Run
from motcua.rules.types import enter
from motcua.rules.values import Function, settled

MAX_STEPS = 500_000


@dataclass(frozen=True, slots=True)
class Decisions:
    """A decision file ready to use; safe to share between threads.

    ``names`` are the decisions in the order of the file, ``inputs`` the data they ask for;
    ``findings`` what is wrong with single expressions, which give null.
    """

    model: Model
    names: tuple[str, ...]
    inputs: tuple[str, ...]
    findings: tuple[Finding, ...]

    def needs(self, decision: str) -> tuple[str, ...]:
        """Return the names of the input data behind a decision; raises NotFound."""
        order = set(self.model.order([self.find(decision).id]) or ())
        found = (e for key, e in self.model.elements.items() if key in order)
        return tuple(each.name for each in found if each.kind == "input")

    def find(self, decision: str) -> Element:
        """Return a decision, a service or a function by id or name; raises NotFound."""
        if decision in self.model.elements:
            return self.model.elements[decision]
        wanted = " ".join(decision.split())
        own_first = sorted(self.model.elements, key=lambda key: "#" in key)
        for kind in ("decision", "service", "function"):
            for each in map(self.model.elements.__getitem__, own_first):
                if each.name == wanted and each.kind == kind:
                    return each
        raise NotFound(f"Không có quyết định '{decision}'", f"There is no decision '{decision}'")


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of a decision, and why tables gave null on the way."""

    value: object
    notes: tuple[Finding, ...]


def load_decisions(xml: bytes, *, imports: Sequence[bytes] = (), strict: bool = False) -> Decisions:
    """Read a DMN 1.1 to 1.5 file, and those it imports.

    Raises TooLarge, and DecisionError with its findings for what is no DMN or whose requirements
    lead nowhere or in a circle. A single expression that is wrong gives null, as the standard says,
    and stands in ``findings``; with ``strict`` it is a DecisionError too, as wanted for a file that
    is about to be published.
    """
    model, findings = read([parse(xml), *map(parse, imports)])
    wrong = [each for each in findings if each.level == "error"]
    if strict and wrong:
        raise DecisionError(wrong)
    own = [e for key, e in model.elements.items() if "#" not in key]
    names = tuple(e.name for e in own if e.kind == "decision")
    inputs = tuple(e.name for e in own if e.kind == "input")
    return Decisions(model, names, inputs, tuple(findings))


def lint_decisions(xml: bytes, *, imports: Sequence[bytes] = ()) -> tuple[Finding, ...]:
    """Return everything that is wrong with a DMN file, nothing for a good one; raises TooLarge."""
    try:
        return load_decisions(xml, imports=imports).findings
    except DecisionError as error:
        return error.findings


@lru_cache(maxsize=32)
def _loaded(xml: bytes) -> Decisions:
    return load_decisions(xml)


def decide(
    decisions: Decisions | bytes, decision: str, inputs: Mapping[str, object], *,
    now: datetime | None = None,
) -> object:  # fmt: skip
    """Compute a decision, a decision service or a business knowledge model, given by name or id.

    ``inputs`` are the values of the input data by name; one that is missing is null, and where the
    file declares a type, dates, times and durations may be ISO texts. What does not fit together is
    null (see ``explain`` for why). Raises NotFound for an unknown decision, RuleError when it takes
    more than 500,000 steps, DecisionError for a file that cannot be read.
    """
    return explain(decisions, decision, inputs, now=now).value


def explain(
    decisions: Decisions | bytes, decision: str, inputs: Mapping[str, object], *,
    now: datetime | None = None,
) -> Answer:  # fmt: skip
    """Compute a decision like ``decide``, and say where tables gave null and why."""
    found = _loaded(decisions) if isinstance(decisions, bytes) else decisions
    given = {" ".join(str(k).split()): settled(v) for k, v in inputs.items()}
    element, run = found.find(decision), Run({}, strict=False, now=now, left=MAX_STEPS)
    value = finish(lambda run: _compute(found.model, element, given, run), run)
    return Answer(value, tuple(run.notes))


def _compute(model: Model, element: Element, given: Mapping[str, object], run: Run) -> object:
    if element.kind == "service":
        needed = [model.elements[each] for each in element.parameters]
        values = {e.id: enter(given.get(e.name), e.type) for e in needed}
        return model.serve(element, model.entered(given, [element.id]) | values, run)
    if element.kind == "input":
        return enter(given.get(element.name), element.type)
    values = model.entered(given, [element.id])
    found = model.compute([element.id], values, run)[0]
    if element.kind == "function" and isinstance(found, Function):
        return run.invoke(found, [given.get(name) for name in found.parameters], (1, 1))
    return found
