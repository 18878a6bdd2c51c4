"""The process in which templates run. Started by ``render.py`` by its path, alone: it imports nothing of ours.

A template may come from a plugin. Here it has no secret in its environment, no file but those it was sent
(its root is a folder made for the one job), no network (typst would fetch packages: its proxy is a closed
port), bounded memory and bounded processor time. The parent kills it when the wall clock runs out.

Both ways a message is: 4 bytes big-endian length, JSON of that length, then the blobs that the JSON lists.
"""

import contextlib
import json
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import typst

_MEMORY = 2 * 1024**3


def main() -> None:
    """Answer jobs on standard input until it closes. Arguments: folders with further fonts."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    fonts = typst.Fonts(include_system_fonts=False, font_paths=list(sys.argv[1:]))
    _send(sys.stdout.buffer, {"ready": True})
    while (job := _receive(sys.stdin.buffer)) is not None:
        _limit_processor_time(job["cpu_seconds"])
        answer, pdf = _run(job, fonts)
        _send(sys.stdout.buffer, {**answer, "size": len(pdf)}, pdf)


def _run(job: dict[str, Any], fonts: typst.Fonts) -> tuple[dict[str, Any], bytes]:
    with tempfile.TemporaryDirectory(prefix="motcua-doc-") as folder:
        root = Path(folder)
        for name, content in job["files"].items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            return _compile(root, job, fonts)
        except typst.TypstError as error:
            return {"error": error.message, "diagnostic": error.diagnostic}, b""
        except (RuntimeError, ValueError, OSError) as error:
            return {"error": str(error), "diagnostic": str(error)}, b""


def _compile(root: Path, job: dict[str, Any], fonts: typst.Fonts) -> tuple[dict[str, Any], bytes]:
    compiler = typst.Compiler(
        root / job["main"],
        root=root,
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs=job["inputs"],
        package_path=root / "none",
        package_cache_path=root / "none",
    )
    pdf, warnings = compiler.compile_with_warnings(
        format=job["format"],
        timestamp=job["timestamp"],
        pdf_standards=["a-2b"] if job["format"] == "pdf" else [],
        ppi=110.0,
    )
    pages = pdf if isinstance(pdf, list) else [pdf or b""]
    answer: dict[str, Any] = {"warnings": [w.message for w in warnings], "places": []}
    answer["pages"] = [len(page) for page in pages]
    if job["format"] == "pdf":
        answer["places"] = json.loads(compiler.query("<place>", field="value"))
    return answer, b"".join(pages)


def _limit_processor_time(seconds: int) -> None:
    """Let the kernel end a job that spins although the parent is gone and cannot."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    total = int(used.ru_utime + used.ru_stime) + seconds + 1
    with contextlib.suppress(ValueError):  # a hard limit set from outside is lower: it stands
        resource.setrlimit(resource.RLIMIT_CPU, (total, resource.RLIM_INFINITY))


def _receive(stream: BinaryIO) -> dict[str, Any] | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    job: dict[str, Any] = json.loads(stream.read(int.from_bytes(head, "big")))
    job["files"] = {name: stream.read(size) for name, size in job["files"].items()}
    return job


def _send(stream: BinaryIO, answer: dict[str, Any], blob: bytes = b"") -> None:
    text = json.dumps(answer).encode()
    stream.write(len(text).to_bytes(4, "big") + text + blob)
    stream.flush()


if __name__ == "__main__":
    main()
