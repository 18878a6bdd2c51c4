"""The check recounts each figure: a product that counts another way is told so, whatever it miscounts."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from motcua.queues.figures import Figures, Spread, sql, summing
from motcua.simulation import check, lives
from motcua.simulation.check_figures import RATES, TIMES

from .conftest import SmallDay

pytestmark = pytest.mark.anyio

Patch = pytest.MonkeyPatch
# The package has a function of the same name.
_LIVE = sys.modules["motcua.queues.figures.live"]


def _instead(patch: Patch, holder: Any, name: str, was: str, becomes: str) -> None:
    """Write something else into the statements that a module keeps."""
    kept = getattr(holder, name)
    texts = (kept,) if isinstance(kept, str) else kept
    assert any(was in text for text in texts), was
    changed = tuple(text.replace(was, becomes) for text in texts)
    patch.setattr(holder, name, changed[0] if isinstance(kept, str) else changed)


def three_times_the_promise(patch: Patch) -> None:
    was, becomes = "wait <= promise)", "wait <= promise * 3)"
    _instead(patch, summing, "TICKET_SUMS", was, becomes)


def a_seventh_of_the_waits(patch: Patch) -> None:
    patch.setitem(sql.SPREADS, "wait", ("wait / 7", sql.COUNTS["called"]))


def five_times_the_standard(patch: Patch) -> None:
    _instead(patch, summing, "SERVICE_SUMS", "sum(standard)", "5 * sum(standard)")


def abandoned_are_only_who_left(patch: Patch) -> None:
    was = f"where {sql.COUNTS['abandoned']}) as abandoned"
    _instead(patch, summing, "TICKET_SUMS", was, "where ended = 'left') as abandoned")


def twice_the_longest_live_wait(patch: Patch) -> None:
    _instead(patch, _LIVE, "_LIVE", "max(wait)", "2 * max(wait)")


def a_live_p90_that_is_a_p20(patch: Patch) -> None:
    _instead(patch, _LIVE, "_LIVE", "percentile_cont(0.9)", "percentile_cont(0.2)")


def three_times_the_live_promise(patch: Patch) -> None:
    _instead(patch, _LIVE, "_LIVE", "wait <= promise)", "wait <= promise * 3)")


def those_who_pause_are_open(patch: Patch) -> None:
    _instead(patch, _LIVE, "_LIVE", "i.id and not o.pause", "i.id")


@pytest.fixture
def fresh_statements() -> Iterator[None]:
    """Let no statement be remembered that was written for, or before, a mutant."""
    kept = (summing._tickets, summing._times, summing._services)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


@pytest.mark.parametrize(
    ("mutant", "seen_by"),
    [
        (three_times_the_promise, ["figures by site", "figures by line", "figures by officer"]),
        (a_seventh_of_the_waits, ["figures by site", "figures by line", "figures by counter"]),
        (five_times_the_standard, ["figures by site", "figures by line", "figures by officer"]),
        (abandoned_are_only_who_left, ["figures by site", "figures by line"]),
        (twice_the_longest_live_wait, ["live figures"]),
        (a_live_p90_that_is_a_p20, ["live figures"]),
        (three_times_the_live_promise, ["live figures", "live view"]),
        (those_who_pause_are_open, ["live figures"]),
    ],
)
async def test_a_product_that_counts_another_way_is_found(
    small_day: SmallDay,
    fresh_statements: None,
    mutant: Callable[[Patch], None],
    seen_by: list[str],
) -> None:
    played = small_day.played
    place = (small_day.platform, small_day.tenant, played.ids, played.order.day)
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        found = await check.examine(*place)

    assert set(seen_by) <= {one.name for one in found if not one.ok}


def _other(one: Figures, key: str) -> Figures:
    """Return figures of which one is another."""
    if key in one.counts:
        return replace(one, counts={**one.counts, key: one.counts[key] + 1})
    if key in one.times:
        return replace(one, times={**one.times, key: one.times[key] + 1})
    spread, part = key.split()
    was = one.spreads[spread]
    return replace(
        one,
        spreads={**one.spreads, spread: was._replace(**{part: (getattr(was, part) or 0) + 1})},
    )


@pytest.mark.parametrize(
    "key",
    [*sql.COUNTS, *sql.TIMES, *(f"{s} {part}" for s in sql.SPREADS for part in Spread._fields)],
)
async def test_no_figure_can_be_another_unseen(small_day: SmallDay, key: str) -> None:
    first, *rest = small_day.shown.by["site"]
    shown = replace(small_day.shown, by={**small_day.shown.by, "site": [_other(first, key), *rest]})

    found = check.findings(small_day.raw, shown, small_day.now, small_day.played.log)

    assert "figures by site" in {one.name for one in found if not one.ok}


def test_every_figure_of_the_product_is_recounted() -> None:
    ratios = {name for name, what in vars(Figures).items() if isinstance(what, property)}

    assert set(lives.COUNTS) == set(sql.COUNTS)
    assert set(lives.SPREADS) == set(sql.SPREADS)
    assert set(TIMES) == set(sql.TIMES)
    assert set(RATES) == ratios
    assert set(_LIVE.COUNTED) <= {*lives.COUNTS, *lives.NOW}
