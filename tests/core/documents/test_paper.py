"""The code of a paper copy: what it says holds, and each way of cheating with it has a name."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.documents import cbor
from motcua.documents.paper import (
    CODE_MM,
    Paper,
    PaperError,
    PaperKey,
    PaperKeys,
    digest_of,
    key_id,
    make,
    verify_paper,
)
from motcua.documents.signing import pem_signer
from motcua.files.qr import paper_code

from .authority import Holder, certify

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
URL, HOST = "https://tinh-mau.example.vn", "tinh-mau.example.vn"
CODE = "K7Q2M4XN8RTW"
PDF = b"%PDF-1.7\nthe document\n%%EOF"
PAPER = Paper(
    "0975/2026/KQ-H49.12.05.13",
    "Giấy xác nhận tình trạng hôn nhân",
    "Ủy ban nhân dân phường Mẫu",
    "Nguyễn Thị Bích Ngọc",
    NOW - timedelta(days=3),
    NOW + timedelta(days=180),
    digest_of(PDF),
)
SIGNER = certify("Tỉnh Mẫu")


def key(holder: Holder = SIGNER, **other: Any) -> PaperKey:
    made = PaperKey(
        holder.key.public_key(),
        frozenset({HOST}),
        "Tỉnh Mẫu",
        NOW - timedelta(days=30),
        NOW + timedelta(days=300),
    )
    return replace(made, **other)


def keys(holder: Holder = SIGNER, **other: Any) -> PaperKeys:
    return PaperKeys({key_id(holder.key.public_key()).hex(): key(holder, **other)})


def code_of(paper: Paper = PAPER, by: Holder = SIGNER, url: str = URL, code: str = CODE) -> str:
    sign = pem_signer(by.key_pem)
    return asyncio.run(make(paper, url=url, code=code, public=by.key.public_key(), sign=sign))


TEXT = code_of()


def refused(text: str, known: PaperKeys | None = None, now: datetime = NOW) -> str:
    with pytest.raises(PaperError) as error:
        verify_paper(text, keys=known or keys(), now=now)
    return error.value.reason_code


def apart(text: str) -> tuple[str, list[Any]]:
    address, code = text.split("#")
    return address, list(cbor.decode(base64.b32decode(code + "=" * (-len(code) % 8))))


def together(address: str, parts: list[Any], tag: Callable[..., Any] = cbor.Tagged18) -> str:
    message = cbor.encode(tag(parts))
    return f"{address}#{base64.b32encode(message).decode().rstrip('=')}"


def signed_anew(protected: Any, payload: Any, by: Holder = SIGNER) -> str:
    """Sign other content than we would, with a right key."""
    address = TEXT.split("#")[0]
    head, body = cbor.encode(protected), cbor.encode(payload)
    data = cbor.encode(["Signature1", head, address.upper().encode(), body])
    return together(address, [head, {}, body, asyncio.run(_signature(by, data))])


async def _signature(by: Holder, data: bytes) -> bytes:
    return await pem_signer(by.key_pem)(data)


def test_what_it_says_is_what_was_signed() -> None:
    seen = verify_paper(TEXT, keys=keys(), now=NOW)
    assert (seen.number, seen.title, seen.unit, seen.holder) == (
        PAPER.number,
        PAPER.title,
        PAPER.unit,
        PAPER.holder,
    )
    assert (seen.issued_at, seen.expires_at) == (PAPER.issued_at, PAPER.expires_at)
    assert seen.issuer == "Tỉnh Mẫu"
    assert seen.address == f"{URL}/V/{CODE}".upper()


def test_a_browser_writes_the_host_small_and_it_holds_all_the_same() -> None:
    code = TEXT.split("#")[1]
    assert verify_paper(f"{URL}/V/{CODE}#{code}", keys=keys(), now=NOW).number == PAPER.number


def test_it_belongs_to_the_document_whatever_is_added_behind() -> None:
    seen = verify_paper(TEXT, keys=keys(), now=NOW)
    assert seen.covers(PDF)
    assert seen.covers(PDF + b"\nsigned\n%%EOF\nstamped\n%%EOF\n")
    assert not seen.covers(PDF.replace(b"the", b"THE"))
    assert not seen.covers(b"")


def test_a_paper_without_an_end_never_expires() -> None:
    text = code_of(replace(PAPER, expires_at=None))
    assert verify_paper(text, keys=keys(), now=NOW + timedelta(days=9999)).expires_at is None


def test_long_names_are_cut_between_letters_and_say_so() -> None:
    seen = verify_paper(code_of(replace(PAPER, unit="Ủy ban " * 30)), keys=keys(), now=NOW)
    assert seen.unit.endswith("…")
    assert len(seen.unit.encode()) <= 60


@pytest.mark.parametrize("url", [URL, "https://thai-nguyen.motcua.example.gov.vn"])
def test_the_longest_code_is_read_from_paper(url: str) -> None:
    long = "Ủy ban nhân dân phường Phan Rang - Tháp Chàm Đông Hải "
    text = code_of(replace(PAPER, title=long * 2, unit=long * 2, holder=long * 2), url=url)
    modules = len(paper_code(text).matrix)
    assert modules <= 81
    assert CODE_MM / modules >= 0.44, "millimetres a module, at the printed size"


# Tampered.


@pytest.mark.parametrize("field", range(5))
def test_changed_content_is_refused(field: int) -> None:
    address, parts = apart(TEXT)
    claims = cbor.decode(parts[2])
    about = claims[-70_001]
    about[field] = b"x" * 16 if field == 4 else "Trần Văn Khác"
    parts[2] = cbor.encode(claims)
    assert refused(together(address, parts)) == "bad_signature"


def test_a_later_end_is_refused() -> None:
    address, parts = apart(TEXT)
    claims = cbor.decode(parts[2])
    claims[4] += 86_400
    parts[2] = cbor.encode(claims)
    assert refused(together(address, parts)) == "bad_signature"


def test_the_code_of_one_paper_does_not_speak_for_another() -> None:
    assert refused(TEXT.replace(CODE, "AAAABBBBCCCC")) == "bad_signature"


@pytest.mark.parametrize("scheme", ["HTTP://", "http://"])
def test_the_scheme_is_signed_along(scheme: str) -> None:
    assert refused(TEXT.replace("HTTPS://", scheme)) == "bad_signature"


# Foreign keys.


def test_a_key_nobody_knows_is_refused() -> None:
    assert refused(code_of(by=certify("Tỉnh Mẫu"))) == "unknown_key"


def test_a_foreign_signature_under_our_key_id_is_refused() -> None:
    address, parts = apart(code_of(by=certify("Tỉnh Mẫu")))
    parts[0] = apart(TEXT)[1][0]
    assert refused(together(address, parts)) == "bad_signature"


def test_the_key_of_one_province_does_not_sign_for_another() -> None:
    assert refused(code_of(url="https://tinh-khac.example.vn")) == "untrusted_issuer"
    assert refused(TEXT, keys(hosts=frozenset({"tinh-khac.example.vn"}))) == "untrusted_issuer"


def test_a_paper_holds_under_the_former_host_of_its_province() -> None:
    renamed = keys(hosts=frozenset({"ten-moi.example.vn", HOST}))
    assert verify_paper(TEXT, keys=renamed, now=NOW).number == PAPER.number
    anew = code_of(url="https://ten-moi.example.vn")
    assert verify_paper(anew, keys=renamed, now=NOW).number == PAPER.number


def test_a_key_that_was_withdrawn_counts_no_more_for_whatever_day() -> None:
    assert refused(TEXT, keys(revoked=True)) == "revoked_key"
    early = replace(PAPER, issued_at=NOW - timedelta(days=29))
    assert refused(code_of(early), keys(revoked=True)) == "revoked_key"


@pytest.mark.parametrize("days", [-31, 301])
def test_a_key_signs_only_in_its_own_time(days: int) -> None:
    text = code_of(replace(PAPER, issued_at=NOW + timedelta(days=days), expires_at=None))
    assert refused(text, now=NOW + timedelta(days=400)) == "untrusted_issuer"


# Algorithms.


@pytest.mark.parametrize("algorithm", [0, 5, -35, -8, -257, "none", "ES256"])
def test_another_algorithm_is_refused(algorithm: object) -> None:
    kid = key_id(SIGNER.key.public_key())
    claims = cbor.decode(apart(TEXT)[1][2])
    assert refused(signed_anew({1: algorithm, 4: kid}, claims)) == "unsupported_algorithm"


def test_without_a_signature_nothing_is_believed() -> None:
    address, parts = apart(TEXT)
    assert refused(together(address, [*parts[:3], b""])) == "bad_signature"
    assert refused(together(address, [*parts[:3], b"\x00" * 64])) == "bad_signature"


def test_a_header_with_more_in_it_is_refused() -> None:
    kid = key_id(SIGNER.key.public_key())
    claims = cbor.decode(apart(TEXT)[1][2])
    assert refused(signed_anew({1: -7, 4: kid, 2: [99]}, claims)) == "unsupported_algorithm"
    assert refused(signed_anew({1: -7}, claims)) == "unsupported_algorithm"


def test_an_unprotected_header_is_refused() -> None:
    address, parts = apart(TEXT)
    parts[1] = {1: -7}
    assert refused(together(address, parts)) == "malformed"


# Time.


def test_an_expired_paper_is_named_as_such() -> None:
    assert refused(TEXT, now=NOW + timedelta(days=180)) == "expired"
    assert refused(code_of(replace(PAPER, expires_at=NOW - timedelta(seconds=1)))) == "expired"


def test_a_paper_of_tomorrow_is_refused() -> None:
    assert (
        refused(code_of(replace(PAPER, issued_at=NOW + timedelta(minutes=6)))) == "from_the_future"
    )
    assert refused(TEXT, now=NOW - timedelta(days=4)) == "from_the_future"


# Cut off, and dressed up.


@given(st.integers(1, len(TEXT) - 1))
def test_a_part_of_the_code_is_no_code(length: int) -> None:
    assert refused(TEXT[:length]) == "malformed"


@given(
    st.integers(TEXT.index("#") + 1, len(TEXT) - 1),
    st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
)
def test_no_letter_of_the_code_can_be_another(at: int, letter: str) -> None:
    changed = TEXT[:at] + letter + TEXT[at + 1 :]
    if changed != TEXT:
        assert refused(changed)


@pytest.mark.parametrize(
    "dress",
    [
        lambda t: t + "A",
        lambda t: t + "=",
        lambda t: t.replace("#", "?"),
        lambda t: t.replace("/V/", "/W/"),
        lambda t: "https://gia-mao.example/?u=" + t,
        lambda t: t + "#" + t.split("#")[1],
        lambda t: "",
        lambda t: t * 40,
    ],
    ids=["longer", "padded", "other", "elsewhere", "wrapped", "twice", "empty", "endless"],
)
def test_what_is_not_exactly_a_code_is_refused(dress: Callable[[str], str]) -> None:
    assert refused(dress(TEXT)) in {"malformed", "untrusted_issuer"}


def test_claims_of_the_wrong_kind_are_refused_though_they_are_signed() -> None:
    kid = key_id(SIGNER.key.public_key())
    for payload in (
        [1],
        {6: "now"},
        {6: 1, -70_001: ["a"]},
        {6: 2**60, -70_001: ["a"] * 4 + [b"x" * 16]},
    ):
        assert refused(signed_anew({1: -7, 4: kid}, payload)) == "malformed"


def test_another_tag_and_another_length_are_refused() -> None:
    address, parts = apart(TEXT)
    assert refused(together(address, parts, tag=list)) == "malformed"
    assert refused(together(address, [*parts, b""])) == "malformed"


def test_the_key_id_is_the_beginning_of_the_thumbprint() -> None:
    from motcua.wallet import jose

    public = SIGNER.key.public_key()
    whole = jose.b64u_decode(jose.thumbprint(jose.key_from_public(public)))
    assert key_id(public) == whole[:8]
    assert digest_of(PDF) == hashlib.sha256(PDF).digest()[:16]


# CBOR, in its one form.

_leaves = st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=40) | st.text(max_size=40)
_flat = st.lists(_leaves, max_size=4) | st.dictionaries(st.integers(-300, 300), _leaves, max_size=4)


@given(_leaves | _flat | st.lists(_flat, max_size=4))
def test_what_is_encoded_is_decoded_again(value: object) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [  # RFC 8949 appendix A
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (1_000_000, "1a000f4240"),
        (1_000_000_000_000, "1b000000e8d4a51000"),
        (-1, "20"),
        (-1000, "3903e7"),
        (b"\x01\x02\x03\x04", "4401020304"),
        ("ü", "62c3bc"),
        ([1, [2, 3], [4, 5]], "8301820203820405"),
        ({1: 2, 3: 4}, "a201020304"),
    ],
)
def test_the_examples_of_the_standard(value: object, encoded: str) -> None:
    assert cbor.encode(value).hex() == encoded
    assert cbor.decode(bytes.fromhex(encoded)) == value


_OTHER_FORMS = (
    "1800 190017 5801ff 5f42010243030405ff a203040102 f5 fb3ff0000000000000 c100 82 4401 0000 "
    "a201020102 9affffffff d2d28100 d9d9f700 c249010000000000000000 d81c85d81d00d81d00d81d00d81d00 d8236161 "
    "c5821b7fffffffffffffff02 a2f4010001 a1410001 a1810000 f6 f7 e0 62fffe a22002182001 "
    + "81" * 20
    + "00"
)


@pytest.mark.parametrize("encoded", ["", *_OTHER_FORMS.split()])
def test_other_forms_and_other_kinds_are_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match="CBOR"):
        cbor.decode(bytes.fromhex(encoded))
