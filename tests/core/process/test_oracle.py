"""Random processes do what their structure says; fork and join inside a loop are right."""

import json
from itertools import count, permutations
from random import Random

import pytest

from motcua.process import Complete, Definition, Outcome, State, load, start, step
from tests.core.process.blocks import (
    And,
    Loop,
    Seq,
    Task,
    begin,
    document,
    enabled,
    fire,
    grow,
    to_bpmn,
    variables_of,
)


def _do(definition: Definition, now: Outcome, node: str, **variables: object) -> Outcome:
    token = next(w.token for w in now.waits if w.node == node)
    # Every step goes through JSON, as in the store.
    state = State.from_json(json.loads(json.dumps(now.state.to_json())))
    return step(definition, state, Complete(token, variables))


@pytest.mark.parametrize("seed", range(300))
def test_a_random_process_agrees_with_its_structure(seed: int) -> None:
    random = Random(seed)
    block = Seq((Task("t0"), grow(random, 4, count(1))))
    definition = load(to_bpmn(block))
    names = variables_of(block)
    values: dict[str, object] = {}
    left, now = begin(block, values), start(definition)
    for _ in range(120):
        assert sorted(w.node for w in now.waits) == enabled(left)
        if left is None:
            break
        chosen: dict[str, object] = {name: random.choice([0, 1, 1, 2]) for name in names}
        if random.random() < 0.7:
            chosen |= {name: 0 for name in names if random.random() < 0.5}
        values |= chosen
        node = random.choice(enabled(left))
        now = _do(definition, now, node, **chosen)
        left = fire(left, node, values)
    assert now.ended is (left is None)
    assert now.state.status in ("running", "ended")
    if now.ended:
        assert now.records[-1].kind == "ended"


@pytest.mark.parametrize("order", list(permutations(["t1", "t2", "t3"])))
def test_a_fork_in_a_loop_joins_in_every_round_and_order(order: tuple[str, ...]) -> None:
    inner = And((Seq((Task("t1"),)), And((Task("t2"), Task("t3")))))
    definition = load(to_bpmn(Seq((Loop("v", Seq((Task("t0"), inner, Task("t4")))), Task("t5")))))
    now = start(definition)
    for again in (1, 1, 0):
        now = _do(definition, now, "t0")
        for done, node in enumerate(order):
            assert sorted(w.node for w in now.waits) == sorted(order[done:])
            now = _do(definition, now, node)
        assert [w.node for w in now.waits] == ["t4"]
        now = _do(definition, now, "t4", v=again)
    assert [w.node for w in now.waits] == ["t5"]
    assert _do(definition, now, "t5").ended


def test_a_second_token_on_one_side_of_a_join_stays_for_the_next_time() -> None:
    """One side of the join gets two tokens before the other gets its first (13.4.1)."""
    body = (
        '<startEvent id="s"/><parallelGateway id="fork"/><endEvent id="e"/>'
        + "".join(f'<userTask id="{t}" mc:role="r"/>' for t in ("a", "b", "c", "d", "z"))
        + '<exclusiveGateway id="left"/><exclusiveGateway id="right"/><parallelGateway id="join"/>'
    )
    pairs = [("s", "fork"), ("fork", "a"), ("fork", "b"), ("fork", "c"), ("fork", "d")]
    pairs += [("a", "left"), ("b", "left"), ("c", "right"), ("d", "right")]
    pairs += [("left", "join"), ("right", "join"), ("join", "z"), ("z", "e")]
    body += "".join(
        f'<sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>'
        for n, (a, b) in enumerate(pairs)
    )
    definition = load(document(body))
    now = start(definition)
    for node, waiting in (("a", "bcd"), ("b", "cd"), ("c", "dz"), ("d", "zz"), ("z", "z")):
        now = _do(definition, now, node)
        assert "".join(sorted(w.node for w in now.waits)) == waiting
    assert _do(definition, now, "z").ended
