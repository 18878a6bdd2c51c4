"""Service tasks: what a process does without a person, done from the outbox, once in effect.

A handler that fails is tried again, later and later; after the last try the step is an incident that a
person decides on (``incidents``). A handler that knows it cannot do its work raises ``TaskRefused`` with a
code: an error event of the process that catches the code takes over, else it is an incident at once.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from motcua.dossiers import incidents, way
from motcua.dossiers.changes import lock
from motcua.errors import Conflict
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process import ServiceDone, ServiceFailed

Handler = Callable[[Platform, Work, UUID], Awaitable[Mapping[str, Any]]]

_STILL = """
select handler from process_wait
where instance_id = $1 and token = $2 and kind = 'service' and incident is null
"""


class UnknownHandlerError(LookupError):
    """The process names a handler that no enabled plugin brings; after some tries it is an incident."""


class TaskRefused(Exception):  # noqa: N818 -- a refusal that the process may expect, not a fault
    """The work of a service task cannot be done, and trying again would not help.

    ``code`` is what an error event of the process catches; ``reason`` is for the person who decides when
    none does. Whatever the handler wrote is undone.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


async def run(
    platform: Platform, handlers: Mapping[str, Handler], work: Work, event: Event
) -> None:
    """Do the service task that an event announced, and move the process on.

    The handler's writes, the process's step and the end of the debt are one transaction.
    """
    await lock(work, event.subject)
    token = event.payload["token"]
    name = await work.tx.fetchval(_STILL, event.subject, token)
    if name is None:
        return
    handler = _handler(platform, handlers, work, name)
    try:
        async with work.undoable():
            variables = await handler(platform, work, event.subject)
    except TaskRefused as refusal:
        await _refused(platform, work, event.subject, token, refusal)
        return
    await way.go(platform, work, event.subject, ServiceDone(token, variables))


async def _refused(
    platform: Platform, work: Work, dossier_id: UUID, token: str, refusal: TaskRefused
) -> None:
    try:
        async with work.undoable():
            await way.go(platform, work, dossier_id, ServiceFailed(token, refusal.code))
    except Conflict:
        await incidents.note(work, dossier_id, token, f"{refusal.code}: {refusal.reason}")


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
