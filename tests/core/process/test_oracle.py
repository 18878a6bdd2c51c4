"""Random processes do what their structure says; fork and join inside a loop are right."""

from itertools import permutations

import pytest

from motcua.process import load, start
from tests.core.process.blocks import And, Loop, Seq, Task, document
from tests.core.process.draw import to_bpmn
from tests.core.process.oracle import check, do


@pytest.mark.parametrize("first", range(0, 300, 25))
def test_random_processes_agree_with_their_structure(first: int) -> None:
    steps = [check(seed) for seed in range(first, first + 25)]
    assert sum(steps) > 100


@pytest.mark.parametrize("order", list(permutations(["t1", "t2", "t3"])))
def test_a_fork_in_a_loop_joins_in_every_round_and_order(order: tuple[str, ...]) -> None:
    inner = And((Seq((Task("t1"),)), And((Task("t2"), Task("t3")))))
    definition = load(to_bpmn(Seq((Loop("v", Seq((Task("t0"), inner, Task("t4")))), Task("t5")))))
    now = start(definition)
    for again in (1, 1, 0):
        now = do(definition, now, "t0")
        for done, node in enumerate(order):
            assert sorted(w.node for w in now.waits) == sorted(order[done:])
            now = do(definition, now, node)
        assert [w.node for w in now.waits] == ["t4"]
        now = do(definition, now, "t4", v=again)
    assert [w.node for w in now.waits] == ["t5"]
    assert do(definition, now, "t5").ended


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
        now = do(definition, now, node)
        assert "".join(sorted(w.node for w in now.waits)) == waiting
    assert do(definition, now, "z").ended
