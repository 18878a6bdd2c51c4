"""Speaking with VNeID: addresses, the token request, and answers that come wrapped.

Every endpoint lies below ``settings["endpoint"]``; one that begins with ``/`` lies below the tenant's own
address, and is the sandbox.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import rsa

from motcua.api import Errand, Forbidden, Unavailable
from motcua_vneid import crypto

SANDBOX = "/x/vneid/sandbox"
SANDBOX_SECRET = "sandbox-secret"  # noqa: S105 -- of the sandbox, and no secret
CLIENT_ID = "motcua"
_SECRET = "MOTCUA_VNEID_CLIENT_SECRET"  # noqa: S105 -- where it is found
_UNAUTHORISED = 401


def is_sandbox(errand: Errand) -> bool:
    """Tell whether this installation's own sandbox is spoken to."""
    return str(errand.settings.get("endpoint", SANDBOX)).rstrip("/") == SANDBOX


@dataclass(frozen=True)
class Said:
    """An opened answer, and the hash of it as it came: the evidence."""

    content: Mapping[str, Any]
    evidence: str


@dataclass(frozen=True)
class Client:
    """One tenant's side of VNeID for one call."""

    errand: Errand
    key: rsa.RSAPrivateKey

    @property
    def endpoint(self) -> str:
        """The address below which everything lies."""
        found = str(self.errand.settings.get("endpoint", SANDBOX)).rstrip("/")
        return self.errand.base_url + found if found.startswith("/") else found

    @property
    def client_id(self) -> str:
        """What VNeID calls this province."""
        return str(self.errand.settings.get("client_id", CLIENT_ID))

    @property
    def _secret(self) -> str:
        if is_sandbox(self.errand):
            return SANDBOX_SECRET
        return os.environ.get(_SECRET, "")

    def sign_in_url(self, state: str, redirect_uri: str) -> str:
        """Return where somebody signs in. No nonce: there is no ID token to hold it."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        return f"{self.endpoint}/authorize?{urlencode(asked)}"

    def code(self, raw: Mapping[str, str]) -> str:
        """Return the code of a callback: mended where a plus became a blank, unwrapped where it is wrapped.

        ``UnreadableError`` when it is not for us.
        """
        said = raw.get("code", "").replace(" ", "+")
        if not (key := raw.get("encrypt_key", "")):
            return said
        return crypto.unwrap(self.key, said, key).decode("ascii", "replace")

    async def access(self, code: str, redirect_uri: str) -> str:
        """Exchange a code; form-urlencoded, with the client's secret in the body."""
        said = await self.post(
            "/token",
            data={
                "grant_type": "authorization_code",
                "client_id": self.client_id,
                "client_secret": self._secret,
                "code": code,
                "redirect_uri": redirect_uri,
            },
        )
        return str(said.content.get("access_token", ""))

    async def person(self, access: str) -> Said:
        """Return the claims of whoever signed in."""
        headers = {"authorization": f"Bearer {access}"}
        answer = await self.errand.http.get(f"{self.endpoint}/userinfo", headers=headers)
        return self._opened(answer)

    async def post(self, path: str, **more: Any) -> Said:
        """Send a request of the province (``data`` as a form, ``json``), and open the answer."""
        headers = {"x-client-id": self.client_id, "x-client-secret": self._secret}
        answer = await self.errand.http.post(f"{self.endpoint}{path}", headers=headers, **more)
        return self._opened(answer)

    def _opened(self, answer: Any) -> Said:
        if answer.status_code == _UNAUTHORISED:
            raise Forbidden(
                "VNeID từ chối yêu cầu (401). Mã có thể đã quá hạn vài giây; nếu mọi yêu cầu đều bị từ "
                "chối, hãy kiểm tra địa chỉ IP đã đăng ký với VNeID và mã bí mật của ứng dụng.",
                "VNeID refused the request (401). The code may have run out, it lives for seconds; if "
                "every request is refused, check the registered IP address and the client's secret.",
            )
        if not answer.is_success:
            raise Unavailable(
                "VNeID đang không trả lời được.", f"VNeID answered {answer.status_code}."
            )
        try:
            content = crypto.opened(self.key, answer.json())
        except (crypto.UnreadableError, ValueError) as error:
            raise Unavailable(
                "Không đọc được câu trả lời của VNeID: khóa của tỉnh có thể đã đổi.",
                "The answer of VNeID cannot be opened: the province's key may have changed.",
            ) from error
        return Said(content, hashlib.sha256(answer.content).hexdigest())


def document(content: bytes) -> str:
    """Return a file as it travels."""
    return base64.b64encode(content).decode()
