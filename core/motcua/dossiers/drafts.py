"""Drafts: what somebody has begun and not yet submitted. Sealed, the person's alone, at most ``LIMIT``."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from motcua.catalogue.packages import Credential
from motcua.errors import Conflict, NotFound, TooLarge
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Record, Tx

LIMIT = 5
LARGEST = 2_000_000
"""Bytes of one draft, as JSON: a thousand rows of ten answers take less than half of it."""

_PERSON = "select 1 from person where id = $1 for update"
_COUNT = "select count(*) from draft where person_id = $1"
_NEW = """
insert into draft (id, person_id, trace_id, procedure_code, data_sealed, updated_at)
values ($1, $2, $3, $4, $5, $6)
"""
_READ = """
select id, trace_id, procedure_code, data_sealed, updated_at from draft
where id = $1 and person_id = $2
"""
_LOCK = _READ + " for update"
_SAVE = "update draft set data_sealed = $2, updated_at = $3 where id = $1"
_DELETE = "delete from draft where id = $1"
_MINE = """
select id, procedure_code, updated_at from draft where person_id = $1 order by updated_at desc
"""


class Upload(msgspec.Struct, frozen=True):
    """A file that was uploaded for a paper; ``name`` is what the person called it."""

    id: UUID
    name: str
    pages: int
    size: int


class Shown(msgspec.Struct, frozen=True):
    """A credential that was presented and verified in place of a paper, or the person's own ``result`` here."""

    id: UUID
    vct_type: str
    claims: dict[str, Any]
    issuer: str
    issuer_name: str
    digest: str
    result: UUID | None = None

    @property
    def credential(self) -> Credential:
        """As the rules of a paper see it."""
        return Credential(self.vct_type, self.claims)

    @property
    def evidence(self) -> dict[str, Any]:
        """What stays with the paper in the dossier: who says so, and a digest, but no claim."""
        source = {"presentation": str(self.id)}
        return {
            **(source if self.result is None else {"result": str(self.result)}),
            "issuer": self.issuer,
            "issuer_name": self.issuer_name,
            "vct_type": self.vct_type,
            "digest": self.digest,
        }


class Sourced(msgspec.Struct, frozen=True):
    """An answer that an issuer signed: ``typed`` as it was filled in, and the kind of paper it stands on."""

    typed: str
    kind: str
    kind_vi: str
    kind_en: str
    issuer: str
    issuer_name: str
    digest: str
    at: datetime


class Handover(msgspec.Struct, frozen=True):
    """How the person wants the result, as typed: a channel, and for a letter who gets it where."""

    channel: str = ""
    recipient: str = ""
    address: str = ""


class Content(msgspec.Struct):
    """What a draft holds.

    ``answers`` are the answers as typed (a list for ``multichoice`` and for rows), ``prefill`` what the
    identity said, ``papers`` the uploads by paper, ``attached`` by their id those that a question of the
    form holds, ``shown`` the credentials by paper, ``unit`` the code of a unit. ``sourced`` are the answers
    that came from a paper of the wallet, ``signature`` the evidence of a wallet's signature over it all,
    ``handover`` how the result is to be handed over.
    """

    answers: dict[str, Any] = msgspec.field(default_factory=dict)
    prefill: dict[str, str] = msgspec.field(default_factory=dict)
    papers: dict[str, list[Upload]] = msgspec.field(default_factory=dict)
    attached: dict[str, Upload] = msgspec.field(default_factory=dict)
    shown: dict[str, Shown] = msgspec.field(default_factory=dict)
    unit: str = ""
    sourced: dict[str, Sourced] = msgspec.field(default_factory=dict)
    signature: dict[str, Any] | None = None
    handover: Handover | None = None


class Draft(msgspec.Struct):
    """One draft of one person."""

    id: UUID
    trace_id: UUID
    procedure_code: str
    updated_at: datetime
    content: Content


def _seal(work: Work, content: Content) -> bytes:
    """Seal a draft; ``TooLarge`` when more was entered than any form can ask for."""
    plain = msgspec.json.encode(content)
    if len(plain) > LARGEST:
        raise TooLarge(
            "Bản nháp quá lớn nên không lưu được. Hãy rút ngắn nội dung, hoặc nộp phần dài bằng tệp.",
            "The draft is too large to be saved. Shorten it, or hand in the long part as a file.",
        )
    return work.vault.seal(plain.decode())


async def create(
    work: Work, person_id: UUID, procedure_code: str, content: Content, trace_id: UUID | None = None
) -> Draft:
    """Begin a draft; ``Conflict`` when the person has ``LIMIT`` already."""
    await work.tx.execute(_PERSON, person_id)
    if await work.tx.fetchval(_COUNT, person_id) >= LIMIT:
        raise Conflict(
            f"Bạn đã có {LIMIT} bản nháp. Hãy nộp hoặc xóa bớt một bản nháp rồi bắt đầu hồ sơ mới.",
            f"You have {LIMIT} drafts. Submit or delete one, then begin a new dossier.",
        )
    work.trace_id = trace_id or work.trace_id
    draft = Draft(uuid7(), work.trace_id, procedure_code, work.now, content)
    await work.tx.execute(
        _NEW, draft.id, person_id, draft.trace_id, procedure_code, _seal(work, content), work.now
    )
    work.emit("draft.begun", draft.id, {"procedure": procedure_code})
    return draft


async def read(work: Work, draft_id: UUID, person_id: UUID, *, lock: bool = False) -> Draft:
    """Return a draft of this person; for anybody else, or once submitted, it does not exist.

    With ``lock`` nobody else changes it until the end of the work.
    """
    row = await work.tx.fetchrow(_LOCK if lock else _READ, draft_id, person_id)
    if row is None:
        raise NotFound(
            "Bản nháp này không còn. Nếu bạn đã nộp, hồ sơ nằm trong mục Hồ sơ của tôi.",
            "This draft is not there. If you have submitted it, look under My dossiers.",
        )
    work.trace_id = row["trace_id"]
    content = msgspec.json.decode(work.vault.open(row["data_sealed"]), type=Content)
    return Draft(row["id"], row["trace_id"], row["procedure_code"], row["updated_at"], content)


async def save(work: Work, draft: Draft) -> None:
    """Keep what was entered so far."""
    await work.tx.execute(_SAVE, draft.id, _seal(work, draft.content), work.now)


async def drop(work: Work, draft: Draft) -> None:
    """Delete a draft without submitting it."""
    await work.tx.execute(_DELETE, draft.id)
    work.emit("draft.dropped", draft.id, {"procedure": draft.procedure_code})


async def submitted(work: Work, draft: Draft) -> None:
    """Delete a draft that has just become a dossier, in the same transaction."""
    await work.tx.execute(_DELETE, draft.id)


async def mine(tx: Tx, person_id: UUID) -> list[Record]:
    """Return a person's drafts, the last touched first: id, procedure_code, updated_at."""
    return await tx.fetch(_MINE, person_id)
