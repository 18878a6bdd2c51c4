"""Transaction data: what a wallet agrees to sign, and what a verifier believes was signed."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from motcua import api
from motcua.catalogue.reading import canonical
from motcua.wallet import jose, sdjwt, transactions
from motcua.wallet.transactions import DOSSIER, REFUSED
from motcua.wallet.trust import Trust, TrustedIssuer

Refused = Callable[[str], Any]
ABOUT = {"procedure": "1.004873", "form_sha256": "a" * 64, "fee": 8000}


def entry(**changes: Any) -> str:
    ids = changes.pop("ids", ["identity-paper"])
    return transactions.encode(changes.pop("kind", DOSSIER), ids, {**ABOUT, **changes})


def raw(value: object) -> str:
    return jose.b64u(json.dumps(value).encode())


def bound(*texts: str) -> dict[str, Any]:
    return transactions.binding(transactions.read(list(texts), ["identity-paper", "other"]))


def test_the_hash_covers_the_text_as_it_was_sent() -> None:
    """OpenID4VP 1.0 appendix B.3.3.1: over the base64url text, not over what it holds."""
    text = entry()
    digest = hashlib.sha256(text.encode("ascii")).digest()
    assert bound(text) == {
        "transaction_data_hashes": [jose.b64u(digest)],
        "transaction_data_hashes_alg": "sha-256",
    }
    about = jose.json_object(jose.b64u_decode(text))
    same = jose.b64u(json.dumps(about, separators=(",", ":")).encode())
    assert same != text
    assert transactions.hash_of(same) != transactions.hash_of(text)


def test_without_transactions_a_key_binding_says_nothing_of_them() -> None:
    assert transactions.read(None, []) == ()
    assert transactions.binding(()) == {}
    transactions.check([], {"identity-paper": {"nonce": "n"}})


@pytest.mark.parametrize(
    "given",
    [
        [],
        "text",
        [7],
        ["%%%"],
        [raw([1])],
        [raw({"type": DOSSIER})],
        [entry(kind="com.example.payment/1")],
        [entry(ids=[])],
        [entry(ids=["not-asked"])],
        [entry(amount=1)],
        [entry(fee="8000")],
        [entry(fee=True)],
        [entry(fee=-1)],
        [entry(form_sha256="A" * 64)],
        [entry(form_sha256="a" * 63)],
        [raw({"type": DOSSIER, "credential_ids": ["identity-paper"], "procedure": "1"})],
        [entry(transaction_data_hashes_alg=["sha-512"])],
        [entry(), entry()],
        ["a" * 9000],
    ],
)
def test_a_wallet_refuses_what_it_cannot_show(given: Any, refused: Refused) -> None:
    with refused(REFUSED):
        transactions.read(given, ["identity-paper"])


def test_a_verifier_believes_exactly_what_it_asked_for(refused: Refused) -> None:
    text, other = entry(), entry(fee=0)
    transactions.check([text], {"identity-paper": bound(text)})
    transactions.check([text, other], {"identity-paper": bound(text, other)})
    wrong: list[dict[str, Any]] = [
        {},
        {"transaction_data_hashes": []},
        bound(other),
        bound(text, other),
        {**bound(text), "transaction_data_hashes": bound(text)["transaction_data_hashes"] * 2},
        {**bound(text), "transaction_data_hashes_alg": "sha-512"},
        {"transaction_data_hashes": bound(text)["transaction_data_hashes"]},
        {"transaction_data_hashes_alg": "sha-256"},
        {**bound(text), "transaction_data_hashes": "text"},
        {**bound(text), "transaction_data_hashes": [7]},
    ]
    for proof in wrong:
        with refused(REFUSED):
            transactions.check([text], {"identity-paper": proof})


def test_nothing_is_signed_that_was_not_asked_for(refused: Refused) -> None:
    with refused(REFUSED):
        transactions.check([], {"identity-paper": bound(entry())})
    with refused(REFUSED):
        transactions.check([], {"identity-paper": {"transaction_data_hashes_alg": "sha-256"}})


def test_only_the_credential_that_may_authorise_does(refused: Refused) -> None:
    text = entry()
    with refused(REFUSED):
        transactions.check([text], {"other": bound(text)})
    with refused(REFUSED):
        transactions.check([text], {"identity-paper": bound(text), "other": bound(text)})
    either = entry(ids=["identity-paper", "other"])
    transactions.check([either], {"identity-paper": {}, "other": bound(either)})


def test_a_bank_checks_its_own_transactions_with_the_public_function(
    issuer: Any, holder: jose.Key, now: datetime, refused: Refused
) -> None:
    text = transactions.encode("com.example.payment/1", ["paper"], {"amount": "1"})
    more = {
        "transaction_data_hashes": [transactions.hash_of(text)],
        "transaction_data_hashes_alg": "sha-256",
    }
    trust = Trust.of([TrustedIssuer(issuer.url, "Tỉnh thử nghiệm", (issuer.root,))])
    about: dict[str, Any] = {
        "nonce": "n" * 22,
        "audience": "x509_hash:bank",
        "trust": trust,
        "now": now,
    }

    def shown(extra: dict[str, Any] | None) -> str:
        return sdjwt.present(
            issuer.issue(holder),
            ["full_name"],
            holder_key=holder,
            nonce="n" * 22,
            aud="x509_hash:bank",
            iat=now,
            more=extra,
        )

    assert api.verify(shown(more), transaction_data=[text], **about).bound
    for given, wanted in ((None, [text]), (more, []), (more, [text, entry()])):
        with refused(REFUSED):
            api.verify(shown(given), transaction_data=wanted, **about)


def test_the_canonical_spelling_is_that_of_rfc_8785() -> None:
    """Section 3.2.3 (the order of keys) and 3.2.2.2 (strings), for what forms can hold: no fractions."""
    given = {
        "peach": "This sorting order",
        "péché": "is wrong according to French",
        "pêche": "but canonicalization MUST",
        "sin": "ignore locale",
    }
    shuffled = {key: given[key] for key in ("sin", "pêche", "peach", "péché")}
    assert list(json.loads(canonical(shuffled))) == ["peach", "péché", "pêche", "sin"]
    text = '€$\u000f\nA\'B"\\\\"/'
    assert canonical({"string": text}) == b'{"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    literals: dict[str, Any] = {"literals": [None, True, False], "n": [10, 0, -1]}
    assert canonical(literals) == b'{"literals":[null,true,false],"n":[10,0,-1]}'
    assert canonical({"s": "\b\f\r\t\u007f"}) == b'{"s":"\\b\\f\\r\\t\x7f"}'
