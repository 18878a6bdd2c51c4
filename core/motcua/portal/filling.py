"""Which questions of a form a paper of a wallet could answer: read from the form and the vocabulary."""

from motcua.catalogue.fields import Field
from motcua.portal.sheets import Sheet
from motcua.portal.visit import Visit
from motcua.tenancy.tenant import Tenant
from motcua.wallet import labels, vocabulary

Mapped = dict[str, dict[str, str]]
"""Kind of paper to question to claim."""


def answerable(tenant: Tenant, sheet: Sheet) -> Mapped:
    """Return what papers of a wallet could answer of the questions that are asked now."""
    found: Mapped = {}
    papers = vocabulary.papers(tenant)
    for asked in questions(sheet):
        for place in asked.wallet:
            kind, _, claim = place.partition(".")
            found.setdefault(kind, {})[asked.key] = claim
        for known in papers:
            # What the person's identity said when he signed in is there already.
            if asked.prefill in known.facts and asked.prefill not in sheet.content.prefill:
                claim = known.facts[asked.prefill]
                found.setdefault(known.kind, {}).setdefault(asked.key, claim)
    return found


def questions(sheet: Sheet) -> list[Field]:
    """Return the questions that are asked now and that a person may answer, outside of rows."""
    return [
        item.field
        for item in sheet.walk.items()
        if "." not in item.path and not item.field.locked and not item.field.computed
    ]


async def offered(visit: Visit, sheet: Sheet, number: int) -> list[tuple[str, str]]:
    """Return the kinds of paper, each with its name, that could answer something on a page of the form."""
    page = sheet.page(number)
    here = {item.path for item in page.every()} if page else set()
    kinds = [kind for kind, keys in answerable(visit.tenant, sheet).items() if here & keys.keys()]
    if not kinds:
        return []
    names, _ = await labels.known(visit.platform, kinds)
    return [(kind, names[kind].en if visit.lang == "en" else names[kind].vi) for kind in names]
