"""One question of a form as data: what kind it is, how it is called, and what it consists of."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from motcua.catalogue.reading import Record

Kind = Literal[
    "text",
    "long_text",
    "name",
    "address",
    "address2",
    "pid",
    "phone",
    "email",
    "tax_code",
    "insurance",
    "date",
    "choice",
    "multichoice",
    "integer",
    "decimal",
    "money",
    "checkbox",
    "declaration",
    "attachment",
    "group",
    "rows",
    "cosigners",
    "representative",
]
Leaf = str | int | bool | list[str] | dict[str, str]
Row = dict[str, Leaf]
Value = Leaf | Row | list[Row]
Key = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, Meta(min_length=1, max_length=300)]
Help = Annotated[str, Meta(max_length=2000)]
Rule = Annotated[str, Meta(max_length=2000)]
WalletClaim = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9_]{0,39}$")]
Count = Annotated[int, Meta(ge=0, le=1000)]

REPEATED = frozenset({"rows", "cosigners"})
HOLDERS = frozenset({"group", "rows", "cosigners", "representative"})
"""Kinds that hold other questions. Only a ``group`` leaves no trace in the answers."""
CHOOSING = frozenset({"choice", "multichoice", "representative"})
COMPUTED = frozenset({"text", "integer", "decimal", "money", "date"})
COUNTED = frozenset({"choice", "multichoice", "integer", "decimal", "money", "checkbox", "date"})
"""Kinds that may go to statistics; what a person writes freely may name somebody."""
WALLET_KINDS = frozenset(
    {"text", "long_text", "name", "address", "pid", "date", "choice", "phone", "email", "integer"}
)
"""Kinds that a claim of a paper can answer."""
ROWS = 50
FILES = 10


class Choice(Record, frozen=True):
    """One answer that may be chosen."""

    value: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_.-]{0,39}$")]
    vi: Line
    en: Line


class Field(Record, frozen=True):
    """One question, or a question that holds others in ``fields``.

    ``min`` and ``max`` bound a number, the length of a text, or the number of files. ``past`` refuses a
    date after today. ``show_when`` is FEEL over the answers before it: those of its own row first, then
    those of the form. ``computed`` is FEEL over the same answers: nobody types the value. ``prefill`` names
    a source such as ``person.full_name``; with ``locked`` a value from there cannot be changed.
    ``statistics`` lets the answer out of the dossier, without the person. ``slot`` is the key of the paper
    that an ``attachment`` (or the evidence of a ``representative``) hands in. ``row_vi`` and ``row_en`` name
    one row of ``rows``: ``Người con``. ``wallet`` names claims that answer the question, as
    ``kind-of-paper.claim``, each an alternative.
    """

    key: Key
    kind: Kind
    label_vi: Line
    label_en: Line
    help_vi: Help = ""
    help_en: Help = ""
    required: bool = False
    choices: Annotated[tuple[Choice, ...], Meta(max_length=1000)] = ()
    show_when: Rule = ""
    prefill: Annotated[str, Meta(pattern=r"^([a-z_]+(\.[a-z_]+)+)?$")] = ""
    locked: bool = False
    min: int | None = None
    max: int | None = None
    past: bool = False
    computed: Rule = ""
    statistics: bool = False
    slot: Annotated[str, Meta(pattern="^([a-z][a-z0-9_]{0,39})?$")] = ""
    fields: "tuple[Field, ...]" = ()
    min_rows: Count = 0
    max_rows: Count = 0
    row_vi: Annotated[str, Meta(max_length=100)] = ""
    row_en: Annotated[str, Meta(max_length=100)] = ""
    wallet: Annotated[tuple[WalletClaim, ...], Meta(max_length=20)] = ()

    def label(self, lang: str) -> str:
        """Return the question in one language."""
        return self.label_en if lang == "en" else self.label_vi

    def help(self, lang: str) -> str:
        """Return the hint below the question, or nothing."""
        return self.help_en if lang == "en" else self.help_vi

    def row(self, lang: str) -> str:
        """Return what one row is called; the label of all of them when it has no name of its own."""
        return (self.row_en if lang == "en" else self.row_vi) or self.label(lang)

    @property
    def least(self) -> int:
        """How many rows there must be."""
        return max(self.min_rows, int(self.required))

    @property
    def most(self) -> int:
        """How many rows (or files) there may be."""
        return self.max or FILES if self.kind == "attachment" else self.max_rows or ROWS

    def parts(self) -> "tuple[Field, ...]":
        """Return the questions inside: the author's own after those that the kind brings along."""
        if self.kind == "cosigners":
            return (*_PERSON, *self.fields)
        if self.kind == "representative":
            return (*_acting(self), *self.fields)
        return self.fields


_PERSON = (
    Field(
        key="full_name",
        kind="name",
        label_vi="Họ, chữ đệm, tên",
        label_en="Full name",
        required=True,
    ),
    Field(
        key="pid",
        kind="pid",
        label_vi="Số định danh cá nhân",
        label_en="Personal id",
        required=True,
    ),
)
_ACTS = Field(
    key="acting",
    kind="checkbox",
    label_vi="Tôi nộp thay cho người khác",
    label_en="I apply on behalf of somebody else",
)
_WHILE = "acting = true"


def _acting(field: Field) -> Iterator[Field]:
    """Yield who is represented, how the submitter is related, and the paper that shows it."""
    when = "" if field.required else _WHILE
    if when:
        yield _ACTS
    yield Field(
        key="relation",
        kind="choice",
        label_vi="Tôi nộp thay với tư cách",
        label_en="I apply as",
        required=True,
        choices=field.choices,
        show_when=when,
    )
    for asked in _PERSON:
        yield replace(asked, show_when=when)
    yield Field(
        key="birth",
        kind="date",
        label_vi="Ngày sinh của người đó",
        label_en="That person's date of birth",
        past=True,
        show_when=when,
    )
    if field.slot:
        yield Field(
            key="evidence",
            kind="attachment",
            label_vi="Giấy tờ chứng minh việc đại diện",
            label_en="Proof that you may act for that person",
            required=True,
            slot=field.slot,
            show_when=when,
        )


def leaves(fields: Iterable[Field]) -> Iterator[Field]:
    """Yield the questions that have an answer of their own, groups opened, in order."""
    for field in fields:
        if field.kind == "group":
            yield from leaves(field.fields)
        else:
            yield field


def every(fields: Iterable[Field]) -> Iterator[Field]:
    """Yield all questions at every depth, holders before what they hold."""
    for field in fields:
        yield field
        yield from every(field.parts())
