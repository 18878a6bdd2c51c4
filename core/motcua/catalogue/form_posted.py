"""What an HTML form sends, as raw answers: ``children.0.name=An`` becomes ``{"children": [{"name": "An"}]}``.

The name of an input is the path of its question. An address posts ``.unit``, ``.area`` and ``.text``; a row
that stands on the page posts its own path (``children.0``) too, since a box that is not ticked sends
nothing. Only the rows that stand on the page are replaced, the others stay as they were. Names of the page
frame begin with an underscore. Files and what is computed are never taken from here.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from motcua.catalogue.form_fields import REPEATED, Field, leaves
from motcua.catalogue.form_walk import Walk

Posted = Mapping[str, Sequence[str]]
Raw = dict[str, Any]
LONGEST = 8000
_BOXES = frozenset({"checkbox", "declaration", "multichoice"})
_PARTS = ("unit", "area", "text")


class Taking:
    """Takes what was posted for some questions; ``names`` are those that belonged to a question.

    With ``whole`` a question that was not posted at all is emptied; else it stays as it was.
    """

    def __init__(self, posted: Posted, *, declarations: bool = True, whole: bool = False) -> None:
        self.posted, self.declarations, self.whole = posted, declarations, whole
        self.names: set[str] = set()

    def into(self, fields: Iterable[Field], raw: Raw, prefix: str = "") -> None:
        """Put what came for these questions into ``raw``."""
        for field in leaves(fields):
            path = prefix + field.key
            if field.kind in REPEATED:
                self._rows(field, raw, path)
            elif field.kind == "representative":
                inside = dict(raw[field.key]) if isinstance(raw.get(field.key), Mapping) else {}
                self.into(field.parts(), inside, f"{path}.")
                raw[field.key] = inside
            elif field.kind == "attachment":
                self.names.add(path)
            elif not field.computed and (self.declarations or field.kind != "declaration"):
                self._leaf(field, raw, path)

    def strange(self) -> list[str]:
        """Return the names that neither a question nor the frame has."""
        return [n for n in self.posted if n not in self.names and not n.startswith("_")]

    def _leaf(self, field: Field, raw: Raw, path: str) -> None:
        if self.whole:
            raw.pop(field.key, None)
        if field.kind == "address2":
            texts = {part: self._texts(f"{path}.{part}") for part in _PARTS}
            if any(texts.values()):
                raw[field.key] = {part: found[0] if found else "" for part, found in texts.items()}
            return
        texts_here = self._texts(path)
        if field.kind == "multichoice":
            raw[field.key] = texts_here
        elif texts_here or field.kind in _BOXES:
            raw[field.key] = texts_here[0] if texts_here else ""

    def _rows(self, field: Field, raw: Raw, path: str) -> None:
        standing = raw.get(field.key)
        rows = [dict(r) for r in standing if isinstance(r, Mapping)] if standing else []
        place = re.compile(re.escape(path) + r"\.([0-9]{1,4})(?:\..*)?")
        numbers = {int(found[1]) for name in self.posted if (found := place.fullmatch(name))}
        for number in sorted(numbers):
            if number >= field.most:
                continue
            rows += [{} for _ in range(number + 1 - len(rows))]
            self.names.add(f"{path}.{number}")
            self.into(field.parts(), rows[number], f"{path}.{number}.")
        raw[field.key] = rows

    def _texts(self, name: str) -> list[str]:
        self.names.add(name)
        return [text[:LONGEST] for text in self.posted.get(name, ())]


def known_only(fields: Iterable[Field], raw: Mapping[str, Any], files: Collection[str]) -> Raw:
    """Return stored raw answers as far as this version of a form asks them, and these files are there."""
    found: Raw = {}
    for field in leaves(fields):
        if (value := raw.get(field.key)) is None:
            continue
        if field.kind in REPEATED:
            rows = value if isinstance(value, list) else []
            parts = field.parts()
            value = [known_only(parts, row, files) for row in rows if isinstance(row, Mapping)]
        elif field.kind == "representative":
            value = known_only(field.parts(), value, files) if isinstance(value, Mapping) else {}
        elif field.kind == "attachment":
            value = [i for i in value if i in files] if isinstance(value, list) else []
        found[field.key] = value
    return found


def add_row(field: Field, raw: Raw) -> int:
    """Append an empty row; returns its number, or that of the last one when there is no room."""
    rows = list(raw.get(field.key) or [])
    if len(rows) < field.most:
        rows += [{} for _ in range(max(1, field.least - len(rows)))]
    raw[field.key] = rows
    return len(rows) - 1


def drop_row(field: Field, raw: Raw, number: int) -> None:
    """Take one row out; the others keep their order."""
    rows = raw.get(field.key) or []
    raw[field.key] = [row for n, row in enumerate(rows) if n != number]


def place_of(text: str) -> tuple[str, int]:
    """Read ``children.3`` from a button as the key of the rows and a number; ``("", 0)`` for anything else."""
    found = re.fullmatch(r"([a-z][a-z0-9_]{0,39})\.([0-9]{1,4})(?:\..*)?", text)
    return (found[1], int(found[2])) if found else ("", 0)


def holder(raw: Raw, path: str) -> tuple[Raw, str] | None:
    """Return the mapping that holds a path and the last key: of ``children.0.proof`` the first row."""
    here: Any = raw
    *way, last = path.split(".")
    for name in way:
        if isinstance(here, list):
            here = here[int(name)] if name.isdecimal() and int(name) < len(here) else None
        else:
            here = here.get(name) if isinstance(here, dict) else None
    return (here, last) if isinstance(here, dict) else None


def name_communes(walk: Walk, raw: Raw) -> None:
    """Keep communes with their names: what reads a draft later need not know the list of them."""
    for item in walk.items():
        place = holder(raw, item.path) if item.field.kind == "address2" else None
        if place and item.value is not None:
            place[0][place[1]] = item.value
