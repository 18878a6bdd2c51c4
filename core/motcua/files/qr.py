"""Codes on paper: reading them from a picture, making QR codes for screens and documents."""

import html
import io
import re

import segno
import zxingcpp
from PIL import Image

from motcua.files.images import frames, open_image

_LONGEST_SIDE = 4000  # a card in a 12-megapixel photo is found at this size; more only costs time


def read_codes(data: bytes) -> list[str]:
    """Return the texts of all barcodes in a picture (QR, PDF417, Code 128 ...), each once.

    Raises like ``open_image`` for what is not a readable picture. A picture without a code gives ``[]``.
    """
    texts: dict[str, None] = {}
    with open_image(data) as image:
        for frame in frames(image):
            grey = frame.convert("L")
            if max(grey.size) > _LONGEST_SIDE:
                grey.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.BILINEAR)
            for code in zxingcpp.read_barcodes(grey, text_mode=zxingcpp.TextMode.Plain):
                texts.setdefault(_text_of(code))
    return list(texts)


def qr_svg(text: str, *, scale: float = 4, title: str) -> str:
    """Return a QR code as SVG to stand inside a page: ``scale`` CSS pixels a module, quiet zone included.

    ``title`` is what a screen reader says instead ("Mã QR tra cứu hồ sơ ..."). Always black on white: phones
    fail on inverted codes. Raises ``ValueError`` when the text is longer than a QR code holds.
    """
    code = _make(text)
    box = code.symbol_size(scale=scale, border=4)[0]
    svg = code.svg_inline(scale=scale, border=4, dark="#000", light="#fff")
    label = html.escape(title, quote=True)
    # With a view box the code can be sized by style sheets, on paper too.
    head = f'<svg role="img" aria-label="{label}" viewBox="0 0 {box:g} {box:g}" '
    return svg.replace("<svg ", head, 1)


def qr_image_svg(text: str) -> str:
    """Return a QR code as an SVG file of its own, without quiet zone: for documents on white paper."""
    out = io.BytesIO()
    _make(text).save(out, kind="svg", border=0, dark="#000", xmldecl=False)
    return out.getvalue().decode()


def paper_code(text: str) -> segno.QRCode:
    """Return the QR code of a paper's text: before ``#`` an address in capitals, after it base32.

    Capitals and digits take five and a half bits each, other letters eight (ISO/IEC 18004 section 7.3), so
    the parts are encoded by themselves. Level M: a quarter of the paper's code may be spoilt and still read.
    """
    parts = [part for part in re.split("(#)", text) if part]
    # A list of segments is documented; the library's annotation leaves it out.
    return segno.make_qr(parts, error="m")  # type: ignore[arg-type]


def qr_png(text: str, *, scale: int = 8) -> bytes:
    """Return a QR code as PNG, ``scale`` pixels a module, quiet zone included."""
    out = io.BytesIO()
    _make(text).save(out, kind="png", scale=scale, border=4)
    return out.getvalue()


def _make(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m", encoding="utf-8")


def _text_of(code: zxingcpp.Barcode) -> str:
    """Take the bytes as UTF-8 first: the library guesses, and takes short Vietnamese for Japanese."""
    try:
        return code.bytes.decode("utf-8")
    except UnicodeDecodeError:
        return code.text
