"""Runs a package's scenarios: the in-product tests that also stand behind ``motcua plugin check``."""

from collections.abc import Mapping
from datetime import date

from motcua.catalogue.fees import fee
from motcua.catalogue.forms import Answers, InvalidAnswers
from motcua.catalogue.packages import Credential, Package
from motcua.catalogue.scenario import Scenario


def run(package: Package, scenario: Scenario, today: date | None = None) -> list[str]:
    """Play one scenario; return what differs from its expectation, in English, nothing when all is right."""
    expect = scenario.expect
    try:
        answers = package.form.clean(scenario.answers, scenario.prefilled, today=today)
    except InvalidAnswers as refusal:
        found = {key: error.en for key, error in refusal.errors.items()}
        return _differences({"wrong": (expect.wrong or [], sorted(found))}, str(found))
    return _differences(
        {"wrong": (expect.wrong or [], []), **_outcome(package, scenario, answers)}, ""
    )


def _outcome(
    package: Package, scenario: Scenario, answers: Answers
) -> dict[str, tuple[object, object]]:
    expect, values = scenario.expect, answers.values
    presented = tuple(
        Credential(vct_type=c.vct_type, claims=c.claims) for c in scenario.credentials
    )
    draft = package.draft.clean(scenario.draft).values if package.draft and scenario.draft else {}
    return {
        "fee": (expect.fee, fee(package, values).amount),
        "papers": (expect.papers, [p.key for p in package.papers_left(values, presented)]),
        "steps": (expect.steps, [step.id for step in package.procedure.steps]),
        "claims": (expect.claims, package.claims(values, scenario.person, {}, draft)),
    }


def _differences(found: Mapping[str, tuple[object, object]], note: str) -> list[str]:
    return [
        f"{name}: expected {expected!r}, found {actual!r} {note}".rstrip()
        for name, (expected, actual) in found.items()
        if expected is not None and expected != actual
    ]
