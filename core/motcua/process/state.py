"""What a running case is, what is told to it and what it answers. All of it travels as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from motcua.errors import Invalid, TooLarge

MAX_VARIABLES = 8_000
"""Bytes of JSON: variables steer the flow; the data of a case lie with the dossier."""
WaitKind = Literal["user", "service", "message"]
RecordKind = Literal["entered", "left", "flow_taken", "completed", "ended"]
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
class Message:
    """Something arrived; it wakes the token that has waited longest for this name."""

    name: str
    variables: Mapping[str, object] = field(default_factory=dict)


Command = Complete | ServiceDone | Message


@dataclass(frozen=True, slots=True)
class State:
    """Where the tokens of a case are: at waiting nodes, and parked before joins (by flow).

    A token gets a new id at every node, so a command that comes twice finds nothing to do.
    """

    tokens: Mapping[str, str]
    parked: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, object]
    next_token: int = 1

    @property
    def status(self) -> Status:
        """``stuck`` when tokens are left only before joins that can no longer fire."""
        if self.tokens:
            return "running"
        return "stuck" if any(self.parked.values()) else "ended"

    def to_json(self) -> dict[str, object]:
        """Return JSON values, small: what is empty is left out."""
        found: dict[str, object] = {"tokens": dict(self.tokens), "next": self.next_token}
        if self.parked:
            found["parked"] = {flow: list(tokens) for flow, tokens in self.parked.items()}
        if self.variables:
            found["variables"] = dict(self.variables)
        return found

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "State":
        """Read what ``to_json`` wrote; raises Invalid for anything else."""
        upcoming = data.get("next")
        if not isinstance(upcoming, int):
            raise _damaged()
        parked = {}
        for flow, held in _object(data, "parked").items():
            if not isinstance(held, list):
                raise _damaged()
            parked[flow] = tuple(map(str, held))
        tokens = {token: str(node) for token, node in _object(data, "tokens").items()}
        if not all(token[:1] == "t" and token[1:].isdecimal() for token in tokens):
            raise _damaged()
        return cls(tokens, parked, _object(data, "variables"), upcoming)


@dataclass(frozen=True, slots=True)
class Record:
    """A fact for the history: what happened to which token at which node, in order.

    ``completed`` carries the variables it came with, ``flow_taken`` the flow; ``ended`` is the
    case.
    """

    kind: RecordKind
    node: str
    token: str
    flow: str = ""
    variables: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return JSON values; what is empty is left out."""
        found: dict[str, object] = {"kind": self.kind, "node": self.node, "token": self.token}
        if self.flow:
            found["flow"] = self.flow
        if self.variables:
            found["variables"] = dict(self.variables)
        return found


@dataclass(frozen=True, slots=True)
class Wait:
    """What a case waits for: a person (role, hours, outcomes), a handler, or a message.

    ``hours`` are working hours; ``clock`` is ``pause`` while the statutory clock stands still;
    ``state`` is the national dossier state while it waits here, if the diagram names one.
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new state, what happened on the way, and everything the case waits for now."""

    state: State
    records: tuple[Record, ...]
    waits: tuple[Wait, ...]

    @property
    def ended(self) -> bool:
        """Whether the case is at its end."""
        return self.state.status == "ended"


def _damaged() -> Invalid:
    return Invalid("Trạng thái quy trình bị hỏng", "The state of the process is damaged")


def _object(data: Mapping[str, object], key: str) -> dict[str, object]:
    found = data.get(key, {})
    if not isinstance(found, Mapping):
        raise _damaged()
    return {str(name): value for name, value in found.items()}


def checked(variables: Mapping[str, object]) -> dict[str, object]:
    """Return variables as given; raises Invalid if they are not JSON, TooLarge over 8,000 bytes."""
    try:
        size = len(json.dumps(dict(variables), allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(
            "Biến của quy trình phải là giá trị JSON", "Variables of a process must be JSON values"
        ) from error
    if size > MAX_VARIABLES:
        raise TooLarge(_TOO_MUCH_VI, _TOO_MUCH_EN)
    return dict(variables)
