"""Signing an application with a wallet: the identity paper's key signs the hash of the form.

What is signed is the canonical spelling (RFC 8785) of everything that is submitted. The evidence holds all that
is needed to check it again, years later and without the network: form, presentation with key binding,
transaction data, certificates and moment. It is kept sealed with the dossier.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from motcua.catalogue.reading import canonical
from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    certificates,
    checking,
    issuer,
    jose,
    proving,
    sdjwt,
    transactions,
    trust_store,
    vocabulary,
)
from motcua.wallet.refusal import CredentialError
from motcua.wallet.responding import SIGN, Signed
from motcua.wallet.trust import Trust, TrustedIssuer
from motcua.wallet.vocabulary import Known

_PERSON = "select pid_index from person where id = $1"
_KEEP = """
insert into dossier_signature (id, dossier_id, form_digest, kind, issuer, signed_at, evidence_sealed)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_READ = "select evidence_sealed from dossier_signature where dossier_id = $1"


class Form(msgspec.Struct, frozen=True):
    """What is signed: the answers, the unit that decides (its code), and each paper by what was handed in.

    ``papers`` maps a paper to the SHA-256 of its files or the digest of the credential that stands for it.
    """

    procedure: str
    version: str
    unit: str
    fee: int
    answers: dict[str, Any]
    papers: dict[str, list[str]]

    @property
    def text(self) -> str:
        """The canonical spelling: what forms hold has no fractions, so sorted keys are all RFC 8785 asks."""
        return canonical(msgspec.to_builtins(self)).decode()


class Evidence(msgspec.Struct, frozen=True):
    """A signature with everything it takes to check it again; ``form`` is the text that was signed."""

    form: str
    transaction_data: list[str]
    presentation: str
    nonce: str
    client_id: str
    anchors: str
    issuer: str
    issuer_name: str
    kind: str
    kind_vi: str
    kind_en: str
    facts: dict[str, str]
    signed_at: datetime

    @property
    def form_sha256(self) -> str:
        """The hash that was signed."""
        return sha256(self.form)

    @property
    def name(self) -> str:
        """Who signed, as the paper calls him."""
        return self.facts[vocabulary.NAME]


class Checked(msgspec.Struct, frozen=True):
    """What checking a signature again gave: empty ``reason`` when it holds; ``path`` leaf first."""

    reason: str
    path: list[tuple[str, str]]

    @property
    def holds(self) -> bool:
        """Whether the signature is what it was on the day it was made."""
        return not self.reason


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


async def possible(platform: Platform, tenant: Tenant) -> bool:
    """Tell whether anybody we believe issues a paper that may sign."""
    kinds = {known.kind for known in vocabulary.identity_papers(tenant)}
    if kinds & {kind for kind, _ in await issuer.all_papers(platform)}:
        return True
    async with platform.db.tenant(tenant) as tx:
        trust = await trust_store.trust_of(platform, tx)
    return any(kinds & set(one.types or {}) for one in trust.issuers.values() if one.outside)


async def start(
    platform: Platform,
    work: Work,
    form: Form,
    *,
    subject_id: UUID,
    draft_id: UUID,
    back: str,
    about: str = "",
) -> str:
    """Ask a person to sign this form with his identity paper; returns the link that opens his wallet."""
    trust = await trust_store.trust_of(platform, work.tx)
    facts = (vocabulary.NAME, vocabulary.NUMBER)
    query = vocabulary.query_for(trust, work.tenant, facts, work.now)
    entry = transactions.encode(
        transactions.DOSSIER,
        [credential["id"] for credential in query["credentials"]],
        {"procedure": form.procedure, "form_sha256": sha256(form.text), "fee": form.fee},
    )
    wish = proving.Wish(SIGN, subject_id, draft_id, query, back, [entry], about)
    return await proving.start(platform, work, wish)


async def collect(
    platform: Platform,
    work: Work,
    form: Form,
    *,
    asked_id: UUID,
    code: str,
    subject_id: UUID,
    draft_id: UUID,
) -> Evidence:
    """Return the evidence of a signature that was just made over this very form.

    ``NotFound`` and ``Conflict`` as ``proving.collect``; ``Conflict`` too when the paper is another
    person's, or the form is not the one that was signed.
    """
    row, kept = await proving.collect(work, asked_id, SIGN, subject_id, draft_id, code)
    signed = msgspec.json.decode(kept, type=Signed)
    ((kind, proven),) = signed.proven.items()
    known = next(k for k in vocabulary.identity_papers(work.tenant) if k.kind == kind)
    trust = await trust_store.trust_of(platform, work.tx)
    believed = trust.issuer(proven.issuer, work.now)
    evidence = Evidence(
        form=form.text,
        transaction_data=row["transaction_data"],
        presentation=signed.given[kind],
        nonce=row["nonce"],
        client_id=row["client_id"],
        anchors=certificates.to_pem(*believed.anchors).decode(),
        issuer=proven.issuer,
        issuer_name=proven.issuer_name,
        kind=kind,
        kind_vi=known.name_vi,
        kind_en=known.name_en,
        facts=known.told(proven.claims),
        signed_at=row["finished_at"],
    )
    await _check_person(work, subject_id, evidence)
    if not (found := check_again(evidence, known)).holds:
        raise CredentialError(found.reason, "the form is not the one that was signed")
    return evidence


async def keep(work: Work, dossier_id: UUID, evidence: Evidence) -> None:
    """Put the evidence beside a dossier that was submitted with it."""
    await work.tx.execute(
        _KEEP,
        uuid7(),
        dossier_id,
        evidence.form_sha256,
        evidence.kind,
        evidence.issuer,
        evidence.signed_at,
        work.vault.seal(msgspec.json.encode(evidence).decode()),
    )
    payload = {"form_sha256": evidence.form_sha256, "issuer": evidence.issuer}
    work.emit("dossier.signed", dossier_id, {**payload, "kind": evidence.kind})


async def of_dossier(work: Work, dossier_id: UUID) -> Evidence | None:
    """Return the signature of a dossier; None when it was submitted without one."""
    row: Record | None = await work.tx.fetchrow(_READ, dossier_id)
    if row is None:
        return None
    return msgspec.json.decode(work.vault.open(row["evidence_sealed"]), type=Evidence)


def check_again(evidence: Evidence, known: Known | None = None) -> Checked:
    """Check a signature with nothing but its evidence, as on the day it was made.

    The certificates lead to the anchors believed then, the issuer signed the paper, the holder's key signed
    exactly this transaction, and the transaction is exactly this form. The status was checked then. ``known``
    says how the paper is read; without it the claims are compared by value.
    """
    anchors = certificates.from_pem(evidence.anchors.encode())
    believed = TrustedIssuer(evidence.issuer, evidence.issuer_name, tuple(anchors), outside=True)
    try:
        seen = _presented(evidence, believed)
        transactions.check(evidence.transaction_data, {evidence.kind: seen.key_binding})
        _check_form(evidence)
        told = set(known.told(seen.claims).items()) if known else set()
        if known and not set(evidence.facts.items()) <= told:
            raise CredentialError("bad_disclosure", "the facts are not those of the paper")
        if not set(evidence.facts.values()) <= {str(value) for value in seen.claims.values()}:
            raise CredentialError("bad_disclosure", "the facts are not those of the paper")
    except CredentialError as error:
        return Checked(error.reason_code, [])
    return Checked("", _path(evidence, anchors))


def _presented(evidence: Evidence, believed: TrustedIssuer) -> sdjwt.Verified:
    at, trust = evidence.signed_at, Trust.of([believed])
    return sdjwt.verify_presentation(
        evidence.presentation,
        issuer_key_lookup=lambda url, header: trust.key(url, header, at),
        nonce=evidence.nonce,
        aud=evidence.client_id,
        now=at,
        max_age=checking.MAX_AGE,
    )


def _check_form(evidence: Evidence) -> None:
    """Compare the transaction with the form: procedure, hash and fee."""
    if len(evidence.transaction_data) != 1:
        raise CredentialError(transactions.REFUSED, "a form is signed by one transaction")
    about = jose.json_object(jose.b64u_decode(evidence.transaction_data[0]))
    form = msgspec.json.decode(evidence.form, type=Form)
    said = {name: about.get(name) for name in ("type", "procedure", "form_sha256", "fee")}
    wanted: Mapping[str, Any] = {
        "type": transactions.DOSSIER,
        "procedure": form.procedure,
        "form_sha256": evidence.form_sha256,
        "fee": form.fee,
    }
    if said != wanted:
        raise CredentialError(transactions.REFUSED, "the transaction is about another form")


async def _check_person(work: Work, subject_id: UUID, evidence: Evidence) -> None:
    index = await work.tx.fetchval(_PERSON, subject_id)
    if index is None or bytes(index) != work.vault.index(evidence.facts[vocabulary.NUMBER]):
        raise Conflict(
            "Giấy tờ trong ví là của người khác nên không ký được hồ sơ của bạn.",
            "The paper in the wallet is another person's: it cannot sign your application.",
        )


def _path(evidence: Evidence, anchors: Sequence[Any]) -> list[tuple[str, str]]:
    """Return (subject, serial number) of each certificate, the paper's signer first."""
    chain = certificates.read_x5c(sdjwt.take_apart(evidence.presentation).header.get("x5c"))
    return [
        (one.subject.rfc4514_string(), format(one.serial_number, "x")) for one in (*chain, *anchors)
    ]
