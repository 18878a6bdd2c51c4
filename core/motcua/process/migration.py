"""Moving a running case to another version of its process, by a plan from old ids to new ones.

What the plan does not name keeps its id. Tokens keep theirs too, so whoever keeps due dates by
token keeps them. A case that would lose its way is refused, with a reason for every token:

* a token before a join is known by its flow, so the join must have the same flows, by plan or name;
* a step stays of its kind and in its sub-process, and is done once or many times as before;
* from its new places the case must not be able to wait at a join forever, or do a step twice.
"""

from collections.abc import Iterator, Mapping

from motcua.process.definition import Definition, Node
from motcua.process.engine import resume
from motcua.process.faults import CannotMove, Finding
from motcua.process.joins import search
from motcua.process.run import Run
from motcua.process.state import Outcome, State
from motcua.process.waiting import age, body_of, watches
from motcua.process.watching import arm, set_timer, watch

_Say = tuple[str, str]


def migrate(
    old: Definition, new: Definition, state: State, plan: Mapping[str, str] | None = None
) -> Outcome:
    """Return the case as one of the new version; ``plan`` maps ids of nodes and flows.

    Boundary events and event sub-processes that both versions have go on waiting; those that only
    the new one has begin to wait, those that only the old one has are dropped. Raises CannotMove
    with a reason for every token that hinders it; then nothing was changed.
    """
    move = _Move(old, new, state, plan or {})
    reasons = [*move.reasons()]
    if not reasons:
        reasons = [*move.dangers()]
    if reasons:
        raise CannotMove(list(dict.fromkeys(reasons)))
    return move.outcome()


class _Move:
    def __init__(
        self, old: Definition, new: Definition, state: State, plan: Mapping[str, str]
    ) -> None:
        self.old, self.new, self.state, self.plan = old, new, state, plan

    def to(self, place: str) -> str:
        """Return the new id of a node or flow."""
        return self.plan.get(place, place) if place else ""

    def scope_of(self, token: str) -> str:
        """Return the token of the running scope a token lies in, past multi-instance bodies."""
        above = self.state.parents.get(token, "")
        if above and body_of(self.state.tokens, self.state.parents, token):
            return self.state.parents.get(above, "")
        return above

    def reasons(self) -> Iterator[Finding]:
        """Yield why tokens cannot be laid into the new version."""
        for token in sorted(self.state.tokens, key=age):
            before = self.old.nodes[self.state.tokens[token]]
            if before.kind in ("boundary", "start"):
                continue
            after = self.new.nodes.get(self.to(before.id))
            for vi, en in self._misfit(token, before, after):
                yield Finding(before.id, before.tag, before.name_vi, vi, en)
        for flow in self.state.parked:
            join = self.old.nodes[self.old.flows[flow].target]
            for vi, en in self._parked(flow, join):
                yield Finding(join.id, join.tag, join.name_vi, vi, en)

    def _misfit(self, token: str, before: Node, after: Node | None) -> Iterator[_Say]:
        if after is None:
            yield (
                f"phiên bản mới không có '{self.to(before.id)}'; hãy ghi bước tương ứng vào kế hoạch",
                f"the new version has no '{self.to(before.id)}'; name its counterpart in the plan",
            )
            return
        if (after.kind, after.triggered) != (before.kind, before.triggered):
            yield (
                f"'{after.id}' là {after.tag}, không phải {before.tag}",
                f"'{after.id}' is a {after.tag}, not a {before.tag}",
            )
        if after.scope != self.to(before.scope):
            yield (
                f"'{after.id}' nằm trong quy trình con khác ('{after.scope}')",
                f"'{after.id}' lies in another sub-process ('{after.scope}')",
            )
        if _repeats(before) != _repeats(after):
            yield (
                f"'{after.id}' làm một lần hay nhiều lần khác với bước cũ",
                f"'{after.id}' is done once or many times otherwise than before",
            )
        if watches(self.old.nodes, self.state.tokens, self.state.parents, token):
            gateway = self.new.nodes.get(self.to(self.state.tokens[self.state.parents[token]]))
            ways = gateway.outgoing if gateway else ()
            if after.id not in {self.new.flows[flow].target for flow in ways}:
                yield (
                    f"'{after.id}' không còn là một nhánh của cổng sự kiện",
                    f"'{after.id}' is no longer one of the events of its gateway",
                )

    def _parked(self, flow: str, join: Node) -> Iterator[_Say]:
        """Judge a token that is parked before a join: its flow decides where it lies."""
        after = self.new.flows.get(self.to(flow))
        if after is None:
            yield (
                f"phiên bản mới không có nhánh '{self.to(flow)}'; hãy ghi nhánh tương ứng vào kế hoạch",
                f"the new version has no flow '{self.to(flow)}'; name its counterpart in the plan",
            )
            return
        target = self.new.nodes[after.target]
        if target.kind != join.kind or len(target.incoming) < 2:
            yield (
                f"nhánh '{after.id}' không còn dẫn tới cổng gộp cùng loại",
                f"the flow '{after.id}' no longer leads to a join of the same kind",
            )
            return
        if target.id != self.to(join.id):
            yield (
                f"nhánh '{after.id}' dẫn tới cổng khác, '{target.id}'; hãy ghi vào kế hoạch",
                f"the flow '{after.id}' leads to another gateway, '{target.id}'; map it in the plan",
            )
        if target.scope != self.to(join.scope):
            yield (
                f"'{target.id}' nằm trong quy trình con khác",
                f"'{target.id}' lies in another sub-process",
            )
        expected, found = {self.to(each) for each in join.incoming}, set(target.incoming)
        if expected != found:
            names = ", ".join(sorted(expected ^ found))
            yield (
                f"các nhánh vào của '{target.id}' khác trước: {names}",
                f"the incoming flows of '{target.id}' are not the same: {names}",
            )

    def dangers(self) -> Iterator[Finding]:
        """Yield what could go wrong later: joins that would wait forever, steps done twice.

        A search through all ways from the new places, held against the same search from the start:
        what the version does by itself is no reason to refuse.
        """
        running = {"": ""} | {
            token: node
            for token, node in self.state.tokens.items()
            if self.old.nodes[node].kind == "scope"
        }
        for scope, node in running.items():
            if places := self._places(scope):
                yield from self._risk(self.to(node), places)

    def _places(self, scope: str) -> list[str]:
        """Return where the tokens of a running scope will lie, as the search wants them."""
        state = self.state
        found = [
            self.to(node)
            for token, node in state.tokens.items()
            if self.scope_of(token) == scope
            and not watches(self.old.nodes, state.tokens, state.parents, token)
            and not body_of(state.tokens, state.parents, token)
            and not self.old.nodes[node].triggered
        ]
        for flow, tokens in state.parked.items():
            found += [self.to(flow) for token in tokens if self.scope_of(token) == scope]
        return found

    def _risk(self, scope: str, places: list[str]) -> Iterator[Finding]:
        begin = next(n for n in self.new.nodes.values() if n.kind == "start" and n.scope == scope)
        usual, moved = search(self.new, [begin.id]), search(self.new, places)
        for join in sorted(moved.stuck - usual.stuck if usual.complete else ()):
            node = self.new.nodes[join]
            vi = "từ vị trí mới hồ sơ sẽ chờ mãi ở cổng này"
            en = "from its new places the case would wait at this join forever"
            yield Finding(node.id, node.tag, node.name_vi, vi, en)
        for step in sorted(moved.doubled - usual.doubled if usual.complete else ()):
            node = self.new.nodes[step]
            vi = "từ vị trí mới bước này sẽ làm hai lần"
            en = "from its new places the case would do this step twice"
            yield Finding(node.id, node.tag, node.name_vi, vi, en)

    def outcome(self) -> Outcome:
        """Lay the tokens into the new version."""
        state = self.state
        kept = {token: self.to(node) for token, node in state.tokens.items() if self._stays(token)}
        run = Run(
            self.new,
            State(
                kept,
                {self.to(flow): tokens for flow, tokens in state.parked.items()},
                state.variables,
                state.next_token,
                {t: p for t, p in state.parents.items() if t in kept or t not in state.tokens},
                {t: held for t, held in state.data.items() if t in kept},
            ),
        )
        for token in sorted(kept, key=age):
            before = state.tokens[token]
            if token not in run.data:
                set_timer(run, self.new.nodes[kept[token]], token)
            if self.old.nodes[before].kind not in ("boundary", "start"):
                run.note("migrated", kept[token], token, detail=before)
                self._arm(run, token, self.old.nodes[before], self.new.nodes[kept[token]])
        if kept:
            arm(run, self._added(self.old.index.handlers, self.new.index.handlers, "", ""), "")
        resume(run)
        return run.outcome()

    def _stays(self, token: str) -> bool:
        """Whether a token stays: all do, but those of events that the new version has not."""
        before = self.old.nodes[self.state.tokens[token]]
        if before.kind not in ("boundary", "start"):
            return True
        after = self.new.nodes.get(self.to(before.id))
        return after is not None and (after.kind, after.event, after.scope, after.attached_to) == (
            before.kind, before.event, self.to(before.scope), self.to(before.attached_to)
        )  # fmt: skip

    def _arm(self, run: Run, token: str, before: Node, after: Node) -> None:
        """Begin to wait for the events that only the new version has."""
        old, new = self.old.index, self.new.index
        if after.kind == "event":
            known = {self.to(self.old.flows[flow].target) for flow in before.outgoing}
            targets = [self.new.nodes[self.new.flows[flow].target] for flow in after.outgoing]
            for each in targets:
                if each.id not in known:
                    watch(run, each, token)
            return
        if not run.body_of(token):
            arm(run, self._added(old.boundaries, new.boundaries, before.id, after.id), token)
        if after.kind == "scope" and (after.repeat is None or run.body_of(token)):
            arm(run, self._added(old.handlers, new.handlers, before.id, after.id), token)

    def _added(
        self,
        old: Mapping[str, tuple[Node, ...]],
        new: Mapping[str, tuple[Node, ...]],
        before: str,
        after: str,
    ) -> list[Node]:
        """Return events the old version has no counterpart of; one that has happened stays so."""
        known = {(self.to(node.id), node.event) for node in old.get(before, ())}
        return [node for node in new.get(after, ()) if (node.id, node.event) not in known]


def _repeats(node: Node) -> tuple[bool, bool]:
    return node.repeat is not None, node.repeat is not None and node.repeat.sequential
