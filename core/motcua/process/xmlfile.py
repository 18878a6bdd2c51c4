"""A BPMN file as XML. It comes from outside and is not trusted: no entities, no network, 1 MB."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import TooLarge
from motcua.process.faults import Finding, ProcessError
from motcua.process.vocabulary import EXPRESSIONS, MC, bpmn, local, mc
from motcua.rules import Expression, RuleError, compile_expression

MAX_BYTES = 1_000_000


def parse(xml: bytes, *, whole: bool = False) -> etree._Element:
    """Return the root of a BPMN file; raises ProcessError, TooLarge over 1 MB.

    Comments and processing instructions are left out unless ``whole``.
    """
    if len(xml) > MAX_BYTES:
        raise TooLarge("Tệp BPMN lớn hơn 1 MB", "The BPMN file is larger than 1 MB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=not whole, remove_pis=not whole,
    )  # fmt: skip
    try:
        # Some exporters leave an empty line before the XML declaration.
        root = etree.fromstring(xml.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise broken(
            f"Tệp không phải XML đúng: {error}", f"Not well-formed XML: {error}"
        ) from error
    if root.getroottree().docinfo.doctype:
        raise broken("Tệp có DOCTYPE; hãy bỏ đi", "The file has a DOCTYPE; please remove it")
    if root.tag != bpmn("definitions"):
        found = etree.QName(root)
        raise broken(
            f"Tệp không phải BPMN 2.0 mà là '{found.localname}' của '{found.namespace or ''}'; hãy "
            "xuất lại thành BPMN 2.0",
            f"The file is not BPMN 2.0 but '{found.localname}' of '{found.namespace or ''}'; export "
            "it as BPMN 2.0",
        )
    return root


def flag(element: etree._Element, name: str, usual: bool = False) -> bool:
    """Read a boolean of XML Schema: ``true`` or ``1``."""
    text = element.get(name, "").strip()
    return text in ("true", "1") if text else usual


def title(element: etree._Element) -> str:
    """Return the name of an element on one line."""
    return " ".join(element.get("name", "").split())


def broken(vi: str, en: str) -> ProcessError:
    """Return the refusal of a whole file."""
    return ProcessError([Finding("", "definitions", "", vi, en)])


@dataclass
class Source:
    """One file being read: its tables of names, and the findings in it.

    ``prefix`` stands before every id of a called process: ``callId/``.
    """

    root: etree._Element
    process: etree._Element
    findings: list[Finding]
    prefix: str = ""
    roles: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Read which role a lane gives to its nodes; an inner lane comes before the outer one."""
        self.roles = {
            (reference.text or "").strip(): lane.get(mc("role"))
            for lane in self.process.iter(bpmn("lane"))
            if lane.get(mc("role"))
            for reference in lane.findall(bpmn("flowNodeRef"))
        }

    def id(self, element: etree._Element) -> str:
        """Return the id of an element in the whole process, empty if it has none."""
        found: str = element.get("id", "")
        return self.prefix + found if found else ""

    def fault(self, element: etree._Element, vi: str, en: str, part: str = "") -> None:
        """Note a finding at an element; ``part`` names a child of it."""
        tag = f"{local(element)}/{part}" if part else local(element)
        self.findings.append(Finding(self.id(element), tag, title(element), vi, en))

    @cached_property
    def by_id(self) -> Mapping[str, etree._Element]:
        """The elements of the file by id; the first where one is used twice."""
        found: dict[str, etree._Element] = {}
        for element in self.root.iter():
            if element.get("id"):
                found.setdefault(element.get("id"), element)
        return found

    def refer(self, reference: str | None) -> str:
        """Return the id that a reference means: QNames carry a prefix, and ids may hold a colon."""
        text = (reference or "").strip()
        return text if text in self.by_id else text.rpartition(":")[2]

    def named(self, tag: str, reference: str, attribute: str) -> str:
        """Return an attribute (or else the name) of a root element that a QName refers to."""
        element = self.by_id.get(self.refer(reference))
        if element is None or local(element) != tag:
            return ""
        return (element.get(attribute) or "").strip() or title(element)

    def feel(
        self, owner: etree._Element, text: str, language: str = "", part: str = ""
    ) -> Expression | None:
        """Compile an expression; a leading equals sign of some modellers is dropped."""
        language = language or self.root.get("expressionLanguage", "")
        if language.casefold() not in EXPRESSIONS:
            vi, en = f"ngôn ngữ điều kiện '{language}'", f"condition language '{language}'"
            self.fault(
                owner, f"{vi} không dùng được; hãy viết FEEL", f"{en}: please write FEEL", part
            )
            return None
        if text.strip().startswith(("${", "#{")):
            vi, en = "biểu thức '${…}' của phần mềm khác", "an expression '${…}' of another product"
            self.fault(owner, f"{vi}; hãy viết FEEL", f"{en}; please write FEEL", part)
            return None
        try:
            return compile_expression(text.strip().removeprefix("="))
        except RuleError as error:
            vi, en = f"điều kiện viết sai: {error.vi}", f"wrong condition: {error.en}"
            self.fault(owner, vi, en, part)
            return None

    def only(
        self, owner: etree._Element, part: etree._Element, allowed: frozenset[str], place: str = ""
    ) -> None:
        """Refuse attributes of our namespace that do not exist here: most are slips of the pen."""
        for attribute in sorted(map(str, part.attrib)):
            name = attribute.removeprefix(f"{{{MC}}}")
            if name != attribute and name not in allowed:
                self.fault(
                    owner,
                    f"không có thuộc tính mc:{name}; hãy sửa tên hoặc bỏ đi",
                    f"there is no attribute mc:{name}; correct its name or remove it",
                    place,
                )


def commas(text: str | None) -> tuple[str, ...]:
    """Return the parts of a comma-separated attribute."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
