"""The definitions of the figures, as they are shown to people."""

from collections.abc import Iterable

import pytest

from motcua.queues import kpis
from motcua.queues.figures.live import NOW
from motcua.queues.figures.sql import COUNTS, TIMES


def _plain(sentences: Iterable[str]) -> bool:
    return all(s and s == s.strip() for s in sentences)


def test_every_definition_is_whole_and_opens_rows_that_exist() -> None:
    known = set(COUNTS) | set(NOW) | {f"time:{key}" for key in TIMES} | {"services", ""}
    for kpi in kpis.KPIS:
        assert _plain(
            [kpi.name_vi, kpi.name_en, kpi.formula_vi, kpi.formula_en, kpi.source_vi, kpi.source_en]
        )
        assert kpi.rows in known, kpi.key
        assert kpi.least >= 1
    assert len({kpi.key for kpi in kpis.KPIS}) == len(kpis.KPIS)
    with pytest.raises(KeyError):
        kpis.of(["nothing"])
