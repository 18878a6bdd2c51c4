"""What msgspec and the checks of packages say in English, in Vietnamese for those who do not program."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import inspect

_TYPES = {
    "int": "số nguyên",
    "float": "số",
    "decimal": "số thập phân",
    "str": "chữ (trong dấu ngoặc kép)",
    "bool": "true hoặc false",
    "null": "không có giá trị",
    "array": "danh sách",
    "object": "bảng (nhóm khóa = giá trị)",
    "date": "ngày (như 2026-12-01)",
    "datetime": "ngày giờ (như 2026-12-01T08:00:00)",
    "time": "giờ (như 08:00:00)",
}
_INVALID = {
    "RFC3339 encoded date": "ngày viết năm-tháng-ngày, như 2026-12-01",
    "RFC3339 encoded datetime": "ngày giờ viết như 2026-12-01T08:00:00+07:00",
    "RFC3339 encoded time": "giờ viết như 08:00:00",
    "decimal string": "số thập phân, như 1.5",
}
_BOUNDS = {">=": "từ", "<=": "nhiều nhất", ">": "lớn hơn", "<": "nhỏ hơn"}
_SIZES = {">=": "ít nhất", "<=": "nhiều nhất"}
_UNITS = {"str": "ký tự", "array": "phần tử", "object": "khóa"}
#: Parts by which the patterns of packages are known, the most particular first, and what they ask for.
_SHAPES = (
    ("dmn#", "tệp và tên quyết định, như fee.dmn#Lệ phí"),
    ("bpmn)", "tên tệp, như process.bpmn"),
    ("[1-3]", "mã thủ tục, như 1.001776"),
    ("[0-5][0-9]", "giờ viết như 15:00"),
    ("[0-9A-Za-z._-]", "phiên bản, như 2026.1"),
    ("[a-z_]+(", "hai tên nối bằng dấu chấm, như person.full_name"),
    ("[a-z0-9_.-]", "chữ thường không dấu, chữ số, dấu _ . -, nhiều nhất 40 ký tự"),
    ("[a-z0-9-]", "chữ thường không dấu, chữ số, dấu -, bắt đầu bằng chữ, nhiều nhất 40 ký tự"),
    ("[a-z0-9_]", "chữ thường không dấu, chữ số, dấu _, bắt đầu bằng chữ, nhiều nhất 40 ký tự"),
)
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def _kind(name: str) -> str:
    return _TYPES.get(name, f"'{name}'").partition(" (")[0]


def _kinds(names: str) -> str:
    return " hoặc ".join(_TYPES.get(name, f"'{name}'") for name in names.split(" | "))


def _shape(pattern: str) -> str:
    """Return in words what a pattern asks for; one that is not known is shown itself."""
    found = (words for part, words in _SHAPES if part in pattern)
    return next(found, f"chữ viết đúng theo mẫu {pattern}")


_PATTERNS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"Object contains unknown field `(.+)`", lambda m: f"có khóa không ai biết: '{m[1]}'"),
    (r"Object missing required field `(.+)`", lambda m: f"thiếu khóa bắt buộc '{m[1]}'"),
    (
        r"Expected `(\w+)` of length (>=|<=) (\d+)",
        lambda m: f"cần {_SIZES[m[2]]} {m[3]} {_UNITS.get(m[1], '')}".rstrip(),
    ),
    (r"Expected `str` matching regex '(.+)'", lambda m: f"cần {_shape(m[1])}"),
    (
        r"Expected `(\w+)` (>=|<=|>|<) (\S+)",
        lambda m: f"cần {_TYPES.get(m[1], m[1])} {_BOUNDS[m[2]]} {m[3]}",
    ),
    (r"Expected `int` that's a multiple of (\d+)", lambda m: f"cần số chia hết cho {m[1]}"),
    (
        r"Expected `(.+)`, got `(.+)`",
        lambda m: f"cần {_kinds(m[1])}, nhưng ở đây là {_kind(m[2])}",
    ),
    (r"Expected `(.+)`", lambda m: f"cần {_kinds(m[1])}"),
    (
        r"Invalid enum value (.+?)(?:; one of (.+))?",
        lambda m: f"giá trị {m[1]} không dùng được" + (f"; dùng một trong: {m[2]}" if m[2] else ""),
    ),
    (r"Invalid (.+)", lambda m: f"cần {_INVALID[m[1]]}" if m[1] in _INVALID else ""),
    (r"FEEL over known names: (.+)", lambda m: f"biểu thức FEEL chưa đúng: {m[1]}"),
    (r"TOML \((.+)\)", lambda m: f"tệp không đúng cú pháp TOML ({m[1]})"),
    (r"this file must exist", lambda _: "thiếu tệp này"),
    (r"no such file: a package has (.+)", lambda m: f"không có loại tệp này; gói có: {m[1]}"),
    (r"at most (\d+) bytes.*", lambda m: f"nhiều nhất {m[1]} byte"),
    (r"at most (\d+) files in a package", lambda m: f"gói có nhiều nhất {m[1]} tệp"),
    (r"text in UTF-8 \((.+)\)", lambda m: f"tệp phải là chữ mã hóa UTF-8 ({m[1]})"),
    (
        r"tables and lists nested at most (\d+) deep",
        lambda m: f"bảng và danh sách lồng nhau nhiều nhất {m[1]} tầng",
    ),
)
_COMPILED = tuple((re.compile(pattern, re.DOTALL), say) for pattern, say in _PATTERNS)


def in_vietnamese(expected: str) -> str:
    """Return what a refusal says, in Vietnamese; one that is not known stays as it is, after ``cần``."""
    for pattern, say in _COMPILED:
        found = pattern.fullmatch(expected)
        if found and (said := say(found)):
            return said
    return f"cần: {expected}"


def with_choices(what: str, key: str, kind: Any) -> str:
    """Add to a refused value of a list of choices which ones there are, found in the type by its place."""
    if kind is None or not what.startswith("Invalid enum value"):
        return what
    allowed = _allowed(inspect.type_info(kind), key)
    return f"{what}; one of {', '.join(map(str, allowed))}" if allowed else what


def _allowed(info: inspect.Type, key: str) -> list[object]:
    at = [info]
    for name, place in _STEP.findall(key):
        at = [inner for each in at for inner in _step(each, name, place)]
    return list(dict.fromkeys(value for each in at for value in _values(each)))


def _plain(info: inspect.Type) -> Iterator[inspect.Type]:
    """Yield a type, or those that it may be."""
    if isinstance(info, inspect.UnionType):
        for each in info.types:
            yield from _plain(each)
    elif isinstance(info, inspect.Metadata):
        yield from _plain(info.type)
    else:
        yield info


def _step(info: inspect.Type, name: str, place: str) -> Iterator[inspect.Type]:
    for each in _plain(info):
        if name and isinstance(each, inspect.StructType):
            yield from (field.type for field in each.fields if field.encode_name == name)
        elif place == "..." and isinstance(each, inspect.DictType):
            yield each.value_type
        elif place and isinstance(each, inspect.CollectionType):
            yield each.item_type
        elif place.isdigit() and isinstance(each, inspect.TupleType):
            yield from each.item_types[int(place) : int(place) + 1]


def _values(info: inspect.Type) -> Iterator[object]:
    for each in _plain(info):
        if isinstance(each, inspect.LiteralType):
            yield from each.values
        elif isinstance(each, inspect.EnumType):
            yield from (member.value for member in each.cls)
