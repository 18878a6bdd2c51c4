"""A process as the engine sees it: nodes and flows, immutable, made by ``load``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from motcua.rules import Expression

NodeKind = Literal["start", "end", "exclusive", "parallel", "user", "service", "message"]
WAITING = frozenset({"user", "service", "message"})


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; ``condition`` only when it leaves an exclusive gateway."""

    id: str
    source: str
    target: str
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node; ``incoming`` and ``outgoing`` are flow ids in document order.

    ``hours`` is the limit of the step in working hours. ``decisions`` maps an outcome to the value
    that the variable ``decision`` takes; an empty value clears it. ``state`` is the national state
    of the dossier (1-10) while the case waits here; ``clock`` is ``pause`` where the statutory
    clock stands.
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


@dataclass(frozen=True, slots=True)
class Definition:
    """A checked process; ``digest`` is the SHA-256 of the file it came from, in hex."""

    key: str
    name: str
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    start: str
    digest: str
