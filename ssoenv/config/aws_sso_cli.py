"""Where aws-sso-cli signs in: the part of its ``config.yaml`` that says so."""

import os
import re

from ssoenv.config.text import content_of

_ENTRY = re.compile(
    r"(?P<indent> *)(?P<key>'[^']*'|\"[^\"]*\"|[^\s#:'\"][^:#]*):(?:\s+(?P<value>.*))?"
)


def sign_in(name: str | None) -> tuple[str, str]:
    """The start URL and the region of the sign-in that aws-sso-cli calls ``name``, or of its
    default one; empty texts where it does not say. Raises ``ConfigError`` for a file that cannot be
    read."""
    known = _sign_ins(content_of(_path()).decode(errors="replace"))
    found = known.get(("SSOConfig", name or known.get(("DefaultSSO",), {}).get("", "Default")), {})
    return found.get("StartUrl", ""), found.get("SSORegion", "")


def _path() -> str:
    """As it looks for it: the old folder, if that is there, before the new one."""
    given = os.environ.get("AWS_SSO_CONFIG")
    if given:
        return os.path.expanduser(given)
    old = os.path.expanduser("~/.aws-sso")
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(old if os.path.isdir(old) else os.path.join(base, "aws-sso"), "config.yaml")


def _sign_ins(text: str) -> dict[tuple[str, ...], dict[str, str]]:
    """Simple values by the keys above them: of YAML only what that program writes, keys with one
    value each on a line of its own, indented by spaces."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        entry = _ENTRY.fullmatch(line.rstrip())
        if entry is None:
            continue
        indent, key = len(entry["indent"]), _plain(entry["key"])
        above = [one for one in above if one[0] < indent]
        keys = tuple(name for _, name in above)
        value = _plain(re.sub(r"(^|\s)#.*", "", entry["value"] or ""))
        if value:
            found.setdefault(keys, {})[key] = value
            found.setdefault((*keys, key), {})[""] = value
        above.append((indent, key))
    return found


def _plain(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]
    return text[1:-1] if quoted else text
