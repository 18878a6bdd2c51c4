"""A package's folder comes from outside: what does not belong there is refused or bounded."""

import os
from pathlib import Path

import pytest

from motcua.catalogue import folder as limits
from motcua.catalogue.packages import Package, load_package
from motcua.catalogue.reading import PackageError
from tests.core.catalogue.builders import package, package_data
from tests.core.catalogue.test_packages import FORM, TOML

DTD = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><d>&b;</d>'
OUTSIDE = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><d>&a;</d>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "package"
    (path / "scenarios").mkdir(parents=True)
    (path / "procedure.toml").write_text(TOML, encoding="utf-8")
    (path / "form.toml").write_text(FORM, encoding="utf-8")
    return path


def refused(folder: Path) -> PackageError:
    with pytest.raises(PackageError) as refusal:
        load_package(folder)
    return refusal.value


def test_processes_decisions_and_templates_are_read_by_their_names(folder: Path) -> None:
    (folder / "other-way.bpmn").write_bytes(package().bpmn())
    dmn = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="r" name="r" '
        'namespace="n"><decision id="d" name="Một"><literalExpression id="e"><text>1</text>'
        "</literalExpression></decision></definitions>"
    )
    (folder / "rules.dmn").write_text(dmn, encoding="utf-8")
    (folder / "paper.typ").write_text("= Giấy\r\n", encoding="utf-8")
    found = load_package(folder)
    assert list(found.processes) == ["other-way.bpmn"]
    assert list(found.decisions) == ["rules.dmn"]
    assert found.templates == {"paper.typ": "= Giấy\n"}


@pytest.mark.parametrize(
    "name",
    ["run.py", "README.md", ".hidden", "Process.bpmn", "a b.bpmn", "form.py", "x.so", "x.xml"],
)
def test_only_known_names_are_taken(folder: Path, name: str) -> None:
    (folder / name).write_text("x", encoding="utf-8")
    assert refused(folder).file == name


def test_no_other_folder_is_taken(folder: Path) -> None:
    (folder / "lib.typ").mkdir()
    assert refused(folder).file == "lib.typ"
    (folder / "lib.typ").rmdir()
    (folder / "lib").mkdir()
    assert refused(folder).file == "lib"


def test_a_link_is_refused_wherever_it_leads(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.toml"
    secret.write_text('name_vi = "x"', encoding="utf-8")
    link = folder / "scenarios" / "one.toml"
    link.symlink_to(secret)
    assert refused(folder).file == "scenarios/one.toml"
    link.unlink()
    (folder / "scenarios").rmdir()
    (folder / "scenarios").symlink_to(tmp_path)
    assert refused(folder).file == "scenarios"


def test_what_is_no_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe.typ")
    assert refused(folder).file == "pipe.typ"


def test_a_file_that_is_too_large_is_refused(folder: Path) -> None:
    (folder / "big.typ").write_bytes(b"x" * (limits.MAX_FILE + 1))
    assert "1000000" in refused(folder).expected


def test_files_that_are_too_large_together_are_refused(folder: Path) -> None:
    for n in range(6):
        (folder / f"p{n}.typ").write_bytes(b"x" * limits.MAX_FILE)
    assert "together" in refused(folder).expected


def test_too_many_files_are_refused(folder: Path) -> None:
    for n in range(limits.MAX_FILES + 50):
        (folder / "scenarios" / f"s{n}.toml").write_bytes(b"")
    assert "200 files" in refused(folder).expected


@pytest.mark.parametrize("name", ["way.bpmn", "rules.dmn", "paper.typ"])
@pytest.mark.parametrize("content", [b"\xff\xfe<\0x\0", b"<x>\xe1\xba</x>", b"<x>\0</x>"])
def test_what_is_no_utf_8_text_is_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert refused(folder).file == name


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a." * 5_000 + "a = 1"])
def test_deep_toml_is_refused(folder: Path, text: str) -> None:
    (folder / "procedure.toml").write_text(text, encoding="utf-8")
    found = refused(folder)
    assert found.file == "procedure.toml"
    assert "16 deep" in found.expected


@pytest.mark.parametrize("name", ["way.bpmn", "rules.dmn"])
@pytest.mark.parametrize("xml", [DTD, OUTSIDE, OUTSIDE.replace("DOCTYPE", "doctype")])
def test_entities_in_xml_are_refused(folder: Path, name: str, xml: str) -> None:
    (folder / name).write_text(xml, encoding="utf-8")
    found = refused(folder)
    assert found.file == name
    assert "no entities" in found.expected


@pytest.mark.parametrize("name", ["../x.typ", "/etc/x.typ", "a/b.typ", "x.typ\n", "..typ", "x.py"])
def test_a_stored_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(PackageError) as refusal:
        Package.from_data({**package_data(), "templates": {name: "x"}})
    assert refusal.value.file == name


@pytest.mark.parametrize(
    "code",
    [
        '__import__("os").system("id")',
        "().__class__.__bases__",
        "exec(copies)",
        "lambda: 1",
        "open(copies)",
        "(" * 5_000,
        "copies ** " * 2_000 + "9",
    ],
)
def test_code_in_an_expression_is_refused(code: str) -> None:
    with pytest.raises(PackageError) as refusal:
        package(fee={"expression": code, "text_vi": "a", "text_en": "a"})
    assert refusal.value.key == "fee.expression"


def test_nothing_of_python_is_seen_behind_a_value() -> None:
    assert package(routing={"expression": "copies.__class__"}).route({"copies": 1}) == ""


def test_an_expression_that_takes_too_long_is_stopped() -> None:
    endless = "count(for a in 1..100000, b in 1..100000, c in 1..100000 return a)"
    with pytest.raises(PackageError, match=r"fee\.expression"):
        package(fee={"expression": endless, "text_vi": "a", "text_en": "a"})


def test_a_process_that_calls_itself_is_refused() -> None:
    caller = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="n"
      id="d"><process id="p" name="Gọi" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
      <callActivity id="call" name="Lại" calledElement="{}@1"/>
      <sequenceFlow id="f2" sourceRef="call" targetRef="end"/><endEvent id="end"/></process>
    </definitions>"""
    data = package_data(steps=None, process="a.bpmn")
    files = {
        "a.bpmn": caller.format("b"),
        "b.bpmn": caller.format("c"),
        "c.bpmn": caller.format("b"),
    }
    with pytest.raises(PackageError) as refusal:
        Package.from_data({**data, "processes": files})
    assert refusal.value.file == "a.bpmn"
