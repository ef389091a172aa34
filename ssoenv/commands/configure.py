"""``ssoenv configure``: from a start URL to profiles for the roles behind it.

Nothing that is in the config is changed: profiles are added; with ``--prune`` those that an
earlier run made, and whose role is gone, are removed, and with ``--rename`` those that the
template names otherwise get that name. What will change is shown first.
"""

import argparse
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ssoenv import hints
from ssoenv.aws import sign_in_settings
from ssoenv.commands import patch, portal_choice, signins
from ssoenv.commands.patch import Patch
from ssoenv.configure import importing, naming, template
from ssoenv.configure.plan import Narrowing, Options, Plan
from ssoenv.errors import SignInNeeded, UsageError
from ssoenv.system import paths, urls
from ssoenv.terminal import messages

_OUTPUTS = ("json", "yaml", "yaml-stream", "text", "table", "off")

_OTHER_FIELDS = ", ".join(f"{{{one}}}" for one in template.FIELDS if one not in naming.TEMPLATE)

_EXAMPLES = """\
examples:
  ssoenv configure                     asks where to sign in, and which roles
  ssoenv configure --all --dry-run     shows what would be added for every role
  ssoenv configure --account 'prod*' --role ReadOnly --all
  ssoenv configure --import            takes over profiles of Granted and others
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
        "--account",
        dest="accounts",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only of accounts whose id or name it fits, such as 'prod*' (several times)",
    )
    which.add_argument(
        "--role",
        dest="roles",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only for roles that it fits (several times)",
    )
    which.add_argument(
        "--exclude",
        dest="excluded",
        action="append",
        default=[],
        metavar="PATTERN",
        help="not of an account, for a role, or for ACCOUNT/ROLE, that it fits (several times)",
    )
    which.add_argument(
        "--name",
        default=naming.TEMPLATE,
        metavar="TEMPLATE",
        help=f"what they are called (default: {naming.TEMPLATE}; also {_OTHER_FIELDS}; filters: "
        f"{', '.join(template.FILTERS)})",
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
        help="only remove profiles that configure made and whose role is gone; add with --all",
    )
    which.add_argument(
        "--rename",
        action="store_true",
        help="give profiles that configure made the names of --name; add with --all",
    )
    which.add_argument(
        "--force",
        action="store_true",
        help="with --prune: even if these are all profiles that configure made",
    )
    parser.add_argument(
        "--import",
        dest="take_over",
        action="store_true",
        help="make SSO profiles of those of Granted, aws-sso-cli, aws-sso-util and aws-vault",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--dry-run", action="store_true", help="print the change as a patch, change nothing"
    )
    how.add_argument("--yes", action="store_true", help="write without asking")


def run(arguments: argparse.Namespace) -> int:
    template.parse(arguments.name)
    if arguments.new_region is not None:
        signins.check_region("--profile-region", arguments.new_region)
    _check_together(arguments)
    person = messages.person_present()
    if not person and _adds(arguments) and not arguments.all:
        raise UsageError("there is no terminal to choose on", "Say --all")
    if not person and not (arguments.yes or arguments.dry_run):
        raise UsageError("there is no terminal to ask on", "Say --yes, or --dry-run")
    session, config = signins.open_config()
    if arguments.take_over:
        return _take_over(arguments, config)
    sign_in = portal_choice.chosen(arguments, config, person)
    sign_in_settings.apply(session, sign_in, config)
    try:
        listed = signins.accounts_of(sign_in, session, arguments.no_login)
    except SignInNeeded as problem:
        if messages.in_ci() or sign_in.session_name in config.get("sso_sessions", {}):
            raise
        hint = "Run this on a terminal, where it can sign you in"  # the session is not there yet
        raise SignInNeeded(problem.message, hint) from problem
    wishes = _wishes(arguments)
    plan = Plan(sign_in, listed, config, wishes)
    _check_fit(plan, wishes.narrowing)
    for role in plan.unusable[:5]:
        messages.warn(f"a role is passed over for its name: {role}")
    common = _commonest_region(config["profiles"])
    chosen = []
    if _adds(arguments) and plan.new:
        if wishes.region is None and not arguments.all:
            wishes.region = _ask_region(common or sign_in.region)
        chosen = _choose(plan, arguments.all)
    return _carry_out(plan, chosen, arguments, wishes, common)


def _adds(arguments: argparse.Namespace) -> bool:
    """Whether profiles may be added: --prune and --rename alone do nothing else."""
    only_tidies = arguments.prune or arguments.rename or arguments.take_over
    return bool(arguments.all or not only_tidies)


def _wishes(arguments: argparse.Namespace) -> Options:
    return Options(
        template=arguments.name,
        narrowing=Narrowing(arguments.accounts, arguments.roles, arguments.excluded),
        region=arguments.new_region,
        output=arguments.output,
        credential_process=arguments.credential_process,
        rename=arguments.rename,
    )


def _check_together(arguments: argparse.Namespace) -> None:
    """Raise ``UsageError`` for options that mean nothing with --import."""
    others = {
        "--all": arguments.all,
        "--prune": arguments.prune,
        "--rename": arguments.rename,
        "--force": arguments.force,
        "--name": arguments.name != naming.TEMPLATE,
        "--output": arguments.output,
        "--profile-region": arguments.new_region,
        "--sso-start-url": arguments.start_url,
        "--sso-region": arguments.sso_region,
    }
    given = [name for name, value in others.items() if value]
    if arguments.take_over and given:
        raise UsageError(
            f"--import and {given[0]} do not go together",
            "Run ssoenv configure --import first, then without --import",
        )


def _check_fit(plan: Plan, narrowing: Narrowing) -> None:
    """Raise ``UsageError`` if the patterns leave nothing."""
    narrowed = narrowing != Narrowing([], [], [])
    if narrowed and not (plan.there or plan.new or plan.gone or plan.kept):
        raise UsageError(
            "no role of this sign-in fits --account, --role and --exclude",
            "To see all, run: ssoenv accounts",
        )


def _carry_out(
    plan: Plan, chosen: list[str], arguments: argparse.Namespace, wishes: Options, common: str
) -> int:
    """``common``: the region that a note may name."""
    file = paths.display(paths.config())
    prune = arguments.prune
    removes_all = prune and bool(plan.gone) and plan.none_left and not arguments.force
    if removes_all and not messages.person_present():
        prune = removes_all = False
        messages.warn(
            "no profile is removed: the portal lists no role that configure made a profile for, "
            "which may be its mistake. If it is right, add --force"
        )
    change = Patch(paths.config(), lambda document: plan.apply(document, chosen, prune))
    for name in plan.kept if prune else []:
        messages.warn(f'profile "{name}" is kept, though its role is gone: others build on it')
    for name in plan.fixed if wishes.rename else []:
        messages.warn(f'profile "{name}" keeps its name: the credentials file has it, too')
    if change.is_empty():
        messages.say(_nothing(plan, arguments))
        _say_named_otherwise(plan, wishes)
        return 0
    if arguments.dry_run:
        change.print()
    else:
        change.preview()
    if chosen and wishes.region is None and arguments.all:
        region = common or "REGION"
        messages.say(
            f"no region is in the new profiles: with --profile-region {region} they get one"
        )
    _say_named_otherwise(plan, wishes)
    if arguments.dry_run:
        return 0
    gone = plan.gone if prune else []
    renamed = plan.renamed if wishes.rename else {}
    what = f"{_summary(len(chosen), len(gone), len(renamed))} in {file}"
    must_ask = removes_all or not arguments.yes
    if must_ask and not patch.agreed(f"{what}?", by_default=not removes_all):
        messages.say("nothing has been changed")
        return 0
    change.write()
    messages.say(f"{what}: done")
    if chosen:
        messages.say(f'try one: eval "$(ssoenv {hints.request(chosen[0])})"')
    return 0


def _take_over(arguments: argparse.Namespace, config: dict[str, Any]) -> int:
    """Make SSO profiles of those of other tools."""
    file = paths.display(paths.config())
    wishes = _wishes(arguments)
    found = importing.find(
        config, wishes.narrowing.fits, arguments.session, wishes.credential_process
    )
    for name, why in found.left:
        messages.warn(f'profile "{name}" stays as it is: {why}')
    change = Patch(paths.config(), found.apply)
    if change.is_empty():
        messages.say("there is nothing to import: no profile here is one of another tool's")
        return 0
    if arguments.dry_run:
        change.print()
        return 0
    change.preview()
    what = f"turn {patch.counted(len(found.profiles), 'profile')} into SSO profiles in {file}"
    if not arguments.yes and not patch.agreed(f"{what}?", by_default=True):
        messages.say("nothing has been changed")
        return 0
    change.write()
    messages.say(f"{what}: done")
    messages.say(f"to sign in, run: ssoenv login {hints.argument(found.profiles[0])}")
    return 0


# What the profiles hold


def _commonest_region(profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """The region that most profiles have, or an empty text."""
    regions = [settings.get("region") for settings in profiles.values()]
    found = Counter(one for one in regions if isinstance(one, str) and urls.is_region(one))
    return found.most_common(1)[0][0] if found else ""


def _ask_region(proposed: str) -> str | None:
    """The region for new profiles, as the person says."""
    question = f"Region for the new profiles, or - for none [{proposed}]: "
    read = portal_choice.region_or(proposed)
    return signins.ask(question, lambda answer: None if answer == "-" else read(answer))


def _choose(plan: Plan, all_of_them: bool) -> list[str]:
    if all_of_them:
        return [listed.name for listed in plan.new]
    from ssoenv.picker.many import choose

    return choose(plan.new)


# What people see


def _summary(added: int, removed: int, renamed: int) -> str:
    parts = [
        f"{word} {patch.counted(number, 'profile')}"
        for word, number in (("add", added), ("remove", removed), ("rename", renamed))
        if number
    ]
    return " and ".join(parts)


def _say_named_otherwise(plan: Plan, wishes: Options) -> None:
    if wishes.rename or not plan.renamed:
        return
    old, new = next(iter(plan.renamed.items()))
    count = len(plan.renamed)
    what = f"{count:,} profiles have" if count > 1 else "1 profile has"
    messages.say(
        f'{what} another name than --name says, such as "{old}" for "{new}": '
        "--rename changes that, and the source_profile lines with it"
    )


def _nothing(plan: Plan, arguments: argparse.Namespace) -> str:
    if not _adds(arguments):
        which = [name for name in ("prune", "rename") if getattr(arguments, name)]
        return f"there is nothing to {' or '.join(which)}"
    if not plan.there and not plan.new:
        return "there is nothing to add: this sign-in may use no role yet. Ask for access"
    if plan.gone:
        return f"there is nothing to add. --prune would remove {len(plan.gone)} profiles"
    return f"there is nothing to add: all {plan.there} roles have a profile"
