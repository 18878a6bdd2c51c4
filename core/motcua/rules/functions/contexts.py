"""Functions of contexts (DMN 1.5 section 10.3.4.10), and ``string`` and ``not``."""

from collections.abc import Mapping
from decimal import Decimal

from motcua.rules import temporal
from motcua.rules.functions.signature import BuiltIn, built_in
from motcua.rules.tokens import plain
from motcua.rules.values import Range

_MAX_DEPTH = 20


def _entries(context: Mapping[str, object]) -> tuple[object, ...]:
    return tuple({"key": key, "value": value} for key, value in context.items())


def _context(pairs: tuple[object, ...]) -> dict[str, object] | None:
    made: dict[str, object] = {}
    for pair in pairs:
        if not isinstance(pair, Mapping) or not {"key", "value"} <= pair.keys():
            return None
        key = pair["key"]
        if not isinstance(key, str) or key in made:
            return None
        made[key] = pair["value"]
    return made


def _put(context: Mapping[str, object], key: str, value: object) -> dict[str, object]:
    return {**context, key: value}


def _put_deep(context: Mapping[str, object], keys: tuple[object, ...], value: object) -> object:
    if not keys or len(keys) > _MAX_DEPTH or not isinstance(keys[0], str):
        return None
    if len(keys) == 1:
        return _put(context, keys[0], value)
    inner = context.get(keys[0])
    if not isinstance(inner, Mapping):
        return None
    made = _put_deep(inner, keys[1:], value)
    return None if made is None else _put(context, keys[0], made)


def _merge(contexts: tuple[object, ...]) -> dict[str, object] | None:
    made: dict[str, object] = {}
    for each in contexts:
        if not isinstance(each, Mapping):
            return None
        made |= each
    return made


def write(value: object, inside: bool = False, depth: int = 0) -> str | None:
    """Return the text of a value, strings inside lists and contexts in quotes; null stays null."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, str):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"' if inside else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        plain_value = value if value else abs(value)  # there is no -0
        # A number such as 1E+6000 is not written out digit by digit.
        return format(plain_value, "f") if abs(value.adjusted()) <= 40 else str(plain_value)
    if isinstance(value, tuple):
        return f"[{', '.join(write(v, True, depth + 1) or 'null' for v in value)}]"
    if isinstance(value, Mapping):
        pairs = ((k, write(v, True, depth + 1) or "null") for k, v in value.items())
        return f"{{{', '.join(f'{_key(k)}: {v}' for k, v in pairs)}}}"
    if isinstance(value, Range):
        ends = (write(end, True, depth + 1) or "" for end in (value.low, value.high))
        return f"{'[' if value.low_closed else '('}{'..'.join(ends)}{']' if value.high_closed else ')'}"
    return temporal.write(value)


def _key(name: str) -> str:
    return name if plain(name) else f'"{name}"'


def functions() -> list[BuiltIn]:
    """Return the functions of this module."""
    return [
        built_in("get value", ("m c, key s", lambda context, key: context.get(key))),
        built_in("get entries", ("m c", _entries)),
        built_in("context", ("entries l", _context)),
        built_in("context put", ("context c, key s, value x", _put),
                 ("context c, keys l, value x", _put_deep)),
        built_in("context merge", ("contexts l", _merge)),
        built_in("string", ("from x", write)),
        built_in("not", ("negand b", lambda value: not value)),
    ]  # fmt: skip
