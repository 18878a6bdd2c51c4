"""Every sentence of the portal's templates has its English."""

import re
from pathlib import Path

from motcua.web.pages import CORE, english

_SENTENCE = re.compile(r"_\('((?:[^'\\]|\\.)*)'\)")
_TEMPLATES = sorted((CORE / "portal" / "templates" / "portal").glob("*.html"))


def sentences(file: Path) -> set[str]:
    return set(_SENTENCE.findall(file.read_text(encoding="utf-8")))


def test_every_sentence_has_its_english() -> None:
    asked = set().union(*map(sentences, _TEMPLATES))
    assert asked
    assert asked - set(english()) == set()
