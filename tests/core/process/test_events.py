"""Boundary events, event sub-processes, event-based gateways, errors, escalations, signals, timers."""

from decimal import Decimal

import pytest

from motcua.errors import Conflict
from motcua.process import (
    Complete,
    Message,
    ServiceDone,
    ServiceFailed,
    Signal,
    Timer,
    TimerFired,
    lint,
    load,
    start,
    step,
)
from tests.core.process.blocks import document
from tests.core.process.drawn import (
    ANY_ERROR,
    DAYS,
    END,
    ERROR,
    ESCALATION,
    MESSAGE,
    NAMES,
    SIGNAL,
    START,
    TERMINATE,
    beside,
    boundary,
    flows,
    handler,
    kinds,
    places,
    send,
    services,
    sub,
    token,
    users,
    walk,
)

E2 = '<endEvent id="e2"/>'


def test_an_interrupting_boundary_event_takes_the_step_away() -> None:
    definition = load(
        document(
            START + END + E2 + users("a") + services("told") + boundary("b", "a", SIGNAL)
            + flows("s a e", "b told e2"), before=NAMES,
        )
    )  # fmt: skip
    now = start(definition)
    (wait, watched) = now.waits
    assert (wait.node, wait.optional) == ("a", False)
    assert (watched.kind, watched.signal, watched.attached_to_token) == (
        "signal", "withdrawn", wait.token,
    )  # fmt: skip
    now = send(definition, now, Signal("withdrawn", {"why": "tự nguyện"}))
    assert kinds(now) == [
        "cancelled a", "entered b", "completed b", "left b", "flow_taken told", "entered told",
    ]  # fmt: skip
    assert places(now) == "told"
    assert beside(now) == ""
    assert now.state.variables == {"why": "tự nguyện"}
    with pytest.raises(Conflict):
        send(definition, now, Complete(wait.token))
    with pytest.raises(Conflict):
        send(definition, now, Signal("withdrawn"))


def test_a_boundary_event_that_does_not_interrupt_runs_beside_the_step() -> None:
    definition = load(
        document(
            START + END + E2 + users("a remind") + boundary("b", "a", DAYS, 'cancelActivity="false"')
            + flows("s a e", "b remind e2"),
        )
    )  # fmt: skip
    now = start(definition)
    assert now.waits[1].timer == Timer("working", Decimal(3), "working_days")
    fired = TimerFired(token(now, "b"))
    now = send(definition, now, fired)
    assert places(now) == "a remind"
    assert beside(now) == ""
    with pytest.raises(Conflict):
        send(definition, now, fired)
    now = walk(definition, now, "a")
    assert not now.ended
    assert walk(definition, now, "remind").ended


def test_a_message_beside_the_step_can_come_more_than_once() -> None:
    definition = load(
        document(
            START + END + E2 + users("a read") + boundary("b", "a", MESSAGE, 'cancelActivity="false"')
            + flows("s a e", "b read e2"), before=NAMES,
        )
    )  # fmt: skip
    now = walk(definition, start(definition), "@paid", "@paid")
    assert places(now) == "a read read"
    assert beside(now) == "b"
    now = walk(definition, now, "a")
    with pytest.raises(Conflict):
        send(definition, now, Message("paid"))
    assert walk(definition, now, "read", "read").ended


def test_a_message_comes_to_the_way_of_the_case_before_what_watches() -> None:
    definition = load(
        document(
            START + END + E2 + '<parallelGateway id="x"/>' + users("a read")
            + '<receiveTask id="pay" mc:message="paid"/>' + boundary("b", "a", MESSAGE)
            + flows("s x a e", "x pay e", "b read e2"), before=NAMES,
        )
    )  # fmt: skip
    now = walk(definition, start(definition), "@paid")
    assert places(now) == "a"
    assert places(walk(definition, now, "@paid")) == "read"


def test_an_error_of_a_handler_goes_to_its_boundary_event() -> None:
    definition = load(
        document(
            START + END + E2 + services("fetch") + users("byhand other")
            + boundary("b", "fetch", ERROR) + boundary("c", "fetch", ANY_ERROR)
            + flows("s fetch e", "b byhand e2", "c other e2"), before=NAMES,
        )
    )  # fmt: skip
    now = start(definition)
    assert beside(now) == ""
    failed = send(
        definition, now, ServiceFailed(now.waits[0].token, "unpaid", {"reason": "hết hạn"})
    )
    assert places(failed) == "byhand"
    assert kinds(failed)[:2] == ["failed fetch", "cancelled fetch"]
    assert (failed.records[0].detail, failed.state.variables) == ("unpaid", {"reason": "hết hạn"})
    assert places(send(definition, now, ServiceFailed(now.waits[0].token, "?"))) == "other"


def test_an_error_that_nobody_catches_is_a_conflict_and_changes_nothing() -> None:
    definition = load(document(START + END + services("fetch") + flows("s fetch e")))
    now = start(definition)
    with pytest.raises(Conflict, match="unpaid"):
        send(definition, now, ServiceFailed(now.waits[0].token, "unpaid"))
    assert send(definition, now, ServiceDone(now.waits[0].token)).ended


def test_an_error_end_goes_up_to_the_first_scope_that_catches_it() -> None:
    inner = sub("q", users("b") + flows("q.s b q.e")).replace(
        '<endEvent id="q.e"/>', f'<endEvent id="q.e">{ERROR}</endEvent>'
    )
    definition = load(
        document(
            START + END + E2 + sub("p", inner + '<parallelGateway id="x"/>' + users("a")
            + flows("p.s x q p.e", "x a p.e")) + users("fix") + boundary("b1", "p", ERROR)
            + flows("s p e", "b1 fix e2"), before=NAMES,
        )
    )  # fmt: skip
    now = walk(definition, start(definition), "b")
    assert places(now) == "fix"
    assert [r for r in kinds(now) if r.startswith("cancelled")] == [
        "cancelled p", "cancelled q", "cancelled a",
    ]  # fmt: skip
    assert now.state.parents == {}


def test_an_event_sub_process_takes_over_its_scope() -> None:
    definition = load(
        document(
            START + END + '<parallelGateway id="x"/><parallelGateway id="y"/>' + users("a b")
            + flows("s x a y e", "x b y")
            + handler("w", SIGNAL, users("confirm") + flows("w.s confirm w.e")), before=NAMES,
        )
    )  # fmt: skip
    now = start(definition)
    assert [w.node for w in now.waits] == ["a", "b", "w.s"]
    now = walk(definition, now, "a", "!withdrawn")
    assert [r for r in kinds(now) if r.startswith("cancelled")] == ["cancelled b", "cancelled y"]
    assert places(now) == "confirm"
    assert beside(now) == ""
    now = walk(definition, now, "confirm")
    assert now.ended
    assert kinds(now)[-1] == "ended w.e"


def test_an_event_sub_process_beside_its_scope_keeps_it_open() -> None:
    definition = load(
        document(
            START + END + users("a") + flows("s a e")
            + handler("w", MESSAGE, users("read") + flows("w.s read w.e"), 'isInterrupting="false"'),
            before=NAMES,
        )
    )  # fmt: skip
    now = walk(definition, start(definition), "@paid", "@paid", "a")
    assert places(now) == "read read"
    now = walk(definition, now, "read")
    assert not now.ended
    assert beside(now) == "w.s"
    now = walk(definition, now, "read")
    assert now.ended
    assert now.waits == ()


def test_an_error_inside_an_event_sub_process_goes_outside() -> None:
    again = handler("w", ERROR, users("fix") + '<endEvent id="again">' + ERROR + "</endEvent>"
                    + '<exclusiveGateway id="x" default="x-w.e"/>'
                    + flows('w.s fix x w.e', 'x ?outcome = "no"? again'))  # fmt: skip
    inner = sub("p", services("fetch") + flows("p.s fetch p.e") + again)
    definition = load(
        document(
            START + END + E2 + inner + users("stop") + boundary("b", "p", ANY_ERROR)
            + flows("s p e", "b stop e2"), before=NAMES,
        )
    )  # fmt: skip
    now = start(definition)
    now = send(definition, now, ServiceFailed(now.waits[0].token, "unpaid"))
    assert places(now) == "fix"
    assert walk(definition, now, "fix=yes").ended
    assert places(walk(definition, now, "fix=no")) == "stop"


def test_an_escalation_reaches_the_leader_while_the_work_goes_on() -> None:
    throw = f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>'
    definition = load(
        document(
            START + END + E2 + sub("p", users("a b") + throw + flows("p.s a up b p.e")) + users("help")
            + boundary("c", "p", ESCALATION, 'cancelActivity="false"') + flows("s p e", "c help e2"),
            before=NAMES,
        )
    )  # fmt: skip
    now = walk(definition, start(definition), "a")
    assert places(now) == "b help"
    assert walk(definition, now, "b", "help").ended


def test_an_interrupting_escalation_ends_the_work_and_an_unheard_one_does_nothing() -> None:
    escalates = sub("p", users("a") + flows("p.s a p.e")).replace(
        '<endEvent id="p.e"/>', f'<endEvent id="p.e">{ESCALATION}</endEvent>'
    )
    heard = boundary("c", "p", ESCALATION) + users("help") + E2 + flows("c help e2")
    definition = load(document(START + END + escalates + heard + flows("s p e"), before=NAMES))
    assert places(walk(definition, start(definition), "a")) == "help"
    definition = load(document(START + END + escalates + flows("s p e"), before=NAMES))
    assert walk(definition, start(definition), "a").ended


def test_a_signal_thrown_reaches_the_waits_of_the_same_case() -> None:
    throw = f'<intermediateThrowEvent id="call">{SIGNAL}</intermediateThrowEvent>'
    catch = f'<intermediateCatchEvent id="hear">{SIGNAL}</intermediateCatchEvent>'
    definition = load(
        document(
            START + END + E2 + '<parallelGateway id="x"/>' + users("a b c d") + throw + catch
            + boundary("w", "b", SIGNAL) + flows("s x a call e", "x b e", "x hear c e", "w d e2"),
            before=NAMES,
        )
    )  # fmt: skip
    now = start(definition)
    assert places(now) == "a b hear"
    now = walk(definition, now, "a")
    assert places(now) == "c d"


def test_terminate_ends_its_scope_only() -> None:
    inner = '<parallelGateway id="x"/>' + users("a b") + f'<endEvent id="t">{TERMINATE}</endEvent>'
    definition = load(
        document(
            START + END + sub("p", inner + flows("p.s x a t", "x b p.e")) + users("c")
            + flows("s p c e")
        )
    )  # fmt: skip
    now = walk(definition, start(definition), "a")
    assert places(now) == "c"
    assert "cancelled b" in kinds(now)
    whole = load(
        document(START + END.replace("/>", f">{TERMINATE}</endEvent>") + inner.replace('<endEvent id="t">'
                 + TERMINATE + "</endEvent>", "") + flows("s x a e", "x b e"))
    )  # fmt: skip
    now = walk(whole, start(whole), "b")
    assert now.ended
    assert kinds(now)[-2:] == ["cancelled a", "ended e"]


CHOICE = (
    START + END + '<eventBasedGateway id="g"/><intermediateCatchEvent id="paid" mc:state="6">'
    + MESSAGE + '</intermediateCatchEvent><intermediateCatchEvent id="late">'
    '<timerEventDefinition><timeDuration>P5D</timeDuration></timerEventDefinition>'
    '</intermediateCatchEvent><receiveTask id="gone" mc:message="gone" mc:clock="pause"/>'
    + users("a b") + flows("s g paid a e", "g late b e", "g gone e")
)  # fmt: skip


def test_the_first_event_behind_an_event_gateway_takes_all() -> None:
    definition = load(document(CHOICE, before=NAMES))
    now = start(definition)
    assert [(w.node, w.kind, w.state, w.clock) for w in now.waits] == [
        ("paid", "message", 6, ""), ("late", "timer", None, ""), ("gone", "message", None, "pause"),
    ]  # fmt: skip
    assert now.waits[1].timer == Timer("duration", "P5D")
    late = TimerFired(token(now, "late"))
    paid = send(definition, now, Message("paid"))
    assert places(paid) == "a"
    assert kinds(paid)[:3] == ["left g", "flow_taken paid", "entered paid"]
    with pytest.raises(Conflict):
        send(definition, paid, late)
    assert places(send(definition, now, late)) == "b"
    assert send(definition, now, Message("gone")).ended


A = users("a")
WRONG = [
    (A + boundary("b", "gone", SIGNAL) + flows("s a e", "b e"), "b", "attach it"),
    (A + boundary("b", "x", SIGNAL) + '<exclusiveGateway id="x"/>' + flows("s x a e", "b e"), "b",
     "attach it"),
    (A + boundary("b", "a", ERROR) + flows("s a e", "b e"), "b", "throws no errors"),
    (A + boundary("b", "a", ESCALATION) + flows("s a e", "b e"), "b", "only a sub-process"),
    (services("a") + boundary("b", "a", ERROR, 'cancelActivity="false"') + flows("s a e", "b e"),
     "b", "always interrupts"),
    (A + boundary("b", "a", SIGNAL) + flows("s a e"), "b", "no outgoing flow"),
    (A + '<endEvent id="x">' + ERROR + "</endEvent>" + flows("s a x"), "x", "nobody catches"),
    (A + handler("w", SIGNAL, flows("w.s w.e")) + flows("s a e", "a w"), "w", "incoming"),
    (A + sub("p", flows("p.s p.e"), 'triggeredByEvent="true"') + flows("s a e"), "p.s",
     "starts with a message"),
    ('<eventBasedGateway id="g"/>' + A + flows("s g a e"), "g", "not so 'a'"),
    (A + sub("p", "") + flows("s p a e", "p.s p.e"), "p.s-p.e", "crosses the border"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "element", "says"), WRONG)
def test_events_in_the_wrong_place_are_refused(body: str, element: str, says: str) -> None:
    findings = lint(document(START + END + body, before=NAMES))
    assert [f.element for f in findings if says in f.en][:1] == [element], findings


def test_a_command_leaves_the_state_it_was_given_alone() -> None:
    definition = load(document(CHOICE, before=NAMES))
    now = start(definition)
    before = now.state.to_json()
    step(definition, now.state, Message("paid"))
    assert now.state.to_json() == before
