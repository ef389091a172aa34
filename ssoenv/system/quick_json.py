"""JSON without the ``json`` package, for what must start at once.

``import json`` loads ``re``, ``enum``, ``functools`` and ``collections``: 4 ms, where Python itself
takes 8 ms to start. Reading needs none of them, since CPython's scanner is written in C and lies in
the module ``_json``. Where that is missing, or is made in another way, ``json`` does the work.
"""

from _collections_abc import Mapping  # collections.abc would load collections, 1 ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WHITESPACE = " \t\n\r"


class _Context:
    """What the scanner is made from: the attributes of a ``json.JSONDecoder``."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    array_hook = None
    parse_float = float
    parse_int = int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}.get


def loads(text: str) -> "Any":
    """What ``json.loads`` returns for ``text``. Raises ``ValueError``, ``RecursionError``."""
    try:
        from _json import make_scanner

        scan = make_scanner(_Context)  # type: ignore[arg-type]
        value, end = scan(text, len(text) - len(text.lstrip(_WHITESPACE)))
        if not text[end:].strip(_WHITESPACE):
            return value
    except (ImportError, AttributeError, TypeError):
        pass  # it is made in another way here
    except (StopIteration, SystemError):
        pass  # not JSON; without json.decoder loaded, the scanner has no error to raise
    import json

    return json.loads(text)


def dumps(fields: Mapping[str, "str | int | None"]) -> str:
    """What ``json.dumps`` returns for an object that holds no other."""
    try:
        from _json import encode_basestring_ascii as quoted
    except ImportError:
        import json

        return json.dumps(fields)
    rows = []
    for name, value in fields.items():
        text = quoted(value) if isinstance(value, str) else "null" if value is None else str(value)
        rows.append(f"{quoted(name)}: {text}")
    return "{" + ", ".join(rows) + "}"
