"""What commands do to a case, and what they refuse."""

import json
import textwrap
from decimal import Decimal
from pathlib import Path

import pytest

from motcua import process
from motcua.errors import Conflict, Invalid, TooLarge
from motcua.process import (
    Command,
    Complete,
    Definition,
    Message,
    Outcome,
    ProcessError,
    ServiceDone,
    State,
    StepSpec,
    compile_steps,
    load,
    start,
    step,
)
from tests.core.process.blocks import document
from tests.core.process.drawn import (
    DAYS,
    END,
    NAMES,
    SIGNAL,
    START,
    boundary,
    flows,
    places,
    users,
    walk,
)

STEPS = [
    StepSpec("assign", "Phân công", "Assign", role="head", hours=0.5),
    StepSpec(
        "appraise", "Thẩm định", "Appraise", role="specialist", hours=Decimal(3),
        outcomes=("ok", "supplement", "refuse"),
    ),
    StepSpec("sign", "Ký duyệt", "Sign", role="leader", hours=2, outcomes=("ok", "return")),
    StepSpec("deliver", "Trả kết quả", "Deliver", kind="service", handler="issue_result", hours=0),
]  # fmt: skip


@pytest.fixture
def definition() -> Definition:
    return load(compile_steps("1.001612", "Cấp giấy phép", STEPS))


def _run(definition: Definition, *outcomes: str | None) -> Outcome:
    """Walk a case: a word is an outcome, None the citizen's answer."""
    now = start(definition)
    for outcome in outcomes:
        command: Command = Message("supplement_answered")
        if outcome is not None:
            command = Complete(now.waits[0].token, {"outcome": outcome} if outcome else {})
        now = step(definition, now.state, command)
    return now


def test_a_list_of_steps_runs_from_start_to_end(definition: Definition) -> None:
    assert (definition.key, definition.name) == ("1.001612", "Cấp giấy phép")
    now = _run(definition, "", "ok", "ok")
    (wait,) = now.waits
    assert (wait.kind, wait.node, wait.handler, wait.hours) == (
        "service",
        "deliver",
        "issue_result",
        None,
    )
    now = step(definition, now.state, ServiceDone(wait.token, {"number": "12"}))
    assert now.ended
    assert now.waits == ()
    assert now.state.variables["number"] == "12"
    assert [r.kind for r in now.records] == [
        "completed", "left", "flow_taken", "entered", "left", "ended",
    ]  # fmt: skip


def test_the_example_of_the_documentation_is_true(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "license.bpmn").write_bytes(compile_steps("p", "Mẫu", STEPS[1:3]))
    monkeypatch.chdir(tmp_path)
    assert process.__doc__ is not None
    example = textwrap.dedent(process.__doc__.split("::\n")[1].split("``load``")[0])
    names: dict[str, object] = {}
    exec(compile(example, "example", "exec"), names)  # noqa: S102 -- our own documentation
    now = names["now"]
    assert isinstance(now, Outcome)
    assert now.waits[0].name_vi == "Thẩm định"
    lines = [line for line in example.splitlines() if line.strip()]
    assert len(lines) == 10


def test_a_wait_says_who_and_what(definition: Definition) -> None:
    (wait,) = _run(definition, "").waits
    assert (wait.name_vi, wait.name_en, wait.role) == ("Thẩm định", "Appraise", "specialist")
    assert (wait.hours, wait.outcomes) == (Decimal(3), ("ok", "supplement", "refuse"))
    assert _run(definition).waits[0].hours == Decimal("0.5")


def test_a_supplement_stops_the_clock_and_comes_back(definition: Definition) -> None:
    now = _run(definition, "", "supplement")
    (wait,) = now.waits
    assert (wait.kind, wait.message, wait.clock, wait.state) == (
        "message",
        "supplement_answered",
        "pause",
        5,
    )
    now = step(definition, now.state, Message("supplement_answered"))
    assert [w.node for w in now.waits] == ["appraise"]


def test_a_leader_sends_a_dossier_back_to_the_specialist(definition: Definition) -> None:
    now = _run(definition, "", "refuse")
    assert now.waits[0].node == "sign"
    assert now.state.variables["decision"] == "refuse"
    now = _run(definition, "", "refuse", "return")
    assert now.waits[0].node == "appraise"
    assert "decision" not in now.state.variables
    assert _run(definition, "", "refuse", "ok").state.variables["decision"] == "refuse"


def test_the_outcome_of_every_step_is_kept(definition: Definition) -> None:
    now = _run(definition, "", "supplement", None, "ok", "ok")
    assert now.state.variables["outcomes"] == {"appraise": "ok", "sign": "ok"}


def test_a_step_without_outcome_clears_the_last_one(definition: Definition) -> None:
    steps = [STEPS[1], StepSpec("issue", "Phát hành", role="clerk")]
    other = load(compile_steps("p", "Mẫu", steps))
    assert "outcome" not in _run(other, "ok", "").state.variables


@pytest.mark.parametrize("outcome", ["approve", "", 3, None])
def test_an_outcome_that_is_not_offered_is_refused(definition: Definition, outcome: object) -> None:
    now = _run(definition, "")
    with pytest.raises(Invalid) as caught:
        step(definition, now.state, Complete(now.waits[0].token, {"outcome": outcome}))
    assert "ok, supplement, refuse" in caught.value.fields["outcome"]


def test_a_command_that_comes_twice_is_refused(definition: Definition) -> None:
    first = start(definition)
    command = Complete(first.waits[0].token)
    second = step(definition, first.state, command)
    with pytest.raises(Conflict) as caught:
        step(definition, second.state, command)
    assert "đã được xử lý" in caught.value.vi
    assert "already" in caught.value.en
    assert first.state.tokens == {"t2": "assign"}


def test_a_command_of_the_wrong_kind_is_refused(definition: Definition) -> None:
    now = start(definition)
    wrong: list[Command] = [ServiceDone(now.waits[0].token), Message("supplement_answered")]
    for command in [*wrong, Complete("t99"), Complete("")]:
        with pytest.raises(Conflict):
            step(definition, now.state, command)


def test_a_case_of_another_version_is_told_apart(definition: Definition) -> None:
    other = load(compile_steps("p", "Khác", [StepSpec("only", "Một bước", role="r")]))
    now = start(definition)
    for command in (Complete(now.waits[0].token), Message("x")):
        with pytest.raises(Conflict, match="version"):
            step(other, now.state, command)


def test_a_waiting_case_is_small_and_travels_as_json(definition: Definition) -> None:
    now = _run(definition, *["", *["supplement", None] * 20, "ok"])
    text = json.dumps(now.state.to_json())
    assert len(text) < 300
    assert State.from_json(json.loads(text)) == now.state
    assert all(json.dumps(r.to_json()) for r in now.records)


@pytest.mark.parametrize(
    "data",
    [{}, {"tokens": [], "next": 1}, {"tokens": {"x": "a"}, "next": 1}, {"tokens": {}, "next": "1"},
     {"tokens": {}, "next": 1, "parked": {"f": "t1"}}],
)  # fmt: skip
def test_a_damaged_state_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        State.from_json(data)


def test_variables_are_small_json(definition: Definition) -> None:
    with pytest.raises(TooLarge):
        start(definition, {"text": "x" * 9000})
    for wrong in (Decimal(1), float("nan"), object()):
        with pytest.raises(Invalid):
            start(definition, {"value": wrong})


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([], "no steps"),
        ([StepSpec("a", "A")], "no role"),
        ([StepSpec("a", "A", kind="service")], "no handler"),
        ([StepSpec("a", "A", kind="robot", role="r")], "user or service"),
        ([StepSpec("A b", "A", role="r")], "lower-case"),
        ([StepSpec("end", "A", role="r")], "neither start nor end"),
        ([StepSpec("a", "A", role="r"), StepSpec("a", "B", role="r")], "twice"),
        ([StepSpec("a", "A", role="r", outcomes=("supplement",))], "goes on"),
        ([StepSpec("a", "A", role="specialist", outcomes=("ok", "return"))], "specialist's step"),
        ([StepSpec("a", "A", role="r", hours=-1)], "hours"),
        ([StepSpec("a", "A", role="r", outcomes=("a,b",))], "comma"),
    ],
)
def test_steps_that_make_no_process_are_refused(steps: list[StepSpec], says: str) -> None:
    with pytest.raises(ProcessError, match=says):
        compile_steps("p", "Mẫu", steps)


def test_a_state_of_the_released_version_is_still_read() -> None:
    fork = document(
        START + END + users("a b z") + '<parallelGateway id="f"/><parallelGateway id="j"/>'
        + flows("s f a j z e", "f b j")
    )  # fmt: skip
    definition = load(fork)
    stored = {
        "tokens": {"t4": "b"}, "next": 6, "parked": {"a-j": ["t5"]},
        "variables": {"outcome": "ok", "outcomes": {"a": "ok"}},
    }  # fmt: skip
    state = State.from_json(stored)
    assert state.to_json() == stored
    now = step(definition, state, Complete("t4"))
    assert [w.node for w in now.waits] == ["z"]
    assert now.state.parked == {}


def test_a_waiting_case_of_an_ordinary_process_is_small() -> None:
    """Twelve steps with three supplements, inside a nested fork, with a timer beside it."""
    body = START + END + users("receive check appraise fee inspect survey approve sign deliver")
    body += '<exclusiveGateway id="m"/><exclusiveGateway id="x" default="x-f"/>'
    body += '<receiveTask id="more" mc:message="more"/><endEvent id="e2"/><endEvent id="e3"/>'
    body += "".join(f'<parallelGateway id="{n}"/>' for n in ("f", "f2", "j2", "j"))
    body += boundary("late", "appraise", DAYS, 'cancelActivity="false"') + users("remind told")
    body += boundary("gone", "approve", SIGNAL) + flows(
        's receive m check x ?outcome = "more"? more m', "x f fee j", "late remind e2",
        "f f2 inspect j2 appraise j", "f2 survey j2", "j approve sign deliver e", "gone told e3",
    )  # fmt: skip
    definition = load(document(body, before=NAMES))
    now = walk(definition, start(definition, {"fee": 3}), "receive")
    for _ in range(3):
        now = walk(definition, now, "check=more", "@more")
    short = len(json.dumps(now.state.to_json()))
    now = walk(definition, now, "check=ok", "inspect", "survey", "fee")
    assert places(now) == "appraise"
    assert len(json.dumps(now.state.to_json())) < 250
    again = walk(definition, start(definition, {"fee": 3}), "receive")
    for _ in range(30):
        again = walk(definition, again, "check=more", "@more")
    assert len(json.dumps(again.state.to_json())) <= short + 4
