"""Our own attributes on a BPMN element: who does it, within which time, with which outcomes."""

from decimal import Decimal, InvalidOperation

from lxml import etree  # type: ignore[import-untyped]

from motcua.process.vocabulary import mc
from motcua.process.xmlfile import Source, commas

NODE = frozenset(
    {"role", "hours", "outcomes", "nameEn", "state", "message", "clock", "handler", "decision"}
    | {"result", "called"}
)
MAX_HOURS = 10_000


def hours(source: Source, element: etree._Element) -> Decimal | None:
    """Read the limit of a step in working hours."""
    text = element.get(mc("hours"))
    if text is None:
        return None
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 < found <= MAX_HOURS:
        source.fault(
            element,
            f"mc:hours='{text}' không phải số giờ; hãy viết số giờ làm việc, ví dụ 8",
            f"mc:hours='{text}' is no number of hours; write working hours, such as 8",
        )
        return None
    return found


def state(source: Source, element: etree._Element) -> int | None:
    """Read the national state of the dossier while it waits here."""
    text = element.get(mc("state"))
    if text is None or text in {str(n) for n in range(1, 11)}:
        return None if text is None else int(text)
    source.fault(element, f"mc:state='{text}' phải từ 1 đến 10", f"mc:state='{text}' must be 1-10")
    return None


def clock(source: Source, element: etree._Element) -> str:
    """Read whether the statutory clock stands while the case waits here."""
    text: str = element.get(mc("clock"), "")
    if text not in ("", "pause"):
        source.fault(element, f"mc:clock='{text}' phải là 'pause'", "mc:clock can only be 'pause'")
    return text


def decisions(element: etree._Element) -> dict[str, str]:
    """Read which value the variable ``decision`` takes after an outcome: ``refuse=refuse``."""
    pairs = [each.partition("=") for each in commas(element.get(mc("decision")))]
    return {outcome.strip(): value.strip() for outcome, _, value in pairs}
