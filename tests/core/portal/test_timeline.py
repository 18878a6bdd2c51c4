from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from motcua.catalogue.adopted import TenantLaw
from motcua.dossiers.states import State
from motcua.portal import progress
from motcua.process import StepSpec, compile_steps, load

STEPS = [
    StepSpec("assign", "Phân công", "Assign", role="head"),
    StepSpec("appraise", "Thẩm định", "Appraise", role="specialist"),
    StepSpec("deliver", "Gửi vào ví", "Send to the wallet", kind="service", handler="deliver"),
    StepSpec("file", "Vào sổ", "Register", role="clerk"),
]
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ROW: dict[str, Any] = {
    "state": State.PROCESSING, "procedure_code": "1.000001", "adopted_id": 1, "case_key": "default",
    "limit_value": None, "due_at": AT, "accepted_at": AT, "finished_at": None,
}  # fmt: skip


def _law() -> TenantLaw:
    """Stand in for a tenant's law with one procedure of four steps."""
    package = SimpleNamespace(cases=[SimpleNamespace(steps=STEPS)])
    definition = load(compile_steps("k", "Mẫu", STEPS))
    procedure = SimpleNamespace(package=package, definition=definition, code="1.000001")
    procedure.of_case = lambda case, limit: procedure
    return cast(TenantLaw, SimpleNamespace(adopted=lambda _: procedure, procedures=()))


def _event(kind: str, node: str, token: str) -> dict[str, Any]:
    return {"type": f"step.{kind}", "at": AT, "payload": {"node": node, "token": token}}


LOG = [
    _event("entered", "assign", "t1"), _event("completed", "assign", "t1"),
    _event("entered", "appraise", "t2"),
]  # fmt: skip


def _titles(events: list[dict[str, Any]], lang: str, **changes: Any) -> list[tuple[str, str]]:
    items = progress.timeline(_law(), cast(Any, {**ROW, **changes}), events, lang)
    return [(item["state"], item["title"]) for item in items]


def test_the_citizen_reads_which_step_waits_and_which_come_after() -> None:
    assert _titles(LOG, "vi") == [
        ("now", "Đang giải quyết: Thẩm định"),
        ("todo", "Vào sổ"),
        ("todo", "Có kết quả"),
        ("todo", "Nhận kết quả"),
    ]
    assert _titles(LOG, "en")[:2] == [("now", "Being processed: Appraise"), ("todo", "Register")]


def test_nobody_is_named_and_what_the_system_does_is_left_out() -> None:
    told = " ".join(title for _, title in _titles(LOG, "vi"))
    assert "specialist" not in told
    assert "Gửi vào ví" not in told


def test_without_the_log_of_steps_the_plain_words_stand() -> None:
    assert _titles([], "vi")[0] == ("now", "Đang giải quyết")
    waiting = _titles(LOG, "vi", state=State.SUPPLEMENT)
    assert waiting[0] == ("now", "Chờ bạn bổ sung giấy tờ")


def test_a_withdrawn_result_is_the_end_and_nobody_is_told_to_collect_it() -> None:
    done = cast(Any, {**ROW, "state": State.DONE, "finished_at": AT})
    assert progress.timeline(_law(), done, [], "vi")[0]["title"] == "Chờ bạn nhận kết quả"
    items = progress.timeline(_law(), done, [], "vi", gone=AT)
    assert [(item["state"], item["title"], item["when"]) for item in items] == [
        ("done", "Kết quả đã bị thu hồi", "09:00 23/11/2026")
    ]
