"""Random block-structured processes: what they are made of, and how they grow.

``draw`` writes them as BPMN, ``structure`` runs them without tokens and gateways.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:mc="https://motcua.org/bpmn" targetNamespace="urn:test">{before}'
    '<process id="{key}" name="Quy trình mẫu" isExecutable="true">{body}</process>{after}</definitions>'
)


def document(body: str, key: str = "p", before: str = "", after: str = "") -> bytes:
    """Wrap elements of a process as a BPMN file."""
    return HEAD.format(body=body, key=key, before=before, after=after).encode()


@dataclass(frozen=True)
class Task:
    """A step of a person."""

    name: str


@dataclass(frozen=True)
class Seq:
    """Blocks one after the other; none is an empty branch."""

    parts: tuple["Block", ...]


@dataclass(frozen=True)
class Xor:
    """One of the branches, by the number in a variable; the last is the default."""

    variable: str
    branches: tuple["Block", ...]


@dataclass(frozen=True)
class And:
    """All branches at once."""

    branches: tuple["Block", ...]


@dataclass(frozen=True)
class Or:
    """Every branch whose variable is 1; the last has none and is taken when no other is."""

    variables: tuple[str, ...]
    branches: tuple["Block", ...]


@dataclass(frozen=True)
class Loop:
    """A block that is done again while a variable is 1."""

    variable: str
    body: "Block"


@dataclass(frozen=True)
class Sub:
    """A sub-process."""

    name: str
    body: "Block"


@dataclass(frozen=True)
class Many:
    """A task or sub-process, once for each number of a list, until so many are done or a variable is 1."""

    items: str
    body: "Task | Sub"
    sequential: bool
    enough: int = 0
    until: str = ""


@dataclass(frozen=True)
class Guard:
    """An activity with a signal at its border; a handler instead of it, or beside it."""

    signal: str
    host: "Task | Sub | Many"
    interrupting: bool
    handler: "Block"


Block = Task | Seq | Xor | And | Or | Loop | Sub | Many | Guard
PLAIN = ("task", "seq", "seq", "xor", "and")
INCLUSIVE = (*PLAIN, "or")
ALL = ("task", "seq", "xor", "and", "and", "or", "or", "loop", "loop", "sub", "many", "guard")


def grow(random: Random, depth: int, names: Iterator[int], kinds: tuple[str, ...] = ALL) -> Block:
    """Return a random block; the bodies of loops and the handlers begin with a task."""
    kind = random.choice(kinds) if depth else "task"

    def inside() -> Block:
        return grow(random, depth - 1, names, kinds)

    def task_first() -> Block:
        return Seq((Task(f"t{next(names)}"), inside()))

    if kind == "task":
        return Task(f"t{next(names)}")
    if kind == "loop":
        return Loop(f"v{next(names)}", task_first())
    if kind == "sub":
        return Sub(f"s{next(names)}", inside())
    if kind == "many":
        return _many(random, _activity(inside(), names), names)
    if kind == "guard":
        host: Task | Sub | Many = _activity(inside(), names)
        if random.random() < 0.4 and not isinstance(host, Many):
            host = _many(random, host, names)
        return Guard(f"g{next(names)}", host, random.random() < 0.6, task_first())
    return _branches(random, kind, tuple(inside() for _ in range(random.randint(2, 3))), names)


def _branches(random: Random, kind: str, parts: tuple[Block, ...], names: Iterator[int]) -> Block:
    if kind == "seq":
        return Seq(parts)
    if kind == "and":
        return And(parts)
    empty: tuple[Block, ...] = (Seq(()),) if random.random() < 0.3 else ()
    branches = parts + empty
    if kind == "or":
        return Or(tuple(f"v{next(names)}" for _ in branches[1:]), branches)
    return Xor(f"v{next(names)}", branches)


def _activity(block: Block, names: Iterator[int]) -> "Task | Sub":
    return block if isinstance(block, Task | Sub) else Sub(f"s{next(names)}", block)


def _many(random: Random, body: "Task | Sub", names: Iterator[int]) -> Many:
    kind = random.choice(["all", "enough", "until"])
    enough = random.randint(1, 2) if kind == "enough" else 0
    until = f"v{next(names)}" if kind == "until" else ""
    return Many(f"l{next(names)}", body, random.random() < 0.5, enough, until)


def parts_of(block: Block) -> tuple[Block, ...]:
    """Return the blocks directly inside a block."""
    if isinstance(block, Task):
        return ()
    if isinstance(block, Seq):
        return block.parts
    if isinstance(block, Loop | Sub | Many):
        return (block.body,)
    if isinstance(block, Guard):
        return (block.host, block.handler)
    return block.branches


def inside(block: Block) -> Iterator[Block]:
    """Yield a block and all blocks in it."""
    yield block
    for part in parts_of(block):
        yield from inside(part)


def variables_of(block: Block) -> list[str]:
    """Return the variables that steer a block: ``v…`` hold a number, ``l…`` a list."""
    found: list[str] = []
    for each in inside(block):
        if isinstance(each, Xor | Loop):
            found.append(each.variable)
        elif isinstance(each, Or):
            found += each.variables
        elif isinstance(each, Many):
            found += [each.items, *([each.until] if each.until else [])]
    return found
