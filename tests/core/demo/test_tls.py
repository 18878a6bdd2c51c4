"""The demo over TLS: one authority that is harmless to trust, and a certificate that names every host."""

import asyncio
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from motcua import http
from motcua.demo import tls
from motcua.demo.serve import serving
from motcua.platform import Platform

pytestmark = pytest.mark.anyio
HOSTS = ["localhost", "vi.localhost", "quang-ninh.localhost"]
NOW = datetime.now(UTC)


def test_the_same_files_serve_until_they_are_old_or_lack_a_host(tmp_path: Path) -> None:
    first = tls.prepare(tmp_path, HOSTS, NOW)
    authority, server = first.authority.read_bytes(), first.certificate.read_bytes()
    tls.prepare(tmp_path, HOSTS[:2], NOW)
    assert first.certificate.read_bytes() == server
    tls.prepare(tmp_path, [*HOSTS, "moi.localhost"], NOW)
    assert first.certificate.read_bytes() != server
    tls.prepare(tmp_path, HOSTS, NOW + timedelta(days=85))
    assert first.authority.read_bytes() == authority, "whoever trusts it need not trust another"
    tls.prepare(tmp_path, HOSTS, NOW + timedelta(days=729))
    assert first.authority.read_bytes() != authority


def test_every_host_stands_in_the_certificate_by_name(tmp_path: Path) -> None:
    files = tls.prepare(tmp_path, HOSTS, NOW)
    leaf = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == HOSTS
    assert (files.key.stat().st_mode & 0o777) == 0o600


def test_the_authority_can_speak_for_no_host_but_localhost(tmp_path: Path) -> None:
    """A stolen demo key must be no danger to whoever trusted it."""
    files = tls.prepare(tmp_path, HOSTS, NOW)
    trust = ssl.create_default_context(cafile=files.authority)
    assert _shakes_hands(trust, files.certificate, files.key, "quang-ninh.localhost")
    forged = tmp_path / "forged.pem"
    _forge(files, tmp_path / "https" / "ca-key.pem", forged, "bank.example")
    assert not _shakes_hands(trust, forged, files.key, "bank.example")


async def test_the_platform_is_served_over_tls_with_secure_cookies(
    platform: Platform, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    files = tls.prepare(tmp_path, [*HOSTS, "ha-noi.localhost"], NOW)
    settings = replace(platform.settings, base_url=f"https://localhost:{port}", redis_url="")
    over = replace(platform, settings=settings, cache={})
    http.trust_also(files.authority)
    async with serving(over, port, files), http.client() as client:
        for label in ("quang-ninh", "ha-noi"):
            url = f"https://{label}.localhost:{port}"
            about = (await client.get(f"{url}/.well-known/openid-credential-issuer")).json()
            assert about["credential_issuer"] == url
            assert about["credential_endpoint"].startswith(url)
        away = await client.get(f"https://quang-ninh.localhost:{port}/sign-in")
        set_cookies = away.headers.get_list("set-cookie")
        assert set_cookies
        assert all("secure" in cookie.lower() for cookie in set_cookies)
        old = ssl.create_default_context(cafile=files.authority)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=old, server_hostname="vi.localhost"
        )
        writer.close()


def test_a_file_that_is_no_certificate_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing")
    with pytest.raises(ValueError, match="no certificate"):
        http.trust_also(tmp_path / "x.pem")


def _shakes_hands(trust: ssl.SSLContext, certificate: Path, key: Path, host: str) -> bool:
    """Do a TLS handshake in memory; tell whether the client believed the server."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return client.version() is not None


def _forge(files: tls.Tls, authority_key: Path, target: Path, host: str) -> None:
    above = x509.load_pem_x509_certificate(files.authority.read_bytes())
    signer = serialization.load_pem_private_key(authority_key.read_bytes(), None)
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(above.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .sign(signer, hashes.SHA256())
    )
    target.write_bytes(made.public_bytes(serialization.Encoding.PEM) + files.authority.read_bytes())
