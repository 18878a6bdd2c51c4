"""Who is at the station, by the wallet of a telephone: a code on the screen, an identity paper in the answer.

The request belongs to this visit and ends with it. What comes is shown and used only after the person confirmed
and agreed, as what is read from a card; the paper's issuer stands behind it, so it counts for more than a card's
code, but a visit is never identified by a telephone alone: whoever stands here says that it is he.
"""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect, Template

from motcua.errors import Conflict, Invalid, NotFound, Problem
from motcua.events.work import Work
from motcua.people.idcard import parse_pid
from motcua.people.parse import vietnamese
from motcua.station import visits
from motcua.station.screen import Screen, go, next_step, say, screen_of, show
from motcua.station.visits import Card, Visit
from motcua.wallet import refusal, screens, trust_store, vocabulary
from motcua.wallet.screens import Asked, Wish
from motcua.wallet.verifying import Proven
from motcua.web.here import AnyRequest, here

PURPOSE = "station"
HERE = "/station/by-wallet"
APPOINTMENT = "/station/appointment"
FACTS = (
    vocabulary.NAME,
    vocabulary.NUMBER,
    vocabulary.BIRTH,
    vocabulary.SEX,
)
_REASON = "Xác định người dùng trạm để điền tờ khai, nộp hồ sơ, lấy số"


@get("/by-wallet", include_in_schema=False)
async def wallet_page(request: AnyRequest) -> Redirect | Template:
    """Show the code of the request that waits, or how it ended."""
    screen = await screen_of(request)
    async with screen.visit() as (work, visit, _):
        if visit.notes.card is not None:
            return go(request, next_step(visit.notes))
        asked = await _asked(screen, work, visit)
    return _page(request, asked)


@post("/by-wallet", include_in_schema=False)
async def ask(request: AnyRequest) -> Redirect:
    """Make a code; ``then`` is ``appointment`` when the person has come for one."""
    screen = await screen_of(request)
    form = await request.form()
    async with screen.visit() as (work, visit, erasure):
        await visits.drop(work, visit.notes.files(), erasure)
        trust = await trust_store.trust_of(screen.platform, work.tx)
        wish = Wish(
            purpose=PURPOSE,
            place_id=visit.id,
            query=vocabulary.query_for(trust, screen.tenant, _facts(screen), work.now),
            asked_by=f"{screen.site.name}, {screen.tenant.name}",
            reason=_REASON,
        )
        asked = await screens.ask(screen.platform, work, wish)
        visit.notes = visit.notes.anew(asked=asked)
        if form.get("then") == "appointment":
            visit.notes.then = APPOINTMENT
        await visits.save(work, visit)
    return go(request, HERE)


@get("/by-wallet/state", include_in_schema=False)
async def state(request: AnyRequest) -> Response[dict[str, str]]:
    """Tell the waiting screen whether the telephone has answered; never what."""
    screen = await screen_of(request)
    async with screen.visit() as (work, visit, _):
        asked = await _asked(screen, work, visit)
    status = asked.standing if asked else "none"
    headers = {"cache-control": "no-store"}
    return Response({"status": status}, headers=headers, media_type="application/json")


@post("/by-wallet/done", include_in_schema=False)
async def done(request: AnyRequest) -> Redirect | Template:
    """Take what the telephone has shown; the next page asks whether that is who stands here."""
    screen = await screen_of(request)
    try:
        async with screen.visit() as (work, visit, _):
            await _take(screen, work, visit)
            await visits.save(work, visit)
    except (Conflict, Invalid, NotFound) as refused:
        async with screen.visit() as (work, visit, _):
            asked = await _asked(screen, work, visit)
        return _page(request, asked, refused)
    return go(request, "/station/identify")


async def _take(screen: Screen, work: Work, visit: Visit) -> None:
    notes = visit.notes
    if notes.asked is None:
        raise NotFound("Chưa có mã nào được tạo.", "No code was made yet.")
    kind, proven, _ = await screens.take(work, notes.asked, PURPOSE, visit.id, None)
    card = _card(screen, kind, proven)
    visit.notes = notes.anew(card=card)
    work.emit("station.identified", visit.id, {"by": "wallet", "kind": kind})


def _card(screen: Screen, kind: str, proven: Proven) -> Card:
    """Read an identity paper as a card is read; ``Invalid`` when it holds what no person has."""
    known = next(k for k in vocabulary.identity_papers(screen.tenant) if k.kind == kind)
    told = known.told(proven.claims)
    try:
        birth = date.fromisoformat(told[vocabulary.BIRTH])
    except ValueError as error:
        raise _unreadable() from error
    if told[vocabulary.SEX] not in ("male", "female"):
        raise _unreadable()
    return Card(
        pid=parse_pid(told[vocabulary.NUMBER]),
        full_name=vietnamese(told[vocabulary.NAME]),
        birth=birth,
        sex=told[vocabulary.SEX],
        address=vietnamese(told.get(vocabulary.ADDRESS, "")),
        issuer=proven.issuer_name,
    )


def _unreadable() -> Invalid:
    return Invalid(
        "Giấy tờ trong ví hợp lệ nhưng thiếu ngày sinh hoặc giới tính. Hãy dùng thẻ căn cước.",
        "The paper is valid but lacks the birth date or the sex. Use your identity card.",
    )


def _facts(screen: Screen) -> tuple[str, ...]:
    """Ask for the address too where every identity paper tells it: the form is filled in with it."""
    papers = vocabulary.identity_papers(screen.tenant, FACTS)
    whole = all(vocabulary.ADDRESS in known.facts for known in papers)
    return (*FACTS, vocabulary.ADDRESS) if whole else FACTS


async def _asked(screen: Screen, work: Work, visit: Visit) -> Asked | None:
    asked: UUID | None = visit.notes.asked
    if asked is None:
        return None
    return await screens.look(screen.platform, work, asked, PURPOSE, visit.id, None)


def _page(request: AnyRequest, asked: Asked | None, refused: Problem | None = None) -> Template:
    known: dict[str, Any] = {
        "asked": asked,
        "standing": asked.standing if asked else "none",
        "why": _why(request, asked.error) if asked else "",
        "errors": {"": say(request, refused)} if refused else {},
        "back": "/station/identify",
    }
    return show(request, "by_wallet.html", status=refused.status if refused else 200, **known)


def _why(request: AnyRequest, error: str) -> str:
    return error if here(request).lang == "en" else refusal.sentence(error)


ROUTES: list[Any] = [wallet_page, ask, state, done]
