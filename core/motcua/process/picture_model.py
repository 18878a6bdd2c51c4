"""What a BPMN file holds that can be drawn, whether or not the engine runs it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

LinkKind = Literal["sequence", "message", "association", "data", "conversation"]
GATEWAYS = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"}
    | {"complexGateway"}
)
EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess", "subChoreography"})
CHOREOGRAPHY = frozenset({"choreographyTask", "subChoreography", "callChoreography"})
TALKS = frozenset({"conversation", "subConversation", "callConversation"})
ACTIVITIES = SCOPES | CHOREOGRAPHY | {
    "task", "userTask", "serviceTask", "sendTask", "receiveTask", "manualTask", "scriptTask",
    "businessRuleTask", "callActivity",
}  # fmt: skip
ARTIFACTS = frozenset({"textAnnotation", "dataObjectReference", "dataStoreReference", "group"})
DATA = frozenset(
    {"dataObjectReference", "dataStoreReference", "dataObject", "dataStore", "dataInput"}
    | {"dataOutput"}
)
EXTRAS = (DATA - ARTIFACTS) | {"message"}
"""What is drawn only where the diagram of the file has a shape for it."""
FLOW_NODES = GATEWAYS | EVENTS | ACTIVITIES
_SIZES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(GATEWAYS, (50, 50)),
    **dict.fromkeys(EVENTS, (36, 36)),
    **dict.fromkeys(DATA, (36, 48)),
    **dict.fromkeys(("dataStoreReference", "dataStore"), (50, 44)),
    **dict.fromkeys(TALKS, (48, 42)),
    **dict.fromkeys(CHOREOGRAPHY, (130, 96)),
    "textAnnotation": (140, 48),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One element; ``parent`` is the id of the process, sub-process or collaboration it lies in.

    ``event`` is the kind of its event definition, ``multiple`` for several, of an event sub-process
    that of its start; ``variant`` tells alike ones apart: the global task that is called,
    ``instantiate`` or ``Parallel`` of an event-based gateway; ``bands`` are the participants of a
    choreography activity, each with whether it begins; ``repeat`` is
    ``parallel``, ``sequential`` or ``loop``; ``attached`` the activity of a boundary event;
    ``called`` the process that a call activity calls, or that a participant carries out; ``hours``
    the limit in working hours, 0 for none.
    """

    id: str
    tag: str
    parent: str
    name_vi: str = ""
    name_en: str = ""
    event: str = ""
    attached: str = ""
    called: str = ""
    repeat: str = ""
    interrupting: bool = True
    triggered: bool = False
    compensation: bool = False
    many: bool = False
    lane: str = ""
    hours: float = 0.0
    variant: str = ""
    bands: tuple[tuple[str, bool], ...] = ()

    def name(self, lang: str) -> str:
        """Return the name in a language; Vietnamese where there is no other."""
        return (self.name_en or self.name_vi) if lang == "en" else self.name_vi

    @property
    def size(self) -> tuple[float, float]:
        """Width and height where the file gives none."""
        return _SIZES.get(self.tag, (130, 76))


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow; ``parent`` is the scope it lies in, ``heads`` the tips of an association."""

    id: str
    kind: LinkKind
    source: str
    target: str
    parent: str
    name: str = ""
    default: bool = False
    conditional: bool = False
    heads: int = 0


@dataclass(slots=True)
class Model:
    """A whole file. ``processes`` and ``participants`` are ids in document order.

    ``lanes`` holds the lanes of a process from top to bottom; of nested lanes the innermost, with
    the one around each in ``outer``. ``children`` holds all elements by the scope they lie in.
    ``extras`` and ``loose`` are drawn only where the file's own diagram shows them: data without a
    reference, arrows that lead to nothing.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    processes: list[str] = field(default_factory=list)
    participants: list[str] = field(default_factory=list)
    lanes: dict[str, list[str]] = field(default_factory=dict)
    children: dict[str, list[Part]] = field(default_factory=dict)
    collaboration: str = ""
    outer: dict[str, str] = field(default_factory=dict)
    extras: dict[str, Part] = field(default_factory=dict)
    loose: dict[str, Link] = field(default_factory=dict)

    def inside(self, scope: str) -> list[Part]:
        """Return the flow nodes directly in a process or sub-process, in document order."""
        return [p for p in self.children.get(scope, ()) if p.tag not in _NOT_NODES]

    def artifacts(self, scope: str) -> list[Part]:
        """Return annotations and data of a scope."""
        return [p for p in self.children.get(scope, ()) if p.tag in ARTIFACTS and p.tag != "group"]

    def scopes_of(self, part_id: str) -> Iterator[str]:
        """Return the sub-processes around an element, the innermost first."""
        part = self.parts.get(part_id)
        while part is not None and part.parent in self.parts:
            part = self.parts[part.parent]
            yield part.id


_NOT_NODES = ARTIFACTS | {"participant", "lane"}
