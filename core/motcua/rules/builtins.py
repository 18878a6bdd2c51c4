"""The table of all built-in functions by name."""

from collections.abc import Mapping

from motcua.rules.functions import contexts, lists, moments, numbers, range_text, ranges, text
from motcua.rules.functions.signature import BuiltIn

__all__ = ["BUILT_IN", "BuiltIn"]


def _table() -> Mapping[str, BuiltIn]:
    modules = (contexts, lists, moments, numbers, ranges, text)
    found = {each.name: each for module in modules for each in module.functions()}
    return {**found, "range": range_text.function(found)}


BUILT_IN = _table()
