"""What is wrapped can be opened with our key, in whatever way it came, and nothing else can."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_vneid import crypto
from motcua_vneid.crypto import UnreadableError

KEY, OTHER = crypto.generate(), crypto.generate()
BODY = {"citizenPid": "019000000001", "fullName": "Nguyễn Thị Bích Ngọc"}


@given(st.binary(max_size=200))
def test_whatever_is_wrapped_is_unwrapped(content: bytes) -> None:
    data, key = crypto.wrap(KEY.public_key(), content)
    assert crypto.unwrap(KEY, data, key) == content


@given(st.binary(min_size=1, max_size=60))
def test_a_plus_that_became_a_blank_on_the_way_is_mended(content: bytes) -> None:
    data, key = crypto.wrap(KEY.public_key(), content)
    assert crypto.unwrap(KEY, data.replace("+", " "), key.replace("+", " ")) == content


def test_a_body_is_read_by_its_owner_and_by_nobody_else() -> None:
    body = crypto.body(KEY.public_key(), BODY)
    assert set(body) == {"data", "key"}
    assert crypto.opened(KEY, body) == BODY
    with pytest.raises(UnreadableError):
        crypto.opened(OTHER, body)


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"data": "x"}, {"data": "!!", "key": "!!"}, {"data": "AA==", "key": "AA=="}],
)
def test_what_is_no_body_is_refused_without_a_word_of_what_was_in_it(body: object) -> None:
    with pytest.raises(UnreadableError):
        crypto.opened(KEY, body)


def test_the_mode_is_theirs_and_hides_no_patterns() -> None:
    # ECB: known of VNeID, and the reason why an answer is believed only from the configured endpoint.
    data, _ = crypto.wrap(KEY.public_key(), b"0123456789abcdef" * 2)
    blocks = base64.b64decode(data)
    assert blocks[:16] == blocks[16:32]


def test_a_key_is_kept_and_read_again() -> None:
    assert crypto.from_pem(crypto.to_pem(KEY)).private_numbers() == KEY.private_numbers()
    assert crypto.public_pem(KEY.public_key()).startswith("-----BEGIN PUBLIC KEY-----")
