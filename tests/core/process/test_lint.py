"""What the linter says of whole processes: names, loops, joins, files of other modellers."""

import pytest

from motcua.process import ProcessError, lint, load, start
from tests.core.process.blocks import document
from tests.core.process.drawn import END, START, flows, places, sub, users, walk

MANY = (
    '<multiInstanceLoopCharacteristics mc:collection="agencies" mc:element="agency"'
    ' mc:output="opinions"><completionCondition>nrOfCompletedInstances = quorum'
    "</completionCondition></multiInstanceLoopCharacteristics>"
)


def test_unknown_names_in_conditions_are_found() -> None:
    inner = users("a b") + '<exclusiveGateway id="x" default="x-p.e"/>' + MANY
    inner += flows("p.s a x p.e", "x ?agency = outcome and loopCounter = total? b p.e")
    timer = "<timeDuration>=waiting time</timeDuration>"
    event = f'<intermediateCatchEvent id="t"><timerEventDefinition>{timer}</timerEventDefinition>'
    body = START + END + sub("p", inner) + event + "</intermediateCatchEvent>" + flows("s p t e")
    assert lint(document(body)) == ()
    found = lint(document(body), variables=["agencies"])
    assert [(f.element, f.en) for f in found] == [
        ("x-b", "there is no variable 'total'"),
        ("p", "there is no variable 'quorum'"),
        ("t", "there is no variable 'waiting time'"),
    ]
    assert lint(document(body), variables=["agencies", "total", "quorum", "waiting time"]) == ()


def test_a_loop_through_a_sub_process_without_a_step_is_found() -> None:
    loop = '<exclusiveGateway id="m"/><exclusiveGateway id="x" default="x-e"/>'
    chains = flows("s m p x e", "x ?again? m")
    empty = document(START + END + loop + sub("p", flows("p.s p.e")) + chains)
    assert {f.element for f in lint(empty)} == {"m", "p", "x"}
    filled = document(START + END + loop + sub("p", users("a") + flows("p.s a p.e")) + chains)
    assert lint(filled) == ()


@pytest.mark.parametrize("gateway", ["parallelGateway", "inclusiveGateway"])
def test_a_join_after_a_choice_is_found_if_it_waits_forever(gateway: str) -> None:
    body = users("a b") + '<exclusiveGateway id="x" default="x-b"/>' + f'<{gateway} id="j"/>'
    body += flows("s x ?y? a j e", "x b j")
    found = [f.element for f in lint(document(START + END + body))]
    assert found == (["j"] if gateway == "parallelGateway" else [])


def test_a_join_inside_a_sub_process_is_found() -> None:
    inner = users("a b") + '<exclusiveGateway id="x" default="x-b"/><parallelGateway id="j"/>'
    inner = sub("p", inner + flows("p.s x ?y? a j p.e", "x b j"))
    assert [f.element for f in lint(document(START + END + inner + flows("s p e")))] == ["j"]


def test_an_inclusive_choice_needs_a_default_and_conditions() -> None:
    body = users("a b") + '<inclusiveGateway id="x"/><inclusiveGateway id="j"/>'
    found = lint(document(START + END + body + flows("s x ?y? a j e", "x b j")))
    assert [f.en for f in found] == [
        "has no default flow; mark one of its flows as the default",
        "the flow 'x-b' has no condition; write one in FEEL",
    ]


def test_conditions_on_flows_out_of_a_task_are_refused() -> None:
    body = users("a b") + flows("s a ?y? b e", "a e")
    found = lint(document(START + END + body))
    assert [f.element for f in found] == ["a-b"]


FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<semantic:definitions xmlns:semantic="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:tool="urn:some:modeller"
  xmlns:mc="https://motcua.org/bpmn" id="d" targetNamespace="urn:x" exporter="Some Modeller" tool:version="9">
  <!-- drawn elsewhere -->
  <semantic:category id="cat"><semantic:categoryValue id="cv" value="x"/></semantic:category>
  <semantic:dataStore id="store"/>
  <semantic:collaboration id="c"><semantic:participant id="p1" processRef="main" name="Một cửa"/>
    <semantic:participant id="p2" name="Công dân"/>
    <semantic:messageFlow id="mf" sourceRef="p2" targetRef="t"/></semantic:collaboration>
  <semantic:process id="other" isExecutable="false"><semantic:task id="o"/></semantic:process>
  <semantic:process id="main" name="Chính" isExecutable="true" processType="None" tool:x="1">
    <semantic:documentation>ghi chú</semantic:documentation>
    <semantic:extensionElements><tool:anything><tool:deep a="b"/></tool:anything></semantic:extensionElements>
    <semantic:ioSpecification><semantic:inputSet/><semantic:outputSet/></semantic:ioSpecification>
    <semantic:laneSet id="ls"><semantic:lane id="outer" mc:role="head"><semantic:flowNodeRef>t</semantic:flowNodeRef>
      <semantic:childLaneSet id="cl"><semantic:lane id="inner" mc:role="specialist">
        <semantic:flowNodeRef>t</semantic:flowNodeRef></semantic:lane></semantic:childLaneSet></semantic:lane></semantic:laneSet>
    <semantic:dataObject id="do"/><semantic:dataObjectReference id="dor" dataObjectRef="do"/>
    <semantic:startEvent id="s" tool:color="red"><semantic:outgoing>f1</semantic:outgoing></semantic:startEvent>
    <semantic:userTask id="t" name="Thẩm định" tool:assignee="x">
      <semantic:extensionElements><tool:form key="1"/></semantic:extensionElements>
      <semantic:incoming>f1</semantic:incoming><semantic:outgoing>f2</semantic:outgoing>
      <semantic:ioSpecification><semantic:inputSet/><semantic:outputSet/></semantic:ioSpecification>
      <semantic:property id="pr"/><semantic:dataInputAssociation id="dia"/>
      <semantic:potentialOwner id="po"/></semantic:userTask>
    <semantic:exclusiveGateway id="x" gatewayDirection="Diverging" default="f3"/>
    <semantic:endEvent id="e"/>
    <semantic:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>
    <semantic:sequenceFlow id="f2" sourceRef="t" targetRef="x"/>
    <semantic:sequenceFlow id="f3" sourceRef="x" targetRef="e"/>
    <semantic:sequenceFlow id="f4" sourceRef="x" targetRef="t"><semantic:conditionExpression
      xsi:type="semantic:tFormalExpression"><![CDATA[=outcome = "again"]]></semantic:conditionExpression></semantic:sequenceFlow>
    <semantic:textAnnotation id="ta"><semantic:text>x</semantic:text></semantic:textAnnotation>
    <semantic:association id="as" sourceRef="t" targetRef="ta"/><semantic:group id="g" categoryValueRef="cv"/>
  </semantic:process>
  <bpmndi:BPMNDiagram id="di"><bpmndi:BPMNPlane id="pl" bpmnElement="c"><bpmndi:BPMNShape id="sh" bpmnElement="t">
    <dc:Bounds x="1" y="2" width="3" height="4"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</semantic:definitions>""".encode()


def test_a_file_of_any_modeller_runs() -> None:
    definition = load(FOREIGN)
    assert (definition.key, definition.name) == ("main", "Chính")
    now = start(definition)
    assert now.waits[0].role == "specialist"
    now = walk(definition, now, "t=again")
    assert places(now) == "t"
    assert walk(definition, now, "t=done").ended


def test_two_executable_processes_are_refused() -> None:
    with pytest.raises(ProcessError, match="exactly one"):
        load(FOREIGN.replace(b'isExecutable="false"', b'isExecutable="true"'))
