"""Values of a known shape: what is wrong with one, before AWS is asked.

AWS's tools take everything behind ``=`` as the value, quotes and comments included. Each check
returns what is wrong, for a sentence that begins with the name of the setting, or an empty string.
What botocore would accept and use is never refused.
"""

import re
from collections.abc import Callable

from ssoenv.cache import entries, stores
from ssoenv.errors import ConfigError, UsageError, printable
from ssoenv.system import paths, urls

SHORTEST, LONGEST = 900, 43200  # seconds that STS gives keys for
LONGEST_IN_A_CHAIN = 3600  # … if they are asked for with keys of another role

# botocore's rule for a region (botocore.utils.validate_region_name): a label of a host name.
_LABEL = re.compile(r"(?![0-9]+\Z)(?!-)[a-zA-Z0-9-]{1,63}(?<!-)\Z")
_ARN = re.compile(r"arn:[^:\s]*:[^:\s]*:[^:\s]*:[^:\s]*:[^\s\"'#;]+")
_BEHIND = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}\Z")  # the role that a permission set makes
_NOT_A_ROLE = (
    "assumed-role/", "group/", "instance-profile/", "mfa/", "oidc-provider/", "policy/", "root",
    "saml-provider/", "user/",
)  # fmt: skip


def account(value: str) -> str:
    """An account id."""
    if re.fullmatch(r"[0-9]{12}", value):
        return ""
    return f"is {_quoted(value)}, but an account id has 12 digits"


def region(value: str) -> str:
    """A region, of AWS or of a private cloud."""
    return "" if _LABEL.match(value) else f"is {_quoted(value)}, which is not a region"


def role_arn(value: str) -> str:
    """The ARN of a role. The account may be any name: other servers than AWS's take some."""
    problem = (
        f"is {_quoted(value)}, which is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME)"
    )
    if not (_ARN.fullmatch(value) and value.isascii()) or value.endswith("/"):
        return problem
    _, _, service, _, owner, resource = value.split(":", 5)
    if service in ("iam", "sts") and resource.startswith(_NOT_A_ROLE):
        return problem
    digits = owner.replace("-", "")
    if digits.isdecimal() and (digits != owner or 9 <= len(digits) != 12):
        return f"is {_quoted(value)}, but an account id has 12 digits"
    return ""


def url(value: str) -> str:
    """A URL."""
    of_the_web = value.lower().startswith(("https://", "http://")) and urls.host_of(value)
    if of_the_web and not re.search(r"[\s\"'<>]", value):
        return ""
    return f"is {_quoted(urls.shown(value))}, which is not a URL"


def duration(value: str, longest: int = LONGEST) -> str:
    """Seconds that keys last. ``longest``: the most that are allowed."""
    try:
        seconds = int(value)
    except ValueError:
        return f"is {_quoted(value)}, which is not a number of seconds"
    if seconds < SHORTEST:
        return f"is {seconds}, but the shortest time is {SHORTEST} seconds"
    if seconds > longest:
        why = " where another role asks" if longest == LONGEST_IN_A_CHAIN else ""
        return f"is {seconds}, but the longest time{why} is {longest} seconds"
    return ""


def permission_set(value: str) -> str:
    """The name of a permission set."""
    if value.startswith("arn:") or _BEHIND.match(value):
        return f"is {_quoted(value)}, but the name of the permission set is meant"
    return ""


def store(value: str) -> str:
    """Where sign-ins and keys are kept."""
    if value in entries.STORES:
        return ""
    return f"is {_quoted(value)}, which is not {' or '.join(entries.STORES)}"


_CHECKS: dict[str, Callable[[str], str]] = {
    "region": region,
    "sso_region": region,
    "sso_start_url": url,
    "endpoint_url": url,
    "sso_account_id": account,
    "sso_role_name": permission_set,
    "role_arn": role_arn,
    "duration_seconds": duration,
    "role_session_name": lambda value: "",
    "external_id": lambda value: "",
    "mfa_serial": lambda value: "",
    stores.SETTING: store,
}

KEYS = tuple(_CHECKS)


def problem(key: str, value: str, longest: int = LONGEST) -> str:
    """What is wrong with the ``value`` of a setting ``key``. ``longest``: see ``duration``."""
    if key in _CHECKS and value[:1] in ("'", '"') and value[-1:] == value[:1]:
        return "is in quotes, which become a part of the value"
    if key in _CHECKS and re.search(r"\s[#;]", value):
        return "has a comment behind it, which becomes a part of the value"
    if key == "duration_seconds":
        return duration(value, longest)
    return _CHECKS[key](value) if key in _CHECKS else ""


def correction(key: str, value: str, longest: int = LONGEST) -> str:
    """How to correct a value that has a problem: the line to write, where that can be told."""
    bare = re.split(r"\s+[#;]", value)[0].strip().strip("\"'").strip()
    guesses = [bare, *(word for word in re.split(r"[\s#;,]+", bare)[:1])]
    if key in ("sso_account_id", "role_arn"):
        guesses.append(re.sub(r"(?<=\d)[-\s.](?=\d)", "", bare))
        if key == "sso_account_id" and re.fullmatch(r"[0-9]{9,11}", guesses[-1]):
            guesses.append(guesses[-1].zfill(12))
    if key in ("region", "sso_region"):
        guesses.append(re.sub(r"[_\s]+", "-", bare).lower())
    if key == "sso_role_name":
        name = bare.rpartition("/")[2]
        found = _BEHIND.match(name)
        guesses = [bare, found[1] if found else name]
    if key == "sso_start_url" and "://" not in bare:
        guesses.append(f"https://{bare}")
    if key == "duration_seconds":
        guesses += _seconds(bare, longest)
    for guess in guesses:
        known = key not in ("region", "sso_region") or urls.is_region(guess)
        if guess and guess != value and known and not problem(key, guess, longest):
            return f"Write {key} = {guess}"
    return "Correct the value"


def _seconds(text: str, longest: int) -> list[str]:
    """A time such as 12h as seconds, no more than are allowed."""
    found = re.fullmatch(r"(\d{1,6})\s*([smh]?)[a-z]*", text.lower())
    if not found:
        return []
    seconds = int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]
    return [str(max(SHORTEST, min(seconds, longest)))]


def check(key: str, value: str, name: str, by_option: bool = False) -> None:
    """Raise ``UsageError`` or ``ConfigError`` for a value that an option or a variable called
    ``name`` gives, instead of a setting ``key``."""
    if why := problem(key, value):
        hint = correction(key, value).replace(f"{key} = ", f"{name} " if by_option else f"{name}=")
        raise (UsageError if by_option else ConfigError)(f"{name} {why}", hint)


def error(
    key: str,
    value: str,
    section: str,
    place: tuple[str, int],
    why: str,
    longest: int = LONGEST,
) -> ConfigError:
    """The error for a setting in ``[section]``, at a ``place`` (file, line), that has the problem
    ``why``."""
    path, line = place
    where = f"{paths.display(path)}, line {line}: " if line else ""
    return ConfigError(f"{where}{key} of [{section}] {why}", correction(key, value, longest))


def _quoted(value: str) -> str:
    return f'"{printable(value)[:80]}"'
