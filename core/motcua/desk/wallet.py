"""The officer's check at the counter: a code on the desk's screen, the citizen's wallet answers, the desk sees what holds.

Beside a dossier the officer asks for a paper that the procedure takes from a wallet, or for an identity paper;
beside a number without a dossier for an identity paper. What was proven is shown once and kept nowhere: the
check-list notes who signed and a digest, no claim.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.desk import wallet_papers
from motcua.desk.wallet_papers import Choice
from motcua.dossiers import access
from motcua.errors import Conflict, Invalid, Problem
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import labels, refusal, screens, trust_store
from motcua.wallet.screens import Asked, Wish
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page
from motcua.web.sessions import Session

PURPOSE = "counter"
_BASE = "/desk/wallet/{kind:str}/{place:uuid}"


@dataclass(frozen=True)
class Desk:
    """An officer at a place: ``kind`` is dossier or ticket."""

    request: AnyRequest
    platform: Platform
    tenant: Tenant
    officer: Session
    kind: str
    place: UUID

    @property
    def path(self) -> str:
        """Where this place's requests stand."""
        return f"/desk/wallet/{self.kind}/{self.place}"

    @property
    def lang(self) -> str:
        """The language of the page."""
        return here(self.request).lang

    async def around(self, work: Work, *, people: bool = False) -> wallet_papers.Around:
        """Return what lies at the place; ``NotFound`` for an officer who has no business there."""
        return await wallet_papers.around(
            self.platform, work, self.officer, self.kind, self.place, self.lang, people=people
        )

    async def asked(self, work: Work, asked_id: UUID) -> Asked:
        """Return a request of this officer at this place."""
        reader = self.officer.subject
        return await screens.look(self.platform, work, asked_id, PURPOSE, self.place, reader)


def _desk(request: AnyRequest, kind: str, place: UUID) -> Desk:
    tenant, officer = province_of(request), access.officer(request)
    return Desk(request, request.app.state.platform, tenant, officer, kind, place)


@get(_BASE, include_in_schema=False)
async def choose(request: AnyRequest, kind: FromPath[str], place: FromPath[UUID]) -> Template:
    """Show what can be asked for here."""
    return await _choose(_desk(request, kind, place), {})


@post(_BASE, include_in_schema=False)
async def ask(
    request: AnyRequest, kind: FromPath[str], place: FromPath[UUID]
) -> Redirect | Template:
    """Ask for the chosen paper and show its code."""
    desk = _desk(request, kind, place)
    chosen = str((await request.form()).get("paper", ""))
    async with desk.platform.works.begin(desk.tenant, desk.officer.actor) as work:
        around = await desk.around(work)
    claims = await wallet_papers.claims_by_kind(desk.platform)
    choice = next((c for c in around.choices if c.key == chosen), None)
    if choice is None:
        said = "Choose a paper." if desk.lang == "en" else "Hãy chọn giấy tờ cần xem."
        return await _choose(desk, {"paper": said})
    async with desk.platform.works.begin(desk.tenant, desk.officer.actor) as work:
        asked_id = await _ask(desk, work, await desk.around(work), choice, claims)
    return Redirect(here(request).url(f"{desk.path}/{asked_id}"), status_code=303)


async def _ask(
    desk: Desk,
    work: Work,
    around: wallet_papers.Around,
    choice: Choice,
    claims: dict[str, frozenset[str]],
) -> UUID:
    trust = await trust_store.trust_of(desk.platform, work.tx)
    query = wallet_papers.query(trust, desk.tenant, choice, claims, work.now)
    wish = Wish(
        purpose=PURPOSE,
        place_id=desk.place,
        query=query,
        asked_by=around.unit,
        reason=f"Cán bộ kiểm tra tại quầy: {around.title}"[:300],
        reader_id=desk.officer.subject,
        paper_key=choice.paper_key or None,
    )
    return await screens.ask(desk.platform, work, wish)


@get(_BASE + "/{asked_id:uuid}", include_in_schema=False)
async def show(
    request: AnyRequest, kind: FromPath[str], place: FromPath[UUID], asked_id: FromPath[UUID]
) -> Template:
    """Show the code, or how the request ended; ``?big=1`` is the page for a second screen."""
    return await _shown(_desk(request, kind, place), asked_id)


@get(_BASE + "/{asked_id:uuid}/state", include_in_schema=False)
async def state(
    request: AnyRequest, kind: FromPath[str], place: FromPath[UUID], asked_id: FromPath[UUID]
) -> Response[dict[str, str]]:
    """Tell the waiting page whether the wallet has answered; never what."""
    desk = _desk(request, kind, place)
    async with desk.platform.works.begin(desk.tenant, desk.officer.actor) as work:
        asked = await desk.asked(work, asked_id)
    headers = {"cache-control": "no-store"}
    body = {"status": asked.standing}
    return Response(body, headers=headers, media_type="application/json")


@post(_BASE + "/{asked_id:uuid}", include_in_schema=False, status_code=200)
async def done(
    request: AnyRequest, kind: FromPath[str], place: FromPath[UUID], asked_id: FromPath[UUID]
) -> Template:
    """Take what was proven, note the paper in the check-list, and show it once."""
    desk = _desk(request, kind, place)
    try:
        async with desk.platform.works.begin(desk.tenant, desk.officer.actor) as work:
            around = await desk.around(work, people=True)
            reader = desk.officer.subject
            found, proven, row = await screens.take(work, asked_id, PURPOSE, desk.place, reader)
            seen = await wallet_papers.settle(work, around, found, proven, row)
    except (Conflict, Invalid) as refused:
        return await _shown(desk, asked_id, refused)
    papers, claims = await labels.known(desk.platform, [found])
    answer = page(
        request,
        "desk/wallet_seen.html",
        desk=desk,
        around=around,
        seen=seen,
        proven=proven,
        paper=papers.get(found),
        rows=labels.rows(proven, claims),
    )
    answer.headers["cache-control"] = "no-store"
    return answer


async def _choose(desk: Desk, errors: dict[str, str]) -> Template:
    async with desk.platform.works.begin(desk.tenant, desk.officer.actor) as work:
        around = await desk.around(work)
    names, _ = await labels.known(desk.platform, [c.kind for c in around.choices])
    return page(
        desk.request,
        "desk/wallet.html",
        status=422 if errors else 200,
        desk=desk,
        around=around,
        names=names,
        asked=None,
        errors=errors,
    )


async def _shown(desk: Desk, asked_id: UUID, refused: Problem | None = None) -> Template:
    async with desk.platform.works.begin(desk.tenant, desk.officer.actor) as work:
        around = await desk.around(work)
        asked = await desk.asked(work, asked_id)
    names, _ = await labels.known(desk.platform, list(asked.kinds))
    big = desk.request.query_params.get("big", "") == "1"
    return page(
        desk.request,
        "desk/wallet_big.html" if big else "desk/wallet.html",
        status=refused.status if refused else 200,
        desk=desk,
        around=around,
        names=names,
        asked=asked,
        why=refusal.sentence(asked.error) if desk.lang == "vi" else asked.error,
        errors={"": refused.said(desk.lang)} if refused else {},
    )


ROUTES: list[Any] = [choose, ask, show, state, done]
