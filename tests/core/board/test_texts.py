import re
import tomllib
from pathlib import Path

import motcua.board

FOLDER = Path(motcua.board.__file__).parent
SAID = re.compile(r"_\('([^']+)'\)")
LIMIT = 60_000


def test_every_sentence_of_the_boards_has_its_english() -> None:
    known = tomllib.loads((FOLDER / "texts.toml").read_text(encoding="utf-8"))["en"]
    said = {
        sentence
        for file in (FOLDER / "templates").rglob("*.html")
        for sentence in SAID.findall(file.read_text(encoding="utf-8"))
    }
    assert said - set(known) == set()
    assert set(known) - said == set(), "nothing is kept that nobody says"


def test_a_boards_scripts_and_styles_are_small_and_plain() -> None:
    words = FOLDER.parent / "web" / "static" / "words.js"
    files = [*sorted((FOLDER / "static").glob("*")), words]
    assert sum(file.stat().st_size for file in files) <= LIMIT
    for file in files:
        text = file.read_text(encoding="utf-8")
        # ES2017: neither `?.`, `??`, `...` in objects, private fields nor `replaceAll` for the televisions.
        assert not re.search(
            r"\?\.[a-zA-Z(\[]|\?\?|\{ ?\.\.\.|#[a-z]+ =|\.replaceAll\(|\.at\(", text
        ), file
