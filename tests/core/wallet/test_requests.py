import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from motcua.wallet import certificates, dcql, jose, requests

Refused = Callable[[str], Any]
QUERY = dcql.build_query([dcql.Need("p", ("v",), (dcql.Wanted(("full_name",)),))])


def test_a_request_is_signed_and_read_back(issuer: Any, now: datetime) -> None:
    token = _build(issuer, now)
    payload = jose.read(token).payload
    assert jose.read(token).header["typ"] == "oauth-authz-req+jwt"
    assert payload["aud"] == "https://self-issued.me/v2"
    assert (payload["response_type"], payload["response_mode"]) == ("vp_token", "direct_post")
    request = _parse(token, issuer, now, roots=[issuer.root])
    assert request.query == QUERY
    assert (request.nonce, request.state, request.hosts) == ("n" * 22, "s" * 22, ("qn.localhost",))
    assert (request.verifier, request.trusted) == ("Ký giấy tờ điện tử", True)
    assert not _parse(token, issuer, now).trusted


def test_the_client_id_is_the_hash_of_the_certificate(issuer: Any) -> None:
    digest = hashlib.sha256(base64.b64decode(certificates.x5c(issuer.chain)[0])).digest()
    assert requests.client_id_of(issuer.chain[0]) == "x509_hash:" + jose.b64u(digest)


def test_a_link_carries_client_and_address() -> None:
    link = requests.request_link("openid4vp://", client_id="x509_hash:a", request_uri="http://h/r")
    assert link == "openid4vp://?client_id=x509_hash%3Aa&request_uri=http%3A%2F%2Fh%2Fr"


def test_a_request_for_another_client_or_moment_is_refused(
    issuer: Any, now: datetime, refused: Refused
) -> None:
    token = _build(issuer, now)
    with refused("wrong_audience"):
        requests.parse_request(token, client_id="x509_hash:other", now=now)
    with refused("expired"):
        _parse(token, issuer, now + timedelta(minutes=10))
    with refused("from_the_future"):
        _parse(token, issuer, now - timedelta(minutes=10))
    with refused("wrong_nonce"):
        _parse(token, issuer, now, wallet_nonce="w")
    echoed = _build(issuer, now, wallet_nonce="w")
    assert _parse(echoed, issuer, now, wallet_nonce="w")


def test_an_unknown_root_is_refused(issuer: Any, now: datetime, refused: Refused) -> None:
    other = certificates.make_root("Khác", now=now).certificate
    with refused("untrusted_certificate"):
        _parse(_build(issuer, now), issuer, now, roots=[other])


def test_another_key_than_the_certificates_is_refused(
    issuer: Any, now: datetime, refused: Refused
) -> None:
    with refused("bad_signature"):
        _parse(_build(issuer, now, key=jose.generate_key()), issuer, now)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_uri": "https://thief.example/r"}, "untrusted_certificate"),
        ({"response_uri": None}, "untrusted_certificate"),
        ({"response_mode": "fragment"}, "malformed"),
        ({"response_type": "code"}, "malformed"),
        ({"aud": "https://other.example"}, "wrong_audience"),
        ({"nonce": None}, "malformed"),
        ({"dcql_query": []}, "malformed"),
        ({"exp": None}, "malformed"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused(
    change: dict[str, Any], code: str, issuer: Any, now: datetime, refused: Refused
) -> None:
    payload = {**jose.read(_build(issuer, now)).payload, **change}
    chain = certificates.x5c(issuer.chain)
    token = jose.sign(payload, issuer.key, typ=requests.TYPE, x5c=chain)
    with refused(code):
        _parse(token, issuer, now)


def test_a_request_without_certificate_or_type_is_refused(
    issuer: Any, now: datetime, refused: Refused
) -> None:
    payload = jose.read(_build(issuer, now)).payload
    with refused("malformed"):
        _parse(jose.sign(payload, issuer.key, typ=requests.TYPE), issuer, now)
    with refused("wrong_type"):
        chain = certificates.x5c(issuer.chain)
        _parse(jose.sign(payload, issuer.key, typ="JWT", x5c=chain), issuer, now)


def _build(
    issuer: Any, now: datetime, *, key: jose.Key | None = None, wallet_nonce: str | None = None
) -> str:
    return requests.build_request(
        key=key or issuer.key,
        chain=issuer.chain,
        response_uri="http://qn.localhost:8000/vp/1/response",
        nonce="n" * 22,
        state="s" * 22,
        query=QUERY,
        client_name="Trung tâm thử nghiệm",
        now=now,
        wallet_nonce=wallet_nonce,
    )


def _parse(token: str, issuer: Any, now: datetime, **options: Any) -> requests.Request:
    client_id = requests.client_id_of(issuer.chain[0])
    return requests.parse_request(token, client_id=client_id, now=now, **options)
