"""Which profiles a person has to confirm before they are used: a guard for production."""

from _collections_abc import Mapping

SETTING = "ssoenv_confirm"
VARIABLE = "SSOENV_CONFIRM"

_OFF = ("", "false", "no", "off", "0")


def by_setting(value: object) -> bool:
    """Whether the setting's ``value`` asks for it: anything but a no does, a typing error too."""
    return value is not None and (not isinstance(value, str) or value.strip().lower() not in _OFF)


def by_variable(profile: str, environ: Mapping[str, str]) -> bool:
    """Whether one of the patterns in SSOENV_CONFIRM, with commas between them, fits ``profile``,
    in whatever case."""
    patterns = environ.get(VARIABLE, "")
    if not patterns:
        return False
    from fnmatch import fnmatchcase

    name = profile.casefold()
    return any(fnmatchcase(name, one.strip().casefold()) for one in patterns.split(","))
