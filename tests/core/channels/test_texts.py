import re
import tomllib
from pathlib import Path

import motcua.channels

FOLDER = Path(motcua.channels.__file__).parent
SAID = re.compile(r"_\('([^']+)'\)")


def test_every_sentence_of_the_channels_has_its_english() -> None:
    known = tomllib.loads((FOLDER / "texts.toml").read_text(encoding="utf-8"))["en"]
    said = {
        sentence
        for file in (FOLDER / "templates").rglob("*.html")
        for sentence in SAID.findall(file.read_text(encoding="utf-8"))
    }
    assert said - set(known) == set()
    assert set(known) - said == set(), "nothing is kept that nobody says"
