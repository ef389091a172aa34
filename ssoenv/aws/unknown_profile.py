"""What to say of a profile that does not exist: what was meant, and what to type instead."""

import os
from collections.abc import Mapping
from typing import Any

from botocore.configloader import raw_config_parse
from botocore.exceptions import BotoCoreError

from ssoenv import hints
from ssoenv.aws import advice, lines
from ssoenv.config import selection
from ssoenv.config.editor import profile_header
from ssoenv.errors import ConfigError
from ssoenv.hints import COMMANDS, nearest
from ssoenv.system import paths


def problem(name: str, config: Mapping[str, Any]) -> ConfigError:
    """Why profile ``name`` does not exist, and what to type instead."""
    path = paths.display(paths.config()) or "the file that AWS_CONFIG_FILE names"
    profiles = list(config["profiles"])
    command = "" if name in COMMANDS else nearest(name, COMMANDS, 0.7)
    if not os.path.isfile(paths.config()):
        if os.path.lexists(paths.config()):
            return ConfigError(f"{path} is not a file, so no AWS tool reads it", "Make it one")
        if not profiles:
            return ConfigError(
                f'there is no profile "{name}": {path} does not exist',
                f'Did you mean the command "ssoenv {command}"?'
                if command
                else "Make one with: ssoenv configure",
            )
    named_by = next((one for one in selection.VARIABLES if os.environ.get(one) == name), "")
    bare = advice.bare_name(name)
    if bare != name and bare in profiles:
        hint = f"Set {named_by} to {bare}" if named_by else f'Did you mean "{bare}"?'
        return ConfigError(f'there is no profile "{name}" in {path}: a name is written alone', hint)
    wanted = f"[{profile_header(name)}]"
    if mistaken := _header_meant_for(name):
        return ConfigError(
            f"{path} has a section [{mistaken}], but a profile is written {wanted}",
            advice.change_header(lines.File(paths.config()), mistaken, profile_header(name)),
        )
    theirs = lines.File(paths.credentials())
    if any(section.header == f"profile {name}" for section in theirs.sections):
        return ConfigError(
            f"{paths.display(theirs.path)} has a section [profile {name}], but in that file a "
            f"profile is [{name}]",
            advice.change_header(theirs, f"profile {name}", name, in_credentials=True),
        )
    if name in config.get("sso_sessions", {}):
        message = f'there is no profile "{name}" in {path}, but an sso-session of that name'
        return ConfigError(message, f"To name that one: --session {hints.quote(name)}")
    near = nearest(name, [*profiles, command])
    if near and near == command and near not in profiles:
        hint = f'Did you mean the command "ssoenv {command}"?'
    elif meant := hints.meant(name, profiles):
        hint = meant if "; " in meant else f"{meant} Or make profiles with: ssoenv configure"
    elif profiles:
        hint = f"{hints.one_of(profiles, 'Available')}. Make others with: ssoenv configure"
    else:
        hint = "It holds no profile. Make one with: ssoenv configure"
    message = f'there is no profile "{name}" in {path}'
    return ConfigError(f"{message}, but {named_by} names it" if named_by else message, hint)


def _header_meant_for(name: str) -> str | None:
    """A section of the config file that was surely meant to be profile ``name``, but is written
    so that botocore does not take it for one: ``[NAME]``, ``[Profile NAME]``, ``[profile=A]``."""
    try:
        headers: list[str] = list(raw_config_parse(paths.config(), parse_subsections=False))
    except (BotoCoreError, OSError):
        return None
    return next((header for header in headers if advice.meant_for(header, name)), None)
