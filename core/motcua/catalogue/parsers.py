"""What people type in Viet Nam, read as values; the sentences of refusal are part of the product.

Every parser takes text that is already NFC and stripped, and raises ``FieldError``.
"""

import re
from datetime import date

from motcua.text import fold

_PID = re.compile(r"0[0-9]{11}")
_PHONE = re.compile(r"0(?:[35789][0-9]{8}|2[0-9]{9})")
_DAY_FIRST = re.compile(
    r"(?:ngay )?([0-9]{1,2})(?: ?[./-] ?| thang | )([0-9]{1,2})(?: ?[./-] ?| nam | )([0-9]{4})"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_EIGHT_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_CURRENCY = re.compile(r" ?(?:d|dong|vnd)$")
_GROUPED = re.compile(r"[0-9]{1,3}([., ])[0-9]{3}(?:\1[0-9]{3})*|[0-9]+")
_COUNT = re.compile(r"-?[0-9]{1,9}")


class FieldError(ValueError):
    """One field is not right: the sentence beside it, in both languages."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi, self.en = vi, en

    def say(self, lang: str) -> str:
        """Return the sentence in English for ``en``, in Vietnamese otherwise."""
        return self.en if lang == "en" else self.vi


def parse_pid(text: str) -> str:
    """Return a personal id as 12 digits.

    Spaces, dots and hyphens are dropped. The id has no check digit; only its form and the province of
    birth registration (001-096 of the list before July 2025) can be checked.
    """
    digits = re.sub(r"[ .\-]", "", text)
    if re.fullmatch(r"[0-9]{9}", digits):
        raise FieldError(
            "Đây là số CMND cũ (9 số); hãy nhập số định danh cá nhân gồm 12 số",
            "This is an old 9-digit number; enter the 12-digit personal id",
        )
    if not _PID.fullmatch(digits) or not 1 <= int(digits[:3]) <= 96:
        raise FieldError(
            "Số định danh cá nhân gồm 12 số, bắt đầu bằng số 0, ghi trên thẻ căn cước",
            "The personal id has 12 digits and begins with 0; it is on the identity card",
        )
    return digits


def parse_phone(text: str) -> str:
    """Return a Vietnamese telephone number in its domestic form: ``+84 912.345.678`` -> ``0912345678``."""
    digits = re.sub(r"[ .\-()]", "", text)
    digits = re.sub(r"^(?:\+84|0084|84(?=[0-9]{9,10}$))0?", "0", digits)
    if not _PHONE.fullmatch(digits):
        raise FieldError(
            "Số điện thoại chưa đúng; ví dụ: 0912 345 678",
            "The telephone number is not right; for example: 0912 345 678",
        )
    return digits


def parse_date(text: str) -> date:
    """Return a date written as in Viet Nam: ``5/9/1990``, ``05.09.1990``, ``5 tháng 9 năm 1990``.

    ``05091990`` (from the code of an identity card) and ISO 8601 (from date pickers) are read too.
    """
    bare = fold(text)
    if found := _YEAR_FIRST.fullmatch(bare):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.fullmatch(bare) or _EIGHT_DIGITS.fullmatch(bare):
        day, month, year = (int(part) for part in found.groups())
    else:
        raise FieldError(
            "Nhập ngày/tháng/năm, năm đủ 4 số; ví dụ: 5/9/1990",
            "Enter day/month/year with four digits for the year; for example: 5/9/1990",
        )
    try:
        return date(year, month, day)
    except ValueError as impossible:
        raise FieldError(
            "Ngày này không có trong lịch; hãy kiểm tra ngày và tháng",
            "There is no such date; check the day and the month",
        ) from impossible


def parse_money(text: str) -> int:
    """Return an amount of đồng: ``1.500.000``, ``1,500,000 đ`` or ``1500000``.

    Groups must have three digits, so ``1.5`` and ``1.500,50`` are refused and never read as another amount.
    """
    bare = _CURRENCY.sub("", fold(text))
    digits = re.sub(r"[., ]", "", bare)
    if not _GROUPED.fullmatch(bare) or len(digits) > 15:
        raise FieldError(
            "Nhập số tiền bằng đồng; ví dụ: 1.500.000",
            "Enter an amount in đồng; for example: 1.500.000",
        )
    return int(digits)


def parse_count(text: str) -> int:
    """Return a whole number; a dot or comma is refused, because ``1.0`` must never become 10."""
    if not _COUNT.fullmatch(text):
        raise FieldError(
            "Nhập số nguyên, không có dấu chấm hay dấu phẩy; ví dụ: 2",
            "Enter a whole number without dots or commas; for example: 2",
        )
    return int(text)


def parse_name(text: str) -> str:
    """Return a person's name as typed: never corrected, never re-capitalised; it only has to hold letters."""
    if not any(c.isalpha() for c in text) or any(c.isdigit() for c in text):
        raise FieldError(
            "Nhập họ, chữ đệm và tên như trên giấy tờ, không có chữ số",
            "Enter the full name as on the papers, without digits",
        )
    return text
