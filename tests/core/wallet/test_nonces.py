from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from motcua.wallet import nonces

SECRET = b"s" * 32


def test_a_nonce_is_known_until_it_expires(now: datetime) -> None:
    nonce = nonces.make_nonce(SECRET, tenant="quangninh", now=now)
    for late, known in ((0, True), (299, True), (300, False), (9999, False)):
        moment = now + timedelta(seconds=late)
        assert nonces.check_nonce(nonce, SECRET, tenant="quangninh", now=moment) is known


def test_a_nonce_belongs_to_one_tenant_and_one_secret(now: datetime) -> None:
    nonce = nonces.make_nonce(SECRET, tenant="quangninh", now=now)
    assert not nonces.check_nonce(nonce, SECRET, tenant="hanoi", now=now)
    assert not nonces.check_nonce(nonce, b"t" * 32, tenant="quangninh", now=now)


def test_nonces_differ(now: datetime) -> None:
    assert len({nonces.make_nonce(SECRET, tenant="t", now=now) for _ in range(100)}) == 100


@given(st.text())
def test_foreign_text_is_not_a_nonce(text: str) -> None:
    moment = datetime.fromisoformat("2026-11-22T00:00:00+00:00")
    assert not nonces.check_nonce(text, SECRET, tenant="t", now=moment)


@given(st.integers(0, 74), st.sampled_from("ABab01-_"))
def test_a_changed_nonce_is_not_a_nonce(place: int, letter: str) -> None:
    moment = datetime.fromisoformat("2026-11-22T00:00:00+00:00")
    nonce = nonces.make_nonce(SECRET, tenant="t", now=moment)
    changed = nonce[:place] + letter + nonce[place + 1 :]
    known = nonces.check_nonce(changed, SECRET, tenant="t", now=moment)
    assert known is (changed == nonce)
