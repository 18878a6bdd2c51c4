"""One command on one case: a copy of the state that moves, and the records of what happened."""

from collections import deque
from collections.abc import Mapping

from motcua.process.definition import Definition, Node
from motcua.process.faults import Finding, ProcessError
from motcua.process.state import Outcome, Record, RecordKind, State, checked
from motcua.process.waiting import age, body_of, local, waits, watches
from motcua.rules import Expression, RuleError, evaluate

MAX_TOKENS = 2_000
Move = tuple[str, str, str, str]
"""A token on its way: the node it comes to, the flow it comes by, the token of its scope, and its
own id where it has one already: an instance that is ready to begin."""


class Run:
    """The tokens of a case in motion.

    A token lies under the token of its scope: of the sub-process, of the multi-instance activity,
    of the activity that a boundary event watches, of the event-based gateway. So a scope and
    everything in it is one branch of a tree, and ending it is cutting that branch off.
    """

    def __init__(self, definition: Definition, state: State) -> None:
        self.definition = definition
        self.nodes = definition.nodes
        self.index = definition.index
        self.tokens = dict(state.tokens)
        self.parents = dict(state.parents)
        self.parked = {flow: list(tokens) for flow, tokens in state.parked.items()}
        self.variables: Mapping[str, object] = state.variables
        self.data = dict(state.data)
        self.next_token = state.next_token
        self.records: list[Record] = []
        self.queue: deque[Move] = deque()

    def note(
        self,
        kind: RecordKind,
        node: str,
        token: str,
        flow: str = "",
        variables: Mapping[str, object] | None = None,
        detail: str = "",
    ) -> None:
        """Add a record."""
        self.records.append(Record(kind, node, token, flow, variables or {}, detail))

    def fresh(self) -> str:
        """Return a new token id."""
        token = f"t{self.next_token}"
        self.next_token += 1
        return token

    def put(self, token: str, node: str, scope: str) -> None:
        """Lay a token at a node, under the token of its scope."""
        self.tokens[token] = node
        if scope:
            self.parents[token] = scope
        if len(self.tokens) > MAX_TOKENS:
            raise self.fault(
                self.nodes[node],
                f"hồ sơ có hơn {MAX_TOKENS} nhánh cùng lúc",
                f"the case is in more than {MAX_TOKENS} places at once",
            )

    def push(self, node: Node, scope: str) -> None:
        """Send a token out on every flow of a node."""
        for flow in node.outgoing:
            self.go(flow, scope)

    def go(self, flow: str, scope: str) -> None:
        """Send a token out on a flow."""
        self.queue.append((self.definition.flows[flow].target, flow, scope, ""))

    def leave(self, node: Node, token: str, scope: str) -> None:
        """Record that a token goes on, and send it out."""
        self.note("left", node.id, token)
        self.push(node, scope)

    def merge(self, variables: Mapping[str, object]) -> None:
        """Take over variables; a null forgets one. Raises Invalid, TooLarge."""
        new = {k: v for k, v in variables.items() if v is not None or k in self.variables}
        if new:
            self.variables = checked({**self.variables, **new})

    def below(self, token: str) -> list[str]:
        """Return the tokens that lie directly under one, the oldest first."""
        if not token:
            found = [each for each in self.tokens if each not in self.parents]
        else:
            found = [each for each in self.tokens if self.parents.get(each) == token]
        return sorted(found, key=age)

    def watches(self, token: str) -> bool:
        """Whether a token only waits for what may happen beside the way of the case."""
        return watches(self.nodes, self.tokens, self.parents, token)

    def body_of(self, token: str) -> str:
        """Return the token of the multi-instance activity that a token is one instance of."""
        return body_of(self.tokens, self.parents, token)

    def take(self, token: str) -> None:
        """Take away a token that is done, with the boundary events that watched it."""
        if token in self.parents.values():
            for each in self.below(token):
                self.take(each)
        self.tokens.pop(token, None)
        self.parents.pop(token, None)
        self.data.pop(token, None)

    def cancel(self, *roots: str) -> None:
        """Take away tokens and everything under them, waits included; records say so."""
        gone = set(roots)
        todo = list(roots)
        under: dict[str, list[str]] = {}
        for token, above in self.parents.items():
            under.setdefault(above, []).append(token)
        while todo:
            new = under.get(todo.pop(), [])
            gone.update(new)
            todo += new
        for token in sorted(gone & self.tokens.keys(), key=age):
            if not self.watches(token):
                self.note("cancelled", self.tokens[token], token)
        for token in gone & self.tokens.keys():
            del self.tokens[token]
            self.data.pop(token, None)
        self.unpark(gone)
        for token in gone:
            self.parents.pop(token, None)
        self.queue = deque(
            move for move in self.queue if move[2] not in gone and move[3] not in gone
        )

    def unpark(self, gone: set[str]) -> None:
        """Take away tokens parked before joins."""
        for flow in list(self.parked):
            for token in [t for t in self.parked[flow] if t in gone]:
                self.parked[flow].remove(token)
                self.note("cancelled", self.definition.flows[flow].target, token, flow)
            if not self.parked[flow]:
                del self.parked[flow]

    def clear(self, scope: str) -> None:
        """Cancel everything inside a running scope; the boundary events on it stay."""
        inside = [t for t in self.below(scope) if self.nodes[self.tokens[t]].kind != "boundary"]
        parked = [
            token
            for tokens in self.parked.values()
            for token in tokens
            if self.parents.get(token, "") == scope
        ]
        self.queue = deque(move for move in self.queue if move[2] != scope)
        self.cancel(*inside, *parked)

    def idle(self, scope: str) -> bool:
        """Whether nothing moves, waits or is parked any more in a running scope."""
        return not (
            any(move[2] == scope for move in self.queue)
            or any(
                self.parents.get(token, "") == scope and not self.watches(token)
                for token in self.tokens
            )
            or any(
                self.parents.get(token, "") == scope
                for tokens in self.parked.values()
                for token in tokens
            )
        )

    def context(self, token: str) -> Mapping[str, object]:
        """Return the variables as seen from a token: those of its instances come on top."""
        if not self.data:
            return self.variables
        return {**self.variables, **local(self.nodes, self.tokens, self.parents, self.data, token)}

    def value(self, expression: Expression, token: str, place: Node) -> object:
        """Compute FEEL as seen from a token; what is not known is null. Raises ProcessError."""
        try:
            return evaluate(expression, self.context(token), unknown="null")
        except RuleError as error:
            raise self.fault(place, error.vi, error.en) from error

    def fault(self, place: Node, vi: str, en: str) -> ProcessError:
        """Return the refusal of a step for what went wrong at a node."""
        return ProcessError([Finding(place.id, place.tag or place.kind, place.name_vi, vi, en)])

    def outcome(self) -> Outcome:
        """Return the new state, the records and the waits."""
        parked = {flow: tuple(tokens) for flow, tokens in self.parked.items()}
        kept = {name: value for name, value in self.variables.items() if value is not None}
        state = State(self.tokens, parked, kept, self.next_token, self.parents, self.data)
        return Outcome(state, tuple(self.records), waits(self.definition, state))
