"""Text that others wrote (a server, a proxy, a credential process), made fit to be shown.

Three things may be wrong with it: it repeats a secret that it was sent, it holds escape sequences
or line breaks that play tricks on a terminal, and it is too long. ``clean`` removes all three.
"""

import base64
import functools
import json
import os
import re
from urllib.parse import quote, unquote

from ssoenv.errors import printable

HIDDEN = "[redacted]"

_MOST_SECRETS = 200  # the oldest are forgotten first: a program may run for months
_PIECE = 12  # characters of a secret that tell something of it
_SHORTEST = 4  # characters of a secret that is not part of ordinary words

# ECMA-48: control sequences (CSI), strings (OSC, DCS, SOS, PM, APC), other escapes; each also in
# its form of one byte. A string that is not closed ends with its line.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\r\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)

_secrets: dict[str, None] = {}


def remember_secret(text: str) -> None:
    """``text`` is sent to somebody who may repeat it: ``clean`` removes it from now on."""
    for spelling in (text, unquote(text)):
        if len(spelling) >= _SHORTEST:
            _secrets.pop(spelling, None)
            _secrets[spelling] = None
    while len(_secrets) > _MOST_SECRETS:
        del _secrets[next(iter(_secrets))]


def clean(text: object, most: int = 300) -> str:
    """``text`` on one line, without the secrets that are known, without escape sequences, control
    characters replaced, and no longer than ``most``."""
    shown = without_secrets(_SEQUENCES.sub("", str(text)))
    return printable(shown)[:most]


def lines(text: str) -> list[str]:
    """The lines of ``text`` that hold something, each as ``clean`` and ``redacted`` make it."""
    found = (redacted(clean(line)) for line in _SEQUENCES.sub("", text).splitlines())
    return [line for line in found if line]


def without_secrets(text: str) -> str:
    """``text`` without the secrets that are known, and without long pieces of them."""
    known = [spelling for secret in list(_secrets) for spelling in _spellings(secret)]
    # Whole ones first, the longest before others: a piece that two secrets have in common would
    # leave the rest of one of them.
    for spelling in sorted(known, key=len, reverse=True):
        text = text.replace(spelling, HIDDEN)
    for spelling in known:
        if len(spelling) > _PIECE:
            text = _without_pieces(text, spelling)
    return text


@functools.lru_cache(maxsize=_MOST_SECRETS)
def _spellings(secret: str) -> tuple[str, ...]:
    """The forms in which a server or a program may repeat ``secret``: as it is, in a URL, in JSON
    or HTML, as hexadecimal digits, and in the middle of something that is Base64."""
    data = secret.encode("utf-8", "surrogatepass")
    in_url = quote(data, safe="")
    in_json = json.dumps(secret)[1:-1]
    found = [secret, in_url, quote(in_url, safe=""), in_json, secret.replace("/", "\\/")]
    found.append(re.sub("%..", lambda code: code[0].lower(), in_url))
    found += [data.hex(), "%" + data.hex("%")]
    found += [spelling.upper() for spelling in found[-2:]]
    found += ["".join(form % ord(one) for one in secret) for form in ("\\u%04x", "&#%d;")]
    for before in range(3):  # three bytes are four letters: where ours begin is not known
        whole = base64.b64encode(b"\0" * before + data).decode()
        inner = whole[4 if before else 0 : len(whole) - (4 if "=" in whole else 0)]
        if len(inner) > _SHORTEST * 2:
            found += [inner, inner.replace("+", "-").replace("/", "_")]
    return tuple(dict.fromkeys(found))


def _without_pieces(text: str, secret: str) -> str:
    parts, at = [], 0
    while at < len(text):
        length = _PIECE
        if text[at : at + length] not in secret or at + length > len(text):
            parts.append(text[at])
            at += 1
            continue
        while at + length < len(text) and text[at : at + length + 1] in secret:
            length += 1
        parts.append(HIDDEN)
        at += length
    return "".join(parts)


def redacted(text: str) -> str:
    """``text`` without what may be a key or a token: any long run of their characters."""
    return re.sub(r"(?:\bA[KS]IA[A-Z0-9]{6,}|[A-Za-z0-9+/=_.~-]{36,})", _unless_harmless, text)


def _unless_harmless(found: re.Match[str]) -> str:
    text = found[0]
    if os.path.exists(text) or os.path.exists("/" + text):
        return text
    parts = text.split(".")  # the name of a class, with its module's
    if len(parts) > 1 and all(part.isidentifier() and len(part) < 36 for part in parts):
        return text
    return HIDDEN
