"""Draws the elements of BPMN (2.0.2 chapters 7, 10 and 11; shapes of annex B)."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from motcua.process.geometry import Box
from motcua.process.layout_sizes import outside
from motcua.process.picture_icons import (
    ARROW,
    DARK_TASKS,
    ENVELOPE,
    EVENTS,
    FILLED_MARKERS,
    GATEWAYS,
    MARKERS,
    TASKS,
)
from motcua.process.picture_labels import NAMED_OUTSIDE
from motcua.process.picture_model import ACTIVITIES, DATA, SCOPES, TALKS
from motcua.process.picture_model import EVENTS as EVENT_TAGS
from motcua.process.picture_model import GATEWAYS as GATEWAY_TAGS
from motcua.process.picture_panel import Shape
from motcua.process.picture_pen import HALO, Pen
from motcua.process.picture_style import BAND, FAINT, INK, LINE, PAPER, SOFT, Look
from motcua.process.picture_text import fitted


def draw_shape(pen: Pen, shape: Shape, look: Look, lang: str) -> bool:
    """Draw an element with its name; returns whether the name had to be shortened."""
    tag = shape.part.tag
    if tag in ("participant", "lane"):
        return _band(pen, shape, look, lang)
    if tag in ACTIVITIES or tag == "unknown":
        return _activity(pen, shape, look, lang)
    _SIMPLE[tag](pen, shape, look)
    if tag in ("textAnnotation", "group"):
        text = fitted(shape.part.name(lang), shape.box.width - 14, shape.box.height, sizes=(11, 10))
        pen.text(text, shape.box.x + 8, shape.box.y + 2, "start", class_="ink", fill=INK)
        return text.shortened
    return tag in NAMED_OUTSIDE and _label(pen, shape, lang)


def _label(pen: Pen, shape: Shape, lang: str) -> bool:
    name = shape.part.name(lang)
    if not name or shape.label is None:
        return False
    text = outside(name, shape.label)
    pen.text(text, shape.label.cx, shape.label.y, class_="ink halo", fill=INK, **HALO)
    return text.shortened


def _band(pen: Pen, shape: Shape, look: Look, lang: str) -> bool:
    """Draw a pool or a lane: its name upright at the left, or above where it runs downwards."""
    box, pool = shape.box, shape.part.tag == "participant"
    pen.rect(box, class_="band", fill=PAPER if pool else "none", stroke=LINE if pool else FAINT)
    if shape.part.many and pool:
        _sign(pen, MARKERS["parallel"], box.cx, box.bottom - 9, look, "none", 1)
    empty = pool and not shape.expanded
    strip = min(28.0, box.width / 3, box.height)
    bold = {"bold": True} if pool else {}
    if empty or shape.upright:
        head = box if empty else Box(box.x, box.y, box.width, strip)
        text = fitted(shape.part.name(lang), head.width - 16, head.height, sizes=(12, 11), **bold)
        pen.text(text, head.cx, head.cy - text.height / 2, class_="ink", fill=INK)
        return text.shortened
    head = Box(box.x, box.y, strip, box.height)
    pen.rect(head, class_="strip", fill=BAND, stroke=LINE if pool else FAINT)
    text = fitted(shape.part.name(lang), box.height - 12, strip - 2, sizes=(12, 11, 10), **bold)
    turned = pen.inside(transform=f"translate({head.cx:.1f} {head.cy:.1f}) rotate(-90)")
    turned.text(text, 0, -text.height / 2, class_="ink", fill=INK)
    return text.shortened


def _activity(pen: Pen, shape: Shape, look: Look, lang: str) -> bool:
    part, box = shape.part, shape.box
    wide_open = shape.expanded and part.tag in SCOPES
    weight = look.weight + (2 if part.tag in ("callActivity", "callChoreography") else 0)
    dash = "2 4" if part.triggered else look.dash
    corner = 0 if part.tag == "unknown" else 10
    fill = PAPER if wide_open and look.name == "todo" else look.fill
    if part.tag == "unknown" and not part.name_vi:
        fill = "none"
    pen.rect(
        box, class_="box", rx=corner, fill=fill, stroke=look.stroke, stroke_width=weight,
        stroke_dasharray=dash, fill_opacity=0.55 if wide_open and look.name != "todo" else "",
    )  # fmt: skip
    if part.tag == "transaction":
        pen.rect(box.grown(-4), class_="box", rx=7, fill="none", stroke=look.stroke)
    sign = _task(part.tag, part.variant)
    if sign in TASKS:
        dark = look.ink if sign in DARK_TASKS else "none"
        _sign(pen, TASKS[sign], box.x + 15, box.y + 15, look, dark, 0.86)
    if part.bands:
        _participants(pen, shape, look)
    if part.triggered and part.event and not wide_open:
        small = Shape(replace(part, tag="startEvent"), Box(box.x + 6, box.y + 6, 22, 22))
        _event(pen, small, replace(look, weight=1.2))
    _markers(pen, shape, look, wide_open)
    return _name(pen, shape, look, lang, wide_open)


def _name(pen: Pen, shape: Shape, look: Look, lang: str, wide_open: bool) -> bool:
    part, box = shape.part, shape.box
    ink = INK if wide_open else look.ink
    if wide_open:
        text = fitted(part.name(lang), box.width - 40, 18, sizes=(12, 11), bold=True)
        pen.text(text, box.x + 14, box.y + 6, "start", class_="ink", fill=ink)
        return text.shortened
    if part.bands:
        high = _band_height(shape)
        begin = box.y + high * ((len(part.bands) + 1) // 2)
        end = box.bottom - high * (len(part.bands) // 2)
        box = Box(box.x, begin, box.width, max(end - begin, 12))
    # The sign of the task is in the upper left corner: lines beside it must be short, or lower.
    foot = 16.0 if _marks(shape) else 0.0
    text = fitted(part.name(lang), box.width - 14, box.height - 10 - foot)
    signed = _task(part.tag, part.variant) in TASKS
    if signed and text.height + foot > box.height - 46:
        lower = fitted(part.name(lang), box.width - 14, box.height - 28 - foot)
        text = lower if not lower.shortened or text.shortened else text
    top = box.y + (box.height - foot - text.height) / 2
    if signed and top < box.y + 24 and text.height <= box.height - 26 - foot:
        top = box.y + 24
    pen.text(text, box.cx, top, class_="ink", fill=ink)
    return text.shortened


def _marks(shape: Shape) -> list[str]:
    part = shape.part
    found = [part.repeat] if part.repeat else []
    if part.compensation:
        found.append("compensation")
    if part.tag == "adHocSubProcess":
        found.append("adHoc")
    calls = part.tag in ("callActivity", "callChoreography") and not part.variant
    if not shape.expanded and (part.tag in SCOPES or calls):
        found.append("closed")
    return found


def _markers(pen: Pen, shape: Shape, look: Look, wide_open: bool) -> None:
    marks = _marks(shape)
    ink = Look("", "", "", INK, 1) if wide_open else look
    for n, mark in enumerate(marks):
        x = shape.box.cx + (n - (len(marks) - 1) / 2) * 17
        dark = ink.ink if mark in FILLED_MARKERS else "none"
        low = shape.box.bottom - 10 - _band_height(shape) * (len(shape.part.bands) // 2)
        _sign(pen, MARKERS[mark], x, low, ink, dark, 1)


def _task(tag: str, variant: str) -> str:
    """Return the kind of task whose sign an activity shows; one that calls a global task its."""
    name = variant.removeprefix("global")
    return name[0].lower() + name[1:] if tag == "callActivity" and name else tag


def _band_height(shape: Shape) -> float:
    return min(20.0, shape.box.height / (len(shape.part.bands) + 2))


def _participants(pen: Pen, shape: Shape, look: Look) -> None:
    """Draw the bands of a choreography activity: who begins on white, the others shaded."""
    box, bands, high = shape.box, shape.part.bands, _band_height(shape)
    upper = (len(bands) + 1) // 2
    for n, (name, begins) in enumerate(bands):
        y = box.y + n * high if n < upper else box.bottom - (len(bands) - n) * high
        band = Box(box.x, y, box.width, high)
        pen.add(
            "path", class_="box" if begins else "strip",
            d=_rounded(band, top=n == 0, bottom=n == len(bands) - 1),
            fill=PAPER if begins else BAND, stroke=look.stroke,
        )  # fmt: skip
        text = fitted(name, band.width - 10, band.height, sizes=(11, 10))
        pen.text(text, band.cx, band.cy - text.height / 2, class_="ink", fill=INK)


def _rounded(box: Box, *, top: bool, bottom: bool) -> str:
    """Return a rectangle of which the upper or the lower corners are round."""
    a, b = (10.0 if top else 0.0), (10.0 if bottom else 0.0)
    return (
        f"M{box.x:.1f} {box.y + a:.1f}a{a:g} {a:g} 0 0 1 {a:g} {-a:g}H{box.right - a:.1f}"
        f"a{a:g} {a:g} 0 0 1 {a:g} {a:g}V{box.bottom - b:.1f}a{b:g} {b:g} 0 0 1 {-b:g} {b:g}"
        f"H{box.x + b:.1f}a{b:g} {b:g} 0 0 1 {-b:g} {-b:g}z"
    )


def _sign(pen: Pen, path: str, x: float, y: float, look: Look, dark: str, scale: float) -> None:
    ink = SOFT if look.name == "todo" else look.ink
    fill = ink if dark != "none" else "none"
    pen.path(
        path, (x, y), scale, class_="dark" if dark != "none" else "sign", fill=fill,
        stroke=ink, stroke_width=1.3, stroke_linejoin="round",
        stroke_linecap="round",
    )  # fmt: skip


def _event(pen: Pen, shape: Shape, look: Look) -> None:
    part, box = shape.part, shape.box
    radius = min(box.width, box.height) / 2
    ending = part.tag == "endEvent"
    dash = "" if part.interrupting or part.tag in ("endEvent", "intermediateThrowEvent") else "4 3"
    pen.add(
        "circle", class_="box", cx=box.cx, cy=box.cy, r=radius, fill=look.fill, stroke=look.stroke,
        stroke_width=look.weight + (2 if ending else 0), stroke_dasharray=dash or look.dash,
    )  # fmt: skip
    if part.tag not in ("startEvent", "endEvent"):
        pen.add(
            "circle", class_="box", cx=box.cx, cy=box.cy, r=max(1, radius - 3.5), fill="none",
            stroke=look.stroke if look.name != "now" else look.ink, stroke_width=1.2,
            stroke_dasharray=dash,
        )  # fmt: skip
    scale = radius / 18
    if part.event == "terminate":
        pen.add("circle", class_="dark", cx=box.cx, cy=box.cy, r=radius * 0.55, fill=look.ink)
    elif part.event in EVENTS:
        throws = ending or part.tag == "intermediateThrowEvent"
        _event_sign(pen, EVENTS[part.event], shape, look, throws, scale)


def _event_sign(pen: Pen, path: str, shape: Shape, look: Look, throws: bool, scale: float) -> None:
    envelope = shape.part.event == "message" and throws
    pen.path(
        path, (shape.box.cx, shape.box.cy), round(scale, 2), class_="dark" if throws else "sign",
        fill=look.ink if throws else "none", stroke=look.fill if envelope else look.ink,
        stroke_width=1.2, stroke_linejoin="round",
    )  # fmt: skip


def _gateway(pen: Pen, shape: Shape, look: Look) -> None:
    part, box = shape.part, shape.box
    diamond = (
        f"M{box.cx:.1f} {box.y:.1f}L{box.right:.1f} {box.cy:.1f}"
        f"L{box.cx:.1f} {box.bottom:.1f}L{box.x:.1f} {box.cy:.1f}z"
    )
    pen.add(
        "path", class_="box", d=diamond, fill=look.fill, stroke=look.stroke,
        stroke_width=look.weight, stroke_dasharray=look.dash, stroke_linejoin="round",
    )  # fmt: skip
    scale = round(min(box.width, box.height) / 50, 2)
    if part.tag in GATEWAYS:
        if shape.marked:
            pen.path(GATEWAYS[part.tag], (box.cx, box.cy), scale, class_="dark", fill=look.ink)
        return
    rings = {"inclusiveGateway": (11.0,), "eventBasedGateway": (15.0, 12.0)}[part.tag]
    if part.variant:
        rings = (15.0,)
    for ring in rings:
        pen.add(
            "circle", class_="sign", cx=box.cx, cy=box.cy, r=ring * scale, fill="none",
            stroke=look.ink, stroke_width=2.6 if part.tag == "inclusiveGateway" else 1.1,
        )  # fmt: skip
    if part.tag == "eventBasedGateway":
        sign = EVENTS["parallelMultiple" if part.variant == "Parallel" else "multiple"]
        _event_sign(pen, sign, shape, look, False, scale * 0.85)


def _data(pen: Pen, shape: Shape, look: Look) -> None:
    box, fold = shape.box, min(12.0, shape.box.width / 3)
    page = (
        f"M{box.x:.1f} {box.y:.1f}H{box.right - fold:.1f}l{fold:.1f} {fold:.1f}V{box.bottom:.1f}"
        f"H{box.x:.1f}zM{box.right - fold:.1f} {box.y:.1f}v{fold:.1f}h{fold:.1f}"
    )
    pen.add("path", class_="box", d=page, fill=look.fill, stroke=look.stroke, stroke_width=1.3)
    if shape.part.many:
        _sign(pen, MARKERS["parallel"], box.cx, box.bottom - 9, look, "none", 0.8)
    if shape.part.tag in ("dataInput", "dataOutput"):
        dark = "none" if shape.part.tag == "dataInput" else look.ink
        _sign(pen, ARROW, box.x + 10, box.y + 9, look, dark, 0.9)


def _message(pen: Pen, shape: Shape, look: Look) -> None:
    scale = min(shape.box.width / 18, shape.box.height / 12)
    _sign(pen, ENVELOPE, shape.box.cx, shape.box.cy, look, "none", round(scale, 2))


def _talk(pen: Pen, shape: Shape, look: Look) -> None:
    """Draw a conversation: a hexagon, thick where it calls another, with a plus where it is closed."""
    box, part = shape.box, shape.part
    edge = min(box.width / 4, box.height / 2)
    hexagon = (
        f"M{box.x:.1f} {box.cy:.1f}L{box.x + edge:.1f} {box.y:.1f}H{box.right - edge:.1f}"
        f"L{box.right:.1f} {box.cy:.1f}L{box.right - edge:.1f} {box.bottom:.1f}"
        f"H{box.x + edge:.1f}z"
    )
    pen.add(
        "path", class_="box", d=hexagon, fill=look.fill, stroke=look.stroke,
        stroke_width=look.weight + (2 if part.tag == "callConversation" else 0),
        stroke_linejoin="round",
    )  # fmt: skip
    if part.tag == "subConversation":
        _sign(pen, MARKERS["closed"], box.cx, box.bottom - 9, look, "none", 0.9)


def _store(pen: Pen, shape: Shape, look: Look) -> None:
    box, flat = shape.box, min(7.0, shape.box.height / 5)
    half = f"{box.width / 2:.1f} {flat:.1f}"
    drum = (
        f"M{box.x:.1f} {box.y + flat:.1f}a{half} 0 0 1 {box.width:.1f} 0V{box.bottom - flat:.1f}"
        f"a{half} 0 0 1 {-box.width:.1f} 0zM{box.x:.1f} {box.y + flat:.1f}a{half} 0 0 0 {box.width:.1f} 0"
    )
    pen.add("path", class_="box", d=drum, fill=look.fill, stroke=look.stroke, stroke_width=1.3)


def _annotation(pen: Pen, shape: Shape, look: Look) -> None:
    box = shape.box
    left = f"M{box.x + 12:.1f} {box.y:.1f}H{box.x:.1f}V{box.bottom:.1f}H{box.x + 12:.1f}"
    pen.add("path", class_="flow", d=left, fill="none", stroke=LINE, stroke_width=1.3)


def _group(pen: Pen, shape: Shape, look: Look) -> None:
    pen.rect(shape.box, class_="flow", rx=8, fill="none", stroke=LINE, stroke_dasharray="10 4 2 4")


_SIMPLE: Mapping[str, Callable[[Pen, Shape, Look], None]] = {
    **dict.fromkeys(EVENT_TAGS, _event),
    **dict.fromkeys(GATEWAY_TAGS, _gateway),
    **dict.fromkeys(DATA, _data),
    "dataStoreReference": _store,
    "dataStore": _store,
    "message": _message,
    **dict.fromkeys(TALKS, _talk),
    "textAnnotation": _annotation,
    "group": _group,
}
