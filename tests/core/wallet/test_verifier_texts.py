import re
import tomllib
from pathlib import Path

import motcua.wallet

FOLDER = Path(motcua.wallet.__file__).parent
SAID = re.compile(r"_\('([^']+)'\)")
BEGIN = "# The hosted verifier page."


def test_every_sentence_of_the_hosted_page_has_its_english_and_none_is_left_over() -> None:
    text = (FOLDER / "texts.toml").read_text(encoding="utf-8")
    known = tomllib.loads(text)["en"]
    said = {
        sentence
        for file in (FOLDER / "templates/wallet").glob("verifier*.html")
        for sentence in SAID.findall(file.read_text(encoding="utf-8"))
    }
    assert said - set(known) == set()
    own = text.split(BEGIN)[1].split("\n# ")[0]
    assert set(tomllib.loads("[en]" + own)["en"]) - said == set()
