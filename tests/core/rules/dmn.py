"""Small decision files for the tests, written as a modeller would write them."""

from collections.abc import Iterable, Sequence
from html import escape

SPACE = "https://www.omg.org/spec/DMN/20211108/MODEL/"


def _id(name: str) -> str:
    return "e_" + "_".join(name.split())


def _typed(of: str) -> str:
    return f' typeRef="{escape(of)}"' if of else ""


def model(*elements: str, space: str = SPACE, namespace: str = "urn:test") -> bytes:
    """Return a file of elements."""
    body = "".join(elements)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="{space}" id="d" name="test" '
        f'namespace="{namespace}">{body}</definitions>'
    ).encode()


def literal(text: str, of: str = "") -> str:
    """Return a literal expression."""
    return f"<literalExpression{_typed(of)}><text>{escape(text)}</text></literalExpression>"


def data(name: str, of: str = "") -> str:
    """Return input data."""
    variable = f'<variable name="{escape(name)}"{_typed(of)}/>'
    return f'<inputData id="{_id(name)}" name="{escape(name)}">{variable}</inputData>'


def _requirements(inputs: Iterable[str], decisions: Iterable[str], knows: Iterable[str]) -> str:
    return (
        "".join(_required("information", "requiredInput", name) for name in inputs)
        + "".join(_required("information", "requiredDecision", name) for name in decisions)
        + "".join(_required("knowledge", "requiredKnowledge", name) for name in knows)
    )


def _required(kind: str, tag: str, name: str) -> str:
    href = name if "#" in name else f"#{_id(name)}"
    return f'<{kind}Requirement><{tag} href="{escape(href)}"/></{kind}Requirement>'


def decision(
    name: str, body: str, *, inputs: Sequence[str] = (), decisions: Sequence[str] = (),
    knows: Sequence[str] = (), of: str = "",
) -> str:  # fmt: skip
    """Return a decision; a body without a tag is FEEL."""
    body = body if body.startswith("<") else literal(body)
    return (
        f'<decision id="{_id(name)}" name="{escape(name)}">'
        f'<variable name="{escape(name)}"{_typed(of)}/>'
        f"{_requirements(inputs, decisions, knows)}{body}</decision>"
    )


def knowledge(
    name: str, body: str, parameters: Sequence[tuple[str, str]], *, knows: Sequence[str] = (),
    of: str = "",
) -> str:  # fmt: skip
    """Return a business knowledge model; parameters are pairs of name and type."""
    body = body if body.startswith("<") else literal(body)
    formal = "".join(f'<formalParameter name="{escape(p)}"{_typed(t)}/>' for p, t in parameters)
    return (
        f'<businessKnowledgeModel id="{_id(name)}" name="{escape(name)}">'
        f'<variable name="{escape(name)}"{_typed(of)}/><encapsulatedLogic>{formal}{body}'
        f"</encapsulatedLogic>{_requirements((), (), knows)}</businessKnowledgeModel>"
    )


def service(name: str, *, outputs: Sequence[str], hidden: Sequence[str] = (),
            decisions: Sequence[str] = (), inputs: Sequence[str] = ()) -> str:  # fmt: skip
    """Return a decision service."""
    tags = {"outputDecision": outputs, "encapsulatedDecision": hidden,
            "inputDecision": decisions, "inputData": inputs}  # fmt: skip
    body = "".join(f'<{tag} href="#{_id(n)}"/>' for tag, names in tags.items() for n in names)
    return f'<decisionService id="{_id(name)}" name="{escape(name)}">{body}</decisionService>'


def item(name: str, of: str = "", *, allowed: str = "", many: bool = False,
         parts: Sequence[tuple[str, str]] = ()) -> str:  # fmt: skip
    """Return an item definition: of a type, or of parts."""
    body = f"<typeRef>{of}</typeRef>" if of else ""
    if allowed:
        body += f"<allowedValues><text>{escape(allowed)}</text></allowedValues>"
    for part, to in parts:
        body += f'<itemComponent name="{escape(part)}"><typeRef>{to}</typeRef></itemComponent>'
    collection = ' isCollection="true"' if many else ""
    return f'<itemDefinition name="{escape(name)}"{collection}>{body}</itemDefinition>'


def table(
    inputs: Sequence[str], outputs: Sequence[str], rules: Sequence[Sequence[str]], *,
    policy: str = "UNIQUE", aggregation: str = "", orders: Sequence[str] = (),
    defaults: Sequence[str] = (), limits: Sequence[str] = (),
) -> str:  # fmt: skip
    """Return a decision table; each rule holds the cells of the inputs, then of the outputs."""
    added = f' aggregation="{aggregation}"' if aggregation else ""
    body = f'<decisionTable id="t" hitPolicy="{policy}"{added}>'
    for n, asked in enumerate(inputs):
        limit = f"<inputValues>{_text(limits[n])}</inputValues>" if limits else ""
        body += f"<input><inputExpression>{_text(asked)}</inputExpression>{limit}</input>"
    for n, name in enumerate(outputs):
        order = f"<outputValues>{_text(orders[n])}</outputValues>" if orders else ""
        default = (
            f"<defaultOutputEntry>{_text(defaults[n])}</defaultOutputEntry>" if defaults else ""
        )
        body += f'<output name="{escape(name)}">{order}{default}</output>'
    for rule in rules:
        cells = [f"<inputEntry>{_text(c)}</inputEntry>" for c in rule[: len(inputs)]]
        cells += [f"<outputEntry>{_text(c)}</outputEntry>" for c in rule[len(inputs) :]]
        body += f"<rule>{''.join(cells)}</rule>"
    return body + "</decisionTable>"


def _text(text: str) -> str:
    return f"<text>{escape(text)}</text>"
