"""The small program beside a kiosk that prints its tickets and tells how the paper is (``motcua printer``)."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import httpx2
import msgspec
from anyio import to_thread

from motcua import http
from motcua.errors import Invalid, SignInNeeded
from motcua.station import printing
from motcua.station.jobs import Job
from motcua.station.paper import Printer, Status, printer_at

SAY_EVERY = 30.0
_ASK = httpx2.Timeout(40.0, connect=5.0)  # longer than the server holds a question
_WAITS = (1.0, 2.0, 5.0, 10.0)
_REMEMBERED = 200


class _Jobs(msgspec.Struct):
    jobs: list[Job]


@dataclass
class Agent:
    """One printer of one station; ``say`` tells whoever set it up what happens."""

    client: httpx2.AsyncClient
    printer: Printer
    width: int
    say: Callable[[str], None] = lambda _: None
    _told: Status | None = None
    _told_at: float = 0.0
    _done: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Print for ever; a lost connection or printer is tried again, and said once."""
        failures = 0
        while True:
            try:
                await self.once()
                failures = 0
            except (httpx2.HTTPError, OSError) as error:
                if not failures:
                    self.say(f"waiting: {type(error).__name__}")
                await asyncio.sleep(_WAITS[min(failures, len(_WAITS) - 1)])
                failures += 1

    async def once(self) -> int:
        """Tell how the printer is, wait for tickets, print them; returns how many came out."""
        status = await self.tell()
        if status.printer != "ok" or status.paper == "out":
            await asyncio.sleep(_WAITS[1])  # the screen shows the number; nothing is owed to paper
            return 0
        answer = await self.client.get("/api/printer/jobs", timeout=_ASK)
        _checked(answer)
        printed = 0
        for job in msgspec.json.decode(answer.content, type=_Jobs).jobs:
            printed += await self._print(job)
        return printed

    async def tell(self) -> Status:
        """Ask the printer how it is; say so when it changed, and now and then."""
        status = await to_thread.run_sync(self.printer.status)
        if status != self._told or time.monotonic() - self._told_at > SAY_EVERY:
            said = {"printer": status.printer, "paper": status.paper or None}
            _checked(await self.client.post("/api/printer/health", json=said))
            if status != self._told:
                self.say(f"printer {status.printer}, paper {status.paper or 'not known'}")
            self._told, self._told_at = status, time.monotonic()
        return status

    async def _print(self, job: Job) -> int:
        """Print a ticket once: one that came out, but whose word was lost, is not printed again."""
        key = str(job.id)
        fresh = key not in self._done
        if fresh:
            picture = await to_thread.run_sync(printing.draw, job.slip, self.width)
            await to_thread.run_sync(self.printer.put, f"{job.slip.number}-{key[-8:]}", picture)
            self._done = [*self._done[-_REMEMBERED:], key]
            self.say(f"printed {job.slip.number}")
        _checked(await self.client.post(f"/api/printer/jobs/{key}/printed"))
        return int(fresh)


async def pair(client: httpx2.AsyncClient, code: str) -> dict[str, str]:
    """Return the token and the name of the station for a code; ``Invalid`` with what the server says."""
    answer = await client.post("/api/printer/pair", json={"code": code})
    if answer.status_code >= 400:
        raise Invalid(en=_said(answer))
    found: dict[str, str] = answer.json()
    return found


def _said(answer: httpx2.Response) -> str:
    try:
        about: dict[str, Any] = answer.json()
    except ValueError:
        about = {}
    said = about.get("detail") or about.get("title")
    return str(said or f"the server answers {answer.status_code}")


def _checked(answer: httpx2.Response) -> None:
    if answer.status_code in {401, 403}:
        raise SignInNeeded(
            "Máy in chưa được ghép, hoặc đã bị thu hồi. Hãy ghép lại bằng mã mới (--code).",
            "The printer is not paired, or was taken away. Pair it again with a new --code.",
        )
    answer.raise_for_status()


async def serve(url: str, code: str, to: str, width: int, kept: Path, *, once: bool) -> None:
    """Pair when there is a code, then print: once, or for ever. ``ValueError`` for a wrong address.

    ``kept`` is the file of the token, ``to`` as in ``paper.printer_at``, ``width`` that of the roll in mm.
    """
    printer = printer_at(to)
    async with http.client(base_url=url.rstrip("/")) as client:
        client.headers["accept"] = "application/json"
        if code:
            found = await pair(client, code)
            _keep(kept, {"url": url, **found})
            click.echo(f"paired with {found['station']}; the token is kept in {kept}")
        client.headers["authorization"] = f"Bearer {_kept(kept, url)}"
        agent = Agent(client, printer, width, click.echo)
        await (agent.once() if once else agent.run())


def _keep(path: Path, what: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(place, "w", encoding="utf-8") as file:
        json.dump(what, file)


def _kept(path: Path, url: str) -> str:
    if not path.is_file():
        raise ValueError(
            "not paired: make a code for the printer at the desk and give it with --code"
        )
    found = json.loads(path.read_text(encoding="utf-8"))
    if found["url"] != url:
        raise ValueError(f"paired with {found['url']}: give --code to pair with {url}")
    return str(found["token"])
