"""A few processes that compile documents, started when first needed, replaced when one dies."""

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).with_name("worker.py")
_NO_NETWORK = "http://127.0.0.1:9"  # nobody listens on the discard port: a download fails at once
_START_SECONDS = 20.0
_LARGEST_HEAD = 4 * 1024 * 1024


class WorkerDiedError(Exception):
    """The process ended in the middle of a job: out of time (``timed_out``), out of memory, a crash."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("out of time" if timed_out else "crashed or out of memory")
        self.timed_out = timed_out


class Workers:
    """``size`` processes; a job waits until one is free. Safe to use from several threads."""

    def __init__(self, size: int = 2, *, fonts: Sequence[Path] = ()) -> None:
        self._fonts = fonts
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)
        self._size = size

    def run(
        self, job: Mapping[str, Any], files: Mapping[str, bytes], seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """Run one job within ``seconds`` of wall clock; ``WorkerDiedError`` when it does not survive."""
        with self._borrowed() as worker:
            return worker.run(job, files, seconds)

    def close(self) -> None:
        """End all processes; waits for running jobs."""
        for _ in range(self._size):
            if worker := self._idle.get():
                worker.stop()
        for _ in range(self._size):
            self._idle.put(None)

    @contextmanager
    def _borrowed(self) -> "Iterator[_Worker]":
        worker = self._idle.get()
        try:
            if worker is not None and not worker.is_alive():
                worker.stop()
                worker = None
            if worker is None:
                worker = _Worker(self._fonts)
            yield worker
        except BaseException:
            if worker is not None:
                worker.stop()
            worker = None
            raise
        finally:
            self._idle.put(worker)


class _Worker:
    def __init__(self, fonts: Sequence[Path]) -> None:
        kept = {k: os.environ[k] for k in ("PATH", "LANG") if k in os.environ}
        proxies = (
            "ALL_PROXY",
            "HTTPS_PROXY",
            "HTTP_PROXY",
            "all_proxy",
            "https_proxy",
            "http_proxy",
        )
        # a killed process leaves its files behind: they lie in a folder that we remove with it
        self._folder = tempfile.mkdtemp(prefix="motcua-doc-")
        # -I: neither the working directory nor PYTHON* variables decide what is imported
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", str(_PROGRAM), *map(str, fonts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, **dict.fromkeys(proxies, _NO_NETWORK), "TMPDIR": self._folder},
            start_new_session=True,  # a Ctrl-C at the terminal is for the server, which then ends us
        )
        try:
            with self._time_limit(_START_SECONDS):
                self._read_head()
        except WorkerDiedError:
            self.stop()
            raise

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def run(
        self, job: Mapping[str, Any], files: Mapping[str, bytes], seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        head = {**job, "files": {name: len(content) for name, content in files.items()}}
        text = json.dumps(head).encode()
        with self._time_limit(seconds):
            self._write(len(text).to_bytes(4, "big") + text + b"".join(files.values()))
            answer = self._read_head()
            return answer, self._read(answer["size"])

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()  # closes the pipes and takes the exit status
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def _time_limit(self, seconds: float) -> Iterator[None]:
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            yield
        except (OSError, EOFError) as error:
            raise WorkerDiedError(timed_out=late.is_set()) from error
        finally:
            timer.cancel()

    def _write(self, message: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 (opened above; for the type checker)
        self._process.stdin.write(message)
        self._process.stdin.flush()

    def _read_head(self) -> dict[str, Any]:
        length = int.from_bytes(self._read(4), "big")
        if length > _LARGEST_HEAD:
            raise EOFError
        head: dict[str, Any] = json.loads(self._read(length))
        return head

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 (as above)
        content = self._process.stdout.read(size)
        if len(content) < size:
            raise EOFError
        return content
