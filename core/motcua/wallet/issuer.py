"""A tenant as issuer and verifier: its address, its key with certificate, and what it can issue."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import structlog
from cryptography import x509

from motcua.catalogue.adopted import Adopted, TenantLaw
from motcua.catalogue.fields import Field
from motcua.catalogue.procedure import ResultRule
from motcua.keys import root, signing, store
from motcua.keys.signing import Signer
from motcua.platform import Platform
from motcua.tenancy.db import TenantTx
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import TenantVault
from motcua.wallet import certificates, jose
from motcua.wallet.metadata import Claim, Configuration, Names

_log = structlog.get_logger(__name__)

WALLET = "vi"
"""The label of the host on which the browser wallet answers."""

DOCUMENT = Claim("document", Names("Văn bản đã ký số", "Signed document"))
"""A claim of every credential: number, SHA-256 and address of the signed PDF. Always hidden."""


def url_of(platform: Platform, tenant: Tenant) -> str:
    """Return the credential issuer identifier of a tenant."""
    return platform.settings.url_of(tenant.slug)


def wallet_url(platform: Platform) -> str:
    """Return the address of the browser wallet, with the slash to which parameters are added."""
    return platform.settings.url_of(WALLET) + "/"


def vct_of(issuer: str, vct_type: str) -> str:
    """Return the type of an issuer's credentials of one kind."""
    return f"{issuer}/vct/{vct_type}/1"


def status_uri(issuer: str, list_id: object) -> str:
    """Return the address of a status list, exactly as credentials hold it."""
    return f"{issuer}/status/{list_id}"


def digest_of(uri: str, index: int) -> str:
    """Return by which an issued credential and its presentation are told to be the same one.

    Issuer and verifier compute it on their own from the status entry; it says nothing about the holder.
    """
    return hashlib.sha256(f"{uri}#{index}".encode()).hexdigest()


async def signer_of(tx: TenantTx, vault: TenantVault, now: datetime) -> Signer:
    """Return the current credential key; ``Unavailable`` when the tenant has none."""
    return await signing.current(tx, vault, store.CREDENTIAL, now)


async def public_keys(tx: TenantTx, now: datetime) -> list[jose.Key]:
    """Return the keys by which this tenant's credentials may be verified, former ones included."""
    return [jose.key_from_jwk(jwk) for jwk in await store.public(tx, store.CREDENTIAL, now)]


def roots(platform: Platform) -> list[x509.Certificate]:
    """Return the platform's root, which all tenants' certificates lead to."""
    kept = platform.cache.get("wallet.roots")
    if kept is None:
        file = root.certificate_file(platform.settings)
        kept = platform.cache["wallet.roots"] = certificates.from_pem(file.read_bytes())
    found: list[x509.Certificate] = kept
    return found


def provinces(platform: Platform) -> dict[str, Tenant]:
    """Return the trusted issuers by their address: every province of the directory."""
    return {url_of(platform, t): t for t in platform.directory.all() if t.is_province}


async def configurations(platform: Platform, tenant: Tenant) -> Mapping[str, Configuration]:
    """Return the kinds of credentials a tenant issues, by the type of the result.

    Versions that are no longer in force count too: their results are still delivered.
    """
    law = await platform.catalogue.of(tenant)
    kept = platform.cache.setdefault("wallet.configurations", {})
    if tenant.id not in kept or kept[tenant.id][0] is not law:
        kept[tenant.id] = (law, _configurations(url_of(platform, tenant), law))
    found: Mapping[str, Configuration] = kept[tenant.id][1]
    return found


async def all_papers(platform: Platform) -> list[tuple[str, Configuration]]:
    """Return kind and configuration of every paper of every province; one kind may come several times.

    A province whose law cannot be read (it has no calendar yet, or worse) issues nothing and stops nobody: it
    is named in the log.
    """
    found: list[tuple[str, Configuration]] = []
    for tenant in provinces(platform).values():
        try:
            papers = await configurations(platform, tenant)
        except Exception as error:  # noqa: BLE001 -- one tenant's failure never stops another
            _log.warning("province_without_papers", tenant=tenant.slug, error=repr(error))
        else:
            found.extend(papers.items())
    return found


def _configurations(issuer: str, law: TenantLaw) -> dict[str, Configuration]:
    found: dict[str, Configuration] = {}
    for procedure in sorted(law.procedures, key=lambda p: p.valid_from):
        rule = procedure.package.procedure.result
        if rule is None or not rule.type:
            continue
        before = found[rule.type].claims if rule.type in found else ()
        claims = {c.name: c for c in (*before, *_claims(procedure, rule), DOCUMENT)}
        names = Names(rule.name_vi, rule.name_en)
        found[rule.type] = Configuration(
            rule.type, vct_of(issuer, rule.type), names, tuple(claims.values())
        )
    return found


def _claims(procedure: Adopted, rule: ResultRule) -> list[Claim]:
    """Return the claims in the order of the questions they come from."""
    package = procedure.package
    drafted = package.draft.fields() if package.draft else []
    known: dict[str, Field] = {f"draft.{f.key}": f for f in drafted}
    known |= {f.key: f for f in drafted} | {f.key: f for f in package.form.fields()}
    order = [f.key for f in (*package.form.fields(), *drafted)]
    found = []
    for name, text in rule.claims.items():
        # A claim that merely repeats an answer under another name is called like the question.
        field = known.get(name) or known.get(text.strip())
        place = order.index(field.key) if field else len(order)
        found.append((place, _claim(name, field, hidden=name in rule.hidden)))
    return [claim for _, claim in sorted(found, key=lambda pair: pair[0])]


def _claim(name: str, field: Field | None, *, hidden: bool) -> Claim:
    if field is None:
        return Claim(name, Names(name, name), hidden)
    choices = tuple((c.value, Names(c.vi, c.en)) for c in field.choices)
    return Claim(name, Names(field.label("vi"), field.label("en")), hidden, choices=choices)
