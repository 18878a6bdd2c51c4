"""The modules of the browser wallet, run in node against the Python side."""

import base64
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from motcua.wallet import certificates, dcql, jose, metadata, requests, sdjwt, statuslist
from motcua.wallet.disclosures import digest_of
from tests.core.wallet.browser import STATIC, Run, needs_node, runner

pytestmark = needs_node


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return runner(tmp_path_factory.mktemp("wallet"))


def test_it_verifies_a_credential_from_python(
    run: Run, issuer: Any, holder: jose.Key, now: datetime
) -> None:
    status = sdjwt.Status("http://qn.localhost:8000/status/1", 77)
    credential = issuer.issue(holder, status=status)
    seen = run(_verify(credential, issuer, now))
    ours = sdjwt.verify_credential(credential, issuer_key_lookup=issuer.lookup, now=now)
    assert seen["claims"] == ours.claims
    assert (seen["issuer"], seen["vct"], seen["kid"]) == (ours.issuer, ours.vct, ours.kid)
    assert seen["status"] == {"uri": status.uri, "idx": 77}
    assert seen["holderJwk"] == jose.public_jwk(holder)
    assert ours.expires_at is not None
    assert seen["expiresAt"] == ours.expires_at.timestamp()


@pytest.mark.parametrize("reveal", [[], ["full_name"], ["address", "birth_date"]])
def test_python_verifies_its_presentation(
    reveal: list[str], run: Run, issuer: Any, holder: jose.Key, now: datetime
) -> None:
    credential = issuer.issue(holder)
    shown = run(_present(credential, holder, reveal, now))
    seen = sdjwt.verify_presentation(
        shown,
        issuer_key_lookup=issuer.lookup,
        nonce="n",
        aud="x509_hash:a",
        now=now,
        max_age=timedelta(minutes=5),
    )
    assert set(seen.claims) == {*reveal, "result_code"}
    same = sdjwt.present(
        credential, reveal, holder_key=holder, nonce="n", aud="x509_hash:a", iat=now
    )
    assert set(same.split("~")[:-1]) == set(shown.split("~")[:-1])


def test_nested_disclosures_follow_their_claim(
    run: Run, issuer: Any, holder: jose.Key, now: datetime
) -> None:
    street = _disclosure("street", "Lê Thánh Tông")
    address = _disclosure("address", {"_sd": [_digest(street)]})
    child = jose.b64u(b'["s", "child 1"]')
    payload = {
        "iss": issuer.url,
        "vct": "v",
        "_sd": [_digest(address)],
        "children": [{"...": _digest(child)}],
        "cnf": {"jwk": jose.public_jwk(holder)},
    }
    token = jose.sign(payload, issuer.key, typ="dc+sd-jwt", kid=issuer.kid)
    credential = f"{token}~{street}~{address}~{child}~"
    whole, shown = run(
        _verify(credential, issuer, now), _present(credential, holder, ["address"], now)
    )
    assert whole["claims"] == {"address": {"street": "Lê Thánh Tông"}, "children": ["child 1"]}
    assert set(shown.split("~")[1:-1]) == {street, address}


def test_it_refuses_what_python_refuses(
    run: Run, issuer: Any, holder: jose.Key, now: datetime
) -> None:
    good = issuer.issue(holder)
    jwt, first, *rest = good.split("~")
    head, body, signature = jwt.split(".")
    none = jose.b64u(json.dumps({"alg": "none", "typ": "dc+sd-jwt", "kid": issuer.kid}).encode())
    tampered = jose.b64u(jose.b64u_decode(first).replace(b"1994", b"2004").replace(b"H", b"h"))
    hidden = _disclosure("exp", 4102444800)
    cases = {
        "bad_disclosure": ["~".join((jwt, tampered, *rest)), _signed(issuer, [hidden])],
        "duplicate_digest": ["~".join((jwt, first, first, *rest))],
        "unsupported_algorithm": [good.replace(head, none, 1)],
        "bad_signature": [good.replace(signature, signature[:-4] + "AAAA", 1)],
        "malformed": ["", "a~", f"{body}~", good + "a.b.c"],
        "wrong_type": [f"{jose.sign({'iss': issuer.url}, issuer.key, typ='JWT', kid=issuer.kid)}~"],
    }
    for code, credentials in cases.items():
        for credential in credentials:
            assert run(_verify(credential, issuer, now)) == {"refused": code}
    late = now + timedelta(days=366)
    assert run(_verify(good, issuer, late)) == {"refused": "expired"}
    early = now - timedelta(hours=2)
    assert run(_verify(good, issuer, early)) == {"refused": "not_yet_valid"}
    unknown = {"job": "verify", "credential": good, "jwks": {"keys": []}, "now": 0}
    assert run(unknown) == {"refused": "untrusted_issuer"}


def test_it_reads_a_status_list(run: Run, issuer: Any, now: datetime) -> None:
    uri = "http://qn.localhost:8000/status/1"
    token = _status_token(issuer, uri, now, {5: 2, 1_000_000: 1})
    jobs = [_status(token, issuer, uri, i, now) for i in (4, 5, 1_000_000, 2**20)]
    other = _status(token, issuer, uri + "2", 5, now)
    old = _status(token, issuer, uri, 5, now + timedelta(days=1))
    assert run(*jobs, other, old) == [
        0,
        2,
        1,
        {"refused": "malformed"},
        {"refused": "malformed"},
        {"refused": "expired"},
    ]


def test_it_verifies_a_request_and_its_certificates(run: Run, issuer: Any, now: datetime) -> None:
    token = _request(issuer, now)
    root = certificates.make_root("Khác", now=now).certificate
    good, untrusted, wrong_root, wrong_client, late, expired_certificate = run(
        _open(token, issuer, now, [issuer.root]),
        _open(token, issuer, now, []),
        _open(token, issuer, now, [root]),
        {**_open(token, issuer, now, []), "clientId": "x509_hash:other"},
        _open(token, issuer, now + timedelta(minutes=11), []),
        _open(token, issuer, now + timedelta(days=366), [issuer.root]),
    )
    assert (good["trusted"], good["name"], good["purpose"]) == (True, "Tỉnh thử nghiệm", "Quầy 3")
    assert (good["host"], good["nonce"]) == ("qn.localhost:8000", "n" * 22)
    assert untrusted["trusted"] is False
    assert wrong_root == expired_certificate == {"refused": "untrusted_certificate"}
    assert wrong_client == {"refused": "wrong_audience"}
    assert late == {"refused": "stale"}
    stolen = _request(issuer, now, response_uri="https://thief.example/r")
    forged = _request(issuer, now, key=jose.generate_key())
    assert run(_open(stolen, issuer, now, []), _open(forged, issuer, now, [])) == [
        {"refused": "untrusted_certificate"},
        {"refused": "bad_signature"},
    ]


def test_it_reads_certificates_like_python(run: Run, issuer: Any) -> None:
    leaf = issuer.chain[0]
    seen = run({"job": "certificate", "text": certificates.x5c(issuer.chain)[0]})
    assert seen == {
        "name": "Ký giấy tờ điện tử",
        "organization": "Tỉnh thử nghiệm",
        "hosts": ["qn.localhost"],
        "notBefore": leaf.not_valid_before_utc.timestamp(),
        "notAfter": leaf.not_valid_after_utc.timestamp(),
        "isAuthority": False,
    }
    broken = run({"job": "certificate", "text": "AA=="}, {"job": "certificate", "text": "MIIB"})
    assert broken == [{"refused": "malformed"}] * 2


def test_it_chooses_papers_like_python(run: Run) -> None:
    need = dcql.Need("p", ("v", "w"), (dcql.Wanted(("a", "b"), (1, "x")), dcql.Wanted(("c",))))
    query = dcql.build_query([need, dcql.Need("q", ("z",))], sets=[[["q"], ["p"]]])
    papers: list[tuple[str, dict[str, Any]]] = [
        ("v", {"a": {"b": True}, "c": 1}),
        ("w", {"a": {"b": "x"}, "c": None}),
        ("u", {"a": {"b": 1}, "c": 1}),
    ]
    seen = run(
        {
            "job": "matches",
            "query": query,
            "candidates": [{"vct": v, "claims": c} for v, c in papers],
        },
        {"job": "matches", "query": query, "candidates": []},
        {"job": "matches", "query": {"credentials": []}, "candidates": []},
        {
            "job": "matches",
            "query": dcql.build_query([dcql.Need("p", ("v",), (dcql.Wanted(("constructor",)),))]),
            "candidates": [{"vct": "v", "claims": {}}],
        },
    )
    ours = dcql.find_matches(query, papers)
    assert seen[0] == [
        [n, [{"candidate": m.candidate, "reveal": sorted(m.reveal)} for m in found]]
        for n, found in ours.items()
    ]
    refused = [{"refused": c} for c in ("not_satisfied", "malformed", "not_satisfied")]
    assert seen[1:] == refused


def test_small_rules_agree_with_python(run: Run) -> None:
    issuer = "https://h.vn/t/qn/"
    address, here, plain, script, again, loose, extractable = run(
        {"job": "wellKnown", "issuer": issuer, "name": "jwt-vc-issuer"},
        {"job": "address", "address": "http://vi.localhost:8000/x"},
        {"job": "address", "address": "http://office.example/x"},
        {"job": "address", "address": "javascript:alert(1)"},
        {"job": "base64url", "text": "aGVsbG8"},
        {"job": "base64url", "text": "QR"},
        {"job": "extractable"},
    )
    assert address == metadata.well_known(issuer, metadata.KEYS)
    assert here == "http://vi.localhost:8000/x"
    assert plain == script == {"refused": "insecure_address"}
    assert (again, loose) == ("aGVsbG8", {"refused": "malformed"})
    assert extractable is False


def test_both_languages_say_the_same_things(run: Run) -> None:
    texts = run({"job": "texts"})
    assert texts["vi"] == texts["en"]


def test_every_text_of_the_screens_exists(run: Run) -> None:
    known = set(run({"job": "texts"})["vi"])
    for module in STATIC.glob("*.js"):
        code = module.read_text(encoding="utf-8")
        used = set(re.findall(r'\bt\("(\w+)"', code))
        used |= {
            name for pair in re.findall(r'\bt\([^"()]*\? "(\w+)" : "(\w+)"', code) for name in pair
        }
        assert used <= known, module.name


def test_nothing_of_the_page_needs_an_exception_from_the_policy() -> None:
    page = (STATIC.parents[1] / "templates/wallet/wallet.html").read_text(encoding="utf-8")
    sources = [page, *(m.read_text(encoding="utf-8") for m in STATIC.glob("*.js"))]
    for text in sources:
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|style=", text)
        assert not re.search(r"\bon[a-z]+=\"|<script>|from \"https?:", text)


def _verify(credential: str, issuer: Any, now: datetime) -> dict[str, Any]:
    jwks = metadata.jwks([issuer.key])
    return {
        "job": "verify",
        "credential": credential,
        "jwks": jwks,
        "now": int(now.timestamp()),
    }


def _present(credential: str, holder: jose.Key, reveal: list[str], now: datetime) -> dict[str, Any]:
    values = holder.as_dict(private=True)
    return {
        "job": "present",
        "credential": credential,
        "jwk": {n: values[n] for n in ("kty", "crv", "x", "y", "d")},
        "reveal": reveal,
        "nonce": "n",
        "aud": "x509_hash:a",
        "iat": int(now.timestamp()),
    }


def _disclosure(name: str, value: Any) -> str:
    return jose.b64u(json.dumps(["salt", name, value]).encode())


def _digest(text: str) -> str:
    return digest_of(text)


def _signed(issuer: Any, texts: list[str]) -> str:
    payload = {"iss": issuer.url, "vct": "v", "_sd": [_digest(t) for t in texts]}
    token = jose.sign(payload, issuer.key, typ="dc+sd-jwt", kid=issuer.kid)
    return "~".join((token, *texts, ""))


def _status_token(issuer: Any, uri: str, now: datetime, changed: dict[int, int]) -> str:
    return statuslist.make_token(
        statuslist.build(changed, size=2**20, bits=2),
        bits=2,
        uri=uri,
        key=issuer.key,
        kid=issuer.kid,
        x5c=None,
        iat=now,
        lifetime=timedelta(hours=1),
        ttl=timedelta(minutes=5),
    )


def _status(token: str, issuer: Any, uri: str, index: int, now: datetime) -> dict[str, Any]:
    return {
        "job": "status",
        "token": token,
        "entry": {"uri": uri, "idx": index},
        "jwk": jose.public_jwk(issuer.key),
        "now": int(now.timestamp()),
    }


def _request(
    issuer: Any,
    now: datetime,
    *,
    key: jose.Key | None = None,
    response_uri: str = "http://qn.localhost:8000/vp/1/response",
) -> str:
    return requests.build_request(
        key=key or issuer.key,
        chain=issuer.chain,
        response_uri=response_uri,
        nonce="n" * 22,
        state="s" * 22,
        query=dcql.build_query([dcql.Need("p", ("v",))]),
        client_name="Quầy 3",
        now=now,
    )


def _open(token: str, issuer: Any, now: datetime, roots: list[Any]) -> dict[str, Any]:
    return {
        "job": "request",
        "token": token,
        "clientId": requests.client_id_of(issuer.chain[0]),
        "roots": [base64.b64encode(certificates.der(root)).decode() for root in roots],
        "now": int(now.timestamp()),
    }
