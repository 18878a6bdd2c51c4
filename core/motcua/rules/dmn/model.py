"""The elements of a decision file, what each needs, and how they are computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from motcua.rules.run import Code, Run
from motcua.rules.types import ANY, Type, coerce, enter
from motcua.rules.values import Function

_MAX_IMPORTS = 5
Kind = Literal["input", "decision", "function", "service"]


@dataclass(frozen=True, slots=True)
class Element:
    """Input data, a decision, a business knowledge model or a decision service.

    ``name`` is how others read it, ``group`` the name of the import it comes by; ``needs`` are the
    ids it requires. A service has its ``outputs`` and its ``parameters``, both as ids; a function
    the names of its parameters.
    """

    id: str
    kind: Kind
    name: str
    type: Type = ANY
    code: Code = lambda run: None
    needs: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


@dataclass(slots=True)
class Model:
    """All elements by id."""

    elements: dict[str, Element] = field(default_factory=dict)

    def order(
        self, wanted: Sequence[str], given: frozenset[str] = frozenset(), through: bool = True
    ) -> list[str] | None:
        """Return the ids to compute for those wanted, each after what it needs; None for a cycle.

        What lies behind a ``given`` id is not computed; ``through`` a decision service others look
        only to find circles and inputs. Without recursion, as a chain may be long.
        """
        done: dict[str, bool] = {}
        found: list[str] = []
        todo = [(each, False) for each in reversed(wanted)]
        while todo:
            each, ready = todo.pop()
            if ready:
                done[each] = True
                found.append(each)
            elif each not in done:
                done[each] = False
                todo.append((each, True))
                element = self.elements[each]
                behind = (*element.needs, *(element.outputs if through else ()))
                own = element.kind == "function"
                behind = tuple(b for b in behind if each not in given and not (own and b == each))
                todo += [(b, False) for b in reversed(behind) if not done.get(b)]
                if any(done.get(b) is False and self._open(b, todo) for b in behind):
                    return None
            elif not done[each] and self._open(each, todo):
                return None
        return found

    def _open(self, element: str, todo: Sequence[tuple[str, bool]]) -> bool:
        return (element, True) in todo

    def compute(self, wanted: Sequence[str], given: Mapping[str, object], run: Run) -> list[object]:
        """Return the values of elements, where those given are not computed again."""
        values = dict(given)
        for each in self.order(wanted, frozenset(given), through=False) or ():
            if each not in values:
                values[each] = self._value(self.elements[each], values, run)
        return [values[each] for each in wanted]

    def _value(self, element: Element, values: Mapping[str, object], run: Run) -> object:
        if element.kind == "input":
            return None
        if element.kind == "service":
            return self._service(element)
        inner = run.below(self._names(element, values))
        try:
            found = element.code(inner)
        finally:
            run.left = inner.left
        if element.kind == "function" and isinstance(found, Function):
            return found
        return coerce(found, element.type)

    def _names(self, element: Element, values: Mapping[str, object]) -> dict[str, object]:
        names: dict[str, object] = {}
        for need in element.needs:
            group, name = element.groups.get(need, ""), self.elements[need].name
            if not group:
                names[name] = values.get(need)
                continue
            inside = names.setdefault(group, {})
            if isinstance(inside, dict):
                inside[name] = values.get(need)
        return names

    def _service(self, service: Element) -> Function:
        """Return a decision service as a function of its input decisions and data."""
        inputs = [self.elements[each] for each in service.parameters]

        def call(run: Run, given: Sequence[object]) -> object:
            values = {e.id: coerce(v, e.type) for e, v in zip(inputs, given, strict=True)}
            if any(
                v is None and g is not None for v, g in zip(values.values(), given, strict=True)
            ):
                return None
            return self.serve(service, values, run)

        names, types = tuple(e.name for e in inputs), tuple(e.type for e in inputs)
        cost = len(self.elements)
        return Function(service.name, names, call, cost, 20, types=types, gives=service.type)

    def serve(self, service: Element, values: Mapping[str, object], run: Run) -> object:
        """Return what a decision service gives: a value, or a context of several by name."""
        found = self.compute(service.outputs, values, run)
        if len(found) == 1:
            return coerce(found[0], service.type)
        names = (self.elements[each].name for each in service.outputs)
        return coerce(dict(zip(names, found, strict=True)), service.type)

    def entered(self, inputs: Mapping[str, object], wanted: Sequence[str]) -> dict[str, object]:
        """Return the caller's values by id, converted to the types that the inputs declare."""
        order = self.order(wanted) or []
        data = [self.elements[each] for each in order if self.elements[each].kind == "input"]
        return {e.id: enter(_given(e, inputs), e.type) for e in data}


def _given(element: Element, inputs: Mapping[str, object]) -> object:
    """Return a value by name; that of an imported file may lie in contexts named by the imports."""
    if element.name in inputs or "#" not in element.id:
        return inputs.get(element.name)
    inside = [value for value in inputs.values() if isinstance(value, Mapping)]
    for _ in range(_MAX_IMPORTS):
        found = next((each for each in inside if element.name in each), None)
        if found is not None:
            return found[element.name]
        inside = [v for each in inside for v in each.values() if isinstance(v, Mapping)]
    return None
