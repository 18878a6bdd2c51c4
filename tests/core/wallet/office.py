"""An office for tests: issues one kind of paper and asks for it, with the pure functions only."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from motcua.wallet import dcql, jose, metadata, nonces, proofs, requests, sdjwt, statuslist
from motcua.wallet.metadata import Claim, Configuration, Names
from motcua.wallet.refusal import CredentialError

SECRET = b"s" * 32
CODE, TX_CODE = "the-code", "493536"
Answer = tuple[int, str, bytes]


@dataclass
class Office:
    """Answers requests of wallets below ``url``; ``issuer`` holds key and certificate for its host."""

    url: str
    issuer: Any
    now: datetime
    claims: dict[str, Any]
    ready: bool = True
    query: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    verified: list[sdjwt.Verified] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    revoked: bool = False

    @property
    def vct(self) -> str:
        return f"{self.url}/vct/residence/1"

    @property
    def client_id(self) -> str:
        return requests.client_id_of(self.issuer.chain[0])

    @property
    def offer_link(self) -> str:
        return f"openid-credential-offer://?credential_offer_uri={self.url}/offers/1"

    @property
    def request_link(self) -> str:
        return requests.request_link(
            "openid4vp://", client_id=self.client_id, request_uri=f"{self.url}/vp/1/request"
        )

    def handle(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one request: status, content type, body."""
        path = urlsplit(url).path
        documents = {
            "/.well-known/openid-credential-issuer": self._issuer,
            "/.well-known/oauth-authorization-server": lambda: metadata.authorization_server(
                self.url
            ),
            "/.well-known/jwt-vc-issuer": lambda: metadata.jwt_vc_issuer(
                self.url, [self.issuer.key]
            ),
            "/offers/1": self._offer,
        }
        if method == "GET" and path in documents:
            return _json(200, {**documents[path](), **self.changes.get(path, {})})
        if method == "GET" and path == "/vp/1/request":
            return 200, requests.MEDIA_TYPE, self._request().encode()
        if method == "GET" and path == "/status/1":
            return 200, statuslist.MEDIA_TYPE, self._status_list().encode()
        posts = {
            "/token": self._token,
            "/nonce": self._nonce,
            "/credential": self._credential,
            "/deferred": self._deferred,
            "/notification": self._notification,
            "/vp/1/response": self._response,
        }
        if method != "POST" or path not in posts:
            return _json(404, {"error": "not_found"})
        try:
            return posts[path](headers, body)
        except CredentialError as error:
            self.errors.append(error.reason_code)
            return _json(400, {"error": error.reason_code, "error_description": error.description})

    def _issuer(self) -> dict[str, Any]:
        claims = tuple(Claim(name, Names(name.title(), name)) for name in self.claims)
        kind = Configuration("residence", self.vct, Names("Xác nhận cư trú", "Residence"), claims)
        return metadata.credential_issuer(self.url, Names("Tỉnh thử nghiệm", "Test"), [kind])

    def _offer(self) -> dict[str, Any]:
        return metadata.credential_offer(self.url, ["residence"], CODE, tx_code_length=6)

    def _token(self, headers: dict[str, str], body: bytes) -> Answer:
        form = {n: v[0] for n, v in parse_qs(body.decode()).items()}
        if (form.get("pre-authorized_code"), form.get("tx_code")) != (CODE, TX_CODE):
            return _json(400, {"error": "invalid_grant", "error_description": "wrong code"})
        return _json(200, {"access_token": "at", "token_type": "Bearer", "expires_in": 300})

    def _nonce(self, headers: dict[str, str], body: bytes) -> Answer:
        return _json(200, {"c_nonce": nonces.make_nonce(SECRET, tenant="t", now=self.now)})

    def _credential(self, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != "Bearer at":
            return _json(401, {"error": "invalid_token"})
        asked = json.loads(body)
        assert asked["credential_configuration_id"] == "residence"
        self.holders = proofs.check_proofs(
            asked["proofs"]["jwt"],
            audience=self.url,
            check_nonce=lambda n: nonces.check_nonce(n, SECRET, tenant="t", now=self.now),
            now=self.now,
            batch_size=5,
        )
        if not self.ready:
            return _json(202, {"transaction_id": "later", "interval": 1})
        return self._issue()

    def _deferred(self, headers: dict[str, str], body: bytes) -> Answer:
        assert json.loads(body) == {"transaction_id": "later"}
        return self._issue() if self.ready else _json(202, {"transaction_id": "later"})

    def _issue(self) -> Answer:
        options = {"issuer": self.url, "vct": self.vct, "key": self.issuer.key, **self.changes}
        made = [
            sdjwt.issue(
                self.claims,
                set(self.claims),
                issuer=options["issuer"],
                vct=options["vct"],
                key=options["key"],
                kid=self.issuer.kid,
                x5c=None,
                holder_jwk=options.get("holder", jwk),
                status=sdjwt.Status(f"{self.url}/status/1", 7),
                iat=self.now,
                exp=self.now + timedelta(days=30),
            )
            for jwk in self.holders
        ]
        answer = {"credentials": [{"credential": c} for c in made], "notification_id": "n1"}
        return _json(200, answer)

    def _notification(self, headers: dict[str, str], body: bytes) -> Answer:
        self.events.append(json.loads(body)["event"])
        return 204, "application/json", b""

    def _request(self) -> str:
        need = dcql.Need("home", (self.vct,), (dcql.Wanted(("full_name",)),))
        self.query = self.query or dcql.build_query([need])
        return requests.build_request(
            key=self.issuer.key,
            chain=self.issuer.chain,
            response_uri=f"{self.url}/vp/1/response",
            nonce="n" * 22,
            state="s" * 22,
            query=self.query,
            client_name="Quầy 3",
            now=self.now,
        )

    def _response(self, headers: dict[str, str], body: bytes) -> Answer:
        form = {n: v[0] for n, v in parse_qs(body.decode()).items()}
        assert form["state"] == "s" * 22
        if "error" in form:
            self.errors.append(form["error"])
            return _json(200, {})
        answer = {}
        for name, (presentation,) in json.loads(form["vp_token"]).items():
            seen = sdjwt.verify_presentation(
                presentation,
                issuer_key_lookup=lambda iss, h: self.issuer.key if iss == self.url else None,
                nonce="n" * 22,
                aud=self.client_id,
                now=self.now,
                max_age=timedelta(minutes=5),
            )
            self.verified.append(seen)
            answer[name] = (seen.vct, seen.claims)
        dcql.check_answer(self.query, answer)
        return _json(200, {"redirect_uri": f"{self.url}/done#response_code=r"})

    def _status_list(self) -> str:
        changed = {7: statuslist.REVOKED} if self.revoked else {}
        return statuslist.make_token(
            statuslist.build(changed, size=1024, bits=2),
            bits=2,
            uri=f"{self.url}/status/1",
            key=self.issuer.key,
            kid=self.issuer.kid,
            x5c=None,
            iat=self.now,
            lifetime=timedelta(hours=1),
            ttl=timedelta(minutes=5),
        )


def wrong_key() -> dict[str, Any]:
    """Return a change that makes the office sign with a key that is not its own."""
    return {"key": jose.generate_key()}


def _json(status: int, body: dict[str, Any]) -> Answer:
    return status, "application/json", json.dumps(body).encode()
