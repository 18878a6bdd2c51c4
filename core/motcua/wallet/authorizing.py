"""Authorization code flow: a pushed request, the consent of the holder, a code (OpenID4VCI 1.0 section 5).

The request comes by the back door only (RFC 9126), so that nothing of it can be changed in the browser. Its address
is used once, within a minute, and gives the browser a ticket; the code lives a minute, is used once, and opens
only to who knows the PKCE verifier (RFC 7636, S256), names the same redirect address and, where a key was bound,
holds it.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from motcua.errors import Gone, NotFound
from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import details, grants, issuer, jose, offering
from motcua.wallet.answers import ProtocolError
from motcua.wallet.grants import WALLET, Caller, Subject

REQUEST_LIFETIME = timedelta(seconds=60)
TICKET_LIFETIME = timedelta(minutes=10)
CODE_LIFETIME = timedelta(seconds=60)
PREFIX = "urn:ietf:params:oauth:request_uri:"

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
# A browser would run or read these instead of opening a wallet.
_SCHEMES_REFUSED = frozenset(
    {
        "about",
        "blob",
        "content",
        "data",
        "file",
        "filesystem",
        "ftp",
        "javascript",
        "vbscript",
        "ws",
        "wss",
    }
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST = 2000

_PUSH = """
insert into authorization_request (id, uri_hash, client_id, redirect_uri, state, challenge, jkt, type,
  identified, offer_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_OFFER = """
select id, type, flow, tries, used_at, expires_at from credential_offer where code_hash = $1
"""
_OPEN = """
update authorization_request set ticket_hash = $2, expires_at = $3
where uri_hash = $1 and client_id = $4 and ticket_hash is null and expires_at > $5 returning id
"""
_TICKET = """
select a.id, a.client_id, a.redirect_uri, a.state, a.type, a.identified, a.offer_id,
  o.result_id as offered_result, o.dossier_id as offered_dossier
from authorization_request a
left join credential_offer o on o.tenant_id = a.tenant_id and o.id = a.offer_id
where a.ticket_hash = $1 and a.answered_at is null and a.expires_at > $2 for update of a
"""
_ANSWER = """
update authorization_request set answered_at = $2, code_hash = $3, grant_id = $4, expires_at = $5
where id = $1
"""
_USE_OFFER = """
update credential_offer set used_at = $2 where id = $1 and used_at is null and expires_at > $3
returning id
"""
_CODE = """
select a.id, a.client_id, a.redirect_uri, a.challenge, a.jkt, a.grant_id, a.expires_at, a.used_at,
  g.trace_id, g.dossier_id
from authorization_request a
join credential_grant g on g.tenant_id = a.tenant_id and g.id = a.grant_id
where a.code_hash = $1 for update of a, g
"""
_USED = "update authorization_request set used_at = $2 where id = $1"


async def push(
    platform: Platform, tenant: Tenant, form: Mapping[str, str], caller: Caller
) -> dict[str, Any]:
    """Take a request in and return its address (RFC 9126 section 2).

    Raises ``ProtocolError``: ``invalid_request``, ``unsupported_response_type``, ``invalid_scope``,
    ``invalid_authorization_details``, ``invalid_dpop_proof``.
    """
    client_id, redirect_uri = _checked(form, caller)
    known = await issuer.configurations(platform, tenant)
    kind, identified = details.configuration(form, known.keys())
    secret = token()
    async with platform.works.begin(tenant, WALLET) as work:
        offer = await _offer(work, form.get("issuer_state", ""))
        if offer is not None and kind not in (None, offer["type"]):
            raise ProtocolError("invalid_request", "issuer_state belongs to another configuration")
        if kind is None and offer is None:
            raise ProtocolError("invalid_scope", "scope or authorization_details is missing")
        await work.tx.execute(
            _PUSH,
            uuid7(),
            digest(secret),
            client_id,
            redirect_uri,
            form.get("state"),
            form["code_challenge"],
            caller.jkt or form.get("dpop_jkt"),
            kind or (offer["type"] if offer else None),
            identified,
            offer["id"] if offer else None,
            work.now + REQUEST_LIFETIME,
        )
    return {
        "request_uri": PREFIX + secret,
        "expires_in": int(REQUEST_LIFETIME.total_seconds()),
    }


async def open_request(platform: Platform, tenant: Tenant, client_id: str, request_uri: str) -> str:
    """Use a request's address up and return the ticket for this browser; ``Gone`` when it is none."""
    ticket = token()
    async with platform.works.begin(tenant, WALLET) as work:
        opened = await work.tx.fetchval(
            _OPEN,
            digest(request_uri.removeprefix(PREFIX)),
            digest(ticket),
            work.now + TICKET_LIFETIME,
            client_id,
            work.now,
        )
    if opened is None:
        raise Gone(
            "Yêu cầu của ví đã được dùng hoặc đã hết hạn. Hãy mở lại từ ví.",
            "The wallet's request was used or has expired. Start again from the wallet.",
        )
    return ticket


async def waiting(work: Work, ticket: str) -> Record:
    """Return the request that waits for an answer in this browser; ``NotFound`` when there is none."""
    row = await work.tx.fetchrow(_TICKET, digest(ticket), work.now) if ticket else None
    if row is None:
        raise NotFound(
            "Không có yêu cầu nào của ví đang chờ ở trình duyệt này. Hãy mở lại từ ví.",
            "No wallet's request waits in this browser. Start again from the wallet.",
        )
    return row


async def consent(platform: Platform, work: Work, row: Record, subject: Subject) -> str:
    """Write the holder's consent down; returns where the browser goes, with code, state and issuer."""
    if row["offer_id"] is not None and not await work.tx.fetchval(
        _USE_OFFER, row["offer_id"], work.now, work.now - TICKET_LIFETIME
    ):
        raise Gone("Lời mời đã hết hiệu lực.", "The offer was used or has expired.")
    work.trace_id = subject.trace_id
    grant = await grants.create(
        work, subject, client_id=row["client_id"], identified=row["identified"]
    )
    code = token()
    await work.tx.execute(
        _ANSWER, row["id"], work.now, digest(code), grant, work.now + CODE_LIFETIME
    )
    payload = {"type": subject.type}
    work.emit("wallet.authorized", subject.result_id or subject.dossier_id, payload)
    return _back(platform, work.tenant, row, code=code)


async def deny(platform: Platform, work: Work, row: Record) -> str:
    """Note that the holder does not want it; returns where the browser goes."""
    await work.tx.execute(_ANSWER, row["id"], work.now, None, None, work.now)
    return _back(platform, work.tenant, row, error="access_denied")


async def redeem(
    platform: Platform, tenant: Tenant, form: Mapping[str, str], caller: Caller
) -> dict[str, Any]:
    """Answer ``grant_type=authorization_code``; ``ProtocolError``: ``invalid_request``, ``invalid_grant``.

    A code that comes a second time ends what the first one brought (RFC 6749 section 4.1.2), and that stays
    although the request is refused.
    """
    for name in ("code", "redirect_uri", "code_verifier"):
        if not form.get(name):
            raise ProtocolError("invalid_request", f"{name} is missing")
    async with platform.works.begin(tenant, WALLET) as work:
        given = await _redeem(work, form, caller)
    if isinstance(given, str):
        raise ProtocolError("invalid_grant", given)
    return given


async def _redeem(work: Work, form: Mapping[str, str], caller: Caller) -> dict[str, Any] | str:
    """Return a token response, or why not. Never raises: an end must stay."""
    row = await work.tx.fetchrow(_CODE, digest(form["code"]))
    if row is None or (row["expires_at"] <= work.now and row["used_at"] is None):
        return "the code is unknown or has expired"
    work.trace_id = row["trace_id"]
    if row["used_at"] is not None:
        await grants.end(work, row["grant_id"], row["dossier_id"], "code used twice")
        return "the code was used before"
    # Whoever has stolen it tries once.
    await work.tx.execute(_USED, row["id"], work.now)
    if (caller.client_id, form["redirect_uri"]) != (row["client_id"], row["redirect_uri"]):
        return "client_id or redirect_uri is not that of the request"
    if not verified(form["code_verifier"], row["challenge"]):
        return "code_verifier does not match code_challenge"
    if row["jkt"] is not None and row["jkt"] != caller.jkt:
        return "the DPoP key is not that of the request"
    return await grants.give(work, row["grant_id"], caller)


def verified(verifier: str, challenge: str) -> bool:
    """Tell whether a PKCE verifier belongs to a challenge (RFC 7636 section 4.6, S256)."""
    made = jose.b64u(sha256(verifier.encode()).digest())
    return bool(_VERIFIER.fullmatch(verifier)) and hmac.compare_digest(made, challenge)


async def _offer(work: Work, issuer_state: str) -> Record | None:
    if not issuer_state:
        return None
    row = await work.tx.fetchrow(_OFFER, digest(issuer_state))
    if row is None or row["flow"] != offering.SIGN_IN or offering.ended(row, work.now):
        raise ProtocolError("invalid_request", "issuer_state is unknown, used or expired")
    return row


def _checked(form: Mapping[str, str], caller: Caller) -> tuple[str, str]:
    """Return client and redirect address of a request that is complete."""
    if "request" in form or "request_uri" in form:
        raise ProtocolError("invalid_request", "request objects are not taken here")
    if form.get("response_type") != "code":
        raise ProtocolError("unsupported_response_type", "response_type must be code")
    if caller.client_id is None:
        raise ProtocolError("invalid_request", "client_id is missing")
    if form.get("code_challenge_method") != "S256":
        raise ProtocolError("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(form.get("code_challenge", "")):
        raise ProtocolError("invalid_request", "code_challenge is missing or not a SHA-256")
    if len(form.get("state", "")) > _LONGEST:
        raise ProtocolError("invalid_request", "state is too long")
    if caller.jkt and form.get("dpop_jkt", caller.jkt) != caller.jkt:
        raise ProtocolError("invalid_dpop_proof", "dpop_jkt is not the key of the proof")
    return caller.client_id, _redirect_uri(form.get("redirect_uri", ""))


def _redirect_uri(uri: str) -> str:
    """Check where the browser goes afterwards: https, this very device, or an application (RFC 8252)."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    plain = parts.scheme == "http" and not _on_this_device(host)
    no_host = parts.scheme in {"http", "https"} and not host
    # "https://bank.vn@elsewhere" and "https://elsewhere\.bank.vn" show people the wrong name.
    named = "@" in parts.netloc or "\\" in uri
    wrong = not parts.scheme or plain or no_host or named or parts.scheme in _SCHEMES_REFUSED
    if wrong or parts.fragment or len(uri) > _LONGEST or not uri.isascii() or not uri.isprintable():
        raise ProtocolError("invalid_request", "redirect_uri is missing or cannot be used")
    return uri


def _on_this_device(host: str | None) -> bool:
    # Names below "localhost" are this device too (RFC 6761 section 6.3): where the demo's own wallet lives.
    return host in _LOOPBACK or bool(host and host.endswith(".localhost"))


def _back(platform: Platform, tenant: Tenant, row: Record, **said: str) -> str:
    """Return the redirect address with the answer; ``iss`` says whose it is (RFC 9207)."""
    if row["state"] is not None:
        said["state"] = row["state"]
    said["iss"] = issuer.url_of(platform, tenant)
    parts = urlsplit(row["redirect_uri"])
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *said.items()])
    return urlunsplit(parts._replace(query=query))


def shown(redirect_uri: str) -> str:
    """Return what a person sees of a redirect address: the host, or the application's scheme."""
    parts = urlsplit(redirect_uri)
    return parts.netloc if parts.scheme in {"http", "https"} else f"{parts.scheme}:"
