import io
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from motcua.documents import render as module
from motcua.documents.render import (
    TEMPLATES,
    Renderer,
    TemplateError,
    TemplateTimeoutError,
    UnprintableError,
    render_document,
    to_json,
)
from motcua.files.qr import read_codes

from .samples import ALL, AT, FORM01, RESULT, TICKET, URL

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy" + "".join(
    "àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _template(folder: Path, body: str) -> Path:
    path = folder / "probe.typ"
    path.write_text('#import "/motcua/base.typ": *\n#set document(title: "x", date: auto)\n' + body)
    return path


def test_every_template_of_the_core_has_a_sample() -> None:
    assert {p.stem for p in TEMPLATES.glob("*.typ")} == {*ALL, "base"}


@pytest.mark.parametrize("name", ALL)
def test_a_template_holds_the_longest_names_as_tagged_pdfa(renderer: Renderer, name: str) -> None:
    made = renderer.document(name, ALL[name], at=AT, qr=URL)
    assert not made.warnings
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        meta = pdf.open_metadata()
        assert meta.pdfa_status == "2B"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root
        assert str(pdf.Root.Lang) == "vi-VN"
        assert str(meta["dc:title"])
        assert "2026-11-20" in str(meta["xmp:CreateDate"])


@pytest.mark.parametrize("name", ALL)
def test_the_same_data_gives_the_same_bytes(renderer: Renderer, name: str) -> None:
    first, second = (renderer.document(name, ALL[name], at=AT, qr=URL).pdf for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("name", "least"),
    [
        (
            "form01",
            {
                "code": "X-1",
                "subject": {"name": "A"},
                "procedure": {"name": "B"},
                "papers": [],
                "received_at": AT,
                "due_at": AT,
            },
        ),
        ("form02", {"subject": {"name": "A"}, "procedure": {"name": "B"}, "items": []}),
        ("form03", {"subject": {"name": "A"}, "procedure": {"name": "B"}, "reasons": ["C"]}),
        (
            "form04",
            {
                "subject": {"name": "A"},
                "procedure": {"name": "B"},
                "old_due_at": AT,
                "new_due_at": AT,
                "reason": "C",
            },
        ),
        ("form06", {"code": "X-1", "procedure": {"name": "B"}, "rows": []}),
        ("ticket", {"number": "A1", "issued_at": AT}),
        ("result", {"title": "B"}),
        ("stamp", {"name": "A", "signed_at": AT}),
    ],
)
def test_a_template_needs_only_what_its_form_cannot_do_without(
    renderer: Renderer, name: str, least: dict[str, Any]
) -> None:
    assert renderer.document(name, least, at=AT).pdf.startswith(b"%PDF")


def test_the_short_receipt_fits_one_page_and_its_qr_code_is_read(renderer: Renderer) -> None:
    short = {
        **FORM01,
        "papers": FORM01["papers"][:3],
        "note": None,
        "header": {**FORM01["header"], "parent": "UBND tỉnh Mẫu", "unit": "Trung tâm PVHCC xã Mẫu"},
        "subject": {"name": "Nguyễn Văn Mẫu", "address": "Tổ 1, xã Mẫu, tỉnh Mẫu"},
        "procedure": {"name": "Đăng ký khai sinh", "code": "1.001193"},
    }
    pages = renderer.preview("form01", short, at=AT, qr=URL)
    assert len(pages) == 1
    assert read_codes(pages[0]) == [URL]


def test_the_ticket_is_as_wide_as_the_roll_and_its_qr_code_is_read(renderer: Renderer) -> None:
    page = renderer.preview("ticket", TICKET, at=AT, qr=URL)[0]
    assert abs(Image.open(io.BytesIO(page)).width / 110 * 25.4 - 80) < 0.5
    assert read_codes(page) == [URL]


def test_every_vietnamese_letter_prints_in_every_style(renderer: Renderer, tmp_path: Path) -> None:
    probe = _template(
        tmp_path,
        "#set text(font: family, fallback: false)\n"
        "#data.text #strong(data.text) #emph(data.text) #strong(emph(data.text))",
    )
    renderer.document(probe, {"text": LETTERS + LETTERS.upper()}, at=AT)


def test_a_character_without_a_glyph_is_named(renderer: Renderer) -> None:
    with pytest.raises(UnprintableError) as raised:
        renderer.document("ticket", {**TICKET, "line": "Đất 漢 đai 😀"}, at=AT)
    assert raised.value.characters == "漢😀"
    assert "漢😀" in raised.value.vi


def test_marks_that_were_typed_apart_are_composed(renderer: Renderer) -> None:
    apart = {**TICKET, "line": "Nguye\u0302\u0303n"}
    assert renderer.document("ticket", apart, at=AT).pdf == (
        renderer.document("ticket", {**TICKET, "line": "Nguyễn"}, at=AT).pdf
    )


@pytest.mark.parametrize(
    "evil",
    ['#read("/motcua/base.typ")', '"]}); #panic()', "*b* _i_ $x$ @a <b> // c", "\\u{41} `raw`"],
)
def test_what_a_person_writes_is_never_markup(
    renderer: Renderer, tmp_path: Path, evil: str
) -> None:
    probe = _template(
        tmp_path,
        '#assert.eq(data.text, sys.inputs.data.slice(10, -2).replace("\\\\\\"",'
        ' "\\"").replace("\\\\\\\\", "\\\\"))\n#data.text',
    )
    renderer.document(probe, {"text": evil}, at=AT)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("#nothing", "unknown variable"),
        ('#read("/../../../etc/passwd")', "escape"),
        ('#read("/etc/passwd")', "not found"),
        ('#image("/images/none.png")', "not found"),
        ('#import "@preview/example:0.1.0": *', "download"),
        ("#let f(x) = f(x + 1)\n#f(0)", "depth"),
        ('#panic("stop")', "stop"),
    ],
)
def test_a_wrong_or_prying_template_fails_with_a_reason(
    renderer: Renderer, tmp_path: Path, body: str, said: str
) -> None:
    with pytest.raises(TemplateError) as raised:
        renderer.document(_template(tmp_path, body), {}, at=AT)
    assert said in raised.value.diagnostic


def test_the_worker_has_no_secret_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_SECRET_KEY", "synthetic")
    fresh = Renderer(processes=1)
    try:
        fresh.document("stamp", ALL["stamp"], at=AT)
        worker = fresh._workers._idle.get()
        assert worker is not None
        environment = Path(f"/proc/{worker._process.pid}/environ").read_bytes()
        fresh._workers._idle.put(worker)
    finally:
        fresh.close()
    assert b"MOTCUA" not in environment


def test_a_template_that_hangs_is_ended_and_the_next_document_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hasty = Renderer(processes=1, seconds=0.7)
    try:
        hasty.document("stamp", ALL["stamp"], at=AT)
        started = time.monotonic()
        with pytest.raises(TemplateTimeoutError):
            hasty.document(
                _template(
                    tmp_path,
                    "#for i in range(4000000) { for j in range(4000000) { let x = i * j } }",
                ),
                {},
                at=AT,
            )
        assert time.monotonic() - started < 5
        assert hasty.document("stamp", ALL["stamp"], at=AT).pdf.startswith(b"%PDF")
    finally:
        hasty.close()
    assert not list(tmp_path.glob("motcua-doc-*"))


def test_a_template_that_eats_memory_is_ended_and_the_next_document_works(
    renderer: Renderer, tmp_path: Path
) -> None:
    greedy = '#let s = "x" * 1000000\n#let all = range(4000).map(i => s + str(i))\n#all.len()'
    with pytest.raises(TemplateError):
        renderer.document(_template(tmp_path, greedy), {}, at=AT)
    assert renderer.document("stamp", ALL["stamp"], at=AT).pdf.startswith(b"%PDF")


def test_a_plugins_template_sees_its_own_folder_and_the_core(
    renderer: Renderer, tmp_path: Path
) -> None:
    (tmp_path / "part.typ").write_text("#let shout(x) = upper(x)")
    probe = _template(tmp_path, '#import "part.typ": shout\n#shout(data.name) #money(1500000)')
    assert renderer.document(probe, {"name": "mẫu"}, at=AT).pdf.startswith(b"%PDF")


def test_a_picture_is_passed_by_name_only(renderer: Renderer, tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "PNG")
    probe = _template(tmp_path, '#image("/images/seal.png", alt: "x")')
    assert renderer.document(probe, {}, at=AT, images={"seal.png": out.getvalue()}).pdf
    with pytest.raises(ValueError, match="name for an image"):
        renderer.document(probe, {}, at=AT, images={"../seal.png": b""})


def test_an_unknown_template_is_named(renderer: Renderer, tmp_path: Path) -> None:
    for template in ("form99", tmp_path / "none.typ"):
        with pytest.raises(TemplateError, match="no "):
            renderer.document(template, {}, at=AT)


def test_values_are_written_for_vietnam() -> None:
    night = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
    assert to_json({"a": night, "b": AT.date(), "c": Decimal(1500000), "d": Decimal("0.5")}) == (
        '{"a": "2026-11-21T03:30", "b": "2026-11-20", "c": 1500000, "d": 0.5}'
    )
    with pytest.raises(TypeError, match="cannot hold a timedelta"):
        to_json({"a": timedelta()})


@pytest.mark.anyio
async def test_a_handler_can_wait_for_a_document(
    monkeypatch: pytest.MonkeyPatch, renderer: Renderer
) -> None:
    monkeypatch.setattr(module, "renderer", lambda: renderer)
    made = await render_document("stamp", ALL["stamp"], at=AT)
    assert made.pdf.startswith(b"%PDF")
    assert module.render("stamp", ALL["stamp"], at=AT) == made.pdf


@pytest.mark.parametrize(
    ("missing", "pages"), [([], []), (["qr"], [1]), (["qr", "signature"], [1, 1])]
)
def test_a_page_behind_keeps_what_the_template_keeps_no_place_for(
    renderer: Renderer, tmp_path: Path, missing: list[str], pages: list[int]
) -> None:
    own = tmp_path / "own.typ"
    own.write_text(
        '#set page(paper: "a5")\n= Văn bản của riêng một tỉnh\nNội dung.', encoding="utf-8"
    )
    data = {**RESULT, "result": {"number": "1"}, "qr_place": 36, "missing": missing}
    made = renderer.document(own, data, at=AT, last_page="sealing")
    assert set(made.places) == set(missing)
    assert [place.page for place in made.places.values()] == pages


def test_of_two_places_of_one_name_the_first_counts(renderer: Renderer, tmp_path: Path) -> None:
    own = tmp_path / "own.typ"
    place = '#signature-place("qr", width: {0}mm, height: {0}mm)\n#pagebreak()\n'
    body = '#import "/motcua/base.typ": *\n' + place.format(20) + place.format(30)
    own.write_text(body, encoding="utf-8")
    assert renderer.document(own, RESULT, at=AT).places["qr"].page == 0
