"""Answers to presentation requests: the honest one, and those with one thing wrong."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from motcua.wallet import certificates, jose, sdjwt
from motcua.wallet.holder import Asked, Paper
from tests.core.wallet.archive import KIND, NAME, Archive


def query_of(link: str) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(link).query).items()}


def honest(asked: Asked) -> str:
    paper, reveal = asked.choices["paper"]
    return forged_answer(asked, paper, reveal=reveal)


def forged_answer(
    asked: Asked,
    paper: Paper,
    *,
    reveal: Any = ("full_name", "register_kind"),
    nonce: str = "",
    aud: str = "",
    key: jose.Key | None = None,
    iat: datetime | None = None,
    tamper: bool = False,
    unbound: bool = False,
    none: bool = False,
    shape: Any = None,
) -> str:
    """Return a ``vp_token``, with one thing wrong."""
    if shape is not None:
        return json.dumps(shape)
    text = sdjwt.present(
        paper.credential,
        reveal,
        holder_key=key or paper.key,
        nonce=nonce or asked.request.nonce,
        aud=aud or asked.request.client_id,
        iat=iat or datetime.now(UTC),
    )
    token, *disclosed, bound = text.split("~")
    if tamper:
        disclosed[0] = jose.b64u(json.dumps(["c2FsdA", "full_name", "Ai Khác"]).encode())
    if none:
        head = jose.b64u(b'{"alg":"none","typ":"dc+sd-jwt"}')
        token = f"{head}.{token.split('.')[1]}."
        token += jose.b64u(b"x")
    return json.dumps({"paper": ["~".join((token, *disclosed, "" if unbound else bound))]})


async def send_answer(archive: Archive, asked: Asked, vp_token: str) -> httpx2.Response:
    form = {"vp_token": vp_token, "state": str(asked.request.state)}
    return await archive.client.post(asked.request.response_uri, data=form)


def issued_by(root: certificates.Authority, host: str, said: str, uri: str | None) -> Paper:
    """Return a paper that somebody with a certificate of ``root`` for ``host`` made."""
    key, holder, now = jose.generate_key(), jose.generate_key(), datetime.now(UTC)
    leaf = certificates.credential_certificate(
        root, key, name="Nơi cấp", organization="Nơi cấp", host=host, now=now
    )
    claims = {"full_name": NAME, "register_kind": "disability"}
    text = sdjwt.issue(
        claims,
        {"full_name"},
        issuer=said,
        vct=f"{said}/vct/{KIND}/1",
        key=key,
        kid=jose.thumbprint(key),
        x5c=certificates.x5c([leaf]),
        holder_jwk=jose.public_jwk(holder),
        status=sdjwt.Status(uri, 1) if uri else None,
        iat=now,
        exp=now + timedelta(days=1),
    )
    content = sdjwt.verify_credential(text, issuer_key_lookup=lambda i, h: key, now=now)
    return Paper(text, holder, content)
