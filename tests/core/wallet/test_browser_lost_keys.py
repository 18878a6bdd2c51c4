"""What the browser wallet believes of lost keys: the province's own list, and what such keys signed."""

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from motcua.wallet import certificates, jose, trust
from motcua.wallet.trust import Trust, TrustedIssuer
from tests.core.wallet.browser import Run, needs_node, runner

pytestmark = needs_node


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return runner(tmp_path_factory.mktemp("wallet"))


def test_the_keys_that_the_servers_list_calls_lost_are_read(
    run: Run, issuer: Any, now: datetime
) -> None:
    lost = [jose.thumbprint(jose.generate_key()) for _ in range(2)]
    seen = run(
        _reading(issuer, now, _list(issuer, now, lost)),
        _reading(issuer, now, _list(issuer, now, [])),
    )
    assert seen == [sorted(lost), []]


def test_a_paper_of_a_lost_key_is_told_apart_and_one_of_an_authority_that_was_lost(
    run: Run, issuer: Any, holder: jose.Key, now: datetime
) -> None:
    root = certificates.make_root("Gốc", now=now)
    key, above = jose.generate_key(), jose.generate_key()
    certified = certificates.tenant_authority(root, above, name="T", host="localhost", now=now)
    between = certificates.Authority(certified, above)
    leaf = certificates.credential_certificate(
        between, key, name="Ký", organization="Tỉnh", host="qn.localhost", now=now
    )
    chain = (leaf, between.certificate)
    below = replace(issuer, key=key, kid=jose.thumbprint(key), chain=chain, root=root.certificate)
    authority = jose.thumbprint(certificates.key_of(between.certificate))
    other = jose.thumbprint(jose.generate_key())
    jobs = [
        {
            **_reading(one, now, _list(one, now, lost)),
            "job": "isSignedByLostKey",
            "credential": one.issue(holder),
        }
        for one, lost in (
            (issuer, [issuer.kid]),
            (issuer, [other]),
            (issuer, []),
            (below, [authority]),
            (below, [other]),
        )
    ]
    assert run(*jobs) == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"source": "http://tn.localhost:8000"}, "untrusted_issuer"),
        ({"lifetime": timedelta(0)}, "expired"),
        ({"later": timedelta(hours=2)}, "not_yet_valid"),
        ({"key": jose.generate_key()}, "bad_signature"),
    ],
)
def test_a_list_of_somebody_else_or_of_another_day_is_refused(
    change: dict[str, Any], code: str, run: Run, issuer: Any, now: datetime
) -> None:
    token = _list(issuer, now, [], **change)
    assert run(_reading(issuer, now, token)) == {"refused": code}


def test_a_list_that_leads_to_no_root_of_ours_or_is_no_list_is_refused(
    run: Run, issuer: Any, now: datetime
) -> None:
    token = _list(issuer, now, [])
    said = jose.read(token).payload
    stranger = certificates.make_root("Kẻ lạ", now=now).certificate
    x5c = certificates.x5c(issuer.chain)
    sign = jose.sign
    seen = run(
        {**_reading(issuer, now, token), "roots": [_text(stranger)]},
        {**_reading(issuer, now, token), "roots": []},
        _reading(issuer, now, sign(said, issuer.key, typ=trust.TYPE, kid=issuer.kid)),
        _reading(issuer, now, sign(said, issuer.key, typ="JWT", x5c=x5c)),
        _reading(
            issuer, now, sign({**said, "revoked_keys": [7]}, issuer.key, typ=trust.TYPE, x5c=x5c)
        ),
    )
    codes = ["untrusted_certificate"] * 3 + ["wrong_type", "malformed"]
    assert seen == [{"refused": code} for code in codes]


def _list(
    issuer: Any, now: datetime, lost: list[str], later: timedelta = timedelta(0), **changes: Any
) -> str:
    believed = Trust.of([TrustedIssuer(issuer.url, "Tỉnh", (issuer.root,))], lost)
    about = {"source": issuer.url, "key": issuer.key, "chain": issuer.chain, "now": now + later}
    return trust.make_list(believed, **{**about, **changes})


def _reading(issuer: Any, now: datetime, token: str) -> dict[str, Any]:
    return {
        "job": "lostKeys",
        "token": token,
        "issuer": issuer.url,
        "roots": [_text(issuer.root)],
        "now": int(now.timestamp()),
    }


def _text(certificate: Any) -> str:
    return base64.b64encode(certificates.der(certificate)).decode()
