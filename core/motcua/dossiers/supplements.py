"""What a supplement asks for, item by item, and how what the citizen answers goes into the dossier's answers.

Without a database and a clock. Only what was asked for can be changed. What the new answers bring up (a
conditional question, a paper, a question that no longer fits) is asked for with them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from motcua.catalogue.fields import Field, Units, Value
from motcua.catalogue.form_walk import Walk
from motcua.catalogue.forms import Form, InvalidAnswers, Page
from motcua.catalogue.packages import Package
from motcua.catalogue.parsers import FieldError
from motcua.catalogue.procedure import Paper
from motcua.dossiers.submission import uploadable
from motcua.errors import Both, Invalid
from motcua.tenancy.vault import TenantVault

#: Answers stand in forms and errors under this name, so that a paper may have the key of a question.
PREFIX = "answers."
_LONGEST_NOTE = 1000
_LONGEST_REASON = 2000
_NOT_TYPED = frozenset({"declaration", "attachment", "cosigners", "representative"})
_LEFT_OUT = FieldError("Hãy trả lời mục này", "Answer this")
_NOT_ASKED = FieldError("Mục này không nằm trong yêu cầu bổ sung", "This was not asked for")
_UNKNOWN = FieldError("Mục này không có trong biểu mẫu", "The form has no such question")
Values = Mapping[str, Value]


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is asked for: a paper or a question of the form, by its key, and what is wrong with it."""

    kind: Literal["paper", "field"]
    key: str
    note: str = ""


class Request(msgspec.Struct, frozen=True):
    """All that an officer asks for at once; ``reason`` stands for each item that has no note of its own."""

    items: tuple[Item, ...] = ()
    reason: str = ""


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One answer before and after; None where it was or became empty."""

    key: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Answered:
    """The dossier's answers with those of a supplement in them, and what that changed."""

    values: dict[str, Value]
    changes: tuple[Change, ...]


def items_of(stored: Iterable[Mapping[str, Any]]) -> list[Item]:
    """Read the items of a stored request."""
    return [msgspec.convert(dict(item), Item) for item in stored]


def sealed_changes(vault: TenantVault, changes: Sequence[Change]) -> bytes | None:
    """Seal what a supplement changed, for the request's row; None when it changed no answer."""
    return vault.seal(msgspec.json.encode(changes).decode()) if changes else None


def opened_changes(vault: TenantVault, sealed: bytes | None) -> list[Change]:
    """Open what ``sealed_changes`` sealed."""
    return [] if sealed is None else msgspec.json.decode(vault.open(sealed), type=list[Change])


def keys(items: Iterable[Item], kind: str) -> list[str]:
    """Return the keys of the items of one kind."""
    return [item.key for item in items if item.kind == kind]


def name_of(package: Package, item: Item, lang: str = "vi") -> str:
    """Return what an item is called; its key when the package does not know it (any more)."""
    if item.kind == "paper":
        return next((p.name(lang) for p in package.procedure.papers if p.key == item.key), item.key)
    return next((f.label(lang) for f in package.form.fields() if f.key == item.key), item.key)


def askable(form: Form, values: Values) -> list[Page]:
    """Return the questions that can be asked again, in their pages.

    Not what an authoritative source says, what is computed, declared or confirmed by somebody else: nobody
    mends those by typing. An attachment is asked for as a paper.
    """
    found = []
    for page in form.visible(values):
        fields = tuple(f for f in page.fields if _mendable(f))
        if fields:
            found.append(replace(page, fields=fields))
    return found


def _mendable(asked: Field) -> bool:
    return not asked.locked and not asked.computed and asked.kind not in _NOT_TYPED


def checked(package: Package, values: Values, request: Request) -> Request:
    """Return a request that the citizen can answer, each item once and with its note.

    ``Invalid`` when nothing is asked for, for a paper that nobody uploads, for a question that is not asked
    on this dossier, and where neither the item nor the request says what is wrong.
    """
    items = {(item.kind, item.key): item for item in request.items}
    if not items:
        said = ("Chọn ít nhất một mục cần bổ sung.", "Choose at least one thing to be handed in.")
        raise Invalid(fields={"items": said})
    papers = {p.key for p in package.procedure.papers if uploadable(p)}
    fields = {f.key for page in askable(package.form, values) for f in page.fields}
    strange = [k for kind, k in items if k not in (papers if kind == "paper" else fields)]
    if strange:
        listed = ", ".join(strange)
        said = (f"Không thể yêu cầu bổ sung mục này: {listed}.", f"This cannot be asked: {listed}.")
        raise Invalid(fields={"items": said})
    reason = request.reason.strip()[:_LONGEST_REASON]
    noted = tuple(
        replace(i, note=(i.note.strip() or reason)[:_LONGEST_NOTE]) for i in items.values()
    )
    if silent := [item for item in noted if not item.note]:
        raise _silent(silent, everything=len(silent) == len(noted))
    return Request(noted, reason)


def _silent(items: Sequence[Item], *, everything: bool) -> Invalid:
    said = (
        "Hãy ghi rõ điều cần bổ sung để người dân biết.",
        "Say what has to be mended, so that the citizen knows.",
    )
    names = ["reason"] if everything else [f"note.{i.kind}.{i.key}" for i in items]
    return Invalid("Thiếu lý do.", "A reason is needed.", fields=dict.fromkeys(names, said))


@dataclass(frozen=True)
class Mending:
    """Answers of a dossier of which some may be given again.

    ``before`` are its answers, ``asked`` the questions asked for, ``units`` the communes of an address. What
    is typed (``raw``) stands by the key of its question.
    """

    form: Form
    before: Values
    asked: Sequence[str]
    units: Units | None = None

    def opened(self, raw: Mapping[str, object]) -> list[str]:
        """Return the questions that may be answered: those asked for, and those that the new answers bring up.

        A question that only became wrong by the new answers is opened too; one that was wrong before is
        left alone.
        """
        found = list(self.asked)
        first = self._walk(self.before)
        was, wrong = {*_keys(first), *found}, {top(path) for path in first.errors}
        while True:
            walk = self._walk(self._together(found, raw))
            now = _keys(walk)
            broken = {top(path) for path in walk.errors} - wrong
            fresh = [k for k in now if k not in found and (k not in was or k in broken)]
            if not fresh:
                return found
            found += fresh

    def walk(self, raw: Mapping[str, object]) -> Walk:
        """Return what the form says to the dossier's answers with those that were typed in their place."""
        return self._walk(self._together(self.opened(raw), raw))

    def answered(self, raw: Mapping[str, object]) -> Answered:
        """Put what was typed into the dossier's answers.

        Raises ``InvalidAnswers`` for what is wrong or was left out, and for an answer to what was not asked.
        """
        found, walk = self.opened(raw), self.walk(raw)
        now = _keys(walk)
        wrong = {path: said for path, said in walk.errors.items() if top(path) in found}
        wrong |= {k: _LEFT_OUT for k in self.asked if k in now and k not in raw}
        wrong |= {k: _NOT_ASKED for k in raw if k in now and k not in found}
        wrong |= dict.fromkeys(raw.keys() - {f.key for f in self.form.fields()}, _UNKNOWN)
        if wrong:
            raise InvalidAnswers(wrong)
        fresh = {*found, *(f.key for f in self.form.fields() if f.computed)}
        values = {k: (walk.values if k in fresh else self.before).get(k) for k in now}
        return self._changed({k: v for k, v in values.items() if v is not None})

    def _changed(self, values: dict[str, Value]) -> Answered:
        every = [*values, *(k for k in self.before if k not in values)]
        changes = (Change(k, self.before.get(k), values.get(k)) for k in every)
        return Answered(values, tuple(c for c in changes if c.old != c.new))

    def _together(self, found: Collection[str], raw: Mapping[str, object]) -> dict[str, Any]:
        kept = {k: v for k, v in self.before.items() if k not in found}
        return kept | {k: raw[k] for k in found if k in raw}

    def _walk(self, raw: Mapping[str, Any]) -> Walk:
        # No source is asked: what it once locked stays as it was submitted.
        return self.form.walk(raw, units=self.units)


def papers_brought_up(
    package: Package, before: Values, after: Values, held: Collection[str]
) -> list[Paper]:
    """Return the papers that the dossier needs only since its answers changed, and does not have."""
    was = {paper.key for paper in package.papers_for(before)}
    return [
        paper
        for paper in package.papers_for(after)
        if paper.required
        and paper.kind in {"copy", "form"}
        and paper.key not in was
        and paper.key not in held
    ]


def top(path: str) -> str:
    """Return the question that a path (``children.0.born``) lies in."""
    return path.split(".", 1)[0]


def _keys(walk: Walk) -> list[str]:
    """Return the questions that are asked, by key, in order."""
    items = (i for i in walk.items() if i.field.kind != "group")
    return [item.path for item in items if "." not in item.path]


def spoken(wrong: InvalidAnswers) -> dict[str, str]:
    """Return what is wrong with answers under the names they have in a supplement."""
    return {f"{PREFIX}{key}": Both(said.vi, said.en) for key, said in wrong.errors.items()}
