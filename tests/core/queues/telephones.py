"""What was sent to the telephones of a hall's tenant."""

import re

from .conftest import Hall

_SENT = "select contact_sealed, text_sealed from notice order by id"


async def messages(hall: Hall) -> list[tuple[str, str]]:
    """Return telephone and text of every message, oldest first."""
    vault = hall.platform.vaults.of(hall.tenant.id)
    rows = await hall.fetch(_SENT)
    return [(vault.open(r["contact_sealed"]), vault.open(r["text_sealed"])) for r in rows]


async def last_code(hall: Hall) -> str:
    """Return the code in the last message that holds one."""
    found = [m[1] for _, text in await messages(hall) if (m := re.search(r"\b(\d{6})\b", text))]
    return found[-1]
