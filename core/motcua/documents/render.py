"""From a template and data to a PDF/A-2b that is tagged, dated and the same byte for byte each time.

Data reaches the template as JSON and only as values: nothing a citizen writes is ever read as markup.
Templates come from plugins too, so they are compiled in a process of their own (``worker.py``): inside our
process a template that loops could not be stopped, because the compiler is native code in a thread.

Inside, a template sees ``/motcua/*.typ`` (the templates of the core, ``base.typ`` among them),
``/template/*.typ`` (its own folder) and ``/images/<name>``.
"""

import atexit
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from anyio import to_thread

from motcua.documents.workers import WorkerDiedError, Workers
from motcua.errors import Invalid
from motcua.files.qr import qr_image_svg
from motcua.text import VIETNAM

TEMPLATES = Path(__file__).with_name("templates")
# Where the worker compiled says nothing of the template, and differs each time.
_FOLDERS = re.compile(r"\S*motcua-doc-[^\s]*?/(?=template/|motcua/)")
_UNPRINTABLE = re.compile(r'the text `"(.*?)"` could not be displayed')
_JOINED = '#include "/{}"\n#include "/motcua/{}.typ"\n'
_IMAGE_NAME = re.compile(r"[a-z0-9_-]+\.(?:svg|png|jpg)")


class TemplateError(Exception):
    """The template is at fault, not the data of the person; ``diagnostic`` says where in the source."""

    def __init__(self, template: str, message: str, diagnostic: str = "") -> None:
        super().__init__(f"{template}: {message}")
        self.diagnostic = diagnostic


class TemplateTimeoutError(TemplateError):
    """The template did not finish in its time."""


class UnprintableError(Invalid):
    """The data holds a character that the document's font does not have; ``characters`` lists them."""

    def __init__(self, characters: str) -> None:
        super().__init__(
            f"Không in được ký tự “{characters}” trên văn bản; vui lòng thay bằng chữ cái Latinh.",
            f"“{characters}” cannot be printed on the document; please write it in Latin letters.",
        )
        self.characters = characters


@dataclass(frozen=True)
class Place:
    """A rectangle kept free on a page (from 0), in PDF points from the lower left corner."""

    page: int
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Rendered:
    """A document, the places its template reserved by name, and what the compiler warned of."""

    pdf: bytes
    places: Mapping[str, Place]
    warnings: Sequence[str]


class Renderer:
    """Compiles documents in ``processes`` processes; each document has ``seconds`` of wall clock.

    ``fonts`` are folders with fonts beside those of the compiler (Libertinus Serif holds every Vietnamese
    letter); fonts of the machine are never used, because the same data must give the same bytes.
    """

    def __init__(
        self, *, processes: int = 2, seconds: float = 10.0, fonts: Sequence[Path] = ()
    ) -> None:
        self._workers = Workers(processes, fonts=fonts)
        self._seconds = seconds

    def document(
        self,
        template: Path | str,
        data: Mapping[str, object],
        *,
        at: datetime,
        images: Mapping[str, bytes] | None = None,
        qr: str | None = None,
        last_page: str = "",
    ) -> Rendered:
        """Compile a template: a name of the core (``"form01"``) or the path of a plugin's ``.typ`` file.

        ``at`` is the document's date (aware). ``images`` are files by name (``seal.png``); ``qr`` is a text
        that becomes ``/images/qr.svg``; ``last_page`` a template of the core for a page behind. Blocks; raises ``UnprintableError`` (data), ``TemplateError``,
        ``TemplateTimeoutError``.
        """
        answer, pdf = self._compile(template, data, at, images, qr, "pdf", last_page)
        places = {p["name"]: _place(p) for p in reversed(answer["places"])}  # the first of a name
        return Rendered(pdf, places, tuple(answer["warnings"]))

    def preview(
        self,
        template: Path | str,
        data: Mapping[str, object],
        *,
        at: datetime,
        images: Mapping[str, bytes] | None = None,
        qr: str | None = None,
    ) -> list[bytes]:
        """Return the pages as PNG (110 dots per inch), for a preview on screen; else as ``document``."""
        answer, content = self._compile(template, data, at, images, qr, "png")
        pages, start = [], 0
        for size in answer["pages"]:
            pages.append(content[start : start + size])
            start += size
        return pages

    def close(self) -> None:
        """End the processes."""
        self._workers.close()

    def _compile(
        self,
        template: Path | str,
        data: Mapping[str, object],
        at: datetime,
        images: Mapping[str, bytes] | None,
        qr: str | None,
        form: str,
        last_page: str = "",
    ) -> tuple[dict[str, Any], bytes]:
        main, files = _sources(template)
        if last_page:
            files["with-last-page.typ"] = _JOINED.format(main, last_page).encode()
            main = "with-last-page.typ"
        pictures = dict(images or {})
        if qr is not None:
            pictures["qr.svg"] = qr_image_svg(qr).encode()
        files |= {f"images/{_checked(name)}": content for name, content in pictures.items()}
        job = {
            "main": main,
            "format": form,
            "inputs": {"data": to_json(data), "images": json.dumps(sorted(pictures))},
            "timestamp": int(at.timestamp()),
            "cpu_seconds": 2 * int(self._seconds + 1),
        }
        try:
            answer, content = self._workers.run(job, files, self._seconds)
        except WorkerDiedError as error:
            kind = TemplateTimeoutError if error.timed_out else TemplateError
            raise kind(str(template), str(error)) from error
        if "error" in answer:
            raise _failure(str(template), answer["error"], answer["diagnostic"])
        return answer, content


def render(
    template: Path | str,
    data: Mapping[str, object],
    *,
    at: datetime,
    images: Mapping[str, bytes] | None = None,
    qr: str | None = None,
) -> bytes:
    """Return the PDF of a template, by the renderer of this process; blocks. See ``Renderer.document``."""
    return renderer().document(template, data, at=at, images=images, qr=qr).pdf


async def render_document(
    template: Path | str,
    data: Mapping[str, object],
    *,
    at: datetime,
    images: Mapping[str, bytes] | None = None,
    qr: str | None = None,
    last_page: str = "",
) -> Rendered:
    """As ``Renderer.document``, for request handlers and jobs: waits without blocking the others."""

    def work() -> Rendered:
        return renderer().document(template, data, at=at, images=images, qr=qr, last_page=last_page)

    return await to_thread.run_sync(work)


@cache
def renderer() -> Renderer:
    """Return the renderer of this process; its workers start with the first document."""
    made = Renderer()
    atexit.register(made.close)
    return made


def to_json(data: Mapping[str, object]) -> str:
    """Write data for a template: NFC, dates as ``2026-11-22``, moments in Vietnam's time to the minute."""
    return unicodedata.normalize(
        "NFC", json.dumps(data, ensure_ascii=False, allow_nan=False, default=_plain)
    )


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case UUID() | Path():
            return str(value)
        case Mapping():
            return dict(value)
        case set() | frozenset():
            return sorted(value)
    raise TypeError(f"a document cannot hold a {type(value).__name__}")


def _sources(template: Path | str) -> tuple[str, dict[str, bytes]]:
    files = dict(_core_sources())
    if isinstance(template, str):
        if f"motcua/{template}.typ" not in files:
            raise TemplateError(template, "no template of this name")
        return f"motcua/{template}.typ", files
    if not template.is_file():
        raise TemplateError(str(template), "no such file")
    files |= {f"template/{p.name}": p.read_bytes() for p in template.parent.glob("*.typ")}
    return f"template/{template.name}", files


@cache
def _core_sources() -> Mapping[str, bytes]:
    return {f"motcua/{p.name}": p.read_bytes() for p in sorted(TEMPLATES.glob("*.typ"))}


def _checked(name: str) -> str:
    if not _IMAGE_NAME.fullmatch(name):
        raise ValueError(f"not a name for an image: {name!r}")
    return name


def _place(raw: Mapping[str, Any]) -> Place:
    top = raw["page_height"] - raw["y"]
    return Place(raw["page"] - 1, raw["x"], top - raw["height"], raw["x"] + raw["width"], top)


def _failure(template: str, message: str, diagnostic: str) -> Exception:
    unprintable = _UNPRINTABLE.findall(diagnostic)
    if unprintable:
        return UnprintableError("".join(dict.fromkeys("".join(unprintable))))
    return TemplateError(template, message, _FOLDERS.sub("", diagnostic))
