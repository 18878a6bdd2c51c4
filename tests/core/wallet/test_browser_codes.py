"""The QR codes of the browser wallet, drawn and read in node, against other people's programs."""

import base64
import io

import pytest
import segno
import zxingcpp
from PIL import Image, ImageDraw

from tests.core.wallet.browser import Run, needs_node, runner

pytestmark = needs_node
LINK = (
    "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fo.example%2Foffers%2F" + "a" * 32
)
TEXTS = ["7", "HELLO WORLD", "https://o.example/verify/ABCD", "Giấy tờ điện tử", LINK, "x" * 400]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return runner(tmp_path_factory.mktemp("wallet"))


def test_what_it_draws_others_read(run: Run) -> None:
    for text, rows in zip(TEXTS, run(*({"job": "code", "text": t} for t in TEXTS)), strict=True):
        size = len(rows)
        image = Image.new("L", (size + 8, size + 8), 255)
        for y, row in enumerate(rows):
            for x, module in enumerate(row):
                if module == "1":
                    image.putpixel((x + 4, y + 4), 0)
        read = zxingcpp.read_barcodes(
            image.resize((image.width * 5,) * 2, Image.Resampling.NEAREST)
        )
        assert [one.text for one in read] == [text]


@pytest.mark.parametrize("level", ["l", "m", "q", "h"])
def test_what_others_draw_it_reads(level: str, run: Run) -> None:
    pictures = [drawn(text, level) for text in TEXTS if len(text) < 300]
    turned = [one.rotate(a, fillcolor=220, expand=True) for one in pictures for a in (17, 90, 200)]
    jobs = [{"job": "picture", **pixels(one)} for one in pictures + turned]
    short = [text for text in TEXTS if len(text) < 300]
    assert run(*jobs) == short + [text for text in short for _ in range(3)]


def test_a_stain_is_mended_and_a_picture_without_a_code_is_none(run: Run) -> None:
    stained = drawn(LINK, "h")
    middle = stained.width // 2
    ImageDraw.Draw(stained).rectangle((middle, middle, middle + 40, middle + 30), fill=20)
    empty = Image.new("L", (300, 200), 128)
    stripes = Image.frombytes("L", (200, 200), bytes(range(200)) * 200)
    jobs = [{"job": "picture", **pixels(one)} for one in (stained, empty, stripes)]
    assert run(*jobs) == [LINK, None, None]


def drawn(text: str, level: str) -> Image.Image:
    """Draw a code on a grey page, as a camera would see it."""
    held = io.BytesIO()
    segno.make(text, error=level, micro=False).save(held, kind="png", scale=5, border=4)
    code = Image.open(held).convert("L")
    picture = Image.new("L", (code.width + 90, code.height + 60), 220)
    picture.paste(code, (50, 20))
    return picture


def pixels(picture: Image.Image) -> dict[str, object]:
    rgba = base64.b64encode(picture.convert("RGBA").tobytes()).decode()
    return {"width": picture.width, "height": picture.height, "rgba": rgba}
