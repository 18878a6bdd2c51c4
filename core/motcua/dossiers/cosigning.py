"""Co-signers: others who sign a dossier too, each signed in with an identity of his own, before it is submitted.

The submitter asks; whoever has the personal id sees exactly what was entered and confirms it. A confirmation
stands for that content alone: its digest is kept with it, and when an answer or a paper changes it has to be
asked for again. Requests live as long as the draft; what was confirmed goes into the dossier's answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from motcua.catalogue.fields import Value
from motcua.catalogue.form_walk import CONFIRMED
from motcua.catalogue.forms import Form
from motcua.catalogue.reading import sha256
from motcua.dossiers.drafts import Content, Draft
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Record

_ASK = """
insert into cosignature as c (id, draft_id, pid_index, requested_by, digest, content_sealed, requested_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, draft_id, pid_index) do update set
  digest = excluded.digest, content_sealed = excluded.content_sealed,
  requested_at = excluded.requested_at,
  confirmed_at = case when c.digest = excluded.digest then c.confirmed_at end
returning id
"""
_LEAVE_OUT = "delete from cosignature where draft_id = $1 and not pid_index = any($2)"
_OF_DRAFT = """
select id, pid_index, digest, confirmed_at from cosignature where draft_id = $1
"""
_MINE = """
select c.id, c.digest, c.content_sealed, c.requested_at, c.confirmed_at from cosignature c
join person p on p.tenant_id = c.tenant_id and p.pid_index = c.pid_index
where p.id = $1 and ($2::uuid is null or c.id = $2) order by c.requested_at desc limit 50
"""
_CONFIRM = """
update cosignature set confirmed_at = $3 where id = $1 and digest = $2 and confirmed_at is null
"""


class Sheet(msgspec.Struct, frozen=True):
    """What a co-signer reads before confirming: who asks, for which procedure, every answer and every paper.

    ``papers`` are (name in Vietnamese, name in English, the files' names) of each paper with files.
    """

    procedure_vi: str
    procedure_en: str
    asked_by: str
    lines_vi: list[tuple[str, str]]
    lines_en: list[tuple[str, str]]
    papers: list[tuple[str, str, str]] = []


@dataclass(frozen=True)
class Cosigner:
    """A co-signer of a draft. ``state``: ``new`` (not asked for this content), ``asked`` or ``confirmed``."""

    path: str
    name: str
    pid: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Request:
    """A request to me; ``digest`` names the content that is confirmed."""

    id: UUID
    sheet: Sheet
    digest: str
    requested_at: datetime
    confirmed_at: datetime | None


def people(form: Form, values: Mapping[str, Value]) -> list[tuple[str, str, str]]:
    """Return (path of the row, name, personal id) of each co-signer that the answers name."""
    found: list[tuple[str, str, str]] = []
    for asked in form.fields():
        rows = values.get(asked.key) if asked.kind == "cosigners" else None
        for number, row in enumerate(rows if isinstance(rows, list) else []):
            if isinstance(row, dict) and "pid" in row:
                name = str(row.get("full_name", ""))
                found.append((f"{asked.key}.{number}", name, str(row["pid"])))
    return found


def unsigned(form: Form, values: Mapping[str, Value]) -> list[str]:
    """Return the names of the co-signers that the answers name and that have not confirmed."""
    found: list[str] = []
    for asked in form.fields():
        rows = values.get(asked.key) if asked.kind == "cosigners" else None
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and not row.get(CONFIRMED):
                found.append(str(row.get("full_name", "")))
    return found


def digest(form: Form, values: Mapping[str, Value], content: Content) -> str:
    """Return by which the content is told: the answers without the last declaration, and what is handed in.

    A stored file never changes, so its id stands for it; a credential in place of a paper has a digest.
    """
    declared = {f.key for f in form.fields() if f.kind == "declaration"}
    return sha256(
        {
            "answers": {k: v for k, v in values.items() if k not in declared},
            "papers": {k: [str(u.id) for u in held] for k, held in content.papers.items() if held},
            "shown": {k: shown.digest for k, shown in content.shown.items()},
        }
    )


async def ask(
    work: Work,
    draft: Draft,
    asked_by: UUID,
    form: Form,
    values: Mapping[str, Value],
    sheet: Sheet,
) -> None:
    """Ask each co-signer to confirm these answers and papers; who is no longer named is asked no more."""
    mark = digest(form, values, draft.content)
    sealed = work.vault.seal(msgspec.json.encode(sheet).decode())
    indexes = [work.vault.index(pid) for _, _, pid in people(form, values)]
    await work.tx.execute(_LEAVE_OUT, draft.id, indexes)
    for index in indexes:
        request = await work.tx.fetchval(
            _ASK, uuid7(), draft.id, index, asked_by, mark, sealed, work.now
        )
        work.emit("cosignature.asked", request)


async def standing(
    work: Work, draft: Draft, form: Form, values: Mapping[str, Value]
) -> list[Cosigner]:
    """Return how it stands with each co-signer for exactly these answers and the draft's papers."""
    named = people(form, values)
    if not named:
        return []
    rows = {bytes(r["pid_index"]): r for r in await work.tx.fetch(_OF_DRAFT, draft.id)}
    mark = digest(form, values, draft.content)
    return [
        _standing(path, name, pid, rows.get(work.vault.index(pid)), mark)
        for path, name, pid in named
    ]


def _standing(path: str, name: str, pid: str, row: Record | None, mark: str) -> Cosigner:
    if row is None or row["digest"] != mark:
        return Cosigner(path, name, pid, "new")
    at = row["confirmed_at"]
    return Cosigner(path, name, pid, "confirmed" if at else "asked", at)


async def requests(work: Work, person_id: UUID, request_id: UUID | None = None) -> list[Request]:
    """Return what this person was asked to confirm, the newest first; or one of them, if it is his."""
    rows = await work.tx.fetch(_MINE, person_id, request_id)
    return [
        Request(
            r["id"],
            msgspec.json.decode(work.vault.open(r["content_sealed"]), type=Sheet),
            r["digest"],
            r["requested_at"],
            r["confirmed_at"],
        )
        for r in rows
    ]


async def confirm(work: Work, request_id: UUID, person_id: UUID, mark: str) -> None:
    """Confirm what was read (``mark``); ``Conflict`` when it was changed meanwhile or confirmed before.

    ``NotFound`` for anybody but the person with that personal id.
    """
    if not await requests(work, person_id, request_id):
        raise NotFound(
            "Yêu cầu này không còn: hồ sơ đã được nộp hoặc đã bị xóa.",
            "This request is not there: the dossier was submitted or deleted.",
        )
    done = await work.tx.execute(_CONFIRM, request_id, mark, work.now)
    if not done.endswith(" 1"):
        raise Conflict(
            "Nội dung đã thay đổi hoặc đã được xác nhận. Hãy xem lại trang này.",
            "The content was changed or is confirmed already. Look at this page again.",
        )
    work.emit("cosignature.confirmed", request_id, {"person": str(person_id)})


def note(values: Mapping[str, Value], cosigners: Sequence[Cosigner]) -> None:
    """Put down in the answers who confirmed when."""
    for cosigner in cosigners:
        key, number = cosigner.path.split(".")
        rows: Any = values[key]
        if cosigner.at:
            rows[int(number)][CONFIRMED] = cosigner.at.isoformat()
