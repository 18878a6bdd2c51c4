"""Service tasks: what a process does without a person, done from the outbox, once in effect."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from motcua.dossiers.changes import lock
from motcua.dossiers.law import law_of
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import ServiceDone, store

Handler = Callable[[Platform, Work, UUID], Awaitable[Mapping[str, Any]]]

_STILL = """
select 1 from process_wait where instance_id = $1 and token = $2 and kind = 'service'
"""


class UnknownHandlerError(LookupError):
    """The process names a handler that no enabled plugin brings; the debt becomes a dead letter."""


async def run(
    platform: Platform, handlers: Mapping[str, Handler], work: Work, event: Event
) -> None:
    """Do the service task that an event announced, and move the process on.

    The handler's writes, the process's step and the end of the debt are one transaction.
    """
    dossier = await lock(work, event.subject)
    token = event.payload["token"]
    if not await work.tx.fetchval(_STILL, event.subject, token):
        return
    handler = _handler(platform, handlers, work, event.payload["handler"])
    variables = await handler(platform, work, event.subject)
    _, procedure = await law_of(platform, work, dossier)
    await store.advance(
        work,
        event.subject,
        procedure.bpmn,
        ServiceDone(token, variables),
        unit=dossier["competent_unit"],
    )


def _handler(platform: Platform, handlers: Mapping[str, Handler], work: Work, name: str) -> Handler:
    if name in handlers:
        return handlers[name]
    plugin, brought = platform.plugins.service_tasks(work.tenant).get(name, ("", None))
    if brought is None or plugin not in platform.plugins.enabled(work.tenant):
        raise UnknownHandlerError(f"no enabled plugin brings the service task {name!r}")
    handler = brought

    async def adapted(_: Platform, inner: Work, dossier_id: UUID) -> Mapping[str, Any]:
        return await handler(inner, dossier_id)

    return adapted
