from collections.abc import Callable
from typing import Any

import pytest

from motcua.wallet import dcql
from motcua.wallet.refusal import CredentialError

Refused = Callable[[str], Any]
ID = dcql.Need(
    "person",
    ("https://a.example/id", "https://b.example/id"),
    (dcql.Wanted(("full_name",)), dcql.Wanted(("personal_id",))),
)
HOME = dcql.Need(
    "home",
    ("https://a.example/home",),
    (dcql.Wanted(("address", "province"), ("Quảng Ninh", "Hà Nội")),),
)
PERSON = {"full_name": "A", "personal_id": "000000000000", "sex": "F"}


def test_a_query_is_written_as_the_specification_says() -> None:
    assert dcql.build_query([HOME]) == {
        "credentials": [
            {
                "id": "home",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": ["https://a.example/home"]},
                "claims": [{"path": ["address", "province"], "values": ["Quảng Ninh", "Hà Nội"]}],
            }
        ]
    }


def test_an_answer_must_hold_every_credential_and_claim(refused: Refused) -> None:
    query = dcql.build_query([ID, HOME])
    person = ("https://b.example/id", PERSON)
    home = ("https://a.example/home", {"address": {"province": "Hà Nội"}})
    dcql.check_answer(query, {"person": person, "home": home})
    wrong: list[dict[str, tuple[str, Any]]] = [
        {"person": person},
        {"person": person, "home": home, "more": home},
        {"person": ("https://c.example/id", PERSON), "home": home},
        {"person": ("https://b.example/id", {"full_name": "A"}), "home": home},
        {"person": person, "home": (home[0], {"address": {"province": "Huế"}})},
        {"person": person, "home": (home[0], {"address": "Hà Nội"})},
        {},
    ]
    for answer in wrong:
        with refused("not_satisfied"):
            dcql.check_answer(query, answer)


def test_the_wallet_finds_what_it_may_show() -> None:
    query = dcql.build_query([ID, HOME])
    papers: list[tuple[str, dict[str, Any]]] = [
        ("https://a.example/other", PERSON),
        ("https://a.example/home", {"address": {"province": "Huế"}}),
        ("https://a.example/home", {"address": {"province": "Hà Nội"}, "owner": "A"}),
        ("https://a.example/id", PERSON),
        ("https://b.example/id", PERSON),
    ]
    found = dcql.find_matches(query, papers)
    assert [(m.candidate, set(m.reveal)) for m in found["person"]] == [
        (3, {"full_name", "personal_id"}),
        (4, {"full_name", "personal_id"}),
    ]
    assert [(m.candidate, set(m.reveal)) for m in found["home"]] == [(2, {"address"})]


def test_the_wallet_says_when_it_lacks_a_paper(refused: Refused) -> None:
    with refused("not_satisfied"):
        dcql.find_matches(dcql.build_query([ID, HOME]), [("https://a.example/id", PERSON)])


def test_alternatives_need_one_of_them() -> None:
    query = dcql.build_query([ID, HOME], sets=[[["home"], ["person"]]])
    found = dcql.find_matches(query, [("https://a.example/id", PERSON)])
    assert set(found) == {"person"}
    dcql.check_answer(query, {"person": ("https://a.example/id", PERSON)})
    both: list[tuple[str, dict[str, Any]]] = [
        ("https://a.example/id", PERSON),
        ("https://a.example/home", {"address": {"province": "Hà Nội"}}),
    ]
    assert set(dcql.find_matches(query, both)) == {"home"}


def test_an_optional_set_is_not_required() -> None:
    query = dcql.build_query([ID, HOME], sets=[[["person"]], [["home"]]])
    query["credential_sets"][1]["required"] = False
    assert set(dcql.find_matches(query, [("https://a.example/id", PERSON)])) == {"person"}


def test_claim_sets_are_alternatives() -> None:
    entry = {
        "id": "p",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": ["v"]},
        "claims": [{"id": "a", "path": ["email"]}, {"id": "b", "path": ["phone"]}],
        "claim_sets": [["a"], ["b"]],
    }
    found = dcql.find_matches({"credentials": [entry]}, [("v", {"phone": "0"})])
    assert found["p"][0].reveal == {"phone"}


def test_without_claims_only_what_is_open_is_shown() -> None:
    query = dcql.build_query([dcql.Need("p", ("v",))])
    assert dcql.find_matches(query, [("v", PERSON)])["p"][0].reveal == frozenset()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (["a", 1, "b"], [2]),
        (["a", None, "b"], [1, 2]),
        (["a", 5], []),
        (["a", "b"], []),
        (["c", 0], []),
        (["c"], [None]),
    ],
)
def test_paths_follow_the_specification(path: list[Any], values: list[Any]) -> None:
    assert dcql.values_at({"a": [{"b": 1}, {"b": 2}], "c": None}, path) == values


def test_true_is_not_one() -> None:
    need = dcql.Need("p", ("v",), (dcql.Wanted(("a",), (1,)),))
    with pytest.raises(CredentialError):
        dcql.find_matches(dcql.build_query([need]), [("v", {"a": True})])


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"credentials": []},
        {"credentials": [7]},
        {"credentials": [{"id": "a"}]},
        {"credentials": [{"id": "a", "meta": {}, "claims": [{"path": []}]}]},
        {"credentials": [{"id": "a", "meta": {}, "claims": [{"path": ["a", -1]}]}]},
        {"credentials": [{"id": "a", "meta": {}, "claims": [{"path": ["a"], "values": 1}]}]},
        {"credentials": [{"id": "a", "meta": {}, "claim_sets": ["a"]}]},
        {"credentials": [{"id": "a", "meta": {}}], "credential_sets": [{}]},
    ],
)
def test_a_broken_query_is_refused(query: dict[str, Any], refused: Refused) -> None:
    with refused("malformed"):
        dcql.find_matches(query, [])


def test_a_query_of_ours_is_checked_when_it_is_built() -> None:
    for needs, sets in (
        ([], ()),
        ([ID, ID], ()),
        ([dcql.Need("a b", ("v",))], ()),
        ([ID], [[["x"]]]),
    ):
        with pytest.raises(ValueError, match=r"id|credential"):
            dcql.build_query(needs, sets)
