"""Where a printer is, and how it says that its paper ends: a device file, a network address, or a folder.

The folder is for trying: it keeps what a printer would have been sent, and a picture of it.
"""

import contextlib
import os
import select
import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image

from motcua.station import printing

_SECONDS = 5.0
_ANSWER_SECONDS = 0.5
# DLE EOT n: real-time status of the printer's trouble (2) and of its paper (4); one byte each.
_ASK_TROUBLE, _ASK_PAPER = b"\x10\x04\x02", b"\x10\x04\x04"
_FIXED_MASK, _FIXED = 0b1001_0011, 0b0001_0010
_COVER_OPEN, _TROUBLE = 0b0000_0100, 0b0100_0000
_NEAR_END, _END = 0b0000_1100, 0b0110_0000


@dataclass(frozen=True)
class Status:
    """How a printer is: ``printer`` ok or error, ``paper`` ok, low, out, or empty when it does not say."""

    printer: str
    paper: str = ""


class Printer(Protocol):
    """A printer of tickets."""

    def status(self) -> Status:
        """Ask how it is."""

    def put(self, name: str, picture: Image.Image) -> None:
        """Print a picture; ``OSError`` when the printer is not there."""


class Folder:
    """Keeps each ticket as the bytes of a printer and as a picture."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def status(self) -> Status:
        """Tell whether the folder is there; a file ``paper`` in it says low or out."""
        self._folder.mkdir(parents=True, exist_ok=True)
        said = self._folder / "paper"
        return Status("ok", said.read_text().strip() if said.is_file() else "ok")

    def put(self, name: str, picture: Image.Image) -> None:
        """Write ``<name>.escpos`` and ``<name>.png``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{name}.escpos").write_bytes(printing.commands(picture))
        picture.save(self._folder / f"{name}.png")


class DeviceFile:
    """A printer behind a device file, ``/dev/usb/lp0``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def status(self) -> Status:
        """Ask the printer; one that does not answer is taken for well while its file is there."""
        try:
            place = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
        except OSError:
            return Status("error")
        try:
            if not stat.S_ISCHR(os.fstat(place).st_mode):
                return Status("ok")
            return _read(_ask_file(place, _ASK_TROUBLE), _ask_file(place, _ASK_PAPER))
        except OSError:
            return Status("error")
        finally:
            os.close(place)

    def put(self, name: str, picture: Image.Image) -> None:
        """Send the picture; ``name`` is for those who keep files."""
        with self._path.open("ab", buffering=0) as place:
            left = memoryview(printing.commands(picture))
            while left:
                left = left[place.write(left) or 0 :]


class Network:
    """A printer that listens on a port, usually 9100."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)

    def status(self) -> Status:
        """Ask the printer; one that does not answer a question is taken for well while it listens."""
        try:
            with socket.create_connection(self._place, _SECONDS) as line:
                line.settimeout(_ANSWER_SECONDS)
                return _read(_ask_line(line, _ASK_TROUBLE), _ask_line(line, _ASK_PAPER))
        except OSError:
            return Status("error")

    def put(self, name: str, picture: Image.Image) -> None:
        """Send the picture; ``name`` is for those who keep files."""
        with socket.create_connection(self._place, _SECONDS) as line:
            line.sendall(printing.commands(picture))


def printer_at(address: str) -> Printer:
    """Return the printer at ``file:/dev/usb/lp0``, ``tcp:host:9100`` or ``folder:DIR``; else ``ValueError``."""
    kind, _, place = address.partition(":")
    host, _, port = place.rpartition(":")
    if kind == "folder" and place:
        return Folder(Path(place))
    if kind == "file" and place:
        return DeviceFile(Path(place))
    if kind == "tcp" and host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536:
        return Network(host.strip("[]"), int(port))
    raise ValueError(f"no printer {address!r}: file:/dev/usb/lp0, tcp:host:9100 or folder:DIR")


def _ask_file(place: int, question: bytes) -> int | None:
    os.write(place, question)
    ready, _, _ = select.select([place], [], [], _ANSWER_SECONDS)
    answer = os.read(place, 1) if ready else b""
    return answer[0] if answer else None


def _ask_line(line: socket.socket, question: bytes) -> int | None:
    line.sendall(question)
    with contextlib.suppress(TimeoutError):
        answer = line.recv(1)
        return answer[0] if answer else None
    return None


def _read(trouble: int | None, paper: int | None) -> Status:
    """Read the two answers; bytes without the fixed bits are something else and say nothing."""
    if trouble is not None and trouble & _FIXED_MASK != _FIXED:
        trouble = None
    if paper is not None and paper & _FIXED_MASK != _FIXED:
        paper = None
    printer = "error" if (trouble or 0) & (_COVER_OPEN | _TROUBLE) else "ok"
    if paper is None:
        return Status(printer)
    if paper & _END:
        return Status(printer, "out")
    return Status(printer, "low" if paper & _NEAR_END else "ok")
