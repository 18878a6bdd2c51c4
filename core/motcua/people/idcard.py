"""The citizen card: its QR code and the personal number.

The QR code is not signed: what it says is a prefill, never a proof of identity. Numbers follow the rules
of the personal identification number (``PPP C YY RRRRRR``): province of birth registration among the
provinces of before July 2025, century with sex, year of birth, random digits. There is no check digit.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from motcua.errors import Invalid
from motcua.people.parse import parse_date, vietnamese
from motcua.text import fold

Sex = Literal["male", "female"]

_PID = re.compile(r"(\d{3})(\d)(\d{2})\d{6}", re.ASCII)
_OLD_ID = re.compile(r"\d{9}|\d{12}", re.ASCII)
_SPACING = re.compile(r"[\s.\-]+")
_BARS = str.maketrans({"｜": "|", "¦": "|", "│": "|"})
_SEXES: dict[str, Sex] = {"nam": "male", "nu": "female"}
_PROVINCES = range(1, 97)


class Remark(NamedTuple):
    """Something that does not fit together; it warns an officer and blocks nobody."""

    field: str
    vi: str
    en: str


class PidParts(NamedTuple):
    """What a personal number says. ``province`` is the old three-digit code, not an administrative unit."""

    province: str
    sex: Sex
    birth_year: int


@dataclass(frozen=True)
class CardData:
    """The fields of a card's QR code. ``old_id`` is empty for a person who never had an older card.

    ``extra`` keeps fields beyond the seventh, which newer cards may append.
    """

    pid: str
    old_id: str
    full_name: str
    birth: date
    sex: Sex
    address: str
    issued: date | None
    extra: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What in the number contradicts birth or sex."""
        return pid_remarks(self.pid, birth=self.birth, sex=self.sex)


def parse_pid(text: str, *, field: str = "pid") -> str:
    """Read a personal number of 12 digits, with spaces, dots or dashes; ``Invalid`` says what is wrong."""
    digits = _SPACING.sub("", text.strip())
    match = _PID.fullmatch(digits)
    if not match:
        raise Invalid(
            said := "Số định danh cá nhân gồm đúng 12 chữ số; vui lòng kiểm tra lại.",
            "The personal number has exactly 12 digits; please check it.",
            fields={field: said},
        )
    if int(match[1]) not in _PROVINCES:
        raise Invalid(
            said := "Ba chữ số đầu của số định danh không phải là mã tỉnh; vui lòng kiểm tra lại.",
            "The first three digits of the personal number are not a province; please check them.",
            fields={field: said},
        )
    return digits


def pid_parts(pid: str) -> PidParts:
    """Take a valid personal number apart (century digit: 0, 1 = 19xx, 2, 3 = 20xx ...; odd = female)."""
    century, sex = divmod(int(pid[3]), 2)
    return PidParts(pid[:3], "female" if sex else "male", 1900 + 100 * century + int(pid[4:6]))


def pid_remarks(
    pid: str, *, birth: date | None = None, sex: Sex | None = None
) -> tuple[Remark, ...]:
    """Compare a valid personal number with birth and sex; corrected civil status makes both possible."""
    parts = pid_parts(pid)
    remarks = []
    if birth is not None and birth.year != parts.birth_year:
        remarks.append(
            Remark(
                "birth",
                f"Năm sinh {birth.year} khác với năm {parts.birth_year} trong số định danh.",
                f"The year of birth {birth.year} differs from {parts.birth_year} in the number.",
            )
        )
    if sex is not None and sex != parts.sex:
        remarks.append(
            Remark(
                "sex",
                "Giới tính khác với giới tính trong số định danh.",
                "The sex differs from the one in the personal number.",
            )
        )
    return tuple(remarks)


def parse_card(text: str) -> CardData:
    """Read the text of a citizen card's QR code, as a camera gives it or as a USB reader types it.

    Seven fields divided by ``|``: number, older number, name, birth (ddMMyyyy), sex, address, issue date.
    Raises ``Invalid`` with every field that is wrong and a sentence that says what to do with the card.
    """
    parts = [vietnamese(part) for part in text.translate(_BARS).split("|")]
    if len(parts) < 7:
        raise _not_a_card(parts)
    wrong: dict[str, str] = {}
    pid = _pid(parts[0], wrong)
    birth = _day(parts[3], "birth", wrong)
    issued = _day(parts[6], "issued", wrong) if parts[6] else None
    sex = _SEXES.get(fold(parts[4]))
    if parts[1] and not _OLD_ID.fullmatch(parts[1]):
        wrong["old_id"] = "Số chứng minh nhân dân cũ không đúng 9 chữ số."
    if not parts[2] or any(c.isdigit() or c in "?\ufffd" for c in parts[2]):
        wrong["full_name"] = "Không đọc được họ tên."
    if sex is None:
        wrong["sex"] = "Không đọc được giới tính."
    if wrong or pid is None or birth is None or sex is None:
        raise _misread(wrong)
    return CardData(pid, parts[1], parts[2], birth, sex, parts[5], issued, tuple(parts[7:]))


def _pid(text: str, wrong: dict[str, str]) -> str | None:
    try:
        return parse_pid(text)
    except Invalid as problem:
        wrong.update(problem.fields)
        return None


def _day(text: str, field: str, wrong: dict[str, str]) -> date | None:
    try:
        return parse_date(text, field=field)
    except Invalid as problem:
        wrong.update(problem.fields)
        return None


def _not_a_card(parts: list[str]) -> Invalid:
    if len(parts) > 1 and _PID.fullmatch(parts[0]):
        return Invalid(
            "Mã QR trên thẻ mới đọc được một phần; vui lòng giữ yên thẻ trước đầu đọc và quét lại.",
            "Only a part of the card's QR code was read; please hold the card still and scan again.",
            fields={
                "card": ("Mới đọc được một phần mã QR.", "Only a part of the QR code was read.")
            },
        )
    return Invalid(
        "Mã vừa quét không phải là mã QR của thẻ căn cước. Mã này in ở góc trên bên phải mặt trước thẻ "
        "căn cước công dân, hoặc ở mặt sau thẻ căn cước mới; vui lòng lật thẻ và quét lại.",
        "This is not the QR code of a citizen card. It is at the upper right of the front, on new cards "
        "on the back; please turn the card over and scan again.",
        fields={
            "card": ("Không phải mã QR của thẻ căn cước.", "This is not a citizen card's QR code.")
        },
    )


def _misread(wrong: dict[str, str]) -> Invalid:
    return Invalid(
        "Mã QR của thẻ đọc chưa đúng. Vui lòng tắt bộ gõ tiếng Việt nếu dùng đầu đọc cầm tay, rồi quét "
        "lại; nếu vẫn lỗi, hãy nhập tay.",
        "The card's QR code was not read correctly. With a hand-held reader, switch the Vietnamese "
        "keyboard off and scan again; if it still fails, type the data.",
        fields=wrong,
    )
