"""Whom a third party believes, and what it finds out with ``verify`` alone: no database, no network."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from motcua import api
from motcua.wallet import certificates, jose, sdjwt, statuslist, trust
from motcua.wallet.refusal import CredentialError
from motcua.wallet.trust import Trust, TrustedIssuer

Refused = Callable[[str], Any]
NONCE, AUDIENCE = "n" * 22, "x509_hash:bank"
STATUS = "/status/1"


@pytest.fixture
def known(issuer: Any) -> Trust:
    return Trust.of([TrustedIssuer(issuer.url, "Tỉnh thử nghiệm", (issuer.root,))])


def _paper(issuer: Any, holder: jose.Key) -> str:
    text: str = issuer.issue(holder, status=sdjwt.Status(issuer.url + STATUS, 7))
    return text


def _shown(issuer: Any, holder: jose.Key, now: datetime, **more: Any) -> str:
    options = {"nonce": NONCE, "aud": AUDIENCE, "iat": now, **more}
    return sdjwt.present(_paper(issuer, holder), ["full_name"], holder_key=holder, **options)


def _list(issuer: Any, now: datetime, status: int = 0, **more: Any) -> str:
    options = {"key": issuer.key, "uri": issuer.url + STATUS, "iat": now, **more}
    return statuslist.make_token(
        statuslist.build({7: status} if status else {}, size=64, bits=2),
        bits=2,
        kid=issuer.kid,
        x5c=certificates.x5c(issuer.chain),
        lifetime=timedelta(hours=1),
        ttl=timedelta(minutes=5),
        **options,
    )


def test_a_bank_learns_who_says_what(
    issuer: Any, holder: jose.Key, now: datetime, known: Trust
) -> None:
    seen = api.verify(
        _shown(issuer, holder, now),
        nonce=NONCE,
        audience=AUDIENCE,
        trust=known,
        status_list=lambda uri: _list(issuer, now),
        now=now,
    )
    assert seen.claims == {
        "full_name": "Nguyễn Thị Bích Ngọc",
        "result_code": "H49-2026-000123",
    }
    assert (seen.issuer_name, seen.bound, seen.status) == ("Tỉnh thử nghiệm", True, "valid")
    assert seen.type == f"{issuer.url}/vct/residence/1"


def test_without_a_list_the_status_is_said_to_be_unchecked(
    issuer: Any, holder: jose.Key, now: datetime, known: Trust
) -> None:
    text = _shown(issuer, holder, now)
    seen = api.verify(text, nonce=NONCE, audience=AUDIENCE, trust=known, now=now)
    assert seen.status == "not_checked"


def test_a_stored_credential_proves_what_was_issued_but_not_who_shows_it(
    issuer: Any, holder: jose.Key, now: datetime, known: Trust, refused: Refused
) -> None:
    paper = _paper(issuer, holder)
    seen = api.verify(paper, nonce=None, audience=None, trust=known, now=now)
    assert not seen.bound
    assert "birth_date" in seen.claims
    with refused("missing_key_binding"):
        api.verify(paper, nonce=NONCE, audience=AUDIENCE, trust=known, now=now)
    with pytest.raises(ValueError, match="belong together"):
        api.verify(paper, nonce=NONCE, audience=None, trust=known, now=now)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nonce": "other"}, "wrong_nonce"),
        ({"aud": "x509_hash:other"}, "wrong_audience"),
        ({"aud": "bank"}, "wrong_audience"),
        ({"iat": timedelta(minutes=-6)}, "stale"),
        ({"iat": timedelta(minutes=2)}, "from_the_future"),
    ],
)
def test_a_presentation_for_somebody_else_or_another_time_is_refused(
    change: dict[str, Any],
    code: str,
    issuer: Any,
    holder: jose.Key,
    now: datetime,
    known: Trust,
    refused: Refused,
) -> None:
    moved = {n: now + v if isinstance(v, timedelta) else v for n, v in change.items()}
    with refused(code):
        api.verify(
            _shown(issuer, holder, now, **moved),
            nonce=NONCE,
            audience=AUDIENCE,
            trust=known,
            now=now,
        )


@pytest.mark.parametrize(
    ("status", "code"),
    [(statuslist.REVOKED, "revoked"), (statuslist.SUSPENDED, "suspended"), (3, "revoked")],
)
def test_a_withdrawn_paper_is_refused(
    status: int,
    code: str,
    issuer: Any,
    holder: jose.Key,
    now: datetime,
    known: Trust,
    refused: Refused,
) -> None:
    with refused(code):
        api.verify(
            _shown(issuer, holder, now),
            nonce=NONCE,
            audience=AUDIENCE,
            trust=known,
            status_list=lambda uri: _list(issuer, now, status),
            now=now,
        )


def test_the_first_thing_wrong_is_the_one_that_is_named(
    issuer: Any, holder: jose.Key, now: datetime, known: Trust, refused: Refused
) -> None:
    """Issuer, signature, validity, key binding, type, status: in this order, whatever else is wrong too."""
    wrong: dict[str, Any] = {"nonce": "x", "audience": "y", "now": now + timedelta(days=400)}
    text = _shown(issuer, holder, now)
    stranger = Trust.of([])
    forged = text.replace(text.split(".")[2][:8], "AAAAAAAA", 1)
    old = Trust.of([replace(known.issuers[issuer.url], valid_until=now)])
    typed = Trust.of([replace(known.issuers[issuer.url], types={"a": "other"})])
    fetched: list[str] = []

    def listed(uri: str) -> str:
        fetched.append(uri)
        return _list(issuer, now, statuslist.REVOKED)

    for trusted, given, options, code in (
        (stranger, forged, wrong, "untrusted_issuer"),
        (old, forged, {**wrong, "now": now}, "untrusted_issuer"),
        (known, forged, {**wrong, "now": now}, "bad_signature"),
        (known, text, wrong, "untrusted_certificate"),
        (known, text, {**wrong, "now": now}, "wrong_audience"),
        (typed, text, {"nonce": NONCE, "audience": AUDIENCE, "now": now}, "wrong_type"),
        (known, text, {"nonce": NONCE, "audience": AUDIENCE, "now": now}, "revoked"),
    ):
        with refused(code):
            api.verify(given, trust=trusted, status_list=listed, **options)
        assert bool(fetched) == (code == "revoked")


def test_a_status_list_elsewhere_is_never_asked_for(
    issuer: Any, holder: jose.Key, now: datetime, known: Trust, refused: Refused
) -> None:
    for uri in (
        "http://169.254.169.254/status/1",
        f"{issuer.url}@evil.example/status/1",
        f"{issuer.url}.evil.example/status/1",
        f"{issuer.url}/other/1",
    ):
        paper = issuer.issue(holder, status=sdjwt.Status(uri, 7))
        with refused("malformed"):
            api.verify(
                paper, nonce=None, audience=None, trust=known, status_list=lambda u: u, now=now
            )


def test_a_status_list_that_inflates_without_end_is_refused(
    issuer: Any, holder: jose.Key, now: datetime, known: Trust, refused: Refused
) -> None:
    bomb = statuslist.make_token(
        statuslist.build({}, size=1 << 28, bits=1),
        bits=1,
        uri=issuer.url + STATUS,
        key=issuer.key,
        kid=issuer.kid,
        x5c=certificates.x5c(issuer.chain),
        iat=now,
        lifetime=timedelta(hours=1),
        ttl=timedelta(minutes=5),
    )
    with refused("malformed"):
        api.verify(
            _paper(issuer, holder),
            nonce=None,
            audience=None,
            trust=known,
            status_list=lambda uri: bomb,
            now=now,
        )


def test_a_trust_list_says_whom_to_believe(issuer: Any, now: datetime, known: Trust) -> None:
    bank = TrustedIssuer(
        "https://issuer.example",
        "Nơi cấp ngoài",
        (issuer.root,),
        types={"residence": "https://issuer.example/vct/r"},
        valid_from=now,
        valid_until=now + timedelta(days=30),
        outside=True,
    )
    token = _published(issuer, now, Trust.of([*known.issuers.values(), bank]))
    found = _read(token, issuer, now)
    assert found.issuers[issuer.url] == known.issuers[issuer.url]
    assert found.issuers[bank.url] == bank
    assert found.vcts("residence", now) == [
        f"{issuer.url}/vct/residence/1",
        "https://issuer.example/vct/r",
    ]
    assert found.vcts("residence", now + timedelta(days=30)) == [f"{issuer.url}/vct/residence/1"]


def test_a_trust_list_of_somebody_else_or_another_time_is_refused(
    issuer: Any, now: datetime, known: Trust, refused: Refused
) -> None:
    token = _published(issuer, now, known)
    other = certificates.make_root("Gốc lạ", now=now).certificate
    with refused("untrusted_certificate"):
        trust.read_trust_list(token, root=certificates.to_pem(other), source=issuer.url, now=now)
    with refused("untrusted_issuer"):
        _read(token, issuer, now, source="http://other.localhost:8000")
    with refused("expired"):
        _read(token, issuer, now + timedelta(hours=24))
    with refused("not_yet_valid"):
        _read(token, issuer, now - timedelta(minutes=2))
    with refused("bad_signature"):
        head, _, signature = token.split(".")
        body = jose.b64u(b'{"iss":"x","iat":0,"exp":9999999999,"issuers":[]}')
        _read(f"{head}.{body}.{signature}", issuer, now)
    with refused("wrong_type"):
        chain = certificates.x5c(issuer.chain)
        _read(jose.sign({}, issuer.key, typ="JWT", x5c=chain), issuer, now)


def test_entries_that_break_the_form_are_refused(
    issuer: Any, now: datetime, refused: Refused
) -> None:
    for entries in (
        None,
        [7],
        [{"issuer": "a"}],
        [{"issuer": "a", "x5c": certificates.x5c(issuer.chain), "types": ["a"]}],
    ):
        payload = {
            "iss": issuer.url,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 60,
            "issuers": entries,
        }
        chain = certificates.x5c(issuer.chain)
        with refused("malformed"):
            _read(jose.sign(payload, issuer.key, typ=trust.TYPE, x5c=chain), issuer, now)


def test_a_key_that_was_revoked_is_refused_with_everything_it_signed(
    issuer: Any, holder: Any, now: datetime, known: Trust
) -> None:
    """The list names keys; a reader that pinned the root learns of them from it."""
    lost = Trust.of(list(known.issuers.values()), {issuer.kid})
    read = _read(_published(issuer, now, lost), issuer, now)
    assert read.revoked == {issuer.kid}
    paper = issuer.issue(holder)
    api.verify(paper, nonce=None, audience=None, trust=known, now=now)
    with pytest.raises(CredentialError, match="was revoked"):
        api.verify(paper, nonce=None, audience=None, trust=read, now=now)


def test_the_limits_of_time_are_aware(issuer: Any) -> None:
    entry = TrustedIssuer(issuer.url, "x", (issuer.root,))
    assert entry.valid_from.tzinfo == entry.valid_until.tzinfo == UTC


def _published(issuer: Any, now: datetime, known: Trust) -> str:
    return trust.make_list(known, source=issuer.url, key=issuer.key, chain=issuer.chain, now=now)


def _read(token: str, issuer: Any, now: datetime, source: str = "") -> Trust:
    root = certificates.to_pem(issuer.root)
    return api.read_trust_list(token, root=root, source=source or issuer.url, now=now)
