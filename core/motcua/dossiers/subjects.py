"""Whose dossier it is: the submitter's own, or somebody's whom the submitter represents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from motcua.catalogue.fields import Value
from motcua.catalogue.forms import Form
from motcua.errors import Invalid
from motcua.events.work import Work
from motcua.people import citizens
from motcua.people.citizens import Citizen

_KNOWN = "select id from person where pid_index = $1"


@dataclass(frozen=True)
class Subject:
    """Who a dossier is about."""

    id: UUID
    name: str


async def subject_of(
    work: Work, form: Form, values: Mapping[str, Value], submitter_id: UUID, submitter: Citizen
) -> Subject:
    """Return the person the answers name as represented, the submitter when there is none.

    Somebody who is known already keeps his data whatever a representative wrote; others become known with
    what was written. ``Invalid`` when the submitter claims to represent himself.
    """
    for asked in form.fields():
        named = values.get(asked.key) if asked.kind == "representative" else None
        if isinstance(named, dict) and named.get("pid"):
            return await _represented(work, f"{asked.key}.pid", named, submitter.pid)
    return Subject(submitter_id, submitter.full_name)


async def _represented(work: Work, path: str, named: Mapping[str, object], own: str) -> Subject:
    pid, name = str(named["pid"]), str(named.get("full_name", ""))
    if pid == own:
        said = (
            "Đây là số định danh của chính bạn; hãy bỏ chọn nộp thay, hoặc nhập số của người kia",
            "This is your own personal id; untick acting for somebody, or enter the other person's",
        )
        raise Invalid(fields={path: said})
    known = await work.tx.fetchval(_KNOWN, work.vault.index(pid))
    if known is not None:
        return Subject(UUID(bytes=known.bytes), name)
    birth = date.fromisoformat(str(named["birth"])) if named.get("birth") else None
    return Subject(await citizens.remember(work, Citizen(pid, name, birth)), name)
