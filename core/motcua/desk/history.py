"""What happened to a dossier, in words, with who did it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from motcua.dossiers import clock_words
from motcua.tenancy.db import Record, Tx

_WORDS: Mapping[str, tuple[str, str]] = {
    "dossier.submitted": ("Nộp hồ sơ", "Submitted"),
    "component.added": ("Thêm giấy tờ", "Paper added"),
    "cosignature.witnessed": (
        "Người cùng ký đã ký trước mặt cán bộ tiếp nhận",
        "Co-signers signed before the receiver",
    ),
    "dossier.rerouted": (
        "Chuyển đến cơ quan có thẩm quyền theo nội dung đã sửa",
        "Moved to the unit that the mended answers make competent",
    ),
    "component.compared": ("Đối chiếu giấy tờ với bản chính", "Paper compared with its original"),
    "component.presented": (
        "Ghi nhận giấy tờ xuất trình từ ví",
        "Paper shown from a wallet taken into the check-list",
    ),
    "dossier.paper_shown": (
        "Xem giấy tờ trong ví tại quầy",
        "Paper of a wallet seen at the counter",
    ),
    "dossier.signed": ("Ký hồ sơ bằng ví", "Signed with a wallet"),
    "signature.checked": ("Kiểm tra lại chữ ký bằng ví", "Signature by wallet checked again"),
    "component.read": ("Xem giấy tờ", "Paper read"),
    "dossier.reception_supplement_requested": ("Yêu cầu bổ sung", "Papers asked for"),
    "dossier.reception_supplement_answered": ("Người dân đã bổ sung", "Papers handed in"),
    "dossier.answers_changed": ("Người dân sửa nội dung khai", "Answers mended by the citizen"),
    "dossier.accepted": ("Tiếp nhận hồ sơ", "Accepted"),
    "dossier.rejected": ("Không tiếp nhận", "Not accepted"),
    "money.paid": ("Thu phí, lệ phí", "Fee paid"),
    "dossier.processing": ("Bắt đầu giải quyết", "Settlement begins"),
    "dossier.supplement_requested": ("Yêu cầu bổ sung khi giải quyết", "Supplement requested"),
    "dossier.supplement_answered": ("Người dân đã bổ sung", "Supplement handed in"),
    "step.returned": ("Trả lại để sửa", "Returned to be mended"),
    "dossier.finished": ("Có kết quả", "Result issued"),
    "dossier.handover_chosen": (
        "Người nộp chọn cách nhận kết quả",
        "The applicant chose how to receive the result",
    ),
    "dossier.returned": ("Trả kết quả", "Result handed over"),
    "dossier.withdrawal_proposed": ("Đề nghị thu hồi kết quả", "Withdrawal of the result proposed"),
    "dossier.withdrawal_declined": ("Không đồng ý thu hồi kết quả", "Withdrawal declined"),
    "dossier.result_revoked": ("Thu hồi kết quả", "Result revoked"),
    "dossier.correction_opened": (
        "Mở hồ sơ cấp lại kết quả đúng",
        "Opened to make the right result",
    ),
    "dossier.stopped": ("Dừng xử lý", "Stopped"),
}
_NAMES = "select 'staff:' || id as actor, full_name from staff where 'staff:' || id = any($1)"


@dataclass(frozen=True)
class Entry:
    """One line of the history; ``who`` is empty for the citizen and for the system."""

    at: datetime
    vi: str
    en: str
    who: str


async def entries(tx: Tx, events: Sequence[Record]) -> list[Entry]:
    """Return the events an officer understands, oldest first; the engine's own are left out."""
    actors = sorted({e["actor"] for e in events if e["actor"].startswith("staff:")})
    names = {r["actor"]: r["full_name"] for r in await tx.fetch(_NAMES, actors)}
    return [Entry(e["at"], *said, names.get(e["actor"], "")) for e in events if (said := _said(e))]


def _said(event: Record) -> tuple[str, str] | None:
    if event["type"] == "dossier.step_done":
        return event["payload"]["name"], event["payload"]["name"]
    if event["type"] in clock_words.KINDS:
        return clock_words.said(event["type"], event["payload"])
    return _WORDS.get(event["type"])
