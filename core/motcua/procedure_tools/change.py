"""One difference between two versions, and the comparison of plain data that finds most of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from motcua.catalogue.words import Pair, plain_number

Kind = Literal["added", "removed", "changed"]
_NOTHING: Mapping[str, Any] = {}
#: How the items of a list are told apart, and what one of them is called.
_LISTS: Mapping[str, tuple[str, Pair]] = {
    "papers": ("key", ("Giấy tờ", "Paper")),
    "steps": ("id", ("Bước", "Step")),
    "cases": ("id", ("Trường hợp", "Case")),
    "fields": ("key", ("Câu hỏi", "Question")),
    "choices": ("value", ("Lựa chọn", "Choice")),
    "replaced_by": ("vct_type", ("Giấy thay thế", "Replacement")),
    "lines": ("text_vi", ("Dòng giải thích", "Line of the explanation")),
}
_WORDS: Mapping[str, Pair] = {
    "name_vi": ("tên", "name in Vietnamese"),
    "name_en": ("tên tiếng Anh", "name"),
    "field_vi": ("lĩnh vực", "field in Vietnamese"),
    "field_en": ("lĩnh vực (tiếng Anh)", "field"),
    "field": ("mã lĩnh vực", "field code"),
    "label_vi": ("nhãn", "label in Vietnamese"),
    "label_en": ("nhãn tiếng Anh", "label"),
    "help_vi": ("hướng dẫn", "help in Vietnamese"),
    "help_en": ("hướng dẫn tiếng Anh", "help"),
    "note_vi": ("ghi chú", "note in Vietnamese"),
    "note_en": ("ghi chú tiếng Anh", "note"),
    "text_vi": ("lời văn", "words in Vietnamese"),
    "text_en": ("lời văn tiếng Anh", "words"),
    "title_vi": ("tiêu đề", "heading in Vietnamese"),
    "title_en": ("tiêu đề tiếng Anh", "heading"),
    "vi": ("nhãn", "label in Vietnamese"),
    "en": ("nhãn tiếng Anh", "label"),
    "hours": ("số giờ làm việc", "working hours"),
    "role": ("vai trò", "role"),
    "outcomes": ("các kết quả", "outcomes"),
    "handler": ("chương trình xử lý", "handler"),
    "kind": ("loại", "kind"),
    "required": ("bắt buộc", "required"),
    "copies": ("số bản", "copies"),
    "when": ("điều kiện", "condition"),
    "show_when": ("điều kiện hiện", "shown when"),
    "level": ("cấp giải quyết", "level"),
    "keywords": ("từ khóa", "keywords"),
    "verified": ("đã đối chiếu", "verified"),
    "sample": ("phần dữ liệu mẫu", "sample data"),
    "source": ("nguồn", "source"),
    "online": ("mức trực tuyến", "online level"),
    "valid_from": ("hiệu lực từ", "in force from"),
    "valid_to": ("hiệu lực đến", "in force until"),
    "min": ("nhỏ nhất", "minimum"),
    "max": ("lớn nhất", "maximum"),
    "prefill": ("nguồn điền sẵn", "prefilled from"),
    "locked": ("khóa giá trị điền sẵn", "prefilled value locked"),
    "past": ("không sau hôm nay", "not after today"),
    "page": ("trang", "page"),
    "process": ("tệp quy trình", "process file"),
    "papers": ("giấy tờ", "papers"),
    "template": ("mẫu kết quả", "template"),
    "claims": ("nội dung kết quả", "claims"),
    "hidden": ("mục được giấu", "hidden claims"),
    "valid_days": ("số ngày có giá trị", "days of validity"),
    "message": ("tin nhắn chờ", "message"),
    "clock": ("đồng hồ thời hạn", "statutory clock"),
    "timer": ("hẹn giờ", "timer"),
    "decision": ("bảng quyết định", "decision"),
    "decisions": ("quyết định theo kết quả", "decision by outcome"),
    "optional": ("được bỏ qua", "optional"),
    "version": ("phiên bản", "version"),
    "expression": ("công thức", "expression"),
    "amount": ("mức thu", "amount"),
}
_TRUTH: Mapping[bool, Pair] = {True: ("có", "yes"), False: ("không", "no")}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in one sentence; ``area`` groups them, ``place`` is where it stands in the files."""

    area: str
    kind: Kind
    place: str
    vi: str
    en: str
    before: Any = None
    after: Any = None

    def text(self, lang: str) -> str:
        """Return the sentence in one language."""
        return self.en if lang == "en" else self.vi

    def to_data(self) -> dict[str, Any]:
        """Return the difference as JSON holds it."""
        return asdict(self)


def added(area: str, place: str, what: Pair, after: Any) -> Change:
    """Say that something is new."""
    return Change(area, "added", place, f"Thêm {_lower(what[0])}", f"New: {what[1]}", None, after)


def removed(area: str, place: str, what: Pair, before: Any) -> Change:
    """Say that something is gone."""
    return Change(area, "removed", place, f"Bỏ {_lower(what[0])}", f"Gone: {what[1]}", before, None)


def changed(area: str, place: str, what: Pair, before: Any, after: Any) -> Change:
    """Say that a value is another one now."""
    (old_vi, old_en), (new_vi, new_en) = written(before), written(after)
    vi = f"{what[0]}: từ {old_vi} thành {new_vi}"
    en = f"{what[1]}: from {old_en} to {new_en}"
    return Change(area, "changed", place, vi, en, before, after)


def compare(
    area: str, place: str, subject: Pair, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    """Yield what differs between two tables, down to single values; lists of tables are matched by key."""
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        where = f"{place}.{key}" if place else key
        if key in _LISTS and _tables(before) and _tables(after):
            yield from compare_list(area, where, key, before or (), after or (), subject)
        elif isinstance(before, Mapping) or isinstance(after, Mapping):
            label = _label(subject, key)
            yield from compare(area, where, label, before or _NOTHING, after or _NOTHING)
        else:
            yield changed(area, where, _label(subject, key), before, after)


def compare_list(
    area: str,
    place: str,
    key: str,
    old: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
    around: Pair = ("", ""),
) -> Iterator[Change]:
    """Yield what is new, gone, changed or in another order in a list of tables."""
    identity, word = _LISTS[key]
    before = {str(item.get(identity)): item for item in old}
    after = {str(item.get(identity)): item for item in new}
    for name, item in before.items():
        if name not in after:
            what = _inside(around, called(word, item, name))
            yield removed(area, f"{place}.{name}", what, dict(item))
    for name, item in after.items():
        what = _inside(around, called(word, item, name))
        if name not in before:
            yield added(area, f"{place}.{name}", what, dict(item))
        else:
            yield from compare(area, f"{place}.{name}", what, before[name], item)
    kept_before = [name for name in before if name in after]
    kept_after = [name for name in after if name in before]
    if kept_before != kept_after:
        order = (f"Thứ tự {word[0].lower()}", f"Order of {word[1].lower()}s")
        yield changed(area, place, _inside(around, order), kept_before, kept_after)


def called(word: Pair, item: Mapping[str, Any], name: str) -> Pair:
    """Return what an item is called: ``Bước “Thẩm định” (appraise)``."""
    vi = next((item[k] for k in ("name_vi", "label_vi", "title_vi", "vi") if item.get(k)), name)
    en = next((item[k] for k in ("name_en", "label_en", "title_en", "en") if item.get(k)), name)
    tail = f" ({name})" if name not in (vi, en) else ""
    return f"{word[0]} “{vi}”{tail}", f"{word[1]} “{en}”{tail}"


def written(value: Any) -> Pair:
    """Return a value as a sentence holds it."""
    if value is None or value in ("", [], ()):
        return "(không có)", "(nothing)"
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, list | tuple):
        joined = ", ".join(map(str, value))
        return joined, joined
    if isinstance(value, str):
        return f"“{value}”", f"“{value}”"
    return plain_number(value), plain_number(value)


def _tables(value: Any) -> bool:
    return value is None or (
        isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value)
    )


def _label(subject: Pair, key: str) -> Pair:
    vi, en = _WORDS.get(key, (key, key))
    if not subject[0]:
        return vi[:1].upper() + vi[1:], en[:1].upper() + en[1:]
    return f"{subject[0]}, {vi}", f"{subject[1]}, {en}"


def _inside(around: Pair, what: Pair) -> Pair:
    if not around[0]:
        return what
    return f"{around[0]}, {_lower(what[0])}", f"{around[1]}, {_lower(what[1])}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
