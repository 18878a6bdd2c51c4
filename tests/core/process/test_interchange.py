"""Files of other modellers: read or refused with reasons, drawn, given a diagram; never a crash."""

import re
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from pathlib import Path
from random import Random

import pytest
from lxml import etree  # type: ignore[import-untyped]

from motcua.process import Complete, Message, ProcessError, ServiceFailed, lint, load, start, step
from motcua.process.picture import svg, with_diagram
from tests.core.process.blocks import document
from tests.core.process.drawn import END, START, flows, places, sub, token, users, walk
from tests.core.process.picture_samples import SVG, Drawn

FOLDER = Path(__file__).with_name("interchange")
FILES = sorted(FOLDER.glob("*.bpmn"))
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"


def _file(name: str) -> bytes:
    return (FOLDER / f"{name}.bpmn").read_bytes()


def _refused(name: str, **more: str) -> dict[str, str]:
    return {f.element: f.en for f in lint(_file(name), **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_runs_or_is_refused_with_reasons(path: Path) -> None:
    ids = [e.get("id") for e in etree.fromstring(path.read_bytes()).iter() if e.get("id")]
    for finding in lint(path.read_bytes()):
        assert finding.element in ids or finding.tag == "definitions"
        assert finding.vi != finding.en
        assert finding.tag in finding.place


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_everything_that_a_file_draws_is_in_the_picture(path: Path) -> None:
    xml = path.read_bytes()
    drawn, root = Drawn(svg(xml)), etree.fromstring(xml)
    bands = "participantBandKind"
    shapes = [e.get("bpmnElement") for e in root.iter(f"{DI}BPMNShape") if not e.get(bands)]
    edges = [e.get("bpmnElement") for e in root.iter(f"{DI}BPMNEdge")]
    assert set(shapes) <= drawn.nodes.keys()
    assert set(edges) <= drawn.flows.keys()
    steps = [e.get("id") for tag in ("process", "subProcess") for p in root.iter(BPMN + tag)
             for e in p if re.search("Event$|Task$|task$|Gateway$", str(e.tag))]  # fmt: skip
    assert set(steps) <= drawn.nodes.keys(), "what has no place of its own is laid out"
    assert max((drawn.nodes + drawn.flows).values()) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_diagram_is_added_once_and_changes_nothing_else(path: Path) -> None:
    xml = path.read_bytes()
    written = with_diagram(xml)
    assert with_diagram(written) == written
    assert lint(written) == lint(xml)
    assert Drawn(svg(written)).nodes == Drawn(svg(xml)).nodes


def test_a_drawing_of_a_whole_office_runs() -> None:
    definition = load(_file("office_with_lanes"))
    now = start(definition)
    assert now.waits[0].role == "receiver", "from the inner lane"
    now = walk(definition, now, "check=missing", "check=ok")
    now = step(definition, now.state, ServiceFailed(token(now, "look"), "no_data"))
    assert (now.waits[0].node, now.waits[0].role) == ("fix", "specialist")
    now = step(definition, walk(definition, now, "fix").state, Message("paid"))
    assert now.ended


def test_utf_16_and_booleans_as_digits_are_read() -> None:
    definition = load(_file("utf16"))
    now = start(definition, {"people": ["A", "B"]})
    assert places(now) == "_3 _3"
    assert definition.key == "PROCESS_1", "the process without steps is none to choose from"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "windows-1252"])
def test_files_are_read_in_their_encoding(encoding: str) -> None:
    name = encoding.removesuffix("-sig").removesuffix("-le")
    text = f'<?xml version="1.0" encoding="{name}"?>' + document(
        START + END + users("a").replace("name=", "title=") + flows("s a e")
    ).decode().replace("Quy trình mẫu", "Modèle")
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    assert load(mark + text.encode(encoding)).name == "Modèle"


def test_one_of_several_processes_is_chosen_by_id() -> None:
    xml = _file("two_pools_latin1")
    first = lint(xml)[0]
    assert (first.tag, first.element) == ("definitions", "")
    assert "none is executable" in first.en
    assert "{A-1} 'Ðôi', _B" in first.en
    assert _refused("two_pools_latin1", process="{A-1}") == {
        "1t": "nobody is to do it; set mc:role"
    }
    assert _refused("two_pools_latin1", process="_B").keys() == {"2s", "2t", "2h"}
    assert "the id 'x'" in lint(xml, process="x")[0].en
    mended = xml.replace(b'id="1t"', b'id="1t" r:role="c" xmlns:r="https://motcua.org/bpmn"')
    chosen = load(mended, process="{A-1}")
    assert (chosen.key, places(start(chosen))) == ("{A-1}", "1t")
    with pytest.raises(ProcessError, match="exactly one"):
        load(mended)
    marked = mended.replace(b'id="{A-1}"', b'id="{A-1}" isExecutable="1"')
    assert load(marked).digest == load(marked, process="{A-1}").digest


def test_each_of_several_executable_processes_is_judged() -> None:
    two = [f'<process id="{n}" isExecutable="true"><task id="{n}t"/></process>' for n in "ab"]
    head = document("").decode().partition("<process")[0]
    found = lint(f"{head}{''.join(two)}</definitions>".encode())
    assert [f.element for f in found] == ["", "at", "bt"]
    assert "2 executable processes" in found[0].en


def test_every_element_that_cannot_run_has_its_own_finding() -> None:
    found = _refused("scopes_and_diagrams")
    wrong = {"Tx", "Ad", "Sc", "Cx", "xb", "Se", "C1", "C2", "C3", "Eg", "Eg2", "tb", "tc", "te"}
    inside = {"a1", "a2", "ct", "tt", "es"}
    assert found.keys() == wrong | inside
    assert "draw a user task" in found["C1"]
    assert "file of its own" in found["C2"]


def test_a_file_without_a_process_says_what_it_holds() -> None:
    assert _refused("choreography").keys() == {"", "ch", "ct", "sc", "cc", "gc"}
    assert _refused("conversation").keys() == {"", "c1", "c2", "c3"}
    with pytest.raises(ProcessError, match="draw a process"):
        load(_file("conversation"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<eventBasedGateway id="a" eventGatewayType="Parallel"/>', "no event-based choice"),
        ('<receiveTask id="a" mc:message="m" instantiate="1"/>', "without instantiate"),
        ('<userTask id="a" mc:role="r" completionQuantity="2"/>', "one token only"),
        ('<userTask id="a" mc:role="r"><eventDefinitionRef>x</eventDefinitionRef></userTask>',
         "no event definition"),
        ('<exclusiveGateway id="a" default="a-e"/>' + flows("a ?${x}? s"), "another product"),
    ],
)  # fmt: skip
def test_what_would_run_otherwise_than_drawn_is_refused(body: str, says: str) -> None:
    found = lint(document(START + END + body + flows("s a e")))
    assert any(says in f.en for f in found), found


def test_a_shared_event_definition_is_read() -> None:
    catch = '<intermediateCatchEvent id="c"><eventDefinitionRef>shared</eventDefinitionRef>'
    body = START + END + catch + "</intermediateCatchEvent>" + flows("s c e")
    root = '<message id="m" name="paid"/><messageEventDefinition id="shared" messageRef="m"/>'
    definition = load(document(body, before=root))
    assert step(definition, start(definition).state, Message("paid")).ended
    assert 'd="M-8 -5.5' in svg(document(body, before=root)).replace("500", "5")


def test_what_other_makers_add_to_a_file_is_no_fault() -> None:
    foreign = '<x:note xmlns:x="urn:x" id="n"><x:deep/></x:note>'
    task = users("a").replace("/>", f">{foreign.replace(' id=', ' key=')}</userTask>")
    xml = document(START + END + foreign + task + flows("s a e"))
    assert lint(xml) == ()
    found = lint(document(START + END + foreign + users("a") + flows("s a e", "a n")))
    assert [f.element for f in found] == ["n"], "but an arrow must not lead to it"


def test_an_arrow_that_leads_nowhere_is_told_beside_other_faults() -> None:
    xml = document(START + END + '<task id="a"/>' + flows("s a e", "a gone"))
    assert [f.element for f in lint(xml)] == ["a", "a-gone"]


def test_a_person_without_role_is_told_beside_other_faults() -> None:
    body = '<task id="a"/><userTask id="b" name="Ký&#10;số"/>' + flows("s a b e")
    assert [(f.element, f.name) for f in lint(document(START + END + body))] == [
        ("a", ""),
        ("b", "Ký số"),
    ]


def test_an_own_diagram_stays_and_gets_what_it_leaves_out() -> None:
    whole = _file("office_with_lanes").decode()
    without = re.sub(
        r'\s*<bpmndi:BPMNEdge id="f8_di".*?</bpmndi:BPMNEdge>', "", whole, flags=re.DOTALL
    )
    written = with_diagram(without.encode()).decode()
    assert "<!-- written for the tests -->" in written
    assert "<?tool keep me?>" in written
    assert '<dc:Bounds x="310" y="228" width="100" height="80"/>' in written
    added = etree.fromstring(written.encode()).find(f'.//{DI}BPMNEdge[@bpmnElement="f8"]')
    assert [(p.get("x"), p.get("y")) for p in added] == [("900", "268"), ("990", "268")]


def test_the_inside_of_a_closed_sub_process_gets_a_diagram_of_its_own() -> None:
    written = etree.fromstring(with_diagram(_file("scopes_and_diagrams")))
    planes = [plane.get("bpmnElement") for plane in written.iter(f"{DI}BPMNPlane")]
    assert planes == ["Process_1", "Closed", "Ev"]
    assert len({e.get("id") for e in written.iter() if e.get("id")}) == sum(
        1 for e in written.iter() if e.get("id")
    )


def test_two_processes_without_pools_get_a_diagram_each() -> None:
    second = f'<process id="q">{START}{END}{users("b")}</process>'.replace('id="s"', 'id="s2"')
    xml = document(START + END + users("a"), after=second.replace('id="e"', 'id="e2"'))
    planes = [
        p.get("bpmnElement") for p in etree.fromstring(with_diagram(xml)).iter(f"{DI}BPMNPlane")
    ]
    assert planes == ["p", "q"]


def test_the_marks_of_bpmn_on_shapes_and_arrows_are_drawn() -> None:
    office = Drawn(svg(_file("office_with_lanes")))
    words = office.words()
    for name in ("Tờ khai [đã ký]", "Cơ sở dữ liệu dân cư", "Nhóm việc chuyên môn", "Trong <ngày>"):
        assert name in words
    assert office.groups["x"].find(f"{SVG}path[@class='dark']") is None, "its X is not to be shown"
    envelopes = [e.get("fill") for e in office.root.iter() if "envelope" in e.get("class", "")]
    assert len(set(envelopes)) == 2, "white is the message that begins, shaded the answer"
    heads = [g for g in office.root.iter(f"{SVG}g") if g.get("data-flow") == "as2"]
    assert len(heads[0].findall(f"{SVG}path")) == 3, "an association with two tips"
    talk = Drawn(svg(_file("choreography"))).words()
    assert Counter(re.findall("Công dân|Thuế", talk)) == {"Công dân": 2, "Thuế": 2}


def test_nested_lanes_are_laid_out_inside_each_other() -> None:
    bare = re.sub(
        rb"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>",
        b"",
        _file("office_with_lanes"),
        flags=re.DOTALL,
    )
    drawn = Drawn(svg(bare))
    boxes = [drawn.groups[lane].find(f"{SVG}rect") for lane in ("office", "outer", "in1", "in2")]
    office, outer, first, second = (float(box.get("x")) for box in boxes)
    assert office < outer < first == second
    _, whole, upper, lower = (float(box.get("height")) for box in boxes)
    assert whole == pytest.approx(upper + lower, abs=0.2)


def test_a_part_that_has_the_id_of_its_process_is_drawn() -> None:
    xml = document(sub("p", users("a")) + users("b"))
    assert sum(Drawn(svg(xml)).nodes.values()) == 5


def _spoiled(random: Random) -> bytes:
    """Return a file in which elements are moved, renamed, lost, or refer to something else."""
    roots = [etree.fromstring(path.read_bytes()) for path in random.sample(FILES, 2)]
    own, other = ([e for e in root.iter() if isinstance(e.tag, str)] for root in roots)
    ids = [e.get("id") for e in own if e.get("id")]
    for _ in range(random.randint(1, 6)):
        element, stranger = random.choice(own[1:]), random.choice(other[1:])
        way = random.random()
        if way < 0.3 and element.getparent() is not None:
            element.getparent().remove(element)
        elif way < 0.6 and element.attrib:
            words = [*ids, "", "true", "1", "x:y", "-1", "NaN", "é ü"]
            element.set(random.choice(list(element.attrib)), random.choice(words))
        elif way < 0.75:
            element.append(deepcopy(stranger))
        elif way < 0.9:
            element.tag = stranger.tag
        else:
            element.text = random.choice([*ids, "${a}", "= 1 +"])
    spoiled: bytes = etree.tostring(roots[0])
    return spoiled


@pytest.mark.parametrize("seed", range(4))
def test_a_spoiled_file_is_refused_and_drawn_but_never_crashes(seed: int) -> None:
    random = Random(seed)
    for _ in range(40):
        xml = _spoiled(random)
        if found := lint(xml):
            with pytest.raises(ProcessError) as caught:
                load(xml)
            assert caught.value.findings == found
        else:
            load(xml)
        svg(with_diagram(xml))
        svg(xml)


def _suite(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.bpmn_suite", str(folder)],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_program_goes_through_a_folder_of_files(tmp_path: Path) -> None:
    assert _suite(tmp_path).returncode == 1, "nothing was looked at"
    folder = tmp_path / "models" / "deep"
    folder.mkdir(parents=True)
    for name in ("plain_row", "office_with_lanes"):
        (folder / f"{name}.bpmn").write_bytes(_file(name))
    good = _suite(tmp_path)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "2 files: 2 drawn, 1 run, 1 refused, 0 crashed" in good.stdout
    assert "task 'Việc một' (t1): it does not say who acts" in good.stdout
    (folder / "broken.bpmn").write_bytes(b"<definitions/>")
    bad = _suite(tmp_path)
    assert bad.returncode == 1
    assert "NOT DRAWN" in bad.stdout


def test_a_case_of_a_process_chosen_by_id_goes_on() -> None:
    two = document(
        START + END + users("a") + flows("s a e"), after='<process id="q"><task id="x"/></process>'
    )
    definition = load(two.replace(b'isExecutable="true"', b""), process="p")
    now = start(definition)
    assert step(definition, now.state, Complete(now.waits[0].token)).ended
