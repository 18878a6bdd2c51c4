"""The course of a scenario: steps, services, messages, timers, pauses, and what cannot happen."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.catalogue.course import MOST_TURNS
from motcua.catalogue.examples import Played, play
from motcua.text import VIETNAM
from tests.core.catalogue.drawn import HEAD, TAIL, drawn, scenario

DONE = {"step": "check", "outcome": "ok"}
ASKED = {"step": "check", "outcome": "ask"}


def _came(*when: dict[str, Any], process: str = "", **given: Any) -> Played:
    one = scenario(when=list(when), given={"answers": {"copies": "2"}} | given)
    package = drawn(one, **({"process": process} if process else {}))
    return play(package, package.scenarios[0])


def _moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=VIETNAM)


def test_a_step_goes_on_and_the_system_does_its_own() -> None:
    came = _came(DONE)
    assert came.differences == ()
    assert came.way == ("check", "pay")
    assert came.found["ended"] is True
    assert {"check", "no", "pay", "end"} <= came.taken
    assert not {"yes", "wait", "mend"} & came.taken
    assert came.current == ()


def test_the_first_outcome_is_taken_unless_one_is_named() -> None:
    assert _came({"step": "check"}).way == ("check", "pay")


def test_an_outcome_that_the_step_does_not_offer_stops_the_course() -> None:
    came = _came({"step": "check", "outcome": "maybe"}, DONE)
    (said,) = came.differences
    assert said.en.startswith("when[0]: step 'check':")
    assert "ok, ask" in said.en


def test_a_service_that_is_named_waits_for_its_line_and_may_fail() -> None:
    came = _came(DONE, {"service": "pay", "fails": "refused"})
    assert came.way == ("check",)
    assert came.current == ("mend",)
    later = _came(DONE, {"after": "1 working_hours", "service": "pay", "variables": {"x": 1}})
    assert later.way == ("check", "pay")
    assert later.trace[-1].minutes == 60


def test_a_failure_that_nothing_catches_is_said() -> None:
    (said,) = _came(DONE, {"service": "pay", "fails": "nonsense"}).differences
    assert said.name == "when[1]"


def test_a_pause_moves_the_due_moment_and_stands_in_the_trace() -> None:
    came = _came(ASKED, {"after": "2 working_days", "message": "answered"}, DONE)
    assert came.found["due"] == _moment(9, 17)
    kinds = [line.kind for line in came.trace]
    assert kinds.index("paused") < kinds.index("message") < kinds.index("resumed")


def test_a_case_that_still_pauses_has_a_due_moment_as_if_it_ended_now() -> None:
    came = _came(ASKED, {"after": "1 working_days"})
    assert came.found["due"] == _moment(6, 17)
    assert came.current == ("wait",)


def test_days_that_the_scenario_names_are_off_or_worked() -> None:
    off = _came(days={"off": [date(2026, 3, 3)]})
    assert off.found["due"] == _moment(6, 17)
    friday: dict[str, Any] = {
        "accepted": "2026-03-06T09:00:00",
        "days": {"working": [date(2026, 3, 7)]},
    }
    assert _came(**friday).found["due"] == _moment(10, 17)


def test_a_timer_fires_at_its_moment_while_time_passes() -> None:
    came = _came({"after": "3 working_days"})
    (fired,) = [line for line in came.trace if line.kind == "timer"]
    assert fired.at == _moment(3, 17)
    assert set(came.current) == {"check", "remind"}
    assert came.overdue == ("check",)


def test_a_timer_that_is_not_due_yet_does_not_fire() -> None:
    came = _came({"after": "1 working_days"})
    assert came.current == ("check",)
    assert all(line.kind != "timer" for line in came.trace)


def test_what_waits_instead_is_said_when_a_step_cannot_be_done() -> None:
    (said,) = _came({"step": "mend"}).differences
    assert (
        said.en
        == "when[0]: step 'mend': the step 'mend' does not wait here; what waits: check (user), late (timer)"
    )
    assert said.vi.startswith("when[0]: step 'mend': bước 'mend' không chờ ở đây")


def test_a_message_that_nobody_waits_for_is_said() -> None:
    (said,) = _came({"message": "answered"}).differences
    assert said.name == "when[0]"


RUNNING = f"""{HEAD}
    <startEvent id="begin"/>
    <userTask id="check" name="Xem" mc:role="specialist"/>
    <boundaryEvent id="soon" attachedToRef="check" cancelActivity="true">
      <timerEventDefinition id="t1" mc:afterDue="0 working_hours"/>
    </boundaryEvent>
    <serviceTask id="note" name="Ghi" mc:handler="issue_result"/>
    <exclusiveGateway id="again"/>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="again"/>
    <sequenceFlow id="f2" sourceRef="again" targetRef="check"/>
    <sequenceFlow id="f3" sourceRef="soon" targetRef="note"/>
    <sequenceFlow id="f4" sourceRef="note" targetRef="again"/>
    <sequenceFlow id="f5" sourceRef="check" targetRef="end"/>
{TAIL}"""


def test_a_course_that_never_rests_is_stopped_and_said() -> None:
    came = _came({"after": "5 working_days"}, process=RUNNING)
    (said,) = came.differences
    assert "does not come to rest" in said.en
    assert len(came.trace) <= 2 * MOST_TURNS


def test_a_timer_before_the_due_moment_waits_while_the_clock_stands_still() -> None:
    process = RUNNING.replace(
        'mc:afterDue="0 working_hours"', 'mc:beforeDue="1 working_days"'
    ).replace('sourceRef="note" targetRef="again"', 'sourceRef="note" targetRef="end"')
    came = _came({"after": "2 working_days"}, process=process)
    assert came.way == ()
    came = _came({"after": "3 working_days"}, process=process)
    (fired,) = [line for line in came.trace if line.kind == "timer"]
    assert fired.at == _moment(4, 17)
    assert came.way == ("note",)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_trace_line_shows_working_time_moment_and_what_happened(lang: str) -> None:
    line = _came({"after": "9 working_hours"}, DONE).trace[-2]
    assert line.text(lang).startswith("+  9:00  09:00 03/03/2026  ")


HAPPENINGS = st.one_of(
    st.builds(
        lambda step, outcome: {"step": step, "outcome": outcome},
        st.sampled_from(["check", "remind", "mend", "nowhere"]),
        st.sampled_from(["", "ok", "ask", "strange"]),
    ),
    st.just({"message": "answered"}),
    st.just({"signal": "nobody"}),
    st.sampled_from([{"service": "pay"}, {"service": "pay", "fails": "refused"}]),
    st.builds(
        lambda number, unit: {"after": f"{number} {unit}"},
        st.integers(0, 9),
        st.sampled_from(["working_days", "working_hours", "calendar_days"]),
    ),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(HAPPENINGS, max_size=8))
def test_whatever_happens_is_played_or_said(when: list[dict[str, Any]]) -> None:
    came = _came(*when)
    moments = [line.at for line in came.trace]
    assert moments == sorted(moments)
    assert [line.minutes for line in came.trace] == sorted(line.minutes for line in came.trace)
    definition = drawn().definition()
    assert came.taken <= definition.nodes.keys() | definition.flows.keys()
    assert set(came.way) <= came.taken
    assert len(came.differences) <= 1


ASKING = f"""{HEAD}
    <startEvent id="begin"/>
    <userTask id="ask" name="Hỏi" mc:role="head"/>
    <userTask id="give" name="Góp ý" mc:role="specialist">
      <multiInstanceLoopCharacteristics isSequential="false" mc:collection="offices" mc:element="office"/>
    </userTask>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="ask"/>
    <sequenceFlow id="f2" sourceRef="ask" targetRef="give"/>
    <sequenceFlow id="f3" sourceRef="give" targetRef="end"/>
{TAIL}"""


def test_of_a_repeated_step_the_item_chooses_one() -> None:
    asked = {"step": "ask", "variables": {"offices": ["tax", "land"]}}
    came = _came(asked, {"step": "give", "item": "land"}, process=ASKING)
    assert came.differences == ()
    assert came.current == ("give",)
    (said,) = _came(
        asked, {"step": "give", "item": "land"}, {"step": "give", "item": "land"}, process=ASKING
    ).differences
    assert said.name == "when[2]"
    done = _came(asked, {"step": "give"}, {"step": "give"}, process=ASKING)
    assert done.found["ended"] is True
    assert done.way == ("ask", "give", "give")
