"""A ticket as the dots of a thermal printer.

Printers know Western letters at most, so the whole ticket is a picture: laid out by the documents' compiler,
whose own font holds every Vietnamese letter, and sent as raster lines (ESC/POS ``GS v 0``).
"""

import io
import json
import re
import unicodedata
from pathlib import Path

import msgspec
import typst
from PIL import Image

from motcua.files.qr import qr_image_svg
from motcua.station.slips import Slip

ROLLS = {58: 384, 80: 576}
"""Dots across the paper, by its width in millimetres: the head prints 8 dots per millimetre."""

_TEMPLATE = Path(__file__).with_name("slip.typ")
_MODULES = re.compile(r'width="(\d+)"')
_WHITE = 168  # what is lighter than this stays white: thin strokes of the letters are kept
# Known printers of that width: the library wants to know how many dots there are.
_PROFILES = {384: "RP-F10-58mm", 576: "RP-F10-80mm"}


def draw(slip: Slip, width: int = 80) -> Image.Image:
    """Return the ticket in black and white, as wide as a roll of ``width`` millimetres (58 or 80) prints."""
    data = {
        **msgspec.to_builtins(slip),
        "dots": ROLLS[width],
        **_code("", slip.link),
        **_code("dossier_", slip.dossier),
    }
    text = unicodedata.normalize("NFC", json.dumps(data, ensure_ascii=False))
    drawn = typst.compile(
        _TEMPLATE.read_bytes(),
        format="png",
        ppi=72.0,
        ignore_system_fonts=True,
        sys_inputs={"data": text},
    )
    if not isinstance(drawn, bytes):
        raise TypeError("a ticket is one page")
    with Image.open(io.BytesIO(drawn)) as picture:
        grey = picture.convert("L")
    # By a threshold, not by dithering: a scattered edge of a letter or of a QR code is a blot on paper.
    return grey.point([0] * _WHITE + [255] * (256 - _WHITE)).convert("1")


def commands(picture: Image.Image) -> bytes:
    """Return what a printer is sent: the raster lines, some paper, and a cut."""
    from escpos.printer import Dummy  # type: ignore[import-untyped]

    printer = Dummy(profile=_PROFILES[picture.width])
    printer.hw("INIT")
    printer.image(picture, impl="bitImageRaster", fragment_height=256)
    printer.cut()
    return bytes(printer.output)


def _code(name: str, link: str) -> dict[str, object]:
    """Return a QR code and how many modules it is wide; an empty text gives none."""
    if not link:
        return {f"{name}qr": "", f"{name}modules": 0}
    svg = qr_image_svg(link)
    found = _MODULES.search(svg)
    if found is None:
        raise ValueError("a QR code without a width")
    return {f"{name}qr": svg, f"{name}modules": int(found[1])}
