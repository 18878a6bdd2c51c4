"""What stands beside a field waits for the language until somebody looks."""

import msgspec
import pytest

from motcua.errors import Both, Invalid, in_words
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.dossiers.test_api import ANSWERS, submission
from tests.core.portal.people import sign_in

_PAIR = ("Hãy chọn một mục.", "Choose one.")


def test_a_field_has_both_languages_and_is_its_vietnamese() -> None:
    wrong = Invalid("Sai.", "Wrong.", fields={"a": _PAIR, "b": "Sai.", "c": "Chỉ tiếng Việt."})
    assert wrong.fields == {"a": "Hãy chọn một mục.", "b": "Sai.", "c": "Chỉ tiếng Việt."}
    told = {name: in_words(said, "en") for name, said in wrong.fields.items()}
    assert told == {"a": "Choose one.", "b": "Wrong.", "c": "Chỉ tiếng Việt."}
    assert [type(in_words(said, "vi")) for said in wrong.fields.values()] == [str] * 3
    assert (wrong.said("en"), wrong.said("vi")) == ("Wrong.", "Sai.")


def test_what_was_said_already_keeps_its_english_when_it_is_handed_on() -> None:
    first = Invalid(fields={"x": _PAIR})
    second = Invalid("Sai.", "Wrong.", fields={f"y.{k}": v for k, v in first.fields.items()})
    assert in_words(second.fields["y.x"], "en") == "Choose one."
    assert isinstance(second.fields["y.x"], Both)
    assert msgspec.json.encode(in_words(second.fields["y.x"], "vi"))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("lang", "said"),
    [("vi", "Thiếu giấy tờ: Giấy tờ chứng minh quan hệ"), ("en", "Missing: Proof of the relation")],
)
async def test_problem_details_are_told_in_the_language_asked_for(
    browse: Browser, platform: Platform, quang_ninh: Tenant, lang: str, said: str
) -> None:
    person = await sign_in(platform, quang_ninh, 71)
    api = browse("quang-ninh")
    headers = {"authorization": f"Bearer {person.token}", "accept": "application/json"}
    body = submission(answers={**ANSWERS, "requests_for": "relative"})
    answer = await api.post(f"/api/dossiers?lang={lang}", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["errors"][0]["detail"]
