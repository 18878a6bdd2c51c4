import re
import time

import pytest

from motcua.errors import TooLarge
from motcua.process import ProcessError
from motcua.process.picture import svg, with_diagram

from .picture_samples import HEAD, Drawn, edge, shape, simple

TASK = '<userTask id="b" name="Thẩm định"/>'
NASTY = "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;alert(2)"


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<html/>",
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><definitions>&x;</definitions>',
        b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><d>&b;</d>',
    ],
)
def test_what_is_no_plain_bpmn_is_refused(xml: bytes) -> None:
    with pytest.raises(ProcessError):
        svg(xml)
    with pytest.raises(ProcessError):
        with_diagram(xml)


def test_names_are_text_and_never_markup() -> None:
    body = f'<userTask id="{NASTY}" name="{NASTY}"/><textAnnotation id="t"><text>{NASTY}</text></textAnnotation>'
    body += f'<sequenceFlow id="f" name="{NASTY}" sourceRef="{NASTY}" targetRef="{NASTY}"/>'
    drawn = Drawn(svg(simple(body), current={NASTY}))
    names = {str(e.tag) for e in drawn.root.iter()}
    assert not any("script" in name for name in names)
    attributes = {a for e in drawn.root.iter() for a in e.attrib}
    assert not any(a.startswith("on") or a.endswith("href") for a in attributes)
    assert "alert(1)" in drawn.words(), "it is shown as it was written"


def test_a_picture_fetches_nothing() -> None:
    text = svg(simple(TASK))
    assert not re.search(r"url\(|href|@import|<image|<use|<foreignObject", text)


@pytest.mark.parametrize("wrong", ["nan", "inf", "-inf", "1e308", "", "zehn", "99999999999"])
def test_coordinates_that_are_none_or_far_away_do_not_count(wrong: str) -> None:
    places = shape("b", wrong, 0) + edge("f", (wrong, 0), (10, 10))
    drawn = Drawn(svg(simple(TASK, places)))
    assert drawn.nodes["b"] == 1
    assert float(drawn.root.get("width")) < 1000
    assert "nan" not in drawn.text
    assert "inf" not in drawn.text


def test_sizes_below_nothing_are_replaced() -> None:
    drawn = Drawn(svg(simple(TASK, shape("b", 0, 0, -5, 0))))
    assert float(drawn.root.get("width")) > 100


def test_a_box_far_away_costs_nothing() -> None:
    two = TASK + '<userTask id="c"/><sequenceFlow id="f" sourceRef="b" targetRef="c" name="xa"/>'
    places = shape("b", 0, 0) + shape("c", 900_000, 900_000)
    began = time.process_time()
    assert len(svg(simple(two, places))) < 10_000
    assert time.process_time() - began < 1


def test_ten_thousand_shapes_are_refused_at_once() -> None:
    many = simple(TASK, "".join(shape(f"b{n}", n, 0, 1, 1) for n in range(6_000)))
    began = time.process_time()
    with pytest.raises(TooLarge):
        svg(many)
    with pytest.raises(TooLarge):
        svg(simple("".join(f'<task id="t{n}"/>' for n in range(10_000))))
    with pytest.raises(TooLarge):
        svg(simple(TASK + " " * 1_000_000))
    assert time.process_time() - began < 2


def test_the_largest_picture_that_is_drawn_is_drawn_in_bounded_time() -> None:
    count = 1_400
    body = "".join(f'<task id="t{n}"/>' for n in range(count))
    # A chain with an arrow back to the start from everywhere: every loop spans the whole picture.
    for n in range(1, count):
        body += f'<sequenceFlow id="a{n}" sourceRef="t{n - 1}" targetRef="t{n}"/>'
        body += f'<sequenceFlow id="z{n}" sourceRef="t{n}" targetRef="t0"/>'
    began = time.process_time()
    assert Drawn(svg(simple(body))).nodes.total() == count
    assert time.process_time() - began < 15


def test_sub_processes_are_nested_to_a_bounded_depth() -> None:
    def nested(depth: int) -> str:
        inner = nested(depth - 1) if depth else TASK
        return f'<subProcess id="s{depth}">{inner}</subProcess>'

    assert Drawn(svg(simple(nested(15)))).nodes["b"] == 1
    with pytest.raises(TooLarge):
        svg(simple(nested(40)))


def test_broken_references_are_left_out() -> None:
    body = f'{TASK}<sequenceFlow id="f" sourceRef="b" targetRef="gone"/><boundaryEvent id="x" attachedToRef="y"/>'
    body += '<boundaryEvent id="z" attachedToRef="x"/><userTask name="không có id"/>'
    body += '<userTask id="b" name="trùng"/>'
    drawn = Drawn(svg(simple(body)))
    assert {"b", "x", "z"} <= drawn.nodes.keys()
    assert drawn.nodes.total() == 5
    assert not drawn.flows


def test_a_file_without_any_process_is_an_empty_picture() -> None:
    assert not Drawn(svg(f"{HEAD}</definitions>".encode())).nodes
    assert b"BPMNDiagram" not in with_diagram(f"{HEAD}</definitions>".encode())
