"""The front door: answers a warm request at once, else hands over to the command line.

Python itself takes 8 ms to start; here every millisecond counts. So a warm request is understood
without argparse (6 ms), answered without botocore (120 ms), and the process ends without taking
the interpreter down object by object (1 ms).
"""

import os
import sys

from ssoenv.system import search_path

search_path.clean()  # before anything else is imported

from ssoenv.cache import index
from ssoenv.cache.role_keys import Credentials
from ssoenv.config import selection
from ssoenv.environment import variables
from ssoenv.hints import COMMANDS
from ssoenv.system import stdout


def main() -> int:
    """Run ``sys.argv``; the entry point of the ``ssoenv`` command."""
    stdout.keep_descriptors()
    variables.leave_endpoint(os.environ)
    argv = sys.argv[1:]
    try:
        status = answer_warm(argv)
        if status is None:
            from ssoenv import cli

            status = cli.run(argv)
    except SystemExit as error:  # argparse, after --help
        status = error.code if isinstance(error.code, int) else 1
    except BaseException as error:
        from ssoenv import failure

        status = failure.report(argv, error)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    os._exit(status)


def answer_warm(argv: list[str]) -> int | None:
    """The exit code, or None if this is not a warm request.

    Understood are PROFILE (or ``env PROFILE``) with ``--shell`` or ``--format``,
    ``exec PROFILE -- COMMAND …``, ``credential-process PROFILE``, and what the scripts of
    ``ssoenv init`` ask. Whatever else is there, the command line knows it.
    """
    command, rest = "env", argv
    if argv and argv[0] in ("--complete", "--off", "--renew"):
        from ssoenv.integration import hook

        return hook.run(argv)
    if argv and argv[0] == "--use":
        return _use(argv[1:])
    if argv and argv[0] == "help":  # also where a profile is called so
        return None
    if argv and argv[0] in COMMANDS:
        command, rest = argv[0], argv[1:]
    if command == "exec":
        if len(rest) < 3 or rest[0].startswith("-") or rest[1] != "--":
            return None
        return _exec(rest[0], rest[2:])
    if command == "credential-process":
        if len(rest) != 1 or rest[0].startswith("-"):
            return None
        return _write(_credentials(rest[0]), None, "process")
    if command == "env":
        return _env(rest)
    return None


def _env(rest: list[str]) -> int | None:
    named: str | None = None
    options: dict[str, str] = {}
    confirmed = False
    waiting = iter(rest)
    for argument in waiting:
        option, equals, value = argument.partition("=")
        option = {"-s": "--shell", "-f": "--format"}.get(option, option)
        if option in ("--shell", "--format") and option not in options:
            value = value if equals else next(waiting, "-")
            if value.startswith("-"):
                return None
            options[option] = value
        elif argument == "--no-login":
            pass  # nobody is asked here
        elif argument == "--yes":
            confirmed = True
        elif argument.startswith("-") or named is not None or not argument:
            return None
        else:
            named = argument
    if named is None and selection.names_a_role(os.environ):
        return None
    profile = selection.named(named, os.environ)
    if profile is None or len(options) > 1:
        return None
    confirmed = confirmed or (named is None and profile == os.environ.get("SSOENV_PROFILE"))
    credentials = _credentials(profile, with_notice=True, confirmed=confirmed)
    return _write(credentials, options.get("--shell"), options.get("--format"))


def _use(rest: list[str]) -> int | None:
    if len(rest) != 3 or rest[0] != "--shell" or rest[2][:1] in ("", "-"):
        return None
    credentials = _credentials(rest[2], with_notice=True, confirmed=False)
    if credentials is None:
        return None
    from ssoenv.environment import shell_state
    from ssoenv.environment.writer import Dialect

    dialect = Dialect(rest[1], None)
    state = shell_state.taken(os.environ)
    dialect.write(shell_state.to_use(state, credentials, None, os.environ))
    dialect.say_what_is_used(credentials)
    return 0


def _write(credentials: Credentials | None, shell: str | None, format: str | None) -> int | None:
    if credentials is None:
        return None
    from ssoenv.environment.writer import Dialect

    Dialect(shell, format).write_credentials(credentials)
    return 0


def _credentials(
    profile: str, with_notice: bool = False, confirmed: bool = True
) -> Credentials | None:
    """What needs no botocore: cached credentials, or those of a plain renewal. ``with_notice``:
    None where the full way has a notice to give. Unless ``confirmed``: None where it asks the
    person first."""
    if not confirmed and os.environ.get("SSOENV_CONFIRM"):
        from ssoenv.config import confirmation

        if confirmation.by_variable(profile, os.environ):
            return None
    found = index.credentials(profile, with_notice=with_notice, confirmed=confirmed)
    if found is None and os.path.exists(index.path_of_plain(profile)):
        from ssoenv.credentials import plain

        found = plain.credentials(profile, with_notice=with_notice, confirmed=confirmed)
    return found


def _exec(profile: str, command: list[str]) -> int | None:
    from ssoenv.environment import child

    path = child.find(command[0])
    credentials = _credentials(profile, with_notice=True, confirmed=False)
    return None if credentials is None else child.become_as(credentials, path, command)


if __name__ == "__main__":
    main()
