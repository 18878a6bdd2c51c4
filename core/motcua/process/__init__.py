"""The process engine: BPMN 2.0 files that run, as pure functions on a small state.

Example::

    steps = [
        StepSpec("appraise", "Thẩm định", role="specialist", outcomes=("ok", "supplement")),
        StepSpec("sign", "Ký", role="leader", outcomes=("ok", "return")),
    ]
    definition = load(compile_steps("1.001612", "Cấp giấy phép", steps))   # or a drawn .bpmn file
    now = start(definition, {"fee": 0})                        # Outcome(state, records, waits)
    now = step(definition, now.state, Complete(now.waits[0].token, {"outcome": "supplement"}))
    now.waits[0].clock                                         # "pause": the citizen's turn
    now = step(definition, now.state, Message("supplement_answered"))      # back at "appraise"

``load`` raises ProcessError, which says what is wrong and what to draw instead. Pure: no database,
clock or network (``store`` keeps states and waits). Conditions are FEEL, never Python.
"""

from motcua.process.definition import Definition, Flow, Node
from motcua.process.engine import start, step, waits
from motcua.process.faults import Finding, ProcessError
from motcua.process.reader import lint, load
from motcua.process.state import (
    Command,
    Complete,
    Message,
    Outcome,
    Record,
    ServiceDone,
    State,
    Wait,
)
from motcua.process.steps import StepSpec, compile_steps

__all__ = [
    "Command",
    "Complete",
    "Definition",
    "Finding",
    "Flow",
    "Message",
    "Node",
    "Outcome",
    "ProcessError",
    "Record",
    "ServiceDone",
    "State",
    "StepSpec",
    "Wait",
    "compile_steps",
    "lint",
    "load",
    "start",
    "step",
    "waits",
]
