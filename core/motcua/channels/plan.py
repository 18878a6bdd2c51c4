"""In which order a tenant's results go out: read from ``channels.toml``, checked, and asked for a procedure.

    [[ways]]
    procedures = ["2.000815"]                 # none: every procedure
    order = [["wallet", "link"], "post"]      # a list inside the list: several at once
    wait_hours = 72                           # until the next place, when nothing has arrived
    assurance = "substantial"                 # channels below it are passed over
    valid_from = 2026-01-01
    valid_until = 2026-12-31

    [settings.some-plugin]                    # handed to the channels of that plugin
    mode = "publish"

The counter always stands last: somebody who comes in person goes home with the result.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from motcua.errors import Invalid
from motcua.plugins.wallet_channels import LEVELS

COUNTER, POST = "counter", "post"
#: The channels of the core, with the level of assurance of each.
BUILT_IN: Mapping[str, str] = {
    "wallet": "substantial",
    "link": "substantial",
    POST: "low",
    COUNTER: "high",
}
WAIT_HOURS = 72
_LONGEST_WAIT = 24 * 90
PAPER = (COUNTER, POST)
"""The ways that a person may wish for instead of waiting until their place in the order comes."""
_WAY = frozenset({"procedures", "order", "wait_hours", "assurance", "valid_from", "valid_until"})
_FOREVER = date(9999, 12, 31)


@dataclass(frozen=True)
class Way:
    """One order of channels: places one after another, in each place channels at once."""

    order: tuple[tuple[str, ...], ...]
    procedures: frozenset[str] = frozenset()
    wait: timedelta = timedelta(hours=WAIT_HOURS)
    assurance: str = "none"
    valid_from: date = date.min
    valid_until: date = _FOREVER

    @property
    def steps(self) -> tuple[tuple[str, ...], ...]:
        """The places, the counter as the last."""
        named = {channel for place in self.order for channel in place}
        return self.order if COUNTER in named else (*self.order, (COUNTER,))

    @property
    def choices(self) -> tuple[str, ...]:
        """The ways of paper that this order has; none where it has but one way, so that nothing is to choose."""
        named = [channel for place in self.steps for channel in place]
        return tuple(c for c in PAPER if c in named) if len(named) > 1 else ()

    def wished(self, channel: str) -> tuple[tuple[str, ...], ...]:
        """Return the places when somebody wishes for a way: it joins the first, the others stay behind it.

        Who comes to the counter gets no letter. What this order does not have changes nothing.
        """
        if channel not in self.choices:
            return self.steps
        moved = {COUNTER, POST} if channel == COUNTER else {channel}
        first, *rest = [tuple(c for c in place if c not in moved) for place in self.steps]
        return ((*first, channel), *(place for place in rest if place))

    def valid(self, day: date) -> bool:
        """Tell whether this order holds on a day (both ends included)."""
        return self.valid_from <= day <= self.valid_until


DEFAULT = Way((("wallet", "link"),))
"""What holds where a tenant says nothing: the portal and the wallet, then the counter."""


@dataclass(frozen=True)
class Plan:
    """All orders of a tenant, and what its channels are told."""

    ways: tuple[Way, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def way(self, procedure: str, day: date) -> Way:
        """Return the order for a procedure: its own before the general one, the newest before older ones."""
        found = [
            w for w in self.ways if w.valid(day) and (not w.procedures or procedure in w.procedures)
        ]
        return max(found, key=lambda w: (bool(w.procedures), w.valid_from), default=DEFAULT)

    def told(self, channel: str) -> Mapping[str, Any]:
        """Return the settings of a channel: its own, or else its plugin's."""
        names = [n for n in self.settings if channel == n or channel.startswith(f"{n}-")]
        return self.settings[max(names, key=len)] if names else {}


def read(
    data: Mapping[str, Any],
    plugins: Collection[str] | None = None,
    procedures: Collection[str] | None = None,
) -> Plan:
    """Read the content of ``channels.toml`` (or what was kept of it).

    ``plugins`` and ``procedures`` are those of the tenant; None leaves them unchecked. ``Invalid`` names each
    field that is not right, as ``ways[2].order``.
    """
    wrong: dict[str, tuple[str, str]] = {}
    for key in data.keys() - {"ways", "settings"}:
        wrong[key] = ("Không có mục này.", "There is no such key.")
    ways = [
        _Reader(f"ways[{n}]", raw, wrong).way(plugins, procedures)
        for n, raw in enumerate(data.get("ways", []), 1)
    ]
    _no_two_at_once(ways, wrong)
    if wrong:
        raise Invalid(
            "Tệp channels.toml chưa đúng: " + "; ".join(f"{k}: {v}" for k, (v, _) in wrong.items()),
            "channels.toml is not right: " + "; ".join(f"{k}: {e}" for k, (_, e) in wrong.items()),
            fields=wrong,
        )
    return Plan(tuple(ways), data.get("settings", {}))


@dataclass
class _Reader:
    """Reads one table of the file; what is wrong is noted at its field, and read on."""

    at: str
    raw: Mapping[str, Any]
    wrong: dict[str, tuple[str, str]]

    def way(self, plugins: Collection[str] | None, known: Collection[str] | None) -> Way:
        for key in self.raw.keys() - _WAY:
            self._say(key, "Không có mục này.", "There is no such key.")
        procedures = frozenset(map(str, self.raw.get("procedures", [])))
        if known is not None and (unknown := sorted(procedures - set(known))):
            names = ", ".join(unknown)
            self._say(
                "procedures", f"Tỉnh không có thủ tục {names}.", f"Not adopted here: {names}."
            )
        assurance = self._assurance()
        begin, end = self._day("valid_from", date.min), self._day("valid_until", _FOREVER)
        if begin > end:
            self._say("valid_until", "Trước ngày bắt đầu.", "It lies before valid_from.")
        order = self._order(plugins, assurance)
        return Way(order, procedures, self._wait(), assurance, begin, end)

    def _say(self, key: str, vi: str, en: str) -> None:
        self.wrong[f"{self.at}.{key}"] = (vi, en)

    def _order(
        self, plugins: Collection[str] | None, assurance: str
    ) -> tuple[tuple[str, ...], ...]:
        raw = self.raw.get("order")
        if not isinstance(raw, list) or not raw:
            self._say("order", "Cần ít nhất một kênh.", "It needs at least one channel.")
            return ()
        places = tuple(tuple(p) if isinstance(p, list) else (p,) for p in raw)
        named = [channel for place in places for channel in place]
        if not all(isinstance(c, str) and c for c in named) or not all(places):
            self._say("order", "Mỗi kênh là một tên.", "Each channel is a name.")
            return ()
        if len(set(named)) < len(named):
            self._say("order", "Một kênh đứng hai lần.", "A channel stands there twice.")
        if COUNTER in named and places[-1] != (COUNTER,):
            self._say("order", "Quầy phải đứng sau cùng.", "The counter stands last, alone.")
        for channel in named:
            self._channel(channel, plugins, assurance)
        return places

    def _channel(self, channel: str, plugins: Collection[str] | None, assurance: str) -> None:
        if channel in BUILT_IN:
            if LEVELS.index(BUILT_IN[channel]) < LEVELS.index(assurance):
                self._say(
                    "order",
                    f"Kênh “{channel}” không đạt mức đảm bảo “{assurance}”.",
                    f"The channel {channel!r} does not reach the assurance {assurance!r}.",
                )
        elif plugins is not None and not _brought(channel, plugins):
            self._say(
                "order",
                f"Không có kênh “{channel}”: phần mở rộng của nó chưa được bật.",
                f"No channel {channel!r}: no enabled plugin has this name.",
            )

    def _assurance(self) -> str:
        level = self.raw.get("assurance", "none")
        if level in LEVELS:
            return str(level)
        listed = ", ".join(LEVELS)
        self._say("assurance", f"Phải là một trong: {listed}.", f"It is one of: {listed}.")
        return "none"

    def _wait(self) -> timedelta:
        hours = self.raw.get("wait_hours", WAIT_HOURS)
        if type(hours) is not int or not 1 <= hours <= _LONGEST_WAIT:
            said = f"1–{_LONGEST_WAIT}"
            self._say("wait_hours", f"Phải là số giờ {said}.", f"It is a number of hours, {said}.")
            return timedelta(hours=WAIT_HOURS)
        return timedelta(hours=hours)

    def _day(self, key: str, missing: date) -> date:
        raw = self.raw.get(key, missing)
        try:
            # As kept in the database, a day is a text.
            return date.fromisoformat(raw) if isinstance(raw, str) else _plain_day(raw)
        except (TypeError, ValueError):
            self._say(key, "Phải là một ngày: 2026-01-31.", "It is a day: 2026-01-31.")
            return missing


def _plain_day(raw: object) -> date:
    if type(raw) is not date:
        raise TypeError("not a day")
    return raw


def _brought(channel: str, plugins: Collection[str]) -> bool:
    return any(channel == name or channel.startswith(f"{name}-") for name in plugins)


def _no_two_at_once(ways: list[Way], wrong: dict[str, tuple[str, str]]) -> None:
    """Refuse two orders that would hold for the same procedure from the same day on."""
    for n, later in enumerate(ways):
        for m, one in enumerate(ways[:n], 1):
            same = bool(one.procedures & later.procedures) or not (
                one.procedures or later.procedures
            )
            if same and one.valid_from == later.valid_from:
                wrong[f"ways[{n + 1}].valid_from"] = (
                    f"Trùng với ways[{m}]: cùng thủ tục, cùng ngày bắt đầu.",
                    f"The same procedure and the same first day as ways[{m}].",
                )


def kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of a checked file: days as texts, so that it can be read again."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, list):
            return [plain(v) for v in value]
        return value.isoformat() if isinstance(value, date) else value

    found: dict[str, Any] = plain(data)
    return found
