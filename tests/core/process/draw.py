"""Writes block-structured processes as BPMN."""

from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from tests.core.process.blocks import (
    And,
    Block,
    Guard,
    Loop,
    Many,
    Or,
    Seq,
    Sub,
    Task,
    Xor,
    document,
    inside,
)


@dataclass
class Count:
    """Numbers for ids, shared by all scopes of a file."""

    flows: int = 0
    gateways: int = 0


@dataclass
class Writer:
    """Writes the blocks of one scope as BPMN elements; ``equals`` is the sign of the conditions."""

    out: list[str] = field(default_factory=list)
    count: Count = field(default_factory=Count)
    equals: str = "="
    item: str = ""

    def flow(self, source: str, target: str, condition: str = "") -> str:
        """Add a flow and return its id."""
        self.count.flows += 1
        flow_id = f"f{self.count.flows}"
        text = (
            f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
        )
        ends = f'sourceRef="{source}" targetRef="{target}"'
        self.out.append(f'<sequenceFlow id="{flow_id}" {ends}>{text}</sequenceFlow>')
        return flow_id

    def gateway(self, kind: str) -> str:
        """Return the id of a new gateway, whose element is written by ``close``."""
        self.count.gateways += 1
        return f"{kind}{self.count.gateways}"

    def close(self, gateway: str, default: str = "") -> None:
        """Write a gateway's element."""
        tags = {"and": "parallelGateway", "xor": "exclusiveGateway", "or": "inclusiveGateway"}
        tag = tags[gateway.rstrip("0123456789")]
        mark = f' default="{default}"' if default else ""
        self.out.append(f'<{tag} id="{gateway}"{mark}/>')

    def block(self, block: Block, before: str, condition: str = "") -> tuple[str, str]:
        """Write a block after a node; return its last node and the id of the flow into it."""
        if isinstance(block, Task | Sub | Many):
            name = self.activity(block)
            return name, self.flow(before, name, condition)
        if isinstance(block, Seq):
            first = ""
            for part in block.parts:
                before, used = self.block(part, before, condition)
                first, condition = first or used, ""
            return before, first
        if isinstance(block, Loop):
            return self.loop(block, before, condition)
        if isinstance(block, Guard):
            return self.guard(block, before, condition)
        return self.split(block, before, condition)

    def activity(self, block: Task | Sub | Many, mark: str = "", item: str = "") -> str:
        """Write a task or sub-process, done many times or once; return its id."""
        if isinstance(block, Many):
            return self.many(block)
        if isinstance(block, Task):
            self.out.append(f'<userTask id="{block.name}" mc:role="r">{mark}</userTask>')
            return block.name
        inner = Writer([], self.count, self.equals, item or self.item)
        first, end = f"{block.name}-start", f"{block.name}-end"
        inner.out += [f'<startEvent id="{first}"/>', f'<endEvent id="{end}"/>']
        last, _ = inner.block(block.body, first)
        inner.flow(last, end)
        body = "".join(inner.out)
        self.out.append(f'<subProcess id="{block.name}">{mark}{body}</subProcess>')
        return block.name

    def many(self, block: Many) -> str:
        """Write a multi-instance activity; the items are numbers that name the way to them."""
        outer = f"{self.item} * 10 + " if self.item else ""
        collection = quoteattr(f"for x in {block.items} return {outer}x")
        until = f"nrOfCompletedInstances >= {block.enough}" if block.enough else ""
        until = f"{block.until} = 1" if block.until else until
        condition = f"<completionCondition>{escape(until)}</completionCondition>" if until else ""
        item = f"i-{block.body.name}".replace("-", "")
        mark = (
            f'<multiInstanceLoopCharacteristics isSequential="{str(block.sequential).lower()}"'
            f' mc:collection={collection} mc:element="{item}">{condition}'
            "</multiInstanceLoopCharacteristics>"
        )
        return self.activity(block.body, mark, item)

    def guard(self, block: Guard, before: str, condition: str) -> tuple[str, str]:
        """Write an activity with a boundary signal; beside it, the handler has an end of its own."""
        host = self.activity(block.host)
        first = self.flow(before, host, condition)
        event = f"{block.signal}-event"
        quiet = "" if block.interrupting else ' cancelActivity="false"'
        self.out.append(
            f'<boundaryEvent id="{event}" attachedToRef="{host}"{quiet}>'
            f'<signalEventDefinition signalRef="{block.signal}"/></boundaryEvent>'
        )
        last, _ = self.block(block.handler, event)
        if not block.interrupting:
            self.out.append(f'<endEvent id="{block.signal}-end"/>')
            self.flow(last, f"{block.signal}-end")
            return host, first
        merge = self.gateway("xor")
        self.flow(host, merge)
        self.flow(last, merge)
        self.close(merge)
        return merge, first

    def loop(self, block: Loop, before: str, condition: str) -> tuple[str, str]:
        """Write a merge, the body and a split that leads back."""
        merge, test = self.gateway("xor"), self.gateway("xor")
        first = self.flow(before, merge, condition)
        last, _ = self.block(block.body, merge)
        self.flow(last, test)
        self.flow(test, merge, f"{block.variable} {self.equals} 1")
        after = self.gateway("xor")
        self.close(merge)
        self.close(test, self.flow(test, after))
        self.close(after)
        return after, first

    def split(self, block: Xor | And | Or, before: str, condition: str) -> tuple[str, str]:
        """Write a split, the branches and a join of the same kind."""
        kind = {Xor: "xor", And: "and", Or: "or"}[type(block)]
        split, join = self.gateway(kind), self.gateway(kind)
        first, default = self.flow(before, split, condition), ""
        for number, branch in enumerate(block.branches):
            last_one = number == len(block.branches) - 1
            test = ""
            if isinstance(block, Xor) and not last_one:
                test = f"{block.variable} {self.equals} {number}"
            elif isinstance(block, Or) and not last_one:
                test = f"{block.variables[number]} {self.equals} 1"
            if branch == Seq(()):
                used = self.flow(split, join, test)
            else:
                last, used = self.block(branch, split, test)
                self.flow(last, join)
            default = "" if isinstance(block, And) else used
        self.close(split, default)
        self.close(join)
        return join, first


def to_bpmn(block: Block, equals: str = "=") -> bytes:
    """Return a whole process around a block."""
    writer = Writer(['<startEvent id="start"/>', '<endEvent id="end"/>'], equals=equals)
    last, _ = writer.block(block, "start")
    writer.flow(last, "end")
    signals = "".join(
        f'<signal id="{each.signal}" name="{each.signal}"/>'
        for each in inside(block)
        if isinstance(each, Guard)
    )
    return document("".join(writer.out), before=signals)
