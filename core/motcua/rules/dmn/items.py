"""Item definitions: the types that a decision file declares."""

from collections.abc import Mapping

from lxml import etree  # type: ignore[import-untyped]

from motcua.rules.builtins import BUILT_IN
from motcua.rules.calls import Scope
from motcua.rules.compiler import compile_tree
from motcua.rules.dmn.xml import child, children, finding, local, name_of, text_in
from motcua.rules.errors import Finding, RuleError
from motcua.rules.parser import Parser
from motcua.rules.run import Code, Run
from motcua.rules.types import ANY, NAMED, Type

_MAX_DEPTH = 15
_MAX_STEPS = 2_000


class Items:
    """The types of one file by name; ``imported`` are those of other files, with their prefix."""

    def __init__(
        self, root: etree._Element, findings: list[Finding], imported: Mapping[str, Type]
    ) -> None:
        self.findings = findings
        self.elements = {name_of(e): e for e in children(root, "itemDefinition")}
        self.types: dict[str, Type] = {**NAMED, **imported}
        self.open: set[str] = set()
        for name, element in self.elements.items():
            self.named(name, element)

    def named(self, name: str, at: etree._Element) -> Type:
        """Return the type of a ``typeRef``; one that is unknown is noted and takes any value."""
        name = " ".join(name.removeprefix("feel:").split())
        if not name:
            return ANY
        if name in self.types and name not in self.elements:
            return self.types[name]
        short = name if name in self.elements else name.rpartition(":")[2]
        if short in self.open:
            self.note(at, f"kiểu '{name}' chứa chính nó", f"the type '{name}' contains itself")
            return ANY
        if short in self.elements:
            if short not in self.types or self.types[short] is NAMED.get(short):
                self.open.add(short)
                self.types[short] = self.defined(self.elements[short], 0)
                self.open.discard(short)
            return self.types[short]
        if short in self.types:
            return self.types[short]
        if name == "Any" or not at.get("typeRef", name):
            return ANY
        self.note(at, f"không có kiểu '{name}'", f"there is no type '{name}'")
        return ANY

    def note(self, at: etree._Element, vi: str, en: str) -> None:
        """Keep a finding."""
        self.findings.append(finding(at, vi, en))

    def of(self, element: etree._Element | None) -> Type:
        """Return the type that an element declares by ``typeRef``, or in DMN 1.1 by a child."""
        if element is None:
            return ANY
        inner = child(element, "typeRef")
        name = element.get("typeRef") or ("" if inner is None else (inner.text or "").strip())
        return self.named(name, element)

    def values_of(self, element: etree._Element) -> etree._Element | None:
        """Return the values allowed by the type that an element declares, where it names one."""
        name = " ".join((element.get("typeRef") or "").split())
        declared = self.elements.get(name, self.elements.get(name.rpartition(":")[2]))
        return None if declared is None else child(declared, "allowedValues")

    def defined(self, element: etree._Element, depth: int) -> Type:
        """Return the type of an item definition or a component of one."""
        if depth > _MAX_DEPTH:
            self.note(element, "kiểu lồng quá sâu", "the type is too deeply nested")
            return ANY
        parts = children(element, "itemComponent")
        function = child(element, "functionItem")
        if parts:
            fields = {name_of(part): self.defined(part, depth + 1) for part in parts}
            base = Type("context", fields=fields)
        elif function is not None:
            gives = self.named(function.get("outputTypeRef", ""), function)
            takes = tuple(self.of(each) for each in children(function, "parameters"))
            base = Type("function", gives, takes=takes)
        else:
            base = self.of(element)
        base = self.limited(base, child(element, "allowedValues"))
        if element.get("isCollection") == "true":
            base = Type("list", base)
        return self.limited(base, child(element, "typeConstraint"))

    def limited(self, base: Type, allowed: etree._Element | None) -> Type:
        """Return a type that takes only the values that pass the unary tests of an element."""
        text = text_in(allowed)
        if not text or allowed is None:
            return base
        try:
            tree = Parser(text, (), BUILT_IN, self.types).whole_tests()
            code = compile_tree(tree, Scope(bound=frozenset({"?"})))
        except RuleError as error:
            vi, en = f"{local(allowed)}: {error.vi}", f"{local(allowed)}: {error.en}"
            self.note(allowed, vi, en)
            return base
        wider = base.allowed

        def passes(value: object) -> bool:
            return (wider is None or wider(value)) and holds(code, value)

        return Type(base.kind, base.of, base.fields, base.takes, passes)


def holds(code: Code, value: object) -> bool:
    """Return whether the unary tests hold for a value."""
    run = Run({}, strict=False, left=_MAX_STEPS)
    run.local = {"?": value}
    return code(run) is True
