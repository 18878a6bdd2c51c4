"""What a file truly is, judged by its content; its name and the browser's word count for nothing.

Two judges must agree: ``puremagic`` (signatures, which also knows what pretends to be something else)
and a real parse by Pillow or pikepdf. What stays is safe to keep and to hand to an officer's viewer.
"""

import io
import re
import zipfile
from dataclasses import dataclass

import puremagic

from motcua.errors import Invalid, Problem, TooLarge, Unsupported
from motcua.files.images import MAX_PIXELS, PixelBudget, frames, mime_of, open_image
from motcua.files.pdfs import is_signed, open_pdf, page_count, refuse_active

MAX_BYTES = 20 * 1024 * 1024
PDF = "application/pdf"
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    PDF: ".pdf",
}

_PDF_HEAD = re.compile(rb"%PDF-[12]\.\d[ \t]*[\r\n]")
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|script|svg|\?php|iframe|body|%)[\s>=]", re.IGNORECASE
)
_PDF_HEAD_WINDOW = 1024  # readers look for %PDF- this far into a file (ISO 32000-1 annex H.3)
_PDF_TAIL_WINDOW = 2048
_BROWSER_WINDOW = 1445  # browsers guess a type from so many bytes (WHATWG MIME sniffing)
_VERDICT = 0.3  # below this puremagic guesses by two bytes


@dataclass(frozen=True)
class Sniffed:
    """A file that may be kept. ``width`` and ``height`` are pixels of the first picture, 0 for a PDF.

    ``signed`` says that a PDF carries a digital signature and must not be rewritten.
    """

    mime: str
    size: int
    pages: int
    width: int = 0
    height: int = 0
    signed: bool = False

    @property
    def suffix(self) -> str:
        """The ending to give the file's name, with its dot."""
        return SUFFIXES[self.mime]

    @property
    def is_image(self) -> bool:
        """Whether it is a picture and not a PDF."""
        return self.mime != PDF


def sniff(
    data: bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    budget: PixelBudget | None = None,
) -> Sniffed:
    """Decide what the file is, or refuse it with a sentence that says what to do.

    Accepts JPEG, PNG, WebP (still), TIFF (also of several pages) and PDF. Raises ``Invalid`` (empty,
    damaged, cut off), ``TooLarge`` (bytes, pixels, pages), ``Unsupported`` (everything else, PDF with a
    password or active content, and a file that is two things at once). ``budget`` is shared by the files
    of one upload: what they may decode together.
    """
    _refuse_size(data, max_bytes)
    mime = _claimed_type(data)
    _refuse_second_face(data, mime)
    if mime == PDF:
        return _sniff_pdf(data)
    image = open_image(data, max_pixels=max_pixels)
    with image:
        if mime_of(image) != mime:
            raise _unsupported()
        width, height = image.size
        if image.format == "JPEG":
            if budget:
                budget.spend(image)
                budget = None
            image.draft("L", (max(1, width // 8), max(1, height // 8)))  # reads all, decodes little
        pages = sum(1 for _ in frames(image, max_pixels=max_pixels, budget=budget))
    return Sniffed(mime, len(data), pages, width, height)


def in_words(size: int) -> str:
    """Write a limit for people: ``20 MB``, ``512 KB``."""
    return f"{size // 1024**2} MB" if size >= 1024**2 else f"{max(1, size // 1024)} KB"


def _refuse_size(data: bytes, max_bytes: int) -> None:
    if not data:
        raise Invalid(
            "Tệp trống, không có nội dung; vui lòng chọn lại tệp.",
            "The file is empty; please choose it again.",
        )
    if len(data) > max_bytes:
        raise TooLarge(
            f"Tệp lớn hơn {in_words(max_bytes)}. Vui lòng quét ở độ phân giải thấp hơn (200 dpi là đủ)"
            " hoặc tách thành nhiều tệp.",
            f"The file is larger than {in_words(max_bytes)}. Please scan it at a lower resolution "
            "(200 dpi is enough) or split it.",
        )


def _claimed_type(data: bytes) -> str:
    """Return the accepted type that the first bytes claim and that no stronger signature contradicts."""
    found: dict[str, float] = {}
    try:
        for match in puremagic.magic_string(data):
            found[match.mime_type] = max(found.get(match.mime_type, 0.0), match.confidence)
    except puremagic.PureError:
        raise _unsupported() from None
    accepted = [(confidence, mime) for mime, confidence in found.items() if mime in SUFFIXES]
    if not accepted:
        raise _unsupported_named(found)
    confidence, mime = max(accepted)
    if max(found.values()) > confidence or confidence < _VERDICT:
        raise _unsupported_named(found)
    return mime


def _refuse_second_face(data: bytes, mime: str) -> None:
    """Refuse polyglots: one viewer would show a paper where another runs a page or unpacks an archive."""
    if _holds_zip(data) or _MARKUP.search(data, 0, _BROWSER_WINDOW):
        raise _two_faced()
    if mime == PDF:
        tail = data[-_PDF_TAIL_WINDOW:].rpartition(b"%%EOF")
        if not _PDF_HEAD.match(data) or not tail[1]:
            raise (
                _two_faced()
                if tail[1]
                else Invalid(
                    "Tệp PDF bị hỏng hoặc chưa tải lên đủ; vui lòng tải lại hoặc xuất lại tệp.",
                    "The PDF is damaged or incomplete; please upload or export it again.",
                )
            )
        if tail[2].strip(b"\r\n\t \0"):
            raise _two_faced()
    elif b"%PDF-" in data[:_PDF_HEAD_WINDOW] or _MARKUP.search(data, max(0, len(data) - 65_536)):
        raise _two_faced()


def _holds_zip(data: bytes) -> bool:
    """Whether an archive hangs at the end: four bytes alone could be chance, a readable index is not."""
    if b"PK\x05\x06" not in data[-65_600:]:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return bool(archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return False


def _sniff_pdf(data: bytes) -> Sniffed:
    with open_pdf(data) as pdf:
        pages = page_count(pdf)
        refuse_active(pdf)
        return Sniffed(PDF, len(data), pages, signed=is_signed(pdf))


def _unsupported() -> Unsupported:
    return Unsupported(
        "Loại tệp này không được chấp nhận; vui lòng gửi ảnh (JPEG, PNG, WebP, TIFF) hoặc tệp PDF.",
        "This kind of file is not accepted; please send a picture (JPEG, PNG, WebP, TIFF) or a PDF.",
    )


def _unsupported_named(found: dict[str, float]) -> Problem:
    if any(mime.startswith(("image/heif", "image/heic")) for mime in found):
        return Unsupported(
            "Ảnh HEIC của điện thoại chưa được chấp nhận; trong phần cài đặt máy ảnh hãy chọn định dạng "
            "“Tương thích nhất” (JPEG) rồi chụp lại.",
            "HEIC pictures are not accepted; choose “Most compatible” (JPEG) in the camera settings "
            "and take the picture again.",
        )
    return _unsupported()


def _two_faced() -> Unsupported:
    return Unsupported(
        "Tệp chứa hai loại nội dung khác nhau nên không an toàn; vui lòng chụp, quét hoặc xuất lại tệp.",
        "The file is two kinds of file at once, which is not safe; please scan or export it again.",
    )
