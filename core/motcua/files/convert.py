"""One PDF from what was photographed or scanned: every paper of a dossier is kept and read as a PDF.

Pictures within A4 at 200 dpi go in as they are (no second compression); larger ones are scaled to that,
which keeps 8-point print readable. Personal data that cameras add (place, device) does not go in. The
same input gives the same bytes, so the store keeps it once.
"""

import io
from collections.abc import Iterator, Sequence

import img2pdf  # type: ignore[import-untyped]
import pikepdf
from PIL import ExifTags, Image, ImageOps

from motcua.errors import Invalid, TooLarge
from motcua.files.images import PixelBudget, frames, open_image
from motcua.files.jpeg import strip_metadata
from motcua.files.pdfs import open_pdf, page_count
from motcua.files.sniff import PDF, Sniffed, sniff

A4_AT_200_DPI = (1654, 2339)
MAX_PARTS = 30
_QUALITY = 85
_ROTATION = {
    1: 0,
    3: 180,
    6: 90,
    8: 270,
}  # Exif orientation -> degrees clockwise; others are mirrored


def to_pdf(files: Sequence[bytes]) -> bytes:
    """Return one PDF of all files (pictures and PDFs) in their order.

    A single PDF that carries a digital signature comes back byte for byte; together with other files it
    is ``Invalid``, because joining would destroy the signature. ``TooLarge`` above ``MAX_PARTS`` files, and
    above the pixels that one upload may decode. Other errors: as ``sniff``.
    """
    if not files:
        raise Invalid("Chưa có tệp nào.", "There is no file.")
    if len(files) > MAX_PARTS:
        raise TooLarge(
            f"Có {len(files)} tệp; tối đa {MAX_PARTS} tệp cho mỗi lần gửi. Vui lòng gửi làm nhiều lần.",
            f"There are {len(files)} files; send at most {MAX_PARTS} at a time.",
        )
    budget = PixelBudget()
    kinds = [sniff(data, budget=budget) for data in files]  # all are judged before one is converted
    parts = [
        part
        for data, kind in zip(files, kinds, strict=True)
        for part in _parts(data, kind, alone=len(files) == 1)
    ]
    return parts[0] if len(parts) == 1 else _joined(parts)


def count_pages(pdf: bytes) -> int:
    """Return the number of pages of a PDF; errors as ``open_pdf``."""
    with open_pdf(pdf) as opened:
        return page_count(opened)


def _parts(data: bytes, kind: Sniffed, *, alone: bool) -> Iterator[bytes]:
    if kind.mime != PDF:
        yield from _image_pages(data)
    elif not kind.signed:
        yield _normalised(data)
    elif alone:
        yield data
    else:
        raise Invalid(
            "Tệp PDF đã ký số phải được gửi riêng, không ghép chung với tệp khác.",
            "A digitally signed PDF has to be sent on its own, not joined with other files.",
        )


def _normalised(data: bytes) -> bytes:
    with open_pdf(data) as pdf:
        return _saved(pdf)


def _joined(parts: Sequence[bytes]) -> bytes:
    with pikepdf.new() as whole:
        for part in parts:
            with open_pdf(part) as pdf:
                whole.pages.extend(pdf.pages)
        return _saved(whole)


def _saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.remove_unreferenced_resources()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _image_pages(data: bytes) -> Iterator[bytes]:
    with open_image(data) as image:
        turn = _ROTATION.get(image.getexif().get(ExifTags.Base.Orientation, 1))
        if image.format in {"JPEG", "MPO"} and turn is not None and _fits(image):
            yield _page(strip_metadata(data), turn)
            return
        if not _fits(image) and image.format != "TIFF":
            image.thumbnail(_box(image), Image.Resampling.LANCZOS)  # JPEG: decodes at reduced size
        for frame in frames(image):
            yield _page(_encoded(frame), 0)


def _encoded(frame: Image.Image) -> bytes:
    """Encode without loss what is small or black-and-white, as JPEG what had to be scaled."""
    photo = frame.format in {"JPEG", "MPO", "WEBP"}
    picture = _plain(ImageOps.exif_transpose(frame))
    if picture.mode != "1" and not _fits(picture):
        picture.thumbnail(_box(picture), Image.Resampling.LANCZOS)
        photo = True
    out = io.BytesIO()
    if photo:
        picture.save(out, "JPEG", quality=_QUALITY, optimize=True)
    else:
        picture.save(out, "PNG", optimize=picture.mode == "1")
    return out.getvalue()


def _plain(image: Image.Image) -> Image.Image:
    """Return a copy in black-and-white, grey or RGB; what is transparent lies on white paper."""
    if image.mode in {"1", "L", "RGB"} and "transparency" not in image.info:
        plain = image.copy()
    elif image.mode.startswith("I"):
        plain = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.has_transparency_data:
        plain = Image.new("RGB", image.size, "white")
        rgba = image.convert("RGBA")
        plain.paste(rgba, mask=rgba.getchannel("A"))
    else:
        plain = image.convert("RGB")
    plain.info = {}
    return plain


def _page(picture: bytes, turn: int) -> bytes:
    layout = img2pdf.get_layout_fun(
        (img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297)), fit=img2pdf.FitMode.into, auto_orient=True
    )
    rotation = img2pdf.Rotation[str(turn)]
    return bytes(
        # The other engine writes an identifier made from the time: the same picture would be two papers.
        img2pdf.convert(
            picture,
            layout_fun=layout,
            rotation=rotation,
            nodate=True,
            producer="",
            engine=img2pdf.Engine.internal,
        )
    )


def _box(image: Image.Image) -> tuple[int, int]:
    short, long = A4_AT_200_DPI
    return (long, short) if image.width > image.height else (short, long)


def _fits(image: Image.Image) -> bool:
    width, height = _box(image)
    return image.width <= width and image.height <= height
