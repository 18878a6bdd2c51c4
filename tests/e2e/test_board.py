"""The board in Chromium: nobody is dropped, nothing overlaps, nothing grows. The clock is the test's."""

import os
import re
import shutil
import wave
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, expect

from motcua.board.voice import spoken
from tests.e2e.board_page import HALL, LINES, NOW, PHONE, WIDE, Board, call, state

HOLD = 8
PICTURES = os.environ.get("MOTCUA_PICTURES", "")
_OVERFLOWING = """
[...document.querySelectorAll('.call, .call-number, .board-list li, .board-lines li')]
  .filter((e) => e.clientWidth && (e.scrollWidth > e.clientWidth + 1))
  .map((e) => `${e.className} ${e.textContent}`)
"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        viewport={"width": HALL[0], "height": HALL[1]}, reduced_motion="reduce"
    )
    yield opened
    opened.close()


@pytest.fixture
def quiet(context: BrowserContext) -> Board:
    """Return a page for a board, whose sound is off."""
    context.add_init_script("delete window.AudioContext; delete window.webkitAudioContext;")
    return Board(context)


@pytest.fixture
def board(quiet: Board) -> Board:
    """Open a board that nobody has called on yet, at a clock that stands still."""
    shown = quiet
    shown.page.clock.install(time=NOW - timedelta(hours=1))
    shown.page.clock.pause_at(NOW)
    shown.open()
    shown.hear("snapshot", state(0), 0)
    shown.hear("beat", {"now": NOW.isoformat()})
    return shown


def _seconds(board: Board, seconds: int) -> None:
    board.page.clock.run_for(seconds * 1000)


_SAMPLE = """
window.samples = [];
const texts = (kind) => Array.from(document.querySelectorAll(kind), (e) => e.textContent).filter((t) => t !== '–');
setInterval(() => window.samples.push([texts('.call-number'), texts('.list-number')]), 1000);
"""


def _watch(board: Board, seconds: int) -> tuple[Counter[str], Counter[str]]:
    """Let time pass; return for how many seconds each number stood large, and in the list."""
    board.page.evaluate("window.samples = []")
    _seconds(board, seconds)
    samples = board.page.evaluate("window.samples")
    large, listed = zip(*samples, strict=True)
    return Counter(n for row in large for n in row), Counter(n for row in listed for n in row)


def test_however_many_are_called_at_once_each_stands_large_for_eight_seconds(board: Board) -> None:
    board.page.evaluate(_SAMPLE)
    last = 0
    for count in range(41):
        now = board.page.evaluate("new Date().toISOString()")
        board.hear("beat", {"now": now})
        board.calls(last + 1, last + count, at=now)
        numbers = [call(n)["number"] for n in range(last + 1, last + count + 1)]
        last += count
        first_large = numbers[:3]
        _, soon = _watch(board, (count // 6 + 1) * (HOLD + 1))
        # Long before its turn to stand large, each has been in the list.
        assert set(numbers) - set(soon) <= set(first_large), count
        assert not numbers or board.large()
    assert not board.troubles


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 40])
def test_each_of_a_burst_stands_large_and_before_in_the_list_for_eight_seconds(
    board: Board, count: int
) -> None:
    board.page.evaluate(_SAMPLE)
    board.calls(1, count)
    large, listed = _watch(board, (count // 3 + 2) * HOLD)
    expected = {call(n)["number"] for n in range(1, count + 1)}
    assert set(large) == expected
    assert min(large.values()) >= HOLD
    # Whoever was not large at once stood a whole page's time in the list, or went from there to be large.
    late = {call(n)["number"] for n in range(7, count + 1)}
    assert all(listed[number] >= HOLD - 1 for number in late)


def test_a_recall_stands_large_again_and_once_in_the_list(board: Board) -> None:
    board.calls(1, 1)
    _seconds(board, HOLD + 1)
    board.hear("call", call(2, number="A001", calls=2), 2)
    assert board.large() == ["A001"]
    _seconds(board, HOLD + 1)
    board.calls(3, 3)
    _seconds(board, 1)
    assert board.large() == ["C003"]
    assert board.listed() == ["A001"]


def test_a_call_is_taken_once_however_often_it_is_told(board: Board) -> None:
    for _ in range(3):
        board.calls(1, 2)
        board.hear("snapshot", state(2), 2)
    _seconds(board, HOLD + 1)
    assert board.large() == ["B002"]
    assert board.listed() == ["A001"]
    _seconds(board, 10 * HOLD)
    assert board.large() == ["B002"]


def test_what_was_missed_long_ago_is_listed_without_ceremony(board: Board) -> None:
    board.page.evaluate(_SAMPLE)
    board.hear("beat", {"now": "2026-11-23T02:10:00+00:00"})
    board.calls(1, 10)
    large, listed = _watch(board, 2 * HOLD + 2)
    assert not large
    assert set(listed) == {call(n)["number"] for n in range(1, 11)}
    assert board.listed() == [call(n)["number"] for n in range(10, 4, -1)]


def test_other_data_are_shown_as_they_are(board: Board) -> None:
    board.calls(1, 9)
    _seconds(board, 60)
    board.hear("snapshot", state(2), 2)
    assert board.large() == ["B002"]
    assert board.listed() == ["A001"]
    board.calls(3, 3)
    assert board.large() == ["C003"]


def test_the_lines_change_alone(board: Board) -> None:
    board.hear("lines", {"lines": [{**LINES[0], "waiting": 41}]})
    expect(board.page.locator(".board-lines li")).to_have_text(re.compile("41 người chờ"))


def test_silence_of_thirty_seconds_is_said_and_ends_with_the_next_word(board: Board) -> None:
    light, age = board.page.locator(".board-light"), board.page.locator(".board-age")
    board.calls(1, 1)
    _seconds(board, 20)
    expect(light).to_have_text("Trực tiếp")
    expect(age).to_have_text("số liệu 20 giây trước")
    _seconds(board, 12)
    expect(light).to_have_text("Mất kết nối")
    expect(board.page.locator("hall-board.stale")).to_be_visible()
    assert board.large() == ["A001"], "the last state stands"
    # One stream at a time, and it goes on where the other one ended.
    _seconds(board, 10)
    open_ones, last = board.page.evaluate(
        "[window.sources.filter(s => s.readyState !== 2).length, window.sources.slice(-1)[0].url]"
    )
    assert open_ones == 1
    assert last.endswith("last_event_id=1")
    board.hear("beat", {"now": NOW.isoformat()})
    _seconds(board, 1)
    expect(light).to_have_text("Trực tiếp")


def test_a_board_that_was_taken_away_asks_for_a_code(board: Board) -> None:
    with board.page.expect_navigation(url=re.compile(r"/board$")):
        board.hear("end", {})


def test_a_day_of_thousands_of_calls_leaves_nothing_behind(board: Board) -> None:
    counted = "document.getElementsByTagName('*').length"
    kept = """
      const b = document.querySelector('hall-board');
      [b.waiting.length, b.shown.length, b.large.length, b.voice.loaded.size]
    """
    eye = board.page.context.new_cdp_session(board.page)
    eye.send("Performance.enable")

    def heap() -> float:
        eye.send("HeapProfiler.collectGarbage")
        found = eye.send("Performance.getMetrics")["metrics"]
        return next(float(m["value"]) for m in found if m["name"] == "JSHeapUsedSize")

    def play(first: int, last: int) -> None:
        # Ten an instant, then half a minute: a busy hall, in no time.
        for start in range(first, last, 10):
            board.page.evaluate(
                "([calls, state]) => { calls.forEach(c => window.hear('call', c, c.seq));"
                " window.hear('lines', state); window.hear('snapshot', state, state.seq); }",
                [[call(n) for n in range(start, start + 10)], state(start + 9)],
            )
            board.page.clock.run_for(30_000)
            board.hear("beat", {"now": NOW.isoformat()})

    play(1, 500)
    nodes, before = board.page.evaluate(counted), heap()
    play(501, 4500)
    assert board.page.evaluate(counted) <= nodes + 4
    waiting, shown, large, _ = board.page.evaluate(kept)
    assert waiting <= 100
    assert shown <= 60
    assert large <= 3
    assert heap() - before < 1_000_000
    assert board.page.evaluate("window.sources.length") == 1


@pytest.mark.parametrize("count", [0, 1, 8, 40])
def test_the_board_fits_every_screen_and_can_be_read(quiet: Board, count: int) -> None:
    # With the browser's own clock: axe waits for it.
    board = quiet
    board.open(message="Buổi chiều mở cửa từ 13:30.")
    now = board.page.evaluate("new Date().toISOString()")
    board.hear("snapshot", state(0), 0)
    board.hear("beat", {"now": now})
    board.calls(1, count, at=now)
    for size in (HALL, WIDE, PHONE):
        board.page.set_viewport_size({"width": size[0], "height": size[1]})
        if PICTURES:
            board.page.screenshot(path=Path(PICTURES) / f"board-{count}-{size[0]}.png")
        for wider in ("scrollWidth > innerWidth", "scrollHeight > innerHeight"):
            assert not board.page.evaluate(f"document.documentElement.{wider}")
        report = Axe().run(board.page)
        assert not report.violations_count, report.generate_report()
        assert board.page.evaluate(_OVERFLOWING) == []
        number, counter = (
            board.page.locator(f".{name}").first.evaluate(
                "e => parseFloat(getComputedStyle(e).fontSize)"
            )
            for name in ("call-number", "call-counter")
        )
        if count and size == HALL:
            # The digits are 0.72 of the letters' size.
            assert 0.72 * number >= 0.15 * size[1]
            assert number > counter


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make short clips of every word: a hundredth of a second of silence."""
    folder = tmp_path_factory.mktemp("voice")
    for name in spoken():
        with wave.open(str(folder / f"{name}.wav"), "wb") as sound:
            sound.setparams((1, 2, 22050, 0, "NONE", ""))
            sound.writeframes(bytes(2 * 220))
    return {file.stem: file for file in folder.iterdir()}


_WATCH = """
window.said = [];
document.addEventListener('DOMContentLoaded', () => {
  const board = document.querySelector('hall-board');
  for (const name of ['announcing', 'announced']) {
    board.addEventListener(name, (e) => window.said.push(`${name} ${e.detail}`));
  }
});
for (const [kind, node] of [['bell', OscillatorNode], ['clip', AudioBufferSourceNode]]) {
  const start = node.prototype.start;
  node.prototype.start = function (at) {
    window.said.push(kind);
    this.addEventListener('ended', () => window.said.push(`${kind} over`));
    return start.call(this, at);
  };
}
"""


def _heard(context: BrowserContext, clips: dict[str, Path], count: int, **more: str) -> list[str]:
    board = Board(context, clips)
    board.page.add_init_script(_WATCH)
    board.open()
    board.page.evaluate("document.querySelector('hall-board').hold = 0")
    board.hear("snapshot", state(0), 0)
    now = board.page.evaluate("new Date().toISOString()")
    board.hear("beat", {"now": now})
    for n in range(1, count + 1):
        board.hear("call", call(n, at=now, **more), n)
    last = call(count)["number"]
    board.page.wait_for_function(f"window.said.includes('announced {last}')", timeout=60_000)
    found: list[str] = board.page.evaluate("window.said")
    assert not board.troubles
    assert not board.warnings
    return found


def test_two_calls_are_announced_one_after_the_other_each_twice(
    context: BrowserContext, clips: dict[str, Path]
) -> None:
    said = _heard(context, clips, 2)
    border = said.index("announced A001")
    assert said[0] == "announcing A001"
    assert said[border + 1] == "announcing B002"
    assert said[-1] == "announced B002"
    for part in (said[:border], said[border:]):
        assert part.count("bell") == 2
        # "mời số", a letter, three digits, "đến quầy", the counter: twice.
        assert part.count("clip") == part.count("clip over") == 14
        # The chime is over before the first word.
        assert part.index("clip") > max(n for n, what in enumerate(part) if what == "bell over") - 1


def test_without_a_clip_for_every_word_there_is_the_chime_alone(
    context: BrowserContext, clips: dict[str, Path]
) -> None:
    some = {name: file for name, file in clips.items() if name != "0"}
    said = _heard(context, some, 1)
    assert [w for w in said if w in {"bell", "clip"}] == ["bell", "bell"]


def test_a_counter_with_a_letter_is_spelled(
    context: BrowserContext, clips: dict[str, Path]
) -> None:
    assert _heard(context, clips, 1, counter="A2").count("clip") == 16


def test_until_somebody_touches_it_a_shy_browser_offers_the_sound(browser: Browser) -> None:
    program = shutil.which("chromium")
    shy = browser.browser_type.launch(executable_path=program, args=["--no-sandbox"])
    board = Board(shy.new_context())
    board.open()
    board.hear("snapshot", state(0), 0)
    button = board.page.get_by_role("button", name="Bật âm thanh")
    button.click()
    expect(button).to_have_count(0)
    assert board.page.evaluate("document.querySelector('hall-board').voice.on")
    shy.close()
