"""How the applicant wants the result handed over: chosen when submitting, changed until the result is issued.

The wish is a way of paper that stands in the tenant's order for the procedure anyway, ``post`` with recipient and
address; ``usual`` is the office's own order. A dossier that a bundle opened follows its bundle's wish.
"""

import string
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from motcua.channels.plan import POST
from motcua.dossiers.changes import lock
from motcua.dossiers.states import FINAL, State
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.tenancy.db import Record, Tx

USUAL = "usual"
"""What holds where nothing was chosen: the order of the office."""

LONGEST_RECIPIENT, LONGEST_ADDRESS = 100, 300
OF_DOSSIER = """
with recursive above as (
  select id, parent_id, 1 as level from dossier where id = $1
  union all
  select d.id, d.parent_id, a.level + 1
  from above a join dossier d on d.id = a.parent_id where a.level < 10)
select w.channel, w.address_sealed from above a join handover_wish w on w.dossier_id = a.id
order by a.level limit 1
"""
_CHOOSE = """
insert into handover_wish (id, dossier_id, channel, address_sealed, chosen_at, chosen_by)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, dossier_id) do update set channel = excluded.channel,
  address_sealed = excluded.address_sealed, chosen_at = excluded.chosen_at, chosen_by = excluded.chosen_by
"""
# Besides Latin letters, what stands in addresses and in the fonts of the label.
_PRINTED = frozenset(string.ascii_letters + string.digits + string.punctuation + " –’“”°")
# The blocks of Latin letters that the fonts have whole: those of Vietnamese and of every language that is written
# so today. Signs of linguists beyond them would stop the label from being printed.
_LATIN_END = 0x250
_LATIN_MORE = frozenset(map(chr, range(0x1E00, 0x1F00)))
_ENDED = FINAL | {State.DONE}
Said = tuple[str, str]


@dataclass(frozen=True)
class Wish:
    """One choice; recipient and address belong to ``post`` alone."""

    channel: str = USUAL
    recipient: str = ""
    address: str = ""


def changeable(dossier: Record) -> bool:
    """Tell whether a wish can still be respected: no result is issued, and the dossier goes on."""
    return dossier["state"] not in _ENDED


def read(choices: Collection[str], channel: str, recipient: str, address: str) -> Wish:
    """Read what was typed; ``choices`` are the ways of the order (``Way.choices``).

    ``Invalid`` at ``handover``, ``handover_recipient`` and ``handover_address``.
    """
    if channel == USUAL:
        return Wish()
    if channel not in choices:
        said = ("Hãy chọn một cách trong danh sách.", "Choose a way of the list.")
        raise Invalid(fields={"handover": said})
    if channel != POST:
        return Wish(channel)
    wish = Wish(POST, plain(recipient), plain(address))
    wrong = {
        "handover_recipient": _wrong(
            wish.recipient,
            LONGEST_RECIPIENT,
            ("Hãy ghi tên người nhận thư.", "Enter who receives the letter."),
        ),
        "handover_address": _wrong(
            wish.address,
            LONGEST_ADDRESS,
            ("Hãy ghi địa chỉ nhận thư.", "Enter the address for the letter."),
        ),
    }
    if found := {key: said for key, said in wrong.items() if said}:
        raise Invalid(fields=found)
    return wish


def plain(text: str) -> str:
    """Return a typed line in one spelling, with single spaces; what cannot be printed stays, so that it is told."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _wrong(text: str, longest: int, missing: Said) -> Said | None:
    if not text:
        return missing
    if len(text) > longest:
        return f"Dài nhất {longest} ký tự.", f"At most {longest} characters."
    if strange := "".join(dict.fromkeys(c for c in text if not _printed(c))):
        shown = "".join(c for c in strange if c.isprintable())
        named = f" “{shown}”" if shown else ""
        return (
            f"Không in được ký tự{named} trên bìa thư; hãy thay bằng chữ cái Latinh.",
            f"A character{named} cannot be printed on the label; write it in Latin letters.",
        )
    return None


def _printed(char: str) -> bool:
    latin = ord(char) < _LATIN_END or char in _LATIN_MORE
    return char in _PRINTED or (latin and unicodedata.name(char, "").startswith("LATIN "))


async def choose(work: Work, dossier_id: UUID, wish: Wish, unit: UUID | None = None) -> None:
    """Keep a wish; what holds already, the usual way where nothing was chosen, changes nothing."""
    if wish == await of(work, dossier_id):
        return
    sealed = None
    if wish.channel == POST:
        letter = {"recipient": wish.recipient, "address": wish.address}
        sealed = work.vault.seal(msgspec.json.encode(letter).decode())
    who = str(work.actor)
    await work.tx.execute(_CHOOSE, uuid7(), dossier_id, wish.channel, sealed, work.now, who)
    work.emit("dossier.handover_chosen", dossier_id, {"channel": wish.channel}, unit=unit)


async def change(work: Work, dossier_id: UUID, person_id: UUID, wish: Wish) -> None:
    """Change the wish of a dossier of this person.

    ``NotFound`` for another person's, ``Conflict`` once there is a result.
    """
    dossier = await lock(work, dossier_id)
    if person_id not in (dossier["subject_id"], dossier["submitter_id"]):
        raise NotFound("Không tìm thấy hồ sơ.", "There is no such dossier.")
    if not changeable(dossier):
        raise Conflict(
            "Hồ sơ đã kết thúc hoặc đã có kết quả nên không đổi cách nhận được nữa.",
            "The dossier has ended or has its result, so the way to receive it cannot be changed.",
        )
    await choose(work, dossier_id, wish, dossier["competent_unit"])


async def of(work: Work, dossier_id: UUID) -> Wish:
    """Return the wish that holds for a dossier: its own, or else that of the bundle that opened it."""
    row = await work.tx.fetchrow(OF_DOSSIER, dossier_id)
    return Wish() if row is None else _opened(work, row)


async def channel_of(tx: Tx, dossier_id: UUID) -> str:
    """Return the channel alone, without opening what is sealed."""
    row = await tx.fetchrow(OF_DOSSIER, dossier_id)
    return USUAL if row is None else str(row["channel"])


def _opened(work: Work, row: Record) -> Wish:
    if row["address_sealed"] is None:
        return Wish(row["channel"])
    kept: Mapping[str, str] = msgspec.json.decode(work.vault.open(row["address_sealed"]))
    return Wish(row["channel"], kept["recipient"], kept["address"])
