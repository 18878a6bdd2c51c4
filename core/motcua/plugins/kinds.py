"""The kinds of things that plugins hand over."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID

import sqlalchemy as sa


@dataclass(frozen=True)
class PluginInfo:
    """What a plugin says of itself: ``PLUGIN = PluginInfo(...)`` in its top module."""

    name: str
    version: str
    title_vi: str
    title_en: str
    api: str = "1"
    permissions: Sequence[str] = ()


@dataclass(frozen=True)
class Migrations:
    """A plugin's own tables: the folder of its Alembic versions and its models.

    Its tables' names start with ``prefix`` and an underscore.
    """

    prefix: str
    versions: Path
    tables: Sequence[sa.Table]


@dataclass(frozen=True)
class IdentityProvider:
    """An OpenID Connect provider by which ``citizen`` or ``staff`` sign in.

    ``issuer`` is the address below which ``/.well-known/openid-configuration`` is found; one that begins
    with ``/`` lies below the tenant's own address. The claims that are read: ``sub``, ``name``; of citizens ``personal_id``, ``birthdate``, ``gender``, ``address``,
    ``phone_number``; of staff ``preferred_username``.
    """

    key: str
    audience: str
    title_vi: str
    title_en: str
    issuer: str
    client_id: str
    client_secret: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a dossier may not change, in the user's words."""

    vi: str
    en: str


@dataclass(frozen=True)
class Message:
    """A short message to one person.

    ``id`` is the idempotency key: the same message may be handed over again. ``contact`` is a telephone in
    its domestic form (``0912345678``); it may stand in no log and no error.
    """

    id: UUID
    kind: str
    contact: str
    text: str
    language: str


@dataclass(frozen=True)
class NoticeChannel:
    """A way to bring messages to people.

    ``send`` is ``async (work, message) -> reference``: what the other system calls the message, or an empty
    text. An exception brings the message again later.
    """

    key: str
    title_vi: str
    title_en: str
    send: Callable[[Any, Message], Awaitable[str]]


@dataclass(frozen=True)
class RevocationProof:
    """What an authority says about a certificate: a CRL or an OCSP response, in DER."""

    kind: Literal["crl", "ocsp"]
    der: bytes


@dataclass(frozen=True)
class SignatureServices:
    """A time-stamping authority, and what is known about certificates that are not the platform's own.

    ``roots`` is ``async (work) -> certificates in PEM`` that its stamps lead to. ``time_stamp`` is ``async
    (work, request) -> response``, a TimeStampReq and its TimeStampResp (RFC 3161) in DER. ``proofs`` is
    ``async (work, certificate, issuer) -> proofs``, both certificates in DER: of the stamp's chain, and of a
    signer's where an outside authority certified it. An exception brings the document again later.
    """

    key: str
    title_vi: str
    title_en: str
    roots: Callable[[Any], Awaitable[Sequence[bytes]]]
    time_stamp: Callable[[Any, bytes], Awaitable[bytes]]
    proofs: Callable[[Any, bytes, bytes], Awaitable[Sequence[RevocationProof]]]


class DemoPerson(Protocol):
    """A synthetic person of a demo; ``kind`` is ``citizen`` or ``staff``."""

    @property
    def kind(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def full_name(self) -> str: ...
    @property
    def personal_id(self) -> str: ...
    @property
    def claims(self) -> dict[str, Any]: ...
