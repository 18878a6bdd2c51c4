"""The process engine: BPMN 2.0 files that run, as pure functions on a small state.

Example, with a file drawn in any modeller::

    import json
    from pathlib import Path
    from motcua.process import Complete, Message, State, load, start, step

    definition = load(Path("license.bpmn").read_bytes())
    now = start(definition, {"fee": 0})                        # Outcome(state, records, waits)
    now = step(definition, now.state, Complete(now.waits[0].token, {"outcome": "supplement"}))
    now.waits[0].clock                                         # "pause": the citizen's turn
    saved = json.dumps(now.state.to_json())                    # under 1 KB, without history
    now = step(definition, State.from_json(json.loads(saved)), Message("supplement_answered"))
    now.waits[0].name_vi                                       # "Thẩm định"

``load`` raises ProcessError, which says what is wrong and what to draw instead; it takes the called
processes as ``library`` and the DMN files as ``decisions``. ``migrate`` moves a running case to
another version. Pure: no database, clock or network (``store`` keeps states and waits). Conditions
are FEEL, never Python.
"""

from motcua.process.definition import Definition, Flow, Node, Repeat, Timer
from motcua.process.engine import start, step, waits
from motcua.process.faults import CannotMove, Finding, ProcessError
from motcua.process.migration import migrate
from motcua.process.reader import lint, load
from motcua.process.state import (
    Command,
    Complete,
    Message,
    Outcome,
    Record,
    ServiceDone,
    ServiceFailed,
    Signal,
    State,
    TimerFired,
    Wait,
)
from motcua.process.steps import StepSpec, compile_steps

__all__ = [
    "CannotMove",
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
    "Repeat",
    "ServiceDone",
    "ServiceFailed",
    "Signal",
    "State",
    "StepSpec",
    "Timer",
    "TimerFired",
    "Wait",
    "compile_steps",
    "lint",
    "load",
    "migrate",
    "start",
    "step",
    "waits",
]
