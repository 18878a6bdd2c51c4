"""Sub-processes, called processes, multi-instance activities and business rule tasks."""

import pytest

from motcua.errors import Conflict, Invalid, TooLarge
from motcua.process import (
    Complete,
    Message,
    ProcessError,
    ServiceDone,
    ServiceFailed,
    State,
    TimerFired,
    lint,
    load,
    start,
)
from tests.core.process.blocks import document
from tests.core.process.drawn import (
    ANY_ERROR,
    DAYS,
    END,
    START,
    beside,
    boundary,
    flows,
    kinds,
    places,
    send,
    services,
    sub,
    token,
    users,
    walk,
)


def many(attributes: str = "", inside: str = "", sequential: bool = False) -> str:
    """Draw the mark of a multi-instance activity."""
    tag, way = "multiInstanceLoopCharacteristics", str(sequential).lower()
    return f'<{tag} isSequential="{way}" {attributes}>{inside}</{tag}>'


def until(condition: str) -> str:
    """Draw a completion condition."""
    return f"<completionCondition>{condition.replace('>', '&gt;')}</completionCondition>"


EACH = 'mc:collection="agencies" mc:element="agency"'
THREE = {"agencies": ["Y tế", "Công an", "Thuế"]}


def test_a_sub_process_in_a_loop_starts_afresh() -> None:
    definition = load(
        document(
            START + END + '<exclusiveGateway id="x" default="x-e"/>'
            + sub("p", users("a b") + '<parallelGateway id="f"/><parallelGateway id="j"/>'
                  + flows("p.s f a j p.e", "f b j"))
            + flows("s p x e", 'x ?outcome = "again"? p')
        )
    )  # fmt: skip
    now = start(definition)
    for outcome in ("again", "again", "enough"):
        now = walk(definition, now, "a=1", f"b={outcome}")
    assert now.ended
    assert now.state.to_json().keys() == {"tokens", "next", "variables"}


def test_a_list_of_agencies_is_asked_at_once() -> None:
    ask = users("ask", many(f'{EACH} mc:output="opinions"'))
    definition = load(document(START + END + ask + users("sum") + flows("s ask sum e")))
    now = start(definition, THREE)
    assert [w.item for w in now.waits] == THREE["agencies"]
    assert len({w.token for w in now.waits}) == 3
    for item, outcome in (("Thuế", "no"), ("Y tế", "yes"), ("Công an", "yes")):
        now = send(definition, now, Complete(token(now, "ask", item), {"outcome": outcome}))
    assert places(now) == "sum"
    assert now.state.variables["opinions"] == ["yes", "yes", "no"]
    assert now.state.data == {}


def test_enough_answers_end_the_asking() -> None:
    ask = users("ask", many(EACH, until('nrOfCompletedInstances >= 2 or outcome = "stop"')))
    definition = load(document(START + END + ask + flows("s ask e")))
    first = start(definition, THREE)
    now = walk(definition, first, "ask", "ask")
    assert now.ended
    assert [r for r in kinds(now) if r.startswith("cancelled")] == ["cancelled ask"]
    assert walk(definition, first, "ask=stop").ended


def test_one_agency_after_the_other() -> None:
    ask = users("ask", many(EACH, sequential=True))
    definition = load(document(START + END + ask + flows("s ask e")))
    now = start(definition, THREE)
    for agency in THREE["agencies"]:
        (wait,) = now.waits
        assert wait.item == agency
        now = send(definition, now, Complete(wait.token))
        with pytest.raises(Conflict):
            send(definition, now, Complete(wait.token))
    assert now.ended


def test_a_number_of_times_and_no_time_at_all() -> None:
    ask = users("ask", many("", "<loopCardinality>copies + 1</loopCardinality>"))
    definition = load(document(START + END + ask + flows("s ask e")))
    assert places(start(definition, {"copies": 2})) == "ask ask ask"
    assert start(definition, {"copies": -1}).ended
    for copies in (-2, 0.5, "x", 5_000):
        with pytest.raises(ProcessError, match="ask"):
            start(definition, {"copies": copies})


def test_the_list_must_be_a_list() -> None:
    definition = load(document(START + END + users("ask", many(EACH)) + flows("s ask e")))
    for agencies in (None, "Thuế", 3):
        with pytest.raises(ProcessError, match="not a list"):
            start(definition, {"agencies": agencies})


def test_a_list_of_the_standard_is_read() -> None:
    data = '<dataObject id="d1" name="cơ quan"/><dataObject id="d2" name="ý kiến"/>'
    inside = (
        '<loopDataInputRef>d1</loopDataInputRef><loopDataOutputRef>d2</loopDataOutputRef>'
        '<inputDataItem id="i" name="nơi"/><outputDataItem id="o" name="trả lời"/>'
    )  # fmt: skip
    definition = load(document(START + END + data + users("a", many("", inside)) + flows("s a e")))
    now = start(definition, {"cơ quan": ["A"]})
    assert now.waits[0].item == "A"
    now = send(definition, now, Complete(now.waits[0].token, {"trả lời": "đồng ý"}))
    assert now.state.variables["ý kiến"] == ["đồng ý"]


def test_each_item_goes_its_own_way_in_a_sub_process() -> None:
    inner = users("a b") + '<exclusiveGateway id="x" default="x-p.e"/>' + many(EACH)
    definition = load(
        document(
            START + END + sub("p", inner + flows("p.s a x p.e", 'x ?agency = "Thuế"? b p.e'))
            + flows("s p e")
        )
    )  # fmt: skip
    now = walk(definition, start(definition, THREE), "a", "a", "a")
    assert [(w.node, w.item) for w in now.waits] == [("b", "Thuế")]
    assert walk(definition, now, "b").ended


def test_a_boundary_event_watches_all_instances_together() -> None:
    ask = users("ask", many(EACH)) + boundary("late", "ask", DAYS) + users("go")
    definition = load(document(START + END + ask + flows("s ask e", "late go e")))
    now = start(definition, THREE)
    assert beside(now) == "late"
    now = send(definition, now, TimerFired(token(now, "late")))
    assert places(now) == "go"
    assert now.state.data == {}


def test_an_error_of_one_instance_ends_them_all() -> None:
    fetch = services("fetch").replace("/>", f">{many(EACH)}</serviceTask>")
    body = fetch + boundary("b", "fetch", ANY_ERROR) + users("fix") + flows("s fetch e", "b fix e")
    definition = load(document(START + END + body))
    now = start(definition, THREE)
    now = send(definition, now, ServiceDone(now.waits[1].token))
    now = send(definition, now, ServiceFailed(now.waits[1].token, "x"))
    assert places(now) == "fix"


def test_every_instance_waits_for_a_message_of_its_own() -> None:
    wait = f'<receiveTask id="w" mc:message="paid">{many(EACH)}</receiveTask>'
    definition = load(document(START + END + wait + flows("s w e")))
    now = start(definition, THREE)
    for left in (2, 1, 0):
        now = send(definition, now, Message("paid"))
        assert len(now.waits) == left
    assert now.ended


FEE = document(
    START + END + users("pay") + '<receiveTask id="paid" mc:message="paid"/>'
    + '<userTask id="check" mc:role="cashier" name="Đối soát"/>' + flows("s pay paid check e"), "fee",
)  # fmt: skip


def test_a_called_process_becomes_part_of_the_case() -> None:
    xml = document(
        START + END + '<callActivity id="c" name="Thu phí" calledElement="fee@1.2"/>' + users("a")
        + boundary("b", "c", DAYS) + users("late") + flows("s c a e", "b late e")
    )  # fmt: skip
    definition = load(xml, library={"fee@1.2": FEE, "fee@2": b"<broken"})
    assert definition.nodes["c"].called == "fee@1.2"
    assert definition.nodes["c/check"].role == "cashier"
    assert definition.nodes["c/check"].scope == "c"
    assert definition.digest != load(xml, library={"fee@1.2": FEE + b"\n"}).digest
    now = walk(definition, start(definition), "c/pay", "@paid")
    assert (now.waits[0].node, now.waits[0].name_vi) == ("c/check", "Đối soát")
    assert places(walk(definition, now, "c/check")) == "a"
    assert places(send(definition, now, TimerFired(token(now, "b")))) == "late"


def test_what_is_wrong_in_a_called_process_is_told_with_its_place() -> None:
    call = '<callActivity id="c" calledElement="fee@1"/>' + flows("s c e")
    broken = document(START + END + '<scriptTask id="x"/>' + flows("s x e"))
    found = lint(document(START + END + call), library={"fee@1": broken})
    assert [f.element for f in found] == ["c/x"]
    found = lint(document(START + END + call), library={"fee@1": b"<x"})
    assert [f.element for f in found] == ["c"]


def test_a_process_never_calls_itself_nor_too_deep() -> None:
    call = '<callActivity id="c" calledElement="{}"/>' + flows("s c e")
    loop = {name: document(START + END + call.format(other)) for name, other in
            (("a@1", "b@1"), ("b@1", "a@1"))}  # fmt: skip
    found = lint(document(START + END + call.format("a@1")), library=loop)
    assert [f.element for f in found] == ["c/c/c"]
    assert "calls itself" in found[0].en
    chain = {f"p@{n}": document(START + END + call.format(f"p@{n + 1}")) for n in range(40)}
    found = lint(document(START + END + call.format("p@0")), library=chain)
    assert "16 levels" in found[0].en
    wide = {
        f"p@{n}": document(
            START
            + END
            + '<callActivity id="c" calledElement="{0}"/><callActivity id="d"'
            ' calledElement="{0}"/>'.format(f"p@{n + 1}")
            + flows("s c d e")
        )
        for n in range(14)
    }
    wide["p@14"] = FEE
    found = lint(document(START + END + call.format("p@0")), library=wide)
    assert any("1000 nodes" in f.en for f in found)


DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="Phí" namespace="urn:x">
<decision id="fee" name="Lệ phí"><informationRequirement><requiredInput href="#pages"/></informationRequirement>
<literalExpression><text>số trang * 2000 + 0.5</text></literalExpression></decision>
<inputData id="pages" name="số trang"/></definitions>""".encode()
RULE = '<businessRuleTask id="r" mc:decision="fee.dmn#Lệ phí" mc:result="lệ phí"/>'


def test_a_business_rule_task_sets_a_variable() -> None:
    xml = document(START + END + RULE + users("a") + flows("s r a e"))
    definition = load(xml, decisions={"fee.dmn": DMN})
    now = start(definition, {"số trang": 3})
    assert now.state.variables["lệ phí"] == 6000.5
    assert places(now) == "a"
    assert kinds(now)[4:7] == ["completed r", "left r", "flow_taken a"]
    assert lint(xml, decisions={"fee.dmn": DMN}, variables={"số trang"}) == ()
    (finding,) = lint(xml, decisions={"fee.dmn": DMN}, variables=())
    assert (finding.element, finding.en) == ("r", "there is no variable 'số trang'")


def test_a_business_rule_task_needs_its_file_and_decision() -> None:
    xml = document(START + END + RULE + flows("s r e"))
    for decisions in ({}, {"fee.dmn": b"<x"}, {"fee.dmn": DMN.replace("Lệ phí".encode(), b"x")}):
        assert [f.element for f in lint(xml, decisions=decisions)] == ["r"]


def test_a_state_of_another_shape_is_refused() -> None:
    good = {"tokens": {"t1": "p", "t2": "a"}, "next": 3, "in": {"t2": "t1"}}
    assert State.from_json(good).parents == {"t2": "t1"}
    wrongs: list[dict[str, object]] = [{"in": {"t1": "t2", "t2": "t1"}}]
    wrongs += [{"in": {"t9": "t1"}}, {"in": {"t2": "t9"}}, {"data": {"t9": 1}}, {"data": []}]
    for wrong in wrongs:
        with pytest.raises(Invalid):
            State.from_json({**good, **wrong})


def test_the_clock_stands_for_everything_inside_a_sub_process() -> None:
    inner = users("a") + '<userTask id="b" mc:role="r" mc:state="4"/>' + flows("p.s a b p.e")
    pause = sub("p", inner, 'mc:clock="pause" mc:state="5"')
    definition = load(document(START + END + pause + users("c") + flows("s p c e")))
    now = start(definition)
    assert (now.waits[0].clock, now.waits[0].state) == ("pause", 5)
    now = walk(definition, now, "a")
    assert (now.waits[0].clock, now.waits[0].state) == ("pause", 4)
    assert walk(definition, now, "b").waits[0].clock == ""


def test_too_many_places_at_once_are_refused() -> None:
    ask = users("a", many("", "<loopCardinality>900</loopCardinality>"))
    definition = load(
        document(START + END + sub("p", ask + many("", "<loopCardinality>9</loopCardinality>")
                 + flows("p.s a p.e")) + flows("s p e"))
    )  # fmt: skip
    with pytest.raises(ProcessError, match="2000 places"):
        start(definition)
    with pytest.raises(TooLarge):
        start(definition, {"x": "x" * 9_000})
