"""The messages' texts: both languages, only values that are known, a tenant's wording over the program's."""

import re

import pytest

from motcua.notices import texts

_PLACE = re.compile(r"\{(\w+)\}")
KINDS = sorted(texts.kinds())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_every_message_asks_only_for_values_it_knows(kind: str, lang: str) -> None:
    about = texts.kinds()[kind]
    assert set(_PLACE.findall(about[lang])) <= set(about["values"])
    values = dict.fromkeys(about["values"], "7")
    assert "{" not in texts.written(kind, lang, values)


def test_a_language_that_is_not_known_is_vietnamese() -> None:
    values = {"number": "A007", "site": "Sảnh", "link": "https://q"}
    assert texts.written("next", "fr", values) == texts.written("next", "vi", values)
    assert "A007" in texts.written("next", "en", values)


def test_a_value_with_braces_is_a_value_and_asks_for_nothing() -> None:
    values = {"number": "{link}", "site": "Sảnh", "link": "https://q"}
    assert "{link}" in texts.written("next", "vi", values)


def test_a_tenants_wording_lies_over_the_programs() -> None:
    own = {"vi": {"notices": {"next": "Số {number} ơi, đến lượt rồi."}}}
    values = {"number": "A007", "site": "Sảnh", "link": "https://q"}
    assert texts.written("next", "vi", values, own) == "Số A007 ơi, đến lượt rồi."
    assert texts.written("next", "en", values, own) == texts.written("next", "en", values)
    assert texts.faults(own) == []


def test_a_wording_that_cannot_be_filled_is_told_before_anybody_gets_it() -> None:
    own = {"vi": {"notices": {"next": "{name}", "no-such": "x"}}}
    assert texts.faults(own) == [
        "vi.notices.next: {name} is not known, only number, site, link",
        "vi.notices.no-such: there is no such message",
    ]
