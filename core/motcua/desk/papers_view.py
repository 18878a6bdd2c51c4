"""What the dossier page shows of the papers: what is asked for, and what was handed in for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from motcua.catalogue.adopted import Adopted
from motcua.dossiers import queries
from motcua.dossiers.submission import uploadable
from motcua.tenancy.db import Record, Tx


@dataclass(frozen=True)
class PaperRow:
    """One paper of the check-list: what is asked for, and what was handed in for it."""

    key: str
    name: str
    note: str
    required: bool
    brought: bool
    uploadable: bool
    parts: Sequence[Record]


@dataclass(frozen=True)
class PapersView:
    """The check-list; ``seen_before`` tells by file from which dossier it is used again."""

    rows: Sequence[PaperRow]
    seen_before: Mapping[UUID, str]

    @property
    def uncompared(self) -> list[Record]:
        """The papers nobody has compared with their originals yet."""
        parts = [part for paper in self.rows for part in paper.parts]
        return [part for part in parts if part["provenance"] == "self-scanned"]


async def papers_view(
    tx: Tx, dossier_id: UUID, procedure: Adopted, answers: Mapping[str, Any], lang: str
) -> PapersView:
    """Gather the check-list in words of ``lang``."""
    parts = await queries.components(tx, dossier_id)
    return PapersView(
        _rows(procedure, answers, parts, lang), await queries.seen_before(tx, dossier_id)
    )


def _rows(
    procedure: Adopted, answers: Mapping[str, Any], parts: Sequence[Record], lang: str
) -> list[PaperRow]:
    wanted = procedure.package.papers_for(answers)
    rows = [
        PaperRow(
            paper.key,
            paper.name(lang),
            paper.note_en if lang == "en" else paper.note_vi,
            paper.required,
            # Originals and identity papers are shown at the counter, not handed in before.
            paper.kind in {"original", "present"},
            uploadable(paper),
            [part for part in parts if part["paper_key"] == paper.key],
        )
        for paper in wanted
    ]
    known = {paper.key for paper in wanted}
    askable = {p.key for p in procedure.package.procedure.papers if uploadable(p)}
    rest = [part for part in parts if part["paper_key"] not in known]
    return rows + [
        PaperRow(
            part["paper_key"],
            part["name_en"] if lang == "en" else part["name_vi"],
            "",
            False,
            False,
            part["paper_key"] in askable,
            [part],
        )
        for part in rest
    ]
