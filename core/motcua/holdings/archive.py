"""Everything a person holds as one ZIP: the files, and an index for programs and one for people.

It is made while it is sent, file by file: it starts at once, takes the memory of one file, and no archive of
somebody's papers ever lies on a disk.
"""

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread

from motcua.files.store import TenantFiles
from motcua.holdings.store import Holding
from motcua.text import VIETNAM, fold

_FOLDERS = {"result": "ket-qua", "paper": "giay-to"}
_COLUMNS = ("file", "kind", "name", "number", "issuer", "at", "standing", "expires_at", "dossiers")


class _Pipe(io.RawIOBase):
    """What the ZIP is written into, taken out piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        found, self._pieces = b"".join(self._pieces), []
        return found


async def archive(
    files: TenantFiles, held: Sequence[Holding], now: datetime
) -> AsyncIterator[bytes]:
    """Yield the ZIP; ``index.json`` and ``index.csv`` come first."""
    rows = index(held)
    pipe = _Pipe()
    stamp = now.astimezone(VIETNAM).timetuple()[:6]
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(zipfile.ZipInfo("index.json", stamp), _json(rows, now))
        packed.writestr(zipfile.ZipInfo("index.csv", stamp), _csv(rows))
        yield pipe.taken()
        for row, one in zip(rows, held, strict=True):
            data = await to_thread.run_sync(files.get, one.sha256)
            packed.writestr(zipfile.ZipInfo(row["file"], stamp), data)
            yield pipe.taken()
    yield pipe.taken()


def index(held: Sequence[Holding]) -> list[dict[str, Any]]:
    """Return what the index says of each file, in the order of the files."""
    return [
        {
            "file": f"{_FOLDERS[h.kind]}/{n:03d}-{_name(h)}.pdf",
            "kind": h.kind,
            "name": h.name_vi,
            "name_en": h.name_en,
            "number": h.number or None,
            "type": h.type or None,
            "issuer": h.unit or None,
            "at": h.at.isoformat(),
            "standing": h.standing,
            "expires_at": h.expires_at.isoformat() if h.expires_at else None,
            "replaced_by": h.next_number or None,
            "replaces": h.before_number or None,
            "compared_at": h.compared_at.isoformat() if h.compared_at else None,
            "dossiers": sorted({h.code, *(code for code, _, _ in h.used)} - {""}),
            "sha256": h.sha256,
            "issued_sha256": h.issued_sha256 or None,
        }
        for n, h in enumerate(held, 1)
    ]


def _name(h: Holding) -> str:
    words = fold(f"{h.name_vi} {h.number}")
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in words).split())[:80]


def _json(rows: Sequence[dict[str, Any]], now: datetime) -> bytes:
    whole = {"format": "motcua-holdings/1", "made_at": now.isoformat(), "items": list(rows)}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2)


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(_COLUMNS)
    for row in rows:
        sheet.writerow([_cell(row[c]) for c in _COLUMNS])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = " ".join(value) if isinstance(value, list) else str(value or "")
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
