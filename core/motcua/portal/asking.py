"""Who asks at an open door of the queue: a citizen who is signed in, or nobody in particular with a telephone."""

from dataclasses import dataclass
from uuid import UUID

from motcua import notices
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.people.parse import parse_phone
from motcua.platform import Platform
from motcua.queues import confirming, knocks
from motcua.tenancy.tenant import Tenant
from motcua.web.here import AnyRequest, here, province_of

_PHONE = "select phone_sealed from person where id = $1"
NOBODY = Actor("visitor")


@dataclass(frozen=True)
class Asker:
    """``person`` is the citizen's id, or None; ``known`` whether any session stands behind the request."""

    platform: Platform
    tenant: Tenant
    actor: Actor
    person: UUID | None
    known: bool
    address: str
    lang: str

    async def knock(self, work: Work, kind: str) -> None:
        """Count this request when nobody is signed in; ``TooManyTries`` when there were too many."""
        if not self.known:
            await knocks.refuse_crowd(work, kind, self.address)
            knocks.note(work, kind, self.address)

    async def confirm(self, contact: str, typed: str) -> None:
        """Let a telephone to which messages will go be confirmed by its code, unless somebody is signed in.

        ``Invalid`` at ``code`` when nothing was typed, which sends it, and for a wrong one; ``TooManyTries``.
        """
        if not contact or self.known or not notices.reach(self.platform, self.tenant):
            return
        # What was counted stands before anything is refused.
        async with self.platform.works.begin(self.tenant, self.actor) as work:
            if not typed.strip():
                await confirming.ask(work, contact, self.address, self.lang)
                refused = confirming.owed()
            elif await confirming.check(work, contact, typed, self.address):
                return
            else:
                refused = confirming.wrong()
        raise refused

    async def own_phone(self) -> str:
        """Return the telephone the citizen is known by, or an empty text."""
        if self.person is None:
            return ""
        async with self.platform.db.tenant(self.tenant) as tx:
            sealed = await tx.fetchval(_PHONE, self.person)
        return self.platform.vaults.of(self.tenant.id).open(sealed) if sealed else ""


def asker(request: AnyRequest) -> Asker:
    """Return who asks here; 404 on the host of no province."""
    tenant = province_of(request)
    where = here(request)
    session = where.session
    citizen = session is not None and session.kind == "citizen"
    # The connection's own address: what a header says of it, anybody can write.
    address = request.client.host if request.client else ""
    return Asker(
        platform=request.app.state.platform,
        tenant=tenant,
        actor=session.actor if session else NOBODY,
        person=session.subject if session and citizen else None,
        known=session is not None,
        address=address,
        lang=where.lang,
    )


def phone_of(text: str) -> str:
    """Return a telephone as it is kept, empty when nothing was typed; ``Invalid`` for a wrong one."""
    return parse_phone(text) if text.strip() else ""


def code_of(text: str) -> str:
    """Return a code as it is kept, whatever a person typed around it."""
    return "".join(c for c in text.upper() if c.isalnum() and c.isascii())[:16]
