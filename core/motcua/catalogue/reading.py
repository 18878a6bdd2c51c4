"""From TOML to checked values: every refusal names the file, the key and what is expected there."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from motcua.catalogue.refusals import in_vietnamese, with_choices
from motcua.errors import Invalid

T = TypeVar("T")
MAX_DEPTH = 16
_LOCATION = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<key>.*)`)?$", re.DOTALL)


class PackageError(Invalid):
    """A procedure package, form or overlay is not right.

    ``file`` is the file inside the package, ``key`` the place in it (``steps[2].hours``) and ``expected``
    what should stand there, in English; ``expected_vi`` says it in Vietnamese, found from the English where
    it is not given.
    """

    def __init__(self, file: str, key: str, expected: str, expected_vi: str = "") -> None:
        expected_vi = expected_vi or in_vietnamese(expected)
        where = f"{file}: {key}" if key else file
        super().__init__(
            f"Gói thủ tục chưa đúng tại {where}: {expected_vi}",
            f"The procedure package is not right at {where}: {expected}",
        )
        self.file, self.key, self.expected = file, key, expected
        self.expected_vi = expected_vi


class Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A frozen value read from a package; a key that nobody knows is refused.

    Defaults are omitted when it is written again, so that a key added in a later release does not change
    the content, and with it the SHA-256, of packages that are already stored.
    """


@contextmanager
def located(file: str, kind: object = None) -> Iterator[None]:
    """Turn msgspec's refusals inside into ``PackageError`` about this file.

    With the ``kind`` that is read, a value that is none of the choices is told the choices.
    """
    try:
        yield
    except msgspec.ValidationError as refusal:
        found = _LOCATION.match(str(refusal))
        what, key = (found["what"], found["key"] or "") if found else (str(refusal), "")
        raise PackageError(file, key, with_choices(what, key, kind)) from refusal


def convert(data: object, kind: type[T], file: str) -> T:
    """Check plain data against a record; raises ``PackageError``."""
    with located(file, kind):
        return msgspec.convert(data, kind)


def parse_toml(text: str, file: str) -> dict[str, object]:
    """Read TOML; raises ``PackageError`` when it is none, or nested deeper than ``MAX_DEPTH``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise PackageError(file, "", f"TOML ({broken})") from broken
    except RecursionError as deep:
        raise _too_deep(file) from deep
    level: list[object] = [data]
    # Level by level: dotted keys nest without recursion in the parser.
    for _ in range(MAX_DEPTH):
        level = [item for value in level for item in _inside(value)]
    if level:
        raise _too_deep(file)
    return data


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep(file: str) -> PackageError:
    return PackageError(file, "", f"tables and lists nested at most {MAX_DEPTH} deep")


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
