"""The order of channels is data: read strictly, and asked for a procedure on a day."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from motcua.channels import plan
from motcua.errors import Invalid

ROOT = Path(__file__).parents[3]
DAY = date(2026, 11, 22)
GOOD = """
[[ways]]
order = [["wallet", "link"], "post"]
wait_hours = 24

[[ways]]
procedures = ["2.000815"]
order = [["wallet", "app"], "app-two"]
assurance = "substantial"
valid_from = 2026-06-01
valid_until = 2026-12-31

[settings.app]
mode = "publish"
"""


def read(text: str) -> plan.Plan:
    return plan.read(tomllib.loads(text), {"app"}, {"2.000815"})


def wrong(text: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read(text)
    return refused.value.fields


def test_a_procedures_own_order_goes_before_the_general_one_while_it_is_valid() -> None:
    found = read(GOOD)
    own = found.way("2.000815", DAY)
    assert own.steps == (("wallet", "app"), ("app-two",), ("counter",))
    assert own.assurance == "substantial"
    for day, code in (
        (date(2027, 1, 1), "2.000815"),
        (date(2026, 5, 31), "2.000815"),
        (DAY, "1.1"),
    ):
        assert found.way(code, day).steps == (("wallet", "link"), ("post",), ("counter",))
        assert found.way(code, day).wait == timedelta(hours=24)


def test_a_newer_order_follows_an_older_one_from_its_day_on() -> None:
    text = '[[ways]]\norder=["link"]\nvalid_from=2026-01-01\n[[ways]]\norder=["post"]\nvalid_from=2026-07-01'
    found = read(text)
    assert found.way("x", date(2026, 6, 30)).order == (("link",),)
    assert found.way("x", date(2026, 7, 1)).order == (("post",),)
    assert found.way("x", date(2025, 12, 31)) == plan.DEFAULT


def test_what_is_kept_in_the_database_reads_the_same() -> None:
    assert plan.read(plan.kept(tomllib.loads(GOOD))) == read(GOOD)


def test_a_channel_hears_the_settings_of_its_plugin_and_of_no_other() -> None:
    found = read(GOOD)
    assert found.told("app") == found.told("app-two") == {"mode": "publish"}
    assert found.told("application") == found.told("wallet") == {}


def test_a_tenant_that_says_nothing_has_the_usual_order() -> None:
    assert plan.read({}).way("2.000815", DAY).steps == (("wallet", "link"), ("counter",))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[[ways]]\norder = []", "ways[1].order"),
        ("[[ways]]\nwait_hours = 3", "ways[1].order"),
        ('[[ways]]\norder = ["nobody"]', "ways[1].order"),
        ('[[ways]]\norder = ["link", ["post", "link"]]', "ways[1].order"),
        ('[[ways]]\norder = ["counter", "post"]', "ways[1].order"),
        ('[[ways]]\norder = [["post", "counter"]]', "ways[1].order"),
        ("[[ways]]\norder = [[]]", "ways[1].order"),
        ("[[ways]]\norder = [3]", "ways[1].order"),
        ('[[ways]]\norder = ["post"]\nassurance = "high"', "ways[1].order"),
        ('[[ways]]\norder = ["link"]\nassurance = "very"', "ways[1].assurance"),
        ('[[ways]]\norder = ["link"]\nwait_hours = 0', "ways[1].wait_hours"),
        ('[[ways]]\norder = ["link"]\nwait_hours = true', "ways[1].wait_hours"),
        ('[[ways]]\norder = ["link"]\nvalid_from = "soon"', "ways[1].valid_from"),
        (
            '[[ways]]\norder = ["link"]\nvalid_from = 2026-02-01\nvalid_until = 2026-01-01',
            "ways[1].valid_until",
        ),
        ('[[ways]]\norder = ["link"]\nprocedures = ["9.9"]', "ways[1].procedures"),
        ('[[ways]]\norder = ["link"]\nfoo = 1', "ways[1].foo"),
        ('[[ways]]\norder = ["link"]\n[[ways]]\norder = ["post"]', "ways[2].valid_from"),
        ("foo = 1", "foo"),
    ],
)
def test_what_is_not_right_is_told_at_its_field(text: str, field: str) -> None:
    assert list(wrong(text)) == [field]
    assert wrong(text)[field]


def test_everything_that_is_wrong_is_told_at_once_in_both_languages() -> None:
    with pytest.raises(Invalid) as refused:
        read('[[ways]]\norder = ["nobody"]\n[[ways]]\norder = ["link"]\nassurance = "very"')
    assert len(refused.value.fields) == 2 or "ways[2].valid_from" in refused.value.fields
    assert "nobody" in refused.value.en
    assert "nobody" in refused.value.vi


@pytest.mark.parametrize(
    "file", sorted((ROOT / "tenants").glob("*/channels.toml")), ids=lambda f: f.parent.name
)
def test_the_provinces_own_files_are_right(file: Path) -> None:
    about = tomllib.loads((file.parent / "tenant.toml").read_text(encoding="utf-8"))
    adopted = tomllib.loads((file.parent / "procedures.toml").read_text(encoding="utf-8"))
    codes = {p["code"] for p in adopted["procedures"]}
    assert plan.read(tomllib.loads(file.read_text(encoding="utf-8")), about["plugins"], codes).ways
