"""Changing who does a task of a drawn process, and in how many hours, without drawing it again."""

from collections.abc import Mapping

from lxml import etree  # type: ignore[import-untyped]

_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_MC = "https://motcua.org/bpmn"
_ATTRIBUTES = {
    "hours": f"{{{_MC}}}hours",
    "role": f"{{{_MC}}}role",
    "name_vi": "name",
    "name_en": f"{{{_MC}}}nameEn",
}


class DrawnError(ValueError):
    """The file has no such task; says which it has."""


def amended(xml: str, task: str, values: Mapping[str, object]) -> str:
    """Return a BPMN file in which a user task has other ``hours``, ``role``, ``name_vi`` or ``name_en``."""
    root = _parsed(xml)
    tasks = {found.get("id"): found for found in root.iter(f"{{{_BPMN}}}userTask")}
    if task not in tasks:
        raise DrawnError(f"a user task of the file: {', '.join(sorted(filter(None, tasks)))}")
    for key, value in values.items():
        tasks[task].set(_ATTRIBUTES[key], str(value))
    return str(etree.tostring(root, encoding="unicode"))


def written(xml: str, task: str, key: str) -> str | None:
    """Return what a user task says for one of these keys; None when there is no such task."""
    tasks = [t for t in _parsed(xml).iter(f"{{{_BPMN}}}userTask") if t.get("id") == task]
    return tasks[0].get(_ATTRIBUTES[key], "") if tasks else None


def _parsed(xml: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(xml.encode(), parser)
