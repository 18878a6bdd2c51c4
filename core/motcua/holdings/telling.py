"""What people are told about their papers: a result withdrawn, a right one issued, a shared paper looked at."""

from uuid import UUID

from motcua import notices
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record

_PHONE = "select phone_sealed from person where id = $1"


async def withdrawn(
    platform: Platform, work: Work, dossier: Record, number: str, kind: str
) -> None:
    """Tell the person that a result is withdrawn, and where the reason stands."""
    what = "result_replaced_soon" if kind == "replace" else "result_withdrawn"
    values = {"number": number, "link": _link(platform, work, f"/my/{dossier['id']}")}
    people = {dossier["subject_id"], dossier["submitter_id"]}
    for person in sorted(people):
        await _tell(
            platform, work, person, what, values, dossier["id"], f"{what}:{number}:{person}"
        )


async def replaced(platform: Platform, work: Work, dossier: Record, old: str, number: str) -> None:
    """Tell the person that the right result is there."""
    values = {
        "old": old,
        "number": number,
        "link": _link(platform, work, f"/my/{dossier['id']}"),
    }
    once = f"result_replaced:{number}"
    await _tell(
        platform, work, dossier["subject_id"], "result_replaced", values, dossier["id"], once
    )


async def looked(platform: Platform, work: Work, owner: UUID, share: UUID) -> None:
    """Tell the owner of a share that somebody has opened it, the first time only."""
    values = {"link": _link(platform, work, f"/my/shares/{share}")}
    await _tell(platform, work, owner, "share_opened", values, share, f"share_opened:{share}")


async def invited(
    platform: Platform, work: Work, phone: str, share: UUID, link: str, until: str
) -> None:
    """Send a share's link to the telephone it is for; the code goes another way."""
    if notices.reach(platform, work.tenant):
        values = {"site": work.tenant.short_name, "link": link, "until": until}
        once = f"share_link:{share}"
        await notices.send(
            work, "share_link", phone, values, language="vi", subject=share, once=once
        )


async def _tell(
    platform: Platform,
    work: Work,
    person: UUID,
    kind: str,
    values: dict[str, str],
    subject: UUID,
    once: str,
) -> None:
    sealed = await work.tx.fetchval(_PHONE, person)
    if sealed is None or not notices.reach(platform, work.tenant):
        return
    phone = work.vault.open(sealed)
    await notices.send(work, kind, phone, values, language="vi", subject=subject, once=once)


def _link(platform: Platform, work: Work, path: str) -> str:
    return f"{platform.settings.url_of(work.tenant.slug)}{path}"
