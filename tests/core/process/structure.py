"""The independent oracle: what a block tree allows, found by taking the tree apart.

It knows no tokens, gateways or events: it holds what is left of the tree. Beside the parts that are
under way, a scope holds the handlers that run beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.core.process.blocks import And, Block, Guard, Loop, Many, Or, Seq, Sub, Task, Xor

Values = Mapping[str, object]
Key = tuple[str, int | None]
"""A task, and the item it is done for."""


@dataclass
class Left:
    """What is left of a block: the parts under way, and what is still to come."""

    block: Block
    item: int | None
    live: list["Left"] = field(default_factory=list)
    coming: tuple[Block, ...] = ()
    items: tuple[int, ...] = ()
    done: int = 0


def begin(block: Block, values: Values, item: int | None = None) -> Left | None:
    """Start a block; None if it is over at once."""
    if isinstance(block, Task):
        return Left(block, item)
    if isinstance(block, Seq):
        return _settled(Left(block, item, [], block.parts), values)
    if isinstance(block, Many):
        return _many(block, values, item)
    if isinstance(block, Loop):
        chosen: tuple[Block, ...] = (block.body,)
    elif isinstance(block, Sub):
        chosen = (block.body,)
    elif isinstance(block, Guard):
        chosen = (block.host,)
    else:
        chosen = _chosen(block, values)
    started = [begin(branch, values, item) for branch in chosen]
    return _settled(Left(block, item, [each for each in started if each]), values)


def _chosen(block: Xor | And | Or, values: Values) -> tuple[Block, ...]:
    if isinstance(block, And):
        return block.branches
    if isinstance(block, Or):
        taken = [
            b
            for v, b in zip(block.variables, block.branches[:-1], strict=True)
            if values.get(v) == 1
        ]
        return tuple(taken) or block.branches[-1:]
    number = values.get(block.variable)
    right = isinstance(number, int) and number < len(block.branches)
    return (block.branches[number if right and isinstance(number, int) else -1],)


def _many(block: Many, values: Values, item: int | None) -> Left | None:
    given = values[block.items]
    assert isinstance(given, list)
    left = Left(block, item, items=tuple((item or 0) * 10 + each for each in given))
    if block.sequential:
        return _settled(left, values)
    numbers, left.items = left.items, ()
    for number in numbers:
        instance = begin(block.body, values, number)
        if instance:
            left.live.append(instance)
        elif _enough(left, values):
            return None
    return left if left.live else None


def _enough(left: Left, values: Values) -> bool:
    """Count an instance that is over; tell whether that is enough."""
    block = left.block
    assert isinstance(block, Many)
    left.done += 1
    counted = block.enough > 0 and left.done >= block.enough
    return counted or (bool(block.until) and values.get(block.until) == 1)


def _settled(left: Left, values: Values) -> Left | None:
    """Go on inside a block of which nothing is under way; None when the block is over."""
    block = left.block
    while not left.live:
        if isinstance(block, Seq) and left.coming:
            live, left.coming = begin(left.coming[0], values, left.item), left.coming[1:]
        elif isinstance(block, Loop) and values.get(block.variable) == 1:
            live = begin(block.body, values, left.item)
        elif isinstance(block, Many) and left.items:
            live, left.items = begin(block.body, values, left.items[0]), left.items[1:]
            if live is None and _enough(left, values):
                return None
        else:
            return None
        left.live += [live] if live else []
    return left


def enabled(left: Left | None) -> list[Key]:
    """Return the tasks that can be done now, sorted."""
    if left is None:
        return []
    if isinstance(left.block, Task):
        return [(left.block.name, left.item)]
    return sorted((k for each in left.live for k in enabled(each)), key=str)


def listening(left: Left | None) -> list[str]:
    """Return the signals that are listened for, sorted; one for each activity under way."""
    if left is None:
        return []
    own = [left.block.signal] if isinstance(left.block, Guard) else []
    return sorted(own + [name for each in left.live for name in listening(each)])


def handling(left: Left) -> Iterator[Block]:
    """Yield the handlers that run beside a scope."""
    for each in left.live:
        if isinstance(left.block, Sub) and each.block is not left.block.body:
            yield each.block
        yield from handling(each)


def fire(left: Left, key: Key, values: Values) -> Left | None:
    """Do a task; None when the block is over."""
    if isinstance(left.block, Task):
        return None
    index = next(i for i, each in enumerate(left.live) if key in enabled(each))
    return _replaced(left, index, fire(left.live[index], key, values), values)


def _replaced(left: Left, index: int, after: Left | None, values: Values) -> Left | None:
    left.live[index : index + 1] = [after] if after else []
    if after is None and isinstance(left.block, Many) and _enough(left, values):
        return None
    return _settled(left, values)


def send(left: Left, signal: str, values: Values) -> Left | None:
    """Send a signal to everything that listens for it now."""
    after, beside = _sent(left, signal, values)
    assert not beside
    return after


def _sent(left: Left, signal: str, values: Values) -> tuple[Left | None, list[Left]]:
    """Return what is left, and the handlers that now run beside the scope around."""
    block = left.block
    if isinstance(block, Guard) and block.signal == signal:
        handler = begin(block.handler, values, left.item)
        assert handler is not None
        return (handler, []) if block.interrupting else (left, [handler])
    beside: list[Left] = []
    for each in list(left.live):
        after, new = _sent(each, signal, values)
        beside += new
        if after is not each:
            index = next(i for i, other in enumerate(left.live) if other is each)
            if _replaced(left, index, after, values) is None:
                return None, beside
    if isinstance(block, Sub):
        left.live += beside
        beside = []
    return left, beside
