"""From the elements of a DMN file to a model: names, types, requirements and code."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lxml import etree  # type: ignore[import-untyped]

from motcua.rules.calls import Scope
from motcua.rules.dmn.boxed import EXPRESSIONS, Boxes
from motcua.rules.dmn.items import Items
from motcua.rules.dmn.model import Element, Kind, Model
from motcua.rules.dmn.xml import child, children, finding, name_of
from motcua.rules.errors import DecisionError, Finding
from motcua.rules.run import Code
from motcua.rules.tokens import plain
from motcua.rules.types import Type, coerce
from motcua.rules.values import Function

MAX_ELEMENTS = 1_000
_KINDS: Mapping[str, Kind] = {
    "inputData": "input", "decision": "decision", "businessKnowledgeModel": "function",
    "decisionService": "service",
}  # fmt: skip
_NEEDS = {"requiredInput", "requiredDecision", "requiredKnowledge"}


def read(roots: Sequence[etree._Element]) -> tuple[Model, list[Finding]]:
    """Return the model of a file and those it imports; the first is the file itself.

    Raises DecisionError when the requirements lead nowhere or in a circle.
    """
    findings: list[Finding] = []
    model = Model()
    by_space = {root.get("namespace", ""): root for root in reversed(roots[1:])}
    types: dict[str, Mapping[str, Type]] = {}
    for space in _innermost_first(by_space):
        if space != roots[0].get("namespace", ""):
            reader = _Reader(by_space[space], f"{space}#", by_space, types, model, [])
            types[space] = reader.read()
    _Reader(roots[0], "", by_space, types, model, findings).read()
    _check(model, roots[0])
    return model, findings


def _innermost_first(by_space: Mapping[str, etree._Element]) -> list[str]:
    """Return the files in an order where each stands behind those it imports."""
    found: dict[str, None] = {}
    todo = [(space, False) for space in by_space]
    opened: set[str] = set()
    while todo:
        space, ready = todo.pop()
        if ready:
            found[space] = None
        elif space not in opened:
            opened.add(space)
            inner = (each.get("namespace", "") for each in children(by_space[space], "import"))
            todo += [(space, True), *((each, False) for each in inner if each in by_space)]
    return list(found)


def _check(model: Model, root: etree._Element) -> None:
    for each in model.elements.values():
        if any(need not in model.elements for need in (*each.needs, *each.outputs)):
            vi, en = "cần một phần tử không có trong tệp", "requires an element that is not there"
        elif model.order([each.id]) is None:
            vi, en = "cần chính kết quả của nó (vòng tròn)", "requires its own result (a circle)"
        else:
            continue
        raise DecisionError([Finding(each.id, each.kind, each.name, vi, en)])
    if not model.elements:
        raise DecisionError([finding(root, "không có quyết định nào", "there is no decision")])


class _Reader:
    def __init__(
        self, root: etree._Element, prefix: str, by_space: Mapping[str, etree._Element],
        types: Mapping[str, Mapping[str, Type]], model: Model, findings: list[Finding],
    ) -> None:  # fmt: skip
        self.root, self.prefix, self.model, self.findings = root, prefix, model, findings
        self.space = root.get("namespace", "")
        self.imports: dict[str, str] = {}
        imported: dict[str, Type] = {}
        for each in children(root, "import"):
            space, name = each.get("namespace", ""), name_of(each)
            if space in by_space:
                self.imports[space] = name
                of = types.get(space, {})
                imported |= {f"{name}.{k}" if name else k: t for k, t in of.items()}
            elif "/DMN/" in (each.get("importType") or ""):
                vi, en = f"không có tệp '{space}'", f"the imported file '{space}' is not there"
                findings.append(finding(each, vi, en))
        self.items = Items(root, findings, imported)
        announced = {name_of(e) for e in root.iter() if e.get("name")}
        odd = frozenset(name for name in announced if name and not plain(name))
        self.boxes = Boxes(self.items, odd, root.get("expressionLanguage", ""))
        self.elements = {self._id(e): e for e in children(root, *_KINDS)[: MAX_ELEMENTS + 1]}

    def read(self) -> Mapping[str, Type]:
        """Add the elements to the model and return the types of the file."""
        if len(self.elements) > MAX_ELEMENTS:
            vi, en = f"hơn {MAX_ELEMENTS} phần tử", f"more than {MAX_ELEMENTS} elements"
            raise DecisionError([finding(self.root, vi, en)])
        for element_id, element in self.elements.items():
            self.model.elements[element_id] = self._element(element_id, element)
        return {name: self.items.types[name] for name in self.items.elements}

    def _id(self, element: etree._Element) -> str:
        return self.prefix + (element.get("id") or name_of(element))

    def _reference(self, element: etree._Element) -> str:
        space, _, name = element.get("href", "").rpartition("#")
        return self.prefix + name if space in ("", self.space) else f"{space}#{name}"

    def _references(self, element: etree._Element, *tags: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._reference(each) for each in children(element, *tags)))

    def _element(self, element_id: str, element: etree._Element) -> Element:
        tag = etree.QName(element).localname
        kind = _KINDS[tag]
        variable = child(element, "variable")
        name = (name_of(variable) if variable is not None else "") or name_of(element)
        to = self.items.of(variable)
        if not name_of(element):
            self.findings.append(finding(element, "thiếu tên", "has no name"))
        if kind == "service":
            return self._service(element_id, element, name, to)
        if kind == "input":
            return Element(element_id, kind, name, to)
        needs = self._needs(element)
        groups = {need: self._group(need) for need in needs if self._group(need)}
        scope = Scope(functions=frozenset(self._visible(needs)), notes=[])
        if kind == "decision":
            code = self._decision(element, scope)
            return Element(element_id, kind, name, to, code, needs, groups)
        logic = child(element, "encapsulatedLogic")
        found = element if logic is None else logic
        part = self.boxes.function(found, scope, name)
        names = tuple(name_of(p) for p in children(found, "formalParameter"))
        gives = to.of if to.kind == "function" else to
        code = part.code if gives is None else self._giving(part.code, gives)
        return Element(element_id, kind, name, to, code, needs, groups, parameters=names)

    def _decision(self, element: etree._Element, scope: Scope) -> Code:
        if child(element, *EXPRESSIONS) is None:
            vi, en = "quyết định chưa có nội dung", "the decision has no logic"
            self.findings.append(finding(element, vi, en))
            return lambda run: None
        return self.boxes.inside(element, scope).code

    def _giving(self, code: Code, gives: Type) -> Code:
        """Return the code of a function whose result is converted to the type declared."""
        return lambda run: _converted(code(run), gives)

    def _needs(self, element: etree._Element) -> tuple[str, ...]:
        requirements = children(element, "informationRequirement", "knowledgeRequirement")
        found = [r for each in requirements for r in self._references(each, *_NEEDS)]
        return tuple(dict.fromkeys(found))

    def _group(self, need: str) -> str:
        space = need.rpartition("#")[0]
        return self.imports.get(space, "") if space and space + "#" != self.prefix else ""

    def _visible(self, needs: Sequence[str]) -> list[str]:
        names = []
        for need in needs:
            if group := self._group(need):
                names.append(group)
            elif need in self.elements:
                element = self.elements[need]
                variable = child(element, "variable")
                own = name_of(variable) if variable is not None else ""
                names.append(own or name_of(element))
            elif need in self.model.elements:
                names.append(self.model.elements[need].name)
        return names

    def _service(self, element_id: str, element: etree._Element, name: str, to: Type) -> Element:
        outputs = self._references(element, "outputDecision")
        parameters = self._references(element, "inputData") + self._references(
            element, "inputDecision"
        )
        gives = to.of if to.kind == "function" and to.of else to
        return Element(element_id, "service", name, gives, outputs=outputs, parameters=parameters)


def _converted(found: object, gives: Type) -> object:
    if not isinstance(found, Function):
        return found
    call = found.call
    return replace(found, call=lambda run, given: coerce(call(run, given), gives), gives=gives)
