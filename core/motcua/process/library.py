"""What a process takes from other files: the processes it calls and the decisions it asks.

Both are bound when the process is loaded: a running case never sees a later version.
"""

from collections.abc import Iterator, Mapping

from lxml import etree  # type: ignore[import-untyped]

from motcua.process import decisions
from motcua.process.choosing import executable
from motcua.process.faults import ProcessError
from motcua.process.vocabulary import local, mc
from motcua.process.xmlfile import Source, parse
from motcua.rules import DecisionError, Decisions

MAX_DEPTH = 16
MAX_NODES = 1_000
_Process = tuple[etree._Element, etree._Element]


_GLOBAL: Mapping[str, tuple[str, str]] = {
    "globalUserTask": ("hãy vẽ User Task", "draw a user task"),
    "globalBusinessRuleTask": ("hãy vẽ Business Rule Task", "draw a business rule task"),
    "process": (
        "hãy vẽ thành quy trình con, hoặc để trong tệp riêng và gọi mã@phiên bản",
        "draw it as a sub-process, or put it into a file of its own and call key@version",
    ),
}


def _instead(tag: str) -> tuple[str, str]:
    """Return what to draw instead of a call of something in the same file."""
    return _GLOBAL.get(
        tag, ("hãy vẽ Service Task có mc:handler", "draw a service task with mc:handler")
    )


class Library:
    """The other files, read when first asked for."""

    def __init__(self, processes: Mapping[str, bytes], tables: Mapping[str, bytes]) -> None:
        self._processes, self._tables = processes, tables
        self._read: dict[str, _Process] = {}
        self.decisions: dict[str, Decisions] = {}

    def used(self) -> Iterator[bytes]:
        """Yield the name and content of every file that was read, in a fixed order."""
        for files, read in ((self._processes, self._read), (self._tables, self.decisions)):
            for name in sorted(read):
                yield name.encode()
                yield files[name]

    def name(self, element: etree._Element) -> str:
        """Return the ``key@version`` that a call activity names."""
        text = (element.get(mc("called")) or element.get("calledElement", "")).strip()
        prefix, colon, rest = text.partition(":")
        return str(rest if colon and prefix in element.nsmap else text)

    def process(
        self, source: Source, element: etree._Element, calls: tuple[str, ...]
    ) -> _Process | None:
        """Return the root and the process that a call activity names; None with a finding."""
        name = self.name(element)
        if not name:
            source.fault(
                element,
                "chưa nói gọi quy trình nào; hãy đặt calledElement='mã@phiên bản'",
                "does not say which process it calls; set calledElement='key@version'",
            )
        elif name in calls:
            source.fault(
                element,
                f"quy trình '{name}' gọi lại chính nó; hãy vẽ vòng lặp",
                f"the process '{name}' calls itself; draw a loop",
            )
        elif (
            name not in self._processes
            and (own := source.by_id.get(source.refer(element.get("calledElement")))) is not None
        ):
            vi, en = _instead(local(own))
            source.fault(
                element, f"'{name}' nằm trong cùng tệp; {vi}", f"'{name}' is in this file; {en}"
            )
        elif name not in self._processes:
            known = ", ".join(sorted(self._processes)) or "–"
            source.fault(
                element,
                f"không có quy trình '{name}' (viết mã@phiên bản); hiện có: {known}",
                f"there is no process '{name}' (write key@version); there are: {known}",
            )
        else:
            return self._parsed(source, element, name)
        return None

    def _parsed(self, source: Source, element: etree._Element, name: str) -> _Process | None:
        if name not in self._read:
            try:
                root = parse(self._processes[name])
                self._read[name] = (root, executable(root))
            except ProcessError as error:
                source.fault(element, f"'{name}': {error.vi}", f"'{name}': {error.en}")
                return None
        return self._read[name]

    def rule(self, source: Source, element: etree._Element) -> str:
        """Return ``file#decision`` of a business rule task, having read the file; else a finding."""
        written: str = element.get(mc("decision"), "").strip()
        file, mark, decision = written.partition("#")
        if not mark or not file or not decision or not element.get(mc("result"), "").strip():
            source.fault(
                element,
                'chưa nói quyết định nào; hãy đặt mc:decision="tệp.dmn#Quyết định" và mc:result',
                'does not say which decision; set mc:decision="file.dmn#Decision" and mc:result',
            )
        elif file not in self._tables:
            known = ", ".join(sorted(self._tables)) or "–"
            source.fault(
                element,
                f"không có tệp '{file}'; hiện có: {known}",
                f"there is no file '{file}'; there are: {known}",
            )
        elif (read := self._table(source, element, file)) and not decisions.has(read, decision):
            source.fault(
                element,
                f"tệp '{file}' không có quyết định '{decision}'",
                f"the file '{file}' has no decision '{decision}'",
            )
        return written

    def _table(self, source: Source, element: etree._Element, file: str) -> Decisions | None:
        if file not in self.decisions:
            try:
                self.decisions[file] = decisions.read(self._tables[file])
            except DecisionError as error:
                source.fault(element, f"'{file}': {error.vi}", f"'{file}': {error.en}")
                return None
        return self.decisions[file]
