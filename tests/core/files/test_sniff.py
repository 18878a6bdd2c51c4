import io
import struct
import zipfile
import zlib

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from motcua.errors import Invalid, Problem, TooLarge, Unsupported
from motcua.files.sniff import in_words, sniff

from .samples import locked_pdf, pdf, picture, tiff, turned_picture

HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("kind", "mime", "suffix"),
    [
        ("JPEG", "image/jpeg", ".jpg"),
        ("PNG", "image/png", ".png"),
        ("WEBP", "image/webp", ".webp"),
        ("TIFF", "image/tiff", ".tif"),
    ],
)
def test_a_picture_is_known_by_its_content(kind: str, mime: str, suffix: str) -> None:
    data = picture((600, 400), kind)
    found = sniff(data)
    assert (found.mime, found.suffix, found.width, found.height) == (mime, suffix, 600, 400)
    assert (found.pages, found.size, found.is_image) == (1, len(data), True)


def test_a_progressive_or_grey_or_exif_jpeg_is_a_jpeg() -> None:
    assert sniff(picture(progressive=True)).mime == "image/jpeg"
    assert sniff(picture(mode="L")).mime == "image/jpeg"
    assert sniff(turned_picture(6)).mime == "image/jpeg"


def test_pages_of_pdf_and_tiff_are_counted() -> None:
    assert sniff(pdf(3)).pages == 3
    assert sniff(tiff(4)).pages == 4
    assert not sniff(pdf()).is_image


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Invalid, match="empty") as raised:
        sniff(b"")
    assert "trống" in raised.value.vi


def test_a_file_above_the_limit_is_refused_and_the_limit_is_said() -> None:
    with pytest.raises(TooLarge, match="1 MB") as raised:
        sniff(b"\xff\xd8" + bytes(1024**2), max_bytes=1024**2)
    assert "1 MB" in raised.value.vi
    assert in_words(20 * 1024**2) == "20 MB"
    assert in_words(300_000) == "292 KB"


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        HTML,
        b"  \n<html><body>x</body></html>",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        _zip(),
        b"MZ\x90\x00" + bytes(200),
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"#!/bin/sh\necho x\n",
        b"GIF89a" + bytes(50),
        b"just words",
        b"BM" + bytes(100),
        b"\x00",
    ],
    ids=["html", "html2", "svg", "svg2", "zip", "exe", "elf", "sh", "gif", "text", "bmp", "nul"],
)
def test_every_other_kind_of_file_is_refused(data: bytes) -> None:
    with pytest.raises(Unsupported):
        sniff(data)


def test_a_heic_picture_is_refused_with_advice_for_the_phone() -> None:
    heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)
    with pytest.raises(Unsupported, match="camera settings"):
        sniff(heic)


@pytest.mark.parametrize(
    "data",
    [
        HTML + pdf(),
        pdf() + HTML,
        pdf().replace(b"\n", b"\n" + HTML + b"\n", 1),
        b"%PDF-1.7 " + HTML + pdf(),
        pdf() + _zip(),
        picture() + _zip(),
        picture() + HTML,
        picture(comment=HTML),
        picture(comment=b"%PDF-1.7\n"),
        pdf() + b"%PDF-1.7 more",
    ],
    ids=range(10),
)
def test_a_file_that_is_two_things_at_once_is_refused(data: bytes) -> None:
    with pytest.raises(Unsupported):
        sniff(data)


def test_four_bytes_that_look_like_an_archive_are_not_one() -> None:
    assert sniff(picture() + b"PK\x05\x06 by chance").mime == "image/jpeg"


@pytest.mark.parametrize("user", ["secret", ""])
def test_a_pdf_with_a_password_is_refused_and_the_password_is_named(user: str) -> None:
    with pytest.raises(Unsupported, match="password") as raised:
        sniff(locked_pdf(user=user))
    assert "mật khẩu" in raised.value.vi


Dict, Name, Array = pikepdf.Dictionary, pikepdf.Name, pikepdf.Array


@pytest.mark.parametrize(
    "root",
    [
        {"OpenAction": Dict(S=Name.JavaScript, JS="app.alert(1)")},
        {"OpenAction": Dict(S=Name.Launch, F="calc.exe")},
        {"Names": Dict(JavaScript=Dict(Names=Array(["a", Dict(S=Name.JavaScript, JS="1")])))},
        {"Names": Dict(EmbeddedFiles=Dict(Names=Array([])))},
        {"AA": Dict(WC=Dict(S=Name.GoTo))},
        {"AcroForm": Dict(XFA=Array([]))},
        {"Nested": Array([Array([Dict(A=Dict(S=Name.SubmitForm))])])},
        {"Annot": Dict(Subtype=Name.FileAttachment)},
        {"OpenAction": Dict(S=Name.GoTo, Next=Dict(S=Name.GoToR, F="x"))},
    ],
    ids=["js", "launch", "names-js", "embedded", "aa", "xfa", "submit", "attachment", "next"],
)
def test_a_pdf_that_would_do_something_is_refused(root: dict[str, pikepdf.Object]) -> None:
    with pytest.raises(Unsupported, match="program"):
        sniff(pdf(1, **root))


def test_a_pdf_that_opens_at_a_page_or_links_to_a_web_page_is_accepted() -> None:
    link = Dict(Type=Name.Annot, Subtype=Name.Link, A=Dict(S=Name.URI, URI="https://x.example"))
    assert sniff(pdf(OpenAction=Dict(S=Name.GoTo, D=Array([])), Link=link)).pages == 1


def test_active_content_hidden_in_an_object_stream_is_found() -> None:
    made = pikepdf.new()
    made.add_blank_page()
    made.Root.OpenAction = made.make_indirect(Dict(S=Name.JavaScript, JS="1"))
    out = io.BytesIO()
    made.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert b"JavaScript" not in out.getvalue()
    with pytest.raises(Unsupported, match="program"):
        sniff(out.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_that_was_cut_off_is_refused(kind: str) -> None:
    noise = Image.effect_noise((300, 300), 60)
    out = io.BytesIO()
    noise.save(out, kind)
    with pytest.raises((Invalid, Unsupported)):
        sniff(out.getvalue()[: len(out.getvalue()) // 2])


def test_a_pdf_that_was_cut_off_is_refused() -> None:
    whole = pdf(3)
    for length in (20, 100, len(whole) // 2, len(whole) - 10):
        with pytest.raises(Problem):
            sniff(whole[:length])


def _png_bomb(side: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))
        )

    head = struct.pack("!IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(10**6)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8_100, 10_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(TooLarge, match="64 million"):
        sniff(_png_bomb(side))


def test_a_bomb_inside_a_pdf_is_refused() -> None:
    made = pikepdf.new()
    made.add_blank_page()
    stream = made.make_stream(b"", Subtype=Name.Image, Width=60_000, Height=60_000)
    made.pages[0].Resources = Dict(XObject=Dict(Im=stream))
    out = io.BytesIO()
    made.save(out)
    with pytest.raises(TooLarge):
        sniff(out.getvalue())


def test_an_animation_is_refused() -> None:
    images = [Image.new("RGB", (30, 30), color) for color in ("red", "blue")]
    out = io.BytesIO()
    images[0].save(out, "WEBP", save_all=True, append_images=images[1:])
    with pytest.raises(Unsupported, match="Animated"):
        sniff(out.getvalue())


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_never_pass_and_never_crash(data: bytes) -> None:
    with pytest.raises(Problem):
        sniff(data)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(["JPEG", "PNG", "PDF", "TIFF"]))
def test_a_damaged_file_passes_or_is_refused_but_never_crashes(
    at: int, byte: int, kind: str
) -> None:
    whole = bytearray(pdf(2) if kind == "PDF" else picture((64, 48), kind))
    whole[at % len(whole)] = byte
    try:
        sniff(bytes(whole))
    except Problem as problem:
        said = problem
    else:
        return
    assert said.vi != said.en
