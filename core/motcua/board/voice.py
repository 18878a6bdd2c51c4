"""What a board says aloud: which clips a call is made of, and where a tenant's clips are.

A clip is one sound file named by what it says: ``moi-so`` (the invitation), letters ``a`` to ``z``, numbers ``0``
to ``99``, ``den-quay`` (to counter). Recordings in the tenant's folder (``tenants/<slug>/voice``) come before the
synthetic ones of the installation (``<data>/voice``, made by ``motcua board-voice``). Without clips there is a chime.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from motcua.settings import Settings
from motcua.tenancy.tenant import Tenant

CALL, TO = "moi-so", "den-quay"
KINDS: Mapping[str, str] = {
    ".ogg": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
}
_LETTERS = [
    "a", "bê", "xê", "dê", "e", "ép", "giê", "hát", "i", "gi", "ca", "lờ", "mờ", "nờ",
    "o", "pê", "quy", "rờ", "ét", "tê", "u", "vê", "vê kép", "ích xì", "i dài", "dét",
]  # fmt: skip
_DIGITS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]
_NAME = re.compile(r"[a-z0-9-]{1,20}")


def spoken() -> dict[str, str]:
    """Return every clip with what it says."""
    letters = {chr(97 + n): name for n, name in enumerate(_LETTERS)}
    numbers = {str(n): number(n) for n in range(100)}
    return {CALL: "Mời số", TO: "đến quầy", **letters, **numbers}


def number(n: int) -> str:
    """Return a number below 100 as it is said: 21 is hai mươi mốt, 15 is mười lăm."""
    tens, ones = divmod(n, 10)
    if not tens:
        return _DIGITS[n]
    head = "mười" if tens == 1 else f"{_DIGITS[tens]} mươi"
    if not ones:
        return head
    special = {5: "lăm"} if tens == 1 else {1: "mốt", 5: "lăm"}
    return f"{head} {special.get(ones, _DIGITS[ones])}"


def common_folder(data: Path) -> Path:
    """Return where the clips of the whole installation lie, below its data folder."""
    return data / "voice"


def folders(settings: Settings, tenant: Tenant) -> tuple[Path, Path]:
    """Return where the clips of a tenant may lie; the first that has one counts."""
    return settings.tenants / tenant.slug / "voice", common_folder(settings.data)


def clips(settings: Settings, tenant: Tenant) -> dict[str, str]:
    """Return the clips there are: name and file name."""
    found: dict[str, str] = {}
    for folder in folders(settings, tenant):
        for file in sorted(folder.glob("*")) if folder.is_dir() else ():
            if file.suffix in KINDS and _NAME.fullmatch(file.stem) and file.is_file():
                found.setdefault(file.stem, file.name)
    return found


def clip(settings: Settings, tenant: Tenant, name: str) -> Path | None:
    """Return the file of a clip by its file name; None for any other name."""
    stem, dot, ending = name.partition(".")
    if not _NAME.fullmatch(stem) or dot + ending not in KINDS:
        return None
    for folder in folders(settings, tenant):
        if (file := folder / name).is_file():
            return file
    return None
