"""Vietnamese text: one spelling for storage, one key for search, and how things are written."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_WORD = re.compile(r"[0-9a-z]+")


def nfc(value: str) -> str:
    """Return the stored form: NFC, no control characters, single spaces, no space at the ends."""
    kept = value
    if not value.isprintable():
        kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in value)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def fold(value: str) -> str:
    """Return the search key: lower case, no diacritics, ``đ`` as ``d`` ('Đặng Thuỳ' -> 'dang thuy')."""
    bare = value.lower()
    if not bare.isascii():
        parts = unicodedata.normalize("NFD", bare.replace("đ", "d"))
        bare = "".join(c for c in parts if not unicodedata.combining(c))
    return " ".join(bare.split())


def words(value: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return _WORD.findall(fold(value))


def vn_date(value: date | datetime) -> str:
    """Write a date as on Vietnamese forms: ``22/11/2026``; a moment is taken in Vietnam's time."""
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM)
    return value.strftime("%d/%m/%Y")


def vn_moment(value: datetime) -> str:
    """Write a moment in Vietnam's time: ``08:05 22/11/2026``."""
    return value.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def vn_money(amount: int | Decimal) -> str:
    """Write an amount of đồng: ``1.500.000 đ``."""
    return f"{int(amount):,}".replace(",", ".") + " đ"


def minutes_words(low: int, high: int, lang: str = "vi") -> str:
    """Write a stretch of minutes as people say it: ``10–20 phút``, in hours from an hour and a half on."""
    english = lang == "en"
    if high <= 90:
        span = f"{low}–{high}" if low != high else str(low)
        return f"{span} {'minutes' if english else 'phút'}"
    ends = [_hours(low, english)] if low == high else [_hours(low, english), _hours(high, english)]
    return " – ".join(ends)


def _hours(minutes: int, english: bool) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} {'min' if english else 'phút'}"
    return f"{hours} {'h' if english else 'giờ'}" + (f" {rest:02}" if rest else "")


def mask(value: str, keep: int = 3) -> str:
    """Hide all but the last ``keep`` characters of a number, for screens that others can see."""
    return "•" * max(0, len(value) - keep) + value[-keep:]
