"""What people type or scan, read leniently: names, phone numbers, dates, in every usual spelling."""

import re
import unicodedata
from datetime import date

from motcua.errors import Invalid
from motcua.text import nfc

_SEPARATORS = re.compile(r"[\s.\-()/]+")
_MOBILE = re.compile(r"0[35789]\d{8}")
_DATE = re.compile(r"(\d{1,2})[\s./\-]+(\d{1,2})[\s./\-]+(\d{4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_RUN_DATE = re.compile(r"(\d{2})(\d{2})(\d{4})")
_EARLIEST = date(1900, 1, 1)

# A Vietnamese vowel carries a shape (circumflex, breve, horn) and above or below it a tone. Unicode keeps
# marks of one class in the order in which they were typed, and only "shape, then tone" composes.
_SHAPES = "\u0302\u0306\u031b"
_ETH = str.maketrans(
    {"\u00d0": "Đ", "\u0189": "Đ", "\u00f0": "đ"}
)  # letters that only look like Đ, đ
_MOJIBAKE = re.compile("[ÃÂÄÆ][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|á[º»]")


def vietnamese(value: str) -> str:
    """Return the stored form of Vietnamese text whatever typed it.

    Repairs marks in the wrong order, letters that only look like ``Đ``, and UTF-8 that a keyboard-wedge
    reader typed byte by byte; then NFC and single spaces.
    """
    value = _undo_mojibake(value).translate(_ETH)
    clusters: list[str] = []
    for char in unicodedata.normalize("NFD", value):
        if clusters and unicodedata.combining(char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return nfc("".join(_compose(cluster) for cluster in clusters))


def parse_date(
    text: str, *, field: str = "date", earliest: date = _EARLIEST, latest: date | None = None
) -> date:
    """Read ``5/9/1990`` (day first), ``05-09-1990``, ``05091990`` or ``1990-09-05``.

    Raises ``Invalid`` for what is no day of the calendar or lies outside ``earliest`` to ``latest``.
    """
    day = _calendar_day(text.strip())
    if day is None:
        raise Invalid(
            said := "Nhập ngày theo dạng ngày/tháng/năm, ví dụ 05/09/1990.",
            "Enter the date as day/month/year, for example 05/09/1990.",
            fields={field: said},
        )
    if day < earliest or (latest is not None and day > latest):
        raise Invalid(
            said := "Ngày này nằm ngoài khoảng cho phép; vui lòng kiểm tra lại năm.",
            "This date is out of range; please check the year.",
            fields={field: said},
        )
    return day


def parse_phone(text: str, *, field: str = "phone") -> str:
    """Read a Vietnamese mobile number with spaces, dots, ``+84`` or ``84``; return ``0912345678``."""
    digits = _SEPARATORS.sub("", nfc(text))
    if digits.startswith(("+84", "0084", "84")) and len(digits) > 10:
        digits = "0" + digits.removeprefix("+").removeprefix("00").removeprefix("84").removeprefix(
            "0"
        )
    if not _MOBILE.fullmatch(digits) or not digits.isascii():
        raise Invalid(
            said := "Nhập số điện thoại di động gồm 10 chữ số, ví dụ 0912 345 678.",
            "Enter a mobile number of 10 digits, for example 0912 345 678.",
            fields={field: said},
        )
    return digits


def _calendar_day(text: str) -> date | None:
    if not text.isascii():
        return None
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = match.groups()
    elif match := _DATE.fullmatch(text) or _RUN_DATE.fullmatch(text):
        day, month, year = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _compose(cluster: str) -> str:
    shape = "".join(c for c in cluster[1:] if c in _SHAPES)
    tone = "".join(c for c in cluster[1:] if c not in _SHAPES)
    return unicodedata.normalize("NFC", cluster[:1] + shape + tone)


def _undo_mojibake(value: str) -> str:
    if not _MOJIBAKE.search(value):
        return value
    for charset in ("cp1252", "latin-1"):
        try:
            return value.encode(charset).decode("utf-8")
        except UnicodeError:
            continue
    return value
