"""Running cases on another version of their process: what moves, and what is refused and why."""

import pytest

from motcua.process import (
    CannotMove,
    Complete,
    Definition,
    Outcome,
    TimerFired,
    compile_steps,
    load,
    migrate,
    start,
)
from motcua.process.steps import StepSpec
from tests.core.process.blocks import document
from tests.core.process.drawn import (
    DAYS,
    END,
    MESSAGE,
    NAMES,
    SIGNAL,
    START,
    beside,
    boundary,
    flows,
    handler,
    places,
    send,
    sub,
    token,
    users,
    walk,
)

FORK = '<parallelGateway id="f"/>'


def _join(join: str, tag: str = "parallelGateway", extra: str = "") -> Definition:
    """Return a fork of a and b, whose ways meet at a gateway before z."""
    body = users("a b z") + FORK + f'<{tag} id="{join}"/>' + extra
    return load(
        document(START + END + body + flows(f"s f a {join} z e", f"f b {join}"), before=NAMES)
    )


def _parked() -> tuple[Definition, Outcome]:
    """Return a case with a token before the join j, by the flow a-j."""
    old = _join("j")
    now = walk(old, start(old), "a")
    assert now.state.parked == {"a-j": ("t5",)}
    return old, now


def _reasons(
    old: Definition, new: Definition, now: Outcome, plan: dict[str, str] | None = None
) -> list[tuple[str, str]]:
    with pytest.raises(CannotMove) as caught:
        migrate(old, new, now.state, plan or {})
    assert all(reason.vi != reason.en for reason in caught.value.reasons)
    return [(reason.element, reason.en) for reason in caught.value.reasons]


def test_b1_a_flow_that_still_exists_keeps_its_token() -> None:
    old, now = _parked()
    new = _join("j", extra=boundary("late", "z", DAYS) + '<endEvent id="e2"/>' + flows("late e2"))
    moved = migrate(old, new, now.state, {})
    assert moved.state.parked == now.state.parked
    assert [r.kind for r in moved.records] == ["migrated"]
    assert places(walk(new, moved, "b")) == "z"


def test_b2_a_flow_that_is_gone_is_refused() -> None:
    old, now = _parked()
    ((element, en),) = _reasons(old, _join("k"), now)
    assert (element, "no flow 'a-j'" in en) == ("j", True)


def test_b3_a_flow_of_another_name_is_mapped() -> None:
    old, now = _parked()
    plan = {"j": "k", "a-j": "a-k", "b-j": "b-k"}
    moved = migrate(old, _join("k"), now.state, plan)
    assert moved.state.parked == {"a-k": ("t5",)}
    assert places(walk(_join("k"), moved, "b")) == "z"
    assert "not the same: b-j, b-k" in _reasons(
        old, _join("k"), now, {"j": "k", "a-j": "a-k"}
    )[0][1]  # fmt: skip


def test_b4_a_flow_that_leads_to_another_gateway_must_be_mapped() -> None:
    old, now = _parked()
    renamed = document(
        START + END + users("a b z") + FORK + '<parallelGateway id="k"/>'
        + flows("s f a k z e", "f b k").replace('id="a-k"', 'id="a-j"').replace('"b-k"', '"b-j"')
    )  # fmt: skip
    new = load(renamed)
    assert "another gateway, 'k'" in _reasons(old, new, now)[0][1]
    assert migrate(old, new, now.state, {"j": "k"}).state.parked == now.state.parked
    inclusive = _join("j", "inclusiveGateway")
    assert "same kind" in _reasons(old, inclusive, now)[0][1]


def test_b5_a_flow_that_leads_to_no_join_any_more_is_refused() -> None:
    old, now = _parked()
    assert "same kind" in _reasons(old, _join("j", "exclusiveGateway"), now)[0][1]
    task = users("a b j") + FORK + flows("s f a j e", "f b j")
    assert "same kind" in _reasons(old, load(document(START + END + task)), now)[0][1]


def test_a_join_with_one_more_way_in_is_refused() -> None:
    old, now = _parked()
    body = users("a b c z") + FORK + '<parallelGateway id="j"/>'
    new = load(document(START + END + body + flows("s f a j z e", "f b j", "f c j")))
    assert "not the same: c-j" in _reasons(old, new, now)[0][1]
    # Nothing is parked yet, but the third way would never bring a token.
    reasons = _reasons(old, new, start(old))
    assert [(e, "wait at this join forever" in en) for e, en in reasons] == [("j", True)]


def test_a_step_that_now_stands_in_a_parallel_branch_is_refused() -> None:
    line = load(document(START + END + users("a z") + flows("s a z e")))
    reasons = _reasons(line, _join("j"), start(line))
    assert [(e, "forever" in en) for e, en in reasons] == [("j", True)]
    moved = migrate(line, _join("j"), walk(line, start(line), "a").state, {})
    assert places(moved) == "z"


def test_parallel_steps_that_now_follow_each_other_are_refused() -> None:
    line = load(document(START + END + users("a b z") + flows("s a b z e")))
    fork = _join("j")
    reasons = _reasons(fork, line, start(fork))
    assert ("b", "from its new places the case would do this step twice") in reasons


def test_every_step_that_cannot_move_is_named() -> None:
    old = _join("j")
    new = load(document(START + END + '<serviceTask id="b" mc:handler="x"/>' + users("c")
                        + flows("s b c e")))  # fmt: skip
    reasons = dict(_reasons(old, new, start(old)))
    assert "no 'a'" in reasons["a"]
    assert "serviceTask, not a userTask" in reasons["b"]
    assert "no 'q'" in dict(_reasons(old, new, start(old), {"a": "q"}))["a"]


def test_a_plan_moves_a_case_and_its_outcome_goes_on() -> None:
    steps = [
        StepSpec("check", "Kiểm tra", role="specialist"),
        StepSpec("sign", "Ký", role="leader"),
    ]
    old = load(compile_steps("p", "Mẫu", steps))
    new = load(
        compile_steps("p", "Mẫu", [StepSpec("receive", "Nhận", role="clerk"),
                                   StepSpec("verify", "Thẩm tra", role="specialist"), steps[1]])
    )  # fmt: skip
    now = start(old, {"fee": 3})
    moved = migrate(old, new, now.state, {"check": "verify"})
    assert (moved.waits[0].node, moved.waits[0].token) == ("verify", now.waits[0].token)
    assert moved.records[0].to_json() == {
        "kind": "migrated", "node": "verify", "token": "t2", "detail": "check",
    }  # fmt: skip
    assert moved.state.variables == {"fee": 3}
    assert places(send(new, moved, Complete("t2"))) == "sign"


def test_another_nesting_is_refused_unless_the_scope_is_the_same() -> None:
    flat = load(document(START + END + users("a") + flows("s a e")))
    deep = load(document(START + END + sub("p", users("a") + flows("p.s a p.e")) + flows("s p e")))
    other = load(document(START + END + sub("q", users("a") + flows("q.s a q.e")) + flows("s q e")))
    assert "another sub-process ('p')" in _reasons(flat, deep, start(flat))[0][1]
    assert len(_reasons(deep, flat, start(deep))) == 2
    moved = migrate(deep, other, start(deep).state, {"p": "q"})
    assert [r.detail for r in moved.records] == ["p", "a"]
    assert walk(other, moved, "a").ended


def test_a_step_done_many_times_stays_so() -> None:
    mark = '<multiInstanceLoopCharacteristics isSequential="{}" mc:collection="l" mc:element="i"/>'
    ways = [
        load(document(START + END + users("a", inside) + flows("s a e")))
        for inside in ("", mark.format("true"), mark.format("false"))
    ]
    for old in ways:
        for new in ways:
            now = start(old, {"l": [1, 2]})
            if old is new:
                assert places(migrate(old, new, now.state)) == places(now)
            else:
                assert "once or many times" in _reasons(old, new, now)[0][1]


def _timed(events: str, ways: str) -> Definition:
    body = users("a") + '<endEvent id="e2"/>' + events + flows("s a e", *ways.split(","))
    return load(document(START + END + body, before=NAMES))


def test_timers_keep_their_tokens_and_what_has_happened_does_not_happen_again() -> None:
    remind = boundary("remind", "a", DAYS, 'cancelActivity="false"')
    withdrawn = boundary("gone", "a", SIGNAL)
    old = _timed(remind, "remind e2")
    new = _timed(remind + withdrawn, "remind e2,gone e2")
    now = start(old)
    moved = migrate(old, new, now.state, {})
    assert token(moved, "remind") == token(now, "remind")
    assert beside(moved) == "gone remind"
    fired = send(old, now, TimerFired(token(now, "remind")))
    assert beside(migrate(old, new, fired.state, {})) == "gone"
    assert beside(migrate(new, old, moved.state, {})) == "remind"


def test_event_sub_processes_of_the_new_version_begin_to_listen() -> None:
    old = load(document(START + END + users("a") + flows("s a e")))
    listens = handler("w", SIGNAL, users("b") + flows("w.s b w.e"))
    new = load(document(START + END + users("a") + flows("s a e") + listens, before=NAMES))
    moved = migrate(old, new, start(old).state, {})
    assert beside(moved) == "w.s"
    assert places(walk(new, moved, "!withdrawn")) == "b"
    assert beside(migrate(new, old, moved.state, {})) == ""


def _choice(*ways: str) -> Definition:
    events = {
        "paid": f'<intermediateCatchEvent id="paid">{MESSAGE}</intermediateCatchEvent>',
        "late": f'<intermediateCatchEvent id="late">{DAYS}</intermediateCatchEvent>',
        "gone": '<receiveTask id="gone" mc:message="gone"/>',
    }
    body = '<eventBasedGateway id="g"/>' + "".join(events[way] for way in ways)
    chains = ["s g", *(f"g {way} e" for way in ways)]
    # One chain holds each arrow once.
    return load(document(START + END + body + flows(*chains), before=NAMES))


def test_an_event_gateway_keeps_its_events_and_gets_new_ones() -> None:
    old, new = _choice("paid", "late"), _choice("paid", "late", "gone")
    now = start(old)
    moved = migrate(old, new, now.state, {})
    assert places(moved) == "gone late paid"
    assert token(moved, "late") == token(now, "late")
    assert walk(new, moved, "@gone").ended
    assert [e for e, _ in _reasons(new, old, moved)] == ["gone"]


def test_an_inclusive_join_that_waits_for_nothing_more_fires_after_the_move() -> None:
    body = users("a c d z") + FORK + '<inclusiveGateway id="j"/><endEvent id="x"/>'
    chains = flows("s f a j z e", "f c j", "f d x")
    definition = load(document(START + END + body + chains))
    now = walk(definition, start(definition), "a", "d")
    assert places(migrate(definition, definition, now.state, {})) == "c"
    assert places(migrate(definition, definition, now.state, {"c": "d"})) == "d z"
