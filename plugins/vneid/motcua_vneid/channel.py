"""The channel: results out, proofs in; VNeID's words become ours here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from motcua.api import (
    ASSURANCE_LEVELS,
    ChannelCapability,
    ClaimsRequest,
    Delivery,
    Errand,
    Forbidden,
    Holder,
    Interaction,
    IssuedResult,
    Unavailable,
    VerifiedClaims,
    random_code,
    token,
)
from motcua_vneid import crypto, store
from motcua_vneid.client import SANDBOX, Client, Said, document, is_sandbox

KEY = "vneid"
LIFETIME = timedelta(minutes=5)
#: Level 2 is given in person, with the card and the face (Decree 69/2024).
_ASSURANCE = {"1": "low", "2": "high"}
#: Our words for theirs.
_CLAIMS = {"personal_id": "citizenPid", "full_name": "fullName", "birth_date": "birthDate"}
_BIRTH_DIGITS = 8


@dataclass(frozen=True)
class VNeID:
    """VNeID for one tenant; ``settings``: ``endpoint``, ``client_id``, ``mode`` = ``push`` or ``publish``."""

    key: str = KEY
    title_vi: str = "VNeID"
    title_en: str = "VNeID"
    capabilities: frozenset[ChannelCapability] = frozenset(
        {"deliver", "withdraw", "authenticate", "present"}
    )
    assurance: str = "high"

    async def deliver(
        self, errand: Errand, result: IssuedResult, holder: Holder, idem: str
    ) -> Delivery:
        """Push a result into the application, or publish it where the application reads."""
        person = await holder.read()
        paper = await _paper(result)
        if _publishes(errand):
            kept = await store.put(errand.work, "published", idem, person.pid, paper)
            return Delivery("published", receipt=str(kept))
        client = await _client(errand)
        said = await client.post(
            "/documents", json={"requestId": idem, "citizenPid": person.pid, "document": paper}
        )
        return Delivery("pushed", receipt=str(said.content.get("receipt", "")))

    async def withdraw(self, errand: Errand, result: IssuedResult, reason: str, idem: str) -> None:
        """Take it out of the source, and out of the application: whichever way it went."""
        await store.take_back(errand.work, "published", idem)
        if not _publishes(errand):
            client = await _client(errand)
            await client.post("/documents/withdraw", json={"requestId": idem, "reason": reason})

    async def start(self, errand: Errand, need: ClaimsRequest) -> Interaction:
        """Begin a sign-in, or a sharing of data."""
        client, state = await _client(errand), token()
        expires = errand.work.now + LIFETIME
        if need.purpose == "login":
            kept = {"flow": "code", "redirect_uri": need.return_url, "assurance": need.assurance}
            return Interaction(state, client.sign_in_url(state, need.return_url), expires, kept)
        wanted = [_CLAIMS[name] for name in need.claims if name in _CLAIMS]
        back = f"{need.return_url}{'&' if '?' in need.return_url else '?'}{urlencode({'state': state})}"
        asked = {"data": [*wanted, "accountLevel"], "returnUrl": back, "requestId": random_code(16)}
        said = await client.post("/share/init", json=asked)
        transaction = str(said.content.get("transactionId", ""))
        url = f"{client.endpoint}/share?{urlencode({'transactionId': transaction})}"
        kept = {"flow": "share", "transaction": transaction, "assurance": need.assurance}
        return Interaction(state, url, expires, kept)

    async def finish(
        self, errand: Errand, interaction: Interaction, raw: Mapping[str, str]
    ) -> VerifiedClaims:
        """Check the state, fetch what was signed in or shared, and say it in our words.

        ``Forbidden``: not ours, too late, refused, or below the assurance asked for; ``Unavailable``.
        """
        client = await _client(errand)
        if raw.get("state") != interaction.id or interaction.expires_at <= errand.work.now:
            raise _not_ours()
        try:
            said = await _said(client, interaction.kept, raw)
        except crypto.UnreadableError as error:
            raise _not_ours() from error
        assurance = _ASSURANCE.get(str(said.content.get("accountLevel", "")), "none")
        if ASSURANCE_LEVELS.index(assurance) < ASSURANCE_LEVELS.index(
            interaction.kept.get("assurance", "none")
        ):
            raise Forbidden(
                "Tài khoản VNeID chưa đạt mức cần thiết. Hãy nâng mức định danh tại cơ quan công an.",
                "The VNeID account's level is too low for this. Have it raised by the police.",
            )
        claims = {
            ours: said.content[theirs] for ours, theirs in _CLAIMS.items() if theirs in said.content
        }
        if "birth_date" in claims:
            claims["birth_date"] = _day(str(claims["birth_date"]))
        return VerifiedClaims(claims, KEY, assurance, said.evidence, errand.work.now)


async def _said(client: Client, kept: Mapping[str, str], raw: Mapping[str, str]) -> Said:
    if kept["flow"] == "code":
        access = await client.access(client.code(raw), kept["redirect_uri"])
        return await client.person(access)
    asked = {"transactionId": kept["transaction"], "consentId": raw.get("consentId", "")}
    return await client.post("/share/transaction", json=asked)


async def _client(errand: Errand) -> Client:
    """Return the client; ``Unavailable`` before the province's key was registered."""
    key = await store.client_key(errand.work)
    if key is None and is_sandbox(errand):
        # The sandbox makes it in a transaction of its own: both sides read it from there on.
        await errand.http.post(f"{errand.base_url}{SANDBOX}/registration")
        key = await store.client_key(errand.work)
    if key is None:
        raise Unavailable(
            "Tỉnh chưa có khóa cho VNeID. Quản trị viên mở /x/vneid/key và gửi khóa công khai cho VNeID.",
            "The province has no key for VNeID. The administrator opens /x/vneid/key and registers it.",
        )
    return Client(errand, key)


def _publishes(errand: Errand) -> bool:
    return bool(errand.settings.get("mode", "push") == "publish")


async def _paper(result: IssuedResult) -> dict[str, Any]:
    expires = result.expires_at.isoformat() if result.expires_at else ""
    return {
        "result": str(result.id),
        "number": result.number,
        "title": result.title_vi,
        "issuedAt": result.issued_at.isoformat(),
        "expiresAt": expires,
        "verifyUrl": result.verify_url,
        "sha256": result.pdf_sha256,
        "pdf": document(await result.pdf()),
    }


def _day(text: str) -> str:
    """Return a day as ISO 8601, whether it came so, as ``dd/mm/yyyy`` or as ``yyyymmdd``."""
    if len(text) == _BIRTH_DIGITS and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if text.count("/") == 2:
        day, month, year = text.split("/")
        return date(int(year), int(month), int(day)).isoformat()
    return text


def _not_ours() -> Forbidden:
    return Forbidden(
        "Lượt xác thực này không còn hiệu lực hoặc không bắt đầu từ đây. Hãy làm lại từ đầu.",
        "This proof has run out or was not begun here. Please start again.",
    )
