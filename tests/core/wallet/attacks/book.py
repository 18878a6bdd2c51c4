"""The list of attacks: which rule each one goes against, and how it is tried."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

RULES = (
    "replayed proof",
    "old or future iat",
    "wrong audience",
    "wrong nonce",
    "key confusion",
    "alg none",
    "algorithm swap",
    "stolen code or token with another key",
    "code race",
    "transaction-code guessing",
    "another tenant's token, offer or status list",
    "more copies than the batch",
    "tampered disclosure",
    "missing key binding",
    "decompression bomb",
    "request object substituted",
    "session fixation of the response code",
)
Attack = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class Page:
    """One attack."""

    rule: str
    name: str
    run: Attack


BOOK: list[Page] = []


def attack(rule: str) -> Callable[[Attack], Attack]:
    """Put an attack into the book; its name is the function's, read as a sentence."""
    if rule not in RULES:
        raise ValueError(rule)

    def enter(run: Attack) -> Attack:
        BOOK.append(Page(rule, run.__name__.replace("_", " ").strip(), run))
        return run

    return enter
