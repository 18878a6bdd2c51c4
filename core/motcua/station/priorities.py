"""Who goes first: the classes of the province, offered by what shows them; the counter looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.queues.issuing import Priority
from motcua.station.visits import Notes
from motcua.tenancy.db import Record, TenantTx

_CLASSES = """
select key, name_vi, name_en, evidence, min_age, rank from priority_class
where valid_from <= $1 and (valid_to is null or valid_to >= $1)
order by rank desc, valid_from desc, key
"""
_CLAIM = """
update visit set priority_class = $2, priority_why = $3 where id = $1 and priority_class is null
"""
CLAIMED = "tự khai tại trạm, chờ cán bộ kiểm tra"


@dataclass(frozen=True)
class Class:
    """A class of priority as a choice; ``shown`` is True when the card that was read shows it."""

    key: str
    name_vi: str
    name_en: str
    evidence: str
    shown: bool


async def classes(tx: TenantTx, notes: Notes, day: date) -> list[Class]:
    """Return the classes in force on a day, the highest first."""
    return [
        Class(r["key"], r["name_vi"], r["name_en"], r["evidence"], _shown(r, notes, day))
        for r in await tx.fetch(_CLASSES, day)
    ]


async def check(tx: TenantTx, key: str, day: date) -> None:
    """Refuse a class that is not in force."""
    if key not in {r["key"] for r in await tx.fetch(_CLASSES, day)}:
        raise Invalid(
            "Diện ưu tiên này không có trong danh mục. Hãy chọn trong danh sách.",
            "This class of priority is not known. Choose one of the list.",
        )


async def shown(work: Work, notes: Notes) -> Priority | None:
    """Return the priority that the card shows by itself; everything else an officer has to see."""
    day = local_day(work.now)
    for row in await work.tx.fetch(_CLASSES, day):
        if _shown(row, notes, day):
            return Priority(row["key"], f"tuổi trên thẻ căn cước: {_age(notes, day)}")
    return None


async def claim(work: Work, visit: UUID, tickets: Sequence[UUID], key: str) -> None:
    """Note what somebody said of himself: it gives no place until an officer has seen it and grants it."""
    await work.tx.execute(_CLAIM, visit, key, CLAIMED)
    for ticket in tickets:
        work.emit("ticket.priority", ticket, {"class": key, "claimed": True})


def _shown(row: Record | dict[str, Any], notes: Notes, day: date) -> bool:
    age = _age(notes, day)
    least = row["min_age"]
    return row["evidence"] == "age" and least is not None and age is not None and age >= least


def _age(notes: Notes, day: date) -> int | None:
    """Return the full years of the card's holder, only of one who agreed that his card is used."""
    if notes.card is None or notes.person is None:
        return None
    birth = notes.card.birth
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
