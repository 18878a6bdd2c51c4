"""The modules of the browser wallet against an office over HTTP: every way to receive and to present."""

import base64
from datetime import datetime
from typing import Any

import pytest

from motcua.wallet import certificates, dcql, jose, transactions
from tests.core.wallet.browser import CLAIMS, Run, Served, needs_node, runner
from tests.core.wallet.office import Office, encryption, wrong_key

pytestmark = needs_node
CODE = "493536"
ISSUER = "/.well-known/openid-credential-issuer"
REQUEST, RESPONSE = "credential_request_encryption", "credential_response_encryption"
ABOUT = {"procedure": "1.001776", "form_sha256": "0a" * 32, "fee": 15000}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return runner(tmp_path_factory.mktemp("wallet"))


def test_a_whole_journey_over_http(run: Run, now: datetime) -> None:
    with Served(now) as office:
        seen = run(journey(office, now))
    assert seen == {
        "claims": office.claims,
        "txCode": {"input_mode": "numeric", "length": 6},
        "copies": 3,
        "bound": True,
        "issuerTrusted": True,
        "visits": [],
        "used": [0],
        "reveal": ["full_name"],
        "trusted": True,
        "target": f"{office.url}/done#response_code=r",
        "status": 0,
    }
    assert office.events == ["credential_accepted"]
    assert [v.claims for v in office.verified] == [{"full_name": "Nguyễn Thị Bích Ngọc"}]


def test_an_issuer_that_nobody_vouches_for_is_told_apart(run: Run, now: datetime) -> None:
    with Served(now) as office:
        seen = run({**journey(office, now), "roots": []})
    assert (seen["issuerTrusted"], seen["trusted"]) == (False, False)


def test_a_nonce_that_ran_out_is_fetched_again_but_once(run: Run, now: datetime) -> None:
    with Served(now) as office:
        office.stale = 1
        assert run(journey(office, now))["claims"] == CLAIMS
        office.stale = 2
        assert run(journey(office, now)) == {"refused": "invalid_nonce"}


def test_a_server_may_want_its_own_nonce_in_the_proof_of_the_key(run: Run, now: datetime) -> None:
    with Served(now) as office:
        office.dpop_nonce = "the-nonce-of-the-server"
        assert run(journey(office, now))["claims"] == CLAIMS


def test_what_is_not_ready_is_asked_for_again_with_a_token_that_was_renewed(
    run: Run, now: datetime
) -> None:
    with Served(now) as office:
        office.later = 2
        seen = run(journey(office, now))
        assert (seen["claims"], seen["visits"]) == (CLAIMS, [0, 0])
        office.later, office.lasts = 1, 5
        seen = run(journey(office, now))
        assert (seen["claims"], seen["visits"]) == (CLAIMS, [1])


def test_new_copies_come_with_the_refresh_token(run: Run, now: datetime) -> None:
    with Served(now) as office:
        assert run({"job": "renewed", **taking(office, now)}) == {"copies": 3, "kept": ["rtrt"]}


def test_signing_in_at_the_issuer_brings_the_paper(run: Run, now: datetime) -> None:
    with Served(now) as office:
        office.flow = "sign_in"
        seen = run(sign_in(office, now))
    assert seen == {"claims": CLAIMS, "bound": True, "issuerState": "the-state-of-the-issuer"}
    assert office.asked["issuer_state"] == "the-state-of-the-issuer"
    assert office.asked["code_challenge_method"] == "S256"


@pytest.mark.parametrize(
    ("changes", "more", "code"),
    [
        ({"iss": "https://thief.example"}, {}, "wrong_issuer"),
        ({"iss": None}, {}, "wrong_issuer"),
        ({"state": "another"}, {}, "wrong_state"),
        ({"state": None}, {}, "wrong_state"),
        ({}, {"forgotten": True}, "wrong_state"),
        ({}, {"waited": 3600}, "wrong_state"),
        ({"code": "stolen"}, {}, "invalid_grant"),
        ({"error": "access_denied", "code": None}, {}, "access_denied"),
    ],
)
def test_an_answer_that_belongs_to_no_sign_in_brings_nothing(
    changes: dict[str, Any], more: dict[str, Any], code: str, run: Run, now: datetime
) -> None:
    with Served(now) as office:
        office.flow = "sign_in"
        assert run({**sign_in(office, now), **more, "changes": changes}) == {"refused": code}


def test_a_wrong_code_or_a_forged_paper_is_refused(run: Run, now: datetime) -> None:
    with Served(now) as office:
        assert run({**journey(office, now), "code": "000000"}) == {"refused": "invalid_grant"}
        office.changes = wrong_key()
        assert run(journey(office, now)) == {"refused": "bad_signature"}
    assert office.events == ["credential_failure"]


def test_a_paper_for_another_key_of_another_type_or_issuer_is_refused(
    run: Run, now: datetime
) -> None:
    thief = jose.public_jwk(jose.generate_key())
    cases: list[tuple[dict[str, Any], str]] = [
        ({"holder": thief}, "wrong_holder"),
        ({"holder": None}, "wrong_holder"),
        ({"vct": "https://office.example/vct/identity/1"}, "wrong_type"),
        ({"vct": "residence"}, "wrong_type"),
        ({"issuer": "https://thief.example"}, "untrusted_issuer"),
        ({"issuer": "http://localhost:1"}, "untrusted_issuer"),
    ]
    with Served(now) as office:
        for changes, code in cases:
            office.changes = changes
            assert run(journey(office, now)) == {"refused": code}, changes
    assert office.events == ["credential_failure"] * len(cases)
    assert not office.verified


def test_software_keys_are_told_where_a_certified_wallet_is_wanted(run: Run, now: datetime) -> None:
    strict = {"token_endpoint_auth_methods_supported": ["attest_jwt_client_auth"]}
    with Served(now) as office:
        office.changes = {"/.well-known/oauth-authorization-server": strict}
        assert run(journey(office, now)) == {"refused": "attestation_needed"}


def test_metadata_of_somebody_else_are_refused(run: Run, now: datetime) -> None:
    names = {
        "/.well-known/openid-credential-issuer": "credential_issuer",
        "/.well-known/oauth-authorization-server": "issuer",
    }
    with Served(now) as office:
        for path, member in names.items():
            office.changes = {path: {member: "https://thief.example"}}
            assert run(journey(office, now)) == {"refused": "malformed"}, path


def test_an_answer_is_encrypted_where_the_verifier_wants_it(run: Run, now: datetime) -> None:
    with Served(now) as office:
        office.encrypt_to = jose.generate_key()
        seen = run(journey(office, now))
    assert seen["target"] == f"{office.url}/done#response_code=r"
    assert [v.claims for v in office.verified] == [{"full_name": "Nguyễn Thị Bích Ngọc"}]


def test_requests_and_papers_travel_encrypted_where_the_issuer_demands_it(
    run: Run, now: datetime
) -> None:
    with Served(now) as office:
        office.seals = jose.generate_key()
        assert run(journey(office, now))["claims"] == CLAIMS
        assert office.sealed == ["A256GCM"]
        office.later = 2
        seen = run(journey(office, now))
        assert (seen["claims"], seen["visits"]) == (CLAIMS, [0, 0])
        office.later, office.changes = 0, {ISSUER: weaker(office.seals)}
        office.sealed.clear()
        assert run({"job": "renewed", **taking(office, now)})["copies"] == 3
    assert office.sealed == ["A128GCM", "A128GCM"]


def test_an_encryption_that_is_offered_is_used_though_nobody_demands_it(
    run: Run, now: datetime
) -> None:
    with Served(now) as office:
        office.seals = jose.generate_key()
        office.changes = {ISSUER: encryption(office.seals, encryption_required=False)}
        assert run(journey(office, now))["claims"] == CLAIMS
    assert office.sealed == ["A256GCM"]


def test_nothing_is_sent_where_another_encryption_is_demanded(run: Run, now: datetime) -> None:
    with Served(now) as office:
        key = jose.generate_key()
        demanded = encryption(key)
        asked, answered = demanded.values()
        other: list[dict[str, Any]] = [
            encryption(key, enc_values_supported=["A256CBC-HS512"]),
            {**demanded, REQUEST: {**asked, "jwks": {"keys": []}}},
            {**demanded, RESPONSE: {**answered, "alg_values_supported": ["RSA-OAEP"]}},
            # The key for the answer would have to travel in an open request.
            {RESPONSE: answered},
        ]
        for said in other:
            office.changes = {ISSUER: said}
            assert run(journey(office, now)) == {"refused": "encryption_unknown"}
    assert not office.holders


def test_an_answer_that_is_not_encrypted_as_it_was_asked_is_refused(
    run: Run, now: datetime
) -> None:
    codes = {"open": "malformed", "other_key": "malformed", "other_enc": "unsupported_algorithm"}
    with Served(now) as office:
        office.seals = jose.generate_key()
        for office.strays, code in codes.items():
            assert run(journey(office, now)) == {"refused": code}, office.strays


def test_an_application_is_signed_with_the_presentation(run: Run, now: datetime) -> None:
    with Served(now) as office:
        office.signs = [transactions.encode(transactions.DOSSIER, ["home"], ABOUT)]
        run(journey(office, now))
    (shown,) = office.verified
    assert shown.key_binding["transaction_data_hashes"] == [transactions.hash_of(office.signs[0])]
    assert shown.key_binding["transaction_data_hashes_alg"] == "sha-256"


def test_what_could_not_be_shown_is_not_signed(run: Run, now: datetime) -> None:
    encode = transactions.encode
    wrong = [
        [encode("payment", ["home"], ABOUT)],
        [encode(transactions.DOSSIER, ["other"], ABOUT)],
        [encode(transactions.DOSSIER, ["home"], {**ABOUT, "fee": "15"})],
        [encode(transactions.DOSSIER, ["home"], {**ABOUT, "fee": -1})],
        [encode(transactions.DOSSIER, ["home"], {**ABOUT, "form_sha256": "zz"})],
        [encode(transactions.DOSSIER, ["home"], {**ABOUT, "also": "my house"})],
        ["not base64url JSON"],
        [],
        [encode(transactions.DOSSIER, ["home"], ABOUT)] * 2,
    ]
    query = dcql.build_query([dcql.Need("home", ("v",))])
    jobs = [{"job": "transactions", "listed": listed, "query": query} for listed in wrong]
    assert run(*jobs) == [{"refused": "invalid_transaction_data"}] * len(wrong)


def test_a_refusal_reaches_the_verifier(run: Run, now: datetime) -> None:
    with Served(now) as office:
        for error in ("access_denied", "invalid_transaction_data"):
            job = {"job": "refusal", "request": office.request_link, "error": error}
            run({**job, "roots": [root_of(office)], "now": at(now)})
    assert office.errors == ["access_denied", "invalid_transaction_data"]


def journey(office: Office, now: datetime) -> dict[str, Any]:
    return {
        "job": "journey",
        "offer": office.offer_link,
        "request": office.request_link,
        "code": CODE,
        "roots": [root_of(office)],
        "now": at(now),
    }


def weaker(key: jose.Key) -> dict[str, Any]:
    return encryption(key, enc_values_supported=["A128GCM"])


def taking(office: Office, now: datetime) -> dict[str, Any]:
    return {"offer": office.offer_link, "code": CODE, "now": at(now)}


def sign_in(office: Office, now: datetime) -> dict[str, Any]:
    return {"job": "signIn", "offer": office.offer_link, "changes": {}, "now": at(now)}


def root_of(office: Office) -> str:
    return base64.b64encode(certificates.der(office.issuer.root)).decode()


def at(now: datetime) -> int:
    return int(now.timestamp())
