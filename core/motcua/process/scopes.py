"""Sub-processes: how a scope begins, when it is over, and what follows an activity that is done.

A scope is over when nothing in it moves, waits or is parked before a join (BPMN 2.0.2, 13.3.4);
what only watches beside its way (boundary events, event sub-processes) goes with it.
"""

from motcua.process import repeat
from motcua.process.definition import Node
from motcua.process.run import Run
from motcua.process.watching import arm


def begin(run: Run, node: Node, token: str) -> None:
    """Begin a sub-process: its event sub-processes listen, its start event starts."""
    arm(run, run.index.handlers.get(node.id, ()), token)
    run.queue.append((run.index.starts[node.id].id, "", token, ""))


def finish(run: Run, node: Node, token: str) -> None:
    """Go on from an activity that is done; an instance of many counts, and the last one goes on."""
    scope, body, held = run.parents.get(token, ""), run.body_of(token), run.data.get(token)
    run.take(token)
    if body and node.repeat is not None:
        run.note("left", node.id, token)
        if not repeat.done(run, node, node.repeat, body, held):
            return
        token, scope = body, run.parents.get(body, "")
        run.take(body)
    run.leave(node, token, scope)


def close(run: Run, scope: str, last: Node, token: str) -> None:
    """End a scope if nothing is left in it; ``last`` and ``token`` are what ended just now."""
    while run.idle(scope):
        if not scope:
            for each in list(run.tokens):
                run.take(each)
            run.note("ended", last.id, token)
            return
        node = run.nodes[run.tokens[scope]]
        if not node.triggered:
            finish(run, node, scope)
            return
        above = run.parents.get(scope, "")
        run.take(scope)
        run.note("left", node.id, scope)
        scope = above
