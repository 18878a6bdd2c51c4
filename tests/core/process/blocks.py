"""Random block-structured processes, as BPMN and as an independent structural oracle.

The oracle knows no tokens and no gateways: it holds what is left of the block tree and takes it
apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
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
class Loop:
    """A block that is done again while a variable is 1."""

    variable: str
    body: "Block"


Block = Task | Seq | Xor | And | Loop


def grow(random: Random, depth: int, names: Iterator[int]) -> Block:
    """Return a random block; the bodies of loops begin with a task."""
    kind = random.choice(["task", "seq", "seq", "xor", "and", "loop"]) if depth else "task"
    if kind == "task":
        return Task(f"t{next(names)}")
    if kind == "loop":
        body = Seq((Task(f"t{next(names)}"), grow(random, depth - 1, names)))
        return Loop(f"v{next(names)}", body)
    count = random.randint(2, 3)
    parts = tuple(grow(random, depth - 1, names) for _ in range(count))
    if kind == "seq":
        return Seq(parts)
    if kind == "and":
        return And(parts)
    empty: tuple[Block, ...] = (Seq(()),) if random.random() < 0.3 else ()
    return Xor(f"v{next(names)}", parts + empty)


@dataclass
class Writer:
    """Writes a block as BPMN elements."""

    out: list[str] = field(default_factory=list)
    flows: int = 0
    gateways: int = 0

    def flow(self, source: str, target: str, condition: str = "") -> str:
        """Add a flow and return its id."""
        self.flows += 1
        flow_id = f"f{self.flows}"
        text = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        ends = f'sourceRef="{source}" targetRef="{target}"'
        self.out.append(f'<sequenceFlow id="{flow_id}" {ends}>{text}</sequenceFlow>')
        return flow_id

    def gateway(self, kind: str) -> str:
        """Return the id of a new gateway, whose element is written by ``close``."""
        self.gateways += 1
        return f"{kind}{self.gateways}"

    def close(self, gateway: str, default: str = "") -> None:
        """Write a gateway's element."""
        tag = "parallelGateway" if gateway.startswith("and") else "exclusiveGateway"
        mark = f' default="{default}"' if default else ""
        self.out.append(f'<{tag} id="{gateway}"{mark}/>')

    def block(self, block: Block, before: str, condition: str = "") -> tuple[str, str]:
        """Write a block after a node; return its last node and the id of the flow into it."""
        if isinstance(block, Task):
            self.out.append(f'<userTask id="{block.name}" mc:role="specialist"/>')
            return block.name, self.flow(before, block.name, condition)
        if isinstance(block, Seq):
            first = ""
            for part in block.parts:
                before, used = self.block(part, before, condition)
                first, condition = first or used, ""
            return before, first
        if isinstance(block, Loop):
            return self.loop(block, before, condition)
        return self.split(block, before, condition)

    def loop(self, block: Loop, before: str, condition: str) -> tuple[str, str]:
        """Write a merge, the body and a split that leads back."""
        merge, test = self.gateway("xor"), self.gateway("xor")
        first = self.flow(before, merge, condition)
        last, _ = self.block(block.body, merge)
        self.flow(last, test)
        self.flow(test, merge, f"{block.variable} = 1")
        after = self.gateway("xor")
        self.close(merge)
        self.close(test, self.flow(test, after))
        self.close(after)
        return after, first

    def split(self, block: Xor | And, before: str, condition: str) -> tuple[str, str]:
        """Write a split, the branches and a join of the same kind."""
        kind = "xor" if isinstance(block, Xor) else "and"
        split, join = self.gateway(kind), self.gateway(kind)
        first, default = self.flow(before, split, condition), ""
        for number, branch in enumerate(block.branches):
            last_one = number == len(block.branches) - 1
            test = f"{block.variable} = {number}" if isinstance(block, Xor) and not last_one else ""
            if branch == Seq(()):
                used = self.flow(split, join, test)
            else:
                last, used = self.block(branch, split, test)
                self.flow(last, join)
            default = used if isinstance(block, Xor) else ""
        self.close(split, default)
        self.close(join)
        return join, first


def to_bpmn(block: Block) -> bytes:
    """Return a whole process around a block."""
    writer = Writer(['<startEvent id="start"/>', '<endEvent id="end"/>'])
    last, _ = writer.block(block, "start")
    writer.flow(last, "end")
    return document("".join(writer.out))


@dataclass
class Left:
    """What is left of a block: its live parts, and for a sequence the parts still to come."""

    block: Block
    live: list["Left"] = field(default_factory=list)
    coming: tuple[Block, ...] = ()


def begin(block: Block, values: dict[str, object]) -> Left | None:
    """Start a block; None if it is over at once."""
    if isinstance(block, Task):
        return Left(block)
    if isinstance(block, Seq):
        return _onward(Left(block, [], block.parts), values)
    if isinstance(block, Loop):
        return _again(block, begin(block.body, values), values)
    if isinstance(block, Xor):
        number = values.get(block.variable)
        chosen = number if isinstance(number, int) and number < len(block.branches) else -1
        branch = begin(block.branches[chosen], values)
        return Left(block, [branch]) if branch else None
    started = [begin(branch, values) for branch in block.branches]
    live = [each for each in started if each]
    return Left(block, live) if live else None


def _onward(left: Left, values: dict[str, object]) -> Left | None:
    for number, part in enumerate(left.coming):
        if live := begin(part, values):
            return Left(left.block, [live], left.coming[number + 1 :])
    return None


def _again(block: Loop, live: Left | None, values: dict[str, object]) -> Left | None:
    while live is None and values.get(block.variable) == 1:
        live = begin(block.body, values)
    return Left(block, [live]) if live else None


def enabled(left: Left | None) -> list[str]:
    """Return the names of the tasks that can be done now, sorted."""
    if left is None:
        return []
    if isinstance(left.block, Task):
        return [left.block.name]
    return sorted(name for each in left.live for name in enabled(each))


def fire(left: Left, name: str, values: dict[str, object]) -> Left | None:
    """Do a task; None when the block is over."""
    if isinstance(left.block, Task):
        return None
    index = next(i for i, each in enumerate(left.live) if name in enabled(each))
    after = fire(left.live[index], name, values)
    if isinstance(left.block, Loop):
        return _again(left.block, after, values)
    live = [*left.live[:index], *([after] if after else []), *left.live[index + 1 :]]
    if live:
        return Left(left.block, live, left.coming)
    return _onward(left, values) if isinstance(left.block, Seq) else None


def variables_of(block: Block) -> list[str]:
    """Return the variables that steer a block."""
    if isinstance(block, Task):
        return []
    own = [block.variable] if isinstance(block, Xor | Loop) else []
    below = (block.body,) if isinstance(block, Loop) else ()
    parts = block.parts if isinstance(block, Seq) else below
    branches = block.branches if isinstance(block, Xor | And) else parts
    return own + [name for each in branches for name in variables_of(each)]
