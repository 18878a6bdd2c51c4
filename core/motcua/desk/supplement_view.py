"""What the dossier page shows of supplements: what was asked for and came, and what can be asked for again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motcua.catalogue.fields import Field, Value, written
from motcua.catalogue.forms import Form
from motcua.catalogue.packages import Package
from motcua.dossiers import queries, supplements
from motcua.events.work import Work
from motcua.tenancy.db import Record


@dataclass(frozen=True)
class AskPage:
    """A page of the form with the questions that can be asked again: key, label, present answer."""

    title: str
    fields: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class RequestView:
    """A supplement request: what was asked (name, note), and which answers came (label, old, new)."""

    row: Record
    items: Sequence[tuple[str, str]]
    changes: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class SupplementView:
    """The requests up to now, what can be asked for, and how often it still may be."""

    requests: Sequence[RequestView]
    askable: Sequence[AskPage]
    left: int


async def supplement_view(
    work: Work, row: Record, package: Package, answers: Mapping[str, Any], lang: str
) -> SupplementView:
    """Gather it in words of ``lang``."""
    asked = await queries.supplements(work.tx, row["id"])
    most = int(work.tenant.settings.get("supplements_in_settlement", 1))
    return SupplementView(
        [_request(work, package, r, lang) for r in asked],
        _askable(package.form, answers, lang),
        most - row["supplements"],
    )


def _request(work: Work, package: Package, row: Record, lang: str) -> RequestView:
    items = supplements.items_of(row["items"])
    changes = supplements.opened_changes(work.vault, row["changes_sealed"])
    labels = {asked.key: asked for asked in package.form.fields()}
    return RequestView(
        row,
        [(supplements.name_of(package, item, lang), item.note) for item in items],
        [
            (asked.label(lang), _written(asked, c.old, lang), _written(asked, c.new, lang))
            for c in changes
            if (asked := labels.get(c.key))
        ],
    )


def _askable(form: Form, answers: Mapping[str, Any], lang: str) -> list[AskPage]:
    return [
        AskPage(
            page.title(lang),
            [(f.key, f.label(lang), _written(f, answers.get(f.key), lang)) for f in page.fields],
        )
        for page in supplements.askable(form, answers)
    ]


def _written(asked: Field, value: Value | None, lang: str) -> str:
    return "–" if value is None else written(asked, value, lang)
