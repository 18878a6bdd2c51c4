"""Ways of a process that lead astray: ends without a result, circles and spans of timers."""

import pytest

from motcua.catalogue.lint import LintFinding, lint
from motcua.catalogue.lint_ways import timers, without_result
from motcua.catalogue.packages import load_package
from motcua.process import load
from tests.core.catalogue.builders import ROOT
from tests.core.catalogue.drawn import HEAD, PROCESS, TAIL, drawn
from tests.core.catalogue.test_lint import FAILING, FULL

RESULT = {
    "key": "paper",
    "name_vi": "Giấy",
    "name_en": "Paper",
    "claims": {"copies": "copies"},
}
USER = '<userTask id="{0}" name="{0}" mc:role="head"/>'
ISSUE = '<serviceTask id="{0}" name="{0}" mc:handler="issue_result"/>'
TIMER = '<intermediateCatchEvent id="{0}"><timerEventDefinition id="{0}d"><timeDuration>{1}</timeDuration></timerEventDefinition></intermediateCatchEvent>'
EITHER = '<exclusiveGateway id="{0}" default="{0}-{1}"/>'
BOTH = '<parallelGateway id="{0}"/>'


def _flow(pair: str) -> str:
    source, target = pair.split(">")
    condition = ""
    if source.endswith("?"):
        source = source[:-1]
        condition = (
            '<conditionExpression xsi:type="tFormalExpression">outcome = "no"</conditionExpression>'
        )
    flow = f'id="{source}-{target}" sourceRef="{source}" targetRef="{target}"'
    return f"<sequenceFlow {flow}>{condition}</sequenceFlow>"


def _process(nodes: str, flows: str, ends: str = "end") -> str:
    drawn_ends = "".join(f'<endEvent id="{end}"/>' for end in ends.split())
    drawn_flows = "".join(_flow(pair) for pair in flows.split())
    return f'{HEAD}<startEvent id="start"/>{nodes}{drawn_ends}{drawn_flows}{TAIL}'


def _astray(xml: str) -> list[str]:
    return [f.place for f in without_result(load(xml.encode()), "p.bpmn")]


def _circles(xml: str) -> list[tuple[str, str]]:
    return [(f.severity, f.place) for f in timers(load(xml.encode()), "p.bpmn")]


def test_a_process_that_issues_nothing_is_an_error_where_the_procedure_has_a_result() -> None:
    process = PROCESS.replace("issue_result", "pay_out")
    package = drawn(FULL, FAILING, process=process, result=RESULT)
    said = [f for f in lint(package) if f.severity == "error"]
    assert [(f.file, f.place) for f in said] == [("process.bpmn", "begin")]
    assert "issues no result anywhere" in said[0].en
    assert "issue_result" in said[0].do_vi
    for right in (
        drawn(FULL, FAILING, process=process),
        drawn(FULL, FAILING, result=RESULT),
    ):
        assert [f for f in lint(right) if f.severity == "error"] == []


def test_the_end_that_is_reached_without_a_result_is_named() -> None:
    nodes = USER.format("look") + EITHER.format("ok", "give") + ISSUE.format("give")
    ways = "start>look look>ok ok>give ok?>refused give>end"
    assert _astray(_process(nodes, ways, "end refused")) == ["refused"]
    both = nodes + ISSUE.format("tell")
    ways = "start>look look>ok ok>give ok?>tell tell>refused give>end"
    assert _astray(_process(both, ways, "end refused")) == []


def test_of_branches_that_run_together_one_that_issues_is_enough() -> None:
    nodes = BOTH.format("split") + ISSUE.format("give") + USER.format("file")
    ways = "start>split split>give split>file give>end file>filed"
    assert _astray(_process(nodes, ways, "end filed")) == []
    nodes = nodes.replace("issue_result", "other") + EITHER.format("ok", "tell")
    nodes += ISSUE.format("tell")
    ways = "start>ok ok>tell ok?>split split>give split>file give>end file>filed tell>told"
    assert _astray(_process(nodes, ways, "end filed told")) == ["end", "filed"]


BOUNDARY = '<boundaryEvent id="late" attachedToRef="{}" cancelActivity="{}"><timerEventDefinition id="ld"><timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent>'


@pytest.mark.parametrize(("cancels", "astray"), [("false", []), ("true", ["gone"])])
def test_a_reminder_may_end_by_itself_but_what_takes_the_case_away_may_not(
    cancels: str, astray: list[str]
) -> None:
    nodes = USER.format("look") + BOUNDARY.format("look", cancels) + ISSUE.format("give")
    ways = "start>look look>give give>end late>gone"
    assert _astray(_process(nodes, ways, "end gone")) == astray


@pytest.mark.parametrize(("task", "astray"), [(ISSUE, []), (USER, ["end"])])
def test_a_sub_process_counts_by_what_is_in_it(task: str, astray: list[str]) -> None:
    inner = (
        f'<startEvent id="s"/>{task.format("do")}<endEvent id="e"/>{_flow("s>do")}{_flow("do>e")}'
    )
    nodes = f'<subProcess id="sub" name="sub">{inner}</subProcess>' + EITHER.format("ok", "sub")
    nodes += ISSUE.format("give")
    ways = "start>ok ok>sub ok?>give give>given sub>end"
    assert _astray(_process(nodes, ways, "end given")) == astray


ROUND = EITHER.format("back", "wait") + TIMER.format("wait", "P5D") + ISSUE.format("give")


def test_a_circle_of_timers_alone_is_an_error() -> None:
    nodes = ROUND + EITHER.format("again", "back")
    xml = _process(
        nodes, "start>back back>wait wait>again again>back again?>give back?>give give>end"
    )
    assert _circles(xml) == [("error", "wait")]
    (said,) = timers(load(xml.encode()), "p.bpmn")
    assert said.vi == "vòng lặp chỉ chờ hẹn giờ: sẽ chạy mãi"
    assert said.do_vi


def test_a_circle_with_a_person_on_it_is_none_of_timers() -> None:
    nodes = ROUND + USER.format("look")
    xml = _process(nodes, "start>back back>wait wait>look look>back back?>give give>end")
    assert _circles(xml) == []


def test_a_circle_that_something_beside_it_may_end_is_a_warning() -> None:
    nodes = ROUND + BOTH.format("split") + USER.format("look")
    ways = "start>split split>back back>wait wait>back back?>give give>end split>look look>seen"
    assert _circles(_process(nodes, ways, "end seen")) == [("warning", "wait")]


@pytest.mark.parametrize(
    ("span", "found"), [("P10Y", []), ("P11Y", ["wait"]), ("P999999D", ["wait"])]
)
def test_a_timer_of_more_than_ten_years_is_an_error(span: str, found: list[str]) -> None:
    nodes = TIMER.format("wait", span) + ISSUE.format("give")
    xml = _process(nodes, "start>wait wait>give give>end")
    said: list[LintFinding] = list(timers(load(xml.encode()), "p.bpmn"))
    assert [f.place for f in said] == found
    assert all(f.severity == "error" for f in said)


def test_no_package_of_the_plugins_leads_astray() -> None:
    said = []
    for file in sorted((ROOT / "plugins").glob("*/*/procedures/*/procedure.toml")):
        package = load_package(file.parent)
        for case in package.cases:
            definition = package.definition(case.id)
            said += [f.text("en") for f in timers(definition, package.code)]
            if package.procedure.result is not None:
                said += [f.text("en") for f in without_result(definition, package.code)]
    assert said == []
