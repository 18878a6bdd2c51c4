"""What stands in ``procedure.toml``: the records of a procedure, each with its own rules."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from motcua.catalogue.fields import Key, Line
from motcua.catalogue.reading import Record
from motcua.worktime import Limit

#: Working hours of a day, to compare limits given in hours and in days.
HOURS_PER_DAY = 8
Slug = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,39}$")]
StepId = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}$")]
#: The name of a process file of the package.
ProcessFile = Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,59}\.bpmn)?$")]
#: ``fee.dmn#Lệ phí``: a decision of a file of the package, by its name or its id.
DecisionName = Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,59}\.dmn#[^#\r\n]{1,120})?$")]
#: The id of the one case of a procedure that has no cases.
DEFAULT_CASE = "default"
Hours = Annotated[float, Meta(ge=0, le=8000)]
Part = Literal["code", "name", "form", "papers", "steps", "fee", "time_limit", "result", "target"]


def _spoken(vi: str, en: str, lang: str) -> str:
    return (en or vi) if lang == "en" else vi


class TimeLimit(Record, frozen=True):
    """How long the law gives.

    ``same_day``: the working day of acceptance, or the next one when accepted after ``cutoff`` (``15:00``).
    ``working_days``, ``working_hours`` and ``calendar_days``: ``value`` of them. With ``first_day`` the day of
    acceptance is the first of the days; without, counting begins on the day after. ``extension_days`` is by
    how many days the office may prolong it in the cases that the text names: days of the calendar for a limit
    in those, working days for any other.

    A ``decision`` gives the value for these answers, ``value`` is the most it may be. ``Package.case_for``
    asks it; a limit that comes from there has no decision any more.
    """

    kind: Literal["same_day", "working_days", "working_hours", "calendar_days"]
    value: Annotated[int, Meta(ge=1, le=1000)] = 1
    first_day: bool = False
    decision: DecisionName = ""
    cutoff: Annotated[str, Meta(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9])?$")] = ""
    extension_days: Annotated[int, Meta(ge=0, le=365)] = 0
    text_vi: str = ""
    text_en: str = ""

    def text(self, lang: str) -> str:
        """Return the limit in words."""
        return _spoken(self.text_vi, self.text_en, lang)

    @property
    def counted(self) -> Limit:
        """The limit as the clock counts it."""
        value = 0 if self.kind == "same_day" else self.value
        return Limit(self.kind, value, self.cutoff or None, self.first_day)

    @property
    def hours(self) -> int:
        """The limit in working hours, for comparison."""
        return self.value if self.kind == "working_hours" else self.value * HOURS_PER_DAY


class FeePart(Record, frozen=True):
    """One line of the explanation of a fee: an amount of đồng, or a count that amounts are multiplied by."""

    text_vi: Line
    text_en: Line
    expression: Line
    when: str = ""
    unit: Literal["money", "count"] = "money"


class FeeRule(Record, frozen=True):
    """What is paid: a fixed ``amount`` of đồng (0 is free), an ``expression`` over the answers, or a ``decision``."""

    text_vi: Line
    text_en: Line
    amount: Annotated[int, Meta(ge=0)] | None = None
    expression: str = ""
    decision: DecisionName = ""
    lines: tuple[FeePart, ...] = ()

    def text(self, lang: str) -> str:
        """Return the rule in words."""
        return _spoken(self.text_vi, self.text_en, lang)

    @property
    def free(self) -> bool:
        """Nobody ever pays."""
        return not self.expression and not self.decision and not self.amount


class Rule(Record, frozen=True):
    """A value found from the answers, by an ``expression`` (FEEL) or a ``decision`` (DMN): one of the two."""

    expression: str = ""
    decision: DecisionName = ""


class Replacement(Record, frozen=True):
    """A credential that makes a paper unnecessary.

    ``vct_type`` is the key of its type. ``claims`` are claims with the value they must have; ``same`` maps a
    claim to the answer that it must equal, so that a credential about somebody else does not count.
    """

    vct_type: Slug
    claims: dict[str, str | int | bool] = msgspec.field(default_factory=dict)
    same: dict[str, Key] = msgspec.field(default_factory=dict)

    def accepts(self, vct_type: str, claims: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
        """Decide on the claims of a credential that was verified before."""
        return (
            vct_type == self.vct_type
            and all(claims.get(claim) == value for claim, value in self.claims.items())
            and all(
                key in answers and _equal(claims.get(claim), answers[key])
                for claim, key in self.same.items()
            )
        )


class Paper(Record, frozen=True):
    """A paper of the dossier; ``when`` (FEEL over the answers) says whether it is asked for at all."""

    key: Key
    name_vi: Line
    name_en: Line
    kind: Literal["original", "copy", "form", "present"]
    required: bool = True
    copies: Annotated[int, Meta(ge=0, le=50)] = 1
    when: str = ""
    note_vi: str = ""
    note_en: str = ""
    replaced_by: tuple[Replacement, ...] = ()

    def name(self, lang: str) -> str:
        """Return what the paper is called."""
        return _spoken(self.name_vi, self.name_en, lang)

    def replaced(
        self, vct_type: str, claims: Mapping[str, Any], answers: Mapping[str, Any]
    ) -> bool:
        """Tell whether a verified credential stands in for this paper."""
        return any(rule.accepts(vct_type, claims, answers) for rule in self.replaced_by)


class Step(Record, frozen=True):
    """One step between acceptance and return; ``hours`` are working hours.

    The first outcome continues with the next step; ``supplement``, ``refuse`` and ``return`` (to the step
    before) have their fixed meaning. A ``service`` step is done by the named handler. An ``optional`` step
    may be left out by a tenant.
    """

    id: StepId
    name_vi: Line
    name_en: Line
    role: str = ""
    hours: Hours = 0
    outcomes: tuple[Literal["ok", "supplement", "refuse", "return"], ...] = ("ok",)
    kind: Literal["user", "service"] = "user"
    handler: str = ""
    optional: bool = False

    def name(self, lang: str) -> str:
        """Return what the step is called."""
        return _spoken(self.name_vi, self.name_en, lang)


class ResultRule(Record, frozen=True):
    """What is issued: its document ``template`` and the ``claims`` of its credential (FEEL).

    Claims see the answers by key, ``person`` (full_name, pid, birth, address, phone), ``dossier`` and
    ``draft`` (what the officer filled in, see ``draft.toml``). ``hidden`` claims are shown to a verifier only when
    the holder selects them.
    """

    key: Slug
    name_vi: Line
    name_en: Line
    type: Annotated[str, Meta(pattern="^([a-z][a-z0-9-]{0,39})?$")] = ""
    template: str = ""
    claims: dict[Key, str] = msgspec.field(default_factory=dict)
    hidden: tuple[Key, ...] = ()
    valid_days: Annotated[int, Meta(ge=1)] | None = None

    def name(self, lang: str) -> str:
        """Return what the result is called."""
        return _spoken(self.name_vi, self.name_en, lang)


class Target(Record, frozen=True):
    """The time an office promises in public, at most the legal limit, in working hours."""

    hours: Annotated[float, Meta(gt=0, le=8000)]


class CaseRule(Record, frozen=True):
    """One of the cases (trường hợp) of a procedure: the first whose ``when`` holds is the dossier's.

    What a case does not say is as the procedure says it. ``papers`` are the keys of the procedure's papers
    that belong to it; ``steps`` or ``process`` are its own way.
    """

    id: Slug
    name_vi: Line
    name_en: Line
    when: str = ""
    time_limit: TimeLimit | None = None
    fee: FeeRule | None = None
    papers: tuple[Key, ...] | None = None
    steps: tuple[Step, ...] = ()
    process: ProcessFile = ""

    def name(self, lang: str) -> str:
        """Return what the case is called."""
        return _spoken(self.name_vi, self.name_en, lang)


class Child(Record, frozen=True):
    """A procedure that a bundle opens for its person, when ``when`` (FEEL over the bundle's answers) holds.

    ``answers`` maps the child's questions to FEEL over the bundle's answers, ``papers`` the child's papers to
    the bundle's that stand for them.
    """

    code: Annotated[str, Meta(pattern=r"^[1-3]\.[0-9]{6}(\.[0-9A-Z.]{2,24})?$")]
    when: str = ""
    answers: dict[Key, str] = msgspec.field(default_factory=dict)
    papers: dict[Key, Key] = msgspec.field(default_factory=dict)


class Procedure(Record, frozen=True):
    """A procedure as announced, in one version.

    ``verified`` says that code, name and time limit were read in a source; what ``sample`` names was not and
    is shown as sample data. ``required_papers`` gives the keys of the papers that the answers ask for,
    ``routing`` the level or the code of the unit that decides, ``priority`` a whole number, 0 for what waits
    its turn. The note is shown to whoever applies.
    """

    code: Annotated[str, Meta(pattern=r"^[1-3]\.[0-9]{6}(\.[0-9A-Z.]{2,24})?$")]
    version: Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,19}$")]
    name_vi: Line
    name_en: Line
    field: Slug
    field_vi: Line
    field_en: Line
    level: tuple[Literal["province", "commune"], ...]
    time_limit: TimeLimit
    fee: FeeRule
    papers: tuple[Paper, ...]
    keywords: tuple[str, ...] = ()
    verified: bool = False
    sample: tuple[Part, ...] = ()
    source: str = ""
    online: Literal["full", "partial", "none"] = "full"
    owner_system: str = "local"
    valid_from: date | None = None
    valid_to: date | None = None
    steps: tuple[Step, ...] = ()
    process: ProcessFile = ""
    cases: tuple[CaseRule, ...] = ()
    required_papers: Rule | None = None
    routing: Rule | None = None
    priority: Rule | None = None
    result: ResultRule | None = None
    children: tuple[Child, ...] = ()
    target: Target | None = None
    note_vi: str = ""
    note_en: str = ""

    def note(self, lang: str) -> str:
        """Return what applicants are told beside the rest."""
        return _spoken(self.note_vi, self.note_en, lang)

    def in_force(self, day: date) -> bool:
        """Tell whether the procedure is in force on a day; both ends count."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


def _equal(claim: object, answer: object) -> bool:
    return claim is not None and str(claim).casefold() == str(answer).casefold()
