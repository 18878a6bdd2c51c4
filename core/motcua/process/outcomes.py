"""What the outcomes of a step are called: by the arrows that lead on from it."""

import re

from motcua.process.definition import Definition

_ASKED = re.compile(r"""\boutcome\s*=\s*"([^"]+)\"""")


def outcome_names(definition: Definition, node_id: str) -> dict[str, tuple[str, str]]:
    """Return (Vietnamese, English) by outcome of a user task, the outcome itself where no arrow has a name.

    An outcome is called like the arrow whose condition asks for it (``outcome = "verify"``), behind the
    gateways that follow the step.
    """
    node = definition.nodes[node_id]
    names = {outcome: (outcome, outcome) for outcome in node.outcomes}
    todo, seen = list(node.outgoing), set[str]()
    while todo:
        flow = definition.flows[todo.pop()]
        if flow.id in seen:
            continue
        seen.add(flow.id)
        asked = _ASKED.findall(flow.condition.text) if flow.condition else []
        if len(asked) == 1 and asked[0] in names and flow.name_vi:
            names[asked[0]] = (flow.name_vi, flow.name_en)
        after = definition.nodes[flow.target]
        if after.kind in ("exclusive", "inclusive"):
            todo += after.outgoing
    return names
