"""What an administrator sets in a hall: promises and quotas of lines, profiles of counters, skills of staff."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.queues import frozen
from motcua.text import nfc

_LINE = """
select l.id, l.letter, s.unit_id, s.id as site_id, n.centre_until from line l
join site s on s.tenant_id = l.tenant_id and s.id = l.site_id
left join site_node n on n.tenant_id = l.tenant_id and n.site_id = l.site_id
where l.id = $1 and s.id = $2 for no key update of l
"""
_SET_LINE = """
update line set promise_minutes = $2, standard_minutes = $3, quota_remote = $4, quota_walk_in = $5,
  skill_id = $6 where id = $1
"""
_SITE = """
select s.unit_id, n.centre_until, array(select letter from line where site_id = s.id) as letters
from site s left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id where s.id = $1
"""
_PROFILE = """
insert into work_profile (id, site_id, key, name, groups, spill) values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, site_id, key) do update set name = excluded.name, groups = excluded.groups,
  spill = excluded.spill returning id
"""
_PROFILE_KEY = "select key from work_profile where id = $1 and site_id = $2"
_COUNTER = "update counter set profile_id = $3 where id = $1 and site_id = $2 returning number"
_OFFICER = """
select s.full_name from staff s join staff_role r on r.tenant_id = s.tenant_id and r.staff_id = s.id
where s.id = $1 and s.active and (r.unit_id is null or r.unit_id = $2) limit 1
"""
_FORGET = "delete from staff_skill where staff_id = $1 and not skill_id = any($2)"
_LEARN = """
insert into staff_skill (staff_id, skill_id) select $1, id from skill where id = any($2)
on conflict do nothing
"""
#: What may stand in a number's field: lowest, highest, whether it may be empty.
LIMITS: Mapping[str, tuple[int, int, bool]] = {
    "promise_minutes": (1, 480, False),
    "standard_minutes": (1, 480, True),
    "quota_remote": (0, 9999, True),
    "quota_walk_in": (0, 9999, True),
}


async def set_line(
    work: Work, site: UUID, line: UUID, typed: Mapping[str, str], skill: UUID | None
) -> None:
    """Set promise, standard minutes, quotas and skill of a line; ``Invalid`` at the field."""
    row = await work.tx.fetchrow(_LINE, line, site)
    if row is None:
        raise NotFound("Không có lĩnh vực này.", "There is no such line.")
    frozen.check(row["centre_until"], work.now)
    values = {key: _number(key, typed.get(key, ""), *rule) for key, rule in LIMITS.items()}
    await work.tx.execute(_SET_LINE, line, *values.values(), skill)
    work.emit("line.changed", line, {"letter": row["letter"], **values}, unit=row["unit_id"])
    work.bells.add(f"site:{site}")


async def set_profile(
    work: Work, site: UUID, name: str, groups: str, spill: str, profile: UUID | None = None
) -> None:
    """Write a work profile, a new one without ``profile``.

    ``groups``: letters, the groups parted by commas ("A B, C": first A or B, then C). ``Invalid`` for a letter
    the site does not have or one that stands twice.
    """
    row = await work.tx.fetchrow(_SITE, site)
    if row is None:
        raise NotFound()
    frozen.check(row["centre_until"], work.now)
    said = nfc(name)
    if not 1 <= len(said) <= 60:
        wrong = ("Nhập tên, tối đa 60 chữ.", "Enter a name of at most 60 letters.")
        raise Invalid(*wrong, fields={"name": wrong})
    parted = [_letters("groups", group, row["letters"]) for group in groups.split(",")]
    kept = [group for group in parted if group]
    aside = _letters("spill", spill, row["letters"])
    _once("groups", [letter for group in kept for letter in group])
    _once("spill", [*aside, *(letter for group in kept for letter in group)])
    if not kept:
        wrong = ("Nhập ít nhất một lĩnh vực.", "Enter at least one line.")
        raise Invalid(*wrong, fields={"groups": wrong})
    key = uuid7().hex
    if profile is not None:
        key = await work.tx.fetchval(_PROFILE_KEY, profile, site)
        if key is None:
            raise NotFound("Không có nhóm việc này.", "There is no such profile.")
    made = await work.tx.fetchval(_PROFILE, uuid7(), site, key, said, kept, aside)
    work.emit("profile.changed", made, {"groups": kept, "spill": aside}, unit=row["unit_id"])
    work.bells.add(f"site:{site}")


async def set_counter(work: Work, site: UUID, counter: UUID, profile: UUID | None) -> None:
    """Give a counter a work profile, or none: then it takes all its lines in one group."""
    row = await work.tx.fetchrow(_SITE, site)
    if row is None:
        raise NotFound()
    frozen.check(row["centre_until"], work.now)
    if profile is not None and await work.tx.fetchval(_PROFILE_KEY, profile, site) is None:
        raise NotFound("Không có nhóm việc này.", "There is no such profile.")
    number = await work.tx.fetchval(_COUNTER, counter, site, profile)
    if number is None:
        raise NotFound("Không có quầy này.", "There is no such counter.")
    work.emit("counter.changed", counter, {"counter": number}, unit=row["unit_id"])
    work.bells.add(f"site:{site}")


async def set_skills(work: Work, unit: UUID, staff: UUID, skills: Iterable[UUID]) -> None:
    """Set what an officer of this unit may serve; ``NotFound`` for somebody of another unit."""
    if await work.tx.fetchval(_OFFICER, staff, unit) is None:
        raise NotFound("Đơn vị không có cán bộ này.", "The unit has no such officer.")
    wanted = list(skills)
    await work.tx.execute(_FORGET, staff, wanted)
    await work.tx.execute(_LEARN, staff, wanted)
    work.emit("staff.skills", staff, {"skills": [str(skill) for skill in wanted]}, unit=unit)


def _number(key: str, raw: str, low: int, high: int, empty: bool) -> int | None:
    text = raw.strip()
    if not text and empty:
        return None
    if text.isascii() and text.isdigit() and len(text) < 6 and low <= int(text) <= high:
        return int(text)
    vi, en = f"Nhập số nguyên từ {low} đến {high}", f"Enter a whole number from {low} to {high}"
    said = (vi + (", hoặc để trống." if empty else "."), en + (", or nothing." if empty else "."))
    raise Invalid(*said, fields={key: said})


def _letters(key: str, raw: str, known: Iterable[str]) -> list[str]:
    letters = raw.upper().split()
    for letter in letters:
        if letter not in known:
            said = (f"Điểm này không có lĩnh vực {letter}.", f"The site has no line {letter}.")
            raise Invalid(*said, fields={key: said})
    return letters


def _once(key: str, letters: list[str]) -> None:
    for letter in letters:
        if letters.count(letter) > 1:
            said = (f"Lĩnh vực {letter} đứng hai lần.", f"Line {letter} stands twice.")
            raise Invalid(*said, fields={key: said})
