"""The hops of the tour, in the order in which a visit takes place."""

import asyncio
import io
import json
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from PIL import Image, ImageDraw

from motcua.demo.browser import Browser, HopFailedError, Page
from motcua.demo.people import card_text
from motcua.demo.visitor import AWAY, HOME, OFFICE, SITE, Tour
from motcua.dossiers.codes import PATTERN

ANSWERS = {
    "requests_for": "self",
    "register_kind": "disability",
    "register_number": "12/2019",
    "copies": "1",
    "truth": "true",
    "request": "start",
    "category": "disability",
    "paid_by": "cash",
}
RECEIVER = f"tiepnhan.{SITE}"


async def sign_in(tour: Tour, browser: Browser, label: str, account: str, audience: str) -> Page:
    """Sign in through the sandbox identity provider, as a person would click it."""
    page = await browser.open(tour.url(label, "/sign-in"))
    for form in page.forms():
        key = form.fields.get("provider", [""])[0]
        if "/sign-in/start" in form.action and key.endswith("staff") == (audience == "staff"):
            chooser = await browser.submit(form)
            if "/authorize" not in chooser.url:
                return chooser
            search = chooser.form("/authorize", having="q")
            search.fill({"q": account})
            found = await browser.submit(search)
            choice = found.form("/authorize", having="account")
            return await browser.submit(choice.fill({"account": account}))
    raise HopFailedError(f"no way to sign in as {audience} at {page.url}")


def scan(text: str) -> bytes:
    """Return a picture of a page with a sentence on it, as a scanner would make it."""
    image = Image.new("L", (1240, 1754), 250)
    draw = ImageDraw.Draw(image)
    for line in range(12):
        draw.text((150, 160 + 60 * line), f"{text} {line + 1}", fill=30)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def element(page: Page, path: str) -> str:
    """Return the text of the first element of an XPath."""
    found = page.document.xpath(path)
    if not found:
        raise HopFailedError(f"{page.url} shows no {path}; {page.said()}")
    return str(found[0].text_content()).strip()


async def fill_pages(browser: Browser, page: Page, part: str) -> Page:
    """Answer form pages until there is none."""
    tries = 0
    while part in page.url:
        before = page.url
        form = page.form(part)
        wanted = {k: v for k, v in ANSWERS.items() if k in form.choices or k in form.fields}
        for name, value in list(wanted.items()):
            if name in form.choices and form.choices[name] and value not in form.choices[name]:
                wanted[name] = form.choices[name][0]
        # An answer may make further questions appear; without scripts the page comes back with them.
        page = await browser.submit(form.fill(wanted), again=True)
        tries = tries + 1 if page.url == before else 0
        if tries == 3:
            raise HopFailedError(f"the form at {before} was not accepted: {page.said()}")
    return page


async def pair_station(tour: Tour) -> None:
    """Pair the touch screen with a code that an administrator made."""
    async with tour.hop("quản trị", "makes a pairing code for the station", HOME) as hop:
        admin = tour.browser("admin")
        await sign_in(tour, admin, HOME, "quantri", "staff")
        page = await admin.open(tour.url(HOME, "/desk/devices"))
        form = page.form("/desk/devices", having="site")
        site = (
            next(v for v in form.choices["site"] if SITE in v)
            if any(SITE in v for v in form.choices["site"])
            else _option(page, "site", "Hồng Gai")
        )
        page = await admin.submit(form.fill({"site": site, "kind": "station", "name": "Trạm tour"}))
        code = element(page, "//*[contains(@class,'pair-code')]")
        hop.id = code
    async with tour.hop("trạm", "is paired by the code", HOME):
        station = tour.browser("station")
        page = await station.open(tour.url(HOME, "/station/pair"))
        page = await station.submit(page.form("/station/pair").fill({"code": code}))
        tour.need(page.url.endswith(("/station", "/station/")), f"pairing led to {page.url}")


def _option(page: Page, name: str, label: str) -> str:
    for control in page.document.xpath(f"//select[@name='{name}']/option"):
        if label in control.text_content():
            return str(control.get("value"))
    for control in page.document.xpath(f"//input[@name='{name}']"):
        if label in control.getparent().text_content():
            return str(control.get("value"))
    raise HopFailedError(f"{page.url} has no choice {label!r} in {name}")


async def at_the_station(tour: Tour) -> None:
    """Show the card, agree, apply, hand in a paper and take a ticket."""
    station, who = tour.browser("station"), "công dân"
    async with tour.hop(who, "holds the identity card to the reader", HOME):
        page = await station.open(tour.url(HOME, "/station"))
        page = await station.submit(page.form("/station/start").fill({"way": "apply"}))
        form = page.form("/station/identify", having="card_text")
        page = await station.submit(form.fill({"card_text": card_text(tour.citizen)}))
        tour.need(tour.citizen.full_name in page.text(), "the card was not read")
        tour.need(tour.citizen.personal_id not in page.text(), "the number is shown in full")
        page = await station.submit(page.form("/station/confirm"))
    async with tour.hop(who, "agrees to the use of the data", HOME):
        page = await station.submit(page.form("/station/consent").fill({"agree": "yes"}))
    async with tour.hop(who, "finds the procedure by plain words", HOME) as hop:
        page = await station.open(tour.url(HOME, "/station/procedure?q=ban sao so goc"))
        form = next(f for f in page.forms() if "2.000908" in f.choices.get("code", []))
        page = await station.submit(form.fill({"code": "2.000908"}))
        hop.id = "2.000908"
    async with tour.hop(who, "answers the form, prefilled from the card", HOME):
        if "/station/unit" in page.url:
            form = page.form("/station/unit", having="unit")
            page = await station.submit(form.fill({"unit": form.choices["unit"][0]}))
        page = await fill_pages(station, page, "/station/form/")
    async with tour.hop(who, "scans a paper", HOME):
        form = page.form("/station/papers", having="request").fill({"go": "next"})
        picture = ("request.jpg", scan("Đơn yêu cầu (mẫu thử)"), "image/jpeg")
        page = await station.submit(form, files={"request": [picture]})
        tour.need("/station/check" in page.url, f"papers led to {page.url}: {page.said()}")
    async with tour.hop(who, "submits, and gets a ticket", HOME) as hop:
        page = await station.submit(page.form("/station/check", having="once"))
        found = re.search(r"\b([A-Z]\d{3})\b", page.text())
        tour.need(found, f"no ticket number: {page.said()}")
        tour.ids["ticket"] = hop.id = found[1] if found else ""
        tracked = re.search(r"\b([2-9A-HJ-NP-TV-Z]{12})\b", page.text())
        tour.need(tracked, f"no tracking code: {page.said()}")
        tour.ids["track"] = tracked[1] if tracked else ""
    async with tour.hop("trạm", "is wiped: nothing is left for the next person", HOME):
        await station.submit(page.form("/station/wipe"))
        for path in ("/station/check", "/station/form/1", "/station/papers"):
            again = await station.open(tour.url(HOME, path))
            tour.need(tour.citizen.full_name not in again.text(), f"{path} still shows the person")


async def at_the_counter(tour: Tour) -> None:
    """Call the number, see it on the hall's board, compare and accept the dossier."""
    officer, who = tour.browser("receiver"), "tiếp nhận"
    async with tour.hop(who, "signs in and sits down at a counter", HOME):
        await sign_in(tour, officer, HOME, RECEIVER, "staff")
        page = await _clear(officer, await _sit_down(tour, officer))
    async with tour.hop(who, "calls next; the board shows it", HOME) as hop:
        page, seconds = await _call(tour, officer, page)
        hop.id = f"{tour.ids['ticket']} after {seconds * 1000:.0f} ms"
    async with tour.hop(who, "opens the ticket's dossier, compares the papers", HOME):
        page = await officer.submit(page.form("/start"))
        counter = page.url
        found = re.search(r"/desk/dossier/([0-9a-f-]{36})", page.content.decode())
        tour.need(found, f"the ticket opens no dossier: {page.said()}")
        tour.ids["dossier"] = found[1] if found else ""
        page = await officer.open(tour.url(HOME, f"/desk/dossier/{tour.ids['dossier']}"))
        accept = page.form("/accept", having="component")
        papers = [link for link in page.links("/papers/") if tour.ids["dossier"] in link]
        paper = await officer.open(papers[0])
        tour.need(paper.content.startswith(b"%PDF"), "the scanned paper is no PDF")
    async with tour.hop(who, "accepts: code, due date, receipt (form 01)", HOME) as hop:
        await officer.submit(accept.fill({"component": accept.choices["component"]}))
        page = await officer.open(tour.url(HOME, f"/desk/dossier/{tour.ids['dossier']}"))
        found = re.search(r"\b[A-Z]\d{2}\.[\d.]+-\d{6}-\d{4}\b", page.text())
        tour.need(found and PATTERN.match(found[0]), f"no dossier code: {page.said()}")
        tour.ids["code"] = hop.id = found[0] if found else ""
        receipt = await officer.open(page.link("receipt.pdf"))
        tour.need(receipt.content.startswith(b"%PDF"), "the receipt is no PDF")
        page = await officer.open(counter)
        await officer.submit(page.form("/finish"))


async def _sit_down(tour: Tour, officer: Browser) -> Page:
    page = await officer.open(tour.url(HOME, "/desk"))
    mine = [link for link in page.links("/desk/counter/") if "/open" not in link]
    if "/desk/counter/" not in page.url and mine:
        page = await officer.open(mine[0])
    # An earlier tour sat down in another browser: this one goes on in its place.
    if elsewhere := [f for f in page.forms() if f.action.endswith("/take-over")]:
        page = await officer.submit(elsewhere[0])
    if "/desk/counter/" in page.url:
        return page
    forms = [f for f in page.forms() if f.action.endswith("/open")]
    tour.need(forms, f"no free counter: {page.said()}")
    return await officer.submit(forms[-1])


async def _clear(officer: Browser, page: Page) -> Page:
    """End what an interrupted tour left at the counter."""
    for _ in range(3):
        ends = [f for f in page.forms() if f.action.endswith(("/finish", "/no-show"))]
        if not ends:
            break
        page = await officer.submit(ends[0])
    return page


async def _call(tour: Tour, officer: Browser, page: Page) -> tuple[Page, float]:
    """Call until our ticket comes; returns the page and the seconds until the board showed it."""
    stream = tour.url(HOME, f"/board/{SITE}/stream")
    async with tour.browser("board").http.stream("GET", stream) as answer:
        lines = answer.aiter_lines()
        await _event(lines, "snapshot")
        for _ in range(200):
            began = time.perf_counter()
            page = await officer.submit(page.form("/call"))
            called = await _event(lines, "call")
            seconds = time.perf_counter() - began
            if called["number"] == tour.ids["ticket"]:
                tour.need(seconds < 1.0, f"the board needed {seconds:.1f} s")
                return page, seconds
            page = await officer.submit(page.form("/no-show"))
    raise HopFailedError(f"ticket {tour.ids['ticket']} never came")


async def _event(lines: object, kind: str) -> dict[str, str]:
    """Read the stream until an event of this kind."""
    async with asyncio.timeout(10):
        event = ""
        async for line in lines:  # type: ignore[attr-defined]
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: ") and event == kind:
                found: dict[str, str] = json.loads(line.removeprefix("data: "))
                return found
    raise HopFailedError(f"the stream ended without {kind}")


async def _step(
    tour: Tour, role: str, outcome: str, values: dict[str, str | list[str]] | None = None
) -> Page:
    """Let the holder of a role do the step that waits for the dossier."""
    browser = tour.browser(role)
    dossier = tour.url(HOME, f"/desk/dossier/{tour.ids['dossier']}")
    if f"signed-in {role}" not in tour.ids:
        await sign_in(tour, browser, HOME, f"{role}.{SITE}", "staff")
        tour.ids[f"signed-in {role}"] = role
    work = await browser.open(tour.url(HOME, "/desk/work"))
    tour.need(tour.ids["dossier"] in work.content.decode(), f"{role} does not see the step")
    page = await browser.open(dossier)
    for form in page.forms():
        if form.action.endswith("/step") and form.fields.get("outcome", [""]) == [outcome]:
            return await browser.submit(form.fill(values or {}))
    raise HopFailedError(f"no step with outcome {outcome!r} for {role}; {page.said()}")


async def steps(tour: Tour) -> None:
    """Assign, appraise with a supplement, approve, number and sign."""
    async with tour.hop("trưởng phòng", "assigns the specialist", HOME):
        await _step(tour, "truongphong", "")
    async with tour.hop("chuyên viên", "asks for a supplement (form 02); the clock stops", HOME):
        asked: dict[str, str | list[str]] = {
            "papers": ["request"],
            "reason": "Đơn chưa rõ, đề nghị chụp lại (dữ liệu mẫu).",
        }
        await _step(tour, "chuyenvien", "supplement", asked)
    async with tour.hop("công dân", "signs in at the portal and brings the paper", HOME):
        citizen = tour.browser("citizen")
        await sign_in(tour, citizen, HOME, tour.citizen.username, "citizen")
        page = await citizen.open(tour.url(HOME, f"/my/{tour.ids['dossier']}"))
        form = page.form("/supplement", having="request")
        picture = ("again.jpg", scan("Đơn yêu cầu, bản rõ (mẫu thử)"), "image/jpeg")
        page = await citizen.submit(form, files={"request": [picture]})
        tour.need(not page.text().count("Có chỗ cần sửa"), page.said())
    async with tour.hop("chuyên viên", "appraises and drafts; the clock goes on", HOME):
        draft: dict[str, str | list[str]] = {
            "draft.register_number": "12/2019",
            "draft.content": "Mức độ khuyết tật: nặng (dữ liệu mẫu).",
        }
        await _step(tour, "chuyenvien", "ok", draft)
    async with tour.hop("lãnh đạo", "approves", HOME):
        await _step(tour, "lanhdao", "ok")
    async with tour.hop("văn thư", "numbers and signs", HOME):
        await _step(tour, "vanthu", "")


async def result(tour: Tour) -> None:
    """Fetch the signed PDF, and the credential into the citizen's wallet."""
    citizen, mine = tour.browser("citizen"), f"/my/{tour.ids['dossier']}"
    async with tour.hop("hệ thống", "issues the signed PDF; anybody can verify it", HOME):
        page = await _result_page(tour, citizen)
        pdf = await citizen.open(page.link("result.pdf"))
        tour.need(b"/ByteRange" in pdf.content, "the PDF carries no signature")
        await citizen.open(page.link("/verify/"))
    async with tour.hop("công dân", "receives the credential (OpenID4VCI)", "vi") as hop:
        by_code = next(form for form in page.forms() if form.action.endswith("/offer"))
        page = await citizen.submit(by_code)
        link, tx_code = page.link("credential_offer_uri"), element(page, "//*[@id='tx-code']")
        received = await tour.wallet.receive(link, tx_code=tx_code.replace(" ", ""))
        tour.need(received.papers, "the wallet received nothing")
        hop.id = received.papers[0].content.vct.rsplit("/vct/", 1)[1]
        tour.need(
            await tour.wallet.status_of(received.papers[0]) == 0, "the credential is not valid"
        )
    async with tour.hop("công dân", "rates; the dossier stands at 10, returned", HOME) as hop:
        page = await citizen.open(tour.url(HOME, mine))
        await citizen.submit(page.form("/rating").fill({"score": "3", "comment": "Nhanh"}))
        anybody = tour.browser("anybody")
        page = await anybody.open(tour.url(HOME, f"/track/{tour.ids['track']}"))
        tour.need("Đã trả kết quả" in page.text(), f"not returned: {page.said()}")
        tour.need(tour.citizen.full_name not in page.text(), "tracking names the person")
        hop.id = tour.ids["track"]


async def _result_page(tour: Tour, citizen: Browser) -> Page:
    """Wait for the worker to issue the result."""
    async with asyncio.timeout(60):
        while True:
            page = await citizen.open(tour.url(HOME, f"/my/{tour.ids['dossier']}"))
            if page.links("result.pdf"):
                return page
            await asyncio.sleep(0.1)


async def reuse(tour: Tour) -> None:
    """Apply in another province, with the paper out of the wallet."""
    citizen, who = tour.browser("away"), "công dân"
    async with tour.hop(who, "signs in and begins an application", AWAY):
        await sign_in(tour, citizen, AWAY, tour.citizen.username, "citizen")
        page = await citizen.open(tour.url(AWAY, "/procedures?q=tro cap xa hoi"))
        page = await citizen.open(page.link("1.001776"))
        page = await citizen.submit(page.form("/apply/1.001776"))
        page = await fill_pages(citizen, page, "/form/")
    async with tour.hop(who, "presents the credential (OpenID4VP)", "vi"):
        asked = await citizen.submit(page.form("/present"))
        back = await tour.wallet.present(asked.url)
        tour.need(back, "the verifier named no way back")
        page = await citizen.open(str(back))
        tour.need("/papers/evidence/present" not in page.content.decode(), "still asked for")
    async with tour.hop(who, "submits without the paper", AWAY) as hop:
        form = page.form("/papers", having="action")
        page = await citizen.submit(form.fill({"action": "continue"}))
        if "/unit" in page.url:
            form = page.form("/unit", having="unit")
            page = await citizen.submit(form.fill({"unit": form.choices["unit"][0]}))
        form = page.form("/check")
        page = await citizen.submit(form.fill({"truth": "true"} if "truth" in form.choices else {}))
        hop.id = element(page, "//*[@id='track-code']")
        mine = [link for link in page.links("/my/") if _is_uuid(link.rsplit("/", 1)[1])]
        tour.need(mine, "the page does not lead to the new dossier")
        page = await citizen.open(mine[0])
        tour.need("ví" in page.text(), "the paper does not say where it came from")
    async with tour.hop(who, "sees nothing of one province in the other", AWAY):
        other = tour.url(AWAY, f"/my/{tour.ids['dossier']}")
        await citizen.open(other, expect=404)
        await citizen.open(tour.url(AWAY, f"/track/{tour.ids['track']}"), expect=404)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def national(tour: Tour) -> None:
    """Look at the national office's figures of both provinces."""
    async with tour.hop("điều phối", "sees figures, and no person", OFFICE):
        office = tour.browser("office")
        await sign_in(tour, office, OFFICE, "dieuphoi", "staff")
        async with asyncio.timeout(30):
            while True:
                page = await office.open(tour.url(OFFICE, "/"))
                if "Thái Nguyên" in page.text() and "Quảng Ninh" in page.text():
                    break
                await asyncio.sleep(0.2)
        tour.need(tour.citizen.full_name not in page.text(), "a person is named")
        tour.need(tour.ids["code"] not in page.text(), "a dossier is named")


PARTS: Sequence[Callable[[Tour], Awaitable[None]]] = (
    pair_station,
    at_the_station,
    at_the_counter,
    steps,
    result,
    reuse,
    national,
)
