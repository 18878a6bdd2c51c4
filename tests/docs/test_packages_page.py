"""The page about packages: the package it shows loads, its scenarios pass, its overlay fits."""

import re
import tomllib
from pathlib import Path

import pytest

from motcua.catalogue.examples import run
from motcua.catalogue.overlay import apply
from motcua.catalogue.packages import Package, load_package
from motcua.catalogue.procedure import (
    CaseRule,
    FeePart,
    FeeRule,
    Paper,
    Procedure,
    Replacement,
    ResultRule,
    Step,
    Target,
    TimeLimit,
)
from motcua.catalogue.reading import Record

PAGE = Path(__file__).parents[2] / "docs/plugins/packages.md"
_FILE = re.compile(
    r"`(?P<path>1\.900002/[\w./-]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_OVERLAY = re.compile(r"<!-- overlay -->\n```toml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shown(text: str, tmp_path_factory: pytest.TempPathFactory) -> Package:
    root = tmp_path_factory.mktemp("page")
    for block in _FILE.finditer(text):
        path = root / block["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block["text"], encoding="utf-8")
    return load_package(root / "1.900002")


def test_the_scenarios_of_the_page_pass(shown: Package) -> None:
    assert {s.key: run(shown, s) for s in shown.scenarios} == {"festival": [], "match": []}


def test_the_overlay_of_the_page_fits_its_package(shown: Package, text: str) -> None:
    found = _OVERLAY.search(text)
    assert found
    ((entry,),) = tomllib.loads(found["text"]).values()
    own = apply(shown, entry["overlay"])
    assert [s.id for s in own.case("ordinary").steps] == [
        "appraise",
        "opinion",
        "approve",
        "deliver",
    ]
    assert own.case("festival").time_limit.value == 8
    assert [p.key for p in own.case("festival").papers] == ["plan", "safety", "map"]
    assert own.definition("festival").nodes["approve"].hours == 4


@pytest.mark.parametrize(
    "record",
    [
        Procedure,
        TimeLimit,
        FeeRule,
        FeePart,
        Paper,
        Replacement,
        Step,
        CaseRule,
        ResultRule,
        Target,
    ],
)
def test_the_page_names_every_key_of_a_procedure(text: str, record: type[Record]) -> None:
    assert [f for f in record.__struct_fields__ if not re.search(rf"\b{f}\b", text)] == []
