"""ssoenv: AWS SSO credentials for every shell and every tool.

For Python programs: ``ssoenv.resolve("dev")`` gives credentials, ``ssoenv.session("dev")`` a boto3
session. They are loaded when they are used, since the command must start at once.
"""

__version__ = "0.2.0"

__all__ = [
    "Credentials",
    "Provider",
    "SignInNeeded",
    "SsoenvError",
    "__version__",
    "resolve",
    "session",
]

TYPE_CHECKING = False  # importing typing for it would cost half of a warm answer
if TYPE_CHECKING:
    from ssoenv.api import Credentials, resolve
    from ssoenv.errors import SignInNeeded, SsoenvError
    from ssoenv.provider import Provider, session

_HOMES = {
    "Credentials": "ssoenv.api",
    "resolve": "ssoenv.api",
    "Provider": "ssoenv.provider",
    "session": "ssoenv.provider",
    "SignInNeeded": "ssoenv.errors",
    "SsoenvError": "ssoenv.errors",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'ssoenv' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING"})
