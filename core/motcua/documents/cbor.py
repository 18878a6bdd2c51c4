"""The part of CBOR (RFC 8949) that a signed paper needs, in its deterministic form (section 4.2.1) and no other.

Whole numbers, bytes, texts, lists, maps with whole numbers or texts as keys, and tag 18 (COSE_Sign1). The library
reads and writes; what it could do besides (dates, big numbers, shared values, expressions) is kept away from it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cbor2

SIGN1 = 18
_DEEPEST = 6
_NUMBERS = range(-(2**64), 2**64)


class Tagged18(list[Any]):
    """A list under tag 18."""


class _NoOther(Mapping[int, Callable[[Any, bool], Any]]):
    """Says of each tag but ours that it is refused, before the library makes anything of it."""

    def __getitem__(self, tag: int) -> Callable[[Any, bool], Any]:
        if tag == SIGN1:
            raise KeyError(tag)
        return _refuse

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 1


def encode(value: Any) -> bytes:
    """Return the one encoding of a value; ``TypeError`` for what is not in our part."""
    return cbor2.dumps(_for_library(value))


def decode(data: bytes) -> Any:
    """Read exactly one value; ``ValueError`` for anything but its one encoding."""
    try:
        read = cbor2.loads(
            data,
            semantic_decoders=_NoOther(),
            max_depth=_DEEPEST,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
        value = _from_library(read)
        sound = encode(value) == data
    except (cbor2.CBORDecodeError, TypeError) as error:
        raise ValueError("not CBOR as it should be") from error
    if not sound:
        raise ValueError("not in the deterministic form of CBOR")
    return value


def _refuse(_decoder: Any, _immutable: bool) -> Any:
    raise TypeError("a tag that is not expected")


def _for_library(value: Any) -> Any:
    """Return what the library encodes in our form: it keeps the order of a map, so maps are sorted here."""
    match value:
        case Tagged18():
            return cbor2.CBORTag(SIGN1, [_for_library(one) for one in value])
        case list() | tuple():
            return [_for_library(one) for one in value]
        case dict():
            pairs = [(_key(k), _for_library(v)) for k, v in value.items()]
            return dict(sorted(pairs, key=lambda pair: cbor2.dumps(pair[0])))
    return _plain(value)


def _from_library(value: Any) -> Any:
    """Return our own kinds; below a tag the library gives lists and maps that cannot be changed."""
    match value:
        case cbor2.CBORTag(tag=tag, value=list() | tuple() as inner) if tag == SIGN1:
            return Tagged18(_from_library(one) for one in inner)
        case list() | tuple():
            return [_from_library(one) for one in value]
        case Mapping():
            return {_key(k): _from_library(v) for k, v in value.items()}
    return _plain(value)


def _key(value: Any) -> Any:
    if not isinstance(value, int | str):
        raise TypeError("only whole numbers and texts are keys")
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value in _NUMBERS:
        return value
    raise TypeError(f"no place for a {type(value).__name__} here")
