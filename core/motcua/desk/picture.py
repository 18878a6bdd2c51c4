"""The way of a dossier as a picture and as a list: where it is, what is done, what is overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Template
from markupsafe import Markup

from motcua.dossiers import access, queries
from motcua.dossiers.law import law_of
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.process.picture import svg
from motcua.process.picture_way import Place, Way
from motcua.tenancy.db import Record
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.worktime import Calendar, working_minutes

_SVG = "image/svg+xml"
_TAGS = {"step.entered": "entered", "step.completed": "completed"}


@dataclass(frozen=True)
class Step:
    """A step in the list: ``state`` is done, now or todo; ``since`` is when it began or ended."""

    place: Place
    state: str
    late: bool
    since: datetime | None


@dataclass(frozen=True)
class Course:
    """How a dossier stands in its process: the picture's marks, and the steps in reading order."""

    name: tuple[str, str]
    xml: bytes
    library: dict[str, bytes]
    current: frozenset[str]
    taken: frozenset[str]
    overdue: frozenset[str]
    steps: Sequence[Step]

    def drawn(self, lang: str) -> str:
        """Return the picture; without a style sheet, which our own policy forbids."""
        return svg(
            self.xml,
            current=self.current,
            taken=self.taken,
            overdue=self.overdue,
            lang=lang,
            library=self.library,
            page=True,
        )


@get("/desk/dossier/{dossier_id:uuid}/picture.svg", include_in_schema=False)
async def picture(request: AnyRequest, dossier_id: FromPath[UUID]) -> Response[str]:
    """Show the picture alone, to an officer of the dossier's units."""
    course, _ = await _read(request, dossier_id)
    return Response(course.drawn(here(request).lang), media_type=_SVG)


@get("/desk/dossier/{dossier_id:uuid}/way", include_in_schema=False)
async def way(request: AnyRequest, dossier_id: FromPath[UUID]) -> Template:
    """Show the picture with its steps as a list, to an officer of the dossier's units."""
    course, row = await _read(request, dossier_id)
    # Our own SVG: names from the file are escaped by the XML writer.
    drawn = Markup(course.drawn(here(request).lang))  # noqa: S704
    return page(request, "desk/way.html", row=row, course=course, drawn=drawn)


async def _read(request: AnyRequest, dossier_id: UUID) -> tuple[Course, Record]:
    platform: Platform = request.app.state.platform
    tenant = province_of(request)
    officer = access.officer(request)
    async with platform.works.begin(tenant, officer.actor) as work:
        row = await access.seen(work, officer, dossier_id)
        return await course_of(platform, work, row), row


async def course_of(platform: Platform, work: Work, row: Record) -> Course:
    """Return how a dossier stands in its process; nothing is marked before it has begun."""
    law, procedure = await law_of(platform, work, row)
    package = procedure.package
    library = package.library(package.cases[0].id)
    known = Way(procedure.bpmn, library)
    waits = [w for w in await queries.waits(work.tx, row["id"]) if known.is_place(w["node"])]
    records = [e for e in await queries.events(work.tx, row["id"]) if e["type"] in _TAGS]
    current = frozenset(w["node"] for w in waits)
    late = _late(known, law.calendar, records, waits, work.now)
    return Course(
        (package.procedure.name_vi, package.procedure.name_en),
        procedure.bpmn,
        library,
        current,
        frozenset(known.taken((_TAGS[e["type"]], e["payload"]["node"]) for e in records)),
        frozenset(late),
        _steps(known, records, waits, late),
    )


def _late(
    known: Way,
    calendar: Calendar,
    records: Sequence[Record],
    waits: Sequence[Record],
    now: datetime,
) -> set[str]:
    """Return the steps that took, or take, more working time than they have."""
    spent = [(w["node"], w["hours"] or 0.0, w["since"], now) for w in waits]
    began: dict[str, datetime] = {}
    for event in records:
        node, token = event["payload"]["node"], event["payload"]["token"]
        if event["type"] == "step.entered":
            began[token] = event["at"]
        elif token in began and node in known.places:
            spent.append((node, known.places[node].hours, began[token], event["at"]))
    return {
        node
        for node, hours, begin, end in spent
        if hours and working_minutes(calendar, begin, end) > hours * 60
    }


def _steps(
    known: Way, records: Sequence[Record], waits: Sequence[Record], late: set[str]
) -> list[Step]:
    since = {w["node"]: w["since"] for w in waits}
    done = {e["payload"]["node"]: e["at"] for e in records if e["type"] == "step.completed"}
    steps = []
    for key, place in known.places.items():
        state = "now" if key in since else "done" if key in done else "todo"
        at = since.get(key) or done.get(key)
        steps.append(Step(place, state, key in late, at))
    return steps


ROUTES: list[Any] = [picture, way]
