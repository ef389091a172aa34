"""Where AWS's files are, by botocore's rules, and how people write paths."""

import os


def config() -> str:
    """The config file (AWS_CONFIG_FILE, else ``~/.aws/config``)."""
    return _expanded(os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"))


def credentials() -> str:
    """The shared credentials file (AWS_SHARED_CREDENTIALS_FILE, else ``~/.aws/credentials``)."""
    return _expanded(os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))


def ours(*parts: str) -> str:
    """A path in ``~/.aws/ssoenv``, the folder of what ssoenv keeps for itself."""
    return os.path.join(os.path.expanduser("~"), ".aws", "ssoenv", *parts)


def display(path: str) -> str:
    """``path`` as people write it, with ``~``."""
    home = os.path.expanduser("~")
    return "~" + path[len(home) :] if home != "/" and path.startswith(home + os.sep) else path


def _expanded(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))
