"""When timer events fire: ISO 8601, FEEL, working time; and what cannot be read."""

from decimal import Decimal

import pytest

from motcua.process import Complete, ProcessError, Timer, TimerFired, lint, load, start
from tests.core.process.blocks import document
from tests.core.process.drawn import END, START, flows, send, users


def test_a_computed_timer_is_computed_when_the_wait_begins() -> None:
    timer = '<timerEventDefinition><timeDuration>= if hurry then "PT1H" else duration("P1D")</timeDuration></timerEventDefinition>'
    definition = load(
        document(
            START + END + users("a") + f'<intermediateCatchEvent id="t">{timer}</intermediateCatchEvent>'
            + flows("s a t e")
        )
    )  # fmt: skip
    for hurry, text in ((True, "PT1H"), (False, "P1D")):
        now = start(definition)
        now = send(definition, now, Complete(now.waits[0].token, {"hurry": hurry}))
        assert now.waits[0].timer == Timer("duration", text)
        assert send(definition, now, TimerFired(now.waits[0].token)).ended
    broken = load(
        document(
            START + END
            + f'<intermediateCatchEvent id="t">{timer.replace("PT1H", "soon")}</intermediateCatchEvent>'
            + flows("s t e")
        )
    )  # fmt: skip
    with pytest.raises(ProcessError, match="ISO 8601"):
        start(broken, {"hurry": True})


@pytest.mark.parametrize(
    ("written", "timer"),
    [
        ("<timerEventDefinition><timeDate>2026-12-01T08:00:00+07:00</timeDate></timerEventDefinition>",
         Timer("date", "2026-12-01T08:00:00+07:00")),
        ('<timerEventDefinition mc:beforeDue="1 working_days"/>',
         Timer("before_due", Decimal(1), "working_days")),
        ('<timerEventDefinition mc:afterDue="0 working_hours"/>',
         Timer("after_due", Decimal(0), "working_hours")),
        ('<timerEventDefinition mc:working="0.5 working_hours"/>',
         Timer("working", Decimal("0.5"), "working_hours")),
    ],
)  # fmt: skip
def test_a_timer_says_when_it_fires(written: str, timer: Timer) -> None:
    body = f'<intermediateCatchEvent id="t">{written}</intermediateCatchEvent>' + flows("s t e")
    assert start(load(document(START + END + body))).waits[0].timer == timer


@pytest.mark.parametrize(
    "written",
    ["", "<timeDuration>3 days</timeDuration>", "<timeDuration>P</timeDuration>",
     "<timeDate>tomorrow</timeDate>", "<timeDate>2026-02-30</timeDate>",
     "<timeDuration>P1D</timeDuration><timeDate>2026-01-01</timeDate>",
     "<timeCycle>R/P1D</timeCycle>", "<timeDuration>= 1 +</timeDuration>"],
)  # fmt: skip
def test_a_timer_that_cannot_be_read_is_refused(written: str) -> None:
    timer = f"<timerEventDefinition>{written}</timerEventDefinition>"
    body = f'<intermediateCatchEvent id="t">{timer}</intermediateCatchEvent>' + flows("s t e")
    (finding,) = lint(document(START + END + body))
    assert finding.tag == "intermediateCatchEvent/timerEventDefinition"


@pytest.mark.parametrize("working", ["", "3", "3 days", "x working_days", "-1 working_hours"])
def test_a_working_time_that_cannot_be_read_is_refused(working: str) -> None:
    timer = f'<timerEventDefinition mc:working="{working}"/>'
    body = f'<intermediateCatchEvent id="t">{timer}</intermediateCatchEvent>' + flows("s t e")
    assert len(lint(document(START + END + body))) == 1
