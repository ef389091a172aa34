"""Templates for the names of profiles: text, and fields with filters between braces.

``{account_name|lower|replace:' ':'_'}`` is the account's name in small letters, with underscores
for its spaces. A filter changes the value as the portal has it; what is then not fit for a name
is left out (see ``naming.slug``).
"""

import re
from collections.abc import Callable, Mapping
from typing import NoReturn

from ssoenv import hints
from ssoenv.errors import UsageError

FIELDS = ("account_name", "account_id", "role_name", "email", "session")

_LITERAL = re.compile(r"[^{}]+")
_QUOTED = r"'[^']*'|\"[^\"]*\""
_FIELD = re.compile(rf"\{{(?P<field>[^{{}}|]*)(?P<filters>(?:\|(?:{_QUOTED}|[^'\"|}}])*)*)\}}")
_FILTER = re.compile(rf"\|\s*(?P<name>\w*)\s*(?P<words>(?::\s*(?:{_QUOTED})\s*)*)")
_ALLOWED = re.compile(r"[A-Za-z0-9._@+:/-]*")

_HOW = "It looks like {account_name|lower|replace:' ':'-'}-{role_name}"

# What each filter is given beside the value, and what it makes of it.
FILTERS: dict[str, tuple[int, Callable[..., str]]] = {
    "lower": (0, str.lower),
    "upper": (0, str.upper),
    "trim": (0, str.strip),
    "replace": (2, str.replace),
}

Change = tuple[Callable[..., str], tuple[str, ...]]
"""A filter, and the texts that it is given."""


class Field:
    """A field of a template, with the filters that its value goes through, in their order."""

    __slots__ = ("_changes", "name")

    def __init__(self, name: str, changes: list[Change]) -> None:
        self.name = name
        self._changes = changes

    def value(self, values: Mapping[str, str]) -> str:
        """What it makes of its value in ``values``."""
        text = values[self.name]
        for change, words in self._changes:
            text = change(text, *words)
        return text


Part = str | Field


def parse(text: str) -> list[Part]:
    """The parts of a template. Raises ``UsageError`` for one that cannot name profiles."""
    parts: list[Part] = []
    at = 0
    while at < len(text):
        literal = _LITERAL.match(text, at)
        found = literal or _FIELD.match(text, at)
        if found is None:
            if text[at] == "{":
                _refuse(text, "has a { that is not closed: a } or a quote is missing", _HOW)
            _refuse(text, "has a } without a { before it", _HOW)
        if literal is not None and not _ALLOWED.fullmatch(found[0]):
            _refuse(
                text,
                "holds what a profile name should not",
                "Between the fields, use letters, digits and . _ - @ + : /",
            )
        parts.append(found[0] if literal is not None else _field(text, found))
        at = found.end()
    if not any(isinstance(part, Field) for part in parts):
        _refuse(text, "names no field", _available())
    return parts


def _field(text: str, found: re.Match[str]) -> Field:
    name = found["field"].strip()
    if name not in FIELDS:
        near = hints.nearest(name, FIELDS)
        meant = f"Did you mean {{{near}}}? " if near else ""
        _refuse(text, f"has no such field: {{{name}}}", f"{meant}{_available()}")
    changes: list[Change] = []
    at = 0
    filters = found["filters"]
    while at < len(filters):
        one = _FILTER.match(filters, at)
        if one is None or (one.end() < len(filters) and filters[one.end()] != "|"):
            _refuse(text, f"has a filter that cannot be read: {filters[at + 1 :].strip()}", _HOW)
        known = FILTERS.get(one["name"])
        if known is None:
            _refuse(
                text, f'has no such filter: "{one["name"]}"', f"Available: {', '.join(FILTERS)}"
            )
        words = tuple(word[1:-1] for word in re.findall(_QUOTED, one["words"]))
        if len(words) != known[0] or (words and not words[0]):
            usage = "replace:'OLD':'NEW'" if known[0] else one["name"]
            _refuse(text, f"has a wrong filter {filters[at + 1 : one.end()].strip()}", usage)
        changes.append((known[1], words))
        at = one.end()
    return Field(name, changes)


def _available() -> str:
    return f"Available: {', '.join(f'{{{field}}}' for field in FIELDS)}"


def _refuse(text: str, why: str, hint: str) -> NoReturn:
    raise UsageError(f'the template "{text}" {why}', hint)
