"""A supplement as its citizen sees it: exactly the papers and questions asked for, each with the officer's note."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict

from motcua.catalogue.fields import Units
from motcua.catalogue.form_posted import Posted, Raw, Taking, add_row, drop_row, place_of
from motcua.catalogue.form_view import Drawing
from motcua.catalogue.form_walk import Item as Question
from motcua.catalogue.packages import Package
from motcua.catalogue.parsers import FieldError
from motcua.catalogue.procedure import Paper
from motcua.dossiers import offices, queries, supplements
from motcua.dossiers.law import law_of
from motcua.dossiers.supplements import PREFIX, Item, Mending
from motcua.errors import Conflict, Invalid, in_words
from motcua.events.work import Work
from motcua.portal.sheets import posted_texts
from motcua.portal.visit import Visit
from motcua.tenancy.db import Record

SHOWN = "_shown"
_ROWS = ("_add", "_drop", "_go")
_LOOK = (
    "Câu trả lời mới làm xuất hiện mục này. Hãy xem rồi trả lời.",
    "Your new answers bring this up. Look at it, then answer.",
)
_TYPED = "update supplement set typed_sealed = $2 where id = $1 and answered_at is null"


@dataclass(frozen=True)
class Sought:
    """An open request on a dossier: what is asked for, what the dossier says, what was typed so far."""

    package: Package
    before: Mapping[str, Any]
    items: Sequence[Item]
    request: Record
    held: frozenset[str]
    kept: Raw
    units: Units | None

    @cached_property
    def mending(self) -> Mending:
        """The answers that may be given again."""
        asked = supplements.keys(self.items, "field")
        return Mending(self.package.form, self.before, asked, self.units)

    def note(self, kind: str, key: str) -> str:
        """Return the officer's note at an item; nothing for what was only brought up."""
        return next((i.note for i in self.items if (i.kind, i.key) == (kind, key)), "")

    def start(self) -> Raw:
        """Return what stands in the questions before anything is sent."""
        return self.kept or {k: self.before.get(k, "") for k in self.mending.asked}

    def typed(self, posted: FormMultiDict) -> Raw:
        """Return what was typed, by question; a question that was shown is there also when left empty."""
        texts = posted_texts(posted)
        known = {f.key: f for f in self.package.form.fields()}
        sent = [*texts.get(SHOWN, ()), *(supplements.top(n) for n in texts if n[0] != "_")]
        here = [k for k in dict.fromkeys(sent) if k in known]
        raw = {k: v for k in here if (v := self.kept.get(k, self.before.get(k))) is not None}
        taking = Taking(texts)
        taking.into([known[k] for k in here], raw)
        _change_rows(texts, known, raw)
        return dict.fromkeys([*here, *taking.strange()], "") | raw

    def questions(self, typed: Raw) -> list[Question]:
        """Return the questions to be shown: those that may be answered and that the answers do not hide."""
        found = self.mending.opened(typed)
        every = (i for i in self.mending.walk(typed).items() if i.field.kind != "group")
        return [item for item in every if item.path in found]

    def papers(self, typed: Raw) -> list[Paper]:
        """Return the papers to be uploaded: those asked for, and those the answers bring up."""
        asked = supplements.keys(self.items, "paper")
        named = [p for p in self.package.procedure.papers if p.key in asked]
        after = self.mending.walk(typed).values
        return named + supplements.papers_brought_up(
            self.package, self.before, after, {*self.held, *asked}
        )

    def look_first(self, typed: Raw) -> None:
        """Raise ``Invalid`` when the answers bring up a question that was not shown yet."""
        if unseen := [q.path for q in self.questions(typed) if q.path not in typed]:
            raise Invalid(fields={f"{PREFIX}{path}": _LOOK for path in unseen})


def _change_rows(texts: Posted, known: Mapping[str, Any], raw: Raw) -> None:
    """Add a row or take one out, when its button was pressed."""
    for key in texts.get("_add", ()):
        if key in known:
            add_row(known[key], raw)
    for place in texts.get("_drop", ()):
        key, number = place_of(place)
        if key in known:
            drop_row(known[key], raw, number)


def only_rows(posted: FormMultiDict) -> bool:
    """Tell whether a button of rows was pressed: nothing is handed in then."""
    return any(name in posted for name in _ROWS)


async def read(visit: Visit, work: Work, row: Record) -> Sought | None:
    """Return the open request of a dossier, if there is one."""
    requests = await queries.supplements(work.tx, row["id"])
    request = next((r for r in requests if r["answered_at"] is None), None)
    if request is None:
        return None
    _, procedure = await law_of(visit.platform, work, row)
    held = await queries.components(work.tx, row["id"])
    kept = request["typed_sealed"]
    return Sought(
        procedure.package,
        queries.answers(work, row),
        supplements.items_of(request["items"]),
        request,
        frozenset(c["paper_key"] for c in held),
        msgspec.json.decode(work.vault.open(kept)) if kept else {},
        await visit.units(procedure.package.form),
    )


async def owned(visit: Visit, dossier_id: UUID) -> Sought:
    """Return the open request to the dossier's owner; ``Conflict`` when there is none (any more)."""
    await visit.law()
    await offices.of(visit.platform, visit.tenant)
    async with visit.work() as work:
        row = await queries.owned(work.tx, dossier_id, visit.session.subject)
        sought = await read(visit, work, row)
    if sought is None:
        raise Conflict(
            "Hồ sơ này không có yêu cầu bổ sung nào đang chờ.",
            "Nothing is asked for on this dossier.",
        )
    return sought


async def keep(visit: Visit, sought: Sought, typed: Raw) -> None:
    """Keep what was typed, right or wrong, until the request is answered."""
    async with visit.work() as work:
        sealed = work.vault.seal(msgspec.json.encode(typed).decode())
        await work.tx.execute(_TYPED, sought.request["id"], sealed)


def rows(
    sought: Sought,
    typed: Raw,
    errors: Mapping[str, str],
    lang: str,
    at: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Return the questions as ``portal/_asked.html`` draws them, in the form's order.

    ``at`` names the rows that have to stand on the page.
    """
    questions = sought.questions(typed)
    _tell(questions, errors)
    blocks = Drawing(lang, ("", ""), sought.units, at=at).blocks(questions)
    return [{"key": b.path, "note": sought.note("field", b.path), "block": b} for b in blocks]


def places(posted: FormMultiDict) -> list[str]:
    """Return the rows that have to stand on the page again."""
    return [v for name in ("_go", "_drop", "_window") for v in posted.getall(name, [])]


def _tell(questions: Iterable[Question], errors: Mapping[str, str]) -> None:
    """Put the errors that are told beside their questions, and no others."""
    for item in _every(questions):
        said = errors.get(f"{PREFIX}{item.path}")
        item.error = FieldError(in_words(said, "vi"), in_words(said, "en")) if said else None


def _every(questions: Iterable[Question]) -> Iterator[Question]:
    for item in questions:
        yield item
        yield from _every(item.items)
        for row in item.rows:
            yield from _every(row)


def slots(sought: Sought, typed: Raw, lang: str) -> list[dict[str, Any]]:
    """Return the papers as ``ui.file_slot`` draws them, the officer's note apart."""
    return [
        {
            "key": paper.key,
            "name": paper.name(lang),
            "required": True,
            "many": True,
            "note": paper.note_en if lang == "en" else paper.note_vi,
            "said": sought.note("paper", paper.key),
        }
        for paper in sought.papers(typed)
    ]


def on_page(errors: Mapping[str, str]) -> dict[str, str]:
    """Return errors under the names that the controls of the page have."""
    return {name.removeprefix(PREFIX): said for name, said in errors.items()}


def summary(
    errors: Mapping[str, str], questions: Iterable[Mapping[str, Any]], lang: str
) -> dict[str, str]:
    """Return errors as they stand above the page: what is wrong with an answer begins with its question."""
    labels = {row["key"]: row["block"].label for row in questions}
    found = {}
    for name, said in errors.items():
        path = name.removeprefix(PREFIX)
        label = labels.get(supplements.top(path), "") if name.startswith(PREFIX) else ""
        found[path] = f"{label}: {in_words(said, lang)}" if label else in_words(said, lang)
    return found
