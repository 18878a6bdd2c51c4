"""The line from a site's node to the centre: four calls, each either answered or ``LinkDownError``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2

TIMEOUT = 4.0


class LinkDownError(Exception):
    """The centre did not answer: the line is cut, or the centre is away."""


class NotWantedError(Exception):
    """The centre answered, and refused: this machine is not the site's node (any more)."""


class Link:
    """Speaks with the centre as the paired device; ``client`` carries address and token."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def hello(self, about: Mapping[str, Any]) -> UUID:
        """Say that this machine looks after its site; returns the site."""
        return UUID((await self._post("hello", {"about": dict(about)}))["site"])

    async def beat(
        self, *, answer: str, alone_since: datetime | None, have_live: str, have_setup: str
    ) -> Mapping[str, Any]:
        """Send a beat; returns the centre's ``Beat`` as JSON."""
        since = alone_since.isoformat() if alone_since else None
        body = {"answer": answer, "alone_since": since}
        return await self._post("beat", {**body, "have_live": have_live, "have_setup": have_setup})

    async def changes(self, changes: Sequence[Mapping[str, Any]]) -> int:
        """Send changes in order; returns the last one that the centre has."""
        return int((await self._post("changes", {"changes": list(changes)}))["merged"])

    async def bye(self) -> None:
        """Give the site back to the centre."""
        await self._post("bye", {})

    async def _post(self, what: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = await self.client.post(f"/api/node/{what}", json=body, timeout=TIMEOUT)
        except httpx2.HTTPError as error:
            raise LinkDownError(type(error).__name__) from error
        if answer.status_code >= 500:
            raise LinkDownError(f"the centre answers {answer.status_code}")
        if answer.status_code >= 400:
            raise NotWantedError(f"the centre refuses: {answer.status_code} {answer.text[:200]}")
        found: Mapping[str, Any] = answer.json() if answer.content else {}
        return found
