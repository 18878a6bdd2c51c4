"""The runner of the public compatibility cases, on small cases of our own in their format."""

import importlib.util
import sys
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree  # type: ignore[import-untyped]

from motcua.rules import YearsMonths
from tests.core.rules.dmn import data, decision, knowledge, model, service


def _runner() -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / "dmn_tck.py"
    spec = importlib.util.spec_from_file_location("dmn_tck", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


tck = _runner()
HEAD = (
    '<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>phí.dmn</modelName>'
)
GREETING = (
    '<testCase id="001"><inputNode name="tên"><value xsi:type="xsd:string">An</value></inputNode>'
    '<resultNode name="lời chào"><expected><value xsi:type="xsd:string">{}</value></expected>'
    "</resultNode></testCase>"
)
FEE = (
    '<testCase id="002" type="{}" invocableName="{}"><inputNode name="n">'
    '<value xsi:type="xsd:decimal">3</value></inputNode><resultNode name="phí"><expected>'
    '<value xsi:type="xsd:decimal">6000.00</value></expected></resultNode></testCase>'
)
MODEL = model(
    data("tên", "string"), data("n", "number"),
    decision("lời chào", '"Chào " + tên', inputs=["tên"]),
    decision("phí", "n * 2000", inputs=["n"]), decision("hai phí", "phí * 2", decisions=["phí"]),
    service("dịch vụ", outputs=["phí", "hai phí"], inputs=["n"]),
    knowledge("tính", "n * 2000", [("n", "number")]),
)  # fmt: skip


def write(folder: Path, level: int, *cases: str) -> None:
    """Write a folder of the suite: one model, one file of cases."""
    place = folder / f"compliance-level-{level}" / "0001-phí"
    place.mkdir(parents=True)
    (place / "phí.dmn").write_bytes(MODEL)
    (place / "0001-phí-test-01.xml").write_text(HEAD + "".join(cases) + "</testCases>")


def test_cases_that_pass_meet_the_aims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, 2, GREETING.format("Chào An"), FEE.format("decisionService", "dịch vụ"))
    write(tmp_path, 3, FEE.format("bkm", "tính"), FEE.format("decision", ""))
    (tmp_path / "khác.xml").write_text("<khác/>")
    assert tck.main([str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["level", "2", "0001-phí", "2", "passed", "0", "failed"]
    assert lines[-2:] == ["level 2: 2 of 2  yes", "level 3: 2 of 2  yes"]


def test_a_case_that_fails_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, 2, GREETING.format("Chào Bình"), FEE.format("bkm", "không có"))
    assert tck.main([str(tmp_path), "--failed"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("001: expected 'Chào Bình', found 'Chào An'")
    assert "002: NotFound:" in lines[1]
    assert lines[-1] == "level 2: 0 of 2  NO"


def test_a_folder_without_cases_meets_nothing(tmp_path: Path) -> None:
    assert tck.main([str(tmp_path)]) == 1
    assert tck.main([]) == 2


def node(inner: str) -> object:
    """Read the value of an input node."""
    text = f'<inputNode name="x">{inner}</inputNode>'
    return tck.value_of(etree.fromstring(f"{HEAD}{text}</testCases>")[1])


@pytest.mark.parametrize(
    ("of", "text", "expected"),
    [
        ("date", "2026-11-22", date(2026, 11, 22)),
        ("time", "08:30:00", time(8, 30)),
        ("duration", "P1DT2H", timedelta(hours=26)),
        ("duration", "P1Y", YearsMonths(12)),
        ("boolean", "true", True),
        ("double", "1.50", Decimal("1.5")),
        ("string", " a ", " a "),
    ],
)
def test_a_value_has_the_type_of_its_schema(of: str, text: str, expected: object) -> None:
    assert tck.same(expected, node(f'<value xsi:type="xsd:{of}">{text}</value>'))


def test_values_may_be_lists_components_and_null() -> None:
    one = '<value xsi:type="xsd:decimal">1</value>'
    assert node(f"<list><item>{one}</item><item>{one}</item></list>") == (1, 1)
    assert node(f'<component name="a">{one}</component><component name="b"/>') == {
        "a": 1, "b": None,
    }  # fmt: skip
    assert node('<value xsi:nil="true"/>') is None
    assert node('<list xsi:nil="true"/>') is None


def test_numbers_agree_to_eight_places() -> None:
    assert tck.same(Decimal("0.333333333"), Decimal(1) / 3)
    assert not tck.same(Decimal("0.3333"), Decimal(1) / 3)
    assert not tck.same((Decimal(1),), Decimal(1))
    assert not tck.same({"a": Decimal(1)}, {"a": Decimal(1), "b": None})
