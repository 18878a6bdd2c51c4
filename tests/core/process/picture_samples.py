"""Files for the tests of the picture, written by hand; and what is read back from an SVG."""

from collections import Counter

from lxml import etree  # type: ignore[import-untyped]

SVG = "{http://www.w3.org/2000/svg}"
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:mc="https://motcua.org/bpmn" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="file" targetNamespace="urn:test">'
)

LAND = f"""{HEAD}
<message id="m1" name="withdraw"/>
<process id="dat" name="Cấp giấy chứng nhận quyền sử dụng đất lần đầu" isExecutable="true">
<laneSet id="ls">
<lane id="l1" name="Bộ phận Một cửa">
<flowNodeRef>start</flowNodeRef>
<flowNodeRef>recv</flowNodeRef>
<flowNodeRef>ret</flowNodeRef>
<flowNodeRef>end</flowNodeRef>
<flowNodeRef>wd</flowNodeRef></lane>
<lane id="l2" name="Phòng Nông nghiệp và Môi trường">
<flowNodeRef>assign</flowNodeRef>
<flowNodeRef>sub</flowNodeRef>
<flowNodeRef>gw</flowNodeRef>
<flowNodeRef>sup</flowNodeRef>
<flowNodeRef>remind</flowNodeRef>
<flowNodeRef>remindend</flowNodeRef>
<flowNodeRef>refuse</flowNodeRef></lane>
<lane id="l3" name="Lãnh đạo UBND">
<flowNodeRef>sign</flowNodeRef>
<flowNodeRef>gw2</flowNodeRef></lane></laneSet>
<startEvent id="start" name="Nộp hồ sơ"/>
<userTask id="recv" name="Tiếp nhận và kiểm tra thành phần hồ sơ"/>
<userTask id="assign" name="Phân công thụ lý"/>
<subProcess id="sub" name="Thẩm định hồ sơ đất đai">
<startEvent id="s0"/>
<inclusiveGateway id="ig" name="Cần hỏi ý kiến những cơ quan nào?" default="i3"/>
<userTask id="op" name="Lấy ý kiến các cơ quan liên quan"><multiInstanceLoopCharacteristics/>
</userTask>
<serviceTask id="db" name="Tra cứu cơ sở dữ liệu quốc gia về đất đai"/>
<businessRuleTask id="fee" name="Xác định nghĩa vụ tài chính"/>
<inclusiveGateway id="ij"/>
<userTask id="rep" name="Lập báo cáo thẩm định"/>
<endEvent id="s9"/>
<sequenceFlow id="i0" sourceRef="s0" targetRef="ig"/>
<sequenceFlow id="i1" name="cần ý kiến" sourceRef="ig" targetRef="op">
<conditionExpression>x</conditionExpression></sequenceFlow>
<sequenceFlow id="i2" sourceRef="ig" targetRef="db" name="có dữ liệu số">
<conditionExpression>x</conditionExpression></sequenceFlow>
<sequenceFlow id="i3" sourceRef="ig" targetRef="fee"/>
<sequenceFlow id="i4" sourceRef="op" targetRef="ij"/>
<sequenceFlow id="i5" sourceRef="db" targetRef="ij"/>
<sequenceFlow id="i6" sourceRef="fee" targetRef="ij"/>
<sequenceFlow id="i7" sourceRef="ij" targetRef="rep"/>
<sequenceFlow id="i8" sourceRef="rep" targetRef="s9"/>
</subProcess>
<boundaryEvent id="bt" name="Còn 1 ngày" attachedToRef="sub" cancelActivity="false">
<timerEventDefinition id="t1"/></boundaryEvent>
<boundaryEvent id="bw" name="Công dân rút hồ sơ" attachedToRef="sub">
<messageEventDefinition id="t2" messageRef="m1"/></boundaryEvent>
<sendTask id="remind" name="Nhắc hạn chuyên viên và lãnh đạo phòng"/>
<endEvent id="remindend"><escalationEventDefinition id="e1"/></endEvent>
<endEvent id="wd" name="Đã rút"><terminateEventDefinition id="e2"/></endEvent>
<exclusiveGateway id="gw" name="Hồ sơ đủ điều kiện?" default="f5"/>
<receiveTask id="sup" name="Chờ công dân bổ sung" messageRef="m1"/>
<userTask id="sign" name="Ký giấy chứng nhận"/>
<exclusiveGateway id="gw2" default="f8"/>
<userTask id="ret" name="Trả kết quả"/>
<endEvent id="end" name="Hoàn thành"/>
<endEvent id="refuse" name="Từ chối"/>
<sequenceFlow id="f0" sourceRef="start" targetRef="recv"/>
<sequenceFlow id="f1" sourceRef="recv" targetRef="assign"/>
<sequenceFlow id="f2" sourceRef="assign" targetRef="sub"/>
<sequenceFlow id="f3" sourceRef="sub" targetRef="gw"/>
<sequenceFlow id="f4" sourceRef="gw" targetRef="sup" name="Yêu cầu bổ sung"/>
<sequenceFlow id="f4b" sourceRef="sup" targetRef="sub"/>
<sequenceFlow id="f5" sourceRef="gw" targetRef="sign" name="Đủ điều kiện"/>
<sequenceFlow id="f5b" sourceRef="gw" targetRef="refuse" name="Không đủ"/>
<sequenceFlow id="f6" sourceRef="sign" targetRef="gw2"/>
<sequenceFlow id="f7" name="Trả lại" sourceRef="gw2" targetRef="assign"/>
<sequenceFlow id="f8" sourceRef="gw2" targetRef="ret"/>
<sequenceFlow id="f9" sourceRef="ret" targetRef="end"/>
<sequenceFlow id="b1" sourceRef="bt" targetRef="remind"/>
<sequenceFlow id="b2" sourceRef="remind" targetRef="remindend"/>
<sequenceFlow id="b3" sourceRef="bw" targetRef="wd"/>
<textAnnotation id="ta"><text>Thời hạn 20 ngày làm việc, không tính thời gian chờ bổ
    sung</text></textAnnotation>
<association id="as" sourceRef="ta" targetRef="sub"/>
</process></definitions>""".encode()
"""A land certificate with lanes, a sub-process, boundary events, an inclusive gateway, many opinions."""

POOLS = f"""{HEAD}
<collaboration id="c">
<participant id="citizen" name="Công dân"/>
<participant id="office" name="Ủy ban nhân dân phường" processRef="p"/>
<participant id="tax" name="Thuế" processRef="q"/>
<messageFlow id="m1" sourceRef="citizen" targetRef="s"/>
<messageFlow id="m2" name="Giấy hẹn" sourceRef="a" targetRef="citizen"/>
<messageFlow id="m3" sourceRef="b" targetRef="r" name="Phiếu chuyển thông tin"/>
</collaboration>
<process id="p" name="Giải quyết">
<startEvent id="s" name="Nhận hồ sơ"><messageEventDefinition/></startEvent>
<userTask id="a" name="Tiếp nhận"/><sendTask id="b" name="Gửi phiếu chuyển thông tin"/>
<dataObjectReference id="paper" name="Phiếu chuyển"/><adHocSubProcess id="odd" name="Việc khác"/>
<complexGateway id="x"/><strangeTask id="strange" name="Của hãng khác"/><endEvent id="e"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="b"/>
<sequenceFlow id="f3" sourceRef="b" targetRef="x"/><sequenceFlow id="f4" sourceRef="x" targetRef="strange"/>
<sequenceFlow id="f5" sourceRef="x" targetRef="e"/><sequenceFlow id="f6" sourceRef="strange" targetRef="e"/>
<association id="as" sourceRef="b" targetRef="paper"/>
</process>
<process id="q" name="Thuế"><startEvent id="r"><messageEventDefinition/></startEvent>
<callActivity id="ca" name="Thông báo nộp tiền" calledElement="pay@1"/><endEvent id="q2"/>
<sequenceFlow id="g1" sourceRef="r" targetRef="ca"/><sequenceFlow id="g2" sourceRef="ca" targetRef="q2"/>
</process></definitions>""".encode()
"""Three pools, elements that the engine refuses, and one of another maker."""

PAY = f"""{HEAD}<process id="pay" name="Thu tiền"><startEvent id="a"/>
<userTask id="b" name="Lập thông báo" mc:nameEn="Write the notice"/><endEvent id="c"/>
<sequenceFlow id="x" sourceRef="a" targetRef="b"/><sequenceFlow id="y" sourceRef="b" targetRef="c"/>
</process></definitions>""".encode()
"""A process that others call."""


def simple(body: str, diagram: str = "") -> bytes:
    """Wrap elements as a file with one process, and shapes as its diagram."""
    plane = f'<bpmndi:BPMNPlane bpmnElement="p">{diagram}</bpmndi:BPMNPlane>'
    drawn = f"<bpmndi:BPMNDiagram>{plane}</bpmndi:BPMNDiagram>" if diagram else ""
    return f'{HEAD}<process id="p" name="Mẫu">{body}</process>{drawn}</definitions>'.encode()


def shape(element: str, x: object, y: object, width: object = 120, height: object = 80) -> str:
    """Write a shape of a diagram."""
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>'
    return f'<bpmndi:BPMNShape bpmnElement="{element}">{bounds}</bpmndi:BPMNShape>'


def edge(element: str, *points: tuple[object, object]) -> str:
    """Write an edge of a diagram."""
    ways = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
    return f'<bpmndi:BPMNEdge bpmnElement="{element}">{ways}</bpmndi:BPMNEdge>'


class Drawn:
    """An SVG that was read back."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = etree.fromstring(text.encode())
        groups = list(self.root.iter(f"{SVG}g"))
        self.groups = {g.get("data-node"): g for g in groups if g.get("data-node")}
        self.nodes = Counter(g.get("data-node") for g in groups if g.get("data-node"))
        self.flows = Counter(g.get("data-flow") for g in groups if g.get("data-flow"))
        self.taken = {g.get("data-flow") for g in groups if g.get("class") == "taken"}

    def title(self, node: str) -> str:
        """Return what is said of a node when one points at it."""
        return str(self.groups[node].findtext(f"{SVG}title", ""))

    def words(self) -> str:
        """Return all text that is set."""
        return " ".join("".join(t.itertext()).strip() for t in self.root.iter(f"{SVG}text"))

    @property
    def description(self) -> str:
        """What a screen reader says."""
        return str(self.root.findtext(f"{SVG}desc", ""))


def ids(xml: bytes, *tags: str) -> set[str]:
    """Return the ids of elements whose tag ends so."""
    root = etree.fromstring(xml)
    return {
        e.get("id")
        for e in root.iter()
        if str(e.tag).rpartition("}")[2].endswith(tags) and e.get("id")
    }


NODE_TAGS = ("Task", "task", "Event", "Gateway", "subProcess", "SubProcess", "callActivity")
