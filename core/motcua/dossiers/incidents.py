"""Service tasks that failed for good: the case stands there with the reason, until somebody decides.

Whoever leads the unit tries again when the cause is mended, or goes on without it and says why.
"""

from typing import Any
from uuid import UUID

from motcua.dossiers import way
from motcua.dossiers.changes import lock
from motcua.errors import Conflict, Invalid
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import ServiceDone
from motcua.process.store import SERVICE
from motcua.tenancy.db import Record, Tx

SHOWN = 100
ROLES = ("head", "leader")
"""Who may try again or skip, in the unit that settles the dossier."""
_LONGEST = 500

_FOUND = """
update process_wait set incident = $3 where instance_id = $1 and token = $2 and kind = 'service'
  and incident is null
returning node, handler, name_vi, name_en, unit_id
"""
_OPEN = """
update process_wait set incident = null
where instance_id = $1 and token = $2 and incident is not null returning node, handler, unit_id
"""
_FORGET = """
delete from outbox o using event e where o.dead_at is not null and o.subscriber = 'service'
  and e.tenant_id = o.tenant_id and e.id = o.event_id and e.subject = $1 and e.payload->>'token' = $2
"""
_LIST = """
select w.instance_id, w.token, w.name_vi, w.name_en, w.handler, w.incident, w.since, d.code,
  d.procedure_code, d.procedure_name, count(*) over () as total
from process_wait w join dossier d on d.tenant_id = w.tenant_id and d.id = w.instance_id
where w.incident is not null and ($1::uuid[] is null or w.unit_id = any($1))
order by w.since, w.id limit $2
"""


async def note(work: Work, dossier_id: UUID, token: str, reason: str) -> None:
    """Leave the service task where it stands, with the reason; nothing when it waits no longer."""
    row = await work.tx.fetchrow(_FOUND, dossier_id, token, reason[:_LONGEST])
    if row is not None:
        payload = {"node": row["node"], "token": token, "handler": row["handler"]}
        work.emit("step.incident", dossier_id, payload, unit=row["unit_id"])


async def gave_up(work: Work, event: Event, reason: str) -> None:
    """Take over a service task that was tried as often as it may be."""
    await lock(work, event.subject)
    await note(work, event.subject, event.payload["token"], reason)


async def retry(work: Work, dossier_id: UUID, token: str) -> None:
    """Owe the service task anew; ``Conflict`` when there is no incident (any more)."""
    row = await _closed(work, dossier_id, token)
    payload: dict[str, Any] = {"node": row["node"], "token": token}
    work.emit("step.retried", dossier_id, payload, unit=row["unit_id"])
    owed = {"token": token, "handler": row["handler"]}
    work.emit(SERVICE, dossier_id, owed, unit=row["unit_id"])


async def skip(platform: Platform, work: Work, dossier_id: UUID, token: str, reason: str) -> None:
    """Go on as if the service task were done; the reason stays in the dossier's story.

    ``Invalid`` without a reason, ``Conflict`` when there is no incident (any more).
    """
    if not (said := reason.strip()):
        words = ("Hãy ghi rõ vì sao bỏ qua bước này.", "Say why this step is skipped.")
        raise Invalid(fields={"reason": words})
    row = await _closed(work, dossier_id, token)
    payload = {"node": row["node"], "token": token, "reason": said[:2000]}
    work.emit("step.skipped", dossier_id, payload, unit=row["unit_id"])
    await way.go(platform, work, dossier_id, ServiceDone(token, {}))


async def _closed(work: Work, dossier_id: UUID, token: str) -> Record:
    await lock(work, dossier_id)
    row = await work.tx.fetchrow(_OPEN, dossier_id, token)
    if row is None:
        raise Conflict(
            "Bước này không còn bị lỗi. Hãy tải lại trang.",
            "There is no incident at this step any more. Reload the page.",
        )
    await work.tx.execute(_FORGET, dossier_id, token)
    return row


async def listed(tx: Tx, units: list[UUID] | None) -> list[Record]:
    """Return the incidents of these units (None: of all), the oldest first, at most ``SHOWN``."""
    return await tx.fetch(_LIST, units, SHOWN)
