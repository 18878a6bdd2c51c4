"""The platform's root: its certificate on every machine, its key on none.

``<data>/root.pem`` is public; every verifier pins it. ``<data>/root-key.pem`` is needed only to certify a
tenant's authority, once in some years: it is encrypted under the installation's secret, and taken away after
use. Signers are replaced without it.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from motcua.errors import Unavailable
from motcua.settings import Settings
from motcua.tenancy.vault import derive
from motcua.wallet import certificates, jose

_NAME = "Một Cửa Root"
_SHORTEST = 12


@dataclass(frozen=True)
class Standing:
    """How the root stands on this machine."""

    certificate: x509.Certificate
    file: Path
    key_here: bool

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, by which people compare it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def certificate_file(settings: Settings) -> Path:
    """Return where the root's certificate lies: every verifier trusts what it signed."""
    return settings.data / "root.pem"


def key_file(settings: Settings) -> Path:
    """Return where the root's key lies while it is on this machine."""
    return settings.data / "root-key.pem"


def standing(settings: Settings) -> Standing | None:
    """Tell how the root stands; None when there is none yet."""
    file = certificate_file(settings)
    if not file.exists():
        return None
    found = certificates.from_pem(file.read_bytes())[0]
    return Standing(found, file, key_file(settings).exists())


def load_or_make(settings: Settings, now: datetime) -> certificates.Authority:
    """Return the root with its key; makes both on a new installation.

    ``Unavailable`` when there is a certificate but its key was taken away, as it should be.
    """
    found = standing(settings)
    if found is None:
        root = certificates.make_root(_NAME, now=now)
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_key(settings, root.key)
        certificate_file(settings).write_bytes(certificates.to_pem(root.certificate))
        return root
    if not found.key_here:
        raise Unavailable(
            "Khóa gốc không có trên máy này.",
            f"The root key is not at {key_file(settings)}: bring it back with"
            " `motcua keys root bring-back FILE`, then take it away again.",
        )
    return certificates.Authority(found.certificate, _read_key(settings, found.certificate))


def available(settings: Settings) -> bool:
    """Tell whether an authority can be certified now: the key is here, or nothing is here yet."""
    found = standing(settings)
    return found is None or found.key_here


def take_away(settings: Settings, file: Path, passphrase: str) -> Standing:
    """Write the root's key to ``file``, encrypted, read it again, and only then delete it here.

    ``ValueError`` when there is no key here, the file is there already, or the passphrase is short.
    """
    found = _needed(settings)
    if len(passphrase) < _SHORTEST:
        raise ValueError(f"the passphrase needs at least {_SHORTEST} characters")
    key = _read_key(settings, found.certificate)
    _create(file, _encrypted(key, passphrase.encode()))
    _opened(file, passphrase.encode(), found.certificate)
    key_file(settings).unlink()
    return Standing(found.certificate, found.file, key_here=False)


def bring_back(settings: Settings, file: Path, passphrase: str) -> Standing:
    """Put the root's key back from ``file``; ``ValueError`` when it is not this root's, or is here already."""
    found = standing(settings)
    if found is None:
        raise ValueError(f"there is no root at {certificate_file(settings)}: copy root.pem first")
    if found.key_here:
        raise ValueError("the root key is on this machine already")
    _write_key(settings, _opened(file, passphrase.encode(), found.certificate))
    return Standing(found.certificate, found.file, key_here=True)


@contextlib.contextmanager
def lent(settings: Settings, file: Path, passphrase: str) -> Iterator[certificates.Authority]:
    """Lend the root with a key from ``file`` (a stick, a safe): it is never written to this machine."""
    found = standing(settings)
    if found is None:
        raise ValueError(f"there is no root at {certificate_file(settings)}: copy root.pem first")
    key = _opened(file, passphrase.encode(), found.certificate)
    yield certificates.Authority(found.certificate, key)


def _needed(settings: Settings) -> Standing:
    found = standing(settings)
    if found is None or not found.key_here:
        raise ValueError("the root key is not on this machine: there is nothing to take away")
    return found


def _write_key(settings: Settings, key: jose.Key) -> None:
    _create(key_file(settings), _encrypted(key, _own_passphrase(settings)))


def _read_key(settings: Settings, certificate: x509.Certificate) -> jose.Key:
    return _opened(key_file(settings), _own_passphrase(settings), certificate)


def _own_passphrase(settings: Settings) -> bytes:
    return derive(settings.secret_key, "platform:root-key").hex().encode()


def _encrypted(key: jose.Key, passphrase: bytes) -> bytes:
    private = key.private_key
    if private is None:
        raise ValueError("the root key is not private")
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )


def _opened(file: Path, passphrase: bytes, certificate: x509.Certificate) -> jose.Key:
    """Read a key file, encrypted or (of an older installation) plain; it must be the certificate's."""
    pem = file.read_bytes()
    try:
        if b"ENCRYPTED" in pem:
            private = serialization.load_pem_private_key(pem, passphrase)
        else:
            private = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{file} does not open: wrong passphrase, or no key file") from error
    if (
        isinstance(private, EllipticCurvePrivateKey)
        and private.public_key() == certificate.public_key()
    ):
        return jose.key_from_private(private)
    raise ValueError(f"{file} is the key of another root, not of this installation's")


def _create(file: Path, content: bytes) -> None:
    """Write a new file for this user only; ``ValueError`` when there is one already."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ValueError(f"{file} exists already: nothing was overwritten") from error
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
