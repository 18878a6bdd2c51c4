"""What a dossier waits for besides people's steps, and how it is told that it has come.

A message is correlated by its dossier: whoever holds the news (an officer, a plugin) names the dossier and
the message, and the wait of that name that has waited longest goes on.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from motcua.dossiers import way
from motcua.dossiers.changes import lock
from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import Message, Signal
from motcua.tenancy.db import Record, Tx

_WAITS = """
select token, node, name_vi, name_en, message, handler, kind, incident, since, due_at, optional
from process_wait where instance_id = $1 and kind in ('message', 'service', 'timer')
order by since, id
"""


async def of(tx: Tx, dossier_id: UUID) -> list[Record]:
    """Return the messages, service tasks and timers that a dossier waits for, the oldest first."""
    return await tx.fetch(_WAITS, dossier_id)


def tellable(waits: list[Record]) -> list[Record]:
    """Return the messages an officer may say have come; the citizen's own answer is not among them."""
    return [
        w for w in waits if w["kind"] == "message" and w["message"] not in way.RESERVED_MESSAGES
    ]


async def arrived(
    platform: Platform,
    work: Work,
    dossier_id: UUID,
    message: str,
    variables: Mapping[str, Any] | None = None,
) -> None:
    """Tell a dossier that a message has come; ``Conflict`` when it does not wait for it.

    The citizen's answer to a supplement comes by ``answering`` only, with what was asked for, and the end
    of a bundle's children from these themselves.
    """
    if message in way.RESERVED_MESSAGES:
        raise Conflict(
            "Việc này chỉ đến từ người dân hoặc từ các hồ sơ thành phần, không ghi nhận tại đây được.",
            "This comes from the citizen or from the dossiers of the bundle; it cannot be noted here.",
        )
    dossier = await lock(work, dossier_id)
    await way.go(platform, work, dossier_id, Message(message, dict(variables or {})))
    work.emit("step.message", dossier_id, {"message": message}, unit=dossier["competent_unit"])


async def signalled(platform: Platform, work: Work, dossier_id: UUID, signal: str) -> None:
    """Announce something to a dossier: every wait of this name goes on; ``Conflict`` without any."""
    dossier = await lock(work, dossier_id)
    await way.go(platform, work, dossier_id, Signal(signal))
    work.emit("step.signal", dossier_id, {"signal": signal}, unit=dossier["competent_unit"])
