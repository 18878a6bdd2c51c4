"""Where several rules of BPMN meet: handlers in loops, errors of one of many, ends before joins."""

import pytest

from motcua.errors import Conflict
from motcua.process import (
    Complete,
    Definition,
    Message,
    ProcessError,
    ServiceDone,
    ServiceFailed,
    Signal,
    TimerFired,
    load,
    start,
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

QUIET = 'cancelActivity="false"'
BESIDE = 'isInterrupting="false"'
LOOP = '<exclusiveGateway id="x" default="x-e"/>'
ABC = "[&quot;A&quot;, &quot;B&quot;, &quot;C&quot;]"
MANY = f'<multiInstanceLoopCharacteristics mc:collection="{ABC}" mc:element="item"/>'


def _load(body: str) -> Definition:
    return load(document(START + END + body, before=NAMES))


def _end(name: str, event: str) -> str:
    return f'<endEvent id="{name}">{event}</endEvent>'


def _throw(name: str, event: str) -> str:
    return f'<intermediateThrowEvent id="{name}">{event}</intermediateThrowEvent>'


def _gateways(tag: str, names: str) -> str:
    return "".join(f'<{tag}Gateway id="{n}"/>' for n in names.split())


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_event_sub_process_listens_anew_in_every_round_of_a_loop(interrupting: bool) -> None:
    listens = handler(
        "h", MESSAGE, users("help") + flows("h.s help h.e"), "" if interrupting else BESIDE
    )
    inner = sub("inner", users("a") + listens + flows("inner.s a inner.e"))
    body = sub("outer", inner + users("b") + flows("outer.s inner b outer.e"))
    definition = _load(body + LOOP + flows("s outer x", 'x ?outcome = "again"? outer', "x e"))
    now = start(definition)
    for _ in range(3):
        assert (places(now), beside(now)) == ("a", "h.s")
        now = send(definition, now, Message("paid"))
        assert places(now) == ("help" if interrupting else "a help")
        if not interrupting:
            now = walk(definition, now, "a")
            assert places(now) == "help", "the scope is open while its handler works"
        now = walk(definition, now, "help")
        assert (places(now), beside(now)) == ("b", "")
        with pytest.raises(Conflict):
            send(definition, now, Message("paid"))
        now = walk(definition, now, "b=again")
    now = walk(definition, now, "a", "b=done")
    assert now.ended
    assert now.state.to_json().keys() == {"tokens", "next", "variables"}


def test_an_interrupted_scope_hears_its_handler_once() -> None:
    listens = handler("h", MESSAGE, users("help") + flows("h.s help h.e"))
    body = sub("p", users("a") + listens + flows("p.s a p.e"))
    definition = _load(body + flows("s p e"))
    now = send(definition, start(definition), Message("paid"))
    with pytest.raises(Conflict):
        send(definition, now, Message("paid"))
    assert walk(definition, now, "help").ended


def test_an_error_of_one_instance_ends_all_others_and_the_loop_goes_on() -> None:
    inner = users("ask") + '<exclusiveGateway id="y" default="y-p.e"/>' + _end("bad", ERROR)
    inner += MANY + flows("p.s ask y p.e", 'y ?outcome = "no"? bad')
    body = sub("p", inner) + boundary("b", "p", ERROR) + users("fix")
    definition = _load(body + flows("s p e", "b fix p"))
    now = start(definition)
    for _ in range(2):
        now = walk(definition, now, "ask=yes", "ask=no")
        assert places(now) == "fix"
        assert [k for k in kinds(now) if k.startswith("cancelled")] == [
            "cancelled p",
            "cancelled p",
            "cancelled p",
            "cancelled ask",
        ]
        assert now.state.data == {}
        now = walk(definition, now, "fix")
    assert walk(definition, now, "ask=yes", "ask=yes", "ask=yes").ended


def test_an_error_of_an_instance_goes_to_the_event_sub_process_inside_it() -> None:
    inner = services("fetch") + MANY + flows("p.s fetch p.e")
    inner += handler("h", ANY_ERROR, users("help") + flows("h.s help h.e"))
    definition = _load(sub("p", inner) + boundary("b", "p", ERROR) + flows("s p e", "b e"))
    now = start(definition)
    now = send(definition, now, ServiceFailed(token(now, "fetch", "B"), "unpaid"))
    assert [(w.node, w.item) for w in now.waits] == [("fetch", "A"), ("fetch", "C"), ("help", "B")]
    now = walk(definition, now, "help")
    for item in "AC":
        now = send(definition, now, ServiceDone(token(now, "fetch", item)))
    assert now.ended


@pytest.mark.parametrize("last", ["inclusive", "parallel"])
def test_terminate_takes_what_waits_before_a_join(last: str) -> None:
    inner = (
        _gateways("parallel", "f") + _gateways(last, "j") + users("a b c") + _end("t", TERMINATE)
    )
    inner += '<exclusiveGateway id="y" default="y-j"/>'
    inner += flows("p.s f a j p.e", "f b y", 'y ?outcome = "stop"? t', "y j", "f c j")
    definition = _load(sub("p", inner) + users("z") + flows("s p z e"))
    now = walk(definition, start(definition), "a", "b=stop")
    assert places(now) == "z"
    assert not now.state.parked
    assert {"cancelled c", "cancelled j"} <= set(kinds(now))
    assert walk(definition, start(definition), "a", "b=on", "c", "z").ended


OTHER_ERROR = '<errorEventDefinition errorRef="other"/>'


@pytest.mark.parametrize("catches", [ERROR, ANY_ERROR, OTHER_ERROR])
def test_an_error_of_a_called_process_comes_to_the_call(catches: str) -> None:
    called = START + users("pay") + _end("e", ERROR) + flows("s pay e")
    call = (
        '<callActivity id="c" calledElement="fee@1"/>' + boundary("b", "c", catches) + users("fix")
    )
    names = NAMES + '<error id="other" errorCode="other"/>'
    xml = document(START + END + call + flows("s c e", "b fix e"), before=names)
    library = {"fee@1": document(called, "fee", before=NAMES)}
    if catches == OTHER_ERROR:
        with pytest.raises(ProcessError, match="nobody catches"):
            load(xml, library=library)
        return
    definition = load(xml, library=library)
    now = walk(definition, start(definition), "c/pay")
    assert places(now) == "fix"


def test_an_escalation_of_each_instance_is_told_while_the_work_goes_on() -> None:
    inner = users("a b") + _throw("up", ESCALATION) + MANY + flows("p.s a up b p.e")
    body = sub("p", inner) + boundary("n", "p", ESCALATION, QUIET) + users("read")
    definition = _load(body + flows("s p e", "n read e"))
    now = start(definition)
    for count in (1, 2):
        now = send(definition, now, Complete(token(now, "a")))
        assert places(now).split().count("read") == count
        assert places(now).split().count("b") == count
    now = walk(definition, now, "a", "b", "b", "b")
    assert places(now) == "read read read"
    assert walk(definition, now, "read", "read", "read").ended


def test_an_interrupting_escalation_leaves_an_event_sub_process_beside_it_unheard() -> None:
    inner = users("a") + _end("up", ESCALATION) + flows("p.s a up")
    inner = inner + handler("h", MESSAGE, users("help") + flows("h.s help h.e"), BESIDE)
    inner = inner.replace('<endEvent id="p.e"/>', "")
    body = sub("p", inner).replace('<endEvent id="p.e"/>', "", 1)
    body += boundary("i", "p", ESCALATION) + users("boss")
    definition = _load(body + flows("s p e", "i boss e"))
    now = send(definition, start(definition), Message("paid"))
    now = walk(definition, now, "a")
    assert (places(now), beside(now)) == ("boss", "")
    assert "cancelled help" in kinds(now)


def test_timers_behind_an_event_gateway_go_with_the_scope_that_a_timer_ends() -> None:
    inner = '<eventBasedGateway id="g"/>'
    inner += f'<intermediateCatchEvent id="t">{DAYS}</intermediateCatchEvent>'
    inner += f'<intermediateCatchEvent id="m">{MESSAGE}</intermediateCatchEvent>'
    inner += flows("p.s g t p.e", "g m p.e")
    body = sub("p", inner) + boundary("late", "p", DAYS) + users("remind") + LOOP
    definition = _load(body + flows("s p x", 'x ?outcome = "again"? p', "x e", "late remind p"))
    first = start(definition)
    assert (places(first), beside(first)) == ("m t", "late")
    now = send(definition, first, TimerFired(token(first, "late")))
    assert (places(now), beside(now)) == ("remind", "")
    for gone in ("t", "late"):
        with pytest.raises(Conflict):
            send(definition, now, TimerFired(token(first, gone)))
    with pytest.raises(Conflict):
        send(definition, now, Message("paid"))
    again = walk(definition, now, "remind")
    assert (places(again), beside(again)) == ("m t", "late")
    assert not {w.token for w in again.waits} & {w.token for w in first.waits}
    assert send(definition, again, TimerFired(token(again, "t"))).ended
    with pytest.raises(Conflict):
        send(definition, send(definition, again, Message("paid")), TimerFired(token(again, "t")))


def test_terminate_in_an_event_sub_process_ends_that_alone() -> None:
    inside = users("help") + _end("t", TERMINATE) + _gateways("parallel", "f") + users("more")
    inside += flows("h.s f help t", "f more h.e")
    body = users("a") + handler("h", MESSAGE, inside, BESIDE)
    definition = _load(body + flows("s a e"))
    now = walk(definition, start(definition), "@paid", "help")
    assert places(now) == "a"
    assert walk(definition, now, "a").ended


def test_a_boundary_event_takes_away_a_scope_with_its_working_handler() -> None:
    inner = users("a") + flows("p.s a p.e")
    inner += handler("h", MESSAGE, users("help") + flows("h.s help h.e"), BESIDE)
    body = sub("p", inner) + boundary("b", "p", SIGNAL) + users("undo")
    definition = _load(body + flows("s p e", "b undo e"))
    now = walk(definition, start(definition), "@paid", "@paid", "a")
    assert places(now) == "help help"
    now = send(definition, now, Signal("withdrawn"))
    assert (places(now), beside(now)) == ("undo", "")
    assert now.state.tokens.keys() == {now.waits[0].token}


def test_a_signal_that_ends_the_scope_of_who_throws_it_ends_its_way_too() -> None:
    inner = users("a b") + _throw("call", SIGNAL) + flows("p.s a call b p.e")
    body = sub("p", inner) + boundary("i", "p", SIGNAL) + users("undo")
    definition = _load(body + flows("s p e", "i undo e"))
    assert places(walk(definition, start(definition), "a")) == "undo"


def test_an_inclusive_join_waits_for_the_way_out_of_a_boundary_event() -> None:
    body = '<inclusiveGateway id="f" default="f-z"/><inclusiveGateway id="j"/>' + users("a b c d z")
    body += boundary("n", "a", MESSAGE, QUIET)
    definition = _load(body + flows("s f ?true? a j d e", "f ?true? b j", "f z j", "n c j"))
    now = walk(definition, start(definition), "@paid", "b", "c")
    assert places(now) == "a", "what came by the event does not stand for the step itself"
    now = walk(definition, now, "a")
    assert places(now) == "d"
    assert walk(definition, now, "d").ended
