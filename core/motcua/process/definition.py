"""A process as the engine sees it: nodes and flows of all scopes, immutable, made by ``load``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from motcua.rules import Expression

NodeKind = Literal[
    "start", "end", "exclusive", "parallel", "inclusive", "event", "user", "service", "message",
    "timer", "signal", "throw", "rule", "scope", "boundary",
]  # fmt: skip
EventKind = Literal["", "message", "timer", "signal", "error", "escalation", "terminate"]
TimerKind = Literal["duration", "date", "working", "before_due", "after_due"]
TimerUnit = Literal["", "working_days", "working_hours"]
WAITING: frozenset[NodeKind] = frozenset({"user", "service", "message", "timer", "signal"})
"""Nodes at which a token rests until a command comes for it."""


@dataclass(frozen=True, slots=True)
class Timer:
    """When a timer event fires, counted from the moment at which the case began to wait for it.

    ``duration`` holds an ISO 8601 duration of wall time, ``date`` an ISO 8601 moment. ``working``
    holds a number of working days or hours after the wait began; ``before_due`` and ``after_due``
    the same relative to the statutory due date of the dossier. ``expression`` is FEEL that gives
    the text of a duration or date; a wait has it computed, with ``value`` set and no expression.
    """

    kind: TimerKind
    value: str | Decimal
    unit: TimerUnit = ""
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Multi-instance: the activity is done for each item of a list, or a number of times.

    ``element`` is the variable that holds the item, ``until`` the completion condition. At the end
    the variable ``output`` gets the list of what ``output_element`` was in each instance.
    """

    sequential: bool = False
    collection: Expression | None = None
    cardinality: Expression | None = None
    element: str = ""
    until: Expression | None = None
    output: str = ""
    output_element: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; a ``condition`` only on one that leaves an exclusive or inclusive gateway."""

    id: str
    source: str
    target: str
    condition: Expression | None = None
    name_vi: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node; ``incoming`` and ``outgoing`` are flow ids in document order.

    ``tag`` is the BPMN element's name. ``scope`` is the sub-process (or inlined call activity) it
    lies in, empty at the top; ``attached_to`` the activity that a boundary event sits on. ``event``
    names what an event reacts to or throws, empty for a plain one and for tasks.

    ``hours`` is the limit of the step in working hours. ``decisions`` maps an outcome to the value
    that the variable ``decision`` takes; an empty value clears it. ``state`` is the national state
    of the dossier (1-10) while the case waits here; ``clock`` is ``pause`` where the statutory
    clock stands; both hold for everything inside a sub-process that does not say otherwise.

    ``message``, ``signal`` and ``code`` (of an error or escalation; empty catches all) name what
    an event is about. ``decision`` is ``file.dmn#Decision`` of a business rule task and ``result``
    the variable it sets. ``triggered`` marks an event sub-process; ``called`` is the
    ``key@version`` of the process that a call activity holds.
    """

    id: str
    kind: NodeKind
    name_vi: str = ""
    name_en: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str = ""
    role: str = ""
    hours: Decimal | None = None
    outcomes: tuple[str, ...] = ()
    decisions: Mapping[str, str] = field(default_factory=dict)
    state: int | None = None
    handler: str = ""
    message: str = ""
    clock: str = ""
    scope: str = ""
    attached_to: str = ""
    event: EventKind = ""
    interrupting: bool = True
    timer: Timer | None = None
    repeat: Repeat | None = None
    called: str = ""
    triggered: bool = False
    signal: str = ""
    code: str = ""
    decision: str = ""
    result: str = ""
    tag: str = ""


class Index:
    """What the engine looks up at every step, computed once for each definition."""

    __slots__ = ("_reach", "boundaries", "flows", "handlers", "nodes", "starts")

    def __init__(self, nodes: Mapping[str, Node], flows: Mapping[str, Flow]) -> None:
        self.nodes, self.flows = nodes, flows
        self.starts: dict[str, Node] = {}
        """The plain start event of each scope."""
        self.boundaries: dict[str, tuple[Node, ...]] = {}
        """The boundary events on each activity."""
        self.handlers: dict[str, tuple[Node, ...]] = {}
        """The start events of the event sub-processes in each scope."""
        self._reach: dict[tuple[str, bool], dict[str, frozenset[str]]] = {}
        for node in nodes.values():
            around = nodes.get(node.scope)
            if node.kind == "boundary":
                before = self.boundaries.get(node.attached_to, ())
                self.boundaries[node.attached_to] = (*before, node)
            elif node.kind == "start" and around is not None and around.triggered:
                self.handlers[around.scope] = (*self.handlers.get(around.scope, ()), node)
            elif node.kind == "start":
                self.starts.setdefault(node.scope, node)

    def hinders(self, gateway: Node, place: str, held: set[str]) -> bool:
        """Whether a token at a place keeps an inclusive join waiting (BPMN 2.0.2, table 13.3).

        It does if it can still come to an incoming flow without a token, and has no way to one with
        a token (neither way passing the gateway itself). A boundary event of the activity where it
        is may bring it there too; but what such an event brings does not stand for what the
        activity itself still brings.
        """
        for events in (False, True):
            reached = self._reached(gateway, events=events).get(place)
            if reached and not reached <= held:
                return not reached & held
        return False

    def _reached(self, gateway: Node, *, events: bool) -> Mapping[str, frozenset[str]]:
        """Return which incoming flows of a gateway each node can reach, boundary events or not.

        Computed when first asked for: only an inclusive join needs it.
        """
        found = self._reach.get((gateway.id, events))
        if found is None:
            sets: dict[str, set[str]] = {}
            for flow in gateway.incoming:
                for node in self._before(self.flows[flow].source, gateway.id, events=events):
                    sets.setdefault(node, set()).add(flow)
            found = {node: frozenset(reached) for node, reached in sets.items()}
            self._reach[gateway.id, events] = found
        return found

    def _before(self, last: str, never: str, *, events: bool) -> set[str]:
        seen: set[str] = set()
        todo = [last]
        while todo:
            each = todo.pop()
            if each in seen or each == never:
                continue
            seen.add(each)
            node = self.nodes[each]
            todo += [self.flows[flow].source for flow in node.incoming]
            if node.attached_to and events:
                todo.append(node.attached_to)
        return seen


@dataclass(frozen=True, slots=True)
class Definition:
    """A checked process; ``nodes`` and ``flows`` are flat over all scopes.

    ``digest`` is the SHA-256, in hex, of the file it came from and of the files it calls.
    ``decisions`` holds the read decision files of its business rule tasks by name.
    """

    key: str
    name: str
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    start: str
    digest: str
    decisions: Mapping[str, object] = field(default_factory=dict)
    index: Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the lookups."""
        object.__setattr__(self, "index", Index(self.nodes, self.flows))
