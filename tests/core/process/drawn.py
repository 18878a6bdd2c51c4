"""Short ways to write a drawn process in a test, and to walk through it."""

import json

from motcua.process import Command, Complete, Definition, Message, Outcome, Signal, State, step

START, END = '<startEvent id="s"/>', '<endEvent id="e"/>'


def flows(*chains: str) -> str:
    """Draw arrows along chains of ids: ``s a b e``; the arrow from s to a is called ``s-a``.

    ``x ?outcome = "no"? b`` puts a condition on the arrow from x to b.
    """
    found = []
    for chain in chains:
        condition, source = "", ""
        for number, part in enumerate(chain.split("?")):
            if number % 2:
                condition = part.replace("<", "&lt;").replace(">", "&gt;")
                continue
            for target in part.split():
                if source:
                    found.append(_flow(source, target, condition))
                    condition = ""
                source = target
    return "".join(found)


def _flow(source: str, target: str, condition: str) -> str:
    text = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<sequenceFlow id="{source}-{target}" {ends}>{text}</sequenceFlow>'


def users(names: str, inside: str = "") -> str:
    """Draw user tasks."""
    return "".join(f'<userTask id="{n}" mc:role="r">{inside}</userTask>' for n in names.split())


def services(names: str) -> str:
    """Draw service tasks with handlers of the same names."""
    return "".join(f'<serviceTask id="{n}" mc:handler="{n}"/>' for n in names.split())


def sub(name: str, body: str, attributes: str = "") -> str:
    """Draw a sub-process whose start and end are called ``name.s`` and ``name.e``."""
    ends = f'<startEvent id="{name}.s"/><endEvent id="{name}.e"/>'
    return f'<subProcess id="{name}" {attributes}>{ends}{body}</subProcess>'


def handler(name: str, event: str, body: str, attributes: str = "") -> str:
    """Draw an event sub-process whose start and end are called ``name.s`` and ``name.e``."""
    ends = f'<startEvent id="{name}.s" {attributes}>{event}</startEvent><endEvent id="{name}.e"/>'
    return f'<subProcess id="{name}" triggeredByEvent="true">{ends}{body}</subProcess>'


def boundary(name: str, host: str, event: str, attributes: str = "") -> str:
    """Draw a boundary event."""
    return f'<boundaryEvent id="{name}" attachedToRef="{host}" {attributes}>{event}</boundaryEvent>'


SIGNAL = '<signalEventDefinition signalRef="sig"/>'
ERROR = '<errorEventDefinition errorRef="err"/>'
ANY_ERROR = "<errorEventDefinition/>"
ESCALATION = '<escalationEventDefinition escalationRef="esc"/>'
TERMINATE = "<terminateEventDefinition/>"
DAYS = '<timerEventDefinition mc:working="3 working_days"/>'
NAMES = (
    '<signal id="sig" name="withdrawn"/><error id="err" errorCode="unpaid"/>'
    '<escalation id="esc" escalationCode="late"/><message id="msg" name="paid"/>'
)
MESSAGE = '<messageEventDefinition messageRef="msg"/>'


def places(now: Outcome) -> str:
    """Return where a case waits on its way, sorted: ``a b``."""
    return " ".join(sorted(w.node for w in now.waits if not w.optional))


def beside(now: Outcome) -> str:
    """Return the events that are waited for beside the way, sorted."""
    return " ".join(sorted(w.node for w in now.waits if w.optional))


def token(now: Outcome, node: str, item: object = None) -> str:
    """Return the token that waits at a node."""
    return next(w.token for w in now.waits if w.node == node and item in (None, w.item))


def send(definition: Definition, now: Outcome, command: Command) -> Outcome:
    """Do a command on a state that went through JSON, as in the store."""
    return step(definition, State.from_json(json.loads(json.dumps(now.state.to_json()))), command)


def walk(definition: Definition, now: Outcome, *nodes: str) -> Outcome:
    """Complete user tasks one after the other; ``!name`` sends a signal, ``@name`` a message."""
    for node in nodes:
        if node[0] in "!@":
            kind = Signal if node[0] == "!" else Message
            now = send(definition, now, kind(node[1:]))
        else:
            name, _, outcome = node.partition("=")
            variables: dict[str, object] = {"outcome": outcome} if outcome else {}
            now = send(definition, now, Complete(token(now, name), variables))
    return now


def kinds(now: Outcome) -> list[str]:
    """Return the records as ``kind node``."""
    return [f"{r.kind} {r.node}" for r in now.records]
