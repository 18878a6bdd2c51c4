"""Papers a person has handed in before: offered again, so that nothing is photographed twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from motcua.dossiers.drafts import Upload
from motcua.tenancy.db import Tx
from motcua.text import vn_date

_HELD = """
select * from (
  select distinct on (c.name_vi, c.sha256) f.id, c.paper_key, c.name_vi, c.pages, c.size, c.added_at,
    coalesce(d.code, d.track_code) as code
  from dossier d
  join component c on c.tenant_id = d.tenant_id and c.dossier_id = d.id
  join stored_file f on f.tenant_id = c.tenant_id and f.sha256 = c.sha256 and f.uploaded_by = $1
  where d.submitter_id = $1 and c.name_vi = any($2)
  order by c.name_vi, c.sha256, c.added_at desc) held
order by added_at desc limit 60
"""
_OFFERED = 5


@dataclass(frozen=True)
class Held:
    """A file that was handed in with an earlier dossier for a paper of this name."""

    id: UUID
    name: str
    code: str
    day: str
    pages: int
    size: int

    def label(self, lang: str) -> str:
        """Return how it is offered: from which dossier, of which day."""
        pages = f"{self.pages} page(s)" if lang == "en" else f"{self.pages} trang"
        words = "dossier" if lang == "en" else "hồ sơ"
        return f"{words} {self.code}, {self.day}, {pages}"

    def upload(self) -> Upload:
        """Return it as a file of a draft."""
        return Upload(self.id, f"{self.name} ({self.code})", self.pages, self.size)


async def held(tx: Tx, person_id: UUID, names: Iterable[str]) -> Sequence[Held]:
    """Return what a person handed in before for papers of these (Vietnamese) names, the newest first.

    Only what the person uploaded: what an officer scanned is the office's.
    """
    rows = await tx.fetch(_HELD, person_id, sorted(set(names)))
    return [
        Held(r["id"], r["name_vi"], r["code"], vn_date(r["added_at"]), r["pages"], r["size"])
        for r in rows
    ]


def offered(
    all_held: Iterable[Held], name: str, taken: Iterable[UUID], lang: str
) -> list[dict[str, str]]:
    """Return what a slot offers (``ui.file_slot``): papers of its name that are not in it already."""
    gone = set(taken)
    fitting = [h for h in all_held if h.name == name and h.id not in gone]
    return [{"id": str(h.id), "label": h.label(lang)} for h in fitting[:_OFFERED]]


def wanted(all_held: Iterable[Held], name: str, ids: Iterable[str]) -> list[Upload]:
    """Return what was ticked, as far as it was offered."""
    asked = set(ids)
    return [h.upload() for h in all_held if h.name == name and str(h.id) in asked]
