"""Attacks on the issuer: on proofs, codes, tokens, batches and what belongs to another tenant."""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta

from joserfc import jwe as plain

from motcua.wallet import dpop, envelopes, issuing, jose, nonces, proofs
from motcua.wallet.moments import seconds
from tests.core.wallet.attacks.book import attack
from tests.core.wallet.attacks.siege import Siege, with_header
from tests.core.wallet.consent import Person, code_of
from tests.core.wallet.keyed import error_of


@attack("replayed proof")
async def a_dpop_proof_is_sent_a_second_time(s: Siege) -> None:
    keyed = s.keyed()
    proof = keyed.proof("/token")
    first = await keyed.code(await s.archive.mint(await s.ready()), proof)
    assert first.status_code == 200
    again = await keyed.code(await s.archive.mint(await s.ready()), proof)
    assert error_of(again) == (400, "invalid_dpop_proof")


@attack("replayed proof")
async def one_proof_of_possession_is_counted_twice_in_a_batch(s: Siege) -> None:
    proof = await s.proof()
    assert await s.asks(await s.token(), proof, proof) == "invalid_proof"


@attack("replayed proof")
async def a_proof_is_sent_again_when_its_nonce_has_ended(s: Siege) -> None:
    old = s.now - timedelta(minutes=6)
    secret = issuing.nonce_secret(s.archive.platform)
    nonce = nonces.make_nonce(secret, tenant=str(s.here.id), now=old)
    assert await s.asks(await s.token(), await s.proof(nonce=nonce)) == "invalid_nonce"


@attack("old or future iat")
async def a_proof_of_possession_is_an_hour_old_or_ahead(s: Siege) -> None:
    token = await s.token()
    for shift in (timedelta(hours=-1), timedelta(hours=1)):
        proof = await s.proof(iat=seconds(s.now + shift))
        assert await s.asks(token, proof) == "invalid_proof"


@attack("old or future iat")
async def a_dpop_proof_is_made_for_later(s: Siege) -> None:
    keyed, offered = s.keyed(), await s.archive.mint(await s.ready())
    for shift in (timedelta(hours=-1), timedelta(hours=1)):
        proof = keyed.proof("/token", iat=s.now + shift)
        assert error_of(await keyed.code(offered, proof)) == (400, "invalid_dpop_proof")


@attack("wrong audience")
async def a_proof_for_another_province_is_used_here(s: Siege) -> None:
    proof = await s.proof(aud=s.archive.url(s.there))
    assert await s.asks(await s.token(), proof) == "invalid_proof"


@attack("wrong audience")
async def a_proof_names_several_issuers(s: Siege) -> None:
    proof = await s.proof(aud=[s.archive.url(s.here), s.archive.url(s.there)])
    assert await s.asks(await s.token(), proof) == "invalid_proof"


@attack("wrong audience")
async def a_dpop_proof_for_one_endpoint_is_used_at_another(s: Siege) -> None:
    keyed, offered = s.keyed(), await s.archive.mint(await s.ready())
    assert error_of(await keyed.code(offered, keyed.proof("/credential"))) == (
        400,
        "invalid_dpop_proof",
    )


@attack("wrong nonce")
async def a_nonce_of_another_province_is_brought_along(s: Siege) -> None:
    proof = await s.proof(nonce=await s.archive.nonce(s.there))
    assert await s.asks(await s.token(), proof) == "invalid_nonce"


@attack("wrong nonce")
async def a_nonce_for_dpop_is_given_as_c_nonce(s: Siege) -> None:
    proof = await s.proof(nonce=dpop.fresh(s.archive.platform, s.here, s.now))
    assert await s.asks(await s.token(), proof) == "invalid_nonce"


@attack("wrong nonce")
async def a_nonce_is_made_up(s: Siege) -> None:
    for nonce in ("", "x", jose.b64u(bytes(56)), 7):
        assert await s.asks(await s.token(), await s.proof(nonce=nonce)) == "invalid_nonce"


@attack("key confusion")
async def a_proof_shows_somebody_elses_public_key(s: Siege) -> None:
    stranger = jose.public_jwk(jose.generate_key())
    assert await s.asks(await s.token(), await s.proof(jwk=stranger)) == "invalid_proof"


@attack("key confusion")
async def a_proof_names_two_keys(s: Siege) -> None:
    assert await s.asks(await s.token(), await s.proof(kid="other")) == "invalid_proof"


@attack("key confusion")
async def a_dpop_proof_is_given_as_proof_of_possession(s: Siege) -> None:
    assert await s.asks(await s.token(), await s.proof(typ=dpop.TYPE)) == "invalid_proof"


@attack("alg none")
async def a_proof_of_possession_is_not_signed(s: Siege) -> None:
    token, key = await s.token(), jose.generate_key()
    made = await s.proof(key)
    head = {"alg": "none", "typ": proofs.TYPE, "jwk": jose.public_jwk(key)}
    unsigned = with_header(made, **head)
    for sent in (unsigned, unsigned.rsplit(".", 1)[0] + ".", unsigned.rsplit(".", 1)[0]):
        assert await s.asks(token, sent) == "invalid_proof"


@attack("alg none")
async def a_dpop_proof_is_not_signed(s: Siege) -> None:
    keyed, offered = s.keyed(), await s.archive.mint(await s.ready())
    for name in ("none", "None", "NONE", ""):
        head = {"alg": name, "typ": dpop.TYPE, "jwk": jose.public_jwk(keyed.key)}
        proof = with_header(keyed.proof("/token"), **head)
        assert error_of(await keyed.code(offered, proof)) == (400, "invalid_dpop_proof")


@attack("algorithm swap")
async def a_proof_is_a_mac_under_the_public_key(s: Siege) -> None:
    key = jose.generate_key()
    made = await s.proof(key)
    head = {"alg": "HS256", "typ": proofs.TYPE, "jwk": jose.public_jwk(key)}
    signed = with_header(made, **head).rsplit(".", 1)[0]
    mac = hmac.digest(key.as_pem(private=False), signed.encode(), hashlib.sha256)
    assert await s.asks(await s.token(), f"{signed}.{jose.b64u(mac)}") == "invalid_proof"


@attack("algorithm swap")
async def a_proof_says_another_algorithm_than_it_is_signed_with(s: Siege) -> None:
    key = jose.generate_key()
    made, token = await s.proof(key), await s.token()
    for name in ("ES384", "ES256K", "RS256", "EdDSA", "HS512"):
        head = {"alg": name, "typ": proofs.TYPE, "jwk": jose.public_jwk(key)}
        assert await s.asks(token, with_header(made, **head)) == "invalid_proof"


@attack("stolen code or token with another key")
async def an_authorization_code_is_redeemed_by_a_thief(s: Siege) -> None:
    ready = await s.ready()
    person = Person(s.browse("quang-ninh"))
    await person.sign_in(s.archive, s.here, ready.holder)
    code = await code_of(s.keyed(), person)
    assert error_of(await s.keyed().exchange(code)) == (400, "invalid_grant")


@attack("stolen code or token with another key")
async def an_access_token_is_used_with_a_thiefs_key(s: Siege) -> None:
    owner, thief = s.keyed(), s.keyed()
    given = (await owner.code(await s.archive.mint(await s.ready()))).json()["access_token"]
    body = await thief.asked()
    assert error_of(await thief.json("/credential", given, body)) == (401, "invalid_token")
    bare = await thief.json("/credential", given, body, scheme="Bearer", proof=None)
    assert error_of(bare) == (401, "invalid_token")


@attack("stolen code or token with another key")
async def a_refresh_token_is_used_with_a_thiefs_key(s: Siege) -> None:
    owner, thief = s.keyed(), s.keyed()
    given = (await owner.code(await s.archive.mint(await s.ready()))).json()["refresh_token"]
    assert error_of(await thief.refresh(given)) == (400, "invalid_grant")
    assert (await owner.refresh(given)).status_code == 200


@attack("code race")
async def twenty_redeem_one_pre_authorised_code_at_once(s: Siege) -> None:
    offered = await s.archive.mint(await s.ready())
    code = await s.archive.code(offered)
    answers = await asyncio.gather(
        *(s.archive.redeem(s.here, code, offered.tx_code) for _ in range(20))
    )
    assert sorted(a.status_code for a in answers) == [200] + [400] * 19


@attack("code race")
async def twenty_redeem_one_authorization_code_at_once(s: Siege) -> None:
    ready, keyed = await s.ready(), s.keyed()
    person = Person(s.browse("quang-ninh"))
    await person.sign_in(s.archive, s.here, ready.holder)
    code = await code_of(keyed, person)
    answers = await asyncio.gather(*(keyed.exchange(code) for _ in range(20)))
    assert sorted(a.status_code for a in answers) == [200] + [400] * 19
    (given,) = (a.json() for a in answers if a.status_code == 200)
    # Whoever raced has shown that the code was stolen: what it brought is worth nothing any more.
    answer = await keyed.json("/credential", given["access_token"], await keyed.asked())
    assert error_of(answer) == (401, "invalid_token")


@attack("code race")
async def twenty_refresh_at_once(s: Siege) -> None:
    keyed = s.keyed()
    given = (await keyed.code(await s.archive.mint(await s.ready()))).json()["refresh_token"]
    answers = await asyncio.gather(*(keyed.refresh(given) for _ in range(20)))
    assert sorted(a.status_code for a in answers) == [200] + [400] * 19


@attack("transaction-code guessing")
async def five_guesses_lock_the_offer_against_the_right_code_too(s: Siege) -> None:
    offered = await s.archive.mint(await s.ready())
    code = await s.archive.code(offered)
    for n in range(5):
        wrong = f"{(int(offered.tx_code) + n + 1) % 10**6:06d}"
        assert (await s.archive.redeem(s.here, code, wrong)).status_code == 400
    assert (await s.archive.redeem(s.here, code, offered.tx_code)).status_code == 400


@attack("transaction-code guessing")
async def fifty_guess_at_once(s: Siege) -> None:
    ready = await s.ready()
    offered = await s.archive.mint(ready)
    code = await s.archive.code(offered)
    guesses = [f"{(int(offered.tx_code) + n + 1) % 10**6:06d}" for n in range(49)]
    answers = await asyncio.gather(
        *(s.archive.redeem(s.here, code, guess) for guess in guesses),
    )
    assert {a.status_code for a in answers} == {400}
    tries = "select tries from credential_offer where result_id = $1"
    assert await s.archive.one(s.here, tries, ready.id) == 5
    assert (await s.archive.redeem(s.here, code, offered.tx_code)).status_code == 400


@attack("transaction-code guessing")
async def the_code_is_left_out_or_written_otherwise(s: Siege) -> None:
    offered = await s.archive.mint(await s.ready())
    code = await s.archive.code(offered)
    written = [None, "", f" {offered.tx_code}", offered.tx_code.lstrip("0") + " "]
    for guess in written:
        assert (await s.archive.redeem(s.here, code, guess)).status_code == 400


@attack("another tenant's token, offer or status list")
async def a_token_of_here_is_used_there(s: Siege) -> None:
    assert await s.asks(await s.token(), await s.proof(), tenant=s.there) == "invalid_token"


@attack("another tenant's token, offer or status list")
async def an_offer_of_here_is_fetched_and_redeemed_there(s: Siege) -> None:
    offered = await s.archive.mint(await s.ready())
    path = offered.offer_uri.removeprefix(s.archive.url(s.here))
    assert (await s.archive.client.get(s.archive.url(s.there, path))).status_code == 404
    code = await s.archive.code(offered)
    assert (await s.archive.redeem(s.there, code, offered.tx_code)).status_code == 400


@attack("another tenant's token, offer or status list")
async def a_status_list_of_here_is_asked_for_there(s: Siege) -> None:
    wallet = await s.archive.received(await s.ready())
    entry = wallet.papers[0].content.status
    assert entry is not None
    path = entry.uri.removeprefix(s.archive.url(s.here))
    for asked in (path, f"{path}?time={int(s.now.timestamp())}"):
        assert (await s.archive.client.get(s.archive.url(s.there, asked))).status_code == 404


@attack("more copies than the batch")
async def eleven_proofs_come_at_once(s: Siege) -> None:
    sent = [await s.proof() for _ in range(issuing.BATCH + 1)]
    assert await s.asks(await s.token(), *sent) == "invalid_proof"


@attack("more copies than the batch")
async def several_requests_come_at_once(s: Siege) -> None:
    ready = await s.ready()
    token = await s.archive.access(ready)
    sent = [[await s.proof() for _ in range(4)] for _ in range(5)]
    said = await asyncio.gather(*(s.asks(token, *batch) for batch in sent))
    assert sorted(said) == ["4", "4", *["credential_request_denied"] * 3]
    issued = "select count(*) from credential where result_id = $1"
    assert await s.archive.one(s.here, issued, ready.id) == 8


@attack("decompression bomb")
async def an_encrypted_request_inflates_to_gigabytes(s: Siege) -> None:
    said = envelopes.announced(s.archive.platform, s.here)["credential_request_encryption"]
    key = jose.key_from_jwk(said["jwks"]["keys"][0])
    bomb = json.dumps({"x": " " * 200_000}).encode()
    head = {"alg": "ECDH-ES", "enc": "A128GCM", "zip": "DEF"}
    sent = plain.encrypt_compact(head, bomb, key, algorithms=["ECDH-ES", "A128GCM", "DEF"])
    headers = {
        "authorization": f"Bearer {await s.token()}",
        "content-type": envelopes.MEDIA_TYPE,
    }
    url = s.archive.url(s.here, "/credential")
    answer = await s.archive.client.post(url, content=sent, headers=headers)
    assert error_of(answer) == (400, "invalid_encryption_parameters")
