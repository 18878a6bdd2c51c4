"""How the result is to be handed over: asked at the end of the form, changed on the dossier's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.catalogue.form_view import Control
from motcua.channels import handover, shown
from motcua.channels.engine import plan_of
from motcua.channels.handover import LONGEST_ADDRESS, LONGEST_RECIPIENT, USUAL, Wish
from motcua.channels.plan import COUNTER, PAPER, POST, Way
from motcua.channels.registry import titles
from motcua.dossiers import drafts
from motcua.dossiers.codes import local_day
from motcua.dossiers.drafts import Draft, Handover
from motcua.events.work import Work
from motcua.portal.visit import Visit
from motcua.tenancy.db import Record

_NOTHING = Handover(USUAL)
WAY, RECIPIENT, ADDRESS = KEYS = ("handover", "handover_recipient", "handover_address")
_OWN = "select full_name, address_sealed from person where id = $1"
_WORDS: Mapping[str, tuple[str, str]] = {
    COUNTER: ("Đến nhận bản giấy tại quầy", "Collect the paper at the counter"),
    POST: ("Gửi bản giấy qua bưu điện", "Have the paper sent by post"),
}


@dataclass(frozen=True)
class Asked:
    """The question and, where letters are sent, the two that belong to a letter."""

    way: Control
    letter: tuple[Control, ...]


def asked(visit: Visit, way: Way, typed: Handover, own: Handover) -> Asked | None:
    """Return the questions for an order; None where it has nothing to choose.

    ``typed`` stands in the fields, ``own`` where nothing was typed yet.
    """
    if not way.choices:
        return None
    en = visit.lang == "en"
    listed = [(USUAL, _usual(visit, way)), *((c, _WORDS[c][en]) for c in way.choices)]
    question = (
        "How would you like to receive the result?"
        if en
        else "Bạn muốn nhận kết quả bằng cách nào?"
    )
    said = (
        "The electronic copy is made in any case. You can change this until the result is issued."
        if en
        else "Bản điện tử luôn được cấp. Bạn đổi được cách nhận cho đến khi có kết quả."
    )
    control = Control(
        WAY, "choice", question, said, required=True, choices=listed, value=typed.channel
    )
    return Asked(control, _letter(typed, own, en) if POST in way.choices else ())


def _letter(typed: Handover, own: Handover, en: bool) -> tuple[Control, ...]:
    return (
        Control(
            RECIPIENT,
            "text",
            "Recipient" if en else "Người nhận thư",
            required=True,
            autocomplete="name",
            max_length=LONGEST_RECIPIENT,
            value=typed.recipient or ("" if typed.channel == POST else own.recipient),
        ),
        Control(
            ADDRESS,
            "long_text",
            "Address for the letter" if en else "Địa chỉ nhận thư",
            "House number, street, hamlet, commune, province."
            if en
            else "Số nhà, đường, thôn/tổ, xã/phường, tỉnh/thành phố.",
            required=True,
            autocomplete="street-address",
            max_length=LONGEST_ADDRESS,
            value=typed.address or ("" if typed.channel == POST else own.address),
        ),
    )


def _usual(visit: Visit, way: Way) -> str:
    """Say by which ways the office begins of itself."""
    en, names = visit.lang == "en", titles(visit.platform, visit.tenant)
    first = ", ".join(names.get(c, (c, c))[en] for c in way.steps[0])
    if set(way.steps[0]) - set(PAPER):
        return f"Electronically: {first}" if en else f"Bản điện tử: {first}"
    return f"As the office does: {first}" if en else f"Theo cách của cơ quan: {first}"


def way_of(visit: Visit, procedure: str, now: datetime) -> Way:
    """Return the order that holds today for a procedure."""
    return plan_of(visit.tenant).way(procedure, local_day(now))


def typed_of(posted: Mapping[str, str]) -> Handover | None:
    """Return what was typed, not checked yet; None where the page did not ask.

    One character too many is kept, so that it is told.
    """
    if WAY not in posted:
        return None
    return Handover(
        posted[WAY][:100],
        handover.plain(posted.get(RECIPIENT, ""))[: LONGEST_RECIPIENT + 1],
        handover.plain(posted.get(ADDRESS, ""))[: LONGEST_ADDRESS + 1],
    )


async def keep(visit: Visit, draft_id: UUID, posted: Mapping[str, str]) -> Draft:
    """Return a draft, with what was typed on its last page kept in it."""
    typed = typed_of(posted)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=typed is not None)
        if typed is not None and typed != draft.content.handover:
            draft.content.handover = typed
            await drafts.save(work, draft)
    return draft


def of_draft(visit: Visit, draft: Draft, now: datetime) -> Asked | None:
    """Return the questions at the end of a draft, filled with what the identity said."""
    known = draft.content.prefill
    own = Handover("", known.get("person.full_name", ""), known.get("person.address", ""))
    way = way_of(visit, draft.procedure_code, now)
    return asked(visit, way, draft.content.handover or _NOTHING, own)


def wish_of(visit: Visit, draft: Draft, now: datetime) -> Wish:
    """Return the wish of a draft that is submitted; ``Invalid`` as ``handover.read``."""
    way = way_of(visit, draft.procedure_code, now)
    # Nothing was asked, whatever an order of yesterday had to choose.
    return read(way, draft.content.handover or _NOTHING) if way.choices else Wish()


def read(way: Way, typed: Handover) -> Wish:
    """Return what was typed as a wish; ``Invalid`` as ``handover.read``."""
    return handover.read(way.choices, typed.channel, typed.recipient, typed.address)


async def of_dossier(
    visit: Visit, work: Work, row: Record, typed: Handover | None
) -> dict[str, Any]:
    """Return the wish of a dossier in words, and the questions to change it as long as that can be."""
    wish = await handover.of(work, row["id"])
    way = way_of(visit, row["procedure_code"], work.now)
    found: dict[str, Any] = {
        "handed": shown.wish_rows(visit.platform, visit.tenant, wish, visit.lang, own=True),
        "handover": None,
        "rewriting": typed is not None,
    }
    if handover.changeable(row) and way.choices:
        now = typed or Handover(wish.channel, wish.recipient, wish.address)
        found["handover"] = asked(visit, way, now, await _own(visit, work))
        found["handed"] = found["handed"] or [
            {"label": "Now" if visit.lang == "en" else "Hiện nay", "value": _usual(visit, way)}
        ]
    return found


async def _own(visit: Visit, work: Work) -> Handover:
    """Return the name and address of whoever looks at the page: no reading by somebody else."""
    row = await work.tx.fetchrow(_OWN, visit.session.subject)
    if row is None:
        return Handover()
    sealed = row["address_sealed"]
    return Handover("", row["full_name"], work.vault.open(sealed) if sealed else "")
