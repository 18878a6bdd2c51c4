"""What the browser wallet must refuse, at least twice for each rule: requests, papers, status lists, links."""

import base64
import json
import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest

from motcua.wallet import certificates, dcql, jose, jwe, metadata, requests
from motcua.wallet.disclosures import digest_of
from tests.core.wallet.browser import Run, needs_node, runner

pytestmark = needs_node
URI = "http://qn.localhost:8000/status/1"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return runner(tmp_path_factory.mktemp("wallet"))


# --- requests -----------------------------------------------------------------------------------


def test_a_request_without_a_signature_is_refused(run: Run, issuer: Any, now: datetime) -> None:
    token = asking(issuer, now)
    _, body, signature = token.split(".")
    x5c = certificates.x5c(issuer.chain)
    none = header({"alg": "none", "typ": requests.TYPE, "x5c": x5c})
    hmac = header({"alg": "HS256", "typ": requests.TYPE, "x5c": x5c})
    cases = {
        f"{none}.{body}.": "malformed",
        f"{none}.{body}.{signature}": "unsupported_algorithm",
        f"{hmac}.{body}.{signature}": "unsupported_algorithm",
        json.dumps(jose.read(token).payload): "malformed",
    }
    seen = run(*(opened(one, issuer, now) for one in cases))
    assert seen == [{"refused": code} for code in cases.values()]


def test_a_chain_that_leads_elsewhere_is_refused(run: Run, issuer: Any, now: datetime) -> None:
    root = certificates.make_root("Gốc lạ", now=now)
    key = jose.generate_key()
    leaf = certificates.credential_certificate(
        root, key, name="Ký", organization="Tỉnh thử nghiệm", host="qn.localhost", now=now
    )
    foreign = asking(issuer, now, key=key, chain=[leaf])
    rooted = asking(issuer, now, key=key, chain=[leaf, root.certificate])
    said = jose.read(foreign).payload | {"client_id": requests.client_id_of(root.certificate)}
    own = base64.b64encode(certificates.der(root.certificate)).decode()
    self_signed = jose.sign(said, root.key, typ=requests.TYPE, x5c=[own])
    client = requests.client_id_of(leaf)
    seen = run(
        opened(foreign, issuer, now, client),
        opened(rooted, issuer, now, client),
        opened(self_signed, issuer, now, requests.client_id_of(root.certificate)),
    )
    assert seen == [{"refused": "untrusted_certificate"}] * 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "https://another-wallet.example"}, "wrong_audience"),
        ({"aud": None}, "wrong_audience"),
        ({"client_id": "x509_hash:another"}, "wrong_audience"),
        ({"client_id": "https://bank.example"}, "wrong_audience"),
        ({"wallet_nonce": "another"}, "wrong_audience"),
        ({"wallet_nonce": None}, "wrong_audience"),
        ({"response_uri": "https://thief.example/r"}, "untrusted_certificate"),
        ({"response_uri": "http://qn.localhost.thief.example/r"}, "insecure_address"),
        ({"response_mode": "fragment"}, "malformed"),
        ({"response_type": "code"}, "malformed"),
        ({"nonce": None}, "malformed"),
        ({"dcql_query": None}, "malformed"),
        ({"exp": 1}, "stale"),
        ({"exp": None}, "stale"),
        ({"response_mode": "direct_post.jwt"}, "malformed"),
        ({"response_mode": "direct_post.jwt", "client_metadata": {"jwks": {}}}, "malformed"),
    ],
)
def test_a_request_for_somebody_else_or_of_another_kind_is_refused(
    changes: dict[str, Any], code: str, run: Run, issuer: Any, now: datetime
) -> None:
    payload = jose.read(asking(issuer, now)).payload | {"wallet_nonce": "w"} | changes
    said = {name: value for name, value in payload.items() if value is not None}
    token = jose.sign(said, issuer.key, typ=requests.TYPE, x5c=certificates.x5c(issuer.chain))
    assert run({**opened(token, issuer, now), "walletNonce": "w"}) == {"refused": code}


def test_a_request_that_was_put_in_the_place_of_another_is_refused(
    run: Run, issuer: Any, now: datetime
) -> None:
    token = asking(issuer, now)
    head, body, signature = token.split(".")
    said = jose.read(token).payload
    other = jose.b64u(json.dumps({**said, "state": "of somebody else"}).encode())
    typ = jose.sign(said, issuer.key, typ="JWT", x5c=certificates.x5c(issuer.chain))
    thief = asking(issuer, now, key=jose.generate_key())
    seen = run(
        opened(f"{head}.{other}.{signature}", issuer, now),
        opened(thief, issuer, now),
        opened(typ, issuer, now),
        opened(f"{head}.{body}.{signature[:-4]}AAAA", issuer, now),
    )
    codes = ["bad_signature", "bad_signature", "wrong_type", "bad_signature"]
    assert seen == [{"refused": code} for code in codes]


# --- papers -------------------------------------------------------------------------------------


def test_a_paper_without_a_real_signature_is_refused(
    run: Run, issuer: Any, holder: jose.Key, now: datetime
) -> None:
    jwt, *rest = issuer.issue(holder).split("~")
    _, body, signature = jwt.split(".")
    kinds: list[dict[str, Any]] = [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES256", "crit": ["exp"]},
    ]
    heads = [header({**kind, "typ": "dc+sd-jwt", "kid": issuer.kid}) for kind in kinds]
    papers = ["~".join((f"{head}.{body}.{signature}", *rest)) for head in heads]
    papers += ["~".join((f"{heads[0]}.{body}.", *rest))]
    seen = run(*(verified(paper, issuer, now) for paper in papers))
    assert seen == [{"refused": "unsupported_algorithm"}] * 3 + [{"refused": "malformed"}]


def test_a_disclosure_that_was_touched_is_refused(
    run: Run, issuer: Any, holder: jose.Key, now: datetime
) -> None:
    jwt, first, *rest = issuer.issue(holder).split("~")
    salt, name, _ = json.loads(jose.b64u_decode(first))
    other = jose.b64u(json.dumps([salt, name, "Kẻ Khác"]).encode())
    added = jose.b64u(json.dumps(["salt", "is_owner", True]).encode())
    renamed = jose.b64u(json.dumps([salt, "iss", "https://thief.example"]).encode())
    papers = [
        "~".join((jwt, other, *rest)),
        "~".join((jwt, first, added, *rest)),
        "~".join((jwt, renamed, *rest)),
        "~".join((jwt, first, "not-json", *rest)),
    ]
    seen = run(*(verified(paper, issuer, now) for paper in papers))
    assert seen == [{"refused": "bad_disclosure"}] * 4


def test_what_an_issuer_must_not_hide_is_refused(
    run: Run, issuer: Any, holder: jose.Key, now: datetime
) -> None:
    for name, value in (("exp", 4102444800), ("cnf", {"jwk": {}}), ("status", {})):
        hidden = jose.b64u(json.dumps(["salt", name, value]).encode())
        said = {"iss": issuer.url, "vct": "v", "_sd": [digest_of(hidden)]}
        token = jose.sign(said, issuer.key, typ="dc+sd-jwt", kid=issuer.kid)
        job = verified(f"{token}~{hidden}~", issuer, now)
        assert run(job) == {"refused": "bad_disclosure"}, name


# --- status lists -------------------------------------------------------------------------------


def test_a_bomb_in_a_status_list_is_refused(run: Run, issuer: Any, now: datetime) -> None:
    bombs = [zlib.compress(bytes(17 * 1024 * 1024)), zlib.compress(bytes(200 * 1024 * 1024))]
    lists = [{"bits": 2, "lst": jose.b64u(bomb)} for bomb in bombs]
    jobs = [status(listing(issuer, now, one), issuer, now) for one in lists]
    assert run(*jobs) == [{"refused": "malformed"}] * 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sub": "http://qn.localhost:8000/status/2"}, "malformed"),
        ({"sub": None}, "malformed"),
        ({"exp": 1}, "expired"),
        ({"status_list": {"bits": 3, "lst": ""}}, "malformed"),
        ({"status_list": {"bits": 2, "lst": "AAAA"}}, "malformed"),
        ({"status_list": None}, "malformed"),
    ],
)
def test_a_status_list_that_is_not_this_one_is_refused(
    changes: dict[str, Any], code: str, run: Run, issuer: Any, now: datetime
) -> None:
    good = {"bits": 2, "lst": jose.b64u(zlib.compress(bytes(64)))}
    assert run(status(listing(issuer, now, good), issuer, now)) == 0
    token = listing(issuer, now, good, **changes)
    assert run(status(token, issuer, now)) == {"refused": code}


def test_a_status_list_of_another_signer_is_refused(run: Run, issuer: Any, now: datetime) -> None:
    good = {"bits": 2, "lst": jose.b64u(zlib.compress(bytes(64)))}
    token = listing(issuer, now, good)
    thief = {**status(token, issuer, now), "jwk": jose.public_jwk(jose.generate_key())}
    typ = jose.sign(jose.read(token).payload, issuer.key, typ="JWT", kid=issuer.kid)
    seen = run(thief, status(typ, issuer, now))
    assert seen == [{"refused": "bad_signature"}, {"refused": "wrong_type"}]


# --- links, choices, copies, encryption -----------------------------------------------------------


def test_links_of_every_kind_are_read_and_others_refused(run: Run) -> None:
    offer = "credential_offer_uri=https%3A%2F%2Fo.example%2F1"
    asked = "client_id=x509_hash%3Aa&request_uri=https%3A%2F%2Fo.example%2Fr"
    value = '{"credential_issuer": "https://o.example", "credential_configuration_ids": ["a"]}'
    good = {
        f"openid-credential-offer://?{offer}": {"credential_offer_uri": "https://o.example/1"},
        f"  haip-vci://?{offer}\n": {"credential_offer_uri": "https://o.example/1"},
        f"https://vi.example/wallet?{offer}": {"credential_offer_uri": "https://o.example/1"},
        f"openid4vp://?{asked}": {
            "client_id": "x509_hash:a",
            "request_uri": "https://o.example/r",
        },
        value: {"credential_offer": value},
    }
    bad = [
        "",
        "1234",
        "https://office.example/verify/ABC",
        f"javascript://?{offer}",
        f"openid4vp://?{offer}",
        f"openid-credential-offer://?{asked}",
        "openid4vp://?request_uri=https%3A%2F%2Fo.example%2Fr",
        '{"state": "a"}',
        "https://vi.example/?code=a&state=b",
    ]
    assert run(*({"job": "link", "text": text} for text in good)) == list(good.values())
    refused = run(*({"job": "link", "text": text} for text in bad))
    assert refused == [{"refused": "unknown_link"}] * len(bad)


def test_alternatives_and_what_is_optional_are_told_apart(run: Run) -> None:
    needs = [dcql.Need(name, (name,)) for name in "abc"]
    query = dcql.build_query(needs, sets=[[["a", "b"], ["c"]], [["b"]]])
    query["credential_sets"][1]["required"] = False
    every = [{"vct": name, "claims": {}} for name in "abc"]
    jobs = [
        {"job": "choices", "query": query, "candidates": every},
        {"job": "choices", "query": query, "candidates": every[2:]},
        {"job": "choices", "query": query, "candidates": every[1:2]},
        {"job": "choices", "query": query, "candidates": []},
    ]
    whole, third, second, none = run(*jobs)
    assert [s["options"] for s in whole["sets"]] == [[["a", "b"], ["c"]], [["b"]]]
    assert [s["required"] for s in whole["sets"]] == [True, False]
    assert third["sets"] == [{"required": True, "options": [["c"]]}]
    assert second == none == {"refused": "not_satisfied"}


def test_each_verifier_sees_a_copy_of_its_own_as_long_as_there_are_some(run: Run) -> None:
    def copy(host: str, *seen: list[str]) -> dict[str, Any]:
        return {"job": "copy", "host": host, "copies": [{"seenBy": s} for s in seen]}

    jobs = [
        copy("bank", [], []),
        copy("bank", ["bank"], []),
        copy("bank", ["office"], ["bank"]),
        copy("third", ["a", "b"], ["c"]),
    ]
    assert run(*jobs) == [0, 1, 1, 1]


def test_an_answer_is_read_by_its_verifier_and_by_nobody_else(run: Run) -> None:
    key = jose.generate_key()
    for enc in jwe.ENCRYPTIONS:
        client = {
            "jwks": {"keys": [jwe.published(key)]},
            "encrypted_response_enc_values_supported": [enc],
        }
        token = run({"job": "encrypt", "payload": {"vp_token": "ờ"}, "metadata": client})
        assert jwe.decrypt(token, key) == {"vp_token": "ờ"}
        with pytest.raises(Exception, match=r"another key|decrypted"):
            jwe.decrypt(token, jose.generate_key())
    weak = {"jwks": {"keys": [{**jwe.published(key), "alg": "ECDH-ES+A128KW"}]}}
    none = {
        "jwks": {"keys": [jwe.published(key)]},
        "encrypted_response_enc_values_supported": ["A128CBC-HS256"],
    }
    jobs = [{"job": "encrypt", "payload": {}, "metadata": one} for one in (weak, none)]
    assert run(*jobs) == [{"refused": "malformed"}] * 2


def header(said: dict[str, Any]) -> str:
    return jose.b64u(json.dumps(said).encode())


def asking(
    issuer: Any, now: datetime, *, key: jose.Key | None = None, chain: list[Any] | None = None
) -> str:
    return requests.build_request(
        key=key or issuer.key,
        chain=chain or issuer.chain,
        response_uri="http://qn.localhost:8000/vp/1/response",
        nonce="n" * 22,
        state="s" * 22,
        query=dcql.build_query([dcql.Need("p", ("v",))]),
        client_name="Quầy 3",
        now=now,
    )


def opened(token: str, issuer: Any, now: datetime, client: str = "") -> dict[str, Any]:
    return {
        "job": "request",
        "token": token,
        "clientId": client or requests.client_id_of(issuer.chain[0]),
        "roots": [base64.b64encode(certificates.der(issuer.root)).decode()],
        "now": int(now.timestamp()),
    }


def verified(credential: str, issuer: Any, now: datetime) -> dict[str, Any]:
    return {
        "job": "verify",
        "credential": credential,
        "jwks": metadata.jwks([issuer.key]),
        "now": int(now.timestamp()),
    }


def listing(issuer: Any, now: datetime, listed: dict[str, Any], **changes: Any) -> str:
    ends = int((now + timedelta(hours=1)).timestamp())
    said = {"sub": URI, "iat": ends - 3600, "exp": ends, "status_list": listed} | changes
    present = {name: value for name, value in said.items() if value is not None}
    return jose.sign(present, issuer.key, typ="statuslist+jwt", kid=issuer.kid)


def status(token: str, issuer: Any, now: datetime) -> dict[str, Any]:
    return {
        "job": "status",
        "token": token,
        "entry": {"uri": URI, "idx": 5},
        "jwk": jose.public_jwk(issuer.key),
        "now": int(now.timestamp()),
    }
