"""Whether the centre may write for a site: one that has a node of its own lends it that right in turns."""

from datetime import datetime

from motcua.errors import Unavailable


def check(centre_until: datetime | None, now: datetime) -> None:
    """Raise ``Unavailable`` when the site's node no longer lets the centre write.

    ``centre_until`` is the end of what the node granted; None for a site without a node, or before the
    node's first grant.
    """
    if centre_until is not None and now >= centre_until:
        raise REFUSED()


def REFUSED() -> Unavailable:  # noqa: N802 -- read like an error's name where it is raised
    """Return the refusal that a person reads while his site is cut off."""
    return Unavailable(
        "Điểm tiếp nhận tạm mất kết nối; chỗ của ông/bà vẫn được giữ. Hãy thử lại sau ít phút.",
        "The site is cut off for the moment; your place is kept. Try again in a few minutes.",
    )
