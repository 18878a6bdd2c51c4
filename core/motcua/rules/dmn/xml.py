"""Reading a DMN 1.1 to 1.5 file, which comes from outside and is not trusted.

No entities, no document type, no network, at most 1 MB; lxml itself refuses more than 256 levels.
"""

import re
import unicodedata
from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]

from motcua.errors import TooLarge
from motcua.rules.errors import DecisionError, Finding

MAX_BYTES = 1_000_000
_SPACE = re.compile(r"https?://www\.omg\.org/spec/DMN/\d{8}/(?:MODEL/|dmn\.xsd)")


def parse(xml: bytes) -> etree._Element:
    """Return the root of a decision file; raises DecisionError, TooLarge."""
    if len(xml) > MAX_BYTES:
        raise TooLarge("Tệp DMN lớn hơn 1 MB", "The DMN file is larger than 1 MB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise broken(f"không phải XML đúng: {error}", f"not well-formed XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise broken("tệp có DOCTYPE; hãy bỏ đi", "the file has a DOCTYPE; please remove it")
    space = etree.QName(root).namespace or ""
    if etree.QName(root).localname != "definitions" or not _SPACE.fullmatch(space):
        raise broken("tệp không phải DMN 1.1 đến 1.5", "the file is not DMN 1.1 to 1.5")
    return root


def broken(vi: str, en: str) -> DecisionError:
    """Return the error of a file that cannot be read at all."""
    return DecisionError([Finding("", "definitions", "", vi, en)])


def local(element: etree._Element) -> str:
    """Return the tag without its namespace."""
    return str(etree.QName(element).localname)


def children(element: etree._Element, *tags: str) -> list[etree._Element]:
    """Return the children of DMN's own namespace with one of these tags, or all of them."""
    space = etree.QName(element).namespace
    return [
        child
        for child in element
        if etree.QName(child).namespace == space and (not tags or local(child) in tags)
    ]


def child(element: etree._Element, *tags: str) -> etree._Element | None:
    """Return the first child with one of these tags."""
    return next(iter(children(element, *tags)), None)


def text_in(element: etree._Element | None) -> str:
    """Return what stands in the ``text`` of an element."""
    found = None if element is None else child(element, "text")
    return "" if found is None else "".join(found.itertext()).strip()


def name_of(element: etree._Element) -> str:
    """Return the name with single spaces."""
    return unicodedata.normalize("NFC", " ".join((element.get("name") or "").split()))


def named_above(element: etree._Element) -> Iterator[str]:
    """Yield the names of the element and those it lies in, the nearest first."""
    while element is not None:
        found = name_of(element)
        if not found and (variable := child(element, "variable")) is not None:
            found = name_of(variable)
        if found:
            yield found
        element = element.getparent()


def finding(element: etree._Element, vi: str, en: str, level: str = "error") -> Finding:
    """Return a finding at an element; one without a name is told by the nearest named around it."""
    near = element
    while near is not None and not near.get("id"):
        near = near.getparent()
    element_id = "" if near is None else near.get("id", "")
    name = next(named_above(element), "")
    kind = "warning" if level == "warning" else "error"
    return Finding(element_id, local(element), name, vi, en, kind)  # type: ignore[arg-type]
