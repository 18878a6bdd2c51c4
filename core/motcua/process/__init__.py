"""The process engine: BPMN 2.0 files that run, as pure functions on a small state.

Example::

    from motcua.process import Complete, Message, StepSpec, compile_steps, load, start, step

    xml = compile_steps("1.001612", "Cấp giấy phép", [
        StepSpec("appraise", "Thẩm định", "Appraise", role="specialist", outcomes=("ok", "supplement")),
        StepSpec("sign", "Ký", "Sign", role="leader", outcomes=("sign", "return")),
    ])
    definition = load(xml)                       # or any drawn .bpmn file; ProcessError says what is wrong
    now = start(definition, {"fee": 0})          # Outcome(state, records, waits)
    now = step(definition, now.state, Complete(now.waits[0].token, {"outcome": "supplement"}))
    now = step(definition, now.state, Message("supplement_answered"))    # the clock ran no longer; back

Pure: no database, clock or network. ``store`` keeps states and waits; conditions are FEEL, never Python.
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
