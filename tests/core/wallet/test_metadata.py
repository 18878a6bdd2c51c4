import pytest
from authlib.oauth2 import rfc8414, rfc9207  # type: ignore[import-untyped]

from motcua.wallet import jose, metadata
from motcua.wallet.metadata import Claim, Configuration, Names

ISSUER = "https://qn.example.vn"
_ISS = "authorization_response_iss_parameter_supported"
HOME = Configuration(
    "residence",
    f"{ISSUER}/vct/residence/1",
    Names("Xác nhận cư trú", "Proof of residence"),
    (Claim("full_name", Names("Họ và tên", "Full name"), mandatory=True),),
)


@pytest.mark.parametrize(
    ("issuer", "address"),
    [
        ("https://qn.example.vn", "https://qn.example.vn/.well-known/jwt-vc-issuer"),
        ("https://h.vn/t/qn", "https://h.vn/.well-known/jwt-vc-issuer/t/qn"),
        ("https://h.vn/t/qn/", "https://h.vn/.well-known/jwt-vc-issuer/t/qn"),
        ("http://vi.localhost:8000", "http://vi.localhost:8000/.well-known/jwt-vc-issuer"),
    ],
)
def test_well_known_stands_between_host_and_path(issuer: str, address: str) -> None:
    assert metadata.well_known(issuer, metadata.KEYS) == address


def test_the_issuer_document_has_what_wallets_need() -> None:
    document = metadata.credential_issuer(ISSUER, Names("Tỉnh thử nghiệm", "Test"), [HOME])
    assert document["credential_issuer"] == ISSUER
    assert document["batch_credential_issuance"]["batch_size"] >= 2
    entry = document["credential_configurations_supported"]["residence"]
    assert (entry["format"], entry["vct"], entry["scope"]) == ("dc+sd-jwt", HOME.vct, "residence")
    assert entry["cryptographic_binding_methods_supported"] == ["jwk"]
    assert entry["proof_types_supported"]["jwt"] == {
        "proof_signing_alg_values_supported": ["ES256"]
    }
    assert [d["locale"] for d in entry["credential_metadata"]["display"]] == ["vi-VN", "en-US"]
    for name, value in document.items():
        if name.endswith("_endpoint"):
            assert value.startswith(ISSUER + "/")


def test_other_paths_can_be_chosen() -> None:
    paths = metadata.Paths(token="/wallet/token")
    server = metadata.authorization_server(ISSUER, paths=paths)
    assert server["token_endpoint"] == ISSUER + "/wallet/token"
    assert server["pre-authorized_grant_anonymous_access_supported"] is True
    assert "response_types_supported" in server


def test_the_server_document_is_what_rfc_8414_asks_for() -> None:
    said = metadata.authorization_server(ISSUER, scopes=["residence"])
    classes = [rfc9207.AuthorizationServerMetadata]
    rfc8414.AuthorizationServerMetadata(said).validate(metadata_classes=classes)
    for wrong in ({"issuer": ISSUER + "?x=1"}, {_ISS: "yes"}, {"token_endpoint": ""}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            rfc8414.AuthorizationServerMetadata({**said, **wrong}).validate(classes)
    assert said["require_pushed_authorization_requests"] is True
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["dpop_signing_alg_values_supported"] == ["ES256"]
    assert said["scopes_supported"] == ["residence"]
    for name, value in said.items():
        if name.endswith("_endpoint"):
            assert value.startswith(ISSUER + "/")


def test_an_offer_to_sign_in_holds_no_code() -> None:
    offer = metadata.sign_in_offer(ISSUER, ["residence"], "s")
    assert offer["grants"] == {"authorization_code": {"issuer_state": "s"}}


def test_the_keys_are_public_and_found_by_thumbprint() -> None:
    key = jose.generate_key()
    document = metadata.jwt_vc_issuer(ISSUER, [key])
    (entry,) = document["jwks"]["keys"]
    assert (entry["kid"], "d" in entry) == (jose.thumbprint(key), False)
    assert "jwks_uri" not in document


def test_type_metadata_says_what_the_holder_decides() -> None:
    document = metadata.type_metadata(HOME)
    (claim,) = document["claims"]
    assert (claim["path"], claim["sd"], claim["mandatory"]) == (["full_name"], "always", True)
    assert claim["display"][0] == {"label": "Họ và tên", "locale": "vi-VN"}


def test_an_offer_asks_for_the_code_that_was_sent() -> None:
    offer = metadata.credential_offer(ISSUER, ["residence"], "c", tx_code_length=6)
    grant = offer["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"]
    assert grant["tx_code"] == {"input_mode": "numeric", "length": 6}
    offer = metadata.credential_offer(ISSUER, ["residence"], "c", tx_code_length=None)
    assert "tx_code" not in offer["grants"][metadata.PRE_AUTHORIZED]
