from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from motcua.wallet import certificates, jose

Refused = Callable[[str], Any]


def test_a_signing_certificate_leads_to_the_root(issuer: Any, now: datetime) -> None:
    leaf = certificates.check_chain(issuer.chain, roots=[issuer.root], now=now)
    assert certificates.hosts_of(leaf) == ["qn.localhost"]
    assert jose.thumbprint(certificates.key_of(leaf)) == issuer.kid
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=366)


def test_it_ends_after_a_year_and_never_lives_longer(
    issuer: Any, now: datetime, refused: Refused
) -> None:
    for moment in (now + timedelta(days=366), now - timedelta(days=1)):
        with refused("untrusted_certificate"):
            certificates.check_chain(issuer.chain, roots=[issuer.root], now=moment)
    root = certificates.make_root("Gốc", now=now)
    with pytest.raises(ValueError, match="one year"):
        _document(root, now, lifetime=timedelta(days=400))


def test_another_root_a_self_signed_leaf_and_the_root_itself_are_refused(
    issuer: Any, now: datetime, refused: Refused
) -> None:
    other = certificates.make_root("Gốc thử nghiệm", now=now).certificate
    for chain, roots in ((issuer.chain, [other]), (issuer.chain, []), ([other], [other])):
        with refused("untrusted_certificate"):
            certificates.check_chain(chain, roots=roots, now=now)


def test_a_document_certificate_binds_the_signer(now: datetime) -> None:
    root = certificates.make_root("Gốc", now=now)
    leaf = _document(root, now)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    assert leaf.subject.rfc4514_string().startswith("CN=Con dấu số")
    assert certificates.check_chain([leaf], roots=[root.certificate], now=now) == leaf


def test_the_header_leaves_the_root_out(issuer: Any, refused: Refused) -> None:
    values = certificates.x5c([*issuer.chain, issuer.root])
    assert len(values) == 1
    assert certificates.read_x5c(values) == list(issuer.chain)
    with pytest.raises(ValueError, match="self-signed"):
        certificates.x5c([issuer.root])
    for wrong in (None, [], ["AA=="], [1], values * 6):
        with refused("malformed"):
            certificates.read_x5c(wrong)


def test_certificates_survive_pem(issuer: Any) -> None:
    pem = certificates.to_pem(*issuer.chain, issuer.root)
    assert certificates.from_pem(pem) == [*issuer.chain, issuer.root]


def _document(
    root: certificates.Authority, now: datetime, *, lifetime: timedelta = timedelta(days=365)
) -> x509.Certificate:
    return certificates.document_certificate(
        root,
        jose.generate_key(),
        name="Con dấu số",
        organization="Tỉnh thử nghiệm",
        now=now,
        lifetime=lifetime,
    )
