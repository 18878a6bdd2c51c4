"""A package's own examples: what is answered, and what must come of it."""

from typing import Any

import msgspec

from motcua.catalogue.reading import Record


class Presented(Record, frozen=True):
    """A credential that the person presents in the example, taken as verified."""

    vct_type: str
    claims: dict[str, Any]


class Expect(Record, frozen=True):
    """What must come of it; what is not named is not checked.

    ``papers`` are the keys of the papers still to hand in, ``steps`` the ids of the steps in order and
    ``wrong`` the fields that are refused.
    """

    fee: int | None = None
    papers: list[str] | None = None
    steps: list[str] | None = None
    wrong: list[str] | None = None
    claims: dict[str, Any] | None = None


class Scenario(Record, frozen=True):
    """One example: raw answers as a person types them, sources, credentials, the officer's draft."""

    key: str
    name_vi: str
    name_en: str
    answers: dict[str, Any]
    expect: Expect
    prefilled: dict[str, str] = msgspec.field(default_factory=dict)
    credentials: tuple[Presented, ...] = ()
    draft: dict[str, Any] = msgspec.field(default_factory=dict)
    person: dict[str, Any] = msgspec.field(default_factory=dict)
