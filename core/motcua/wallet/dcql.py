"""Digital Credentials Query Language (OpenID4VP 1.0 section 6) for ``dc+sd-jwt``.

A verifier builds a query and judges what was presented; a wallet finds out what it could present.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motcua.wallet.refusal import CredentialError

FORMAT = "dc+sd-jwt"
Path = Sequence[str | int | None]
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]+")
_MISSING = object()


@dataclass(frozen=True)
class Wanted:
    """One claim: its path (a name, an index, or None for every element) and the values accepted."""

    path: tuple[str | int | None, ...]
    values: tuple[str | int | bool, ...] = ()


@dataclass(frozen=True)
class Need:
    """One credential: any of the types ``vct_values``, with all ``claims``.

    With ``sets`` (names of top-level claims) one set of them is enough, the first that can be had.
    """

    id: str
    vct_values: tuple[str, ...]
    claims: tuple[Wanted, ...] = ()
    sets: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Match:
    """What a wallet would present for one credential query: which candidate, which top-level claims."""

    candidate: int
    reveal: frozenset[str]


def build_query(
    needs: Sequence[Need], sets: Sequence[Sequence[Sequence[str]]] = ()
) -> dict[str, Any]:
    """Return a DCQL query. Without ``sets`` every need must be met.

    Each entry of ``sets`` lists alternatives, each a list of ids: one alternative of each must be met.
    Raises ``ValueError`` for an empty query, a bad or repeated id, or an id that is not defined.
    """
    ids = [need.id for need in needs]
    if not ids or len(set(ids)) != len(ids) or not all(map(_IDENTIFIER.fullmatch, ids)):
        raise ValueError("a query needs credentials with distinct ids of letters, digits, _ and -")
    if not all(option and set(option) <= set(ids) for options in sets for option in options):
        raise ValueError("a set names a credential that is not in the query")
    query: dict[str, Any] = {"credentials": [_credential(need) for need in needs]}
    if sets:
        query["credential_sets"] = [{"options": [list(o) for o in options]} for options in sets]
    return query


def check_answer(
    query: Mapping[str, Any], answer: Mapping[str, tuple[str, Mapping[str, Any]]]
) -> None:
    """Check that verified credentials, ``id -> (vct, claims)``, satisfy the query.

    Raises ``CredentialError`` (``not_satisfied``) that names the credential query: nothing missing,
    nothing that was not asked for.
    """
    queries = {entry["id"]: entry for entry in query["credentials"]}
    for name, (vct, claims) in answer.items():
        if name not in queries:
            raise CredentialError(
                "not_satisfied", "a credential was presented that was not asked for"
            )
        if _reveal(queries[name], vct, claims) is None:
            raise CredentialError("not_satisfied", f"what was presented for {name} is not enough")
    if not _complete(query, set(answer)):
        raise CredentialError("not_satisfied", "a credential that was asked for is missing")


def find_matches(
    query: Mapping[str, Any], candidates: Sequence[tuple[str, Mapping[str, Any]]]
) -> dict[str, list[Match]]:
    """Return what a wallet could present: per credential query its matches, best first.

    ``candidates`` are ``(vct, all claims)``. Only queries that are needed appear: with
    ``credential_sets``, the first alternative that can be met, and optional sets only when they can.
    Raises ``CredentialError``: ``malformed`` for a query that breaks the rules, ``not_satisfied`` when
    the wallet lacks something.
    """
    matches: dict[str, list[Match]] = {}
    for entry in _credential_queries(query):
        found = [
            Match(number, reveal)
            for number, (vct, claims) in enumerate(candidates)
            if (reveal := _reveal(entry, vct, claims)) is not None
        ]
        if found:
            matches[entry["id"]] = found
    if not _complete(query, set(matches)):
        raise CredentialError("not_satisfied", "the wallet holds no paper that was asked for")
    chosen = _chosen(query, set(matches))
    return {name: found for name, found in matches.items() if name in chosen}


def values_at(claims: Any, path: Path) -> list[Any]:
    """Return the values a path points to (section 7.1.1); empty when there are none."""
    current = [claims]
    for step in path:
        current = [value for parent in current for value in _step(parent, step)]
    return current


def _credential(need: Need) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": need.id,
        "format": FORMAT,
        "meta": {"vct_values": list(need.vct_values)},
    }
    if need.claims:
        entry["claims"] = [
            {"path": list(w.path)} | ({"values": list(w.values)} if w.values else {})
            for w in need.claims
        ]
    if need.sets:
        for claim in entry["claims"]:
            claim["id"] = claim["path"][0]
        entry["claim_sets"] = [list(names) for names in need.sets]
    return entry


def _step(parent: Any, step: str | int | None) -> list[Any]:
    if isinstance(step, str):
        found = parent.get(step, _MISSING) if isinstance(parent, dict) else _MISSING
        return [] if found is _MISSING else [found]
    if not isinstance(parent, list):
        return []
    return list(parent) if step is None else parent[step : step + 1]


def _reveal(entry: Mapping[str, Any], vct: str, claims: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the top-level claims that answer a credential query, or None when it is not met."""
    accepted = entry["meta"].get("vct_values") or ()
    if entry.get("format") != FORMAT or vct not in accepted:
        return None
    wanted = entry.get("claims", [])
    if "claim_sets" not in entry:
        options = [wanted]
    else:
        by_id = {claim.get("id"): claim for claim in wanted}
        options = [[by_id[i] for i in option if i in by_id] for option in entry["claim_sets"]]
    for option in options:
        if all(_met(claim, claims) for claim in option):
            return frozenset(claim["path"][0] for claim in option)
    return None


def _met(claim: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    found = values_at(claims, claim["path"])
    if "values" not in claim:
        return bool(found)
    # 1 == True in Python but not in JSON: the type counts as well.
    return any(type(v) is type(a) and v == a for v in found for a in claim["values"])


def _complete(query: Mapping[str, Any], available: set[str]) -> bool:
    sets = query.get("credential_sets")
    if not sets:
        return all(entry["id"] in available for entry in query["credentials"])
    required = [entry for entry in sets if entry.get("required", True)]
    return all(any(set(o) <= available for o in entry["options"]) for entry in required)


def _chosen(query: Mapping[str, Any], available: set[str]) -> set[str]:
    if not query.get("credential_sets"):
        return available
    chosen: set[str] = set()
    for entry in query["credential_sets"]:
        chosen |= next((set(o) for o in entry["options"] if set(o) <= available), set())
    return chosen


def _credential_queries(query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Check the parts of a foreign query that are read here."""
    entries = query.get("credentials")
    if not isinstance(entries, list) or not entries:
        raise CredentialError("malformed", "the query asks for no credential")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise CredentialError("malformed", "a credential query lacks its id")
        if not isinstance(entry.get("meta"), dict):
            raise CredentialError("malformed", "a credential query lacks meta")
        for claim in entry.get("claims") or ():
            _check_claim(claim)
        if "claim_sets" in entry and not _is_lists(entry["claim_sets"]):
            raise CredentialError("malformed", "claim_sets is not an array of arrays")
    for entry in query.get("credential_sets") or ():
        if not isinstance(entry, dict) or not _is_lists(entry.get("options")):
            raise CredentialError("malformed", "a credential set lacks its options")
    return entries


def _check_claim(claim: Any) -> None:
    path = claim.get("path") if isinstance(claim, dict) else None
    if not isinstance(path, list) or not path or not isinstance(path[0], str):
        raise CredentialError("malformed", "a claim query lacks its path")
    if not all(step is None or isinstance(step, str) or _is_index(step) for step in path):
        raise CredentialError("malformed", "a path holds something that is no step")
    if not isinstance(claim.get("values", []), list):
        raise CredentialError("malformed", "values of a claim query is not an array")


def _is_index(step: Any) -> bool:
    return isinstance(step, int) and not isinstance(step, bool) and step >= 0


def _is_lists(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(option, list) and all(isinstance(name, str) for name in option)
        for option in value
    )
