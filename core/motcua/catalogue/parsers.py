"""What people type in Viet Nam, read as values; the sentences of refusal are part of the product.

Every parser takes text that is already NFC and stripped, and raises ``FieldError``.
"""

import re
from datetime import date
from decimal import Decimal

from motcua.text import fold

_PID = re.compile(r"0[0-9]{11}")
_PHONE = re.compile(r"0(?:[35789][0-9]{8}|2[0-9]{9})")
_DAY_FIRST = re.compile(
    r"(?:ngay )?([0-9]{1,2})(?: ?[./-] ?| thang | )([0-9]{1,2})(?: ?[./-] ?| nam | )([0-9]{4})"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_EIGHT_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_NAMED_MONTH = re.compile(
    r"(?:ngay )?([0-9]{1,2}) (?:thang )?([a-z]+(?: [a-z]+)?),? (?:nam )?([0-9]{4})"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan mot",
            "february feb hai",
            "march mar ba",
            "april apr tu bon",
            "may nam",
            "june jun sau",
            "july jul bay",
            "august aug tam",
            "september sep sept chin",
            "october oct muoi",
            "november nov muoi_mot",
            "december dec muoi_hai",
        ),
        1,
    )
    for name in names.replace("_", "-").split()
}
# Months of the lunar calendar: never read as January and December.
_LUNAR = re.compile(r"\b(?:gieng|chap|am lich)\b")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}"
)
_TAX_CODE = re.compile(r"([0-9]{9})([0-9])(?:-?([0-9]{3}))?")
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_INSURANCE = re.compile(r"[0-9]{10}")
_DECIMAL = re.compile(
    r"-?(?:[0-9]{1,12}(?:,[0-9]{1,6})?|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]{1,6}"
    r"|[0-9]{1,3}(?:\.[0-9]{3}){2,3}|[0-9]{1,12}\.(?:[0-9]{1,2}|[0-9]{4,6}))"
)
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

    ``05091990`` (from the code of an identity card), ISO 8601 (from date pickers) and months by their name
    (``5 tháng chín 1990``, ``5 September 1990``) are read too; a lunar date is refused.
    """
    bare = fold(text)
    if _LUNAR.search(bare):
        raise FieldError(
            "Nhập ngày dương lịch; ví dụ: 5/9/1990", "Enter the solar date; for example: 5/9/1990"
        )
    if found := _YEAR_FIRST.fullmatch(bare):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.fullmatch(bare) or _EIGHT_DIGITS.fullmatch(bare):
        day, month, year = (int(part) for part in found.groups())
    elif (found := _NAMED_MONTH.fullmatch(bare)) and (name := _month(found[2])):
        day, month, year = int(found[1]), name, int(found[3])
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


def _month(name: str) -> int:
    """Return the number of a month by its name, 0 when there is none; ``tháng năm năm 1990`` is May."""
    bare = name.removesuffix(" nam") if name.count(" ") else name
    return _MONTHS.get(bare.replace(" ", "-"), 0)


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
    if not any(map(str.isalpha, text)) or any(map(str.isdigit, text)):
        raise FieldError(
            "Nhập họ, chữ đệm và tên như trên giấy tờ, không có chữ số",
            "Enter the full name as on the papers, without digits",
        )
    return text


def parse_decimal(text: str) -> Decimal:
    """Return a number with a decimal comma: ``120,5``, ``1.250,75``; ``120.5`` is read too.

    ``1.200`` may be twelve hundred or one and a fifth: it is refused and not guessed.
    """
    bare = text.replace(" ", "")
    if not _DECIMAL.fullmatch(bare):
        raise FieldError(
            "Nhập số, phần lẻ sau dấu phẩy; ví dụ: 120,5 hoặc 1200",
            "Enter a number with a decimal comma; for example: 120,5 or 1200",
        )
    grouped = "," in bare or bare.count(".") > 1
    return Decimal((bare.replace(".", "") if grouped else bare).replace(",", "."))


def parse_email(text: str) -> str:
    """Return an e-mail address with its domain in lower case (RFC 5321, 4.1.2, without quoted parts)."""
    bare = text.replace(" ", "")
    local, _, domain = bare.rpartition("@")
    if len(bare) > 254 or not _EMAIL.fullmatch(bare) or ".." in bare or local[-1:] == ".":
        raise FieldError(
            "Địa chỉ thư điện tử chưa đúng; ví dụ: ten@coquan.vn",
            "The e-mail address is not right; for example: name@office.vn",
        )
    return f"{local}@{domain.lower()}"


def parse_tax_code(text: str) -> str:
    """Return the tax code of an enterprise: 10 digits, with ``-001`` for a branch.

    The tenth digit is 10 less the weighted sum of the nine before, modulo 11.
    """
    found = _TAX_CODE.fullmatch(re.sub(r"[ .]", "", text))
    if not found:
        raise FieldError(
            "Mã số thuế gồm 10 số, đơn vị phụ thuộc thêm 3 số; ví dụ: 0100233488 hoặc 0314409058-002",
            "A tax code has 10 digits, and 3 more for a branch; for example: 0100233488 or 0314409058-002",
        )
    nine, check, branch = found.groups()
    total = sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, nine, strict=True))
    if 10 - total % 11 != int(check):
        raise FieldError(
            "Mã số thuế có số bị nhầm; hãy kiểm tra từng số",
            "A digit of the tax code is wrong; check each one",
        )
    return nine + check + (f"-{branch}" if branch else "")


def parse_insurance(text: str) -> str:
    """Return a social-insurance number as 10 digits; it has no check digit that is made public."""
    digits = re.sub(r"[ .\-]", "", text)
    if not _INSURANCE.fullmatch(digits):
        raise FieldError(
            "Mã số bảo hiểm xã hội gồm 10 số, ghi trên sổ hoặc thẻ bảo hiểm",
            "A social-insurance number has 10 digits; it is on the book or card",
        )
    return digits
