"""Runs one random process in the engine and in the oracle, and compares at every step."""

import json
from itertools import count
from random import Random

from motcua.process import Complete, Definition, Outcome, Signal, State, load, start, step
from tests.core.process.blocks import ALL, Guard, Seq, Sub, Task, grow, inside, variables_of
from tests.core.process.draw import to_bpmn
from tests.core.process.structure import begin, enabled, fire, handling, listening, send

STEPS = 120


def reloaded(now: Outcome) -> State:
    """Return the state after a way through JSON, as in the store."""
    return State.from_json(json.loads(json.dumps(now.state.to_json())))


def chosen_values(random: Random, names: list[str]) -> dict[str, object]:
    """Return new values for the variables of a process; half of the time most loops end."""
    calm = random.random() < 0.7
    return {
        name: random.choice([[], [1], [1, 2], [1, 2, 3]])
        if name.startswith("l")
        else 0 if calm and random.random() < 0.5 else random.choice([0, 1, 1, 2])
        for name in names
    }  # fmt: skip


def check(seed: int, kinds: tuple[str, ...] = ALL, depth: int = 4) -> int:
    """Compare one process; return the number of steps done. Raises AssertionError on a difference."""
    random = Random(seed)
    number = count(1)
    body = Seq((Task("t0"), grow(random, depth, number, kinds), grow(random, depth, number, kinds)))
    block = Sub("root", body)
    definition = load(to_bpmn(body))
    names = variables_of(block)
    values = chosen_values(random, names)
    guards = {each.signal: each for each in inside(block) if isinstance(each, Guard)}
    left, now = begin(block, values), start(definition, values)
    for steps in range(STEPS):
        _compare(now, enabled(left), listening(left))
        if left is None:
            assert now.ended
            assert now.records[-1].kind == "ended"
            assert not now.state.tokens
            assert not now.state.data
            return steps
        new = chosen_values(random, names)
        values |= new
        running = list(handling(left))
        # Two runs of one handler at once would be told apart by no token.
        signals = [
            s for s in listening(left) if guards[s].interrupting or guards[s].handler not in running
        ]
        if signals and random.random() < 0.15:
            signal = random.choice(signals)
            now = step(definition, reloaded(now), Signal(signal, new))
            left = send(left, signal, values)
        else:
            node, item = key = random.choice(enabled(left))
            token = next(w.token for w in now.waits if (w.node, w.item) == (node, item))
            now = step(definition, reloaded(now), Complete(token, new))
            left = fire(left, key, values)
    return STEPS


def _compare(now: Outcome, tasks: list[tuple[str, int | None]], signals: list[str]) -> None:
    assert sorted(((w.node, w.item) for w in now.waits if w.kind == "user"), key=str) == tasks
    assert sorted(w.signal for w in now.waits if w.kind == "signal") == signals
    assert now.state.status != "stuck"


def do(definition: Definition, now: Outcome, node: str, **variables: object) -> Outcome:
    """Complete the user task at a node."""
    token = next(w.token for w in now.waits if w.node == node)
    return step(definition, reloaded(now), Complete(token, variables))
