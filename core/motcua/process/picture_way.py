"""The way of a case over its picture: which steps and arrows it took, as far as its records tell.

The log keeps which steps were entered and completed, not the arrows between them: an arrow counts as
taken when it is the only one by which the case can have come.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from motcua.process.picture_model import ACTIVITIES, Part
from motcua.process.picture_sheets import sheets_of

_CATCHING = frozenset({"message", "timer", "signal"})
_WAITING = ACTIVITIES | {"intermediateCatchEvent", "eventBasedGateway"}


@dataclass(frozen=True, slots=True)
class Place:
    """A step as a list names it; ``hours`` is its limit in working hours, 0 for none."""

    id: str
    name_vi: str
    name_en: str
    hours: float


class Way:
    """The steps and arrows of a process, with those of the processes it calls."""

    def __init__(self, xml: bytes, library: Mapping[str, bytes] | None = None) -> None:
        """Read a file; raises ``ProcessError`` and ``TooLarge`` as a picture does."""
        self.places: dict[str, Place] = {}
        self._parts: dict[str, Part] = {}
        self._into: dict[str, list[tuple[str, str]]] = {}
        for found, panel in sheets_of(xml, library):
            for key, part in found.parts.items():
                self._parts.setdefault(panel.prefix + key, part)
            for link in found.links.values():
                arrow = (panel.prefix + link.id, panel.prefix + link.source)
                arrows = self._into.setdefault(panel.prefix + link.target, [])
                if link.kind == "sequence" and arrow not in arrows:
                    arrows.append(arrow)
            # From left to right, as one reads the picture.
            for shape in sorted(panel.shapes.values(), key=lambda s: (s.box.x, s.box.y)):
                self._list(panel.prefix, shape.part)

    def _list(self, prefix: str, part: Part) -> None:
        waits = part.event in _CATCHING and part.tag == "intermediateCatchEvent"
        if part.tag in ACTIVITIES or waits:
            key = prefix + part.id
            name = part.name_vi or part.id
            self.places[key] = Place(key, name, part.name_en or name, part.hours)

    def is_place(self, key: str) -> bool:
        """Return whether a case can be at an element: what only watches beside the way is none."""
        part = self._parts.get(key)
        return part is not None and part.tag not in ("boundaryEvent", "startEvent")

    def taken(self, records: Iterable[tuple[str, str]]) -> set[str]:
        """Return the steps and arrows that a case took.

        ``records`` are (kind, step) in order, of the kinds ``entered`` and ``completed``.
        """
        taken: set[str] = set()
        just: set[str] = set()
        ever: set[str] = set()
        for kind, node in records:
            if kind == "completed":
                just = {node}
                ever.add(node)
            elif kind == "entered":
                taken.add(node)
                taken.update(self._arrow(node, just, ever))
                if self._passes(node):
                    just.add(node)
                    ever.add(node)
        return taken

    def _passes(self, node: str) -> bool:
        part = self._parts.get(node)
        return part is not None and part.tag not in _WAITING

    def _arrow(self, node: str, just: Collection[str], ever: Collection[str]) -> list[str]:
        """Return the arrow by which a step was entered, or none where several may be it."""
        for left in (just, ever):
            possible = [arrow for arrow, source in self._into.get(node, ()) if source in left]
            if possible:
                return possible if len(possible) == 1 else []
        left_to_guess = self._into.get(node, ())
        return [left_to_guess[0][0]] if len(left_to_guess) == 1 else []
