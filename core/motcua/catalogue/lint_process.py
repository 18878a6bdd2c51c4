"""What is wrong with the processes of a package, beyond their shape."""

from collections.abc import Collection, Iterable, Iterator

from motcua.catalogue.cases import Case
from motcua.catalogue.decisions import loaded
from motcua.catalogue.lint_finding import LintFinding, split_advice
from motcua.catalogue.lint_texts import names
from motcua.catalogue.lint_ways import timers, without_result
from motcua.catalogue.packages import PROCESS_NAMES, Package
from motcua.process import Definition, Node
from motcua.process import Finding as ProcessFinding
from motcua.rules import Expression
from motcua.rules import Finding as DecisionFinding

STEPS_FILE = "procedure.toml"
#: What the engine puts into a running case.
ENGINE_NAMES = frozenset({"outcome", "outcomes", "decision"})
#: What the handlers of the core answer.
CORE_HANDLERS = {
    "issue_result": frozenset({"result"}),
    "open_children": frozenset({"children"}),
}


def file_of(case: Case) -> str:
    """Return the file in which a case's way is written."""
    return case.process or STEPS_FILE


def shape(findings: Iterable[ProcessFinding | DecisionFinding], file: str) -> Iterator[LintFinding]:
    """Yield what the engines say of a process or decision file, as findings of a package."""
    for found in findings:
        vi, en, do_vi, do_en = split_advice(found.vi, found.en)
        yield LintFinding(
            "error", file, found.element or found.tag, found.name, vi, en, do_vi, do_en
        )


def process(
    package: Package,
    case: Case,
    definition: Definition,
    *,
    roles: Collection[str],
    handlers: Collection[str] | None,
) -> Iterator[LintFinding]:
    """Yield unknown roles, handlers and variables of the process of one case, and ways that lead astray.

    ``handlers`` None: any.
    """
    file = file_of(case)
    for node in definition.nodes.values():
        yield from _node(node, file, roles, handlers)
    yield from _variables(package, definition, file)
    yield from timers(definition, file)
    if package.procedure.result is not None:
        yield from without_result(definition, file)
    if case.process:
        yield from names(definition, file)


def _node(
    node: Node, file: str, roles: Collection[str], handlers: Collection[str] | None
) -> Iterator[LintFinding]:
    if node.role and node.role not in roles:
        known = ", ".join(roles)
        yield LintFinding(
            "error",
            file,
            node.id,
            node.name_vi,
            f"không có vai trò '{node.role}'",
            f"there is no role '{node.role}'",
            f"dùng một trong: {known}",
            f"use one of: {known}",
        )
    if node.handler and handlers is not None and node.handler not in handlers:
        known = ", ".join(sorted(handlers))
        yield LintFinding(
            "error",
            file,
            node.id,
            node.name_vi,
            f"không phần mở rộng nào có chương trình xử lý '{node.handler}'",
            f"no plugin brings the handler '{node.handler}'",
            f"dùng một trong: {known}; hoặc cài phần mở rộng có nó",
            f"use one of: {known}; or install the plugin that brings it",
        )


def _variables(package: Package, definition: Definition, file: str) -> Iterator[LintFinding]:
    known = known_variables(package, definition)
    reads = [(place, node, e.text, e.names) for place, node, e in expressions(definition)]
    for place, node, text, names_read in [*reads, *_asked(package, definition)]:
        unknown = sorted(names_read - known)
        if not unknown:
            continue
        which = ", ".join(f"'{name}'" for name in unknown)
        yield LintFinding(
            "error",
            file,
            place,
            text,
            f"ở '{node.name_vi}' đọc biến không ai đặt: {which}",
            f"at '{node.name_en}' it reads what nobody sets: {which}",
            "dùng khóa của một câu hỏi trong form.toml, hoặc outcome, outcomes, decision, case, channel, "
            "unit_level; biến do hệ thống trả về thì nêu trong variables của một ví dụ",
            "use the key of a question in form.toml, or outcome, outcomes, decision, case, channel, "
            "unit_level; name what a system answers in the variables of a scenario",
        )


def _asked(
    package: Package, definition: Definition
) -> Iterator[tuple[str, Node, str, frozenset[str]]]:
    """Yield what the decisions of rule tasks need."""
    for node in definition.nodes.values():
        file, _, name = node.decision.partition("#")
        if file in package.decisions:
            needs = frozenset(loaded(package.decisions[file]).needs(name))
            yield node.id, node, node.decision, needs


def expressions(definition: Definition) -> Iterator[tuple[str, Node, Expression]]:
    """Yield every expression of a process: the id of its element, the node it belongs to, itself."""
    for flow in definition.flows.values():
        if flow.condition:
            yield flow.id, definition.nodes[flow.source], flow.condition
    for node in definition.nodes.values():
        found = [node.timer.expression] if node.timer else []
        if node.repeat:
            found += [node.repeat.collection, node.repeat.cardinality, node.repeat.until]
        for expression in found:
            if expression:
                yield node.id, node, expression


def known_variables(package: Package, definition: Definition) -> frozenset[str]:
    """Return the variables that a running case can hold.

    The answers by key, what the engine and the platform set, the results of rule tasks and handlers, and
    whatever a scenario of the package says that a step, a message or a service brings.
    """
    known = {field.key for field in package.form.fields()} | ENGINE_NAMES | set(PROCESS_NAMES)
    for scenario in package.scenarios:
        for happening in scenario.when:
            known |= happening.variables.keys()
    for node in definition.nodes.values():
        known |= CORE_HANDLERS.get(node.handler, frozenset())
        known |= set(_results(node))
    return frozenset(known)


def _results(node: Node) -> Iterator[str]:
    if node.result:
        yield node.result
    if node.repeat:
        own = (node.repeat.element, node.repeat.output, node.repeat.output_element)
        yield from (name for name in own if name)
