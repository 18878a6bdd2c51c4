"""All sheets of a picture: those of the file, then those of the processes it calls."""

from collections.abc import Iterator, Mapping
from itertools import islice

from motcua.process.picture_diagram import panels
from motcua.process.picture_model import Model
from motcua.process.picture_panel import Panel
from motcua.process.picture_read import model
from motcua.process.xmlfile import parse

MAX_PANELS, MAX_CALLS = 30, 5


def sheets_of(xml: bytes, library: Mapping[str, bytes] | None) -> list[tuple[Model, Panel]]:
    """Return at most 30 sheets, each with the file it is from.

    Raises ``ProcessError`` for what is not BPMN, ``TooLarge`` beyond the bounds of a picture.
    """
    root = parse(xml)
    found = model(root)
    own = [(found, panel) for panel in panels(root, found)]
    called = _called(found, library or {}, "", MAX_CALLS)
    return own[:MAX_PANELS] + list(islice(called, max(0, MAX_PANELS - len(own))))


def title_of(found: Model) -> str:
    """Return the name of the first process that has one."""
    names = (found.names[p] for p in found.processes)
    return next((name for name in names if name), "BPMN")


def _called(
    found: Model, library: Mapping[str, bytes], prefix: str, depth: int
) -> Iterator[tuple[Model, Panel]]:
    """Return the sheets of the called processes that the library holds."""
    if depth == 0:
        return
    for part in list(found.parts.values()):
        xml = library.get(part.called) if part.tag == "callActivity" else None
        if xml is None:
            continue
        root = parse(xml)
        inner, below = model(root), f"{prefix}{part.id}/"
        for panel in panels(root, inner):
            panel.title, panel.prefix = part.name_vi or title_of(inner), below
            yield inner, panel
        yield from _called(inner, library, below, depth - 1)
