"""What is done with a ticket at a counter: call, serve, put aside, send elsewhere, undo."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from motcua.desk import hall_rows
from motcua.desk.deeds import Deed, Done, Verb
from motcua.desk.view import staff_id
from motcua.errors import Invalid
from motcua.queues import calling, issuing, moving, serving, taking_up, undoing


async def call(deed: Deed) -> Done:
    """Call whom the policy chooses; nobody waits: ``standby`` goes on waiting for the next one."""
    called = await calling.call_next(deed.work, deed.here, deed.staff)
    if called is not None:
        return Done(undo=called.id)
    standby = bool(deed.form.get("standby"))
    return Done("" if standby else "nobody", standby=standby)


async def call_this(deed: Deed) -> Done:
    """Call one out of the order, for a reason."""
    why = deed.reason()
    ticket = await _chosen(deed)
    await calling.call_this(deed.work, deed.here, deed.staff, ticket, why)
    return Done("called-this", undo=ticket)


async def direct(deed: Deed) -> Done:
    """Receive somebody who came without a number: issue one and call it, in one go."""
    line = deed.must("line", "Hãy chọn lĩnh vực.", "Choose the line.")
    issued = await issuing.issue(deed.work, deed.site, line, origin="counter")
    why = "Tiếp nhận trực tiếp"
    await calling.call_this(deed.work, deed.here, deed.staff, issued.id, why)
    await serving.start(deed.work, issued.id, deed.staff)
    return Done("direct")


async def recall(deed: Deed) -> Done:
    """Call the number at the counter again."""
    await calling.recall(deed.work, deed.ticket(), deed.staff, version=deed.version)
    return Done("recall")


async def start(deed: Deed) -> Done:
    """Serve: the person is here."""
    ticket = deed.ticket()
    await serving.start(deed.work, ticket, deed.staff, version=deed.version)
    return Done(undo=ticket)


async def take_up(deed: Deed) -> Done:
    """Serve on, at a site that was just cut off, whom this counter was serving: the number is typed."""
    await taking_up.take_up(deed.work, deed.here, deed.staff, await _chosen(deed))
    return Done("taken-up")


async def finish(deed: Deed) -> Done:
    """End the service, and call nobody."""
    ticket = deed.ticket()
    await serving.finish(deed.work, ticket, deed.staff, version=deed.version)
    return Done("finish", undo=ticket)


async def finish_and_call(deed: Deed) -> Done:
    """End the service and call the next one."""
    ended = await finish(deed)
    called = await calling.call_next(deed.work, deed.here, deed.staff)
    return Done("finish" if called else "finish-nobody", undo=ended.undo)


async def no_show(deed: Deed) -> Done:
    """Put a number back by some places, or end it: nobody came."""
    ticket = deed.ticket()
    became = await serving.no_show(deed.work, ticket, deed.staff, version=deed.version)
    return Done("recycled" if became == "recycled" else "no-show", undo=ticket)


async def park(deed: Deed) -> Done:
    """Put the ticket aside for a reason; the counter is free."""
    ticket = deed.ticket()
    await moving.park(deed.work, ticket, deed.staff, deed.reason(), version=deed.version)
    return Done("parked", undo=ticket)


async def come_back(deed: Deed) -> Done:
    """Let the person fetch something and come back to this officer, without a new number."""
    ticket = deed.ticket()
    await moving.come_back(deed.work, ticket, deed.staff, deed.reason(), version=deed.version)
    return Done("come-back", undo=ticket)


async def resume(deed: Deed) -> Done:
    """Serve a parked ticket on."""
    await moving.resume(deed.work, deed.ticket(), deed.staff, deed.here, version=deed.version)
    return Done("resumed")


async def returned(deed: Deed) -> Done:
    """Let somebody who is back in the hall wait again, at his place."""
    await moving.returned(deed.work, deed.ticket(), version=deed.version)
    return Done("returned")


async def transfer(deed: Deed) -> Done:
    """Send the ticket to a line, a counter or an officer; its place is kept."""
    ticket = deed.ticket()
    kind, _, chosen = deed.form.get("to", "").partition(":")
    place = staff_id(chosen)
    if kind not in {"line", "counter", "person"} or place is None:
        said = ("Hãy chọn nơi chuyển đến.", "Choose where to send it.")
        raise Invalid(*said, fields={"to": said})
    to: dict[str, Any] = {kind: place}
    await moving.transfer(
        deed.work, ticket, deed.staff, why=deed.said(), version=deed.version, **to
    )
    return Done("transferred", undo=ticket)


async def add_service(deed: Deed) -> Done:
    """Note a further service for the same person, without a further number."""
    line = deed.must("line", "Hãy chọn lĩnh vực.", "Choose the line.")
    await serving.add_service(
        deed.work,
        deed.ticket(),
        deed.staff,
        line,
        procedure=await _procedure(deed),
        quantity=_quantity(deed),
        version=deed.version,
    )
    return Done("service-added")


async def send_on(deed: Deed) -> Done:
    """Give the person a further number in another line; he waits there since he came."""
    line = deed.must("line", "Hãy chọn lĩnh vực.", "Choose the line.")
    await serving.send_on(deed.work, deed.ticket(), deed.staff, line, version=deed.version)
    return Done("sent-on")


async def cancel(deed: Deed) -> Done:
    """End a number that the person does not want any more."""
    ticket = deed.ticket()
    await moving.cancel(deed.work, ticket, deed.reason(), version=deed.version)
    return Done("cancelled", undo=ticket)


async def void(deed: Deed) -> Done:
    """Take back a number that was a mistake."""
    await moving.void(deed.work, deed.ticket(), deed.reason(), version=deed.version)
    return Done("voided")


async def left(deed: Deed) -> Done:
    """Note that the person has left the hall."""
    await moving.leave(deed.work, deed.ticket(), version=deed.version)
    return Done("gone")


async def arrive(deed: Deed) -> Done:
    """Let somebody with a number from afar stand in line: he is here."""
    await issuing.arrive(deed.work, deed.ticket(), version=deed.version)
    return Done("here")


async def priority(deed: Deed) -> Done:
    """Grant priority after its evidence was seen."""
    key = deed.said("class")
    if not key:
        said = ("Hãy chọn diện ưu tiên.", "Choose the class of priority.")
        raise Invalid(*said, fields={"class": said})
    if not deed.form.get("checked"):
        said = (
            "Hãy xem giấy tờ hoặc người được ưu tiên rồi đánh dấu đã kiểm tra.",
            "See the paper or the person, then tick that you have checked it.",
        )
        raise Invalid(*said, fields={"checked": said})
    await moving.grant_priority(
        deed.work, deed.ticket(), key, deed.said(), deed.staff, version=deed.version
    )
    return Done("priority")


async def no_priority(deed: Deed) -> Done:
    """Take priority away: the evidence does not show it."""
    await moving.grant_priority(
        deed.work, deed.ticket(), "", deed.reason(), deed.staff, version=deed.version
    )
    return Done("no-priority")


async def undo(deed: Deed) -> Done:
    """Take the last step back, as long as the policy allows."""
    await undoing.undo(deed.work, deed.ticket(), deed.staff)
    return Done("undone")


async def _chosen(deed: Deed) -> UUID:
    """Return the ticket that was picked in the list, or typed by its number."""
    if (ticket := deed.id("ticket")) is not None:
        return ticket
    number = deed.said("number")
    found = await hall_rows.by_number(deed.work.tx, deed.site, number, deed.work.now)
    if found is None:
        said = ("Hôm nay không có số này.", "There is no such number today.")
        raise Invalid(*said, fields={"number": said})
    return found


async def _procedure(deed: Deed) -> str | None:
    """Return the code of the procedure that was written: a code, or words of its name."""
    text = deed.said("procedure")
    if not text:
        return None
    law = await deed.platform.catalogue.of(deed.work.tenant, deed.work.tx)
    hits = law.index.search(text, 1)
    if not hits:
        said = ("Không tìm thấy thủ tục này.", "No procedure was found by these words.")
        raise Invalid(*said, fields={"procedure": said})
    return hits[0].entry.code


def _quantity(deed: Deed) -> int:
    text = deed.form.get("quantity", "1").strip() or "1"
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= 99:
        return int(text)
    said = ("Nhập số lượng từ 1 đến 99.", "Enter a quantity from 1 to 99.")
    raise Invalid(*said, fields={"quantity": said})


VERBS: Mapping[str, Verb] = {
    "call": call,
    "call-this": call_this,
    "direct": direct,
    "recall": recall,
    "start": start,
    "take-up": take_up,
    "finish": finish,
    "next": finish_and_call,
    "no-show": no_show,
    "park": park,
    "come-back": come_back,
    "resume": resume,
    "returned": returned,
    "transfer": transfer,
    "add-service": add_service,
    "send-on": send_on,
    "cancel": cancel,
    "void": void,
    "left": left,
    "arrive": arrive,
    "priority": priority,
    "no-priority": no_priority,
    "undo": undo,
}
