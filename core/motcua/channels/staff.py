"""What people do with deliveries: try again, choose another way, post a letter, say that it arrived."""

from datetime import date
from typing import Any
from uuid import UUID

from motcua import notices
from motcua.channels import book, engine, handover
from motcua.channels.plan import COUNTER, POST
from motcua.channels.registry import known
from motcua.dossiers.changes import lock
from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.people import citizens
from motcua.platform import Platform
from motcua.tenancy.db import Record

_DOSSIER_OF = "select dossier_id from delivery where id = $1"
_UNIT = "select name from unit where id = $1"
_PHONE = "select phone_sealed from person where id = $1"
_LONGEST_TRACKING = 40


async def again(work: Work, delivery_id: UUID) -> None:
    """Try a delivery anew, under the same key; ``Conflict`` when it neither fails nor was given up."""
    _, row = await _both(work, delivery_id)
    tried = row["state"] == "given_up" and row["reason"] in ("tried", "no_channel")
    if row["state"] == "withdrawing":
        await book.withdraw(work, row)
    elif row["state"] == "failed" or tried:
        await book.open_again(work, row)
    else:
        raise _moved_on()


async def choose(platform: Platform, work: Work, delivery_id: UUID, channel: str) -> UUID:
    """Bring the result another way from now on; what was tried so far ends. Returns the delivery.

    A channel that has the result in hand already goes on as it is; a letter that was not posted stays here. ``Invalid`` for a channel that is not
    here, ``Conflict`` when the holder has the result.
    """
    result, row = await _both(work, delivery_id)
    if row["state"] not in ("owed", "failed", "given_up", "sent"):
        raise _moved_on()
    made = await _choose(platform, work, result, channel)
    for other in await work.tx.fetch(book.LOCK_ROWS, result["id"]):
        if other["channel"] != channel and _ends(other, chosen_at=row["id"]):
            await book.give_up(work, other, "by_staff")
    return made


def _ends(row: Record, *, chosen_at: UUID) -> bool:
    """Tell whether a delivery ends when another way is chosen: the one this was said of, a letter not posted.

    A letter that was posted ends only when it is said of it: it came back.
    """
    letter = row["channel"] == POST
    if row["id"] == chosen_at:
        return row["state"] in ("owed", "failed", "given_up") or (letter and row["state"] == "sent")
    return bool(letter and row["state"] == "owed" and row["how"] == "by_staff")


async def _choose(platform: Platform, work: Work, result: Record, channel: str) -> UUID:
    here = known(platform, work.tenant).get(channel)
    if here is None or "deliver" not in here.channel.capabilities:
        words = ("Hãy chọn một kênh trong danh sách.", "Choose a channel of the list.")
        raise Invalid(fields={"channel": words})
    if result["status"]:
        raise Conflict("Kết quả này không còn hiệu lực.", "This result is no longer valid.")
    rows = await work.tx.fetch(book.OF_RESULT, result["id"])
    if any(r["state"] == "received" for r in rows):
        raise _moved_on()
    mine = [r for r in rows if r["channel"] == channel]
    if on_its_way := [r for r in mine if r["state"] in ("owed", "failed", "sent")]:
        return UUID(bytes=on_its_way[-1]["id"].bytes)
    step = max((r["step"] for r in rows), default=0)
    version = max((r["version"] for r in mine), default=0) + 1
    made = await book.owe(work, result, channel, step, version)
    if made is None:
        raise _moved_on()
    return made


async def on_paper(platform: Platform, work: Work, delivery_id: UUID) -> UUID:
    """Let the result lie ready at the counter instead; handing it over there ends the dossier."""
    return await choose(platform, work, delivery_id, COUNTER)


async def posted(platform: Platform, work: Work, delivery_id: UUID, tracking: str) -> None:
    """Note that a letter was posted, with what the post calls it; the person is told.

    ``Invalid`` without a number, ``Conflict`` when it was posted already or is no letter.
    """
    said = " ".join(tracking.split()).upper()
    if not said or len(said) > _LONGEST_TRACKING or not said.isascii():
        words = ("Hãy ghi mã bưu gửi in trên phiếu.", "Enter the number printed on the slip.")
        raise Invalid(fields={"tracking": words})
    result, row = await _both(work, delivery_id)
    if (row["channel"], row["state"], row["how"]) != (POST, "owed", "by_staff"):
        raise _moved_on()
    await book.sent(work, row, "handed_over", said)
    await _tell(platform, work, result, delivery_id, said)


async def came(platform: Platform, work: Work, delivery_id: UUID) -> None:
    """Note that a letter was handed over to its holder; the dossier is returned by it."""
    _, row = await _both(work, delivery_id)
    if row["channel"] != POST or row["state"] != "sent":
        raise _moved_on()
    await engine.arrived(platform, work, row["result_id"], POST, row["receipt"])


async def label(platform: Platform, work: Work, delivery_id: UUID) -> dict[str, Any]:
    """Return what stands on the letter's cover; reading it is an event the person sees."""
    result, row = await _both(work, delivery_id)
    if row["channel"] != POST:
        raise NotFound()
    person = await citizens.read(work, result["holder_id"])
    wish = await handover.of(work, result["dossier_id"])
    unit = await work.tx.fetchval(_UNIT, result["competent_unit"])
    day: date = local_day(work.now)
    return {
        "sender": f"{unit}, {work.tenant.name}" if unit else work.tenant.name,
        "name": wish.recipient or person.full_name,
        "address": wish.address or person.address or "",
        "phone": person.phone or "",
        "code": result["code"],
        "number": result["number"],
        "title": result["title_vi"],
        "day": day,
        "url": f"{platform.settings.url_of(work.tenant.slug)}/my/{result['dossier_id']}",
    }


async def _tell(
    platform: Platform, work: Work, result: Record, delivery_id: UUID, tracking: str
) -> None:
    sealed = await work.tx.fetchval(_PHONE, result["holder_id"])
    if sealed and notices.reach(platform, work.tenant):
        link = f"{platform.settings.url_of(work.tenant.slug)}/my/{result['dossier_id']}"
        await notices.send(
            work,
            "result_posted",
            work.vault.open(sealed),
            {"code": result["code"], "tracking": tracking, "link": link},
            language="vi",
            subject=result["dossier_id"],
            once=f"result_posted:{delivery_id}",
        )


async def _both(work: Work, delivery_id: UUID) -> tuple[Record, Record]:
    """Return result and delivery, locked; from here on the work belongs to the dossier's trace.

    ``Conflict`` while a channel is being asked for it: nobody waits for another system.
    """
    dossier = await work.tx.fetchval(_DOSSIER_OF, delivery_id)
    if dossier is None:
        raise NotFound("Không tìm thấy lần gửi này.", "There is no such delivery.")
    row = await book.lock_free(work.tx, delivery_id)
    if row is None:
        raise Conflict(
            "Kênh này đang gửi. Hãy thử lại sau nửa phút.",
            "This channel is sending right now. Try again in half a minute.",
        )
    await lock(work, dossier)
    result = await book.locked_result(work.tx, row["result_id"])
    if result is None:
        raise LookupError(f"delivery {delivery_id} has no result")
    return result, row


def _moved_on() -> Conflict:
    return Conflict(
        "Việc này đã có người xử lý. Hãy tải lại trang.",
        "Somebody has seen to this already. Reload the page.",
    )
