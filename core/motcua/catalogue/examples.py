"""Plays a package's scenarios: the in-product tests that stand behind publishing a version.

No server, no database: the form cleans the answers, the rules decide on case, fee, papers, routing and
priority, and the pure engine carries the case through what happens, on a calendar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from motcua.catalogue.course import (
    USUAL_START,
    Course,
    ImpossibleError,
    TraceLine,
    aware,
    names,
    plain_calendar,
)
from motcua.catalogue.fees import fee
from motcua.catalogue.fields import Value
from motcua.catalogue.forms import InvalidAnswers
from motcua.catalogue.packages import Credential, Package
from motcua.catalogue.scenario import Happening, Scenario
from motcua.errors import Problem
from motcua.text import vn_moment

_NAMES_VI = {
    "wrong": "mục bị từ chối",
    "case": "trường hợp",
    "fee": "lệ phí",
    "papers": "giấy tờ phải nộp",
    "routed": "nơi giải quyết",
    "priority": "mức ưu tiên",
    "way": "các bước đã làm",
    "waits": "đang chờ ở",
    "ended": "đã kết thúc",
    "due": "hạn trả",
    "claims": "nội dung kết quả",
}
_CODE = "H00.00.00-260302-0001"


@dataclass(frozen=True)
class Difference:
    """One thing that came out otherwise than the scenario says; ``name`` is its key in ``then``."""

    name: str
    vi: str
    en: str

    def text(self, lang: str = "vi") -> str:
        """Return the difference in one line."""
        return self.en if lang == "en" else self.vi


@dataclass(frozen=True)
class Played:
    """What came of a scenario.

    ``found`` holds what ``then`` can speak of; ``taken`` are the ids of nodes and flows that the case went
    through, ``current`` and ``overdue`` those where it waits at the end: what a picture of the process marks.
    ``case`` is empty when the answers were refused.
    """

    case: str
    found: Mapping[str, object]
    trace: tuple[TraceLine, ...]
    differences: tuple[Difference, ...]
    way: tuple[str, ...] = ()
    taken: frozenset[str] = frozenset()
    current: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences


@dataclass
class _Findings:
    """What is known so far, and what went wrong on the way."""

    found: dict[str, object] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def refuse(self, name: str, vi: str, en: str) -> None:
        self.differences.append(Difference(name, f"{name}: {vi}", f"{name}: {en}"))


def run(package: Package, scenario: Scenario, today: date | None = None) -> list[str]:
    """Play one scenario; return what differs from its expectation, in English, nothing when all is right.

    ``today`` is the day on which the answers are read; the day of acceptance unless it is given.
    """
    return [difference.en for difference in play(package, scenario, today).differences]


def play(package: Package, scenario: Scenario, today: date | None = None) -> Played:
    """Play one scenario to its end, or to the first thing that cannot happen.

    Nothing is raised for a wrong package: a rule that fails on these answers is a difference too.
    """
    accepted = aware(scenario.given.accepted or USUAL_START)
    findings = _Findings()
    try:
        answers = package.form.clean(
            scenario.given.answers, scenario.given.prefilled, today=today or accepted.date()
        ).values
    except InvalidAnswers as refusal:
        return _refused(scenario, refusal, accepted)
    findings.found["wrong"] = []
    course = None
    try:
        _rules(package, scenario, answers, findings)
        course = _course(package, scenario, answers, findings, accepted)
        _run(package, scenario, course, answers, findings)
    except Problem as broken:
        fields = "".join(f"; {key}: {said}" for key, said in broken.fields.items())
        findings.refuse("package", broken.vi + fields, broken.en + fields)
    return _played(scenario, findings, course)


def _refused(scenario: Scenario, refusal: InvalidAnswers, accepted: datetime) -> Played:
    found: dict[str, object] = {"wrong": sorted(refusal.errors)}
    trace = tuple(
        TraceLine(accepted, 0, "refused", "", f"{key}: {said.vi}", f"{key}: {said.en}")
        for key, said in sorted(refusal.errors.items())
    )
    if found["wrong"] == sorted(scenario.then.wrong or []):
        return Played("", found, trace, ())
    said = _difference("wrong", sorted(scenario.then.wrong or []), found["wrong"])
    why = Difference(
        "wrong",
        f"{said.vi} ({'; '.join(line.vi for line in trace)})",
        f"{said.en} ({'; '.join(line.en for line in trace)})",
    )
    return Played("", found, trace, (why,))


def _rules(
    package: Package, scenario: Scenario, answers: Mapping[str, Value], findings: _Findings
) -> None:
    presented = tuple(
        Credential(vct_type=c.vct_type, claims=c.claims) for c in scenario.given.credentials
    )
    case = package.case_for(answers)
    findings.found |= {
        "case": case.id,
        "fee": fee(package, answers, channel=scenario.given.channel).amount,
        "papers": [paper.key for paper in package.papers_left(answers, presented)],
        "routed": package.route(answers),
        "priority": package.priority(answers),
    }


def _course(
    package: Package,
    scenario: Scenario,
    answers: Mapping[str, Value],
    findings: _Findings,
    accepted: datetime,
) -> Course:
    case = package.case_for(answers)
    limit = case.time_limit
    levels = ("province", "commune")
    routed = str(findings.found["routed"])
    return Course(
        definition=package.definition(case.id),
        calendar=plain_calendar(scenario.given.days),
        limit=limit.counted,
        accepted=accepted,
        variables=package.variables(
            case.id,
            answers,
            channel=scenario.given.channel,
            unit_level=scenario.given.unit_level
            or (routed if routed in levels else package.procedure.level[0]),
        ),
    )


def _run(
    package: Package,
    scenario: Scenario,
    course: Course,
    answers: Mapping[str, Value],
    findings: _Findings,
) -> None:
    if (stopped := course.run(scenario.when)) is not None:
        findings.refuse(*_impossible(*stopped, scenario.when))
    findings.found |= {
        "way": course.way,
        "waits": names(course.waits),
        "ended": course.ended,
        "due": course.deadline,
    }
    findings.found["claims"] = _claims(package, scenario, course, answers)


def _impossible(
    number: int, why: ImpossibleError, when: Sequence[Happening]
) -> tuple[str, str, str]:
    if number < 0:
        return "start", why.vi, why.en
    said = when[number]
    what = said.step or said.message or said.signal or said.service or said.after
    return f"when[{number}]", f"{said.kind} '{what}': {why.vi}", f"{said.kind} '{what}': {why.en}"


def _claims(
    package: Package, scenario: Scenario, course: Course, answers: Mapping[str, Value]
) -> dict[str, object]:
    given = scenario.given
    person = given.person or {
        source.removeprefix("person."): value
        for source, value in given.prefilled.items()
        if source.startswith("person.")
    }
    about = {"code": _CODE, "accepted_on": course.accepted.date()}
    return package.claims(answers, person, about, _drafted(package, scenario.when))


def _drafted(package: Package, when: Sequence[Happening]) -> dict[str, Any]:
    """Return the last draft, read as the officer's form reads it; each draft takes the place of the one before."""
    drafts = [happening.draft for happening in when if happening.draft]
    if not drafts or package.draft is None:
        return {}
    return dict(package.draft.clean(drafts[-1]).values)


def _played(scenario: Scenario, findings: _Findings, course: Course | None) -> Played:
    found, then = findings.found, scenario.then
    for name, actual in found.items():
        expected = getattr(then, name)
        if isinstance(expected, datetime):
            expected = aware(expected)
        if expected is not None and expected != actual:
            findings.differences.append(_difference(name, expected, actual))
    return Played(
        case=str(found.get("case", "")),
        found=found,
        trace=tuple(course.trace) if course else (),
        differences=tuple(findings.differences),
        way=tuple(course.way) if course else (),
        taken=frozenset(course.taken) if course else frozenset(),
        current=tuple(names(course.waits)) if course else (),
        overdue=tuple(course.overdue()) if course else (),
    )


def _difference(name: str, expected: object, actual: object) -> Difference:
    wanted, came = _written(expected), _written(actual)
    return Difference(
        name,
        f"{name} ({_NAMES_VI[name]}): cần {wanted}, ra {came}",
        f"{name}: expected {wanted}, found {came}",
    )


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return vn_moment(value)
    return repr(value)
