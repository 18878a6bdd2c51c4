"""The ten national states of a dossier, and the only ways between them.

The codes are those of the national portal. What an event does to the state is written here once: the
commands use it to refuse, and ``rebuild`` uses it to derive the state from the log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from motcua.errors import Conflict


class State(IntEnum):
    """Where a dossier stands; the number is the national code."""

    SUBMITTED = 1
    ACCEPTED = 2
    REJECTED = 3
    PROCESSING = 4
    SUPPLEMENT = 5
    PAYMENT_DUE = 6
    WITHDRAW_REQUESTED = 7
    STOPPED = 8
    DONE = 9
    RETURNED = 10


FINAL = frozenset({State.REJECTED, State.STOPPED, State.RETURNED})

TITLES: Mapping[int, tuple[str, str]] = {
    State.SUBMITTED: ("Mới đăng ký", "Submitted"),
    State.ACCEPTED: ("Được tiếp nhận", "Accepted"),
    State.REJECTED: ("Không được tiếp nhận", "Not accepted"),
    State.PROCESSING: ("Đang xử lý", "Being processed"),
    State.SUPPLEMENT: ("Yêu cầu bổ sung giấy tờ", "Supplement requested"),
    State.PAYMENT_DUE: ("Yêu cầu thực hiện nghĩa vụ tài chính", "Payment due"),
    State.WITHDRAW_REQUESTED: ("Công dân yêu cầu rút hồ sơ", "Withdrawal requested"),
    State.STOPPED: ("Dừng xử lý", "Stopped"),
    State.DONE: ("Đã xử lý xong", "Done"),
    State.RETURNED: ("Đã trả kết quả", "Result returned"),
}


@dataclass(frozen=True)
class Transition:
    """A change: from which states, to which."""

    sources: frozenset[State]
    target: State


def _from(*sources: State, to: State) -> Transition:
    return Transition(frozenset(sources), to)


TRANSITIONS: Mapping[str, Transition] = {
    "dossier.accepted": _from(State.SUBMITTED, to=State.ACCEPTED),
    "dossier.rejected": _from(State.SUBMITTED, to=State.REJECTED),
    "dossier.reception_supplement_requested": _from(State.SUBMITTED, to=State.SUPPLEMENT),
    "dossier.reception_supplement_answered": _from(State.SUPPLEMENT, to=State.SUBMITTED),
    "dossier.processing": _from(State.ACCEPTED, to=State.PROCESSING),
    "dossier.supplement_requested": _from(State.PROCESSING, to=State.SUPPLEMENT),
    "dossier.supplement_answered": _from(State.SUPPLEMENT, to=State.PROCESSING),
    "dossier.payment_due": _from(State.PROCESSING, to=State.PAYMENT_DUE),
    "dossier.payment_met": _from(State.PAYMENT_DUE, to=State.PROCESSING),
    "dossier.stopped": _from(State.SUPPLEMENT, State.WITHDRAW_REQUESTED, to=State.STOPPED),
    "dossier.finished": _from(State.PROCESSING, to=State.DONE),
    "dossier.returned": _from(State.DONE, to=State.RETURNED),
}


def target(state: int, change: str) -> State:
    """Return the state after a change; ``Conflict`` when it is not allowed from here."""
    transition = TRANSITIONS[change]
    if state not in transition.sources:
        vi, en = TITLES[state]
        raise Conflict(
            f"Hồ sơ đang ở trạng thái “{vi}” nên không thực hiện được thao tác này. "
            "Hãy tải lại trang để xem tình trạng mới nhất.",
            f"The dossier is “{en}”, so this cannot be done. Reload the page to see where it stands.",
        )
    return transition.target


@dataclass(frozen=True)
class Rebuilt:
    """What the log alone says of a dossier."""

    state: int
    code: str | None
    supplements: int
    decision: str | None


def rebuild(events: Iterable[tuple[str, Mapping[str, Any]]]) -> Rebuilt:
    """Derive a dossier from its events ``(type, payload)`` in order.

    ``ValueError`` when the log tells an impossible story.
    """
    state, code, supplements, decision = 0, None, 0, None
    for kind, payload in events:
        if kind == "dossier.submitted":
            state = State.SUBMITTED
        elif kind in TRANSITIONS:
            if state not in TRANSITIONS[kind].sources:
                raise ValueError(f"{kind} in state {state}")
            state = TRANSITIONS[kind].target
        if kind == "dossier.accepted":
            code = payload["code"]
        if kind == "dossier.supplement_requested":
            supplements += 1
        if kind == "dossier.finished":
            decision = payload["decision"]
    return Rebuilt(int(state), code, supplements, decision)
