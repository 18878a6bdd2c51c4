"""Texts that lack their English."""

from collections.abc import Iterator, Mapping
from typing import Any

from motcua.catalogue.lint_finding import LintFinding
from motcua.catalogue.packages import Package
from motcua.process import Definition

_VI, _EN = "_vi", "_en"
_SHOWN = frozenset({"user", "message", "event", "timer", "scope"})


def untranslated(vi: str, en: str) -> bool:
    """Return whether an English text is missing, or only the Vietnamese again.

    One word in plain letters (``Email``, ``Fax``) may be the same in both.
    """
    if not vi.strip():
        return False
    same = en.strip() == vi.strip()
    return not en.strip() or (same and not (vi.isascii() and len(vi.split()) == 1))


def texts(package: Package) -> Iterator[LintFinding]:
    """Yield every text of the package's TOML files that has no English of its own."""
    data = package.to_data()
    parts = (("procedure.toml", "procedure"), ("form.toml", "form"), ("draft.toml", "draft"))
    for file, part in parts:
        yield from _walk(data.get(part), file, "")
    for scenario in data.get("scenarios", []):
        yield from _walk(
            {k: scenario.get(k, "") for k in ("name_vi", "name_en")},
            f"scenarios/{scenario['key']}.toml",
            "",
        )


def names(definition: Definition, file: str) -> Iterator[LintFinding]:
    """Yield every step of a drawn process that people see and that has no English name."""
    for node in definition.nodes.values():
        shown = node.kind in _SHOWN and node.name_vi != node.id
        if shown and untranslated(node.name_vi, node.name_en):
            yield LintFinding(
                "warning",
                file,
                node.id,
                node.name_vi,
                "bước chưa có tên tiếng Anh",
                "the step has no English name",
                'thêm mc:nameEn="…" vào phần tử này',
                'add mc:nameEn="…" to this element',
            )


def _walk(value: Any, file: str, place: str) -> Iterator[LintFinding]:
    if isinstance(value, Mapping):
        yield from _pairs(value, file, place)
        for key, inner in value.items():
            yield from _walk(inner, file, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, file, f"{place}[{number}]")


def _pairs(value: Mapping[str, Any], file: str, place: str) -> Iterator[LintFinding]:
    pairs = [(k, f"{k.removesuffix(_VI)}{_EN}") for k in value if str(k).endswith(_VI)]
    if "vi" in value:
        pairs.append(("vi", "en"))
    for vi, en in pairs:
        said, other = value[vi], value.get(en, "")
        if isinstance(said, str) and isinstance(other, str) and untranslated(said, other):
            yield LintFinding(
                "warning",
                file,
                f"{place}.{en}" if place else en,
                said if len(said) <= 60 else f"{said[:57]}…",
                "chưa có bản tiếng Anh",
                "has no English text of its own",
                f"viết {en} bằng tiếng Anh",
                f"write {en} in English",
            )
