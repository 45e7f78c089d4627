"""Reads JSON that means one thing only, and little enough of it."""

import json
import math
from typing import Any, Final

_DEEPEST: Final = 16


class StrictJsonError(ValueError):
    """It is no JSON, or not plain enough. The message is a clause, such as "it names the key a twice"."""


def parse_json(content: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Python's parser takes more than JSON has: NaN and infinities, keys that stand twice, of which the last one counts,
    and nesting up to where its stack ends.

    Raises:
        StrictJsonError: it is no JSON, or holds any of these.
    """
    try:
        value = json.loads(content, object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
    except StrictJsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise StrictJsonError("it is not readable as JSON") from error
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise StrictJsonError(f"it is nested more than {_DEEPEST} deep")


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) < len(pairs):
        raise StrictJsonError("it names a key twice in one object")
    return held


def _constant(_: str) -> Any:
    raise StrictJsonError("it holds a number that is none, or an infinite one")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _constant(text)
