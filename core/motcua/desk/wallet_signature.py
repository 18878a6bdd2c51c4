"""The officer's view of a signature by wallet: checked again each time it is looked at."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Template

from motcua.dossiers import access, queries
from motcua.dossiers.law import law_of
from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.text import mask
from motcua.wallet import refusal, signing, trust_store, vocabulary
from motcua.wallet.refusal import CredentialError
from motcua.wallet.signing import Evidence, Form
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page


@get("/desk/dossier/{dossier_id:uuid}/signature", include_in_schema=False)
async def show(request: AnyRequest, dossier_id: FromPath[UUID]) -> Template:
    """Check the signature of a dossier with nothing but its evidence, and show what was signed."""
    platform: Platform = request.app.state.platform
    officer, lang = access.officer(request), here(request).lang
    async with platform.works.begin(province_of(request), officer.actor) as work:
        row = await access.seen(work, officer, dossier_id)
        evidence = await signing.of_dossier(work, dossier_id)
        if evidence is None:
            raise NotFound("Hồ sơ này không ký bằng ví.", "This dossier is not signed by wallet.")
        _, procedure = await law_of(platform, work, row)
        trusted = await _trusted(platform, work, evidence)
        work.emit("signature.checked", dossier_id)
    signed = msgspec.json.decode(evidence.form, type=Form)
    checked = signing.check_again(evidence)
    return page(
        request,
        "desk/signature.html",
        row=row,
        evidence=evidence,
        checked=checked,
        why=refusal.sentence(checked.reason) if lang == "vi" else checked.reason,
        trusted=trusted,
        same=_same(work, row, signed),
        fee=signed.fee,
        number=mask(evidence.facts[vocabulary.NUMBER]),
        lines=procedure.package.form.describe(signed.answers, lang),
    )


async def _trusted(platform: Platform, work: Work, evidence: Evidence) -> bool:
    """Tell whether the issuer is believed today too; the signature was made when it was."""
    trust = await trust_store.trust_of(platform, work.tx)
    try:
        trust.issuer(evidence.issuer, work.now)
    except CredentialError:
        return False
    return True


def _same(work: Work, row: Record, signed: Form) -> bool:
    """Tell whether the dossier still says what was signed."""
    return queries.answers(work, row) == signed.answers


ROUTES: list[Any] = [show]
