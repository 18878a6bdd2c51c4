"""Multi-instance activities (BPMN 2.0.2, 10.3.8 and 13.3.7): one instance for each item of a list.

The activity's own token carries how far it is: ``n`` instances in all, ``i`` of them begun, ``c``
completed, ``l`` the items still to come, ``o`` what the instances gave. Each instance lies under it
with its number ``i`` and its item ``v``.
"""

from typing import Any

from motcua.process.definition import Node, Repeat
from motcua.process.run import Run
from motcua.process.state import checked
from motcua.process.values import plain
from motcua.process.watching import arm

MAX_INSTANCES = 1_000


def begin(run: Run, node: Node, repeat: Repeat, token: str, scope: str) -> None:
    """Begin a multi-instance activity; one without instances is over at once.

    Raises ProcessError if the list is no list or too long.
    """
    run.put(token, node.id, scope)
    items, count = _items(run, node, repeat, token)
    held: dict[str, Any] = {"n": count, "c": 0, "i": 0}
    if items:
        held["l"] = checked({"l": items})["l"]
    if repeat.output:
        held["o"] = [None] * count
    run.data[token] = held
    if not count:
        _end(run, repeat, held)
        run.take(token)
        run.leave(node, token, scope)
        return
    arm(run, run.index.boundaries.get(node.id, ()), token)
    for _ in range(1 if repeat.sequential else count):
        _next(run, node, token)


def done(run: Run, node: Node, repeat: Repeat, body: str, instance: object) -> bool:
    """Count an instance that is over; return whether the whole activity is now.

    ``instance`` is what the instance's token carried. When the completion condition holds, the
    other instances are cancelled.
    """
    held = {**_held(run, body)}
    held["c"] += 1
    if "o" in held and isinstance(instance, dict):
        value = run.context(body).get(repeat.output_element)
        held["o"] = [value if n == instance["i"] else o for n, o in enumerate(held["o"])]
    run.data[body] = held
    enough = repeat.until is not None and run.value(repeat.until, body, node) is True
    if held["c"] < held["n"] and not enough:
        if repeat.sequential:
            _next(run, node, body)
        return False
    run.cancel(*(each for each in run.below(body) if run.tokens[each] == node.id))
    _end(run, repeat, held)
    return True


def _held(run: Run, body: str) -> dict[str, Any]:
    held = run.data[body]
    if not isinstance(held, dict):
        raise TypeError("a multi-instance activity without its count")
    return held


def _next(run: Run, node: Node, body: str) -> None:
    """Lay the next instance ready to begin."""
    held = {**_held(run, body)}
    token, instance = run.fresh(), {"i": held["i"]}
    if "l" in held:
        instance["v"], held["l"] = held["l"][0], held["l"][1:]
        if not held["l"]:
            del held["l"]
    held["i"] += 1
    run.data[body] = held
    run.put(token, node.id, body)
    run.data[token] = instance
    run.note("entered", node.id, token)
    run.queue.append((node.id, "", body, token))


def _end(run: Run, repeat: Repeat, held: dict[str, Any]) -> None:
    if "o" in held:
        run.merge({repeat.output: held["o"]})


def _items(run: Run, node: Node, repeat: Repeat, token: str) -> tuple[list[object], int]:
    """Return the items, and how many instances there are: a cardinality has no items."""
    expression = repeat.collection or repeat.cardinality
    if expression is None:
        raise AssertionError("a multi-instance activity without list and number")
    found = plain(run.value(expression, token, node))
    if repeat.collection is not None and isinstance(found, list):
        items, count = found, len(found)
    elif repeat.collection is None and type(found) is int and found >= 0:
        items, count = [], found
    else:
        wanted = ("danh sách", "list") if repeat.collection else ("số lần", "number of times")
        raise run.fault(
            node,
            f"'{expression.text}' không phải {wanted[0]}",
            f"'{expression.text}' is not a {wanted[1]}",
        )
    if count > MAX_INSTANCES:
        raise run.fault(
            node,
            f"làm nhiều lần tối đa {MAX_INSTANCES} lần, không phải {count}",
            f"at most {MAX_INSTANCES} instances, not {count}",
        )
    return items, count
