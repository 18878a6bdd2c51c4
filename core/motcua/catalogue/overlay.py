"""A tenant's own values on a procedure: laid over the package, never copied from it.

What may be overlaid is what the law leaves to a province: the fee, a shorter limit, the hours of steps, the
published target. An overlay is applied again to each new version of the package, and says so when it no
longer fits.
"""

from collections.abc import Mapping
from typing import Any

from motcua.catalogue.packages import Package
from motcua.catalogue.reading import PackageError

_KEYS: Mapping[str, tuple[str, ...]] = {
    "fee": ("amount", "expression", "lines", "text_vi", "text_en"),
    "time_limit": ("value", "cutoff", "text_vi", "text_en"),
    "target": ("hours",),
}
_ALLOWED = "fee, time_limit (value, cutoff, text), steps.<id>.hours, target.hours"


class OverlayError(PackageError):
    """An overlay names what may not be overlaid, or a value that does not fit this version."""

    def __init__(self, key: str, expected: str) -> None:
        super().__init__("overlay", key, expected)


def apply(package: Package, overlay: Mapping[str, Any]) -> Package:
    """Return the package with a tenant's values; the given package is not changed.

    Raises ``OverlayError`` for a key that may not be overlaid, a step that this version does not have, and a
    limit longer than the law's; ``PackageError`` for a value that no package could have.
    """
    data = package.to_data()
    procedure = data["procedure"]
    for part, values in overlay.items():
        if part == "steps":
            _steps(procedure, _table(part, values))
        elif part in _KEYS:
            _known(part, _table(part, values))
            procedure[part] = _merged(part, procedure.get(part, {}), values)
        else:
            raise OverlayError(part, f"only these may be overlaid: {_ALLOWED}")
    result = Package.from_data(data)
    _not_longer(package, result)
    return result


def _table(part: str, values: object) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise OverlayError(part, "a table of keys and values")
    return values


def _known(part: str, values: Mapping[str, Any]) -> None:
    for key in values:
        if key not in _KEYS[part]:
            raise OverlayError(f"{part}.{key}", f"one of {', '.join(_KEYS[part])}")


def _merged(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**old, **new}
    if part == "fee" and ("amount" in new or "expression" in new):
        # The package's derivation and words describe its own rule, not the tenant's.
        merged.pop("expression" if "amount" in new else "amount", None)
        merged["lines"] = new.get("lines", [])
        for text in ("text_vi", "text_en"):
            if text not in new:
                raise OverlayError(f"fee.{text}", "the new rule in words")
    return merged


def _steps(procedure: dict[str, Any], steps: Mapping[str, Any]) -> None:
    known = {step["id"]: step for step in procedure.get("steps", [])}
    for name, values in steps.items():
        if name not in known:
            raise OverlayError(f"steps.{name}", f"a step of this version: {', '.join(known)}")
        for key in _table(f"steps.{name}", values):
            if key != "hours":
                raise OverlayError(f"steps.{name}.{key}", "hours; nothing else of a step")
        known[name].update(values)


def _not_longer(package: Package, result: Package) -> None:
    law, own = package.procedure.time_limit, result.procedure.time_limit
    if own.hours > law.hours:
        raise OverlayError("time_limit.value", f"at most {law.value}: the law gives no longer")
    if own.cutoff < law.cutoff:
        raise OverlayError("time_limit.cutoff", f"{law.cutoff} or later, as the law gives")
