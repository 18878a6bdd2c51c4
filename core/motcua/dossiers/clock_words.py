"""What happened to a clock, in words for its timeline; the same for the citizen and at the desk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from motcua.text import vn_moment
from motcua.worktime import REASONS

KINDS = frozenset(
    {
        "clock.paused",
        "clock.pause_ended",
        "clock.resumed",
        "clock.extended",
        "clock.recomputed",
        "clock.reaction_moved",
    }
)


def said(kind: str, payload: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return an event of ``KINDS`` in Vietnamese and English; None where another event tells it.

    A request for papers and the answer to it say themselves that the clock stands and goes on.
    """
    reason = payload.get("reason", "")
    if reason == "supplement" and kind != "clock.pause_ended":
        return None
    vi, en = REASONS.get(reason, ("", ""))
    old, new = _moment(payload.get("old")), _moment(payload.get("due"))
    match kind:
        case "clock.paused":
            return f"Tạm dừng tính thời gian: {vi}", f"The clock stands still: {en}"
        case "clock.pause_ended":
            return f"Hết lý do tạm dừng: {vi}", f"No longer a reason to wait: {en}"
        case "clock.resumed":
            return f"Tính tiếp thời gian; hẹn trả {new}", f"The clock goes on; due {new}"
        case "clock.extended":
            return (
                f"Cơ quan xin lỗi và hẹn lại: từ {old} sang {new}",
                f"Extended with an apology: from {old} to {new}",
            )
        case "clock.recomputed":
            return (
                f"Lịch làm việc thay đổi, ngày hẹn tính lại: từ {old} sang {new}",
                f"The working calendar changed; due date moved from {old} to {new}",
            )
        case _:
            return (
                f"Lịch làm việc thay đổi, hạn trả lời tính lại: từ {old} sang {new}",
                f"The working calendar changed; answer due moved from {old} to {new}",
            )


def _moment(value: object) -> str:
    return vn_moment(datetime.fromisoformat(str(value))) if value else ""
