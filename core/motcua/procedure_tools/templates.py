"""Templates tried out: each is set with what the scenarios give, and every letter of it must have a glyph.

The compiler itself says which glyph is missing: it knows the fonts that documents are set with
(``documents.render``), and no font of this machine is ever used.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from motcua.catalogue.examples import Played
from motcua.catalogue.lint_finding import LintFinding
from motcua.catalogue.packages import Package
from motcua.documents.render import Renderer, TemplateError, UnprintableError

_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_FONT = re.compile(r"\bfont\s*:\s*(\"[^\"]+\"|\([^)]*\))")
_DEFAULT_FONT = ""
_PROBE = "glyph-probe.typ"
_MOST_SAMPLES = 4
_SAMPLE = "Ủy ban nhân dân phường Mẫu"


def lint_templates(package: Package, played: Sequence[Played]) -> list[LintFinding]:
    """Return what is wrong with the templates of a package; starts a process that compiles."""
    if not package.templates:
        return []
    with TemporaryDirectory(prefix="motcua-lint-") as name, closing(Renderer(processes=1)) as by:
        folder = Path(name)
        for file, text in package.templates.items():
            (folder / file).write_text(text, encoding="utf-8")
        found = [*_compiled(package, played, folder, by), *_glyphs(package, folder, by)]
    return list(dict.fromkeys(found))


def _compiled(
    package: Package, played: Sequence[Played], folder: Path, renderer: Renderer
) -> Iterator[LintFinding]:
    rule = package.procedure.result
    if rule is None or not rule.template:
        return
    samples = [claims for p in played if (claims := p.found.get("claims"))][:_MOST_SAMPLES]
    for claims in [{}, *samples]:
        yield from _tried(rule.template, folder, _data(package, claims), renderer)


def _tried(
    file: str, folder: Path, data: Mapping[str, object], renderer: Renderer
) -> Iterator[LintFinding]:
    try:
        rendered = renderer.document(folder / file, data, at=_AT, qr="https://example.org/verify")
    except UnprintableError as missing:
        yield _missing(file, missing.characters)
    except TemplateError as broken:
        said = broken.diagnostic.strip() or str(broken)
        yield LintFinding(
            "error",
            file,
            "",
            "",
            f"mẫu không biên dịch được với dữ liệu mẫu: {said}",
            f"does not compile with sample data: {said}",
            "sửa mẫu; giá trị có thể không có, nên đọc bằng .at(khóa, default: none)",
            "mend it; a value may be absent, so read it with .at(key, default: none)",
        )
    else:
        for warning in rendered.warnings:
            yield LintFinding("warning", file, "", "", warning, warning)


def _glyphs(package: Package, folder: Path, renderer: Renderer) -> Iterator[LintFinding]:
    """Set every letter that stands in a template, also where no sample leads, in each font it names."""
    for file, text in package.templates.items():
        bare = _COMMENT.sub("", text)
        letters = "".join(sorted({c for c in bare if c.isprintable() and not c.isspace()}))
        for font in dict.fromkeys(_FONT.findall(bare)) or [_DEFAULT_FONT]:
            chosen = f"#set text(font: {font})\n" if font else ""
            quoted = letters.replace("\\", "\\\\").replace('"', '\\"')
            (folder / _PROBE).write_text(f'{chosen}#"{quoted}"\n', encoding="utf-8")
            try:
                renderer.document(folder / _PROBE, {}, at=_AT)
            except UnprintableError as missing:
                yield _missing(file, missing.characters)
            except TemplateError:
                continue  # a font given by a variable: what is set with samples has said it


def _missing(file: str, characters: str) -> LintFinding:
    return LintFinding(
        "error",
        file,
        characters,
        "",
        f"phông chữ không có ký tự {characters!r}",
        f"the font has no glyph for {characters!r}",
        "thay bằng ký tự khác, hoặc chọn phông có ký tự này",
        "write another character, or choose a font that has it",
    )


def _data(package: Package, claims: object) -> dict[str, object]:
    """Return data of the shape that a result is set with."""
    rule = package.procedure.result
    return {
        "tenant": {"name": "Tỉnh Mẫu"},
        "unit": {"name": _SAMPLE},
        "dossier": {"code": "H00.00.00-260302-0001"},
        "result": {
            "number": "0001/2026/KQ-H00.00.00",
            "issued_on": "Ngày 02/03/2026",
            "signer_title": "Lãnh đạo đơn vị",
            "signer_name": "Nguyễn Văn Mẫu",
        },
        "claims": claims,
        "header": {
            "organization": "Tỉnh Mẫu",
            "unit": _SAMPLE,
            "number": "0001/2026/KQ-H00.00.00",
            "place": "Mẫu",
            "date": "2026-03-02",
        },
        "title": rule.name_vi if rule else "",
        "about": "",
        "paragraphs": [],
        "facts": [],
        "signer": {"title": "Lãnh đạo đơn vị", "name": "Nguyễn Văn Mẫu", "on_behalf": ""},
        "verify_url": "https://example.org/verify",
    }
