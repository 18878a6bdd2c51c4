"""What signing draws on a page: the picture of a signature, and the code of the paper copy.

Both keep PDF/A-2b (ISO 19005-2): pictures bring their fonts embedded, the code is made of black rectangles
in DeviceGray, which the document's output intent covers (section 6.2.4.3).
"""

import binascii
import io
import os
from typing import Any

import segno
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import StaticStampStyle

from motcua.documents.render import Place
from motcua.files.qr import paper_code


class Update(IncrementalPdfFileWriter):
    """An update that leaves the version alone: PDF/A-2 is PDF 1.7.

    For ECDSA pyHanko declares the extension of ISO/TS 32002, which is enough, and also claims PDF 2.0.
    """

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        if version < (2, 0):
            super().ensure_output_version(version)  # type: ignore[no-untyped-call]


class _Picture(PdfContent):
    """The first page of a PDF in memory as the picture of a signature; pyHanko only imports from a path."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        super().__init__()

    def render(self) -> bytes:
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._pdf)))
        name = b"/Stamp" + binascii.hexlify(os.urandom(8))
        self.resources.xobject[name.decode("ascii")] = page
        left, low, right, high = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(high - low))
        return name + b" Do"


def stamp_style(stamp: bytes) -> Any:
    """Return how pyHanko lays a one-page PDF over the whole place of a signature."""
    whole = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MID,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(0, 0, 0, 0),
    )
    return StaticStampStyle(background=_Picture(stamp), border_width=0, background_layout=whole)


def draw_code(writer: IncrementalPdfFileWriter, place: Place, text: str) -> None:
    """Draw the QR code of a text into a place of a page, as an artifact: its caption says what it is.

    It goes below what is there, in a state of its own: nobody knows in which state the page's drawing ends.
    """
    stream = generic.StreamObject(stream_data=_rectangles(paper_code(text), place))
    writer.add_stream_to_page(  # type: ignore[no-untyped-call]
        place.page, writer.add_object(stream), prepend=True
    )


def _rectangles(code: segno.QRCode, place: Place) -> bytes:
    """Return drawing operators: each run of dark modules in a row is one rectangle."""
    rows = [bytes(row) for row in code.matrix]
    module = min(place.x2 - place.x1, place.y2 - place.y1) / len(rows)
    left = (place.x1 + place.x2 - module * len(rows)) / 2
    drawn = ["/Artifact BMC q 0 g"]
    for down, row in enumerate(rows):
        low = place.y2 - (down + 1) * module
        for start, length in _runs(row):
            x, width = left + start * module, length * module
            drawn.append(f"{x:.3f} {low:.3f} {width:.3f} {module:.3f} re")
    return "\n".join([*drawn, "f Q EMC"]).encode()


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Return start and length of each run of dark modules."""
    found: list[tuple[int, int]] = []
    for at, dark in enumerate(row):
        if dark and found and sum(found[-1]) == at:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((at, 1))
    return found
