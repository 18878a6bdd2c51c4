"""The walk of one visit through all faces, as its people do it; every page is looked at on the way."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from playwright.sync_api import FilePayload, Locator, expect

from motcua.demo import people
from motcua.demo.hands import ANSWERS, scan
from motcua.demo.visitor import AWAY, HOME, HOME_CODE, HOME_NAME, SITE
from tests.e2e.visitor import HALL, Visitor

COPY, ALLOWANCE = "2.000908", "1.001776"
_KNOW_STREAMS = """
window.streams = [];
window.EventSource = class extends EventSource {
  constructor(...asked) { super(...asked); window.streams.push(this); }
};
"""
_TICKET = re.compile(r"\b[A-Z]\d{3}\b")


@dataclass
class Walk:
    """Whose visit it is, his browsers and the officers', and what was found out."""

    make: Callable[..., Visitor]
    citizen: people.Person = field(
        default_factory=lambda: people.citizens(HOME, HOME_CODE, HOME_NAME, 40)[6]
    )
    visitors: dict[str, Visitor] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def visitor(self, who: str) -> Visitor:
        """Return this person's browser."""
        if who not in self.visitors:
            self.visitors[who] = self.make()
        return self.visitors[who]

    def officer(self, role: str) -> Visitor:
        """Return the browser of an officer of the site, signed in; ``role`` begins the user name."""
        if role not in self.visitors:
            account = role if role == "quantri" else f"{role}.{SITE}"
            self.visitor(role).sign_in(HOME, account)
        return self.visitors[role]

    def signed_in(self) -> Visitor:
        """Return the citizen's browser, signed in at home."""
        if "citizen" not in self.visitors:
            self.visitor("citizen").sign_in(HOME, self.citizen.username, "citizen")
        return self.visitors["citizen"]


def picture(name: str) -> FilePayload:
    """Return a scanned page as a file that is chosen."""
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": scan(name)}


def answer(form: Locator) -> None:
    """Answer the questions that a form shows, with what the tour answers."""
    for name, value in ANSWERS.items():
        asked = form.locator(f'[name="{name}"]')
        if not asked.count():
            continue
        first = asked.first
        kind = first.evaluate("e => e.type")
        if kind in {"radio", "checkbox"}:
            given = form.locator(f'[name="{name}"][value="{value}"]')
            (given if given.count() else asked).first.check()
        elif kind == "select-one":
            first.select_option(value)
        elif kind != "hidden" and first.is_editable():
            first.fill(value)


def fill_pages(who: Visitor, part: str, name: str, go_on: str) -> None:
    """Answer form pages until there is none; an answer may make further questions appear."""
    for number in range(1, 12):
        if part not in who.page.url:
            return
        who.look(f"{name}-{number}")
        answer(who.page.locator("main"))
        who.press(who.button(go_on))
    raise AssertionError(f"the form at {who.page.url} was not accepted")


# --- the portal ---------------------------------------------------------------------------------


def find(walk: Walk) -> Visitor:
    """Find a procedure by plain words, signed out."""
    who = walk.visitor("anybody")
    who.go(HOME)
    who.look("portal-home")
    who.page.locator("#q").fill("ban sao so goc")
    who.press(who.button("Tìm"))
    who.look("portal-search")
    who.press(who.page.locator(f'a[href$="/procedures/{COPY}"]').first)
    who.look("portal-procedure")
    who.press(who.link("Đăng nhập để nộp hồ sơ"))
    who.look("portal-sign-in")
    who.press(who.page.locator("section", has_text="Người dân").get_by_role("button").first)
    who.look("sandbox-identity")
    return who


def apply(walk: Walk) -> Visitor:
    """Apply at the portal, with a mistake on the way; ends on the page of the submitted dossier."""
    who = walk.signed_in()
    who.go(HOME, f"/procedures/{COPY}")
    who.press(who.button("Nộp hồ sơ"))
    # The first page is filled in by the identity, so the draft opens at the second.
    who.press(who.button("Lưu và tiếp tục"))
    expect(who.page.locator("[data-error-summary]")).to_be_focused()
    who.look("portal-form-error")
    fill_pages(who, "/form/", "portal-form", "Lưu và tiếp tục")
    who.look("portal-papers")
    who.press(who.button("Lưu và tiếp tục"))
    if "/unit" in who.page.url:
        who.look("portal-unit")
        who.page.locator('[name="unit"]').first.check()
        who.press(who.button("Lưu và tiếp tục"))
    who.look("portal-check")
    answer(who.page.locator("main"))
    who.press(who.button("Nộp hồ sơ"))
    who.look("portal-submitted")
    walk.known["online"] = who.page.locator("#track-code").inner_text()
    return who


def follow_up(walk: Walk) -> Visitor:
    """Look after a submitted dossier: my page, the dossier, and tracking as anybody."""
    who = walk.signed_in()
    who.press(who.link("Xem hồ sơ"))
    who.look("portal-dossier")
    who.go(HOME, "/my")
    who.look("portal-my")
    anybody = walk.visitor("anybody")
    anybody.go(HOME, "/track")
    anybody.look("portal-track")
    anybody.page.locator('[name="code"]').fill(walk.known["online"])
    anybody.press(anybody.button("Xem tình trạng"))
    anybody.look("portal-tracked")
    return anybody


# --- the station --------------------------------------------------------------------------------


def pair(walk: Walk) -> Visitor:
    """Pair a station with the code of an administrator."""
    admin, station = walk.officer("quantri"), walk.visitor("station")
    admin.go(HOME, "/desk/devices")
    site = admin.page.locator('[name="site"]')
    site.select_option(label=site.locator("option", has_text="Hồng Gai").inner_text())
    admin.page.locator('[name="kind"][value="station"]').check()
    admin.page.locator('[name="name"]').fill("Trạm sảnh chính")
    admin.press(admin.button("Lấy mã ghép nối"))
    admin.look("desk-devices")
    code = admin.page.locator(".pair-code").inner_text().strip()
    station.go(HOME, "/station/pair")
    station.look("station-pair")
    station.page.locator('[name="code"]').fill(code)
    station.press(station.button("Ghép thiết bị"))
    station.look("station-first")
    return station


def take_number(walk: Walk, line: str = "A") -> str:
    """Take a number without a dossier; returns it."""
    who = walk.visitor("station")
    who.press(who.page.locator('button[value="number"]'))
    if line == "A":
        who.look("station-number")
    who.press(who.page.locator(f'button[name="line"][value="{line}"]'))
    number = _ticket(who)
    who.press(who.button("Kết thúc"))
    return number


def hand_in(walk: Walk) -> str:
    """Identify, agree, apply, scan, check: a dossier and its ticket; returns the number."""
    who = walk.visitor("station")
    who.press(who.page.locator('button[value="apply"]'))
    who.look("station-identify")
    who.page.locator('[name="card_text"]').fill(people.card_text(walk.citizen))
    who.press(who.button("Đọc thẻ"))
    expect(who.page.get_by_text(walk.citizen.full_name)).to_be_visible()
    expect(who.page.get_by_text(walk.citizen.personal_id)).to_have_count(0)
    who.look("station-card")
    who.press(who.button("Đúng, tiếp tục"))
    who.look("station-consent")
    who.press(who.page.locator('button[value="yes"]'))
    who.look("station-procedures")
    who.page.locator("#q").fill("sao so goc")
    who.press(who.button("Tìm"))
    who.press(who.page.locator(f'button[value="{COPY}"]'))
    who.go(HOME, "/station/unit")  # the station's own unit was chosen; see the others
    who.look("station-units")
    who.press(who.page.locator('button[name="unit"]').first)
    fill_pages(who, "/station/form/", "station-form", "Tiếp tục")
    who.look("station-papers")
    who.page.locator('input[name="request"]').set_input_files(picture("Đơn yêu cầu"))
    who.press(who.button("Tiếp tục"))
    who.look("station-check")
    who.press(who.button("Nộp hồ sơ và lấy số"))
    number = _ticket(who)
    said = who.page.locator(".ticket").inner_text()
    walk.known["track"] = re.findall(r"\b[2-9A-HJ-NP-TV-Z]{12}\b", said)[0]
    who.look("station-ticket")
    who.press(who.button("Kết thúc"))
    return number


def _ticket(who: Visitor) -> str:
    found = _TICKET.search(who.page.locator(".ticket-number").inner_text())
    assert found
    return found[0]


def track_at_station(walk: Walk) -> Visitor:
    """Look a dossier up at the station."""
    who = walk.visitor("station")
    who.press(who.page.locator('button[value="track"]'))
    who.look("station-track")
    who.page.locator("#f-code").fill(walk.known["track"])
    who.press(who.button("Tra cứu"))
    who.look("station-tracked")
    who.press(who.button("Kết thúc"))
    return who


# --- the desk and the board ---------------------------------------------------------------------


def sit_down(walk: Walk) -> Visitor:
    """Begin the day: the desk, the tray, a counter."""
    who = walk.officer("tiepnhan")
    who.go(HOME, "/desk")
    who.look("desk-start")
    who.go(HOME, "/desk/tray")
    who.look("desk-tray")
    who.go(HOME, "/desk")
    who.press(who.page.locator('form[action$="/open"] button').last)
    who.look("desk-counter-free")
    return who


def open_board(walk: Walk) -> Visitor:
    """Open the hall's board."""
    hall = walk.visitor("hall")
    hall.context.add_init_script(_KNOW_STREAMS)
    hall.page.set_viewport_size({"width": HALL[0], "height": HALL[1]})
    hall.go(HOME, f"/board/{SITE}")
    expect(hall.page.locator(".board-light")).to_have_text("Trực tiếp")
    return hall


def call(walk: Walk) -> float:
    """Call the next number; returns the seconds until the open board showed it."""
    who, hall = walk.visitor("tiepnhan"), walk.visitor("hall")
    began = time.perf_counter()
    who.button("Gọi số tiếp theo").click(no_wait_after=True)
    expect(hall.page.locator("hall-board")).to_contain_text(walk.known["number"], timeout=3000)
    seconds = time.perf_counter() - began
    expect(who.page.locator(".serving")).to_be_visible()
    return seconds


def call_unseen(walk: Walk) -> None:
    """Call the next number while the board's stream is cut; the board shows it when it is back."""
    who, hall = walk.visitor("tiepnhan"), walk.visitor("hall")
    hall.forgiven = re.compile(r"ERR_FAILED")
    hall.context.route("**/stream*", lambda route: route.abort())
    hall.page.evaluate("window.streams.forEach((stream) => stream.close())")
    who.press(who.button("Vắng mặt"))
    who.press(who.button("Gọi số tiếp theo"))
    expect(who.page.locator(".serving")).to_contain_text(walk.known["ticket"])
    expect(hall.page.locator("hall-board")).not_to_contain_text(walk.known["ticket"])
    hall.context.unroute("**/stream*")
    expect(hall.page.locator("hall-board")).to_contain_text(walk.known["ticket"], timeout=15_000)


def receive(walk: Walk) -> Visitor:
    """Serve the ticket: compare the papers, accept with the key F7, finish."""
    who = walk.visitor("tiepnhan")
    who.look("desk-counter-called")
    with who.page.expect_navigation():
        who.page.keyboard.press("F2")
    who.look("desk-counter-dossier")
    found = re.search(r"/desk/dossier/([0-9a-f-]{36})", who.page.content())
    assert found
    walk.known["dossier"] = found[1]
    for box in who.page.locator('[name="component"]').all():
        box.check()
    with who.page.expect_navigation():
        who.page.keyboard.press("F7")
    expect(who.page.locator("#main").get_by_text("Đã tiếp nhận hồ sơ.")).to_be_visible()
    who.look("desk-counter-accepted")
    who.press(who.button("Kết thúc lượt"))
    who.press(who.button("Rời quầy"))
    return who


def settle(walk: Walk) -> None:
    """Assign, appraise, approve, sign: each officer from his list of work."""
    for role in ("truongphong", "chuyenvien", "lanhdao", "vanthu"):
        who = walk.officer(role)
        who.go(HOME, "/desk/work")
        if role == "chuyenvien":
            who.look("desk-work")
        who.press(who.page.locator(f'a[href*="/desk/dossier/{walk.known["dossier"]}"]').first)
        step = who.page.locator('form[action$="/step"]').first
        for name, value in _DRAFT.items():
            asked = step.locator(f'[name="{name}"]')
            if asked.count():
                asked.first.fill(value)
        if role in {"chuyenvien", "vanthu"}:
            who.look(f"desk-step-{role}")
        who.press(step.locator('button[type="submit"]'))


_DRAFT = {
    "draft.register_number": "12/2019",
    "draft.content": "Mức độ khuyết tật: nặng (dữ liệu mẫu).",
}


# --- the wallet ---------------------------------------------------------------------------------


def wait_in_wallet(walk: Walk) -> Visitor:
    """Ask for a result before it is decided, in another browser: its wallet waits."""
    who = walk.visitor("second browser")
    who.sign_in(HOME, walk.citizen.username, "citizen")
    who.go(HOME, f"/my/{walk.known['dossier']}")
    who.press(who.button("Đưa vào ví khi có kết quả"))
    who.press(who.button("Đăng nhập để nhận"))
    expect(who.page.get_by_text("đang giải quyết, ví nhận khi có kết quả")).to_be_visible()
    who.look("wallet-authorize-awaited")
    who.press(who.button("Đồng ý đưa vào ví"))
    expect(who.page.locator(".awaited")).to_be_visible()
    who.look("wallet-awaited")
    who.page.goto("about:blank")  # the person closes the page and does something else
    return who


def arrives_in_wallet(walk: Walk) -> Visitor:
    """Come back after the decision: the wallet asks again and stores what came."""
    who = walk.visitor("second browser")
    who.go("vi")
    who.button("Hỏi lại ngay").click()
    expect(who.button("Xem và lưu")).to_be_visible()
    who.look("wallet-arrived")
    who.button("Xem và lưu").click()
    who.button("Lưu vào ví").click()
    expect(who.page.locator(".badge.ok")).to_be_visible()
    return who


def offered(walk: Walk) -> Visitor:
    """Find the signed result on the own page, and have it offered to the wallet."""
    who = walk.signed_in()
    until_there(who, HOME, f"/my/{walk.known['dossier']}", "Nhận vào ví")
    who.look("portal-result")
    who.press(who.button("Nhận vào ví"))
    who.look("portal-offer")
    walk.known["tx_code"] = who.page.locator("#tx-code").inner_text().replace(" ", "")
    walk.known["offer"] = str(who.page.locator("#open-wallet").get_attribute("href"))
    return who


def until_there(who: Visitor, label: str, path: str, words: str) -> None:
    """Load a page anew until it says something that a worker brings."""
    end = time.monotonic() + 30.0
    while not who.go(label, path).get_by_text(words).count():
        assert time.monotonic() < end, f"{path} never said {words!r}"


def receive_in_wallet(walk: Walk) -> Visitor:
    """Take the offer in the browser's wallet."""
    who = walk.visitor("citizen")
    who.page.goto(walk.known["offer"])
    expect(who.page.locator("#tx_code")).to_be_visible()
    who.look("wallet-offer")
    who.page.locator("#tx_code").fill(walk.known["tx_code"])
    who.button("Nhận giấy tờ").click()
    expect(who.button("Lưu vào ví")).to_be_visible()
    who.look("wallet-check")
    who.button("Lưu vào ví").click()
    expect(who.page.locator(".pass")).to_be_visible()
    expect(who.page.locator(".badge.ok")).to_be_visible()
    who.look("wallet-home")
    return who


def present(walk: Walk) -> Visitor:
    """Apply in another province; the paper comes from the wallet."""
    who = walk.visitor("citizen")
    who.sign_in(AWAY, walk.citizen.username, "citizen")
    who.go(AWAY, f"/procedures/{ALLOWANCE}")
    who.press(who.button("Nộp hồ sơ"))
    fill_pages(who, "/form/", "away-form", "Lưu và tiếp tục")
    who.look("away-papers")
    draft = who.page.url
    who.press(who.button("Dùng giấy tờ trong ví"))
    expect(who.button("Đồng ý chia sẻ")).to_be_visible()
    who.look("wallet-present")
    who.button("Đồng ý chia sẻ").click()
    who.page.wait_for_url(f"{draft}**")
    expect(who.page.get_by_text("Từ ví", exact=True)).to_be_visible()
    who.look("away-papers-presented")
    return who


def submit_away(walk: Walk) -> Visitor:
    """Submit without the paper that was presented."""
    who = walk.visitor("citizen")
    who.press(who.button("Lưu và tiếp tục"))
    if "/unit" in who.page.url:
        who.page.locator('[name="unit"]').first.check()
        who.press(who.button("Lưu và tiếp tục"))
    answer(who.page.locator("main"))
    who.press(who.button("Nộp hồ sơ"))
    who.press(who.link("Xem hồ sơ"))
    who.look("away-dossier")
    return who


def look_round(who: Visitor, label: str, places: Iterable[tuple[str, str]]) -> None:
    """Open pages and look at them."""
    for path, name in places:
        who.go(label, path)
        who.look(name)
