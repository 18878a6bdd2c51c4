"""The step of a dossier that waits, as the officer who may do it needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.fields import Field
from motcua.catalogue.forms import Form
from motcua.dossiers import queries, settlement
from motcua.events.work import Work
from motcua.process.outcomes import outcome_names
from motcua.tenancy.db import Record
from motcua.web.sessions import Session
from motcua.worktime import add_working_minutes

_KINDS = {"name": "text", "address": "text", "declaration": "checkbox"}
#: Outcomes that have forms of their own on the page.
_KNOWN = frozenset({"ok", "supplement", "refuse", "return"})


@dataclass(frozen=True)
class StepView:
    """A step that waits, and what this officer may do with it."""

    wait: Record
    mine: bool
    outcomes: tuple[str, ...]
    asks_draft: bool
    shows_draft: bool
    people: Sequence[tuple[str, str]]
    limit: datetime | None
    returned: str
    main: str
    others: Sequence[tuple[str, str, str]]
    more: Sequence[Record]


@dataclass(frozen=True)
class DraftView:
    """The draft of the result: its questions as the macro ``field`` draws them, and what stands in it.

    ``values`` are what the questions begin with, ``said`` the draft in words (label, value), ``refusal`` why the
    request is to be refused, if it is.
    """

    fields: Sequence[Mapping[str, Any]]
    values: Mapping[str, Any]
    said: Sequence[tuple[str, str]]
    refusal: str


async def step_view(
    work: Work,
    law: TenantLaw,
    procedure: Adopted,
    row: Record,
    session: Session,
    history: Sequence[Record],
    token: str,
) -> StepView | None:
    """Return the step under ``token``, else the first that is this officer's, else the first that waits."""
    waits = [w for w in await queries.waits(work.tx, row["id"]) if w["kind"] == "user"]
    if not waits:
        return None
    mine = [w for w in waits if _is_mine(session, w)]
    wait = next((w for w in waits if w["token"] == token), (mine or waits)[0])
    outcomes = tuple(wait["outcomes"])
    next_role = procedure.role_after(wait["node"])
    people: Sequence[tuple[str, str]] = ()
    if not outcomes and next_role:
        found = await queries.colleagues(work.tx, next_role, wait["unit_id"])
        people = [(str(r["id"]), r["full_name"]) for r in found]
    limit = None
    if wait["hours"]:
        minutes = round(wait["hours"] * 60)
        limit = add_working_minutes(law.calendar, wait["since"], minutes)
    return StepView(
        wait,
        _is_mine(session, wait),
        outcomes,
        _drafts(procedure, outcomes),
        bool(row["draft_sealed"]),
        people,
        limit,
        _returned(history),
        *_ways_on(procedure, wait, outcomes),
        [w for w in waits if w["token"] != wait["token"]],
    )


def _ways_on(
    procedure: Adopted, wait: Record, outcomes: Sequence[str]
) -> tuple[str, Sequence[tuple[str, str, str]]]:
    """Return the outcome of the main button, and what a drawn process offers beside the usual ones.

    Each of those is (outcome, Vietnamese, English).
    """
    drawn = procedure.definition.nodes
    names = outcome_names(procedure.definition, wait["node"]) if wait["node"] in drawn else {}
    own = [(o, *names.get(o, (o, o))) for o in outcomes if o not in _KNOWN]
    if "ok" in outcomes or not own:
        return ("ok" if outcomes else ""), own
    return own[0][0], own[1:]


def _returned(history: Sequence[Record]) -> str:
    """Return what is to be mended, while nobody has done the step again."""
    for event in reversed(history):
        if event["type"] == "step.returned":
            return str(event["payload"]["reason"])
        if event["type"] == "dossier.step_done" and event["payload"]["outcome"] != "return":
            return ""
    return ""


def _is_mine(session: Session, wait: Record) -> bool:
    """Return whether a step waits for this officer."""
    return session.may(wait["role"], wait["unit_id"]) and (
        wait["assignee"] in (None, session.subject)
    )


def _drafts(procedure: Adopted, outcomes: Sequence[str]) -> bool:
    """Return whether the result is drafted in this step: the one that decides on the request."""
    return procedure.package.draft is not None and settlement.decides(outcomes)


def draft_view(
    form: Form | None,
    row: Record,
    answers: Mapping[str, Any],
    draft: Mapping[str, Any],
    lang: str,
) -> DraftView:
    """Return how the draft stands: a result in the words of ``form``, or a refusal."""
    refused = row["decision"] == "refused"
    return DraftView(
        [] if form is None else [_field(asked, lang) for asked in form.fields()],
        {**answers, **draft},
        form.describe(draft, lang) if form and not refused else (),
        str(draft.get("reason", "")) if refused else "",
    )


def _field(asked: Field, lang: str) -> dict[str, Any]:
    """Return a question as the macro ``field`` draws it, under the name ``draft.<key>``."""
    return {
        "key": f"draft.{asked.key}",
        "name": asked.key,
        "kind": _KINDS.get(asked.kind, asked.kind),
        "label": asked.label(lang),
        "help": asked.help(lang),
        "required": asked.required,
        "choices": [(c.value, c.en if lang == "en" else c.vi) for c in asked.choices],
        "max_length": asked.max if asked.kind in {"text", "long_text", "name", "address"} else 0,
    }
