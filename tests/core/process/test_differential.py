"""The engine beside SpiffWorkflow, a token engine of others, on what that one does right: no loops."""

import io
from itertools import count
from random import Random

import pytest
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow  # type: ignore[import-untyped]
from SpiffWorkflow.util.task import TaskState  # type: ignore[import-untyped]

from motcua.process import load, start
from tests.core.process.blocks import INCLUSIVE, PLAIN, Block, Seq, Task, grow, variables_of
from tests.core.process.draw import to_bpmn
from tests.core.process.drawn import walk
from tests.core.process.oracle import chosen_values


def _reference(block: Block, values: dict[str, object]) -> BpmnWorkflow:
    """Start the same process there; its conditions are Python, so the sign of equality differs."""
    parser = BpmnParser()
    parser.add_bpmn_io(io.BytesIO(to_bpmn(block, "==")))
    workflow = BpmnWorkflow(parser.get_spec("p"))
    workflow.data.update(values)
    workflow.get_next_task().data.update(values)
    workflow.do_engine_steps()
    return workflow


def _ready(workflow: BpmnWorkflow) -> list[str]:
    ready = workflow.get_tasks(state=TaskState.READY, manual=True)
    return sorted(task.task_spec.bpmn_id for task in ready)


def _compare(seed: int, kinds: tuple[str, ...]) -> int:
    random, number = Random(seed), count(1)
    block = Seq((Task("t0"), grow(random, 3, number, kinds), grow(random, 3, number, kinds)))
    # Parallel branches have data of their own there: the values stay as they are at the start.
    values = chosen_values(random, variables_of(block))
    definition = load(to_bpmn(block))
    ours, theirs = start(definition, values), _reference(block, values)
    steps = 0
    while _ready(theirs):
        assert sorted(w.node for w in ours.waits) == _ready(theirs)
        node = random.choice(_ready(theirs))
        task = next(
            t for t in theirs.get_tasks(state=TaskState.READY) if t.task_spec.bpmn_id == node
        )
        task.run()
        theirs.do_engine_steps()
        ours = walk(definition, ours, node)
        steps += 1
    assert ours.ended
    assert theirs.completed
    return steps


@pytest.mark.parametrize("kinds", [PLAIN, INCLUSIVE], ids=["exclusive-parallel", "inclusive"])
def test_another_engine_does_the_same(kinds: tuple[str, ...]) -> None:
    assert sum(_compare(seed, kinds) for seed in range(40)) > 300
