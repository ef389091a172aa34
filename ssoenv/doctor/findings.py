"""What a check has found."""

from collections.abc import Callable

from ssoenv.system import paths


class Finding:
    """Something wrong.

    ``message`` says what, ``fix`` what to do about it: sentences, no full stop. ``path`` and
    ``line`` say where, if it is in a file. ``repair``: does it, if ssoenv can without any risk;
    raises ``OSError``. Neither text ever holds a secret. ``check`` is the name of the check.
    """

    __slots__ = ("check", "fix", "line", "message", "path", "repair")

    def __init__(
        self,
        message: str,
        fix: str,
        path: str = "",
        line: int = 0,
        repair: Callable[[], None] | None = None,
        check: str = "",
    ) -> None:
        self.check = check
        self.message = message
        self.fix = fix
        self.path = path
        self.line = line
        self.repair = repair

    def place(self) -> str:
        """Where it is, as people write it."""
        line = f", line {self.line}" if self.line else ""
        return f"{paths.display(self.path)}{line}" if self.path else ""
