"""The multi-instance mark of an activity: over which list, or how often, and until when."""

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.definition import Repeat
from motcua.process.vocabulary import REPEATABLE, bpmn, local, mc
from motcua.process.xmlfile import Source, flag, title
from motcua.rules import Expression, RuleError, compile_expression

TAG = "multiInstanceLoopCharacteristics"
_ATTRIBUTES = frozenset({"collection", "element", "output", "outputElement"})
_CHILDREN = frozenset(
    {"loopCardinality", "completionCondition", "loopDataInputRef", "loopDataOutputRef"}
    | {"inputDataItem", "outputDataItem", "documentation", "extensionElements"}
)


def repeat(source: Source, element: etree._Element) -> Repeat | None:
    """Read the mark of an activity, None if it has none or one that cannot be used.

    The list is FEEL in ``mc:collection``, or the data object of the standard's
    ``loopDataInputRef``; the number ``loopCardinality``.
    """
    mark = element.find(bpmn(TAG))
    if mark is None or not _usable(source, element, mark):
        return None
    collection = _collection(source, element, mark)
    cardinality = _child(source, element, mark, "loopCardinality")
    if collection is None and cardinality is None:
        source.fault(
            element,
            "làm nhiều lần nhưng không nói theo danh sách nào; hãy đặt mc:collection hoặc "
            "loopCardinality",
            "is done several times, but for what? set mc:collection or loopCardinality",
            TAG,
        )
        return None
    output = mark.get(mc("output")) or _data(source, mark, "loopDataOutputRef")
    given = mark.get(mc("outputElement")) or _item(mark, "outputDataItem")
    return Repeat(
        sequential=flag(mark, "isSequential"),
        collection=collection,
        cardinality=None if collection else cardinality,
        element=mark.get(mc("element")) or _item(mark, "inputDataItem"),
        until=_child(source, element, mark, "completionCondition"),
        output=output,
        output_element=(given or "outcome") if output else "",
    )


def _usable(source: Source, element: etree._Element, mark: etree._Element) -> bool:
    before = len(source.findings)
    source.only(element, mark, _ATTRIBUTES, TAG)
    if local(element) not in REPEATABLE or flag(element, "triggeredByEvent"):
        source.fault(
            element,
            "không làm nhiều lần được; hãy đặt trong một quy trình con làm nhiều lần",
            "cannot be done several times; put it into a multi-instance sub-process",
            TAG,
        )
    strange = [t for part in mark if (t := local(part)) not in _CHILDREN and t[0] != "{"]
    if strange or mark.get("behavior", "All") != "All":
        source.fault(
            element,
            "chỉ dùng được danh sách, số lần và điều kiện hoàn thành; hãy bỏ phần còn lại",
            "only a list, a number and a completion condition can be used; remove the rest",
            TAG,
        )
    return len(source.findings) == before


def _child(
    source: Source, element: etree._Element, mark: etree._Element, tag: str
) -> Expression | None:
    child = mark.find(bpmn(tag))
    if child is None or not (child.text or "").strip():
        return None
    return source.feel(element, child.text, child.get("language", ""), TAG)


def _collection(source: Source, element: etree._Element, mark: etree._Element) -> Expression | None:
    if ours := mark.get(mc("collection")):
        return source.feel(element, ours, "feel", TAG)
    name = _data(source, mark, "loopDataInputRef")
    if not name:
        return None
    try:
        return compile_expression(name, [name])
    except RuleError as error:
        vi, en = f"tên danh sách '{name}' sai: {error.vi}", f"wrong list '{name}': {error.en}"
        source.fault(element, vi, en, TAG)
        return None


def _data(source: Source, mark: etree._Element, tag: str) -> str:
    """Return the name of the data object that a reference points to, else the reference itself."""
    reference = source.refer(mark.findtext(bpmn(tag)))
    found = source.by_id.get(reference)
    return reference if found is None else title(found) or reference


def _item(mark: etree._Element, tag: str) -> str:
    item = mark.find(bpmn(tag))
    return "" if item is None else str(item.get("name") or item.get("id", ""))
