import time
from itertools import combinations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.process.geometry import Box, Point, cuts, segments
from motcua.process.layout import laid_out
from motcua.process.picture_panel import Panel
from motcua.process.picture_read import model
from motcua.process.xmlfile import parse

from .picture_samples import LAND, POOLS, simple

TAGS = ("userTask", "exclusiveGateway", "parallelGateway", "endEvent", "intermediateCatchEvent")


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Any graph at all: loops, loose ends, loops on one node, lanes, boundary events."""
    count = draw(st.integers(1, 12))
    node = st.integers(0, count - 1)
    tags = draw(st.lists(st.sampled_from(TAGS), min_size=count, max_size=count))
    body = "".join(f'<{tag} id="n{n}" name="{"bước " * (n % 7)}"/>' for n, tag in enumerate(tags))
    watched = draw(st.lists(node, max_size=3))
    watched = [n for n in watched if tags[n] == "userTask"]
    for number, host in enumerate(watched):
        body += f'<boundaryEvent id="b{number}" name="Quá hạn" attachedToRef="n{host}"/>'
    ends = [f"n{n}" for n in range(count)]
    sources = st.sampled_from(ends + [f"b{n}" for n in range(len(watched))])
    arrows = draw(st.lists(st.tuples(sources, st.sampled_from(ends)), max_size=2 * count))
    for number, (source, target) in enumerate(arrows):
        name = "Có" * (number % 4)
        body += f'<sequenceFlow id="f{number}" name="{name}" sourceRef="{source}" targetRef="{target}"/>'
    if lanes := draw(st.integers(0, 3)):
        inside = [
            [f"<flowNodeRef>n{n}</flowNodeRef>" for n in range(i, count, lanes)]
            for i in range(lanes)
        ]
        rows = "".join(f'<lane id="l{i}">{"".join(refs)}</lane>' for i, refs in enumerate(inside))
        body = f"<laneSet>{rows}</laneSet>{body}"
    return simple(body)


def _panel(xml: bytes) -> Panel:
    return laid_out(model(parse(xml)))


def _nodes(panel: Panel) -> dict[str, Box]:
    return {k: s.box for k, s in panel.shapes.items() if s.part.tag not in ("lane", "participant")}


def _siblings_are_apart(panel: Panel) -> None:
    for (a, first), (b, second) in combinations(_nodes(panel).items(), 2):
        one, other = panel.shapes[a].part, panel.shapes[b].part
        if one.parent == other.parent and a != other.attached and b != one.attached:
            assert first.overlap(second) == 0, (a, b)


def _touches(point: Point, box: Box) -> bool:
    here = Box(*point, 0, 0)
    return box.grown(0.6).holds(here) and not box.grown(-0.6).holds(here)


@given(files())
@settings(max_examples=120, deadline=None)
def test_whatever_is_drawn_boxes_are_apart_and_arrows_are_orthogonal_attached_and_free(
    xml: bytes,
) -> None:
    panel = _panel(xml)
    boxes = _nodes(panel)
    _siblings_are_apart(panel)
    assert panel.lines.keys() == {f"f{n}" for n in range(len(panel.lines))}
    for key, line in panel.lines.items():
        source = panel.shapes[line.link.source]
        assert _touches(line.points[0], source.box), key
        assert _touches(line.points[-1], boxes[line.link.target]), key
        near = {line.link.source, line.link.target, source.part.attached}
        for a, b in segments(line.points):
            assert abs(a[0] - b[0]) < 0.01 or abs(a[1] - b[1]) < 0.01, key
            for other, box in boxes.items():
                if other not in near and panel.shapes[other].part.attached not in near:
                    assert not cuts(box.grown(-0.5), a, b), (key, other)


@given(files())
@settings(max_examples=40, deadline=None)
def test_lanes_hold_their_steps(xml: bytes) -> None:
    panel = _panel(xml)
    for key, shape in panel.shapes.items():
        if shape.part.lane:
            lane = panel.shapes[shape.part.lane].box
            assert lane.y <= shape.box.y, key
            assert shape.box.bottom <= lane.bottom, key


def test_a_hand_written_process_is_laid_out_readably() -> None:
    for xml in (LAND, POOLS):
        panel = _panel(xml)
        _siblings_are_apart(panel)
        for shape in panel.shapes.values():
            if shape.part.parent in panel.shapes:
                assert panel.shapes[shape.part.parent].box.holds(shape.box), (
                    "inside its sub-process"
                )
            if shape.part.attached:
                host = panel.shapes[shape.part.attached].box
                assert shape.box.cy == host.bottom, "on the edge of its activity"


def test_the_straight_way_is_one_line_and_what_only_leads_back_stands_under_it() -> None:
    body = '<startEvent id="a"/><userTask id="b"/><exclusiveGateway id="g"/><userTask id="c"/>'
    body += '<receiveTask id="back"/><endEvent id="e"/>'
    ways = ["ab", "bg", "g-back", "back-b", "gc", "ce"]
    for number, way in enumerate(ways):
        source, target = way.split("-") if "-" in way else (way[0], way[1])
        body += f'<sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}"/>'
    boxes = _nodes(_panel(simple(body)))
    assert len({boxes[n].cy for n in "abgce"}) == 1
    assert [boxes[n].cx for n in "abgce"] == sorted(boxes[n].cx for n in "abgce")
    assert boxes["back"].cx == boxes["g"].cx
    assert boxes["back"].y > boxes["g"].bottom


def test_two_hundred_steps_take_less_than_a_second() -> None:
    rng = Random(200)
    body = "".join(f'<userTask id="n{n}" name="Thẩm định hồ sơ {n}"/>' for n in range(200))
    for number in range(280):
        a, b = rng.randrange(200), rng.randrange(200)
        body += f'<sequenceFlow id="f{number}" sourceRef="n{a}" targetRef="n{b}"/>'
    xml = simple(body)
    began = time.process_time()
    _panel(xml)
    assert time.process_time() - began < 1
