"""A board's page in a real browser, without a server: its own files, a stream that the test speaks for."""

import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from playwright.sync_api import BrowserContext, Page, Route

import motcua.board
from motcua.web.pages import environment

CORE = Path(motcua.board.__file__).parents[1]
HOME = "http://board.localhost"
HALL, WIDE, PHONE = (1920, 1080), (1280, 900), (390, 844)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
# The browser's own EventSource is put aside: what the board hears is what the test says.
_STREAM = """
window.sources = [];
window.EventSource = class extends EventTarget {
  constructor(url) { super(); this.url = url; this.readyState = 1; window.sources.push(this); }
  close() { this.readyState = 2; }
};
window.EventSource.CLOSED = 2;
window.hear = (name, data, id) => {
  const event = new MessageEvent(name, { data: JSON.stringify(data), lastEventId: String(id || '') });
  window.sources[window.sources.length - 1].dispatchEvent(event);
};
"""
LINES = [
    {"letter": letter, "name": name, "name_en": name, "waiting": n * 3, "paused": n == 4,
     "range": f"{5 * n}–{5 * n + 10}"}
    for n, (letter, name) in enumerate(
        [("A", "Chứng thực, hộ tịch"), ("B", "Đất đai, xây dựng và môi trường"),
         ("C", "Kinh doanh"), ("D", "Lao động, người có công"), ("E", "Cư trú"), ("H", "Trả kết quả")]
    )
]  # fmt: skip


def call(seq: int, **more: Any) -> dict[str, Any]:
    """Return one call; numbers run A001, B002, C003, A004."""
    number = f"{'ABC'[(seq - 1) % 3]}{seq % 1000:03d}"
    return {"seq": seq, "number": number, "counter": str(seq % 12 + 1), "at": NOW.isoformat(),
            "calls": 1, "zone": "", **more}  # fmt: skip


def state(seq: int, lines: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return the state after so many calls."""
    return {
        "seq": seq,
        "calls": [call(n) for n in range(seq, max(0, seq - 40), -1)],
        "lines": LINES if lines is None else lines,
    }


class Board:
    """A page with a board on it."""

    def __init__(self, context: BrowserContext, clips: dict[str, Path] | None = None) -> None:
        self.clips = clips or {}
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.warnings: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda said: self.warnings.append(said.text))
        self.page.add_init_script(_STREAM)
        self.page.route("**/*", self._answer)

    def open(self, template: str = "board/hall.html", **context: Any) -> None:
        """Load a page of the board with this content."""
        self._html = render(
            template, clips={name: file.name for name, file in self.clips.items()}, **context
        )
        self.page.goto(f"{HOME}/board/sanh")

    def hear(self, name: str, data: Any, seq: int | None = None) -> None:
        """Let the board's stream tell something."""
        self.page.evaluate("([n, d, i]) => window.hear(n, d, i)", [name, data, seq])

    def calls(self, first: int, last: int, **more: Any) -> None:
        """Let numbers be called."""
        said = [call(n, **more) for n in range(first, last + 1)]
        self.page.evaluate("calls => calls.forEach(c => window.hear('call', c, c.seq))", said)

    def large(self) -> list[str]:
        """Return the numbers that stand large."""
        return [t for t in self.page.locator(".call-number").all_text_contents() if t != "–"]

    def listed(self) -> list[str]:
        """Return the numbers in the list."""
        return self.page.locator(".list-number").all_text_contents()

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(HOME).split("?")[0]
        if path.startswith("/static/"):
            found = next(CORE.glob(f"*/static/{path.removeprefix('/static/')}"), None)
        elif path.startswith("/board/sanh/voice/"):
            found = self.clips[path.rsplit("/", 1)[1].split(".")[0]]
        else:
            html = self._html if path.startswith("/board/sanh") else ""
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
            return
        if found is None:
            route.fulfill(status=404)
            return
        kind = mimetypes.guess_type(found.name)[0] or "text/plain"
        route.fulfill(body=found.read_bytes(), content_type=kind)


def render(template: str, **context: Any) -> str:
    """Return a page of the board as the house renders it, in Vietnamese."""
    site = {"name": "Tỉnh mẫu", "kind": "province", "slug": "mau", "short_name": "Mẫu"}
    known: dict[str, Any] = {
        "_": lambda sentence: sentence, "lang": "vi", "site": site, "person": None, "nav": [],
        "url": lambda path: path, "switch_lang": "", "sign_in_next": "", "errors": {},
        "pick": lambda vi, en: vi, "csrf_input": lambda: "", "query": "", "zone": None,
        "hall": {"key": "sanh", "name": "Trung tâm Phục vụ hành chính công phường Mẫu"},
        "state": state(0), "message": "", "clips": {},
    }  # fmt: skip
    page: jinja2.Template = environment([]).get_template(template)
    return page.render({**known, **context})
