"""``ssoenv write PROFILE… | --all``: temporary keys into ``~/.aws/credentials``, for tools that
read nothing else."""

import argparse
import os
import signal
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from ssoenv.aws import clients, other_tools, profile
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import choice, confirm, options, request
from ssoenv.config import editor, marks
from ssoenv.config.editor import Document
from ssoenv.credentials import batch
from ssoenv.credentials.batch import Outcome
from ssoenv.environment import variables
from ssoenv.errors import (
    OK,
    ConfigError,
    KeychainLocked,
    LocalFileError,
    NetworkError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
    UsageError,
)
from ssoenv.signin.stored import token_or_none
from ssoenv.system import clock, paths
from ssoenv.terminal import messages, progress

_RETRY_SECONDS = 60.0
_LONGEST_NAP = 20.0  # seconds; the clock on the wall goes on while a laptop sleeps

_EXAMPLES = """\
examples:
  ssoenv write dev prod
  ssoenv write dev --as default --watch
  ssoenv write 'dev-*'
  ssoenv write --all --account 'prod*' --role ReadOnly
  ssoenv write --clear
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    options.add_profiles(parser, "a profile whose keys to write")
    parser.add_argument(
        "--all", action="store_true", help="all profiles of the config that are roles"
    )
    parser.add_argument(
        "--as", dest="name", metavar="NAME", help="write under another name, e.g. default"
    )
    parser.add_argument(
        "--watch", action="store_true", help="keep the keys fresh until the sign-in ends"
    )
    parser.add_argument(
        "--clear", action="store_true", help="remove what ssoenv wrote (of PROFILE, if given)"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace even keys that ssoenv did not write"
    )
    options.add_narrowing(parser)
    parser.add_argument(
        "--session",
        metavar="PATTERN",
        help="of several profiles, those whose [sso-session NAME] fits",
    )
    options.add_yes(parser)
    options.add_freshness(parser)


def run(arguments: argparse.Namespace) -> int:
    by_hand = options.profiles(arguments)
    if "" in (*by_hand, arguments.name):
        raise UsageError("the profile's name is empty", "Is a variable not set?")
    if arguments.all and by_hand:
        raise UsageError("--all takes no profile", "Leave one of the two out")
    if arguments.clear:
        if arguments.watch:
            raise UsageError("--clear and --watch do not go together", "Leave one of the two out")
        named = [*by_hand, *([arguments.name] if arguments.name else [])]
        return _clear(named or None)
    if not by_hand and not arguments.all:
        raise UsageError("no profile given", "Name some, or: ssoenv write --all")
    config = profile.full_config(clients.open_session())
    names = choice.names(by_hand, arguments, config)
    if arguments.name and len(names) > 1:
        raise UsageError("--as takes one profile: two cannot have the same name", "Name one")
    if arguments.name:
        _check_name(names[0], arguments.name, config, arguments.force)
    _confirm(names, config, arguments)
    if arguments.watch:
        _warn_of_environment(arguments.name or names[0], names)
        return _watch(names, arguments)
    outcomes = _write(names, arguments, arguments.refresh)
    if any(outcome.problem is None for outcome in outcomes):
        _warn_of_environment(arguments.name or names[0], names)
    if not arguments.name:
        _warn_of_sources(outcomes)
    return _report(outcomes, arguments.name)


def _confirm(names: list[str], config: Mapping[str, Any], arguments: argparse.Namespace) -> None:
    """Ask the person about those profiles that ask first. Raises as ``confirm.ask`` does."""
    known = [profile.describe(name, config) for name in names if name in config["profiles"]]
    confirm.ask(known, arguments, by_hand=True)


def _write(names: list[str], arguments: argparse.Namespace, refresh: bool) -> list[Outcome]:
    """Get credentials for ``names`` and write those that came, with one edit of the file.

    Raises ``ConfigError`` or ``LocalFileError`` if the file as a whole cannot be edited.
    """
    outcomes = _credentials(names, arguments, refresh)
    refused: dict[str, SsoenvError] = {}
    replaced: set[str] = set()

    def change(document: Document) -> None:
        refused.clear()
        for outcome in outcomes:
            if outcome.fetched is None or outcome.profile is None:
                continue
            name = outcome.name
            region = arguments.region or outcome.profile.region
            credentials = outcome.fetched.credentials.named(name, region)
            try:
                section = arguments.name or name
                if marks.put(document, section, credentials, arguments.force):
                    replaced.add(section)
            except ConfigError as problem:
                refused[name] = problem

    editor.edit(paths.credentials(), change)
    for section in sorted(replaced):
        messages.say(f"replaced the temporary keys that another tool had written to [{section}]")
    for outcome in outcomes:
        outcome.problem = refused.get(outcome.name, outcome.problem)
    return outcomes


def _check_name(written: str, name: str, config: Mapping[str, Any], force: bool) -> None:
    """Make sure that keys of profile ``written`` are read where they are written as ``name``, or
    say who does not read them, or who reads them first.

    Raises ``ConfigError`` if the config gives that name other credentials, unless ``force``.
    """
    if written not in config["profiles"] or name == written:
        return
    problem = other_tools.in_the_way(name, profile.describe(written, config), config)
    if problem and not force:
        raise ConfigError(
            problem, "Choose another name with --as, or write them all the same with --force"
        )
    if problem:
        messages.warn(problem)
    elif name == other_tools.DEFAULT:
        messages.warn(
            "programs with the AWS SDK for .NET 3 take [default] before what ssoenv sets in an "
            f"environment. {other_tools.net_way_out('PROFILE')}"
        )


def _credentials(names: list[str], arguments: argparse.Namespace, refresh: bool) -> list[Outcome]:
    """Get credentials for ``names``; where a sign-in is needed and a person is there, sign in."""
    outcomes = _fetch(names, arguments, refresh)
    for outcome in outcomes:
        # One answer of the person's will do for all; where nobody is asked, the others go on.
        if isinstance(outcome.problem, KeychainLocked) and request.may_unlock(arguments):
            raise outcome.problem
    needed: dict[SignIn, list[Outcome]] = {}
    for outcome in outcomes:
        sign_in = outcome.profile.sign_in if outcome.profile else None
        if sign_in and isinstance(outcome.problem, SignInNeeded):
            needed.setdefault(sign_in, []).append(outcome)
    for sign_in, alike in needed.items():
        first = alike[0]
        assert first.problem and first.profile
        token = token_or_none(sign_in)
        try:
            request.sign_in_for(
                first.problem, sign_in, first.profile.session, arguments.no_login, token
            )
            news = _fetch([one.name for one in alike], arguments, refresh)
        except SsoenvError as problem:
            for outcome in alike:
                outcome.problem = problem
            continue
        for old, new in zip(alike, news, strict=True):
            old.fetched, old.problem = new.fetched, new.problem
    return outcomes


def _fetch(names: list[str], arguments: argparse.Namespace, refresh: bool) -> list[Outcome]:
    with progress.Count("getting credentials") as count:
        return batch.credentials(
            names,
            lambda done: count.show(done, len(names)),
            arguments.min_ttl,
            refresh,
            arguments.region,
        )


def _report(outcomes: list[Outcome], section: str | None) -> int:
    """Say what was written and what was not; the exit code is that of the first failure."""
    problems = [outcome for outcome in outcomes if outcome.problem]
    if len(outcomes) == 1 and problems and problems[0].problem:
        raise problems[0].problem
    for outcome in problems:
        _say_problem(outcome)
    _say_written(outcomes, section)
    return problems[0].problem.exit_code if problems and problems[0].problem else OK


def _say_written(outcomes: list[Outcome], section: str | None) -> None:
    good = [outcome for outcome in outcomes if not outcome.problem]
    if good:
        shown = ", ".join(o.name for o in good) if len(good) < 4 else f"{len(good)} profiles"
        if section and section != shown:
            shown += f" as {section}"
        left = clock.in_words(min(_seconds_left(outcome) for outcome in good))
        messages.say(f"wrote {shown} to {paths.display(paths.credentials())}, good for {left}")


def _say_problem(outcome: Outcome) -> None:
    messages.say(f"{outcome.name}: {outcome.problem}")


def _seconds_left(outcome: Outcome) -> float:
    return outcome.fetched.credentials.seconds_left() if outcome.fetched else 0.0


def _warn_of_environment(name: str, written: list[str]) -> None:
    """Say where this environment has an identity that SDKs take before profile ``name``; not if
    ssoenv has set it, and it is that of a profile in ``written``."""
    if os.environ.get("SSOENV_PROFILE") in written:
        return
    found = {
        variable: f"for {who} {variable} comes before AWS_PROFILE={name}"
        for variable, who in variables.BEFORE_PROFILES
        if os.environ.get(variable, "") not in ("", name)
    }
    if found:
        messages.warn(
            f"in this environment, {'; '.join(found.values())}. Unset {' and '.join(found)}"
        )


def _warn_of_sources(outcomes: list[Outcome]) -> None:
    """Tell of profiles that AWS's tools build on keys in the file, rather than on the role."""
    for outcome in outcomes:
        if outcome.problem or outcome.profile is None or outcome.profile.kind != "chain":
            continue
        profiles = outcome.profile.session.full_config["profiles"]
        above = [n for n, s in profiles.items() if s.get("source_profile") == outcome.name]
        if above:
            messages.warn(
                f"{', '.join(above)} in the config builds on {outcome.name}: there, AWS's own "
                "tools now use these keys even when they have expired; --as NAME avoids that"
            )


def _clear(names: list[str] | None) -> int:
    cleared: list[str] = []

    def change(document: Document) -> None:
        cleared[:] = marks.clear(document, names)

    editor.edit(paths.credentials(), change)
    file = paths.display(paths.credentials())
    if cleared:
        messages.say(f"removed {', '.join(cleared)} from {file}")
    else:
        what = f"nothing for {', '.join(names)}" if names else "nothing"
        messages.say(f"{what} in {file} was written by ssoenv")
    return OK


def _watch(names: list[str], arguments: argparse.Namespace) -> int:
    """Write, and write again before the keys end, until nothing can be renewed any more."""

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    try:
        return _keep_fresh(names, arguments)
    except KeyboardInterrupt:
        messages.say("stopped. The keys stay in the file; remove them with: ssoenv write --clear")
        return OK


def _keep_fresh(names: list[str], arguments: argparse.Namespace) -> int:
    status = OK
    due = dict.fromkeys(names, 0.0)  # when each is to be renewed, epoch seconds
    refresh = arguments.refresh
    first = True
    while due:
        now = clock.now()
        turn = [name for name, moment in due.items() if moment <= now]
        try:
            outcomes = _write(turn, arguments, refresh)
        except (ConfigError, LocalFileError) as problem:  # a file that is half written, say
            if first:
                raise
            messages.warn(str(problem))
            due.update(dict.fromkeys(turn, clock.now() + _RETRY_SECONDS))
            outcomes = []
        for outcome in outcomes:
            if outcome.problem is None:
                due[outcome.name] = clock.now() + _pause(_seconds_left(outcome), arguments.min_ttl)
            elif isinstance(outcome.problem, (NetworkError, ServiceError)) or (
                isinstance(outcome.problem, KeychainLocked) and not first  # as a desktop locks it
            ):
                _say_problem(outcome)
                due[outcome.name] = clock.now() + _RETRY_SECONDS
            else:
                _say_problem(outcome)
                status = status or outcome.problem.exit_code
                del due[outcome.name]
        _say_written(outcomes, arguments.name)
        if first and due:
            messages.say("watching: writes new keys before these end; Ctrl-C stops it")
        # From now on AWS is asked in any case: cached keys would hide that the sign-in is over.
        first, refresh, arguments.no_login = False, True, True
        while due and (left := min(due.values()) - clock.now()) > 0:
            time.sleep(min(left, _LONGEST_NAP))
    return status


def _pause(left: float, ahead: float) -> float:
    """Seconds until keys with ``left`` seconds are renewed, ``ahead`` seconds before their end;
    those that never have so long, in the middle."""
    return left - ahead if left > ahead else max(left / 2, 5.0)
