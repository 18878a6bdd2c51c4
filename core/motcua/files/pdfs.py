"""Opening PDFs that strangers sent: no password, no program inside, no second file inside."""

import io
from collections.abc import Iterator
from functools import cache

import pikepdf

from motcua.errors import Invalid, Problem, TooLarge, Unsupported
from motcua.files.images import MAX_PIXELS

MAX_PAGES = 500
_MAX_OBJECTS = 200_000
_MAX_INFLATED = 256 * 1024 * 1024

# ISO 32000-2: 12.6.4 actions that start something or leave the document, 7.11.4 embedded files,
# 13 multimedia, 12.7.8 XFA. A link to a page (/GoTo, /URI) is harmless.
_ACTIONS = frozenset(
    [
        "/JavaScript",
        "/Launch",
        "/GoToR",
        "/GoToE",
        "/SubmitForm",
        "/ImportData",
        "/Movie",
        "/Sound",
        "/Rendition",
        "/RichMedia",
        "/RichMediaExecute",
    ]
)
_SUBTYPES = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})
_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/AA"})


@cache
def _set_limits() -> None:
    """Bound what one stream may grow to; qpdf keeps this per process, so it is set once."""
    pikepdf.settings.set_qpdf_limits(flate_max_memory=_MAX_INFLATED)


def open_pdf(data: bytes) -> pikepdf.Pdf:
    """Open a PDF; the caller closes it (``with``).

    Raises ``Unsupported`` when a password is needed, ``Invalid`` when it cannot be read.
    """
    _set_limits()
    try:
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
    except pikepdf.PasswordError as error:
        raise _locked() from error
    except Exception as error:  # a parser fed with broken bytes raises whatever it likes
        raise _damaged() from error
    if pdf.is_encrypted:  # an owner password alone: opens, but forbids copying or printing
        pdf.close()
        raise _locked()
    return pdf


def page_count(pdf: pikepdf.Pdf) -> int:
    """Return the number of pages; ``Invalid`` when there is none, ``TooLarge`` above ``MAX_PAGES``."""
    try:
        count = len(pdf.pages)
    except Exception as error:  # as above
        raise _damaged() from error
    if count == 0:
        raise _damaged()
    if count > MAX_PAGES:
        raise TooLarge(
            f"Tệp PDF có {count} trang; tối đa {MAX_PAGES} trang. Vui lòng tách thành nhiều tệp.",
            f"The PDF has {count} pages; the limit is {MAX_PAGES}. Please split it.",
        )
    return count


def refuse_active(pdf: pikepdf.Pdf) -> None:
    """Raise ``Unsupported`` when the PDF holds a program, a launch action or another file."""
    if len(pdf.objects) > _MAX_OBJECTS:
        raise _damaged()
    try:
        for value in _containers(pdf):
            _refuse_active_object(value)
    except Problem:
        raise
    except Exception as error:  # as above
        raise _damaged() from error


def is_signed(pdf: pikepdf.Pdf) -> bool:
    """Whether it carries a digital signature, which any rewriting would destroy."""
    form = pdf.Root.get("/AcroForm")
    flags = form.get("/SigFlags", 0) if isinstance(form, pikepdf.Dictionary) else 0
    return isinstance(flags, int) and bool(flags & 1)


def _containers(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield every dictionary and stream: the indirect objects and what lies directly in them."""
    pending = list(pdf.objects)
    pending.append(pdf.trailer)
    while pending:
        value = pending.pop()
        if isinstance(value, pikepdf.Array):
            pending.extend(v for v in value if _is_direct_container(v))
        elif isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            yield value
            pending.extend(v for _, v in value.items() if _is_direct_container(v))


def _is_direct_container(value: object) -> bool:
    return isinstance(value, pikepdf.Array | pikepdf.Dictionary) and not value.is_indirect


def _refuse_active_object(value: pikepdf.Object) -> None:
    keys = set(value.keys())
    kinds = {str(value.get("/S", "")), str(value.get("/Subtype", ""))}
    if keys & _KEYS or kinds & (_ACTIONS | _SUBTYPES) or value.get("/Type") == "/EmbeddedFile":
        raise Unsupported(
            "Tệp PDF có chứa chương trình, hành động tự chạy hoặc tệp đính kèm nên không được chấp "
            "nhận. Vui lòng in lại thành PDF thường (chọn In, rồi Lưu dưới dạng PDF).",
            "The PDF contains a program, an automatic action or an attached file, so it is not "
            "accepted. Please print it to a plain PDF (choose Print, then Save as PDF).",
        )
    width, height = value.get("/Width", 0), value.get("/Height", 0)
    is_image = str(value.get("/Subtype", "")) == "/Image"
    if is_image and int(width) * int(height) > MAX_PIXELS:
        raise TooLarge(
            f"Tệp PDF có ảnh quá lớn; tối đa {MAX_PIXELS // 1_000_000} triệu điểm ảnh mỗi ảnh.",
            f"The PDF holds a picture of more than {MAX_PIXELS // 1_000_000} million pixels.",
        )


def _locked() -> Unsupported:
    return Unsupported(
        "Tệp PDF được bảo vệ bằng mật khẩu; vui lòng bỏ mật khẩu rồi gửi lại.",
        "The PDF is protected by a password; please remove the password and send it again.",
    )


def _damaged() -> Invalid:
    return Invalid(
        "Tệp PDF bị hỏng hoặc chưa tải lên đủ; vui lòng tải lại hoặc xuất lại tệp.",
        "The PDF is damaged or incomplete; please upload or export it again.",
    )
