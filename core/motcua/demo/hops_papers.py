"""The hops of the result: fetched into the wallet, used in another province, counted by the national office."""

import asyncio
from uuid import UUID

from motcua.demo.browser import Browser, Page
from motcua.demo.hands import element, fill_pages, sign_in
from motcua.demo.visitor import AWAY, HOME, OFFICE, Tour


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
