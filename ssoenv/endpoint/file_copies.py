"""Private copies of AWS's files in which the default profile has no credentials of its own.

Every SDK prefers the credentials of ``[default]`` in the files (keys, an SSO role, a credential
process) to a credential endpoint. They could also be written there while a command with an
endpoint runs, which would then act as another identity. So the command reads copies. They have all
other profiles, and of the default one all settings but those that ``fingerprint`` names.

The copies are composed from what botocore read, in the simplest form. SDKs read unusual files in
different ways: what is the continuation of a line for one SDK may be the beginning of the default
profile for another.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigNotFound, ConfigParseError

from ssoenv.config.scan import why_unreadable
from ssoenv.endpoint.copies_folder import BOTO, CONFIG, CREDENTIALS
from ssoenv.endpoint.fingerprint import decides_identity
from ssoenv.system import paths

_NOTE = (
    "# A copy for a command that runs under ssoenv exec --endpoint, without the credentials of\n"
    "# the default profile. It is removed when the command ends: make changes in the original.\n"
)


def contents() -> dict[str, str]:
    """The copies: the name in a ``copies_folder`` and the text of each.

    Raises ``ConfigError`` for files that cannot be read.
    """
    boto = os.environ.get("BOTO_CONFIG")
    old = [boto] if boto is not None else ["/etc/boto.cfg", os.path.expanduser("~/.boto")]
    copies = {
        CONFIG: _text(_sections(paths.config()), _may_be_default),
        CREDENTIALS: _text(_sections(paths.credentials()), _may_be_default),
    }
    merged: dict[str, Mapping[str, Any]] = {}
    for path in old:  # of boto, whose keys botocore still uses, and of gsutil
        try:
            merged.update(raw_config_parse(path))
        except (ConfigNotFound, ConfigParseError, OSError):
            continue  # botocore ignores it, too
    if merged:
        copies[BOTO] = _text(merged, lambda section: section == "Credentials")
    return copies


def _sections(path: str) -> dict[str, Mapping[str, Any]]:
    try:
        found: dict[str, Mapping[str, Any]] = raw_config_parse(path)
    except ConfigNotFound:
        return {}
    except ConfigParseError as error:
        raise why_unreadable(path, error) from error
    return found


def _text(sections: Mapping[str, Mapping[str, Any]], is_default: Callable[[str], bool]) -> str:
    parts = [_NOTE]
    for name, settings in sections.items():
        default = is_default(name)
        parts.append(f"\n[{name}]\n")
        for key, value in settings.items():
            if not (default and decides_identity(key)):
                parts.extend(_lines(key, value, default))
    return "".join(parts)


def _may_be_default(section: str) -> bool:
    """Whether some SDK might read a section as the default profile."""
    name = re.split(r"[;#\]]", section)[0].strip().lower()
    return name.removeprefix("profile").strip(" \t'\"") == "default"


def _lines(key: str, value: Any, default: bool) -> list[str]:
    """A setting, with at most one level of settings below it. No line begins like a section, nor,
    in the ``default`` profile, like a setting that decides whose credentials it gives."""
    if isinstance(value, Mapping):
        lines = [f"{key} =", *(f"{inner} = {text}" for inner, text in value.items())]
    else:
        first, *lines = str(value).splitlines() or [""]
        lines = [f"{key} = {first}", *lines]
    kept = [line.strip() for line in lines]
    kept = [line for line in kept if line[:1] not in ("", "[")]
    if default:
        kept = [line for line in kept if not decides_identity(line)]
    return [("  " if at else "") + line + "\n" for at, line in enumerate(kept)]
