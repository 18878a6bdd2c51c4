"""The hops of the officers: the dossier is received at the counter and goes through its steps."""

import asyncio
import json
import re
import time

from motcua.demo.browser import Browser, HopFailedError, Page
from motcua.demo.hands import scan, sign_in
from motcua.demo.visitor import HOME, SITE, Tour
from motcua.dossiers.codes import PATTERN

RECEIVER = f"tiepnhan.{SITE}"


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
