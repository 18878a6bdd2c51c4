"""People who do not mind that the house falls down: they look where things stand, and go on."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx2

Answer = dict[str, Any]
_TROUBLE = {500, 502, 503}


class Program:
    """A client of the JSON API that tries again when the house does not answer."""

    def __init__(self, base: str, host: str, secret: str) -> None:
        self._base = base
        self._headers = {"authorization": f"Bearer {secret}", "host": host}

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask once; status 0 when nobody answered."""
        try:
            async with httpx2.AsyncClient(base_url=self._base, timeout=20) as client:
                answer = await client.request(method, path, json=body, headers=self._headers)
        except httpx2.HTTPError:
            return 0, None
        if answer.status_code in _TROUBLE:
            return 0, None
        return answer.status_code, answer.json() if answer.content else None

    async def insist(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask until there is an answer."""
        while True:
            status, answer = await self.ask(method, path, body)
            if status:
                return status, answer
            await asyncio.sleep(0.1)


@dataclass
class Ledger:
    """What the house has acknowledged."""

    submitted: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)


ANSWERS = {
    "requests_for": "self",
    "full_name": "Nguyễn Văn Thử",
    "personal_id": "022095900001",
    "subject_name": "Nguyễn Văn Thử",
    "subject_birth": "01/01/1995",
    "register_kind": "disability",
    "register_number": "12/2019",
    "truth": True,
}


async def one_visit(
    citizen: Program, officer: Program, unit: str, ledger: Ledger, draw: random.Random
) -> None:
    """Submit a dossier and bring it to its result, step by step."""
    body = {"procedure": "2.000908", "unit": unit, "answers": ANSWERS, "papers": []}
    status, answer = await citizen.ask("POST", "/api/dossiers", body)
    if status != 201:
        assert status in {0, 401}, (status, answer)
        return
    dossier = answer["id"]
    ledger.submitted[dossier] = answer["track_code"]
    path = f"/api/staff/dossiers/{dossier}"
    while True:
        _, seen = await officer.insist("GET", path)
        if seen["state"] == 1:
            status, answer = await officer.ask("POST", f"{path}/accept", {})
            if status == 200:
                ledger.codes[dossier] = answer["code"]
        elif seen["state"] in {2, 4}:
            await _step(officer, path, seen, draw)
        elif seen["state"] == 5:
            await citizen.ask("POST", f"/api/dossiers/{dossier}/supplement", {"papers": []})
        else:
            ledger.finished.add(dossier)
            return


async def _step(officer: Program, path: str, seen: Answer, draw: random.Random) -> None:
    waits = [w for w in seen["waits"] if w["kind"] == "user"]
    if not waits:
        # The result is being made by a worker.
        await asyncio.sleep(0.05)
        return
    body: Answer = {"token": waits[0]["token"]}
    if waits[0]["outcomes"]:
        again = "return" in waits[0]["outcomes"] and draw.random() < 0.1
        body["outcome"] = "return" if again else "ok"
    if waits[0]["node"] == "appraise":
        body["draft"] = {"register_number": "12/2019", "content": "Nội dung thử"}
    await officer.ask("POST", f"{path}/step", body)
