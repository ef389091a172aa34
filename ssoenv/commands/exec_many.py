"""``ssoenv exec`` with several profiles: the command is run as each of them."""

import argparse
import os

from botocore.session import Session

from ssoenv import hints
from ssoenv.aws import cache_key, clients, other_tools, profile
from ssoenv.cache import index, role_keys
from ssoenv.cache.role_keys import Credentials
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import choice, confirm, request
from ssoenv.credentials import batch
from ssoenv.credentials.fetch import Fetched
from ssoenv.environment import child
from ssoenv.errors import KeychainLocked, SsoenvError, UsageError
from ssoenv.terminal import messages, progress

_JOBS = 4
_FOR_SEVERAL = {
    "jobs": "--jobs",
    "output": "--output",
    "no_prefix": "--no-prefix",
    "fail_fast": "--fail-fast",
}


def is_meant(arguments: argparse.Namespace) -> bool:
    """Whether the words are for several profiles. Raises ``UsageError`` for options that one
    profile does not take."""
    if arguments.all or arguments.profiles:
        return True
    word = request.profile_argument(arguments)
    if word and choice.may_be_pattern(word) and choice.is_pattern(word, profile.names()):
        return True
    if arguments.account or arguments.role:
        raise UsageError(
            "--account and --role narrow down several profiles",
            "Add --all; to name one role: --account-id and --role-name",
        )
    for name, option in _FOR_SEVERAL.items():
        if getattr(arguments, name):
            raise UsageError(
                f"{option} is for several profiles",
                "Name several before --, or a pattern in quotes, or --all",
            )
    return False


def run(arguments: argparse.Namespace) -> int:
    """Run the command as each profile; the exit status. Raises one of ``errors``."""
    from ssoenv.many import children
    from ssoenv.many import run as many
    from ssoenv.many.summary import Result

    command = _command(arguments)
    path = child.find(command)
    children.check(path, command)
    seen = index.Snapshot()
    session = clients.open_session()
    names = choice.names(_words(arguments), arguments, profile.full_config(session))
    keys = _Keys(names, session, arguments)
    confirm.ask(keys.described.values(), arguments, by_hand=True)
    keys.settle_sign_ins()
    keys.give_notice(seen)
    jobs = arguments.jobs or _JOBS
    task = many.Task(
        path,
        command,
        jobs,
        json=arguments.output == "json",
        prefix=not arguments.no_prefix,
        fail_fast=arguments.fail_fast,
        foreground=jobs == 1 and arguments.output != "json" and os.isatty(0),
    )
    accounts = {name: one.account_id for name, one in keys.described.items()}
    results = [Result(name, accounts.get(name)) for name in names]
    return many.run(task, results, keys.of)


def _words(arguments: argparse.Namespace) -> list[str]:
    word = request.profile_argument(arguments)
    return list(arguments.profiles) or ([word] if word else [])


def _command(arguments: argparse.Namespace) -> list[str]:
    """The command. Raises ``UsageError`` for what does not go together with several profiles."""
    words = _words(arguments)
    if arguments.all and words and not arguments.apart:
        typed = hints.command([*words, *arguments.command])
        raise UsageError("--all takes no profile", f"A command comes after --: -- {typed}")
    if arguments.endpoint:
        raise UsageError(
            "--endpoint takes one profile",
            "Leave it out: each command gets keys when its turn comes, and --min-ttl 1h asks for "
            "keys that last",
        )
    one_role = request.options_of_role(arguments)
    if one_role:
        raise UsageError(
            "the options of a role name one role, and several profiles are meant",
            "To narrow them down: --account and --role",
        )
    command: list[str] = arguments.command
    if not command:
        raise UsageError("no command given for several profiles", "Name it after --")
    return command


class _Keys:
    """Credentials of the profiles ``names``, each when its turn comes. ``session``: one whose
    config has been read by ``profile.full_config``. ``described``: those that the config has."""

    def __init__(self, names: list[str], session: Session, arguments: argparse.Namespace) -> None:
        self._first = session
        config = session.full_config
        self._arguments = arguments
        self._early: dict[str, Fetched] = {}
        self.described = {
            name: profile.describe(name, config) for name in names if name in config["profiles"]
        }
        self._work = batch.Work(self._first, arguments.min_ttl, arguments.refresh, arguments.region)

    def settle_sign_ins(self) -> None:
        """Have the person unlock the keychain and sign in where that is needed: for each sign-in,
        get the keys of the first profile whose keys are not in the cache. What else goes wrong is
        said at its turn."""
        first_of: dict[SignIn, str] = {}
        for name, one in self.described.items():
            if one.sign_in and one.sign_in not in first_of and not self._is_cached(one):
                first_of[one.sign_in] = name
        with progress.Count("getting credentials") as count:
            for done, name in enumerate(first_of.values()):
                count.show(done, len(first_of))
                try:
                    loaded = profile.load(name, self._first)
                    self._early[name] = self._unlocked(loaded)
                except SsoenvError as problem:
                    messages.detail(f"{name}: {problem}")

    def _unlocked(self, loaded: profile.Profile) -> Fetched:
        """The credentials of a profile, after the person has unlocked the keychain if they may be
        asked for that. Raises one of ``errors``."""
        try:
            return request.credentials_of(loaded, self._arguments)
        except KeychainLocked as problem:
            request.unlock_keychain(problem, self._arguments)
            return request.credentials_of(loaded, self._arguments)

    def give_notice(self, seen: index.Snapshot) -> None:
        """Say it if a program among the children could act as somebody else."""
        config = self._first.full_config
        for one in self.described.values():
            notice = other_tools.net_acts_as_another(one, config)
            if notice:
                if index.is_first_notice(seen):
                    messages.warn(notice)
                return

    def of(self, name: str) -> Credentials:
        """The credentials of profile ``name``, good for ``--min-ttl`` from now. Raises one of
        ``errors``."""
        early = self._early.pop(name, None)
        if early is None or early.credentials.seconds_left() < self._arguments.min_ttl:
            outcome = self._work.do(name)
            if outcome.problem is not None:
                raise outcome.problem
            assert outcome.fetched
            early = outcome.fetched
        one = self.described.get(name)
        region = self._arguments.region or (one.region if one else None)
        found = early.credentials.named(name, region)
        found.guarded = one.confirm if one else False
        return found

    def _is_cached(self, one: profile.Profile) -> bool:
        if self._arguments.refresh:
            return False
        section = self._first.full_config["profiles"][one.name]
        key = cache_key.key_of(one, section)
        try:
            cached = role_keys.read(key, one.store) if key else None
        except SsoenvError:  # asking for the keys says why
            return False
        return cached is not None and cached.seconds_left() >= self._arguments.min_ttl
