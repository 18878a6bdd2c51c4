"""What a channel of delivery is: how a result reaches its holder, and how a holder proves something.

The core never names a wallet. A channel maps between its own system and the words below; an exception that is
not ``NotDeliverable`` brings the same delivery again later, with the same key.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import httpx2

Capability = Literal["deliver", "withdraw", "authenticate", "present", "bind_transaction"]
CAPABILITIES: frozenset[Capability] = frozenset(
    {"deliver", "withdraw", "authenticate", "present", "bind_transaction"}
)
#: Levels of assurance, lowest first: how sure it is that the right person stands at the other end.
LEVELS = ("none", "low", "substantial", "high")
How = Literal["offered", "pushed", "published", "handed_over", "by_staff"]


class NotDeliverable(Exception):  # noqa: N818 -- an answer, not a fault
    """A channel cannot bring this result to this person, now or later: the next channel is owed."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en


@dataclass(frozen=True)
class Errand:
    """What a channel has in hand for one call.

    ``work`` is the transaction that ends the debt: what is written through it stands or falls with the
    delivery. ``http`` is a client for other systems: ten seconds, no redirects, and no
    machine behind our own door (``MOTCUA_INNER_NETWORKS`` names those that may be asked). ``base_url`` is the tenant's
    public address, ``settings`` what ``channels.toml`` says of this channel.
    """

    work: Any
    http: httpx2.AsyncClient
    base_url: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class IssuedResult:
    """A result as a channel sees it; ``pdf`` reads the signed document, ``claims`` what it says.

    ``pdf_sha256`` is the hash of what ``pdf`` reads: the file that lasts (PAdES B-LT) once there is one, else the one
    that was issued, whose hash is always ``issued_sha256``; the longer file begins with it, and both verify.
    ``kind`` is ``granted`` or ``refused``; ``type`` is empty where no electronic paper is made of it.
    """

    id: UUID
    dossier_id: UUID
    dossier_code: str
    procedure_code: str
    number: str
    kind: str
    type: str
    title_vi: str
    title_en: str
    verify_url: str
    pdf_sha256: str
    issued_at: datetime
    expires_at: datetime | None
    claims: Callable[[], Mapping[str, Any]] = field(repr=False)
    pdf: Callable[[], Awaitable[bytes]] = field(repr=False)
    issued_sha256: str = ""


@dataclass(frozen=True)
class Person:
    """The holder in clear; nothing of it may stand in a log, an event or an error."""

    pid: str = field(repr=False)
    full_name: str = field(repr=False)
    birth: date | None = field(repr=False, default=None)
    phone: str = field(repr=False, default="")
    address: str = field(repr=False, default="")


@dataclass(frozen=True)
class Holder:
    """Whose result it is. ``read`` opens the person's data; that it was read is an event the person sees."""

    id: UUID
    read: Callable[[], Awaitable[Person]] = field(repr=False)


@dataclass(frozen=True)
class Delivery:
    """What became of one call of ``deliver``.

    ``offered``: the holder can take it (at ``link``). ``pushed``: it lies in the holder's wallet.
    ``published``: it lies where the holder's wallet reads it. ``handed_over``: somebody has it in hands.
    ``by_staff``: the channel is people; it waits for them. ``receipt`` is what the other system calls it.
    """

    how: How
    receipt: str = ""
    link: str = ""

    @property
    def arrived(self) -> bool:
        """True when the holder has it; what is offered or published arrives with a word from there."""
        return self.how in ("pushed", "handed_over")


@dataclass(frozen=True)
class ClaimsRequest:
    """What is to be proven: names of claims in our words, and for what.

    ``transaction`` is bound to the answer where the channel can: what is signed, such as the hash of a form.
    """

    claims: tuple[str, ...]
    purpose: Literal["login", "check_in", "prefill", "sign"]
    return_url: str
    assurance: str = "low"
    transaction: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Interaction:
    """A proof that was begun: where the person goes, until when, and what ``finish`` needs to know again.

    ``kept`` stays with whoever began it, sealed and bound to one browser; it is no address.
    """

    id: str
    url: str
    expires_at: datetime
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class VerifiedClaims:
    """What a channel proved, the same whatever the channel: kiosk, form and sign-in know no other words."""

    claims: Mapping[str, Any] = field(repr=False)
    source: str
    assurance: str
    evidence_sha256: str
    checked_at: datetime


class WalletChannel(Protocol):
    """One way to a holder. ``key`` is the plugin's name, or begins with it and a hyphen.

    ``assurance`` is the level of ``LEVELS`` with which what it delivers reaches the right person. Methods of
    capabilities that a channel does not have are never called.
    """

    @property
    def key(self) -> str: ...
    @property
    def title_vi(self) -> str: ...
    @property
    def title_en(self) -> str: ...
    @property
    def capabilities(self) -> frozenset[Capability]: ...
    @property
    def assurance(self) -> str: ...

    async def deliver(
        self, errand: Errand, result: IssuedResult, holder: Holder, idem: str
    ) -> Delivery:
        """Bring a result to its holder; the same ``idem`` again is the same delivery, with its receipt."""
        ...

    async def withdraw(self, errand: Errand, result: IssuedResult, reason: str, idem: str) -> None:
        """Take back every copy; again, or of what was never there, it does nothing."""
        ...

    async def start(self, errand: Errand, need: ClaimsRequest) -> Interaction:
        """Begin a proof (``authenticate`` or ``present``)."""
        ...

    async def finish(
        self, errand: Errand, interaction: Interaction, raw: Mapping[str, str]
    ) -> VerifiedClaims:
        """Check what came back in ``raw`` and return what is proven; a ``Problem`` says what is wrong."""
        ...
