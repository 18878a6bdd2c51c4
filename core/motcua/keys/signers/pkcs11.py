"""Keys in a hardware security module, by PKCS #11 (OASIS, version 2.40 and later).

The module makes the key as sensitive and not extractable: it signs, and never leaves. Needs the package
``python-pkcs11`` (``pip install motcua[pkcs11]``) and the maker's library.
"""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from motcua.ids import uuid7
from motcua.keys.signers.base import Made, unavailable
from motcua.keys.signers.secrets import secret_of
from motcua.wallet import jose

T = TypeVar("T")


class Pkcs11Store:
    """One token of one module. One session is kept open, and opened again when the module was away."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._module = str(settings["module"])
        self._token = str(settings["token"])
        self._pin = secret_of(settings, "pin")
        self._lock = threading.Lock()
        self._session: Any = None
        self._keys: dict[str, Any] = {}

    def make(self, label: str) -> Made:
        """Make a key pair in the token; its reference is the CKA_ID, in hex."""
        reference = uuid7().bytes
        point = self._with_session(lambda session: _generate(session, reference, label))
        public = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        return Made(reference.hex(), jose.key_from_public(public))

    def sign(self, reference: str, data: bytes) -> bytes:
        """Sign the SHA-256 of ``data`` in the token (CKM_ECDSA)."""
        digest = hashlib.sha256(data).digest()
        return self._with_session(lambda session: self._sign(session, reference, digest))

    def _sign(self, session: Any, reference: str, digest: bytes) -> bytes:
        import pkcs11

        key = self._keys.get(reference)
        if key is None:
            key = session.get_key(
                object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=bytes.fromhex(reference)
            )
            self._keys[reference] = key
        return bytes(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))

    def _with_session(self, act: Callable[[Any], T]) -> T:
        """Act in the kept session; once more in a new one, when the old one is no longer good."""
        try:
            import pkcs11
        except ImportError as error:
            raise unavailable("the package python-pkcs11 is not installed", error) from error
        with self._lock:
            for last in (False, True):
                try:
                    return act(self._session or self._open())
                except (pkcs11.PKCS11Error, pkcs11.NoSuchKey, RuntimeError, OSError) as error:
                    self._forget()
                    if last:
                        said = f"{type(error).__name__} {error}".strip()
                        raise unavailable(f"token {self._token!r}", said) from error
        raise AssertionError("the second try returns or raises")

    def _open(self) -> Any:
        import pkcs11

        token = pkcs11.lib(self._module).get_token(token_label=self._token)
        try:
            self._session = token.open(rw=True, user_pin=self._pin)
        except (
            pkcs11.UserAlreadyLoggedIn
        ):  # by another session of this process: a login is the process's
            self._session = token.open(rw=True)
        return self._session

    def _forget(self) -> None:
        import pkcs11

        session, self._session, self._keys = self._session, None, {}
        if session is not None:
            with contextlib.suppress(pkcs11.PKCS11Error):  # it is gone, that is why
                session.close()


def _generate(session: Any, reference: bytes, label: str) -> bytes:
    """Make the pair; returns the public point, 65 bytes."""
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    parameters = session.create_domain_parameters(
        pkcs11.KeyType.EC,
        {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
        local=True,
    )
    public, _ = parameters.generate_keypair(
        store=True,
        id=reference,
        label=label,
        private_template={
            pkcs11.Attribute.SENSITIVE: True,
            pkcs11.Attribute.EXTRACTABLE: False,
            pkcs11.Attribute.SIGN: True,
        },
    )
    return _point(public[pkcs11.Attribute.EC_POINT])


def _point(encoded: bytes) -> bytes:
    """Unwrap the OCTET STRING around the point (PKCS #11 section 2.3.3); some modules leave it out."""
    return encoded[2:] if len(encoded) == 67 and encoded[:2] == b"\x04\x41" else encoded
