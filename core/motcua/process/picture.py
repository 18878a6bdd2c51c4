"""The picture of a process as SVG: for any BPMN file, with a case's place and way where there is one.

Example::

    svg(xml, current={"sign"}, taken={"start", "appraise", "flow-1"}, overdue={"sign"})

From the file's own diagram; laid out (``layout``) where it has none. ``with_diagram`` puts the layout
into the file, so that modellers open it. Staff see this; citizens see a plain timeline.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.geometry import Box
from motcua.process.picture_icons import CHECK
from motcua.process.picture_labels import place_labels
from motcua.process.picture_lines import draw_line, draw_name_of_line
from motcua.process.picture_model import GATEWAYS, SCOPES, Model
from motcua.process.picture_panel import Line, Panel, Shape
from motcua.process.picture_pen import SVG, Pen, number
from motcua.process.picture_shapes import draw_shape
from motcua.process.picture_sheets import sheets_of, title_of
from motcua.process.picture_style import (
    BAD,
    BRAND,
    FONT,
    INK,
    LINE,
    PAPER,
    SOFT,
    look,
    style_sheet,
)  # fmt: skip
from motcua.process.picture_text import fitted, width
from motcua.process.picture_write import with_diagram

__all__ = ["svg", "with_diagram"]

_MARGIN, _APART, _TITLE, _LEGEND = 24.0, 36.0, 30.0, 40.0
_LAYERS = ("participant", "lane", "group")
_HERE, _LATE = ("Đang ở đây", "Now here"), ("Quá hạn", "Overdue")
_DONE, _BOTH = ("Đã qua", "Done"), ("Đang ở đây · quá hạn", "Now here · overdue")


@dataclass(frozen=True, slots=True)
class _Marks:
    now: frozenset[str]
    done: frozenset[str]
    late: frozenset[str]
    lang: str

    def say(self, words: tuple[str, str]) -> str:
        return words[self.lang == "en"]


def svg(
    xml: bytes,
    *,
    current: Collection[str] = (),
    taken: Collection[str] = (),
    overdue: Collection[str] = (),
    lang: str = "vi",
    library: Mapping[str, bytes] | None = None,
    page: bool = False,
) -> str:
    """Return the picture of a BPMN file; marks are ids of steps, ``taken`` also of arrows.

    ``library`` holds called processes by "key@version": they are drawn below, their ids are
    "callId/innerId". ``page`` leaves out the style sheet for dark screens and the ground, for an SVG
    inside a page. Raises ``ProcessError`` for what is not BPMN, ``TooLarge`` beyond 1 MB or 1,500
    elements.
    """
    sheets = sheets_of(xml, library)
    marks = _Marks(frozenset(_with_callers(current)), frozenset(taken), frozenset(overdue), lang)
    for _, panel in sheets:
        place_labels(panel, lang)
    return _Sheet(sheets, marks, title_of(sheets[0][0])).drawn(page=page)


def _with_callers(ids: Collection[str]) -> Iterator[str]:
    """Return ids with the call activities that they lie in: "a/b" lies in "a"."""
    for each in ids:
        parts = each.split("/")
        yield from ("/".join(parts[: n + 1]) for n in range(len(parts)))


class _Sheet:
    """All panels below each other, with the legend."""

    def __init__(self, sheets: list[tuple[Model, Panel]], marks: _Marks, title: str) -> None:
        self.sheets, self.marks, self.title = sheets, marks, title
        self.marked: dict[str, list[str]] = {"now": [], "done": [], "late": []}

    def drawn(self, *, page: bool) -> str:
        root = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})
        pen = Pen(root)
        pen.add("title", self.title)
        described = pen.add("desc")
        if not page:
            pen.add("style", style_sheet())
        ground = pen.add("rect", class_="paper", fill=PAPER) if not page else None
        wide, high = self._panels(pen)
        if any(self.marked.values()):
            wide = max(wide, self._legend(pen, high))
            high += _LEGEND
        described.text = self._description()
        values = {
            "viewBox": f"0 0 {number(wide)} {number(high)}", "width": number(wide),
            "height": number(high), "role": "img", "font-family": FONT, "lang": self.marks.lang,
        }  # fmt: skip
        for name, value in values.items():
            root.set(name, value)
        if ground is not None:
            ground.set("width", number(wide))
            ground.set("height", number(high))
        return str(etree.tostring(root, encoding="unicode"))

    def _panels(self, pen: Pen) -> tuple[float, float]:
        wide, y = 320.0, 0.0
        for n, (found, panel) in enumerate(self.sheets):
            bounds = panel.bounds()
            if n:
                y += _APART - _MARGIN
                text = fitted(panel.title or panel.owner, 600, 18, sizes=(13,), bold=True)
                pen.text(text, _MARGIN, y + 6, "start", class_="ink", fill=INK)
                y += _TITLE
            # Room for the badges over the uppermost boxes.
            dx, dy = _MARGIN - bounds.x, y + _MARGIN - bounds.y
            moved = pen.inside(transform=f"translate({number(dx)} {number(dy)})")
            self._panel(moved, found, panel)
            wide = max(wide, bounds.width + 2 * _MARGIN)
            y += bounds.height + 2 * _MARGIN
        return wide, y

    def _panel(self, pen: Pen, found: Model, panel: Panel) -> None:
        closed = self._closed(found, panel)
        shapes = sorted(panel.shapes.values(), key=_depth)
        ground = [s for s in shapes if _container(s)]
        for shape in ground:
            self._shape(pen, panel, shape, closed)
        # The way taken lies over arrows that share a piece with it.
        for line in sorted(
            panel.lines.values(), key=lambda each: panel.prefix + each.link.id in self.marks.done
        ):
            self._line(pen, panel, line)
        front = [s for s in shapes if not _container(s)]
        for shape in sorted(front, key=lambda s: bool(s.part.attached)):
            self._shape(pen, panel, shape, closed)
        for line in panel.lines.values():
            draw_name_of_line(pen, line)
        for shape in shapes:
            self._badges(pen, panel.prefix + shape.part.id, shape, closed)

    def _closed(self, found: Model, panel: Panel) -> set[str]:
        """Return the closed sub-processes in which the case is."""
        inside = {
            scope
            for key in found.parts
            if panel.prefix + key in self.marks.now
            for scope in found.scopes_of(key)
        }
        return {
            panel.prefix + s for s in inside if s in panel.shapes and not panel.shapes[s].expanded
        }

    def _state(self, key: str, closed: set[str]) -> tuple[bool, bool, bool]:
        now = key in self.marks.now or key in closed
        return now, key in self.marks.done, key in self.marks.late

    def _shape(self, pen: Pen, panel: Panel, shape: Shape, closed: set[str]) -> None:
        key = panel.prefix + shape.part.id
        now, done, late = self._state(key, closed)
        how = look(now=now, done=done, late=late)
        group = pen.inside(class_=how.name, data_node=key)
        name = shape.part.name(self.marks.lang)
        said = [
            self.marks.say(w) for w, is_so in ((_HERE, now), (_DONE, done), (_LATE, late)) if is_so
        ]
        for state, is_so in (("now", now), ("done", done and not now), ("late", late)):
            if is_so and name:
                self.marked[state].append(name)
        if name or said:
            group.add("title", f"{name} ({', '.join(said)})" if said else name)
        draw_shape(group, shape, how, self.marks.lang)

    def _line(self, pen: Pen, panel: Panel, line: Line) -> None:
        key = panel.prefix + line.link.id
        taken = key in self.marks.done
        group = pen.inside(class_="taken" if taken else "", data_flow=key)
        source = panel.shapes.get(line.link.source)
        if line.link.name:
            group.add("title", line.link.name)
        draw_line(
            group, line, BRAND if taken else LINE, 3.0 if taken else 1.5,
            from_gateway=source is not None and source.part.tag in GATEWAYS,
        )  # fmt: skip

    def _badges(self, pen: Pen, key: str, shape: Shape, closed: set[str]) -> None:
        """Draw the second sign of a mark: words for what is now or late, a tick for what is done."""
        now, done, late = self._state(key, closed)
        if not (now or done or late) or shape.part.tag in _LAYERS:
            return
        if now or late:
            words = _BOTH if now and late else (_HERE if now else _LATE)
            _pill(pen, shape.box, self.marks.say(words), bad=late)
        else:
            box = shape.box
            turn = 6.0 if shape.part.tag in GATEWAYS else (3.0 if box.width <= 40 else 0.0)
            _tick(pen, box.right - turn, box.y + turn)

    def _legend(self, pen: Pen, y: float) -> float:
        x = _MARGIN
        group = pen.inside(class_="legend")
        for state, words in (("now", _HERE), ("done", _DONE), ("late", _LATE)):
            if not self.marked[state]:
                continue
            how = look(now=state == "now", done=state == "done", late=state == "late")
            sample = group.inside(class_=how.name)
            sample.rect(
                Box(x, y + 6, 22, 16), class_="box", rx=4, fill=how.fill, stroke=how.stroke,
                stroke_width=2, stroke_dasharray=how.dash and "5 3",
            )  # fmt: skip
            text = fitted(self.marks.say(words), 200, 20, sizes=(12,))
            group.text(text, x + 30, y + 6, "start", class_="soft", fill=SOFT)
            x += 30 + text.width + 24
        return x

    def _description(self) -> str:
        vi = self.marks.lang != "en"
        words = {"now": "Đang ở", "done": "Đã qua", "late": "Quá hạn"}
        if not vi:
            words = {"now": "Now at", "done": "Done", "late": "Overdue"}
        said = [
            f"{words[s]}: {', '.join(dict.fromkeys(names))}."
            for s, names in self.marked.items()
            if names
        ]
        whole = (
            f"Sơ đồ quy trình: {self.title}." if vi else f"Diagram of the process: {self.title}."
        )
        return " ".join([whole, *said])


def _container(shape: Shape) -> bool:
    """Whether a shape lies under what stands in it: pools, open sub-processes, nameless boxes."""
    part = shape.part
    nameless = part.tag == "unknown" and not part.name_vi
    return part.tag in _LAYERS or nameless or (part.tag in SCOPES and shape.expanded)


def _depth(shape: Shape) -> tuple[int, float]:
    """Put pools before lanes before groups, and large sub-processes before those inside them."""
    tag = shape.part.tag
    return (_LAYERS.index(tag) if tag in _LAYERS else 3), -shape.box.width * shape.box.height


def _pill(pen: Pen, box: Box, words: str, *, bad: bool) -> None:
    """Draw words on a ground over the upper side of a box."""
    size = 11.0
    wide = width(words, size, bold=True) + 18
    x = box.x - 2 if box.width >= wide else box.cx - wide / 2
    place = Box(x, box.y - 22, wide, 19)
    colour = BAD if bad else BRAND
    badge = pen.inside(class_="badge bad" if bad else "badge", fill=colour)
    badge.rect(place, rx=9.5, stroke=PAPER, stroke_width=1.5)
    badge.text(
        fitted(words, wide, 19, sizes=(size,), bold=True), place.cx, place.y + 2.4, fill=PAPER
    )


def _tick(pen: Pen, x: float, y: float) -> None:
    badge = pen.inside(class_="badge", fill=BRAND)
    badge.add("circle", cx=x, cy=y, r=8, stroke=PAPER, stroke_width=1.5)
    badge.path(
        CHECK, (x, y), 1, fill="none", stroke=PAPER, stroke_width=1.8, stroke_linecap="round",
        stroke_linejoin="round",
    )  # fmt: skip
