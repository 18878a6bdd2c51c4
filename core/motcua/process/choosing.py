"""Which process of a file is to run: a file may hold several, pools without steps, or none."""

from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.faults import Finding, ProcessError
from motcua.process.vocabulary import NODES, UNSUPPORTED, bpmn, local
from motcua.process.xmlfile import broken, flag, title

_TALKS = frozenset(
    {"choreography", "globalChoreographyTask", "conversation", "subConversation"}
    | {"callConversation", "globalConversation", "choreographyTask", "subChoreography"}
    | {"callChoreography"}
)


def chosen(root: etree._Element, wanted: str | None) -> tuple[list[etree._Element], list[Finding]]:
    """Return the processes to read, and findings if it is not clear which one is to run.

    That is the process with the ``wanted`` id; else the only one marked executable, the only one
    that has steps, or the only one.
    """
    found = root.findall(bpmn("process"))
    if wanted is not None:
        named = [each for each in found if each.get("id", "") == wanted]
        return (named, []) if len(named) == 1 else ([], [_unknown(found, wanted)])
    if not found:
        return [], list(_talks(root))
    marked = [each for each in found if flag(each, "isExecutable")]
    drawn = [each for each in found if any(_is_step(child) for child in each)]
    candidates = marked or drawn or found
    if len(candidates) == 1:
        return candidates, []
    return candidates, [_several(candidates, marked=bool(marked))]


def executable(root: etree._Element) -> etree._Element:
    """Return the process to run; raises ProcessError if that is not clear."""
    processes, findings = chosen(root, None)
    if findings:
        raise ProcessError(findings)
    return processes[0]


def _is_step(element: etree._Element) -> bool:
    tag = local(element)
    return tag in NODES or tag in UNSUPPORTED


def _names(processes: list[etree._Element]) -> str:
    return ", ".join(
        f"{each.get('id', '–')} '{title(each)}'" if title(each) else each.get("id", "–")
        for each in processes
    )


def _several(processes: list[etree._Element], *, marked: bool) -> Finding:
    count, names = len(processes), _names(processes)
    if marked:
        vi = f"tệp có {count} quy trình đánh dấu isExecutable; cần đúng một, hoặc chọn theo id: {names}"
        en = (
            f"the file has {count} executable processes; mark exactly one, or choose by id: {names}"
        )
    else:
        vi = f"tệp có {count} quy trình, chưa đánh dấu isExecutable; hãy đánh dấu đúng một, hoặc chọn theo id: {names}"
        en = f"the file has {count} processes and none is executable; mark exactly one (isExecutable), or choose by id: {names}"
    return Finding("", "definitions", "", vi, en)


def _unknown(processes: list[etree._Element], wanted: str) -> Finding:
    names = _names(processes) or "–"
    vi = f"tệp không có đúng một quy trình id '{wanted}'; hiện có: {names}"
    en = f"the file does not have exactly one process with the id '{wanted}'; it has: {names}"
    return Finding("", "definitions", "", vi, en)


def _talks(root: etree._Element) -> Iterator[Finding]:
    """Yield why a file without a process cannot run, with what it holds instead."""
    yield from broken(
        "tệp không có quy trình nào; hãy vẽ một quy trình (process)",
        "the file has no process; draw a process",
    ).findings
    for element in root.iter(*(bpmn(tag) for tag in sorted(_TALKS))):
        tag = local(element)
        advice = UNSUPPORTED[tag]
        yield Finding(element.get("id", ""), tag, title(element), advice.vi, advice.en)
