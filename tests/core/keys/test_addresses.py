"""Certificates say where the list of revoked ones is, and the certificate above; and both are there."""

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from asn1crypto import pem  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathValidationError

from motcua import clock
from motcua.events.log import SYSTEM
from motcua.keys import crls, revoking, root, rotation
from motcua.platform import Platform
from motcua.wallet import certificates
from motcua.web.gate import Gate
from tests.conftest import NewTenant
from tests.core.keys.conftest import Keyring, NewKeyring

pytestmark = pytest.mark.anyio
_PUBLIC = "https://motcua.example.vn"


@pytest.fixture
async def ring(platform: Platform, new_tenant: NewTenant) -> Keyring:
    """Return a tenant whose keys were made while its address was public."""
    found = Keyring(platform, await new_tenant())
    public = replace(platform.settings, base_url=_PUBLIC)
    async with platform.works.begin(found.tenant, SYSTEM) as work:
        await rotation.make_missing(work.tx, work.vault, public, work.now)
    return found


def _addresses(certificate: x509.Certificate) -> tuple[str, str]:
    lists = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    above = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    assert not lists.critical
    assert not above.critical
    (point,), (found,) = list(lists.value), list(above.value)
    assert point.full_name is not None
    assert found.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    return point.full_name[0].value, found.access_location.value


async def _fetched(app: Gate, ring: Keyring, url: str) -> httpx2.Response:
    """Ask the running house what its public address would answer."""
    assert url.startswith(f"https://{ring.tenant.slug}.motcua.example.vn/")
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport) as client:
        return await client.get(f"http://{ring.tenant.host}:8000{urlsplit(url).path}")


async def test_leaf_and_authority_lead_to_lists_and_certificates_that_are_there(
    ring: Keyring, app: Gate
) -> None:
    top = root.load_or_make(ring.platform.settings, clock.now()).certificate
    for purpose in ("document", "credential"):
        leaf, authority = (await ring.signer(purpose)).chain
        for below, above in [(leaf, authority), (authority, top)]:
            lists, issuer = _addresses(below)
            answer = await _fetched(app, ring, issuer)
            assert answer.headers["content-type"] == "application/pkix-cert"
            assert x509.load_der_x509_certificate(answer.content) == above
            found = x509.load_der_x509_crl((await _fetched(app, ring, lists)).content)
            assert found.issuer == above.subject
            assert found.get_revoked_certificate_by_serial_number(below.serial_number) is None
    assert (await _fetched(app, ring, issuer.replace("root", "00"))).status_code == 404


async def test_openssl_and_pyhanko_believe_the_leaf_by_what_lies_at_its_addresses(
    ring: Keyring, app: Gate, tmp_path: Path
) -> None:
    signer = await ring.signer("document")
    files = [
        (await _fetched(app, ring, _addresses(below)[0])).content
        for below in (signer.chain[0], signer.chain[1])
    ]
    top = root.certificate_file(ring.platform.settings).read_bytes()
    assert "OK" in _openssl(tmp_path, signer.chain, top, files)
    leaf, above = (asn1.Certificate.load(certificates.der(c)) for c in signer.chain)
    anchor = asn1.Certificate.load(pem.unarmor(top)[2])
    context = ValidationContext(
        trust_roots=[anchor], crls=files, allow_fetching=False, revocation_mode="require"
    )
    await CertificateValidator(leaf, [above], context).async_validate_path()
    await revoking.revoke(ring.platform, ring.tenant, SYSTEM, signer.kid, "thử")
    files[0] = (await _fetched(app, ring, _addresses(signer.chain[0])[0])).content
    assert "revoked" in _openssl(tmp_path, signer.chain, top, files)
    context = ValidationContext(
        trust_roots=[anchor], crls=files, allow_fetching=False, revocation_mode="require"
    )
    with pytest.raises(PathValidationError, match="revoked"):
        await CertificateValidator(leaf, [above], context).async_validate_path()


def _openssl(
    folder: Path, chain: tuple[x509.Certificate, ...], top: bytes, lists: list[bytes]
) -> str:
    parts = {"leaf": chain[:1], "ca": chain[1:]}
    for name, found in parts.items():
        (folder / f"{name}.pem").write_bytes(certificates.to_pem(*found))
    (folder / "root.pem").write_bytes(top)
    (folder / "lists.pem").write_bytes(b"".join(pem.armor("X509 CRL", one) for one in lists))
    words = ["openssl", "verify", "-crl_check_all", "-CAfile", "root.pem", "-untrusted", "ca.pem"]
    said = subprocess.run(
        [*words, "-CRLfile", "lists.pem", "leaf.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout + said.stderr


async def test_the_next_keys_have_their_addresses_as_well(ring: Keyring) -> None:
    url = replace(ring.platform.settings, base_url=_PUBLIC).public_url_of(ring.tenant.slug)
    async with ring.platform.works.begin(ring.tenant, SYSTEM) as work:
        await rotation.publish(work, "document", timedelta(0), url)
        await rotation.rotate(work, "credential", url)
    authority = (await ring.rows("authority"))[-1]
    for purpose in ("document", "credential"):
        leaf = certificates.from_pem((await ring.rows(purpose))[-1].certificate.encode())[0]
        assert _addresses(leaf)[0] == url + crls.path_of(authority.kid)


async def test_an_installation_that_others_do_not_find_writes_no_address(
    new_keyring: NewKeyring,
) -> None:
    ring = await new_keyring()
    for certificate in (await ring.signer("credential")).chain:
        with pytest.raises(x509.ExtensionNotFound):
            _addresses(certificate)


async def test_the_document_key_of_a_renamed_tenant_is_made_anew(ring: Keyring) -> None:
    """Its certificate bears no host: the authority above says for whom it signs."""
    renamed = replace(ring, tenant=replace(ring.tenant, host="ten-moi.localhost"))
    assert sorted(key.purpose for key in await renamed.make()) == [
        "authority",
        "credential",
        "document",
    ]
    assert await renamed.make() == []
