"""One exception a cause, each with its exit code and its next step.

Everything that can go wrong for a reason outside this program is a ``SsoenvError``. Whoever
raises one says what happened (``message``) and what the person should type or change
(``hint``); the front door prints both on one line and exits with ``exit_code``.
"""

OK = 0
BUG = 1
INTERRUPTED = 130


class SsoenvError(Exception):
    """A failure that has a known cause.

    ``message``: what happened, a sentence without its full stop.
    ``hint``: what to do next, as it is to be shown (a command to type has no full stop), or empty.
    ``str()`` gives both.
    """

    exit_code = BUG

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}. {hint}" if hint else message)
        self.message = message
        self.hint = hint

    def line(self) -> str:
        """The one line that a person sees, without control characters or line breaks."""
        return "ssoenv: " + printable(str(self))


class UsageError(SsoenvError):
    """The command line cannot be understood."""

    exit_code = 2


class ConfigError(SsoenvError):
    """The AWS config, or the profile in it, cannot be used as it is."""

    exit_code = 3


class SignInNeeded(SsoenvError):
    """There is no usable access token; a person has to sign in."""

    exit_code = 4


class AccessDenied(SsoenvError):
    """AWS knows who asks and says no."""

    exit_code = 5


class NetworkError(SsoenvError):
    """The service could not be reached, or not in time."""

    exit_code = 6


class ServiceError(SsoenvError):
    """The service answered, but not with something usable."""

    exit_code = 7


class Throttled(ServiceError):
    """The service asks to slow down."""


class LocalFileError(SsoenvError):
    """A file of ours could not be written."""

    exit_code = 8


class KeychainError(LocalFileError):
    """The system's keychain could not be used."""


class KeychainLocked(KeychainError):
    """The keychain is locked: a person has to unlock it."""


class ExecFailed(SsoenvError):
    """``exec`` itself failed, before the command could start."""

    exit_code = 125


class NotExecutable(SsoenvError):
    """The command was found but cannot be run."""

    exit_code = 126


class CommandNotFound(SsoenvError):
    """There is no such command."""

    exit_code = 127


def printable(text: str) -> str:
    """``text`` fit for one line of a terminal: control characters become ``?``, white space one
    space. Names from config files and words from servers pass through here."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
