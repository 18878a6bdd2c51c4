"""A straight list of steps as BPMN: what most procedures are, written without drawing.

The special outcomes: ``supplement`` waits for the citizen with the clock standing still, then comes
back to the step; ``return`` goes back to the last step of a specialist before; ``refuse`` goes on
with the variable ``decision`` set to ``refuse``, so that the leader signs a refusal.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from motcua.process.drawing import Canvas, written
from motcua.process.faults import Finding, ProcessError

SUPPLEMENT_MESSAGE = "supplement_answered"
SUPPLEMENT_STATE = 5
SPECIALIST = "specialist"
_ID = re.compile(r"[a-z][a-z0-9_]*")
_KEY = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step: of a person (``user``, with a role) or of the system (``service``, with a handler).

    ``hours`` is its limit in working hours, 0 or None for none; ``state`` the national dossier
    state.
    """

    id: str
    name_vi: str
    name_en: str = ""
    role: str = ""
    hours: Decimal | float | None = None
    kind: str = "user"
    handler: str = ""
    outcomes: Sequence[str] = ()
    state: int | None = None


def compile_steps(key: str, name: str, steps: Sequence[StepSpec]) -> bytes:
    """Return a BPMN 2.0 file with a picture; raises ProcessError for steps that make no process."""
    if findings := _check(steps):
        raise ProcessError(findings)
    process_id = key if _KEY.fullmatch(key) else "_" + re.sub(r"[^\w.-]", "_", key, flags=re.ASCII)
    canvas = Canvas(process_id, name, key)
    canvas.node("startEvent", "start", "Bắt đầu")
    previous = "start"
    for index, spec in enumerate(steps):
        _task(canvas, spec)
        canvas.flow(previous, spec.id)
        previous = _after(canvas, spec, _specialist_before(steps, index))
    canvas.node("endEvent", "end", "Kết thúc")
    canvas.flow(previous, "end")
    return canvas.finish()


def _task(canvas: Canvas, spec: StepSpec) -> None:
    extra = {"nameEn": spec.name_en, "hours": written(spec.hours)}
    extra["state"] = str(spec.state) if spec.state else ""
    if spec.kind == "service":
        canvas.node("serviceTask", spec.id, spec.name_vi, {**extra, "handler": spec.handler})
        return
    decisions = [
        d for o, d in (("refuse", "refuse=refuse"), ("return", "return=")) if o in spec.outcomes
    ]
    extra |= {
        "role": spec.role,
        "outcomes": ",".join(spec.outcomes),
        "decision": ",".join(decisions),
    }
    canvas.node("userTask", spec.id, spec.name_vi, extra)


def _after(canvas: Canvas, spec: StepSpec, back_to: str) -> str:
    """Draw the ways out of a step; returns the node from which the straight way goes on."""
    supplement, returned = "supplement" in spec.outcomes, "return" in spec.outcomes
    if not supplement and not returned:
        return spec.id
    gateway = f"{spec.id}-gateway"
    canvas.node("exclusiveGateway", gateway, "")
    canvas.flow(spec.id, gateway)
    if supplement:
        waiting = f"{spec.id}-supplement"
        extra = {"message": SUPPLEMENT_MESSAGE, "clock": "pause", "state": str(SUPPLEMENT_STATE)}
        extra["nameEn"] = "Waiting for the citizen's supplement"
        canvas.below("receiveTask", waiting, "Chờ công dân bổ sung", extra)
        canvas.flow(gateway, waiting, 'outcome = "supplement"', "Yêu cầu bổ sung")
        canvas.flow(waiting, spec.id)
    if returned:
        canvas.flow(gateway, back_to, 'outcome = "return"', "Trả lại")
    return gateway


def _specialist_before(steps: Sequence[StepSpec], index: int) -> str:
    before = [s.id for s in steps[:index] if s.kind == "user" and s.role == SPECIALIST]
    return before[-1] if before else ""


def _check(steps: Sequence[StepSpec]) -> list[Finding]:
    if not steps:
        return [Finding("", "steps", "", "chưa có bước nào", "there are no steps")]
    found: list[Finding] = []
    for index, spec in enumerate(steps):
        for vi, en in _faults(spec, steps[:index]):
            found.append(Finding(spec.id, "step", spec.name_vi, vi, en))
    return found


def _faults(spec: StepSpec, before: Sequence[StepSpec]) -> list[tuple[str, str]]:
    outcomes = set(spec.outcomes)
    rules = [
        (
            not _ID.fullmatch(spec.id) or spec.id in {"start", "end"},
            "id gồm chữ thường, số, gạch dưới; không phải start hay end",
            "an id has lower-case letters, digits, underscores and is neither start nor end",
        ),
        (spec.id in {s.id for s in before}, "id bị trùng", "the id is used twice"),
        (
            spec.kind not in ("user", "service"),
            "kind là user hoặc service",
            "kind is user or service",
        ),
        (spec.kind == "user" and not spec.role, "chưa có vai trò (role)", "has no role"),
        (spec.kind == "service" and not spec.handler, "chưa có handler", "has no handler"),
        (
            spec.kind == "service" and bool(outcomes),
            "bước của hệ thống không có outcomes",
            "a system step has no outcomes",
        ),
        (
            any("," in o or "=" in o or not o.strip() for o in outcomes),
            "outcome không được trống, có dấu phẩy hoặc dấu bằng",
            "an outcome is not empty and has no comma or equals sign",
        ),
        (
            bool(outcomes) and outcomes <= {"supplement", "return"},
            "cần một kết quả để đi tiếp, ví dụ ok",
            "needs an outcome that goes on, such as ok",
        ),
        (
            "return" in outcomes and not _specialist_before([*before, spec], len(before)),
            "không có bước chuyên viên phía trước để trả lại",
            "there is no specialist's step before it to return to",
        ),
        (
            spec.hours is not None and not 0 <= spec.hours <= 10_000,
            "số giờ không đúng",
            "the hours are wrong",
        ),
    ]
    return [(vi, en) for wrong, vi, en in rules if wrong]
