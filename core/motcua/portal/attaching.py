"""Files that a question of the form asks for: taken in on its own page, each in the slot of its paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar.datastructures import FormMultiDict

from motcua.catalogue.form_posted import holder
from motcua.catalogue.form_walk import Item
from motcua.catalogue.procedure import Paper
from motcua.dossiers.drafts import Draft, Upload
from motcua.errors import Problem
from motcua.events.work import Work
from motcua.files.intake import Prepared, note
from motcua.portal import reuse
from motcua.portal.papers_page import file_row
from motcua.portal.reuse import Held
from motcua.portal.sheets import Sheet
from motcua.portal.uploading import prepared, uploads
from motcua.portal.visit import Visit
from motcua.text import nfc


@dataclass
class Attaching:
    """The attachments of one page; ``arrived`` is filled before the transaction, by path."""

    visit: Visit
    papers: Mapping[str, Paper]
    posted: FormMultiDict
    arrived: dict[str, Prepared]

    async def prepare(self, items: Sequence[Item]) -> dict[str, str]:
        """Look at what came for each question; returns what cannot be used, by path."""
        errors: dict[str, str] = {}
        for item in items:
            if not (parts := uploads(self.posted, item.path)):
                continue
            try:
                self.arrived[item.path] = await prepared(self.visit, parts)
            except Problem as problem:
                errors[item.path] = problem.en if self.visit.lang == "en" else problem.vi
        return errors

    async def keep(self, work: Work, draft: Draft, items: Sequence[Item]) -> None:
        """Put what arrived, what is used again and what is taken out into the locked draft."""
        again = await reuse.held(work.tx, self.visit.session.subject, self.names(items))
        for item in items:
            place = holder(draft.content.answers, item.path)
            if place is None:
                continue
            raw, key = place
            ids: list[str] = [i for i in raw.get(key) or [] if i in draft.content.attached]
            gone = {str(v) for v in self.posted.getall(f"remove.{item.path}", [])}
            fresh = await self._fresh(work, item)
            ticked = [str(v) for v in self.posted.getall(f"reuse.{item.path}", [])]
            fresh += reuse.wanted(again, self._name(item), ticked)
            for upload in fresh[: max(0, item.field.most - len(ids))]:
                draft.content.attached[str(upload.id)] = upload
                ids.append(str(upload.id))
            raw[key] = list(dict.fromkeys(i for i in ids if i not in gone))
        forget(draft)

    async def _fresh(self, work: Work, item: Item) -> list[Upload]:
        if (paper := self.arrived.get(item.path)) is None:
            return []
        taken = await note(work, paper, self.visit.session.subject)
        parts = uploads(self.posted, item.path)
        more = f" (+{len(parts) - 1})" if len(parts) > 1 else ""
        name = (nfc(parts[0].filename)[:120] or item.field.slot) + more
        return [Upload(taken.id, name, taken.pages, taken.size)]

    def names(self, items: Sequence[Item]) -> set[str]:
        """Return the names of the papers that these questions hand in."""
        return {self._name(item) for item in items}

    def _name(self, item: Item) -> str:
        paper = self.papers.get(item.field.slot)
        return paper.name_vi if paper else item.field.label_vi

    def slot(self, draft: Draft, held: Sequence[Held], item: Item) -> dict[str, Any]:
        """Describe the slot of a question for ``ui.file_slot``."""
        visit, paper = self.visit, self.papers.get(item.field.slot)
        en = visit.lang == "en"
        ids = item.raw if isinstance(item.raw, list) else []
        files = [draft.content.attached[i] for i in ids if i in draft.content.attached]
        told = (paper.note_en if en else paper.note_vi) if paper else ""
        return {
            "key": item.path,
            "name": item.field.label(visit.lang),
            "required": item.field.required,
            "many": len(files) < item.field.most,
            "note": item.field.help(visit.lang) or told,
            "files": [file_row(visit, draft, upload) for upload in files],
            "reusable": reuse.offered(held, self._name(item), (u.id for u in files), visit.lang),
        }


def attachments(sheet: Sheet, number: int) -> list[Item]:
    """Return the questions of a page that ask for files."""
    page = sheet.page(number)
    return [i for i in page.every() if i.field.kind == "attachment"] if page else []


def forget(draft: Draft) -> None:
    """Drop the files that no question holds any more."""
    kept = set(_ids(draft.content.answers))
    draft.content.attached = {i: u for i, u in draft.content.attached.items() if i in kept}


def attached(draft: Draft, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, UUID]]:
    """Return (paper, file) of ``Form.attached`` as far as the draft holds the file."""
    uploads_ = draft.content.attached
    return [(slot, uploads_[i].id) for slot, i in pairs if i in uploads_]


def _ids(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [i for inside in value.values() for i in _ids(inside)]
    if isinstance(value, list):
        return [i for inside in value for i in _ids(inside)]
    return [value] if isinstance(value, str) else []
