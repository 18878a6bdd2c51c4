"""What messages say: the texts of the program, and a tenant's own wording laid over them."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

LANGUAGES = ("vi", "en")
_FILE = Path(__file__).with_name("messages.toml")
_PLACE = re.compile(r"\{(\w*)\}")


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """Return every kind of message: ``values`` that it knows, and its text as ``vi`` and ``en``."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def written(
    kind: str, language: str, values: Mapping[str, str], own: Mapping[str, Any] | None = None
) -> str:
    """Return the message in a language; one that is not known is Vietnamese.

    ``own`` are the tenant's texts by language (``texts.toml``). ``KeyError`` for a kind that does not
    exist and for a value that the text asks for and nobody gave.
    """
    lang = language if language in LANGUAGES else LANGUAGES[0]
    return _PLACE.sub(lambda place: values[place[1]], _text(kind, lang, own or {}))


def _text(kind: str, lang: str, own: Mapping[str, Any]) -> str:
    said = own.get(lang, {}).get("notices", {}).get(kind)
    return str(said or kinds()[kind][lang])


def faults(own: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with a tenant's wording: kinds and values that do not exist; for its loader."""
    found = []
    for lang in LANGUAGES:
        for kind, text in own.get(lang, {}).get("notices", {}).items():
            if kind not in kinds():
                found.append(f"{lang}.notices.{kind}: there is no such message")
                continue
            known = kinds()[kind]["values"]
            found += [
                f"{lang}.notices.{kind}: {{{name}}} is not known, only {', '.join(known)}"
                for name in sorted(set(_PLACE.findall(str(text))) - set(known))
            ]
    return found
