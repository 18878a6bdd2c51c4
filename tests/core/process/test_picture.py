import re
from random import Random

import pytest
from lxml import etree  # type: ignore[import-untyped]

from motcua.process import load
from motcua.process.picture import svg, with_diagram
from motcua.process.picture_text import fitted, width
from motcua.process.steps import StepSpec, compile_steps

from .picture_samples import LAND, NODE_TAGS, PAY, POOLS, SVG, Drawn, edge, ids, shape, simple

STEPS = [
    StepSpec("assign", "Phân công", "Assign", role="head", outcomes=()),
    StepSpec(
        "appraise",
        "Thẩm định",
        "Appraise",
        role="specialist",
        hours=8,
        outcomes=("ok", "supplement"),
    ),
    StepSpec("sign", "Ký", "Sign", role="leader", outcomes=("ok", "return")),
]
TWO = '<startEvent id="a"/><userTask id="b" name="Thẩm định"/><sequenceFlow id="f" sourceRef="a" targetRef="b"/>'


def _bare(xml: bytes) -> bytes:
    return re.sub(rb"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", b"", xml, flags=re.DOTALL)


@pytest.mark.parametrize("xml", [LAND, POOLS, PAY, compile_steps("k", "Mẫu", STEPS)])
def test_every_node_and_every_arrow_of_a_file_is_drawn_once(xml: bytes) -> None:
    drawn = Drawn(svg(xml))
    nodes = ids(xml, *NODE_TAGS)
    assert {n: drawn.nodes[n] for n in nodes} == dict.fromkeys(nodes, 1)
    flows = ids(xml, "sequenceFlow", "messageFlow", "association")
    assert {f: drawn.flows[f] for f in flows} == dict.fromkeys(flows, 1)


def test_what_the_engine_refuses_and_what_nobody_knows_is_drawn_all_the_same() -> None:
    drawn = Drawn(svg(POOLS))
    assert {"odd", "x", "strange", "citizen", "office", "tax", "paper"} <= drawn.nodes.keys()
    assert "Của hãng khác" in drawn.words()
    assert "Công dân" in drawn.words()


def test_place_way_and_delay_are_told_by_more_than_colour() -> None:
    drawn = Drawn(
        svg(LAND, current={"rep"}, taken={"recv", "f0", "start", "rep"}, overdue={"rep", "recv"})
    )
    assert drawn.groups["rep"].get("class") == "now late-now"
    assert drawn.title("rep") == "Lập báo cáo thẩm định (Đang ở đây, Đã qua, Quá hạn)"
    assert drawn.title("recv") == "Tiếp nhận và kiểm tra thành phần hồ sơ (Đã qua, Quá hạn)"
    assert "Đang ở đây · quá hạn" in drawn.words(), "words stand on the box"
    dashed = drawn.groups["recv"].find(f"{SVG}rect")
    assert dashed is not None
    assert dashed.get("stroke-dasharray"), "the outline differs too"
    assert drawn.taken == {"f0"}
    ticks = [g for g in drawn.root.iter(f"{SVG}g") if g.get("class") == "badge"]
    assert len(ticks) == 1, "a tick on what is done and nothing else: the start"
    assert "Đang ở: Lập báo cáo thẩm định." in drawn.description


def test_a_picture_without_marks_has_no_legend() -> None:
    assert "Đang ở đây" not in svg(LAND)


def test_a_picture_can_be_in_english() -> None:
    drawn = Drawn(svg(compile_steps("k", "Mẫu", STEPS), current={"sign"}, lang="en"))
    assert "Appraise" in drawn.words()
    assert "Now here" in drawn.words()
    assert drawn.description.endswith("Now at: Sign.")


def test_the_places_of_the_files_own_diagram_are_kept() -> None:
    places = shape("a", 300, 500, 36, 36) + shape("b", 700, 478)
    drawn = Drawn(svg(simple(TWO, places + edge("f", (336, 518), (700, 518)))))
    box = drawn.groups["b"].find(f"{SVG}rect")
    assert box is not None
    assert (box.get("x"), box.get("y"), box.get("width")) == ("700", "478", "120")


def test_an_arrow_that_the_diagram_forgot_is_drawn_between_its_boxes() -> None:
    drawn = Drawn(svg(simple(TWO, shape("a", 300, 500, 36, 36) + shape("b", 700, 478))))
    line = next(g for g in drawn.root.iter(f"{SVG}g") if g.get("data-flow") == "f")
    assert "M336 518" in str(line.find(f"{SVG}path").get("d"))


def test_a_diagram_without_some_of_the_steps_is_laid_out_anew() -> None:
    drawn = Drawn(svg(simple(TWO, shape("b", 9000, 9000))))
    assert drawn.nodes == {"a": 1, "b": 1}
    assert float(drawn.root.get("width")) < 1000


def test_the_inside_of_a_closed_sub_process_gets_a_sheet_of_its_own() -> None:
    inside = '<userTask id="in" name="Bên trong"/>'
    body = f'<startEvent id="a"/><subProcess id="s" name="Thẩm tra">{inside}</subProcess>'
    flow = '<sequenceFlow id="f" sourceRef="a" targetRef="s"/>'
    places = shape("a", 0, 22, 36, 36) + shape("s", 100, 0)
    drawn = Drawn(svg(simple(body + flow, places), current={"in"}))
    assert drawn.nodes == {"a": 1, "s": 1, "in": 1}
    assert drawn.groups["s"].get("class") == "now", "the case is in there"


def test_a_called_process_is_drawn_below_with_the_ids_of_the_engine() -> None:
    drawn = Drawn(svg(POOLS, current={"ca/b"}, taken={"ca/x"}, library={"pay@1": PAY}))
    assert {"ca/a", "ca/b", "ca/c"} <= drawn.nodes.keys()
    assert drawn.groups["ca/b"].get("class") == drawn.groups["ca"].get("class") == "now"
    assert drawn.taken == {"ca/x"}


def test_a_process_that_calls_itself_is_drawn_to_a_bounded_depth() -> None:
    own = simple('<startEvent id="a"/><callActivity id="c" calledElement="p@1"/>')
    assert len(Drawn(svg(own, library={"p@1": own})).nodes) < 30


def test_text_is_broken_inside_its_room_and_shortened_when_there_is_too_much() -> None:
    name = "Thẩm định hồ sơ đề nghị cấp giấy chứng nhận quyền sử dụng đất lần đầu " * 3
    text = fitted(name, 116, 70)
    assert text.shortened
    assert text.lines[-1].endswith("…")
    assert text.height <= 70
    assert max(width(line, text.size) for line in text.lines) <= 116
    drawn = Drawn(svg(simple(f'<userTask id="b" name="{name}"/>', shape("b", 0, 0))))
    assert drawn.title("b") == name.strip(), "the whole name is in the title"


def test_a_word_wider_than_its_box_is_cut() -> None:
    text = fitted("x" * 300, 100, 60)
    assert all(width(line, text.size) <= 100 for line in text.lines)


def test_widths_do_not_depend_on_how_the_letters_are_composed() -> None:
    import unicodedata

    name = "Quyết định hưởng trợ cấp ưu đãi"
    assert width(unicodedata.normalize("NFD", name), 12) == width(name, 12)


def test_lines_of_a_step_stay_inside_its_box() -> None:
    drawn = Drawn(svg(LAND))
    for node, group in drawn.groups.items():
        box = group.find(f"{SVG}rect")
        if node in {"sub", "l1", "l2", "l3"} or box is None:
            continue
        left, top = float(box.get("x")), float(box.get("y"))
        right, bottom = left + float(box.get("width")), top + float(box.get("height"))
        for text in group.iter(f"{SVG}text"):
            for line in list(text.iter(f"{SVG}tspan")) or [text]:
                half = width((line.text or "").strip(), float(text.get("font-size"))) / 2
                assert left <= float(line.get("x")) - half
                assert float(line.get("x")) + half <= right
                assert top < float(line.get("y")) < bottom


def test_the_same_file_gives_the_same_picture() -> None:
    assert svg(LAND) == svg(LAND)


def test_a_file_without_a_diagram_gets_one_and_stays_the_same_process() -> None:
    steps = compile_steps("k", "Mẫu", STEPS)
    written = with_diagram(_bare(steps))
    assert load(written).nodes == load(steps).nodes
    assert ids(written, "BPMNShape") == {f"{n}-shape" for n in load(steps).nodes}
    assert Drawn(svg(written)).nodes == Drawn(svg(steps)).nodes
    assert with_diagram(written) == written, "a whole diagram is left alone"
    assert with_diagram(steps) == steps


@pytest.mark.parametrize("xml", [LAND, POOLS])
def test_a_written_diagram_is_read_back_as_it_was_laid_out(xml: bytes) -> None:
    written = with_diagram(xml)
    again, first = Drawn(svg(written)), Drawn(svg(xml))
    assert (again.nodes, again.flows) == (first.nodes, first.flows)
    assert again.root.get("viewBox") == first.root.get("viewBox")
    before, after = etree.fromstring(xml), etree.fromstring(written)
    after.remove(after[-1])
    assert [e.attrib for e in before.iter()] == [e.attrib for e in after.iter()]


def test_every_sign_of_bpmn_can_be_drawn() -> None:
    kinds = "message timer signal error escalation conditional link compensate cancel terminate"
    inner = [f"<{kind}EventDefinition/>" for kind in kinds.split()]
    inner += ["", inner[0] + inner[1], "<multiInstanceLoopCharacteristics/>"]
    inner += [
        "<standardLoopCharacteristics/>",
        '<multiInstanceLoopCharacteristics isSequential="true"/>',
    ]
    tags = (
        "startEvent endEvent intermediateCatchEvent intermediateThrowEvent task userTask manualTask"
    )
    tags += " scriptTask sendTask receiveTask businessRuleTask serviceTask transaction subProcess"
    tags += " callActivity complexGateway inclusiveGateway eventBasedGateway parallelGateway group"
    tags += " dataStoreReference dataObjectReference textAnnotation"
    body = ""
    for number, (tag, part) in enumerate((t, p) for t in tags.split() for p in inner):
        body += f'<{tag} id="e{number}" isForCompensation="{str(number % 2 == 0).lower()}">{part}</{tag}>'
    drawn = Drawn(svg(simple(body)))
    assert len(drawn.nodes) >= number - len(inner)


def test_the_words_of_a_picture_are_complete_for_random_marks() -> None:
    rng = Random(7)
    nodes = sorted(ids(LAND, *NODE_TAGS))
    for _ in range(20):
        marks = [set(rng.sample(nodes, 5)) for _ in range(3)]
        drawn = Drawn(svg(LAND, current=marks[0], taken=marks[1], overdue=marks[2]))
        for node in marks[0]:
            assert "Đang ở đây" in drawn.title(node)
        for node in marks[2]:
            assert "Quá hạn" in drawn.title(node)
