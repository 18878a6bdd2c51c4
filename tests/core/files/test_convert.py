import io

import pikepdf
import pytest
from PIL import Image

from motcua.errors import Invalid, Unsupported
from motcua.files.convert import A4_AT_200_DPI, count_pages, to_pdf
from motcua.files.jpeg import strip_metadata

from .samples import pdf, picture, tiff, turned_picture

A4 = (595, 842)


def _pages(data: bytes) -> list[tuple[int, int, int]]:
    with pikepdf.open(io.BytesIO(data)) as opened:
        return [
            (round(p.mediabox[2]), round(p.mediabox[3]), int(p.obj.get("/Rotate", 0)))
            for p in opened.pages
        ]


def _embedded(data: bytes) -> list[Image.Image]:
    with pikepdf.open(io.BytesIO(data)) as opened:
        found = [image for page in opened.pages for image in page.get_images().values()]
        return [pikepdf.PdfImage(i).as_pil_image() for i in found if isinstance(i, pikepdf.Stream)]


def test_several_pictures_become_one_pdf_on_a4() -> None:
    made = to_pdf([picture((600, 800)), picture((800, 600), "PNG"), picture((300, 300), "WEBP")])
    assert count_pages(made) == 3
    assert [page[:2] for page in _pages(made)][:2] == [A4, A4[::-1]]


def test_a_small_jpeg_goes_in_without_a_second_compression() -> None:
    data = picture((1000, 1400))
    assert strip_metadata(data) in to_pdf([data])


def test_an_oversize_photo_is_scaled_to_a4_at_200_dpi() -> None:
    made = to_pdf([picture((4000, 3000))])
    image = _embedded(made)[0]
    assert (image.width, image.height) == (2205, A4_AT_200_DPI[0])
    assert len(made) < 200_000


@pytest.mark.parametrize(("orientation", "turn"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_a_turned_photo_is_shown_upright(orientation: int, turn: int) -> None:
    assert _pages(to_pdf([turned_picture(orientation)]))[0][2] == turn


@pytest.mark.parametrize("orientation", [2, 4, 5, 7])
def test_a_mirrored_photo_is_shown_upright(orientation: int) -> None:
    image = _embedded(to_pdf([turned_picture(orientation)]))[0].convert("L")
    corners = [image.getpixel((x, y)) for x in (5, image.width - 6) for y in (5, image.height - 6)]
    dark = [value < 100 for value in corners if isinstance(value, int | float)]
    expected = {2: [0, 0, 1, 0], 4: [0, 1, 0, 0], 5: [1, 0, 0, 0], 7: [0, 0, 0, 1]}[orientation]
    assert [int(d) for d in dark] == expected


def test_an_oversize_turned_photo_is_upright_too() -> None:
    image = _embedded(to_pdf([turned_picture(6, (4000, 3000))]))[0]
    assert image.height > image.width


def test_place_and_device_of_a_photo_do_not_go_into_the_pdf() -> None:
    data = turned_picture(6)
    assert b"SYNTHETIC-CAMERA" in data
    assert b"SYNTHETIC-CAMERA" not in to_pdf([data])


def test_stripping_keeps_the_picture_pixel_for_pixel() -> None:
    for data in (
        turned_picture(1),
        picture(progressive=True),
        picture(mode="L"),
        picture(mode="CMYK"),
    ):
        before, after = (
            Image.open(io.BytesIO(d)) for d in (data, strip_metadata(data + b"trailer"))
        )
        assert list(before.tobytes()) == list(after.tobytes())


def test_what_is_transparent_lies_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    assert _embedded(to_pdf([out.getvalue()]))[0].getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "I;16", "RGB"])
def test_every_colour_mode_becomes_a_page(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (60, 80)).save(out, "PNG")
    assert count_pages(to_pdf([out.getvalue()])) == 1


def test_a_sixteen_bit_scan_keeps_its_brightness() -> None:
    out = io.BytesIO()
    Image.new("I;16", (60, 80), 40_000).save(out, "PNG")
    assert _embedded(to_pdf([out.getvalue()]))[0].getpixel((5, 5)) == 156


def test_every_page_of_a_tiff_becomes_a_page_and_black_and_white_is_not_scaled() -> None:
    made = to_pdf([tiff(3, size=(2480, 3508))])
    images = _embedded(made)
    assert [(i.width, i.height) for i in images] == [(2480, 3508)] * 3


def test_pdfs_and_pictures_are_joined_in_order() -> None:
    assert count_pages(to_pdf([pdf(2), picture(), pdf(1)])) == 4


def test_the_same_input_gives_the_same_bytes() -> None:
    files = [picture((4000, 3000)), pdf(2), picture(kind="PNG")]
    assert to_pdf(files) == to_pdf(files)


def _signed() -> bytes:
    return pdf(AcroForm=pikepdf.Dictionary(SigFlags=3, Fields=pikepdf.Array([])))


def test_a_signed_pdf_comes_back_byte_for_byte_and_is_never_joined() -> None:
    assert to_pdf([_signed()]) == _signed()
    with pytest.raises(Invalid, match="signed"):
        to_pdf([_signed(), picture()])


def test_nothing_and_foreign_files_are_refused() -> None:
    with pytest.raises(Invalid):
        to_pdf([])
    with pytest.raises(Unsupported):
        to_pdf([picture(), b"<html></html>"])
