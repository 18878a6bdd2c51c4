"""What every figure of the halls is, in words: shown on each page and in each report that uses it.

The same definitions for the live monitor and the reports, because both take the figures from
``motcua.queues.figures``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from motcua.queues.figures.visits import AGAIN_WITHIN

Unit = Literal[
    "count", "share", "seconds", "hours", "per_hour", "minutes_per_minute", "people", "index"
]
Direction = Literal["up", "down", "none"]


@dataclass(frozen=True)
class Kpi:
    """One definition.

    ``unit``: shares and indexes are 0 to 1, times are seconds. ``better``: which way is better. ``source``:
    which records it is made of, and whose rule it is where it is not ours. Over fewer than ``least`` cases a
    figure is shown as too few. ``rows`` names the figure whose rows stand behind it (``figures.rows``).
    """

    key: str
    name_vi: str
    name_en: str
    formula_vi: str
    formula_en: str
    unit: Unit
    better: Direction = "none"
    source: tuple[str, ...] = ("ticket",)
    least: int = 1
    rows: str = ""

    @property
    def source_vi(self) -> str:
        """Return its sources in Vietnamese."""
        return "; ".join(_SOURCES[key][0] for key in self.source)

    @property
    def source_en(self) -> str:
        """Return its sources in English."""
        return "; ".join(_SOURCES[key][1] for key in self.source)


_SOURCES: Mapping[str, tuple[str, str]] = {
    "ticket": ("sổ số thứ tự", "tickets"),
    "order": ("thứ tự trong hàng", "order in the line"),
    "shown": ("khoảng chờ đã báo", "range shown with the ticket"),
    "dossier": ("hồ sơ gắn với số", "dossiers of tickets"),
    "visit": ("lượt đến", "visits"),
    "segment": ("mọi đoạn thời gian", "all segments"),
    "waiting": ("đoạn chờ, kể cả sau khi chuyển", "segments of waiting, after a transfer too"),
    "transferred": ("đoạn chờ sau khi chuyển", "segments of waiting after a transfer"),
    "called": ("đoạn gọi", "segments of calling"),
    "serving": ("đoạn phục vụ", "segments of serving"),
    "seat": (
        "đoạn của cán bộ tại quầy: gọi, phục vụ, trống, tạm nghỉ",
        "segments of officers at counters: calling, serving, idle, break",
    ),
    "standard": ("phút định mức của việc đã làm", "standard minutes of services"),
    "promise": ("mức cam kết của lĩnh vực", "promise of the line"),
    "calendar": ("lịch làm việc", "working calendar"),
    "appointment": ("lịch hẹn", "appointments"),
    "feedback": ("đánh giá sau phục vụ", "ratings after service"),
    "little": ("J. D. C. Little, 1961", "J. D. C. Little, 1961"),
    "erlang": ("A. K. Erlang, 1917", "A. K. Erlang, 1917"),
}
_FEW = 5  # a percentile of fewer says nothing

KPIS: tuple[Kpi, ...] = (
    Kpi(
        "issued",
        "Số đã cấp",
        "Issued",
        "Mọi số thứ tự được cấp cho ngày đó, kể cả số hủy do cấp nhầm.",
        "All numbers given out for the day, those voided as mistakes included.",
        "count",
        rows="issued",
    ),
    Kpi(
        "arrived",
        "Đã có mặt",
        "Arrived",
        "Số mà người giữ đã có mặt tại điểm tiếp nhận.",
        "Numbers whose holder is or was at the site.",
        "count",
        rows="arrived",
    ),
    Kpi(
        "called",
        "Đã gọi",
        "Called",
        "Số đã được gọi đến quầy ít nhất một lần.",
        "Numbers called to a counter at least once.",
        "count",
        source=("called",),
        rows="called",
    ),
    Kpi(
        "done",
        "Đã phục vụ",
        "Served",
        "Số đã phục vụ xong.",
        "Numbers whose service is finished.",
        "count",
        "up",
        rows="done",
    ),
    Kpi(
        "no_show",
        "Vắng mặt",
        "No-shows",
        "Số đã gọi đủ số lần theo quy tắc mà không có người đến.",
        "Numbers called as often as the policy says, and nobody came.",
        "count",
        "down",
        rows="no_show",
    ),
    Kpi(
        "left",
        "Bỏ về",
        "Left",
        "Số mà người chờ báo không chờ nữa.",
        "Numbers whose holder said that he does not wait any longer.",
        "count",
        "down",
        rows="left",
    ),
    Kpi(
        "cancelled",
        "Đã hủy",
        "Cancelled",
        "Số bị hủy có lý do, do người dân hoặc cán bộ.",
        "Numbers cancelled with a reason, by citizen or officer.",
        "count",
        rows="cancelled",
    ),
    Kpi(
        "expired",
        "Hết hiệu lực",
        "Expired",
        "Số chưa được phục vụ khi điểm tiếp nhận đóng cửa.",
        "Numbers not reached when the site closed.",
        "count",
        "down",
        rows="expired",
    ),
    Kpi(
        "wait",
        "Thời gian chờ",
        "Wait",
        "Tổng các lần chờ của một số, kể cả chờ lại sau khi chuyển; tính trên các số đã gọi.",
        "All waits of a number together, those after a transfer included; over the called.",
        "seconds",
        "down",
        ("waiting",),
        _FEW,
        "called",
    ),
    Kpi(
        "first_wait",
        "Chờ lần đầu",
        "First wait",
        "Từ lúc bắt đầu chờ đến lần gọi thứ nhất.",
        "From the begin of waiting to the first call.",
        "seconds",
        "down",
        ("waiting", "called"),
        _FEW,
        "called",
    ),
    Kpi(
        "service",
        "Thời gian phục vụ",
        "Service",
        "Tổng thời gian phục vụ tại quầy của một số đã phục vụ xong.",
        "All time at counters of a number whose service is finished.",
        "seconds",
        "none",
        ("serving",),
        _FEW,
        "done",
    ),
    Kpi(
        "stay",
        "Thời gian cả lượt đến",
        "Visit",
        "Từ lúc có mặt đến khi số cuối cùng của lượt đến kết thúc; lượt có ít nhất một số đã phục vụ.",
        "From arrival until the last number of the visit ended; visits with at least one served number.",
        "seconds",
        "down",
        ("visit", "ticket"),
        _FEW,
    ),
    Kpi(
        "service_level",
        "Tỷ lệ đúng cam kết chờ",
        "Service level",
        "Số chờ không quá mức cam kết của lĩnh vực, chia cho số đã gọi.",
        "Numbers that waited no longer than their line promises, by the called.",
        "share",
        "up",
        ("waiting", "promise"),
        _FEW,
        "kept",
    ),
    Kpi(
        "abandonment",
        "Tỷ lệ không được phục vụ",
        "Abandonment",
        "Số bỏ về, vắng mặt hoặc hết hiệu lực, chia cho số đã cấp.",
        "Numbers that left, did not come or expired, by the issued.",
        "share",
        "down",
        least=_FEW,
        rows="abandoned",
    ),
    Kpi(
        "abandonment_late",
        "Trong đó sau khi chờ quá cam kết",
        "Of them after a late wait",
        "Số bỏ về, vắng mặt hoặc hết hiệu lực sau khi đã chờ quá mức cam kết, chia cho số đã cấp.",
        "Numbers that left, did not come or expired after waiting longer than promised, by the issued.",
        "share",
        "down",
        ("waiting", "ticket"),
        _FEW,
        "abandoned_late",
    ),
    Kpi(
        "utilisation",
        "Mức sử dụng quầy",
        "Utilisation",
        "Thời gian phục vụ, chia cho thời gian quầy có người trừ thời gian tạm nghỉ.",
        "Serving time, by the time of staffed counters less breaks.",
        "share",
        "none",
        ("seat",),
        rows="time:serving",
    ),
    Kpi(
        "open_hours",
        "Giờ mở quầy",
        "Open counter-hours",
        "Thời gian có cán bộ ngồi tại quầy, kể cả tạm nghỉ.",
        "Time in which an officer has a counter, breaks included.",
        "hours",
        "none",
        ("seat",),
        rows="time:seated",
    ),
    Kpi(
        "done_per_hour",
        "Số phục vụ mỗi giờ mở quầy",
        "Served per open counter-hour",
        "Số đã phục vụ xong, chia cho giờ mở quầy.",
        "Served numbers, by open counter-hours.",
        "per_hour",
        "up",
        ("ticket", "seat"),
        rows="done",
    ),
    Kpi(
        "weighted",
        "Năng suất quy đổi",
        "Weighted productivity",
        "Phút định mức của các việc đã làm, chia cho phút mở quầy: so được giữa các lĩnh vực.",
        "Standard minutes of what was served, by minutes of open counters: fair across fields.",
        "minutes_per_minute",
        "up",
        ("standard", "seat"),
        rows="services",
    ),
    Kpi(
        "transfer_rate",
        "Tỷ lệ chuyển",
        "Transfer rate",
        "Số được chuyển sang lĩnh vực, quầy hoặc cán bộ khác, chia cho số đã gọi.",
        "Numbers sent on to another line, counter or officer, by the called.",
        "share",
        "down",
        ("transferred",),
        _FEW,
        "transferred",
    ),
    Kpi(
        "recall_rate",
        "Tỷ lệ gọi lại",
        "Recall rate",
        "Số phải gọi hơn một lần, chia cho số đã gọi.",
        "Numbers called more than once, by the called.",
        "share",
        "down",
        least=_FEW,
        rows="recalled",
    ),
    Kpi(
        "first_visit",
        "Tỷ lệ xong trong một lần đến",
        "First-visit completion",
        f"Lượt đến vì một hồ sơ mà trong {AGAIN_WITHIN} ngày làm việc sau đó không phải đến lại vì hồ sơ ấy;"
        " chỉ tính lượt đã đủ thời gian.",
        f"Visits for a dossier without a later visit for it within {AGAIN_WITHIN} working days; only visits"
        " for which these days have passed.",
        "share",
        "up",
        ("ticket", "dossier", "calendar"),
        _FEW,
    ),
    Kpi(
        "punctuality",
        "Tỷ lệ đúng giờ hẹn",
        "Appointment punctuality",
        "Người có hẹn đã có mặt khi khung giờ bắt đầu và được gọi trước khi khung giờ hết.",
        "Of the people with an appointment who were there when their slot began: called before it ended.",
        "share",
        "up",
        ("appointment", "called"),
        _FEW,
    ),
    Kpi(
        "estimate_kept",
        "Dự báo chờ đúng",
        "Estimates kept",
        "Số có lần chờ đầu nằm trong khoảng đã báo khi lấy số tại chỗ, chia cho số đã gọi của người lấy số tại chỗ.",
        "Numbers taken on the spot whose first wait lay inside the range shown with them, by those called.",
        "share",
        "none",
        ("shown", "waiting", "called"),
        _FEW,
        "estimate_kept",
    ),
    Kpi(
        "satisfied",
        "Tỷ lệ hài lòng",
        "Satisfied",
        "Đánh giá rất hài lòng và hài lòng, chia cho mọi đánh giá sau phục vụ.",
        "Ratings very satisfied and satisfied, by all ratings after a service.",
        "share",
        "up",
        ("feedback",),
        _FEW,
    ),
    Kpi(
        "overtaken",
        "Tỷ lệ bị vượt",
        "Overtaken",
        "Người đã gọi mà có hơn ba người cùng lĩnh vực, cùng loại, đến sau được gọi trước.",
        "Called people before whom more than three of the same line and class were called who came later.",
        "share",
        "down",
        ("called", "order"),
        _FEW,
    ),
    Kpi(
        "gini",
        "Chênh lệch thời gian chờ (Gini)",
        "Inequality of waits (Gini)",
        "Của lần chờ đầu. 0: mọi người chờ như nhau; gần 1: một số ít chờ thay cho tất cả.",
        "Of the first wait. 0: everybody waited the same; towards 1: a few waited for all.",
        "index",
        "down",
        ("called", "ticket"),
        _FEW,
    ),
    Kpi(
        "little",
        "Kiểm tra dữ liệu (luật Little)",
        "Data check (Little's law)",
        "Số người trung bình có mặt theo các đoạn thời gian, so với số người đến nhân thời gian ở lại theo dấu giờ"
        " của số; lệch quá 2 % là dữ liệu có lỗi.",
        "Mean number of people in the hall by segments, against arrivals times stay by the stamps of tickets;"
        " more than 2 % apart means that data are wrong.",
        "share",
        "none",
        ("segment", "ticket", "little"),
        rows="untiled",
    ),
    Kpi(
        "now_waiting",
        "Đang chờ",
        "Waiting now",
        "Số đang chờ gọi vào lúc này.",
        "Numbers that wait to be called at this moment.",
        "count",
        "down",
        ("waiting",),
        rows="now_waiting",
    ),
    Kpi(
        "longest",
        "Chờ lâu nhất hiện nay",
        "Longest current wait",
        "Thời gian chờ lớn nhất của những người đang chờ.",
        "The longest wait among those who wait.",
        "seconds",
        "down",
        ("waiting",),
        rows="now_waiting",
    ),
    Kpi(
        "hour_p90",
        "P90 thời gian chờ, một giờ qua",
        "P90 of the last hour",
        "Chín trong mười người được gọi trong một giờ qua chờ không lâu hơn.",
        "Nine of ten who were called in the last hour waited no longer.",
        "seconds",
        "down",
        ("waiting", "called"),
        rows="hour_called",
    ),
    Kpi(
        "open",
        "Quầy mở",
        "Open counters",
        "Quầy đang có cán bộ, không tính quầy tạm nghỉ.",
        "Counters with an officer who is not on a break.",
        "count",
        source=("seat",),
    ),
    Kpi(
        "needed",
        "Quầy cần",
        "Needed counters",
        "Số quầy ít nhất để 80 % người đến như trong một giờ qua được gọi trong mức cam kết (Erlang C).",
        "The fewest counters with which 80 % of people coming as in the last hour are called as promised"
        " (Erlang C).",
        "count",
        source=("ticket", "serving", "erlang"),
        rows="hour_arrived",
    ),
    Kpi(
        "age",
        "Tuổi dữ liệu",
        "Data age",
        "Thời gian từ thay đổi gần nhất tại điểm tiếp nhận đến bây giờ.",
        "Time since anything last changed at the site.",
        "seconds",
        "down",
        ("segment",),
    ),
)


@cache
def by_key() -> Mapping[str, Kpi]:
    """Return the definitions by their keys."""
    return {kpi.key: kpi for kpi in KPIS}


def of(keys: Iterable[str]) -> list[Kpi]:
    """Return the definitions of these figures, in the order of ``KPIS``."""
    wanted = set(keys)
    unknown = wanted - set(by_key())
    if unknown:
        raise KeyError(f"no definition of {sorted(unknown)}")
    return [kpi for kpi in KPIS if kpi.key in wanted]
