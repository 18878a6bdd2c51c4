"""An office for tests: issues one kind of paper and asks for it, with the pure functions only."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from motcua.wallet import (
    certificates,
    dcql,
    dpop,
    jose,
    jwe,
    metadata,
    nonces,
    proofs,
    requests,
    sdjwt,
    statuslist,
    transactions,
)
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
    flow: str = "code_sent"
    later: int = 0
    """How often a wallet is told to come back."""
    stale: int = 0
    """How many nonces are refused before one is good."""
    dpop_nonce: str = ""
    """What a proof of a key must hold; told in every answer."""
    encrypt_to: jose.Key | None = None
    seals: jose.Key | None = None
    """Its key when it demands encrypted requests and answers to them."""
    holders: list[Any] = field(default_factory=list)
    strays: str = ""
    """What it does instead of answering encrypted as it was asked: ``open``, ``other_key``, ``other_enc``."""
    sealed: list[str] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    lasts: int = 300
    """How long its tokens last, in seconds."""

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
        documents: dict[str, Callable[[], dict[str, Any]]] = {
            "/.well-known/openid-credential-issuer": self._issuer,
            "/.well-known/oauth-authorization-server": lambda: metadata.authorization_server(
                self.url
            ),
            "/.well-known/jwt-vc-issuer": lambda: metadata.jwt_vc_issuer(
                self.url, [self.issuer.key]
            ),
            "/offers/1": self._offer,
            "/authorize": lambda: {"code": "ac", "state": self.asked["state"], "iss": self.url},
        }
        if method == "GET" and path in documents:
            return _json(200, {**documents[path](), **self.changes.get(path, {})})
        if method == "GET" and path == "/vp/1/request":
            return 200, requests.MEDIA_TYPE, self._request().encode()
        if method == "GET" and path == "/status/1":
            return 200, statuslist.MEDIA_TYPE, self._status_list().encode()
        posts = {
            "/par": self._par,
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
        names = Names("Tỉnh thử nghiệm", "Test")
        said = metadata.credential_issuer(self.url, names, [kind], batch_size=3)
        return said | (encryption(self.seals) if self.seals else {})

    def _offer(self) -> dict[str, Any]:
        if self.flow == "sign_in":
            return metadata.sign_in_offer(self.url, ["residence"], "the-state-of-the-issuer")
        return metadata.credential_offer(self.url, ["residence"], CODE, tx_code_length=6)

    def _proven(self, headers: dict[str, str], path: str, access: str | None = None) -> str | None:
        """Return the key of the proof; a wallet that has none gets a token without key."""
        if "dpop" not in headers:
            return None
        url = self.url + path
        found = dpop.check_proof(
            headers["dpop"], method="POST", url=url, now=self.now, access_token=access
        )
        if (found.nonce or "") != self.dpop_nonce:
            raise CredentialError("use_dpop_nonce", "the proof needs the nonce of this answer")
        return found.jkt

    def _par(self, headers: dict[str, str], body: bytes) -> Answer:
        self.asked = _form(body) | {"jkt": self._proven(headers, "/par") or ""}
        return _json(201, {"request_uri": "urn:1", "expires_in": 60})

    def _token(self, headers: dict[str, str], body: bytes) -> Answer:
        form, jkt = _form(body), self._proven(headers, "/token")
        if not self._may(form, jkt):
            return _json(400, {"error": "invalid_grant", "error_description": "wrong code"})
        kind = "DPoP" if jkt else "Bearer"
        answer = {"access_token": "at", "token_type": kind, "expires_in": self.lasts}
        return _json(200, answer | {"refresh_token": "rt" + form.get("refresh_token", "")})

    def _may(self, form: dict[str, str], jkt: str | None) -> bool:
        if form["grant_type"] == metadata.AUTHORIZATION_CODE:
            verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
            same = [form[n] == self.asked[n] for n in ("client_id", "redirect_uri")]
            bound = (form["code"], jkt) == ("ac", self.asked["jkt"])
            return all(same) and bound and jose.b64u(verifier) == self.asked["code_challenge"]
        if form["grant_type"] == metadata.REFRESH:
            return form["refresh_token"] == "rt"
        return (form.get("pre-authorized_code"), form.get("tx_code")) == (CODE, TX_CODE)

    def _check_token(self, headers: dict[str, str], path: str) -> None:
        given = headers.get("authorization")
        good = given == "Bearer at" or (given == "DPoP at" and self._proven(headers, path, "at"))
        if not good:
            raise CredentialError("invalid_token", "no token of ours")

    def _nonce(self, headers: dict[str, str], body: bytes) -> Answer:
        return _json(200, {"c_nonce": nonces.make_nonce(SECRET, tenant="t", now=self.now)})

    def _opened(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """Return what a request says; its wish for an encrypted answer is kept for ``_sealed``."""
        if not self.seals:
            return dict(json.loads(body))
        assert headers["content-type"] == "application/jwt"
        asked = jwe.decrypt(body.decode(), self.seals)
        self.wish = asked.pop("credential_response_encryption")
        return asked

    def _sealed(self, answer: Answer) -> Answer:
        if not self.seals or self.strays == "open":
            return answer
        key, enc = self.wish["jwk"], self.wish["enc"]
        self.sealed.append(enc)
        if self.strays == "other_key":
            key = jose.public_jwk(jose.generate_key())
        if self.strays == "other_enc":
            enc = next(one for one in jwe.ENCRYPTIONS if one != enc)
        token = jwe.encrypt(json.loads(answer[2]), key, enc=enc)
        return answer[0], "application/jwt", token.encode()

    def _credential(self, headers: dict[str, str], body: bytes) -> Answer:
        self._check_token(headers, "/credential")
        asked = self._opened(headers, body)
        if self.stale:
            self.stale -= 1
            raise CredentialError("invalid_nonce", "too old")
        assert asked["credential_configuration_id"] == "residence"
        self.holders = proofs.check_proofs(
            asked["proofs"]["jwt"],
            audience=self.url,
            check_nonce=lambda n: nonces.check_nonce(n, SECRET, tenant="t", now=self.now),
            now=self.now,
            batch_size=5,
            client_id=self.asked.get("client_id"),
        )
        if not self.ready or self.later:
            return self._sealed(_json(202, {"transaction_id": "later", "interval": 1}))
        return self._sealed(self._issue())

    def _deferred(self, headers: dict[str, str], body: bytes) -> Answer:
        self._check_token(headers, "/deferred")
        assert self._opened(headers, body) == {"transaction_id": "later"}
        waits = _json(202, {"transaction_id": "later", "interval": 60})
        if self.later > 1:
            self.later -= 1
            return self._sealed(waits)
        return self._sealed(self._issue() if self.ready else waits)

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
                x5c=certificates.x5c(self.issuer.chain),
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
        self._check_token(headers, "/notification")
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
            encrypt_to=self.encrypt_to,
            transaction_data=self.signs,
        )

    def _response(self, headers: dict[str, str], body: bytes) -> Answer:
        form: dict[str, Any] = _form(body)
        if self.encrypt_to and "response" in form:
            form = jwe.decrypt(form["response"], self.encrypt_to)
            form["vp_token"] = json.dumps(form["vp_token"])
        assert form["state"] == "s" * 22
        if "error" in form:
            self.errors.append(form["error"])
            return _json(200, {})
        answer, bound = {}, {}
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
            answer[name], bound[name] = (seen.vct, seen.claims), seen.key_binding
        transactions.check(self.signs, bound)
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


def encryption(key: jose.Key, **changes: Any) -> dict[str, Any]:
    """Return what an issuer's metadata say when it demands encryption to this key."""
    common = {"enc_values_supported": list(jwe.ENCRYPTIONS), "encryption_required": True}
    asked = {"jwks": {"keys": [jwe.published(key)]}}
    answered = {"alg_values_supported": [jwe.AGREEMENT]}
    return {
        "credential_request_encryption": {**asked, **common, **changes},
        "credential_response_encryption": {**answered, **common, **changes},
    }


def wrong_key() -> dict[str, Any]:
    """Return a change that makes the office sign with a key that is not its own."""
    return {"key": jose.generate_key()}


def _form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def _json(status: int, body: dict[str, Any]) -> Answer:
    return status, "application/json", json.dumps(body).encode()
