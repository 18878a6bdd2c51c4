"""Words for what packages name by keys, in Vietnamese and English, for people who write packages."""

from collections.abc import Mapping
from typing import Literal

Lang = Literal["vi", "en"]
Pair = tuple[str, str]

ROLES: Mapping[str, Pair] = {
    "receiver": ("Tiếp nhận", "Receiver"),
    "head": ("Trưởng phòng", "Head"),
    "specialist": ("Chuyên viên", "Specialist"),
    "leader": ("Lãnh đạo", "Leader"),
    "clerk": ("Văn thư", "Clerk"),
    "admin": ("Quản trị", "Administrator"),
    "national": ("Cơ quan điều phối", "National office"),
}
OUTCOMES: Mapping[str, Pair] = {
    "ok": ("đạt", "ok"),
    "supplement": ("yêu cầu bổ sung", "supplement"),
    "refuse": ("từ chối", "refuse"),
    "return": ("trả lại", "return"),
}
PAPERS: Mapping[str, Pair] = {
    "original": ("bản chính", "original"),
    "copy": ("bản sao", "copy"),
    "form": ("tờ khai", "form"),
    "present": ("xuất trình", "shown"),
}
LIMITS: Mapping[str, Pair] = {
    "same_day": ("trong ngày", "the same day"),
    "working_days": ("ngày làm việc", "working days"),
    "working_hours": ("giờ làm việc", "working hours"),
    "calendar_days": ("ngày", "days"),
}
PARTS: Mapping[str, Pair] = {
    "code": ("mã", "code"),
    "name": ("tên", "name"),
    "form": ("biểu mẫu", "form"),
    "papers": ("giấy tờ", "papers"),
    "steps": ("các bước", "steps"),
    "fee": ("lệ phí", "fee"),
    "time_limit": ("thời hạn", "time limit"),
    "result": ("kết quả", "result"),
    "target": ("thời gian cam kết", "target"),
}


def pick(lang: str, vi: str, en: str) -> str:
    """Return the one of two texts that is in the language; Vietnamese unless English is asked for."""
    return (en or vi) if lang == "en" else vi


def word(words: Mapping[str, Pair], key: str, lang: str) -> str:
    """Return a word of a list; one that is not in it stands for itself."""
    vi, en = words.get(key, (key, key))
    return pick(lang, vi, en)


def plain_number(value: object) -> str:
    """Write a number of hours: 4.0 as ``4``, 0.5 as ``0.5``."""
    return f"{value:g}" if isinstance(value, float) else str(value)
