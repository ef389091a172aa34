"""In what the variables are written: the language of the shell that asks, or a data format."""

import os
import sys

from ssoenv.cache.role_keys import Credentials
from ssoenv.environment import shells, variables
from ssoenv.environment.variables import Changes
from ssoenv.errors import UsageError
from ssoenv.system import stdout
from ssoenv.terminal import messages


class Dialect:
    """Where the variables are written, and how. Raises ``UsageError`` for an unknown name."""

    def __init__(self, shell: str | None, format: str | None) -> None:
        self.format = None
        if format is not None:
            from ssoenv.environment import formats

            self.format = formats.find(format)
            format = formats.canonical(format)
            if self.format is None and shells.find(format) is None:
                known = ", ".join([*formats.FORMATS, *shells.SHELLS])
                raise UsageError(f'there is no format "{format}"', f"Available: {known}")
            shell = None if self.format else format
        self.shell = None if self.format else shell_for(shell)

    def write_credentials(self, credentials: Credentials, force: bool = False) -> None:
        """Write what makes the reader act as their profile."""
        self.write(variables.to_use(credentials, os.environ), force)
        if self._is_seen():
            from ssoenv import hints

            self._say_what_to_type("set", hints.request(credentials.profile))

    def write_undoing(self, force: bool = False) -> None:
        """Write what takes everything of ssoenv out of the reader's environment again."""
        self.write(variables.to_undo(os.environ), force)
        if self._is_seen():
            self._say_what_to_type("removed", "--unset")

    def say_what_is_used(self, credentials: Credentials) -> None:
        """Tell the person at the terminal, if one sees it, whose keys their shell has now, and for
        how long."""
        try:
            if not sys.stderr.isatty():
                return
        except (ValueError, AttributeError):
            return
        from ssoenv.system import clock

        account = f", account {credentials.account_id}" if credentials.account_id else ""
        left = credentials.seconds_left()
        good = "" if credentials.expiration is None else f", keys good for {clock.in_words(left)}"
        messages.say(f"using {credentials.profile}{account}{good}")

    def _is_seen(self) -> bool:
        """Whether statements went to a person, and not to the shell that should read them."""
        return self.shell is not None and sys.stdout is not None and sys.stdout.isatty()

    def _say_what_to_type(self, done: str, request: str) -> None:
        assert self.shell is not None
        line = self.shell.line.replace("PROFILE", request)
        messages.say(f"nothing is {done} yet: these lines are for your shell to read. Type: {line}")

    def write(self, changes: Changes, force: bool = False) -> None:
        """Write ``changes``, all or nothing."""
        if self.shell:
            stdout.write(self.shell.render(changes))
        elif self.format:
            rendered = self.format.render(changes, os.environ, force)
            messages.raw(rendered.log)
            if rendered.path:
                if rendered.marks:
                    stdout.remove_block(rendered.path, *rendered.marks)
                stdout.append(rendered.path, rendered.text)
            stdout.write(rendered.stdout)
            if rendered.left:
                messages.warn(f"later steps still see {', '.join(rendered.left)}: unset them there")


def shell_for(name: str | None) -> shells.Shell:
    """The shell called ``name``, else the one that asks. Raises ``UsageError``."""
    from ssoenv.environment import detect

    if name is not None:
        return detect.named(name, "--shell")
    found, source = detect.detect(os.environ)
    if source != "SSOENV_SHELL":
        messages.detail(f"writing for {found}, found by: {source}")
    return shells.SHELLS[found]
