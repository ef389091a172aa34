"""Where AWS's files are, by botocore's rules, and how people write paths."""

import os


def config() -> str:
    """The config file (AWS_CONFIG_FILE, else ``~/.aws/config``)."""
    return _expanded("CONFIG_FILE", aws("config"))


def credentials() -> str:
    """The shared credentials file (AWS_SHARED_CREDENTIALS_FILE, else ``~/.aws/credentials``)."""
    return _expanded("SHARED_CREDENTIALS_FILE", aws("credentials"))


def aws(*parts: str) -> str:
    """A path in ``~/.aws``, the folder that the AWS tools share; no variable moves it."""
    return os.path.join(os.path.expanduser("~"), ".aws", *parts)


def ours(*parts: str) -> str:
    """A path in ``~/.aws/ssoenv``, the folder of what ssoenv keeps for itself."""
    return aws("ssoenv", *parts)


def display(path: str) -> str:
    """``path`` as people write it, with ``~``; on Windows, with backslashes."""
    home = os.path.expanduser("~")
    if os.name == "nt":
        path, home = path.replace("/", os.sep), home.replace("/", os.sep)
    home = home.rstrip(os.sep)
    start = path[: len(home) + 1]
    is_below = home and os.path.normcase(start) == os.path.normcase(home + os.sep)
    return "~" + path[len(home) :] if is_below else path


def led_away() -> bool:
    """Whether AWS's variables name the copies that go with an endpoint, not the person's files."""
    return "SSOENV_ENDPOINT" in os.environ


def _expanded(name: str, default: str) -> str:
    variable = f"SSOENV_USER_{name}" if led_away() else f"AWS_{name}"
    return os.path.expandvars(os.path.expanduser(os.environ.get(variable, default)))
