"""Attacks on the verifier, and on a wallet in the name of a verifier."""

import json
import zlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from motcua.errors import NotFound
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, issuer, jose, requests, statuslist
from motcua.wallet.disclosures import digest_of
from motcua.wallet.moments import seconds
from motcua.wallet.refusal import CredentialError
from tests.core.wallet.archive import KIND
from tests.core.wallet.attacks.book import attack
from tests.core.wallet.attacks.siege import Siege, with_header


@attack("replayed proof")
async def a_presentation_is_sent_a_second_time(s: Siege) -> None:
    request, paper, name = await s.begin()
    shown = s.shown(request, paper)
    assert (await s.send(request, name, shown)).status_code == 200
    again = await s.send(request, name, shown)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")


@attack("replayed proof")
async def a_presentation_is_sent_to_another_request(s: Siege) -> None:
    request, paper, _ = await s.begin()
    other, _, name = await s.begin()
    answer = await s.send(other, name, s.shown(request, paper))
    assert answer.json()["error"] == "wrong_nonce"


@attack("old or future iat")
async def a_presentation_was_made_an_hour_ago_or_will_be(s: Siege) -> None:
    assert await s.refused(iat=s.now - timedelta(hours=1)) == "stale"
    assert await s.refused(iat=s.now + timedelta(hours=1)) == "from_the_future"


@attack("wrong audience")
async def a_presentation_for_another_verifier_is_passed_on(s: Siege) -> None:
    assert await s.refused(aud="x509_hash:another") == "wrong_audience"


@attack("wrong nonce")
async def a_presentation_has_a_nonce_of_its_own(s: Siege) -> None:
    assert await s.refused(nonce="x" * 32) == "wrong_nonce"


@attack("key confusion")
async def a_presentation_is_signed_by_who_found_the_paper(s: Siege) -> None:
    assert await s.refused(holder_key=jose.generate_key()) == "wrong_holder"


@attack("alg none")
async def the_issuers_signature_is_taken_away(s: Siege) -> None:
    def change(shown: str) -> str:
        jwt, rest = shown.split("~", 1)
        header = {**jose.read(jwt).header, "alg": "none"}
        return with_header(jwt, **header) + "~" + rest

    assert await s.refused(change) == "unsupported_algorithm"


@attack("alg none")
async def the_key_binding_is_not_signed(s: Siege) -> None:
    def change(shown: str) -> str:
        bound, binding = shown.rsplit("~", 1)
        return f"{bound}~{with_header(binding, alg='none', typ='kb+jwt')}"

    assert await s.refused(change) == "unsupported_algorithm"


@attack("algorithm swap")
async def the_issuers_header_says_hs256(s: Siege) -> None:
    def change(shown: str) -> str:
        jwt, rest = shown.split("~", 1)
        header = {**jose.read(jwt).header, "alg": "HS256"}
        return with_header(jwt, **header) + "~" + rest

    assert await s.refused(change) == "unsupported_algorithm"


@attack("key confusion")
async def somebody_signs_papers_with_a_certificate_of_his_own(s: Siege) -> None:
    request, paper, name = await s.begin()
    jwt, *shown, _ = paper.credential.split("~")
    forger, said = jose.generate_key(), jose.read(jwt)
    head = {n: v for n, v in said.header.items() if n not in {"alg", "typ"}}
    forged = jose.sign(said.payload, forger, typ="dc+sd-jwt", **head)
    bound = "~".join((forged, *shown, ""))
    proof = {
        "iat": seconds(s.now),
        "aud": request.client_id,
        "nonce": request.nonce,
        "sd_hash": digest_of(bound),
    }
    answer = await s.send(request, name, bound + jose.sign(proof, paper.key, typ="kb+jwt"))
    assert answer.json()["error"] == "bad_signature"


def _rebound(s: Siege, shown: str, disclosures: list[str]) -> str:
    """Keep the issuer's token, change what is disclosed: the old key binding no longer fits."""
    jwt, *_, binding = shown.split("~")
    return "~".join((jwt, *disclosures, binding))


@attack("tampered disclosure")
async def a_value_is_changed(s: Siege) -> None:
    def change(shown: str) -> str:
        _, *items, _ = shown.split("~")
        salt, name, _ = json.loads(jose.b64u_decode(items[0]))
        forged = jose.b64u(json.dumps([salt, name, "Người Khác"]).encode())
        return _rebound(s, shown, [forged, *items[1:]])

    assert await s.refused(change) == "bad_disclosure"


@attack("tampered disclosure")
async def a_disclosure_is_added_or_left_out_on_the_way(s: Siege) -> None:
    def less(shown: str) -> str:
        _, *items, _ = shown.split("~")
        return _rebound(s, shown, items[1:])

    def twice(shown: str) -> str:
        _, *items, _ = shown.split("~")
        return _rebound(s, shown, [*items, items[0]])

    assert await s.refused(less) == "bad_disclosure"
    assert await s.refused(twice) == "duplicate_digest"


@attack("missing key binding")
async def a_stored_paper_is_sent_as_it_is(s: Siege) -> None:
    assert await s.refused(lambda shown: shown.rsplit("~", 1)[0] + "~") == "missing_key_binding"


@attack("missing key binding")
async def another_token_of_the_holder_stands_for_the_key_binding(s: Siege) -> None:
    request, paper, name = await s.begin()
    bound = s.shown(request, paper).rsplit("~", 1)[0] + "~"
    said = {
        "iat": seconds(s.now),
        "aud": request.client_id,
        "nonce": request.nonce,
        "sd_hash": digest_of(bound),
    }
    answer = await s.send(request, name, bound + jose.sign(said, paper.key, typ="JWT"))
    assert answer.json()["error"] == "wrong_type"


@attack("decompression bomb")
async def a_status_list_inflates_to_gigabytes(s: Siege) -> None:
    bomb = jose.b64u(zlib.compress(bytes(64 * 1024 * 1024), 9))
    with pytest.raises(CredentialError, match="status list") as refusal:
        statuslist.read_status({"bits": 1, "lst": bomb}, 0)
    assert refusal.value.reason_code == "malformed"


@attack("request object substituted")
async def a_request_is_signed_by_another_verifier(s: Siege) -> None:
    mine, theirs = await _asked(s, s.here), await _asked(s, s.there)
    with pytest.raises(CredentialError):
        _parsed(s, theirs[0], mine[1])


@attack("request object substituted")
async def a_request_is_changed_on_the_way(s: Siege) -> None:
    text, client_id = await _asked(s, s.here)
    head, body, signature = text.split(".")
    said = json.loads(jose.b64u_decode(body))
    for change in (
        {"response_uri": "https://evil.example/response"},
        {"nonce": "n" * 32},
        {"client_id": "x509_hash:evil"},
    ):
        forged = jose.b64u(json.dumps({**said, **change}).encode())
        with pytest.raises(CredentialError):
            _parsed(s, f"{head}.{forged}.{signature}", client_id)


@attack("request object substituted")
async def a_stranger_signs_a_request_with_his_own_certificate(s: Siege) -> None:
    text, client_id = await _asked(s, s.here)
    stranger = s.stranger
    said = jose.read(text).payload
    own = requests.client_id_of(stranger.chain[0])
    for named in (client_id, own):
        made = jose.sign(
            {**said, "client_id": named},
            stranger.key,
            typ=requests.TYPE,
            x5c=certificates.x5c(stranger.chain),
        )
        with pytest.raises(CredentialError):
            _parsed(s, made, named)


@attack("request object substituted")
async def a_request_without_the_wallets_own_nonce_is_an_old_one(s: Siege) -> None:
    text, client_id = await _asked(s, s.here)
    with pytest.raises(CredentialError):
        _parsed(s, text, client_id, wallet_nonce="fresh" * 8)


@attack("session fixation of the response code")
async def a_code_is_brought_back_by_another_person(s: Siege) -> None:
    wallet = await s.archive.received(await s.ready())
    victim, thief = await s.archive.person(s.here), await s.archive.person(s.here)
    target = await wallet.present(await s.archive.start(s.here, thief))
    assert target is not None
    # The thief began; the victim, lured to answer, is brought back in a session of his own.
    with pytest.raises(NotFound):
        await s.archive.collect(s.here, target, victim)


@attack("session fixation of the response code")
async def a_code_is_guessed_used_twice_or_for_another_request(s: Siege) -> None:
    wallet = await s.archive.received(await s.ready())
    person = await s.archive.person(s.here)
    target = await wallet.present(await s.archive.start(s.here, person)) or ""
    other = await wallet.present(await s.archive.start(s.here, person)) or ""
    said = {n: v[0] for n, v in parse_qs(urlsplit(other).query).items()}
    mixed = target.replace(
        parse_qs(urlsplit(target).query)["presentation"][0], said["presentation"]
    )
    for wrong in (mixed, target.replace("response_code=", "response_code=x")):
        with pytest.raises(NotFound):
            await s.archive.collect(s.here, wrong, person)
    assert (await s.archive.collect(s.here, target, person)).vct_type == KIND
    with pytest.raises(NotFound):
        await s.archive.collect(s.here, target, person)


async def _asked(s: Siege, tenant: Tenant) -> tuple[str, str]:
    """Return the signed request of a verifier and its client_id."""
    link = await s.archive.start(tenant, await s.archive.person(tenant))
    said = {n: v[0] for n, v in parse_qs(urlsplit(link).query).items()}
    text = (await s.archive.client.get(said["request_uri"])).text
    return text, said["client_id"]


def _parsed(
    s: Siege, text: str, client_id: str, wallet_nonce: str | None = None
) -> requests.Request:
    return requests.parse_request(
        text,
        client_id=client_id,
        now=s.now,
        roots=issuer.roots(s.archive.platform),
        wallet_nonce=wallet_nonce,
    )
