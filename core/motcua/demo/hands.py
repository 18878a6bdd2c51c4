"""What hands do on every face of the tour: sign in, scan a paper, answer a form, read what is shown."""

import io

from PIL import Image, ImageDraw

from motcua.demo.browser import Browser, HopFailedError, Page
from motcua.demo.visitor import Tour

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
