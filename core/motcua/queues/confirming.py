"""A telephone that somebody enters without signing in is believed once the code sent to it comes back.

Else anybody could let messages be sent to a stranger's telephone and hold its number. The code is an HMAC of
telephone and ten minutes, so nothing of it is stored; it stands in the message, which is sealed, and in no
event. Asking and guessing are both counted, by telephone and by network.
"""

import hmac
from datetime import datetime, timedelta

from motcua import notices
from motcua.errors import Invalid, TooManyTries
from motcua.events.work import Work
from motcua.queues import knocks

LASTS = timedelta(minutes=10)
"""A code is taken in the ten minutes in which it was made and in the ten after them."""

_DIGITS = 6


async def ask(work: Work, contact: str, address: str, language: str) -> None:
    """Owe a telephone its code, once in ten minutes; ``TooManyTries`` when it was asked for too often.

    ``contact`` in domestic form, ``address`` of the network from which it is asked for.
    """
    await knocks.refuse_crowd(work, "code", address)
    await _refuse_tired(work, "told", contact)
    knocks.note(work, "code", address)
    knocks.note(work, "told", contact)
    subject = knocks.client_of(work.vault, work.tenant, contact)
    slot = _slot(work.now)
    await notices.send(
        work,
        "confirm",
        contact,
        {"code": _code(work, contact, slot), "minutes": str(int(LASTS.total_seconds() / 60))},
        language=language,
        subject=subject,
        once=f"confirm:{subject}:{slot}",
    )


async def check(work: Work, contact: str, typed: str, address: str) -> bool:
    """Tell whether what was typed is the telephone's code; a miss is counted when the work is committed.

    ``TooManyTries`` after five misses in a quarter of an hour, or thirty from one network (``address``) at many
    telephones: then the right code is not taken either.
    """
    await knocks.refuse_crowd(work, "guess", address)
    await _refuse_tired(work, "miss", contact)
    digits = "".join(c for c in typed if c.isdigit() and c.isascii())
    slot = _slot(work.now)
    known = (_code(work, contact, n) for n in (slot, slot - 1))
    if any(hmac.compare_digest(digits, code) for code in known):
        return True
    knocks.note(work, "guess", address)
    knocks.note(work, "miss", contact)
    return False


def owed() -> Invalid:
    """Return the answer to a telephone without its code: it has been sent."""
    said = (
        "Nhập mã 6 chữ số vừa gửi đến số điện thoại này.",
        "Enter the 6-digit code that was just sent to this telephone.",
    )
    return Invalid(*said, fields={"code": said})


def wrong() -> Invalid:
    """Return the answer to a code that is not the telephone's."""
    said = (
        "Mã không đúng hoặc đã hết hạn. Hãy xem lại tin nhắn, hoặc để trống để nhận mã mới.",
        "The code is wrong or too old. Check the message, or leave it empty for a new one.",
    )
    return Invalid(*said, fields={"code": said})


async def _refuse_tired(work: Work, kind: str, contact: str) -> None:
    if await knocks.crowded(work, kind, contact):
        raise TooManyTries(
            "Số điện thoại này đã thử quá nhiều lần. Hãy đăng nhập, để trống số điện thoại, hoặc thử lại sau 15 phút.",
            "Too many tries for this telephone. Sign in, leave the telephone out, or try again in 15 minutes.",
        )


def _slot(now: datetime) -> int:
    return int(now.timestamp() // LASTS.total_seconds())


def _code(work: Work, contact: str, slot: int) -> str:
    drawn = int.from_bytes(work.vault.index(f"confirm {contact} {slot}")[:8], "big")
    return f"{drawn % 10**_DIGITS:0{_DIGITS}d}"
