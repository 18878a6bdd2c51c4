"""BPMN files: what is accepted, what is refused and how, and what we write ourselves."""

import pytest
from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import TooLarge
from motcua.process import Complete, Message, ProcessError, StepSpec, compile_steps, lint, load
from motcua.process import start as begin
from motcua.process import step as advance
from tests.core.process.blocks import document

START, END = '<startEvent id="s"/>', '<endEvent id="e"/>'
TASK = '<userTask id="a" name="Thẩm định" mc:role="specialist"/>'


def _flow(flow_id: str, source: str, target: str, condition: str = "") -> str:
    text = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}">{text}</sequenceFlow>'


LINE = START + END + _flow("f1", "s", "a") + _flow("f2", "a", "e")
CHOICE = (
    START + END + TASK + '<exclusiveGateway id="x" default="f4"/>'
    + _flow("f1", "s", "a") + _flow("f2", "a", "x") + _flow("f4", "x", "e")
)  # fmt: skip

REFUSED = [
    (LINE + '<task id="a" name="Thẩm định"/>', "task 'Thẩm định' (a)", "draw a user task"),
    (LINE + '<manualTask id="a"/>', "manualTask (a)", "draw a user task"),
    (LINE + '<scriptTask id="a"/>', "scriptTask (a)", "mc:handler"),
    (LINE + '<subProcess id="a"/>', "subProcess 'a' (a)", "0 start events"),
    (LINE + '<transaction id="a"/>', "transaction (a)", "error boundary event"),
    (LINE + '<adHocSubProcess id="a"/>', "adHocSubProcess (a)", "draw a plain one"),
    (LINE + '<complexGateway id="a"/>', "complexGateway (a)", "draw an inclusive (O)"),
    (LINE + '<callActivity id="a"/>', "callActivity (a)", "calledElement"),
    (LINE + '<callActivity id="a" calledElement="fee@1"/>', "callActivity (a)", "no process 'fee@1'"),
    (LINE + '<businessRuleTask id="a"/>', "businessRuleTask (a)", "set mc:decision"),
    (
        LINE + '<businessRuleTask id="a" mc:decision="x.dmn#Y" mc:result="z"/>',
        "businessRuleTask (a)",
        "no file 'x.dmn'",
    ),
    (LINE + TASK + '<boundaryEvent id="b"/>', "boundaryEvent (b)", "choose a message, timer"),
    (
        LINE + TASK + '<boundaryEvent id="b"><conditionalEventDefinition/></boundaryEvent>',
        "boundaryEvent/conditionalEventDefinition (b)",
        "draw an exclusive gateway",
    ),
    (
        LINE + TASK + '<boundaryEvent id="b" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>',
        "boundaryEvent/compensateEventDefinition (b)",
        "the steps that undo",
    ),
    (
        LINE + TASK + '<intermediateThrowEvent id="b"><linkEventDefinition name="x"/></intermediateThrowEvent>',
        "intermediateThrowEvent/linkEventDefinition (b)",
        "sequence flow",
    ),
    (
        LINE + TASK + '<intermediateThrowEvent id="b"><messageEventDefinition/></intermediateThrowEvent>',
        "intermediateThrowEvent/messageEventDefinition (b)",
        "draw a send task",
    ),
    (
        LINE + TASK + '<endEvent id="b"><messageEventDefinition/></endEvent>',
        "endEvent/messageEventDefinition (b)",
        "draw a send task",
    ),
    (
        LINE + TASK + '<startEvent id="b"><timerEventDefinition/></startEvent>',
        "startEvent/timerEventDefinition (b)",
        "plain start event",
    ),
    (
        LINE + TASK + '<endEvent id="b"><errorEventDefinition/></endEvent>',
        "endEvent (b)",
        "has no code",
    ),
    (
        LINE + TASK + '<intermediateCatchEvent id="b"><timerEventDefinition/><signalEventDefinition/>'
        "</intermediateCatchEvent>",
        "intermediateCatchEvent (b)",
        "one event for each",
    ),
    (
        LINE + '<userTask id="a" mc:role="r"><standardLoopCharacteristics/></userTask>',
        "userTask/standardLoopCharacteristics (a)",
        "with an exclusive gateway",
    ),
    (
        LINE + '<userTask id="a" mc:role="r" isForCompensation="true"/>',
        "userTask (a)",
        "the steps that undo",
    ),
    (LINE + TASK + '<wonder id="b"/>', "wonder (b)", "please remove it"),
    (
        LINE + '<userTask id="a" mc:role="r"><multiInstanceLoopCharacteristics/></userTask>',
        "userTask/multiInstanceLoopCharacteristics (a)",
        "set mc:collection",
    ),
    (
        LINE + '<intermediateCatchEvent id="a"><timerEventDefinition/></intermediateCatchEvent>',
        "intermediateCatchEvent/timerEventDefinition (a)",
        "mc:working",
    ),
    (LINE + '<userTask id="a"/>', "userTask 'a' (a)", "set mc:role"),
    (LINE + '<serviceTask id="a"/>', "serviceTask 'a' (a)", "set mc:handler"),
    (LINE + '<receiveTask id="a"/>', "receiveTask (a)", "set mc:message"),
    (LINE + TASK.replace("/>", ' mc:hours="ba"/>'), "userTask 'Thẩm định' (a)", "mc:hours"),
    (LINE + TASK.replace("/>", ' mc:state="11"/>'), "userTask 'Thẩm định' (a)", "1-10"),
    (LINE + TASK.replace("/>", ' mc:clock="run"/>'), "userTask 'Thẩm định' (a)", "pause"),
    (LINE + TASK.replace("/>", ' mc:roll="x"/>'), "userTask 'Thẩm định' (a)", "mc:roll"),
    (LINE + TASK.replace("/>", ' mc:decision="no=no"/>'), "userTask 'Thẩm định' (a)", "no"),
    (LINE + TASK + TASK, "userTask 'Thẩm định' (a)", "used twice"),
    (LINE + TASK + _flow("f3", "a", "gone"), "sequenceFlow (f3)", "not connected"),
    (LINE + TASK + _flow("f3", "a", "e"), "userTask 'Thẩm định' (a)", "draw a gateway"),
    (LINE + TASK + '<userTask id="b" mc:role="r"/>', "userTask 'b' (b)", "no incoming flow"),
    (LINE + TASK + '<startEvent id="s2"/>', "process 'Quy trình mẫu' (p)", "2 start events"),
    (
        LINE.replace(_flow("f2", "a", "e"), _flow("f2", "a", "e", "x = 1")) + TASK,
        "sequenceFlow (f2)",
        "out of an exclusive (X) or inclusive gateway",
    ),
    (CHOICE + _flow("f5", "x", "a"), "exclusiveGateway 'x' (x)", "'f5' has no condition"),
    (
        CHOICE.replace(' default="f4"', "") + _flow("f5", "x", "a", "y = 1"),
        "exclusiveGateway 'x' (x)",
        "as the default",
    ),
    (CHOICE + _flow("f5", "x", "a", "y = "), "sequenceFlow (f5)", "column 4: unexpected the end"),
    (
        CHOICE + _flow("f5", "x", "x", "y = 1"),
        "exclusiveGateway 'x' (x)",
        "a loop without any step",
    ),
    (
        CHOICE + _flow("f5", "x", "b", "y = 1") + '<userTask id="b" mc:role="r"/>' + _flow("f6", "b", "b"),
        "userTask 'b' (b)",
        "no end event",
    ),
    (
        LINE + TASK + '<userTask id="b" mc:role="r"/><userTask id="c" mc:role="r"/>'
        + _flow("f3", "b", "c") + _flow("f4", "c", "b"),
        "userTask 'b' (b)",
        "never be reached",
    ),
    (
        CHOICE + '<userTask id="b" mc:role="r"/><userTask id="c" mc:role="r"/>'
        + _flow("f5", "x", "b", "y = 1") + _flow("f6", "b", "c") + _flow("f7", "c", "b"),
        "userTask 'b' (b)",
        "no end event",
    ),
    (
        START + END + TASK + '<userTask id="b" mc:role="r"/><parallelGateway id="j"/>'
        '<exclusiveGateway id="x" default="f3"/>' + _flow("f1", "s", "x")
        + _flow("f2", "x", "a", "y = 1") + _flow("f3", "x", "b") + _flow("f4", "a", "j")
        + _flow("f5", "b", "j") + _flow("f6", "j", "e"),
        "parallelGateway 'j' (j)",
        "waits forever",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "place", "says"), REFUSED)
def test_what_cannot_run_is_refused_with_advice(body: str, place: str, says: str) -> None:
    findings = [f for f in lint(document(body)) if says in f.en]
    assert [f.place for f in findings][:1] == [place]
    assert findings[0].vi != findings[0].en
    with pytest.raises(ProcessError) as caught:
        load(document(body))
    assert caught.value.findings == lint(document(body))


def test_all_findings_are_told_at_once() -> None:
    body = LINE + '<task id="a" name="Thẩm định"/><scriptTask id="b"/>'
    with pytest.raises(ProcessError) as caught:
        load(document(body))
    assert [f.element for f in caught.value.findings] == ["a", "b"]
    assert (caught.value.element, caught.value.name) == ("a", "Thẩm định")


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY f SYSTEM "file:///etc/hostname">]><definitions x="&e;">&e;&f;</definitions>"""


@pytest.mark.parametrize(
    "xml",
    [b"", b"<a", b"<a/>", LAUGHS, b"\xff\xfe\x00", document("", after='<process id="q"/>'),
     b"<!DOCTYPE a><a/>", b"<a>" * 5000],
)  # fmt: skip
def test_what_is_no_process_is_refused(xml: bytes) -> None:
    with pytest.raises(ProcessError):
        load(xml)


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge):
        load(b" " * 1_000_001)


def test_a_condition_never_runs_python(tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("x") / "written"
    code = f"__import__('pathlib').Path('{target}').write_text('x')"
    with pytest.raises(ProcessError):
        load(document(CHOICE + _flow("f5", "x", "a", code)))
    assert not target.exists()


def test_a_drawn_file_with_lanes_pools_and_notes_runs() -> None:
    body = (
        '<laneSet id="l"><lane id="l1" name="Chuyên viên" mc:role="specialist">'
        "<flowNodeRef>a</flowNodeRef></lane></laneSet>"
        + START + END + '<userTask id="a" name="Thẩm định"><extensionElements/></userTask>'
        '<intermediateCatchEvent id="m" name="Chờ"><messageEventDefinition messageRef="tns:m1"/>'
        "</intermediateCatchEvent>"
        '<exclusiveGateway id="x" default="f4"/><textAnnotation id="n"><text>ghi chú</text>'
        "</textAnnotation>" + _flow("f1", "s", "a") + _flow("f2", "a", "x")
        + _flow("f3", "x", "m", '= lệ phí &gt; 0 and outcome = "wait"')
        + _flow("f4", "x", "e") + _flow("f5", "m", "e")
    )  # fmt: skip
    before = (
        '<message id="m1" name="paid"/><collaboration id="c"><participant id="p1" processRef="p"/>'
        '<participant id="p2" name="Công dân"/></collaboration>'
    )
    definition = load(document(body, before=before))
    now = begin(definition, {"lệ phí": 5})
    assert now.waits[0].role == "specialist"
    now = advance(definition, now.state, Complete(now.waits[0].token, {"outcome": "wait"}))
    assert now.waits[0].message == "paid"
    assert advance(definition, now.state, Message("paid")).ended


def test_an_unset_variable_takes_the_default_way() -> None:
    definition = load(document(CHOICE + _flow("f5", "x", "a", "chưa có &gt; 1")))
    now = begin(definition)
    assert advance(definition, now.state, Complete(now.waits[0].token)).ended


def test_what_we_write_can_be_drawn_by_any_modeller() -> None:
    steps = [
        StepSpec("appraise", "Thẩm định", role="specialist", outcomes=("ok", "supplement")),
        StepSpec("sign", "Ký", role="leader", outcomes=("ok", "return", "supplement")),
    ]
    root = etree.fromstring(compile_steps("1.001612", 'Tên "lạ" & <dấu>', steps))
    spaces = {
        "b": "http://www.omg.org/spec/BPMN/20100524/MODEL",
        "d": "http://www.omg.org/spec/BPMN/20100524/DI",
    }
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    drawn = set(
        root.xpath("//d:BPMNShape/@bpmnElement | //d:BPMNEdge/@bpmnElement", namespaces=spaces)
    )
    parts = root.xpath("//b:process/*/@id", namespaces=spaces)
    assert drawn == set(parts)
    boxes = [
        tuple(int(b.get(k)) for k in ("x", "y", "width", "height")) for b in root.iter("{*}Bounds")
    ]
    for n, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[:n]:
            assert x >= x2 + w2 or x2 >= x + w or y >= y2 + h2 or y2 >= y + h
    assert all(len(edge) >= 2 for edge in root.iter("{*}BPMNEdge"))
    for flow in root.iter("{*}sequenceFlow"):
        assert root.xpath(f"//*[@id='{flow.get('sourceRef')}']/*[text()='{flow.get('id')}']")
        assert root.xpath(f"//*[@id='{flow.get('targetRef')}']/*[text()='{flow.get('id')}']")
