"""A package with a drawn process to test with: boundary timer, error, message, pause; nothing in it is real."""

from typing import Any

from motcua.catalogue.packages import Package
from tests.core.catalogue.builders import form_data, package_data, question

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:mc="https://motcua.org/bpmn"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="https://motcua.org/bpmn">
  <message id="m1" name="answered"/>
  <error id="e1" errorCode="refused" name="refused"/>
  <process id="p" name="Thử" isExecutable="true">
"""
TAIL = "</process></definitions>"
PROCESS = f"""{HEAD}
    <startEvent id="begin"/>
    <userTask id="check" name="Xem" mc:nameEn="Check" mc:role="specialist" mc:hours="4" mc:outcomes="ok,ask"/>
    <boundaryEvent id="late" name="Quá giờ" mc:nameEn="Too late" attachedToRef="check" cancelActivity="false">
      <timerEventDefinition id="t1" mc:working="1 working_days"/>
    </boundaryEvent>
    <userTask id="remind" name="Nhắc" mc:nameEn="Remind" mc:role="head"/>
    <endEvent id="reminded"/>
    <exclusiveGateway id="asked" name="Hỏi?" default="no"/>
    <receiveTask id="wait" name="Chờ" mc:nameEn="Wait" messageRef="m1" mc:clock="pause"/>
    <serviceTask id="pay" name="Trả" mc:nameEn="Pay" mc:handler="issue_result"/>
    <boundaryEvent id="failed" name="Lỗi" mc:nameEn="Failed" attachedToRef="pay">
      <errorEventDefinition id="x1" errorRef="e1"/>
    </boundaryEvent>
    <userTask id="mend" name="Sửa" mc:nameEn="Mend" mc:role="clerk"/>
    <endEvent id="end"/>
    <endEvent id="mended"/>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="check"/>
    <sequenceFlow id="f2" sourceRef="check" targetRef="asked"/>
    <sequenceFlow id="yes" sourceRef="asked" targetRef="wait">
      <conditionExpression xsi:type="tFormalExpression">outcome = "ask"</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="no" sourceRef="asked" targetRef="pay"/>
    <sequenceFlow id="f3" sourceRef="wait" targetRef="check"/>
    <sequenceFlow id="f4" sourceRef="pay" targetRef="end"/>
    <sequenceFlow id="f5" sourceRef="late" targetRef="remind"/>
    <sequenceFlow id="f6" sourceRef="remind" targetRef="reminded"/>
    <sequenceFlow id="f7" sourceRef="failed" targetRef="mend"/>
    <sequenceFlow id="f8" sourceRef="mend" targetRef="mended"/>
{TAIL}"""


def data(process: str = PROCESS, **changes: Any) -> dict[str, Any]:
    """Return a package's data with a drawn process, a choice, a number and a date to answer."""
    found = package_data(steps=None, process="process.bpmn", **changes)
    choices = [{"value": v, "vi": f"Loại {v}", "en": f"Kind {v}"} for v in ("a", "b")]
    found["procedure"]["time_limit"]["text_en"] = "3 working days"
    found["form"] = form_data(
        question("copies", "integer", required=True, min=1, max=20),
        question("variety", "choice", choices=choices),
        question("begins", "date"),
    )
    return found | {"processes": {"process.bpmn": process}}


def scenario(key: str = "one", **parts: Any) -> dict[str, Any]:
    """Return a scenario with two copies asked for, changed as said."""
    plain = {"key": key, "name_vi": "Ví dụ", "name_en": "Example"}
    return plain | {"given": {"answers": {"copies": "2"}}, "when": [], "then": {}} | parts


def drawn(*scenarios: dict[str, Any], process: str = PROCESS, **changes: Any) -> Package:
    """Build the package with scenarios."""
    return Package.from_data(data(process, **changes) | {"scenarios": list(scenarios)})
