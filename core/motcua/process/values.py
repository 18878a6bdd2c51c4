"""FEEL values as JSON has them: what rules compute becomes a variable of the case."""

from collections.abc import Mapping
from decimal import Decimal

from motcua.rules import evaluate


def plain(value: object) -> object:
    """Return a FEEL value as JSON: dates and durations as their ISO text, numbers as numbers."""
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return evaluate("string(value)", {"value": value})
