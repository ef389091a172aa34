"""One table, a row a shell: how to set and unset variables there, and the line a person types.

``SHELLS`` is the table; ``find`` looks a name up. ``--shell``'s choices, the help, README's table
and the tests that run real shells all come from the rows, so the documented line is the tested
line. To add a shell: write a row, or a small class if its language is new.

Every rendering is one construct that the shell must read to its end before it acts: a text cut
short anywhere is a syntax error and changes nothing. cmd.exe is the exception (see ``Cmd``).
"""

from ssoenv.environment.variables import Changes
from ssoenv.errors import ServiceError
from ssoenv.system import quick_json


class Unrepresentable(ServiceError):
    """A shell or file format has no way to write a value. Says which variable, never its value."""

    def __init__(self, name: str, what: str, where: str) -> None:
        super().__init__(
            f"{name} holds {what}, which {where} cannot take",
            "'ssoenv exec PROFILE -- COMMAND' passes any value on",
        )


def check(changes: Changes, where: str) -> None:
    """Refuse what no shell and no format can hold.

    ``where``: the shell or format, for the message. Raises ValueError if a name is not an
    identifier (a bug of the caller), ``Unrepresentable`` if a value cannot be in an environment.
    """
    for name, value in changes:
        if not (name.isascii() and name.isidentifier()):
            raise ValueError(f"not the name of a variable: {name!r}")
        if value is None:
            continue
        if "\0" in value:
            raise Unrepresentable(name, "a NUL character", where)
        try:
            value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise Unrepresentable(name, "an unpaired surrogate", where) from None


def refuse_raw_bytes(name: str, value: str, where: str) -> None:
    """Raise ``Unrepresentable`` if ``value`` holds bytes that are not UTF-8."""
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise Unrepresentable(name, "bytes that are not UTF-8", where)


class Shell:
    """A row: a shell's names, the line people type, and how its language is written.

    ``name``, ``aliases``: what ``--shell`` and detection call it. ``line``: what a person types,
    with PROFILE as the placeholder. ``failure``: what is printed instead when there are no
    credentials: one statement that fails, for most shells lose the exit status of a command whose
    output they evaluate, and an empty text would leave stale keys in use.
    """

    line = 'eval "$(ssoenv PROFILE)"'
    failure = "false;\n"
    opening = ""
    closing = ""

    def __init__(self, name: str, *aliases: str) -> None:
        self.name = name
        self.aliases = aliases

    def render(self, changes: Changes) -> str:
        """The text that makes ``changes`` in this shell, each line ending in ``\\n``.

        Raises ``Unrepresentable`` if the shell cannot hold a value.
        """
        check(changes, self.name)
        lines = [
            self.unset(name) if value is None else self.set(name, value) for name, value in changes
        ]
        return self.opening + "".join(lines) + self.closing

    def set(self, name: str, value: str) -> str:
        """The statement that exports ``name`` with ``value``."""
        raise NotImplementedError

    def unset(self, name: str) -> str:
        """The statement that removes ``name``, without complaint if it is not there."""
        raise NotImplementedError


def posix_quote(value: str) -> str:
    """``value`` as one word of Bourne's descendants."""
    return "'" + value.replace("'", "'\\''") + "'"


class Posix(Shell):
    """Bourne's descendants. Each statement ends in ``;`` so that ``eval $(...)`` without its
    quotes, which turns line breaks into spaces, works for credentials too."""

    opening = "{\n"
    closing = "}\n"

    def render(self, changes: Changes) -> str:
        return super().render(changes) if changes else ""  # "{ }" is a syntax error

    def set(self, name: str, value: str) -> str:
        return f"export {name}={posix_quote(value)};\n"

    def unset(self, name: str) -> str:
        return f"unset {name};\n"


class Yash(Posix):
    """yash reads characters, not bytes: an ill-formed text ends where it stops being UTF-8."""

    def set(self, name: str, value: str) -> str:
        refuse_raw_bytes(name, value, self.name)
        return super().set(name, value)


class Fish(Shell):
    """A universal variable belongs to every fish of the user, so it is named, not erased. The
    loop also succeeds where erasing by itself fails, for want of the variable."""

    line = "ssoenv PROFILE | source"

    def render(self, changes: Changes) -> str:
        check(changes, self.name)
        lines = [self.set(name, value) for name, value in changes if value is not None]
        if removed := " ".join(name for name, value in changes if value is None):
            lines.append(
                f"for ssoenv in {removed};\nset -eg $ssoenv;\nif set -qUx $ssoenv;\n"
                'echo "ssoenv: $ssoenv is a universal variable and still set for programs.'
                ' To remove it: set -eU $ssoenv" >&2;\nend;\nend;\n'
            )
        return "begin;\n" + "".join(lines) + "end\n"

    def set(self, name: str, value: str) -> str:
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{quoted}';\n"


class Csh(Shell):
    """C shells have no group that runs in the shell itself, and act on each statement as they
    come to it. So the statements travel in a variable whose parentheses must close first, and a
    second, short statement runs them."""

    line = 'eval "`ssoenv PROFILE`"'
    opening = "set _ssoenv=("
    closing = '); eval "$_ssoenv:q"; unset _ssoenv;\n'

    def render(self, changes: Changes) -> str:
        check(changes, self.name)
        script = "".join(
            f"unsetenv {name};" if value is None else f"setenv {name} {self.quote(name, value)};"
            for name, value in changes
        )
        return self.opening + self.quote("", script) + self.closing

    def quote(self, name: str, value: str) -> str:
        if "\n" in value:
            raise Unrepresentable(name, "a line break", self.name)
        # "!" is history even inside quotes; "\" stays outside them for backslash_quote's sake.
        quoted = value.replace("\\", "\0").replace("'", "'\\''").replace("!", "'\\!'")
        return "'" + quoted.replace("\0", "'\\\\'") + "'"


def _utf16_units(c: str) -> list[str]:
    """The UTF-16 units of a character, four hexadecimal digits each: .NET's own characters."""
    utf16 = c.encode("utf-16-be").hex()
    return [utf16[i : i + 4] for i in range(0, len(utf16), 4)]


class PowerShell(Shell):
    """Written in ASCII, for PowerShell decodes a program's output by the console's code page.

    It also takes U+2018 to U+201B for single quotes, so a value with one of them between plain
    quotes could end the literal; as a number it cannot.
    """

    line = "ssoenv PROFILE | Out-String | Invoke-Expression"
    failure = "throw 'ssoenv: no credentials'\n"
    opening = "& {\n"
    closing = "}\n"

    def set(self, name: str, value: str) -> str:
        refuse_raw_bytes(name, value, self.name)
        return f"$Env:{name} = {self.quote(value)}\n"

    def unset(self, name: str) -> str:
        return f"Remove-Item -LiteralPath Env:{name} -ErrorAction Ignore\n"

    def quote(self, value: str) -> str:
        value = value.replace("'", "''")
        if value.isascii() and value.isprintable():
            return f"'{value}'"
        return "'" + "".join(map(self.character, value)) + "'"

    def character(self, c: str) -> str:
        if c.isascii() and c.isprintable():
            return c
        return "'" + "".join(f" + [char]0x{unit}" for unit in _utf16_units(c)) + " + '"


class PowerShellData(Shell):
    """What ``shell/ssoenv.ps1`` reads: data, which PowerShell neither traces nor logs as it does
    code. A line a variable, NAME=VALUE or, to remove it, NAME; then a dot, so that a text cut
    short is noticed. In values, what is not plain is written as UTF-16 units, ``\\uXXXX``."""

    failure = "\n"
    closing = ".\n"

    def set(self, name: str, value: str) -> str:
        refuse_raw_bytes(name, value, self.name)
        return f"{name}={''.join(map(self.character, value))}\n"

    def unset(self, name: str) -> str:
        return f"{name}\n"

    def character(self, c: str) -> str:
        if c.isascii() and (c.isalnum() or c in "+/=-_.:,@"):
            return c
        return "".join(f"\\u{unit}" for unit in _utf16_units(c))


class Cmd(Shell):
    """cmd.exe runs each line by itself: a text cut short leaves the lines before the cut in
    force, and nothing can be done about that. The program writes with one write, so that only a
    broken pipe can cut it."""

    line = "for /f \"delims=\" %i in ('ssoenv PROFILE --shell cmd') do @%i"
    failure = "cmd /c exit 1\n"  # "exit" alone would close the person's window

    def set(self, name: str, value: str) -> str:
        for c in value:
            if c in '"%!':
                raise Unrepresentable(name, f"the character {c}", self.name)
            if not (c.isascii() and c.isprintable()):
                raise Unrepresentable(name, "a character outside printable ASCII", self.name)
        return f'set "{name}={value}"\n'

    def unset(self, name: str) -> str:
        return f'set "{name}="\n'


class Nu(Shell):
    """Data, not code. A null hides the variable from children; ``hide-env`` would complain of one
    that is not there."""

    line = "ssoenv PROFILE | from json | load-env"
    failure = "{\n"  # not JSON; Nushell's reader takes nearly any other text for an object

    def render(self, changes: Changes) -> str:
        check(changes, self.name)
        for name, value in changes:
            refuse_raw_bytes(name, value or "", self.name)
        return quick_json.dumps(dict(changes)) + "\n"


class Elvish(Shell):
    line = "eval (ssoenv PROFILE | slurp)"
    failure = "fail 'ssoenv: no credentials'\n"
    opening = "{\n"
    closing = "}\n"

    def set(self, name: str, value: str) -> str:
        refuse_raw_bytes(name, value, self.name)
        quoted = value.replace("'", "''")
        return f"set-env {name} '{quoted}'\n"

    def unset(self, name: str) -> str:
        return f"unset-env {name}\n"


class Rc(Shell):
    """Plan 9's shell, as Debian has it. It keeps lists in the environment by means of ^A and ^B,
    and takes a byte 0xFF for the end of the text."""

    line = "eval ``(){ssoenv PROFILE}"
    failure = "false\n"
    opening = "{\n"
    closing = "}\n"

    def set(self, name: str, value: str) -> str:
        refuse_raw_bytes(name, value, self.name)
        if "\1" in value or "\2" in value:
            raise Unrepresentable(name, "a control character", self.name)
        quoted = value.replace("'", "''")
        return f"{name}='{quoted}'\n"

    def unset(self, name: str) -> str:
        return f"{name}=()\n"


class Xonsh(Shell):
    """One expression in parentheses: xonsh would run complete lines, and would try an incomplete
    one as a command."""

    line = "execx($(ssoenv PROFILE))"
    failure = "raise RuntimeError('ssoenv: no credentials')\n"
    opening = "(\n"
    closing = ")\n"

    def set(self, name: str, value: str) -> str:
        return f"${{...}}.__setitem__('{name}', {value!a}),\n"

    def unset(self, name: str) -> str:
        return f"${{...}}.pop('{name}', None),\n"


SHELLS: dict[str, Shell] = {
    shell.name: shell
    for shell in (
        Posix("bash", "rbash"),
        Posix("zsh", "rzsh"),
        Posix("sh", "dash", "ash", "busybox", "posix", "osh"),
        Posix("ksh", "ksh93", "rksh", "rksh93"),
        Posix("mksh", "lksh", "oksh", "pdksh"),
        Yash("yash"),
        Fish("fish"),
        Csh("tcsh", "csh", "bsd-csh"),
        PowerShell("powershell", "pwsh", "pwsh-preview"),
        Cmd("cmd"),
        Nu("nu", "nushell"),
        Elvish("elvish"),
        Rc("rc", "rc.byron"),
        Xonsh("xonsh"),
    )
}
"""Canonical name to row, in the order shown to people."""

_FOR_SCRIPTS = PowerShellData("powershell-data")


def find(name: str) -> Shell | None:
    """The row for a name as found in ``--shell``, ``$SHELL`` or a process list: any case, with or
    without its folder, ``.exe``, or the leading ``-`` of a login shell. None if there is none."""
    plain = name.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe").lstrip("-")
    for shell in (*SHELLS.values(), _FOR_SCRIPTS):
        if plain == shell.name or plain in shell.aliases:
            return shell
    return None
