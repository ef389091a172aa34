"""``ssoenv configure``: from a start URL to profiles for the roles behind it.

Nothing that is in the config is changed: profiles are added, and with ``--prune`` those that an
earlier run made, and whose role is gone, are removed. What will change is shown first.
"""

import argparse
import difflib
import re
import sys
from collections.abc import Callable
from typing import Any

from ssoenv import hints
from ssoenv.aws import profile, sign_in_settings, store_setting
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import signins
from ssoenv.config import editor
from ssoenv.config.editor import Document
from ssoenv.configure import naming
from ssoenv.configure.plan import Options, Plan
from ssoenv.errors import ConfigError, SignInNeeded, UsageError, printable
from ssoenv.system import paths, urls
from ssoenv.terminal import colour, messages, tables

_SHOWN = 60  # lines of the preview; --dry-run shows all
_SECRET = re.compile(r"([-+ ]\s*aws_(?:secret_access_key|session_token|access_key_id)\s*[=:]\s*).*")
_OUTPUTS = ("json", "yaml", "yaml-stream", "text", "table", "off")

_EXAMPLES = """\
examples:
  ssoenv configure                     asks where to sign in, and which roles
  ssoenv configure --all --dry-run     shows what would be added for every role
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    where = parser.add_argument_group("where to sign in (asked for, if not given)")
    url = where.add_argument(
        "--sso-start-url", dest="start_url", metavar="URL", help="address of the AWS access portal"
    )
    region = where.add_argument(
        "--sso-region", dest="sso_region", metavar="REGION", help="region of Identity Center"
    )
    signins.add_old_names(parser, url, region)
    where.add_argument(
        "--session", metavar="NAME", help="the [sso-session NAME] to use, or to make"
    )
    where.add_argument(
        "--no-login", action="store_true", help="never start a sign-in; fail instead"
    )
    which = parser.add_argument_group("which profiles, and what is in them")
    which.add_argument(
        "--all", action="store_true", help="a profile for every role, without asking which"
    )
    which.add_argument(
        "--name",
        default=naming.TEMPLATE,
        metavar="TEMPLATE",
        help=f"what they are called (default: {naming.TEMPLATE}; also "
        f"{', '.join('{' + field + '}' for field in naming.FIELDS[1:] if field != 'role_name')})",
    )
    which.add_argument(
        "--profile-region", dest="new_region", metavar="REGION", help="region in new profiles"
    )
    which.add_argument("--output", choices=_OUTPUTS, help="output format in new profiles")
    which.add_argument(
        "--credential-process",
        action="store_true",
        help="add a credential_process, for SDKs that know neither SSO nor sso-session",
    )
    which.add_argument(
        "--prune",
        action="store_true",
        help="remove profiles that configure made and whose role is gone",
    )
    which.add_argument(
        "--force",
        action="store_true",
        help="with --prune: even if these are all profiles that configure made",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--dry-run", action="store_true", help="print the change as a patch, change nothing"
    )
    how.add_argument("--yes", action="store_true", help="write without asking")


def run(arguments: argparse.Namespace) -> int:
    naming.check(arguments.name)
    if arguments.new_region is not None:
        signins.check_region("--profile-region", arguments.new_region)
    person = messages.person_present()
    if not person and not arguments.all:
        raise UsageError("there is no terminal to choose on", "Say --all")
    if not person and not (arguments.yes or arguments.dry_run):
        raise UsageError("there is no terminal to ask on", "Say --yes, or --dry-run")
    session, config = signins.open_config()
    sign_in = _sign_in(arguments, config, person)
    sign_in_settings.apply(session, sign_in, config)
    try:
        listed = signins.accounts_of(sign_in, session, arguments.no_login)
    except SignInNeeded as problem:
        if messages.in_ci() or sign_in.session_name in config.get("sso_sessions", {}):
            raise
        hint = "Run this on a terminal, where it can sign you in"  # the session is not there yet
        raise SignInNeeded(problem.message, hint) from problem
    region = arguments.new_region
    if region is None and not arguments.all:
        region = _ask_region(sign_in)
    wishes = Options(arguments.name, region, arguments.output, arguments.credential_process)
    plan = Plan(sign_in, listed, config, wishes)
    for role in plan.unusable[:5]:
        messages.warn(f"a role is passed over for its name: {role}")
    chosen = _choose(plan, arguments.all)
    return _carry_out(plan, chosen, arguments)


def _carry_out(plan: Plan, chosen: list[str], arguments: argparse.Namespace) -> int:
    path = paths.config()
    document = editor.read(path)
    before = document.content()
    prune = arguments.prune
    removes_all = prune and bool(plan.gone) and plan.none_left and not arguments.force
    if removes_all and not messages.person_present():
        prune = removes_all = False
        messages.warn(
            "no profile is removed: the portal lists no role that configure made a profile for, "
            "which may be its mistake. If it is right, add --force"
        )
    plan.apply(document, chosen, prune)
    after = document.content()
    gone = plan.gone if prune else []
    for name in plan.kept if prune else []:
        messages.warn(f'profile "{name}" is kept, though its role is gone: others build on it')
    if after == before:
        messages.say(_nothing(plan))
        return 0
    if chosen and arguments.all and arguments.new_region is None:
        messages.say("no region is in the new profiles: with --profile-region REGION they get one")
    changes = _diff(before, after, paths.display(path))
    if arguments.dry_run:
        tables.show("".join(changes))
        return 0
    _preview(changes)
    what = _summary(len(chosen), len(gone))
    must_ask = removes_all or not arguments.yes
    if must_ask and not _agreed(f"{what} in {paths.display(path)}?", by_default=not removes_all):
        messages.say("nothing has been changed")
        return 0

    def change(now: Document) -> None:
        if now.content() != before:
            raise ConfigError(
                f"{paths.display(path)} has been changed by another program meanwhile",
                "Look at it and try again",
            )
        plan.apply(now, chosen, prune)

    editor.edit(path, change)
    messages.say(f"{what} in {paths.display(path)}: done")
    if chosen:
        messages.say(f'try one: eval "$(ssoenv {hints.request(chosen[0])})"')
    return 0


# Where to sign in


def _sign_in(arguments: argparse.Namespace, config: dict[str, Any], person: bool) -> SignIn:
    """The sign-in that is meant, with the name its session has or will have."""
    sessions = list(config.get("sso_sessions", {}))
    if arguments.start_url is None and arguments.session is None:
        if len(sessions) == 1:
            return profile.session_sign_in(sessions[0], config)
        if sessions and not person:
            raise UsageError(
                "several sessions are in the config",
                f"Say --session, one of: {', '.join(sessions)}",
            )
        if sessions:
            known = config["sso_sessions"]
            rows = [(name, str(known[name].get("sso_start_url", ""))) for name in sessions]
            return signins.choose(
                rows, lambda index: profile.session_sign_in(sessions[index], config)
            )
    if arguments.session in sessions and arguments.start_url is None:
        return profile.session_sign_in(arguments.session, config)
    if not person and None in (arguments.start_url, arguments.sso_region):
        raise UsageError("where to sign in is not known", "Say --sso-start-url and --sso-region")
    if arguments.start_url is None:
        url = signins.ask("Start URL of your AWS access portal: ", signins.start_url)
    else:
        url = signins.start_url(arguments.start_url)
    url = urls.plain(url)
    existing = _session_of(url, arguments, config)
    if existing is not None:
        return existing
    region = arguments.sso_region
    if region is None:
        region = signins.ask("Region of Identity Center [us-east-1]: ", _region_or("us-east-1"))
    signins.check_region("--sso-region", region)
    name = arguments.session
    if name is None:
        first_label = urls.host_of(url).partition(".")[0]
        name = _free_name(naming.slug(first_label) or "sso", sessions)
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise UsageError(
            f'"{name}" cannot be the name of a session', "Use letters, digits and . _ -"
        )
    store = store_setting.of_section({}, config)
    return SignIn(name, url, region, profile.DEFAULT_SCOPES, store=store)


def _session_of(url: str, arguments: argparse.Namespace, config: dict[str, Any]) -> SignIn | None:
    """The session of the config that signs in at ``url``, if there is one."""
    for name in config.get("sso_sessions", {}):
        if arguments.session not in (None, name):
            continue
        found = profile.session_sign_in(name, config)
        if urls.same(found.start_url, url):
            if arguments.sso_region not in (None, found.region):
                raise UsageError(
                    f"[sso-session {name}] signs in there, but in {found.region}",
                    "Leave out --sso-region, or correct the session",
                )
            return found
        if arguments.session == name:
            raise UsageError(
                f"[sso-session {name}] is there already, for {found.start_url}",
                "Give another --session",
            )
    return None


def _free_name(name: str, taken: list[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


# What the profiles hold


def _ask_region(sign_in: SignIn) -> str | None:
    """The region for new profiles, as the person says."""
    question = f"Region for the new profiles, or - for none [{sign_in.region}]: "
    read = _region_or(sign_in.region)
    return signins.ask(question, lambda answer: None if answer == "-" else read(answer))


def _region_or(default: str) -> Callable[[str], str]:
    """What reads a region that is typed, or ``default`` where nothing is."""

    def read(answer: str) -> str:
        signins.check_region("the region", answer or default)
        return answer or default

    return read


def _choose(plan: Plan, all_of_them: bool) -> list[str]:
    if all_of_them or not plan.new:
        return [listed.name for listed in plan.new]
    from ssoenv.picker.many import choose

    return choose(plan.new)


# What people see


def _diff(before: bytes, after: bytes, name: str) -> list[str]:
    """The change as a unified diff, without any context, and without any key in it."""
    old, new = (content.decode().splitlines(keepends=True) for content in (before, after))
    lines = []
    for line in difflib.unified_diff(old, new, name, name, n=0):
        ended = line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
        lines.append(_SECRET.sub(r"\1…", ended))
    return lines


def _preview(changes: list[str]) -> None:
    coloured = colour.is_wanted(sys.stderr)
    colours = {"+": colour.GREEN, "-": colour.RED} if coloured else {}
    for line in changes[:_SHOWN]:
        text = printable(line)
        messages.raw(colour.painted(text, colours.get(line[0])) + "\n")
    if len(changes) > _SHOWN:
        messages.raw(f"… and {len(changes) - _SHOWN:,} lines more (--dry-run shows all)\n")


def _summary(added: int, removed: int) -> str:
    parts = [
        f"{word} {number} profile{'' if number == 1 else 's'}"
        for word, number in (("add", added), ("remove", removed))
        if number
    ]
    return " and ".join(parts)


def _nothing(plan: Plan) -> str:
    if not plan.there and not plan.new:
        return "there is nothing to add: this sign-in may use no role yet. Ask for access"
    if plan.gone:
        return f"there is nothing to add. --prune would remove {len(plan.gone)} profiles"
    return f"there is nothing to add: all {plan.there} roles have a profile"


def _agreed(question: str, by_default: bool) -> bool:
    """``by_default``: what an empty answer means."""
    choice = "[Y/n]" if by_default else "[y/N]"
    answer = messages.ask(f"{question[:1].upper()}{question[1:]} {choice} ").lower()
    return answer in ("y", "yes") or (by_default and not answer)
