"""How people call papers, claims and values, whatever province has them: for pages that show what was proven."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

from motcua.platform import Platform
from motcua.text import vn_date
from motcua.wallet import issuer
from motcua.wallet.metadata import Claim, Names
from motcua.wallet.verifying import Proven

Claims = dict[str, Claim]
_ISO_DAY = len("2026-01-31")


async def known(platform: Platform, kinds: list[str]) -> tuple[dict[str, Names], Claims]:
    """Return how people call the papers and the claims in them, whatever province has them.

    Papers call the same claim differently; the shortest name is the least particular one.
    """
    papers: dict[str, Names] = {}
    claims: Claims = {}
    for kind, about in await issuer.all_papers(platform):
        if kind in kinds:
            papers.setdefault(kind, about.names)
            for claim in about.claims:
                _shorter(claims, claim)
    return papers, claims


def _shorter(claims: Claims, claim: Claim) -> None:
    before = claims.get(claim.name, claim)
    short = min(before, claim, key=lambda c: len(c.names.vi))
    choices = {**dict(before.choices), **dict(claim.choices)}
    claims[claim.name] = replace(short, choices=tuple(choices.items()))


def called(name: str, claims: Claims) -> Names:
    """Return how people call a claim; its own name when no province knows it."""
    return claims[name].names if name in claims else Names(name, name)


def rows(one: Proven, claims: Claims) -> list[tuple[Names, Names]]:
    """Return what was proven as lines of a page; what is no plain value is left out."""
    return [
        (called(name, claims), _read_out(value, claims.get(name)))
        for name, value in one.claims.items()
        if not isinstance(value, dict | list)
    ]


def _read_out(value: object, claim: Claim | None) -> Names:
    """Return a value as people read it: the name of a choice, a date by day, month and year."""
    text = str(value)
    if claim is not None and (named := dict(claim.choices).get(text)) is not None:
        return named
    with suppress(ValueError):
        if len(text) == _ISO_DAY:
            text = vn_date(date.fromisoformat(text))
    return Names(text, text)
