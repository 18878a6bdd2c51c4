"""The commands of a ticket by the names under which the API offers them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.queues import issuing, moving, queries, serving, undoing
from motcua.queues.schemas import TicketAct

_LINE = """
select l.id from line l
join ticket t on t.tenant_id = l.tenant_id and t.site_id = l.site_id
where t.id = $1 and l.letter = $2
"""
Run = Callable[[Work, UUID, UUID, TicketAct], Awaitable[Any]]


@dataclass(frozen=True)
class Act:
    """One command and who may give it."""

    run: Run
    roles: tuple[str, ...] = ("receiver",)


async def _line(work: Work, ticket: UUID, letter: str) -> UUID:
    found: UUID | None = await work.tx.fetchval(_LINE, ticket, letter.strip().upper())
    if found is None:
        said = ("Điểm tiếp nhận không có lĩnh vực này.", "The site has no such line.")
        raise Invalid(*said, fields={"line": said})
    return found


async def _start(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> None:
    await serving.start(work, ticket, staff, version=act.version)


async def _finish(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> None:
    await serving.finish(work, ticket, staff, outcome=act.outcome, version=act.version)


async def _no_show(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> str:
    return await serving.no_show(work, ticket, staff, version=act.version)


async def _park(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> None:
    await moving.park(work, ticket, staff, act.why, version=act.version)


async def _come_back(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> None:
    await moving.come_back(work, ticket, staff, act.why, version=act.version)


async def _resume(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> None:
    if act.counter is None:
        said = ("Hãy cho biết quầy.", "Say at which counter.")
        raise Invalid(*said, fields={"counter": said})
    await moving.resume(work, ticket, staff, act.counter, version=act.version)


async def _returned(work: Work, ticket: UUID, _: UUID, act: TicketAct) -> None:
    await moving.returned(work, ticket, version=act.version)


async def _transfer(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> None:
    await moving.transfer(
        work,
        ticket,
        staff,
        line=await _line(work, ticket, act.line) if act.line else None,
        counter=act.counter,
        person=act.staff,
        why=act.why,
        version=act.version,
    )


async def _services(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> UUID:
    if act.dossier is not None:
        unit = await queries.ticket_unit(work.tx, ticket)
        await queries.dossier_person(work.tx, act.dossier, unit)
    return await serving.add_service(
        work,
        ticket,
        staff,
        await _line(work, ticket, act.line),
        procedure=act.procedure,
        dossier=act.dossier,
        quantity=act.quantity,
        version=act.version,
    )


async def _send_on(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> issuing.Issued:
    line = await _line(work, ticket, act.line)
    return await serving.send_on(work, ticket, staff, line, version=act.version)


async def _arrive(work: Work, ticket: UUID, _: UUID, act: TicketAct) -> None:
    await issuing.arrive(work, ticket, version=act.version)


async def _leave(work: Work, ticket: UUID, _: UUID, act: TicketAct) -> None:
    await moving.leave(work, ticket, version=act.version)


async def _cancel(work: Work, ticket: UUID, _: UUID, act: TicketAct) -> None:
    await moving.cancel(work, ticket, act.why, version=act.version)


async def _let_pass(work: Work, ticket: UUID, _: UUID, act: TicketAct) -> None:
    await moving.let_pass(work, ticket, act.places, version=act.version)


async def _undo(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> str:
    return await undoing.undo(work, ticket, staff, version=act.version)


async def _void(work: Work, ticket: UUID, _: UUID, act: TicketAct) -> None:
    await moving.void(work, ticket, act.why, version=act.version)


async def _priority(work: Work, ticket: UUID, staff: UUID, act: TicketAct) -> None:
    await moving.grant_priority(work, ticket, act.key, act.why, staff, version=act.version)


ACTS: Mapping[str, Act] = {
    "start": Act(_start),
    "finish": Act(_finish),
    "no-show": Act(_no_show),
    "park": Act(_park),
    "come-back": Act(_come_back),
    "resume": Act(_resume),
    "returned": Act(_returned),
    "transfer": Act(_transfer),
    "services": Act(_services),
    "send-on": Act(_send_on),
    "arrive": Act(_arrive),
    "leave": Act(_leave),
    "cancel": Act(_cancel),
    "let-pass": Act(_let_pass),
    "undo": Act(_undo),
    "void": Act(_void, ("leader", "head", "admin")),
    "priority": Act(_priority),
}
