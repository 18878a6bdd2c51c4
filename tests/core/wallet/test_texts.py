import re
import tomllib
from pathlib import Path

import motcua.wallet
from motcua.web.pages import english

FOLDER = Path(motcua.wallet.__file__).parent
SAID = re.compile(r"_\('([^']+)'\)")


def test_every_sentence_of_the_wallets_pages_has_its_english() -> None:
    own = tomllib.loads((FOLDER / "texts.toml").read_text(encoding="utf-8"))["en"]
    said = {
        sentence
        for file in (FOLDER / "templates").rglob("*.html")
        for sentence in SAID.findall(file.read_text(encoding="utf-8"))
    }
    assert said - set(english()) == set()
    assert set(own) - said == set(), "nothing is kept that nobody says"
