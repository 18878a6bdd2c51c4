"""A marked copy for looking at: across every page stands for whom it is, what for and when.

It is made anew for each look and kept nowhere. The signature does not survive the mark, so its field is
taken out: what is shown says of itself that it is only a view.
"""

import io
from collections.abc import Mapping
from datetime import datetime

import pikepdf
from anyio import to_thread

from motcua.documents.render import render_document
from motcua.files.pdfs import open_pdf, page_count
from motcua.text import vn_moment

_LONGEST = 60


async def marked(pdf: bytes, recipient: str, purpose: str, at: datetime) -> bytes:
    """Return a copy of a PDF with the mark over each page; ``Invalid`` when it cannot be read."""
    data = _words(recipient, purpose, at)
    overlay = await render_document("mark", data, at=at)
    return await to_thread.run_sync(_laid, pdf, overlay.pdf)


def _words(recipient: str, purpose: str, at: datetime) -> Mapping[str, str]:
    return {
        "line": f"BẢN XEM – chia sẻ cho {_short(recipient)} – {vn_moment(at)}",
        "foot": f"Bản xem, không thay bản chính. Mục đích: {_short(purpose)}. Mở lúc {vn_moment(at)}.",
    }


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _laid(pdf: bytes, overlay: bytes) -> bytes:
    out = io.BytesIO()
    with open_pdf(pdf) as paper, open_pdf(overlay) as mark:
        page_count(paper)
        paper.flatten_annotations("all")  # what a signature drew stays, as a drawing
        if "/AcroForm" in paper.Root:
            del paper.Root.AcroForm
        stamp = pikepdf.Page(mark.pages[0])
        for page in paper.pages:
            if "/Annots" in page:
                del page.Annots
            pikepdf.Page(page).add_overlay(stamp, pikepdf.Rectangle(page.mediabox))
        paper.save(out)
    return out.getvalue()
