"""A paper from the wallet: asked for from a slot, put into the place of what it stands for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from motcua.catalogue.adopted import Adopted
from motcua.catalogue.fields import Value
from motcua.catalogue.procedure import Replacement
from motcua.dossiers import drafts
from motcua.dossiers.drafts import Shown
from motcua.errors import Invalid, NotFound
from motcua.portal.sheets import Sheet
from motcua.portal.visit import Visit, citizen
from motcua.wallet import presenting
from motcua.web.here import AnyRequest


@post("/drafts/{draft_id:uuid}/papers/{paper:str}/present", include_in_schema=False)
async def present(request: AnyRequest, draft_id: FromPath[UUID], paper: FromPath[str]) -> Redirect:
    """Ask the wallet for a credential that stands for this paper."""
    visit = citizen(request)
    posted = await request.form()
    law = await visit.law()
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
        procedure = law.current(draft.procedure_code)
        values = Sheet(procedure.package.form, draft.content, visit.lang).values
        rule = _rule(procedure, paper, str(posted.get("vct_type", "")), values)
        link = await presenting.start(
            visit.platform,
            work,
            subject_id=visit.session.subject,
            paper_key=paper,
            vct_type=rule.vct_type,
            claims={**rule.claims, **dict.fromkeys(rule.same)},
            return_path=f"/drafts/{draft_id}/papers",
            draft_id=draft_id,
        )
    return Redirect(link, status_code=303)


def _rule(procedure: Adopted, key: str, vct_type: str, values: Mapping[str, Value]) -> Replacement:
    for paper in procedure.package.papers_for(values):
        for rule in paper.replaced_by:
            if paper.key == key and vct_type in ("", rule.vct_type):
                return rule
    raise NotFound(
        "Không có giấy tờ nào trong ví thay được giấy tờ này.",
        "No paper of the wallet stands for this one.",
    )


async def collect(
    visit: Visit, procedure: Adopted, draft_id: UUID, presentation: UUID, code: str
) -> None:
    """Put a verified credential in the place of each paper it stands for; ``Invalid`` when it stands for none."""
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        found = await presenting.collect(
            visit.platform,
            work,
            presentation_id=presentation,
            response_code=code,
            subject_id=visit.session.subject,
        )
        shown = Shown(
            found.id,
            found.vct_type,
            dict(found.claims),
            found.issuer,
            found.issuer_name,
            found.digest,
        )
        values = Sheet(procedure.package.form, draft.content, visit.lang).values
        replaced = [
            p
            for p in procedure.package.papers_for(values)
            if p.replaced(shown.vct_type, shown.claims, values)
        ]
        if not replaced:
            raise Invalid(
                "Giấy tờ này hợp lệ nhưng không thay được giấy tờ nào của hồ sơ: "
                "loại giấy hoặc tên người trên giấy khác với hồ sơ.",
                "This paper is valid but stands for none of the dossier's: its kind or the name on it differs.",
            )
        for paper in replaced:
            draft.content.shown[paper.key] = shown
        await drafts.save(work, draft)


ROUTES: list[Any] = [present]
