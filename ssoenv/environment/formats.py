"""One table of what is not a shell: data for programs, env files, steps of CI systems.

``FORMATS`` is the table; ``find`` looks a name up. Unlike a shell, most of these can only set
variables. A variable that should go but cannot is left alone, never set to an empty text: an
empty ``AWS_PROFILE`` makes botocore fail ("The config profile () could not be found").
``Rendered.left`` names the ones that are there, so that the person can be told.
"""

import os
from _collections_abc import Mapping

from ssoenv.environment import shells
from ssoenv.environment.shells import Unrepresentable, refuse_raw_bytes
from ssoenv.environment.variables import Changes
from ssoenv.errors import UsageError
from ssoenv.system import kept, quick_json

SECRET = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""What CI systems are asked to mask in their logs."""


class Rendered:
    """What the caller writes, in this order.

    ``log``: lines for the CI system's log, to go to stderr: its runner obeys commands there as
    well, and stdout may be captured. ``path``, ``text``: a file and what to append to it with one
    write; None if no file is asked for. ``stdout``: the product. ``left``: variables that should
    be removed, are set now, and stay so in later steps. ``marks``: the first and the last line of
    ``text``, where it replaces the text that these lines enclose in the file.
    """

    __slots__ = ("left", "log", "marks", "path", "stdout", "text")

    def __init__(
        self, stdout: str = "", log: str = "", path: str | None = None, text: str = ""
    ) -> None:
        self.stdout = stdout
        self.log = log
        self.path = path
        self.text = text
        self.left: list[str] = []
        self.marks: tuple[str, str] | None = None


class Format:
    """A row: ``name`` is what ``--format`` calls it, ``summary`` says what for.

    Subclasses say how one variable is written (``line``), or replace ``document`` or ``write``.
    """

    can_unset = False
    danger = ""  # why only someone who insists should use it

    def __init__(self, name: str, summary: str) -> None:
        self.name = name
        self.summary = summary

    def render(
        self, changes: Changes, environ: Mapping[str, str], forced: bool = False
    ) -> Rendered:
        """What to write where, so that ``changes`` come about.

        Raises ``Unrepresentable`` if the format cannot hold a value, ``UsageError`` if it cannot
        be used here: nothing to set in a format that only sets, no file named in ``environ``, a
        format that gives secrets away (unless ``forced``).
        """
        if self.danger and not forced:
            raise UsageError(self.danger, "Run ssoenv in each job that needs keys, or add --force")
        shells.check(changes, f"the format {self.name}")
        values = {name: value for name, value in changes if value is not None}
        if not values and not self.can_unset:
            raise UsageError(
                f"the format {self.name} can set variables, not remove them",
                "Leave --format out to remove them from a shell",
            )
        for name, value in values.items():
            self.judge(name, value)
        return self.write(changes, values, environ)

    def judge(self, name: str, value: str) -> None:
        """Raise ``Unrepresentable`` if the format cannot hold ``value``."""
        refuse_raw_bytes(name, value, f"the format {self.name}")

    def write(
        self, changes: Changes, values: dict[str, str], environ: Mapping[str, str]
    ) -> Rendered:
        return Rendered(stdout=self.document(values))

    def document(self, values: dict[str, str]) -> str:
        return "".join(self.line(name, value) for name, value in values.items())

    def line(self, name: str, value: str) -> str:
        raise NotImplementedError

    def refuse(self, name: str, value: str, characters: str, what: str) -> None:
        if any(c in value for c in characters):
            raise Unrepresentable(name, what, f"the format {self.name}")


class Json(Format):
    """A plain object: variable name to value."""

    def document(self, values: dict[str, str]) -> str:
        return quick_json.dumps(values) + "\n"


class Process(Format):
    """What SDKs expect of a ``credential_process``.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html"""

    keys = (
        ("AccessKeyId", "AWS_ACCESS_KEY_ID"),
        ("SecretAccessKey", "AWS_SECRET_ACCESS_KEY"),
        ("SessionToken", "AWS_SESSION_TOKEN"),
        ("Expiration", "AWS_CREDENTIAL_EXPIRATION"),
        ("AccountId", "AWS_ACCOUNT_ID"),
    )

    def document(self, values: dict[str, str]) -> str:
        answer = {key: values[name] for key, name in self.keys if name in values}
        return quick_json.dumps({"Version": 1, **answer}) + "\n"


CONTROLS = "".join(map(chr, range(32))) + "\x7f"
LINE_BREAKS = "\r\n"


class Dotenv(Format):
    """The part of the dotenv language on which its many readers agree: plain words, and text in
    single quotes that holds nothing any of them would unescape or expand there."""

    plain = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=,@%+-")

    def judge(self, name: str, value: str) -> None:
        super().judge(name, value)
        self.refuse(name, value, CONTROLS, "a control character or line break")
        self.refuse(name, value, "'\\", "a single quote or a backslash")
        if "${" in value:
            raise Unrepresentable(name, "the characters ${", f"the format {self.name}")

    def line(self, name: str, value: str) -> str:
        return f"{name}={value}\n" if self.plain.issuperset(value) else f"{name}='{value}'\n"


class Docker(Format):
    """``docker run --env-file``: everything after ``=`` is the value, quotes included; a line may
    be 64 KiB long. (docker/cli, opts/file.go; Compose's ``env_file`` reads dotenv instead.)"""

    def judge(self, name: str, value: str) -> None:
        super().judge(name, value)
        self.refuse(name, value, LINE_BREAKS, "a line break")
        if len(value.encode()) > 60_000:
            raise Unrepresentable(name, "more than 60 kB", f"the format {self.name}")

    def line(self, name: str, value: str) -> str:
        return f"{name}={value}\n"


class Systemd(Format):
    """``EnvironmentFile=``: like a shell's double quotes, but nothing is ever expanded.
    (systemd, src/basic/env-file.c; it drops variables that hold other control characters.)"""

    def judge(self, name: str, value: str) -> None:
        super().judge(name, value)
        allowed = CONTROLS.replace("\t", "").replace("\n", "")
        self.refuse(name, value, allowed, "a control character")

    def line(self, name: str, value: str) -> str:
        for c in '\\"`$':
            value = value.replace(c, "\\" + c)
        return f'{name}="{value}"\n'


class GitLab(Docker):
    """``artifacts:reports:dotenv``. GitLab strips a line and expands ``$``; the file is kept as an
    artifact, where keys must not be."""

    danger = "GitLab keeps a dotenv report, keys included, as an artifact that others can download"

    def judge(self, name: str, value: str) -> None:
        super().judge(name, value)
        self.refuse(name, value, "$", "a dollar sign")
        if value != value.strip():
            raise Unrepresentable(name, "white space at its ends", f"the format {self.name}")


class Steps(Format):
    """A CI system's own way to hand variables to the steps that follow."""

    file_variable = ""
    system = ""

    def write(
        self, changes: Changes, values: dict[str, str], environ: Mapping[str, str]
    ) -> Rendered:
        rendered = self.hand_over(changes, values, environ)
        if self.file_variable:
            rendered.path = environ.get(self.file_variable)
            if not rendered.path:
                raise UsageError(
                    f"{self.file_variable} is not set, so there is no file to append to",
                    f"--format {self.name} is for a step of {self.system}",
                )
        if not self.can_unset:
            alone = not environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
            harmless = ("AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME") if alone else ()
            removed = [name for name, value in changes if value is None and environ.get(name)]
            rendered.left = [name for name in removed if name not in harmless]
        return rendered

    def hand_over(
        self, changes: Changes, values: dict[str, str], environ: Mapping[str, str]
    ) -> Rendered:
        raise NotImplementedError


class GitHub(Steps):
    """Lines appended to ``$GITHUB_ENV``, after masking the keys.
    (actions/runner, FileCommandManager.cs and ActionCommand.cs.)"""

    file_variable = "GITHUB_ENV"
    system = "GitHub Actions"

    def judge(self, name: str, value: str) -> None:
        super().judge(name, value)
        self.refuse(name, value, "\r", "a carriage return")

    def hand_over(
        self, changes: Changes, values: dict[str, str], environ: Mapping[str, str]
    ) -> Rendered:
        delimiter = f"ssoenv_{os.urandom(16).hex()}"
        while any(delimiter in value for value in values.values()):
            delimiter = f"ssoenv_{os.urandom(16).hex()}"
        masks = [values[name] for name in SECRET if values.get(name)]
        return Rendered(
            log="".join(f"::add-mask::{self.escape(secret)}\n" for secret in masks),
            text="".join(f"{n}<<{delimiter}\n{v}\n{delimiter}\n" for n, v in values.items()),
        )

    def escape(self, value: str) -> str:
        return value.replace("%", "%25").replace("\n", "%0A")


class Azure(Steps):
    """Commands on stdout. A secret is masked, and reaches a later step's environment only if the
    step maps it there: ``env: {AWS_SESSION_TOKEN: $(AWS_SESSION_TOKEN)}``.
    (azure-pipelines-agent, Command.cs.)"""

    system = "Azure Pipelines"

    def hand_over(
        self, changes: Changes, values: dict[str, str], environ: Mapping[str, str]
    ) -> Rendered:
        return Rendered(stdout=self.document(values))

    def line(self, name: str, value: str) -> str:
        secret = ";issecret=true" if name in SECRET else ""
        for c, escape in (
            ("%", "%AZP25"),
            (";", "%3B"),
            ("\r", "%0D"),
            ("\n", "%0A"),
            ("]", "%5D"),
        ):
            value = value.replace(c, escape)
        return f"##vso[task.setvariable variable={name}{secret}]{value}\n"


class CircleCI(Steps):
    """Shell lines appended to ``$BASH_ENV``, which every later step of the job reads."""

    can_unset = True
    file_variable = "BASH_ENV"
    system = "CircleCI"

    begin = "# ssoenv: begin\n"
    end = "# ssoenv: end\n"

    def hand_over(
        self, changes: Changes, values: dict[str, str], environ: Mapping[str, str]
    ) -> Rendered:
        rendered = Rendered()
        rendered.marks = (self.begin, self.end)
        if ("SSOENV_PROFILE", None) not in changes:  # else it is enough to take the text away
            theirs = [(keeper, kept.value(name, environ)) for name, keeper in kept.CHOICE]
            script = shells.SHELLS["bash"].render(
                [*changes, *((keeper, value) for keeper, value in theirs if value)]
            )
            rendered.text = f"{self.begin}{self.guard(environ)}{script}fi\n{self.end}"
        return rendered

    def guard(self, environ: Mapping[str, str]) -> str:
        """bash reads the file again in every script that a step starts. There a profile that was
        chosen nearer by (``ssoenv exec``, AWS_PROFILE) must stay; but not the one that is set for
        the whole job, as it is now."""
        tests = ['-z "${SSOENV_PROFILE-}"']
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            theirs = shells.posix_quote(kept.value(name, environ) or "")
            tests.append(f'( -z "${{{name}-}}" || "${{{name}-}}" == {theirs} )')
        return f"if [[ {' && '.join(tests)} ]]; then\n"


FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Json("json", "a JSON object of the variables"),
        Process("process", "the JSON that credential_process answers with"),
        Dotenv("dotenv", "a .env file"),
        Docker("docker", "a file for docker run --env-file"),
        Systemd("systemd", "a file for systemd's EnvironmentFile="),
        GitHub("github", "later steps of GitHub Actions, through $GITHUB_ENV"),
        Azure("azure", "later steps of Azure Pipelines"),
        CircleCI("circleci", "later steps of CircleCI, through $BASH_ENV"),
        GitLab("gitlab", "a GitLab dotenv report (an artifact: refused without --force)"),
    )
}
"""Name to row, in the order shown to people."""

ALIASES = {"env": "sh", "env-no-export": "dotenv", "windows-cmd": "cmd"}
"""Names of ``aws configure export-credentials --format``: the shell or format they mean here.
(``process``, ``powershell`` and ``fish`` mean the same in both.)"""


def find(name: str) -> Format | None:
    """The row for a name given to ``--format``, in any case. None if there is none."""
    return FORMATS.get(canonical(name))


def canonical(name: str) -> str:
    """``name`` in lower case, an alias replaced by what it means."""
    return ALIASES.get(name.lower(), name.lower())
