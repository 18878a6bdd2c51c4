"""What the operator's command tells of deliveries, as JSON: codes and states, and nobody's name."""

from typing import Any

from motcua.channels import shown
from motcua.dossiers import queries
from motcua.events.work import Work
from motcua.tenancy.db import Record


async def waiting(work: Work) -> dict[str, Any]:
    """Return what is stuck and what is to be posted, at most a hundred of each, with the numbers in all."""
    stuck = await work.tx.fetch(shown.STUCK, None, shown.SHOWN)
    post = await work.tx.fetch(shown.TO_POST, None, shown.SHOWN)
    return {
        "stuck": [_plain(r) for r in stuck],
        "stuck_total": stuck[0]["total"] if stuck else 0,
        "post": [_plain(r) for r in post],
        "post_total": post[0]["total"] if post else 0,
    }


async def of_dossier(work: Work, code: str) -> dict[str, Any]:
    """Return every delivery of a dossier; ``NotFound`` for a code that is nobody's."""
    rows = await work.tx.fetch(shown.OF_DOSSIER, await queries.id_of(work.tx, code))
    return {"dossier": code, "deliveries": [_plain(r) for r in rows]}


def _plain(row: Record) -> dict[str, Any]:
    told = {
        "delivery": str(row["id"]),
        "result": str(row["result_id"]),
        "channel": row["channel"],
        "version": row["version"],
        "state": row["state"],
        "how": row["how"],
        "receipt": row["receipt"],
        "reason": row["reason"],
        "error": row["error_en"],
        "attempts": row["attempts"],
        "owed_at": row["owed_at"].isoformat(),
        "next_at": row["next_at"].isoformat() if row["next_at"] else None,
    }
    return {**told, "dossier": row["code"]} if "code" in row.keys() else told  # noqa: SIM118
