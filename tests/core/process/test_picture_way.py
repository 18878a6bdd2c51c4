from random import Random

from motcua.process import Complete, Message, load, start, step
from motcua.process.picture_way import Way
from motcua.process.state import Outcome
from motcua.process.steps import StepSpec, compile_steps

from .picture_samples import LAND, PAY, simple

STEPS = compile_steps(
    "k",
    "Mẫu",
    [
        StepSpec("assign", "Phân công", role="head"),
        StepSpec(
            "appraise", "Thẩm định", role="specialist", hours=8, outcomes=("ok", "supplement")
        ),
        StepSpec("sign", "Ký", role="leader", outcomes=("ok", "return", "refuse")),
        StepSpec("file", "Vào sổ", role="clerk"),
    ],
)


def _told(outcome: Outcome) -> list[tuple[str, str]]:
    return [(r.kind, r.node) for r in outcome.records if r.kind in ("entered", "completed")]


def _flows(outcome: Outcome) -> set[str]:
    return {r.flow for r in outcome.records if r.flow}


def test_the_arrows_of_a_case_are_found_again_from_its_steps() -> None:
    definition, rng = load(STEPS), Random(3)
    known = Way(STEPS)
    for _ in range(50):
        now = start(definition, {})
        told, flows = _told(now), _flows(now)
        for _ in range(12):
            if not now.waits:
                break
            wait = now.waits[0]
            if wait.kind == "message":
                now = step(definition, now.state, Message(wait.message))
            else:
                outcome = rng.choice(wait.outcomes) if wait.outcomes else ""
                said: dict[str, object] = {"outcome": outcome} if outcome else {}
                now = step(definition, now.state, Complete(wait.token, said))
            told += _told(now)
            flows |= _flows(now)
        taken = known.taken(told)
        assert taken & set(definition.flows) == flows
        assert taken & set(definition.nodes) == {node for kind, node in told if kind == "entered"}


def test_an_arrow_that_is_not_certain_is_not_marked() -> None:
    body = '<parallelGateway id="g"/><userTask id="t"/>'
    body += '<sequenceFlow id="a" sourceRef="g" targetRef="t"/><sequenceFlow id="b" sourceRef="g" targetRef="t"/>'
    assert Way(simple(body)).taken([("entered", "g"), ("entered", "t")]) == {"g", "t"}


def test_the_steps_are_listed_as_the_picture_is_read() -> None:
    places = Way(STEPS).places
    assert list(places) == ["assign", "appraise", "appraise-supplement", "sign", "file"]
    assert places["appraise"].hours == 8
    assert "rep" in Way(LAND).places, "steps inside a sub-process too"


def test_the_steps_of_a_called_process_have_the_ids_of_the_engine() -> None:
    xml = simple(
        '<startEvent id="s"/><callActivity id="c" calledElement="pay@1"/>'
        '<sequenceFlow id="f" sourceRef="s" targetRef="c"/>'
    )
    known = Way(xml, {"pay@1": PAY})
    assert list(known.places) == ["c", "c/b"]
    assert known.places["c/b"].name_en == "Write the notice"
    records = [("entered", n) for n in ("s", "c", "c/a", "c/b")]
    assert known.taken(records) == {"s", "f", "c", "c/a", "c/x", "c/b"}


def test_what_only_watches_is_no_place() -> None:
    known = Way(LAND)
    assert known.is_place("rep")
    assert not known.is_place("bt")
    assert not known.is_place("nowhere")
