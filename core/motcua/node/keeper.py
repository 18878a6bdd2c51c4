"""Who may write for the site: the centre, as long as this node grants it; else this node.

See ``motcua.queues.nodes`` for why both never write at once. Here: a beat every few seconds; after
``LEASE`` and a margin without an answer the node takes over; when the centre is back, its changes go there
in order, and only then the centre is granted the right again. The state outlives a crash of the node.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog

from motcua import clock
from motcua.node.link import Link, LinkDownError, NotWantedError
from motcua.node.store import Store
from motcua.queues.nodes import LEASE

#: How long the node waits after its last answer before it writes: the lease, and what clocks and a
#: transaction that is under way may need.
REST_SECONDS: Final = LEASE.total_seconds() + 5.0
BATCH: Final = 200
_log = structlog.get_logger(__name__)


class Keeper:
    """Keeps one site. ``state`` is ``linked`` (the centre writes), ``waiting`` (nobody does), ``alone``."""

    def __init__(
        self, store: Store, link: Link, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._link = link
        self._seconds = seconds
        self._asked = ""
        self._have = {"have_live": "", "have_setup": ""}
        # A node that starts does not know when it last answered: it waits the whole time.
        self._answered = seconds()
        self._since: datetime | None = None
        # Until the centre has said that it heard an answer it knows no end of its right, and goes on writing.
        self._granted = False
        self.state = "waiting"
        self.refused = ""

    async def start(self) -> None:
        """Go on where the machine was switched off: a node that was alone is alone."""
        self._since = await self._store.alone_since()
        if self._since is not None:
            self.state, self._granted = "alone", True

    async def tick(self) -> None:
        """Do one beat: call every two or three seconds."""
        try:
            if self.state == "alone":
                await self._hand_back()
            else:
                await self._beat()
            self.refused = ""
        except LinkDownError:
            await self._missed()
        except NotWantedError as refused:
            # Whoever runs the site decides: another node was paired, or this one forgotten.
            self.refused = str(refused)
            _log.error("node_not_wanted", said=str(refused))

    async def _beat(self) -> None:
        answer, self._asked = self._asked, ""
        if answer:
            # Noted before it is sent: it may arrive although no answer to it ever does.
            self._answered = self._seconds()
        said = await self._link.beat(answer=answer, alone_since=None, **self._have)
        await self._keep(said)
        self._asked = said["asked"]
        self._granted = self._granted or bool(answer)
        if answer and self.state != "linked":
            self.state = "linked"
            _log.info("site_linked")

    async def _keep(self, said: Mapping[str, Any]) -> None:
        if said["setup"] is not None or said["live"] is not None:
            await self._store.mirror(said["setup"], said["live"])
        self._have = {"have_live": said["live_digest"], "have_setup": said["setup_digest"]}

    async def _missed(self) -> None:
        if self.state == "alone":
            return
        if self.state == "linked":
            self.state = "waiting"
            _log.warning("site_link_lost")
        if self._granted and self._seconds() - self._answered >= REST_SECONDS:
            self._since = clock.now()
            await self._store.take_over(self._since)
            self.state = "alone"
            _log.warning("site_alone")

    async def _hand_back(self) -> None:
        """Send everything in order; when nothing is left, stop writing and let the centre write."""
        await self._link.beat(answer="", alone_since=self._since, **self._have)
        while True:
            batch = await self._store.changes(BATCH)
            if batch:
                await self._store.forget(await self._link.changes(batch))
            elif await self._store.stop_writing():
                break
        self._since, self.state = None, "waiting"
        self._have = {"have_live": "", "have_setup": ""}
        self._answered = self._seconds()
        # Twice: the first beat brings the question, the second grants the right.
        await self._beat()
        await self._beat()
