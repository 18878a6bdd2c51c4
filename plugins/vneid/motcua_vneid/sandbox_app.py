"""The sandbox's application on somebody's telephone: the papers that came, and consent to share."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua.api import Gone, NotFound, Platform, delivery_arrived, here, page, token
from motcua_vneid import store
from motcua_vneid.channel import KEY
from motcua_vneid.sandbox import OPEN, AnyRequest, opened

_WORDS = {
    "citizenPid": ("Số định danh cá nhân", "Personal number"),
    "fullName": ("Họ và tên", "Full name"),
    "birthDate": ("Ngày sinh", "Date of birth"),
    "accountLevel": ("Mức tài khoản", "Account level"),
}


@get("/sandbox/app", include_in_schema=False, opt=OPEN)
async def app(request: AnyRequest) -> Template:
    """Show the papers of ``?account=``, or whom to look at."""
    username = request.query_params.get("account", "")[:60]
    async with opened(request) as work:
        chosen = await store.account(work, username) if username else None
        people = [] if chosen else await store.accounts(work, username.lower())
        papers = await store.papers(work, chosen["pid_index"]) if chosen else []
    return page(
        request, "vneid/app.html", username=username, chosen=chosen, people=people, papers=papers
    )


@post("/sandbox/app/{paper_id:uuid}", include_in_schema=False, opt=OPEN)
async def read(request: AnyRequest, paper_id: FromPath[UUID]) -> Redirect:
    """Open a paper; the first time a published one is opened, its province hears that it has arrived."""
    platform: Platform = request.app.state.platform
    form = await request.form()
    username = str(form.get("account", ""))
    async with opened(request) as work:
        if (chosen := await store.account(work, username)) is None:
            raise NotFound()
        found = await store.first_read(work, paper_id, chosen["pid_index"])
        if found is not None and found["origin"] == "published":
            await delivery_arrived(platform, work, found["result_id"], KEY, str(paper_id))
    where = f"/x/vneid/sandbox/app?{urlencode({'account': username})}"
    return Redirect(here(request).url(where), status_code=303)


@get("/sandbox/share", include_in_schema=False, opt=OPEN)
async def ask(request: AnyRequest) -> Template:
    """Show what a province wants to know, and ask who consents."""
    transaction = request.query_params.get("transactionId", "")
    async with opened(request) as work:
        row = await store.sharing(work, transaction)
        people = await store.accounts(work, request.query_params.get("q", "").strip().lower()[:40])
    if row is None:
        raise _ended()
    wanted = [_WORDS.get(name, (name, name)) for name in row["wanted"]]
    return page(request, "vneid/share.html", wanted=wanted, people=people, transaction=transaction)


@post("/sandbox/share", include_in_schema=False, opt=OPEN)
async def consent(request: AnyRequest) -> Redirect:
    """Consent, and go back to the province."""
    form = await request.form()
    consent_id = token()
    async with opened(request) as work:
        chosen = await store.account(work, str(form.get("account", "")))
        if chosen is None:
            raise NotFound()
        back = await store.consent(
            work, str(form.get("transactionId", "")), chosen["id"], consent_id
        )
    if back is None:
        raise _ended()
    return Redirect(f"{back}&{urlencode({'consentId': consent_id})}", status_code=303)


def _ended() -> Gone:
    return Gone(
        "Lượt chia sẻ này đã kết thúc hoặc hết hạn.", "This sharing has ended or has run out."
    )


ROUTES: list[Any] = [app, read, ask, consent]
