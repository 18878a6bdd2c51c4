"""The hops at the touch screen: it is paired, and somebody applies there and takes a number."""

import re

from motcua.demo.browser import HopFailedError, Page
from motcua.demo.hands import element, fill_pages, scan, sign_in
from motcua.demo.people import card_text
from motcua.demo.visitor import HOME, SITE, Tour


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
