"""A quick look at the config: which profiles there are, and what a person may know them by.

For lists that people choose from (TAB, the picker), where asking botocore would cost 150 ms and
more with every profile. What a profile *means* is still only botocore's to say: a list may show a
profile that botocore then refuses, with its reason.
"""

import os

from ssoenv.config import confirmation
from ssoenv.config.selection import arn_parts
from ssoenv.config.text import content_of
from ssoenv.errors import ConfigError
from ssoenv.system import paths

CREDENTIALS = (
    "sso_account_id",
    "sso_role_name",
    "role_arn",
    "credential_process",
    "aws_access_key_id",
    "web_identity_token_file",
    "login_session",
    "ssoenv_oidc",
)
"""The settings, any of which makes a profile one with credentials."""

_KNOWN = (*CREDENTIALS, "sso_account_name", "region", confirmation.SETTING)
_INITIALS = "".join({key[0] + key[0].upper() for key in _KNOWN})


class Listed:
    """A profile as its section reads. Whatever the section does not say is an empty text.
    ``has_credentials``: whether it says where keys come from. ``confirm``: whether a person is
    asked before it is used."""

    __slots__ = (
        "account_id",
        "account_name",
        "confirm",
        "has_credentials",
        "name",
        "region",
        "role_name",
    )

    def __init__(self, name: str, settings: dict[str, str]) -> None:
        account_id, role_name = arn_parts(settings.get("role_arn", ""))
        self.name = name
        self.account_id = account_id or settings.get("sso_account_id", "")
        self.account_name = settings.get("sso_account_name", "")
        self.role_name = role_name or settings.get("sso_role_name", "")
        self.region = settings.get("region", "")
        self.confirm = confirmation.by_setting(settings.get(confirmation.SETTING))
        self.confirm = self.confirm or confirmation.by_variable(name, os.environ)
        self.has_credentials = any(key in settings for key in CREDENTIALS)

    def details(self) -> str:
        """What distinguishes it from others, for one line: account, role, region."""
        known = (self.account_name, self.account_id, self.role_name, self.region)
        return " ".join(text for text in known if text)


def profiles() -> list[Listed]:
    """The profiles of the config and credentials files, in their order. Raises ``ConfigError`` for
    a file that cannot be read."""
    found: dict[str, dict[str, str]] = {}
    for path, name_of in ((paths.config(), _config_name), (paths.credentials(), str)):
        lines = content_of(path).decode("utf-8", "surrogateescape").splitlines()
        settings: dict[str, str] = {}
        for line in lines:
            if line.startswith("["):
                header, closed, _ = line[1:].rpartition("]")
                name = name_of(header) if closed else ""
                settings = found.setdefault(name, {}) if name else {}
            elif line[:1] in _INITIALS:
                key, equals, value = line.partition("=")
                key = key.strip().lower()
                if equals and key in _KNOWN:
                    settings[key] = value.strip()
    return [Listed(name, settings) for name, settings in found.items()]


def sessions() -> list[str]:
    """The names of the ``[sso-session NAME]`` sections, in their order. Raises ``ConfigError``."""
    lines = content_of(paths.config()).decode("utf-8", "surrogateescape").splitlines()
    headers = [line[1:].rpartition("]")[0] for line in lines if line.startswith("[sso-session")]
    found = [words[1] for words in map(_words, headers) if len(words) == 2]
    return list(dict.fromkeys(found))


def usable() -> list[Listed]:
    """Those ``profiles`` that have credentials: a section with nothing but a region is for the
    AWS tools' own use. Raises ``ConfigError``."""
    return [listed for listed in profiles() if listed.has_credentials]


def none() -> ConfigError:
    """What to say where there is no profile with credentials, or no profile at all."""
    path = paths.display(paths.config()) or "the file that AWS_CONFIG_FILE names"
    message = f"{path} has no profiles{' with credentials' if profiles() else ''}"
    if not os.path.lexists(paths.config()):
        message = f"there is no profile: {path} does not exist"
    return ConfigError(message, "Make some: ssoenv configure")


def _config_name(header: str) -> str:
    """The profile that ``[header]`` names, or an empty text. By botocore's rule: two words, quoted
    as for a shell, the first of which begins with "profile"; or "default"."""
    words = _words(header)
    if len(words) == 2 and words[0].startswith("profile"):
        return words[1]
    return header if header == "default" else ""


def _words(header: str) -> list[str]:
    """The words of a header, quoted as for a shell; none if a quote is not closed."""
    if "'" not in header and '"' not in header and "\\" not in header:
        return header.split()
    import shlex

    try:
        return shlex.split(header)
    except ValueError:
        return []
