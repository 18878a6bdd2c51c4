"""Keys behind a signing service: HTTP with a token, a client's certificate, or both.

The service answers two requests; both bodies are JSON, binary values base64url:

    POST <url>/keys        {"label": …}                         201 {"key": …, "jwk": {…}}
    POST <url>/sign        {"key": …, "alg": "ES256", "data": …} 200 {"signature": …}

``data`` is the very text to be signed (a JWS signing input, or the signed attributes of a PDF); the service hashes it.

A service that is named by an address or by a name of the inner network is meant there. A public name may lead
to the public net and to the ``networks`` of the settings only, whatever a resolver says.
"""

import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from motcua.http import waiting_client
from motcua.keys.signers.base import Made, unavailable
from motcua.keys.signers.secrets import secret_of
from motcua.reach import Reach, is_public_name, read_networks
from motcua.wallet import jose
from motcua.wallet.refusal import CredentialError

_SECONDS = 5.0
_LONGEST = 16_384
_ANYWHERE = ("0.0.0.0/0", "::/0")


class RemoteStore:
    """One signing service. Nothing is retried here: whoever asked for the signature decides."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._url = str(settings["url"]).rstrip("/")
        self._settings = settings
        self._seconds = float(settings.get("timeout_seconds", _SECONDS))
        self._lock = threading.Lock()
        self._kept: httpx2.Client | None = None

    def make(self, label: str) -> Made:
        """Let the service make a key pair."""
        said = self._post("/keys", {"label": label}, 201)
        reference, jwk = said.get("key"), said.get("jwk")
        if not isinstance(reference, str) or not reference or not isinstance(jwk, dict):
            raise unavailable(self._url, "the answer names no key")
        try:
            return Made(reference, jose.key_from_jwk(jwk))
        except CredentialError as error:
            raise unavailable(self._url, error) from error

    def sign(self, reference: str, data: bytes) -> bytes:
        """Let the service sign."""
        asked = {"key": reference, "alg": jose.ALGORITHM, "data": jose.b64u(data)}
        signature = self._post("/sign", asked, 200).get("signature")
        if not isinstance(signature, str):
            raise unavailable(self._url, "the answer holds no signature")
        try:
            return jose.b64u_decode(signature)
        except CredentialError as error:
            raise unavailable(self._url, error) from error

    def _post(self, path: str, body: Mapping[str, str], expected: int) -> dict[str, Any]:
        try:
            with self._client().stream("POST", self._url + path, json=dict(body)) as answer:
                if answer.status_code != expected:
                    raise unavailable(self._url, f"answered {answer.status_code}")
                content = self._read(answer)
        except httpx2.ConnectError as error:
            raise unavailable(self._url, f"ConnectError: {error}") from error
        except (httpx2.HTTPError, ssl.SSLError, OSError) as error:
            raise unavailable(self._url, type(error).__name__) from error
        try:
            return jose.json_object(content)
        except CredentialError as error:
            raise unavailable(self._url, error) from error

    def _read(self, answer: httpx2.Response) -> bytes:
        """Read an answer as far as it may be long, and as long as it may take: a transaction waits for it."""
        content, until = b"", time.monotonic() + self._seconds
        for chunk in answer.iter_raw():
            content += chunk
            if len(content) > _LONGEST:
                raise unavailable(self._url, "the answer is too long")
            if time.monotonic() > until:
                raise unavailable(self._url, "the answer takes too long")
        return content

    def _client(self) -> httpx2.Client:
        with self._lock:
            if self._kept is None:
                token = secret_of(self._settings, "token")
                self._kept = waiting_client(
                    self._reach(),
                    self._context(),
                    timeout=self._seconds,
                    headers={"accept-encoding": "identity"}
                    | ({"authorization": f"Bearer {token}"} if token else {}),
                )
            return self._kept

    def _reach(self) -> Reach:
        public = is_public_name(urlsplit(self._url).hostname or "")
        return Reach(read_networks(self._settings.get("networks", ()) if public else _ANYWHERE))

    def _context(self) -> ssl.SSLContext:
        """Trust the service's own authority only, where one is named; show our certificate."""
        context = ssl.create_default_context(cafile=self._settings.get("ca"))
        if certificate := self._settings.get("certificate"):
            context.load_cert_chain(certificate, self._settings.get("key"))
        return context
