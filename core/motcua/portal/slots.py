"""The papers of a draft: which have a slot, which are missing, and what stands for one."""

from collections.abc import Mapping
from typing import Any

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fields import Value
from motcua.catalogue.procedure import Paper
from motcua.dossiers.drafts import Content, Draft, Shown

_UPLOADED = frozenset({"copy", "form", "original"})


def uploadable(paper: Paper) -> bool:
    """Tell whether a paper gets a slot; a form this form replaces and what is only shown at the counter do not."""
    return paper.kind in _UPLOADED and (paper.required or paper.copies > 0)


def needed(paper: Paper) -> bool:
    """Tell whether nothing can be submitted without it; originals come with the person to the counter."""
    return paper.required and paper.kind in {"copy", "form"}


def missing(procedure: Adopted, draft: Draft, values: Mapping[str, Value]) -> list[Paper]:
    """Return the papers without which the dossier cannot be submitted."""
    left = procedure.package.papers_left(values, credentials(draft))
    given = in_form(procedure, draft, values)
    return [
        p for p in left if needed(p) and p.key not in given and not draft.content.papers.get(p.key)
    ]


def in_form(procedure: Adopted, draft: Draft, values: Mapping[str, Value]) -> set[str]:
    """Return the papers that were attached to questions of the form."""
    pairs = procedure.package.form.attached(values)
    return {slot for slot, file_id in pairs if file_id in draft.content.attached}


def credentials(draft: Draft) -> tuple[Any, ...]:
    """Return what was presented, as the rules see it."""
    return tuple(shown.credential for shown in draft.content.shown.values())


def standing_for(content: Content, paper: Paper, values: Mapping[str, Value]) -> Shown:
    """Return what stands for a paper: what was shown for it, or for another one that fits too."""
    return next(
        s
        for s in (content.shown.get(paper.key), *content.shown.values())
        if s and paper.replaced(s.vct_type, s.claims, values)
    )
