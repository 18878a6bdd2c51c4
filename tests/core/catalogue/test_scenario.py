"""Scenarios as they are read, and what they compare."""

import json
from datetime import date
from typing import Any

import pytest

from motcua.catalogue.examples import play, run
from motcua.catalogue.packages import Package
from motcua.catalogue.reading import PackageError
from motcua.catalogue.scenario import Scenario
from tests.core.catalogue.builders import form_data, package_data, question
from tests.core.catalogue.drawn import drawn, scenario


def _played(one: dict[str, Any], **changes: Any) -> list[str]:
    package = Package.from_data(package_data(**changes) | {"scenarios": [one]})
    return run(package, package.scenarios[0])


def test_a_scenario_survives_storage() -> None:
    one = scenario(
        given={
            "answers": {"copies": "2"},
            "accepted": "2026-03-02T09:00:00",
            "days": {"off": [date(2026, 3, 3)]},
        },
        when=[{"after": "2 working_days", "step": "check", "draft": {"a": 1}}],
        then={"due": "2026-03-09T17:00:00"},
    )
    package = drawn(one)
    stored = json.loads(json.dumps(package.to_data()))
    assert Package.from_data(stored) == package


def test_the_shape_of_version_0_1_is_read_without_what_cannot_be_checked_any_more() -> None:
    old = {"key": "old", "name_vi": "Cũ", "name_en": "Old", "answers": {"copies": "2"}}
    read = Scenario.from_data(
        old | {"draft": {"x": 1}, "expect": {"fee": 16_000, "steps": ["check"], "claims": {"a": 1}}}
    )
    assert (read.given.answers, read.then.fee, read.then.claims) == ({"copies": "2"}, 16_000, None)
    plain = Scenario.from_data(old | {"expect": {"claims": {"a": 1}, "steps": []}})
    assert plain.then.claims == {"a": 1}


@pytest.mark.parametrize(
    ("happening", "said"),
    [
        ({}, "one of step, message"),
        ({"step": "a", "message": "b"}, "one of step, message"),
        ({"after": "soon"}, "2 working_days"),
        ({"after": "2.5 working_days"}, "2 working_days"),
        ({"after": "1 working_days", "outcome": "ok"}, "only beside step"),
        ({"message": "a", "draft": {"x": 1}}, "only beside step"),
        ({"step": "a", "fails": "x"}, "fails only beside service"),
        ({"after": "1 working_days", "variables": {"x": 1}}, "variables beside"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_its_place(
    happening: dict[str, Any], said: str
) -> None:
    with pytest.raises(PackageError, match=said) as refusal:
        Scenario.from_data(scenario(when=[{"step": "check"}, happening]))
    assert (refusal.value.file, refusal.value.key) == ("scenarios/one.toml", "when[1]")


def test_what_is_not_named_is_not_checked() -> None:
    assert _played(scenario()) == []


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ({"fee": 1}, "fee: expected 1, found 16000"),
        ({"papers": []}, "papers: expected [], found ['proof']"),
        ({"case": "b"}, "case: expected 'b', found 'default'"),
        ({"way": ["check"]}, "way: expected ['check'], found []"),
        ({"waits": []}, "waits: expected [], found ['check']"),
        ({"ended": True}, "ended: expected True, found False"),
        (
            {"due": "2026-03-04T17:00:00"},
            "due: expected 17:00 04/03/2026, found 17:00 05/03/2026",
        ),
        ({"claims": {"a": 1}}, "claims: expected {'a': 1}, found {}"),
        ({"priority": 3}, "priority: expected 3, found 0"),
        ({"routed": "province"}, "routed: expected 'province', found ''"),
        ({"wrong": ["copies"]}, "wrong: expected ['copies'], found []"),
    ],
)
def test_each_difference_is_one_line(then: dict[str, Any], said: str) -> None:
    assert _played(scenario(then=then)) == [said]


def test_routing_and_priority_are_asked() -> None:
    routing = {"expression": 'if copies > 1 then "commune" else "0123"'}
    priority = {"expression": "copies * 10"}
    then = {"routed": "commune", "priority": 20}
    assert _played(scenario(then=then), routing=routing, priority=priority) == []


def test_a_refused_answer_is_what_was_expected_or_says_why_it_was_refused() -> None:
    given = {"answers": {"copies": "x"}}
    assert _played(scenario(given=given, then={"wrong": ["copies"]})) == []
    (said,) = _played(scenario(given=given, then={"fee": 1}))
    assert said.startswith("wrong: expected [], found ['copies'] (copies: Enter a whole number")


def test_a_rule_that_fails_on_the_answers_is_a_difference_and_no_crash() -> None:
    fee = {"text_vi": "x", "text_en": "x", "expression": "copies - 5"}
    (said,) = _played(scenario(), fee=fee)
    assert said.startswith("package: ")
    assert "fee" in said


def test_the_day_of_acceptance_is_today_for_the_form() -> None:
    data = package_data()
    data["form"] = form_data(question("copies", "integer"), question("born", "date", past=True))
    given = {"answers": {"copies": "1", "born": "3/3/2026"}, "accepted": "2026-03-02T09:00:00"}
    package = Package.from_data(
        data | {"scenarios": [scenario(given=given, then={"wrong": ["born"]})]}
    )
    assert run(package, package.scenarios[0]) == []
    assert run(package, package.scenarios[0], today=date(2026, 3, 3)) != []


def test_claims_see_the_person_the_sources_and_the_last_draft() -> None:
    data = package_data(
        result={
            "key": "r",
            "name_vi": "R",
            "name_en": "R",
            "claims": {"who": "person.full_name", "number": "draft.entry", "code": "dossier.code"},
        }
    ) | {"draft": form_data(question("entry", "integer", required=True))}
    one = scenario(
        given={"answers": {"copies": "1"}, "prefilled": {"person.full_name": "Nguyễn Văn Mẫu"}},
        when=[{"step": "check", "draft": {"entry": "1"}}],
    )
    package = Package.from_data(data | {"scenarios": [one]})
    claims = play(package, package.scenarios[0]).found["claims"]
    assert isinstance(claims, dict)
    assert (claims["who"], claims["number"]) == ("Nguyễn Văn Mẫu", 1)
    one["when"] = [{"step": "check", "draft": {"entry": "x"}}]
    package = Package.from_data(data | {"scenarios": [one]})
    (said,) = run(package, package.scenarios[0])
    assert "entry" in said
