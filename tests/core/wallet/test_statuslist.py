import itertools
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.wallet import jose, statuslist

Refused = Callable[[str], Any]
URI = "http://qn.localhost:8000/status/1"
# The entries of the specification's long test vectors; a list of 2**20 with 1 or 2 bits.
SPARSE = [0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345]
LONG_1 = (
    "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA"
    "7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb"
)
LONG_2 = (
    "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAEB5WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAA"
    "AAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw"
)


def test_the_short_vectors_of_the_specification_come_out() -> None:
    ones = {i: 1 for i, bit in enumerate([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]) if bit}
    assert statuslist.build(ones, size=16, bits=1) == "eNrbuRgAAhcBXQ"
    twos = dict(enumerate([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]))
    assert statuslist.build(twos, size=12, bits=2) == "eNo76fITAAPfAgc"


@pytest.mark.parametrize(
    ("bits", "lst", "values"),
    [(1, LONG_1, [1] * 11), (2, LONG_2, [1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3])],
)
def test_the_long_vectors_of_the_specification_agree(
    bits: int, lst: str, values: list[int]
) -> None:
    entry = {"bits": bits, "lst": lst}
    assert [statuslist.read_status(entry, i) for i in SPARSE] == values
    ours = statuslist.build(dict(zip(SPARSE, values, strict=True)), size=2**20, bits=bits)
    theirs = zlib.decompress(jose.b64u_decode(lst))
    assert zlib.decompress(jose.b64u_decode(ours)) == theirs


@given(st.integers(1, 2), st.integers(1, 300), st.data())
def test_every_entry_is_read_as_it_was_set(bits: int, size: int, data: st.DataObject) -> None:
    values = st.integers(0, 2**bits - 1)
    changed = data.draw(st.dictionaries(st.integers(0, size - 1), values))
    entry = {"bits": bits, "lst": statuslist.build(changed, size=size, bits=bits)}
    assert [statuslist.read_status(entry, i) for i in range(size)] == [
        changed.get(i, 0) for i in range(size)
    ]


@pytest.mark.parametrize("changed", [{16: 1}, {-1: 1}, {0: 2}, {0: -1}])
def test_what_does_not_fit_is_refused(changed: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="fit"):
        statuslist.build(changed, size=16, bits=1)


def test_a_list_that_inflates_to_gigabytes_is_refused(refused: Refused) -> None:
    bomb = jose.b64u(zlib.compress(bytes(64 * 1024 * 1024), 9))
    assert len(bomb) < 100_000
    with refused("malformed"):
        statuslist.read_status({"bits": 1, "lst": bomb}, 0)


@pytest.mark.parametrize(
    "entry",
    [
        {"bits": 3, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": True, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": 1, "lst": "eNrbuRgA"},
        {"bits": 1, "lst": "AAAA"},
        {"bits": 1, "lst": 7},
        {"lst": "eNrbuRgAAhcBXQ"},
    ],
)
def test_what_is_no_list_is_refused(entry: dict[str, Any], refused: Refused) -> None:
    with refused("malformed"):
        statuslist.read_status(entry, 0)


@pytest.mark.parametrize("index", [-1, 16, 2**70])
def test_an_index_outside_is_refused(index: int, refused: Refused) -> None:
    with refused("malformed"):
        statuslist.read_status({"bits": 1, "lst": "eNrbuRgAAhcBXQ"}, index)


@settings(deadline=None)  # a busy machine is no fault
@given(st.integers(1, 700), st.binary(min_size=16, max_size=80))
def test_indices_are_a_permutation(size: int, key: bytes) -> None:
    assert sorted(statuslist.index_of(s, key, size) for s in range(size)) == list(range(size))


def test_neighbours_do_not_stay_neighbours() -> None:
    size, key = 2**20, b"0123456789abcdef"
    places = [statuslist.index_of(s, key, size) for s in range(2000)]
    near = sum(abs(a - b) < 1000 for a, b in itertools.pairwise(places))
    assert near < 20  # about 4 of 2000 by chance
    other = [statuslist.index_of(s, b"fedcba9876543210", size) for s in range(2000)]
    assert sum(a == b for a, b in zip(places, other, strict=True)) < 5


def test_a_full_list_or_a_short_key_is_refused() -> None:
    for sequence, key in ((16, bytes(16)), (-1, bytes(16)), (0, bytes(15))):
        with pytest.raises(ValueError, match="sequence"):
            statuslist.index_of(sequence, key, 16)


def test_a_signed_list_is_verified_and_read(issuer: Any, now: datetime, refused: Refused) -> None:
    token = _token(issuer, now)
    entry = _verify(token, issuer, now)
    assert [statuslist.read_status(entry, i) for i in (4, 5, 6)] == [0, 2, 0]
    payload = jose.read(token).payload
    assert (payload["sub"], payload["ttl"]) == (URI, 300)
    with refused("malformed"):
        _verify(token, issuer, now, uri=URI + "2")
    with refused("expired"):
        _verify(token, issuer, now + timedelta(days=1))
    with refused("not_yet_valid"):
        _verify(token, issuer, now - timedelta(hours=1))
    with refused("untrusted_issuer"):
        statuslist.verify_token(token, uri=URI, key_lookup=lambda h: None, now=now)
    with refused("wrong_type"):
        other = jose.sign(payload, issuer.key, typ="JWT", kid=issuer.kid)
        _verify(other, issuer, now)


def _token(issuer: Any, now: datetime) -> str:
    return statuslist.make_token(
        statuslist.build({5: statuslist.SUSPENDED}, size=1000, bits=2),
        bits=2,
        uri=URI,
        key=issuer.key,
        kid=issuer.kid,
        x5c=None,
        iat=now,
        lifetime=timedelta(days=1),
        ttl=timedelta(minutes=5),
    )


def _verify(token: str, issuer: Any, now: datetime, *, uri: str = URI) -> dict[str, Any]:
    return statuslist.verify_token(
        token,
        uri=uri,
        key_lookup=lambda h: issuer.key if h.get("kid") == issuer.kid else None,
        now=now,
    )
