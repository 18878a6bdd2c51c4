"""A package's own examples: what is given, what happens then, and what must come of it.

They are data of the package (``scenarios/*.toml``), run without a server, and stand behind
``motcua procedure test`` and the publishing of a version.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from motcua.catalogue.reading import Record, convert

Channel = Literal["direct", "online", "post"]
UnitLevel = Literal["", "province", "commune"]
AFTER = re.compile(
    r"(?P<number>[0-9]{1,4}(?:\.[0-9]{1,2})?) (?P<unit>working_days|working_hours|calendar_days)"
)


def _span(after: str) -> bool:
    """Tell whether a text is a span of time; only hours have parts."""
    found = AFTER.fullmatch(after)
    return found is not None and ("." not in found["number"] or found["unit"] == "working_hours")


class Presented(Record, frozen=True):
    """A credential that the person presents in the example, taken as verified."""

    vct_type: str
    claims: dict[str, Any]


class Days(Record, frozen=True):
    """Days that differ from a plain week of Monday to Friday."""

    off: tuple[date, ...] = ()
    working: tuple[date, ...] = ()


class Given(Record, frozen=True):
    """Who applies with what: raw answers as typed, sources, credentials, the moment of acceptance.

    ``person`` is what claims see of the person; without it, it is read from ``prefilled`` (``person.*``).
    ``accepted`` without a zone is meant in Vietnam's time. ``unit_level`` is that of the unit that decides,
    where routing leaves it open.
    """

    answers: dict[str, Any] = msgspec.field(default_factory=dict)
    prefilled: dict[str, str] = msgspec.field(default_factory=dict)
    person: dict[str, Any] = msgspec.field(default_factory=dict)
    credentials: tuple[Presented, ...] = ()
    channel: Channel = "online"
    unit_level: UnitLevel = ""
    accepted: datetime | None = None
    days: Days = Days()


class Happening(Record, frozen=True):
    """One thing that happens after acceptance: time passes (``after``), then somebody does something.

    ``step`` is the id of the step that a person does, with ``outcome`` (the first one that the step offers
    unless named), what is drafted for the result, and variables of the process. ``message`` and ``signal``
    arrive; a ``service`` is done by hand here, or ``fails`` with a code. A service that no line names is done
    at once. ``item`` chooses among repetitions of one step.
    """

    after: str = ""
    step: str = ""
    outcome: str = ""
    draft: dict[str, Any] = msgspec.field(default_factory=dict)
    item: Any = None
    message: str = ""
    signal: str = ""
    service: str = ""
    fails: str = ""
    variables: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what could be read in two ways; msgspec adds the place."""
        acts = [name for name in ("step", "message", "signal", "service") if getattr(self, name)]
        if len(acts) > 1 or not (acts or self.after):
            raise ValueError("Expected one of step, message, signal, service, or after alone")
        if self.after and not _span(self.after):
            raise ValueError(
                f"Expected after such as '2 working_days', '4 working_hours' or '3 calendar_days', "
                f"not {self.after!r}"
            )
        if (self.outcome or self.draft or self.item is not None) and acts != ["step"]:
            raise ValueError("Expected outcome, draft and item only beside step")
        if self.fails and acts != ["service"]:
            raise ValueError("Expected fails only beside service")
        if self.variables and not acts:
            raise ValueError("Expected variables beside step, message, signal or service")

    @property
    def kind(self) -> str:
        """What it is: step, message, signal, service, or time."""
        for name in ("step", "message", "signal", "service"):
            if getattr(self, name):
                return name
        return "time"


class Then(Record, frozen=True):
    """What must come of it; what is not named is not checked.

    ``wrong`` are the answers that are refused; ``papers`` the keys of the papers still to hand in; ``case`` the
    id of the case; ``way`` the steps that were done, in order (people's and the system's); ``waits`` where
    it waits at the end; ``due`` the statutory due moment at the end; ``routed`` who is competent.
    """

    wrong: list[str] | None = None
    fee: int | None = None
    papers: list[str] | None = None
    case: str | None = None
    way: list[str] | None = None
    waits: list[str] | None = None
    ended: bool | None = None
    due: datetime | None = None
    claims: dict[str, Any] | None = None
    priority: int | None = None
    routed: str | None = None


class Scenario(Record, frozen=True):
    """One example; ``key`` is the name of its file."""

    key: str
    name_vi: str
    name_en: str
    given: Given
    then: Then
    when: tuple[Happening, ...] = ()

    @classmethod
    def from_data(cls, data: Mapping[str, Any], file: str = "") -> "Scenario":
        """Read a scenario; raises ``PackageError``. The shape of version 0.1 is read too.

        Versions that were published with it lie in databases: of them ``steps`` (no course was run) and
        claims that needed a draft are left out.
        """
        name = file or f"scenarios/{data.get('key', '')}.toml"
        return convert(_renewed(data) if "expect" in data else data, cls, name)


def _renewed(data: Mapping[str, Any]) -> dict[str, Any]:
    moved = ("answers", "prefilled", "person", "credentials")
    lost = {"steps", "claims"} if data.get("draft") else {"steps"}
    rest = {k: v for k, v in data.items() if k not in (*moved, "draft", "expect")}
    return rest | {
        "given": {k: data[k] for k in moved if k in data},
        "then": {k: v for k, v in data["expect"].items() if k not in lost},
    }
