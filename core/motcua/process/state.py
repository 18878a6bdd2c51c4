"""What a running case is, what is told to it and what it answers. All of it travels as JSON.

States, records and waits are structs: many are made at every step, and a struct costs a tenth of a
frozen dataclass.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import msgspec

from motcua.errors import Invalid, TooLarge
from motcua.process.definition import Timer

MAX_VARIABLES = 8_000
"""Bytes of JSON: variables steer the flow; the data of a case lie with the dossier."""
_JSON = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
WaitKind = Literal["user", "service", "message", "timer", "signal"]
RecordKind = Literal[
    "entered", "left", "flow_taken", "completed", "cancelled", "failed", "ended", "migrated"
]
Status = Literal["running", "ended", "stuck"]
_TOO_MUCH_VI = "Biến của quy trình quá lớn; dữ liệu phải để trong hồ sơ"
_TOO_MUCH_EN = "The variables of the process are too large; data belong in the dossier"


@dataclass(frozen=True, slots=True)
class Complete:
    """A person finished a user task; ``variables`` may hold ``outcome``."""

    token: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceDone:
    """A handler finished its service task."""

    token: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceFailed:
    """A handler gave up; an error event that catches the code takes over, else it is a Conflict."""

    token: str
    code: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """Something arrived; it wakes the wait of this name that has waited longest.

    Waits on the way itself come before those of boundary events and event sub-processes.
    """

    name: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something is announced; it wakes every wait of this name in the case."""

    name: str
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The due moment of a timer wait has come."""

    token: str


Command = Complete | ServiceDone | ServiceFailed | Message | Signal | TimerFired


class State(msgspec.Struct, frozen=True):
    """Where the tokens of a case are: at nodes, and parked before joins (by flow).

    A token gets a new id at every node, so a command that comes twice finds nothing to do.
    ``parents`` says under which other token a token lies: the running sub-process, the
    multi-instance activity, or the activity whose boundary event it watches; at the top it is left
    out. ``data`` holds what a token carries: the item of an instance, how far a multi-instance
    activity is, a computed timer.
    """

    tokens: Mapping[str, str]
    parked: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, object]
    next_token: int = 1
    parents: Mapping[str, str] = msgspec.field(default_factory=dict)
    data: Mapping[str, object] = msgspec.field(default_factory=dict)

    @property
    def status(self) -> Status:
        """``stuck`` when tokens are left only before joins that can no longer fire."""
        if not self.parked:
            return "running" if self.tokens else "ended"
        inner = {self.parents[token] for token in self.tokens if token in self.parents}
        held = {self.parents.get(token) for tokens in self.parked.values() for token in tokens}
        return "running" if any(t not in inner and t not in held for t in self.tokens) else "stuck"

    def to_json(self) -> dict[str, object]:
        """Return JSON values, small: what is empty is left out."""
        found: dict[str, object] = {"tokens": dict(self.tokens), "next": self.next_token}
        if self.parked:
            found["parked"] = {flow: list(tokens) for flow, tokens in self.parked.items()}
        if self.variables:
            found["variables"] = dict(self.variables)
        if self.parents:
            found["in"] = dict(self.parents)
        if self.data:
            found["data"] = dict(self.data)
        return found

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "State":
        """Read what ``to_json`` wrote; raises Invalid for anything else."""
        upcoming, tokens = data.get("next"), _object(data, "tokens")
        if not isinstance(upcoming, int):
            raise _damaged()
        for token, node in tokens.items():
            if not (token[:1] == "t" and token[1:].isdecimal() and isinstance(node, str)):
                raise _damaged()
        parked = _parked(data) if "parked" in data else {}
        parents = _object(data, "in")
        if parents and not _nested(tokens, parked, parents):
            raise _damaged()
        carried = _object(data, "data")
        if not carried.keys() <= tokens.keys():
            raise _damaged()
        return cls(tokens, parked, _object(data, "variables"), upcoming, parents, carried)


class Record(msgspec.Struct, frozen=True):
    """A fact for the history: what happened to which token at which node, in order.

    ``completed`` carries the variables it came with, ``flow_taken`` the flow; ``cancelled`` is a
    token that an interrupting event took away; ``failed`` has the error code in ``detail``,
    ``migrated`` the node of the version before; ``ended`` is the case.
    """

    kind: RecordKind
    node: str
    token: str
    flow: str = ""
    variables: Mapping[str, object] = msgspec.field(default_factory=dict)
    detail: str = ""

    def to_json(self) -> dict[str, object]:
        """Return JSON values; what is empty is left out."""
        found: dict[str, object] = {"kind": self.kind, "node": self.node, "token": self.token}
        if self.flow:
            found["flow"] = self.flow
        if self.variables:
            found["variables"] = dict(self.variables)
        if self.detail:
            found["detail"] = self.detail
        return found


class Wait(msgspec.Struct, frozen=True):
    """What a case waits for: a person (role, hours, outcomes), a handler, a message, a moment.

    ``hours`` are working hours; ``clock`` is ``pause`` while the statutory clock stands still;
    ``state`` is the national dossier state while it waits here, if the diagram names one.
    ``optional`` marks boundary events and event sub-processes: the case can end without them;
    ``attached_to_token`` is then the token of the activity (or running sub-process) they belong to.
    ``item`` is the item of the innermost multi-instance activity around the wait, else None.
    """

    token: str
    node: str
    kind: WaitKind
    name_vi: str
    name_en: str
    role: str = ""
    hours: Decimal | None = None
    handler: str = ""
    message: str = ""
    clock: str = ""
    outcomes: tuple[str, ...] = ()
    state: int | None = None
    signal: str = ""
    timer: Timer | None = None
    attached_to_token: str = ""
    optional: bool = False
    item: object = None


class Outcome(msgspec.Struct, frozen=True):
    """The new state, what happened on the way, and everything the case waits for now."""

    state: State
    records: tuple[Record, ...]
    waits: tuple[Wait, ...]

    @property
    def ended(self) -> bool:
        """Whether the case is at its end."""
        return self.state.status == "ended"


def _age(token: str) -> int:
    return int(token[1:]) if token[1:].isdecimal() else 0


def _damaged() -> Invalid:
    return Invalid("Trạng thái quy trình bị hỏng", "The state of the process is damaged")


def _parked(data: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    parked = {}
    for flow, held in _object(data, "parked").items():
        if not isinstance(held, list):
            raise _damaged()
        parked[flow] = tuple(map(str, held))
    return parked


def _nested(
    tokens: Mapping[str, str], parked: Mapping[str, tuple[str, ...]], parents: Mapping[str, str]
) -> bool:
    known = {*tokens, *(token for held in parked.values() for token in held)}
    if not all(isinstance(above, str) for above in parents.values()):
        return False
    if not (parents.keys() <= known and tokens.keys() >= set(parents.values())):
        return False
    # A token is always younger than the one it lies under, so there are no circles.
    return all(_age(above) < _age(token) for token, above in parents.items())


def _object(data: Mapping[str, object], key: str) -> dict[str, Any]:
    found = data.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _damaged()
    return found


def checked(variables: Mapping[str, object]) -> dict[str, object]:
    """Return variables as given; raises Invalid if they are not JSON, TooLarge over 8,000 bytes."""
    try:
        size = len(_JSON.encode(dict(variables)).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(
            "Biến của quy trình phải là giá trị JSON", "Variables of a process must be JSON values"
        ) from error
    if size > MAX_VARIABLES:
        raise TooLarge(_TOO_MUCH_VI, _TOO_MUCH_EN)
    return dict(variables)
