import io
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from motcua.errors import Unsupported
from motcua.files.qr import qr_png, qr_svg, read_codes

from .samples import picture

CARD = (
    "022095012345|100123456|Nguyễn Văn Mẫu|01011995|Nam|Tổ 1, Khu 2, Hồng Gai, Quảng Ninh|15062021"
)


def test_a_code_is_read_back_with_every_vietnamese_letter() -> None:
    assert read_codes(qr_png(CARD)) == [CARD]


@settings(max_examples=30, deadline=None)
@given(
    st.text(
        "aăâbcdđeêghiklmnoôơpqrstuưvxyạảấầẩẫậắằẳẵặẹẻẽềếểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ |,/0123456789",
        min_size=1,
        max_size=120,
    )
)
def test_every_text_survives_the_way_over_paper(text: str) -> None:
    assert read_codes(qr_png(text, scale=4)) == [text]


@pytest.mark.parametrize("turn", [7, 90, 180, 200])
def test_a_small_turned_code_in_a_large_photo_is_found(turn: int) -> None:
    code = Image.open(io.BytesIO(qr_png(CARD, scale=5))).convert("RGB")
    photo = Image.new("RGB", (4000, 3000), "#aab")
    photo.paste(code.rotate(turn, expand=True, fillcolor="white"), (2500, 400))
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=60)
    assert read_codes(out.getvalue()) == [CARD]


def test_several_codes_are_read_each_once() -> None:
    sheet = Image.new("L", (1400, 1400), 255)
    for number, text in enumerate(["one", "two", "one"]):
        sheet.paste(Image.open(io.BytesIO(qr_png(text))), (450 * number, 450 * number))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    assert sorted(read_codes(out.getvalue())) == ["one", "two"]


def test_a_picture_without_a_code_gives_nothing() -> None:
    assert read_codes(picture()) == []


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(Unsupported):
        read_codes(b"%PDF-1.7\n")


def test_the_svg_is_labelled_and_escaped() -> None:
    root = ElementTree.fromstring(qr_svg("https://x.example/?a=1&b=2", title='Mã "QR" <hồ sơ>'))  # noqa: S314
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'Mã "QR" <hồ sơ>'
    assert float(root.get("width") or 0) > 100


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="Data too large"):
        qr_svg("x" * 4000, title="x")
