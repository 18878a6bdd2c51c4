"""Which papers tell what about their holder, and which of them prove who he is: data, not code.

``vocabulary.toml`` says it for everybody, a tenant says otherwise in its settings (``papers``). Facts bear the
names by which forms ask for them (``person.full_name``), claims those of the credential.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from motcua.errors import Unavailable
from motcua.tenancy.tenant import Tenant
from motcua.wallet import dcql
from motcua.wallet.metadata import Names
from motcua.wallet.trust import Trust

NAME, NUMBER = "person.full_name", "person.pid"
BIRTH, SEX, ADDRESS = "person.birth", "person.sex", "person.address"
_FILE = Path(__file__).with_name("vocabulary.toml")


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one kind of paper tells about its holder: ``facts`` maps a fact to the claim that holds it."""

    kind: str
    name_vi: str
    name_en: str
    facts: dict[str, str]
    identity: bool = False

    @property
    def names(self) -> Names:
        """How people call it."""
        return Names(self.name_vi, self.name_en)

    def need(self, vcts: Sequence[str], facts: Sequence[str]) -> dcql.Need:
        """Return the query for one paper of this kind with these facts; its id is the kind."""
        wanted = tuple(dcql.Wanted((self.facts[fact],)) for fact in facts)
        return dcql.Need(self.kind, tuple(vcts), wanted)

    def told(self, claims: Mapping[str, Any]) -> dict[str, str]:
        """Return the facts that disclosed claims hold."""
        return {f: str(claims[c]) for f, c in self.facts.items() if claims.get(c) is not None}


def papers(tenant: Tenant) -> list[Known]:
    """Return every kind of paper whose claims this tenant knows to read, its own words first."""
    own = msgspec.convert(list(tenant.settings.get("papers", [])), list[Known])
    named = {known.kind for known in own}
    return [*own, *(known for known in _common() if known.kind not in named)]


def identity_papers(tenant: Tenant, facts: Sequence[str] = (NAME, NUMBER)) -> list[Known]:
    """Return the kinds that prove who somebody is and tell these facts; ``Unavailable`` when there are none."""
    wanted = {NAME, NUMBER, *facts}
    found = [k for k in papers(tenant) if k.identity and wanted <= k.facts.keys()]
    if not found:
        raise Unavailable(
            "Đơn vị này chưa nhận giấy tờ nào trong ví để chứng minh là ai.",
            "no paper of a wallet proves here who somebody is",
        )
    return found


def query_for(trust: Trust, tenant: Tenant, facts: Sequence[str], now: datetime) -> dict[str, Any]:
    """Return the query for one identity paper of any kind, with these facts and no other."""
    needs = [k.need(trust.vcts(k.kind, now), facts) for k in identity_papers(tenant, facts)]
    return dcql.build_query(needs, [[[need.id] for need in needs]] if len(needs) > 1 else [])


@cache
def _common() -> list[Known]:
    return msgspec.convert(tomllib.loads(_FILE.read_text())["papers"], list[Known])
