"""What waits beside the way of a case: boundary events, event sub-processes, computed timers."""

from collections.abc import Iterable

from motcua.process.definition import WAITING, Node
from motcua.process.run import Run
from motcua.process.timers import is_date, is_duration


def arm(run: Run, nodes: Iterable[Node], host: str) -> None:
    """Begin to wait for the events that come from outside, under the token they belong to.

    Errors and escalations come from inside: nothing waits for them.
    """
    for node in nodes:
        if node.event in WAITING:
            watch(run, node, host)


def watch(run: Run, node: Node, host: str) -> None:
    """Begin to wait for one event under a token."""
    token = run.fresh()
    run.put(token, node.id, host)
    set_timer(run, node, token)


def set_timer(run: Run, node: Node, token: str) -> None:
    """Compute the timer of a wait that begins, if it is an expression; raises ProcessError."""
    timer = node.timer
    if timer is None or timer.expression is None:
        return
    text = run.value(timer.expression, token, node)
    right = is_duration if timer.kind == "duration" else is_date
    if not isinstance(text, str) or not right(text):
        raise run.fault(
            node,
            f"hẹn giờ tính ra '{text}', không phải {'khoảng' if right is is_duration else 'thời điểm'} "
            "theo ISO 8601",
            f"the timer gives '{text}', which is no ISO 8601 {timer.kind}",
        )
    run.data[token] = text
