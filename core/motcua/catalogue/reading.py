"""From TOML to checked values: every refusal names the file, the key and what is expected there."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from motcua.errors import Invalid

T = TypeVar("T")
_LOCATION = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<key>.*)`)?$", re.DOTALL)


class PackageError(Invalid):
    """A procedure package, form or overlay is not right.

    ``file`` is the file inside the package, ``key`` the place in it (``steps[2].hours``) and ``expected``
    what should stand there, in English: it is read by authors of packages.
    """

    def __init__(self, file: str, key: str, expected: str) -> None:
        where = f"{file}: {key}" if key else file
        super().__init__(
            f"Gói thủ tục chưa đúng tại {where}: {expected}",
            f"The procedure package is not right at {where}: {expected}",
        )
        self.file, self.key, self.expected = file, key, expected


class Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A frozen value read from a package; a key that nobody knows is refused.

    Defaults are omitted when it is written again, so that a key added in a later release does not change
    the content, and with it the SHA-256, of packages that are already stored.
    """


@contextmanager
def located(file: str) -> Iterator[None]:
    """Turn msgspec's refusals inside into ``PackageError`` about this file."""
    try:
        yield
    except msgspec.ValidationError as refusal:
        found = _LOCATION.match(str(refusal))
        what, key = (found["what"], found["key"] or "") if found else (str(refusal), "")
        raise PackageError(file, key, what) from refusal


def convert(data: object, kind: type[T], file: str) -> T:
    """Check plain data against a record; raises ``PackageError``."""
    with located(file):
        return msgspec.convert(data, kind)


def read_text(path: Path, file: str = "") -> str:
    """Read a file; raises ``PackageError`` when it is absent or not UTF-8."""
    name = file or path.name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as absent:
        raise PackageError(name, "", "this file must exist") from absent
    except UnicodeDecodeError as broken:
        raise PackageError(name, "", f"text in UTF-8 ({broken.reason})") from broken


def read_toml(path: Path, file: str = "") -> dict[str, object]:
    """Read a TOML file; raises ``PackageError`` when it is absent, not UTF-8 or not TOML."""
    name = file or path.name
    try:
        return tomllib.loads(read_text(path, name))
    except tomllib.TOMLDecodeError as broken:
        raise PackageError(name, "", f"TOML ({broken})") from broken


def canonical(data: object) -> bytes:
    """Return the one JSON spelling of plain data: sorted keys, no spaces, UTF-8."""
    return msgspec.json.encode(data, order="sorted")


def sha256(data: object) -> str:
    """Return the SHA-256 of the canonical spelling, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(data)).hexdigest()


def plain(value: object) -> dict[str, object]:
    """Return a record as what JSON holds: dicts, lists, strings, numbers."""
    data: dict[str, object] = msgspec.json.decode(msgspec.json.encode(value))
    return data


def json_value(value: object) -> object:
    """Return what a FEEL expression gave as JSON holds it: ISO dates, whole numbers as integers, lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return value
