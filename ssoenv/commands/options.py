"""Options that several commands share."""

import argparse
import re
from typing import Any

from ssoenv.cache import role_keys
from ssoenv.config import selection, values
from ssoenv.errors import UsageError

ROLE = {
    "--sso-start-url": ("URL", "address of the AWS access portal"),
    "--sso-region": ("REGION", "region of Identity Center"),
    "--account-id": ("ACCOUNT", "account of the role, 12 digits or its name"),
    "--role-name": ("NAME", "name of the role"),
}
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Once(argparse.Action):
    """An option that says who is meant. With two values it is an error: the last one is not always
    the one that a person looks at."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest, None)
        if before not in (None, values):
            raise UsageError(
                f'{option_string} is given twice: "{before}" and "{values}"',
                "Leave one of the two out",
            )
        setattr(namespace, self.dest, values)


def add_profile(
    parser: argparse.ArgumentParser, otherwise: str = "the one you pick, else default"
) -> None:
    """PROFILE, and ``--profile`` as the AWS tools write it. ``otherwise``: for the help, what is
    taken where no profile is given or in use."""
    parser.add_argument(
        "profile",
        nargs="?",
        metavar="PROFILE",
        help="a profile of the AWS config (default: AWS_PROFILE, else the one in use, else "
        f"{otherwise})",
    )
    parser.add_argument(
        "-p",
        "--profile",
        dest="profile_option",
        action=Once,
        metavar="NAME",
        help="the same as PROFILE",
    )


def add_profiles(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Any number of PROFILE, each also as an option: see ``profiles``."""
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=meaning)
    parser.add_argument(
        "-p",
        "--profile",
        dest="profiles_option",
        action="append",
        default=[],
        metavar="NAME",
        help="the same as PROFILE",
    )


def profiles(arguments: argparse.Namespace) -> list[str]:
    """The profiles that ``add_profiles`` has read, each once."""
    return list(dict.fromkeys([*arguments.profiles, *arguments.profiles_option]))


def add_session(parser: argparse._ActionsContainer) -> None:
    """The session, by its name."""
    parser.add_argument(
        "--session",
        action=Once,
        metavar="NAME",
        help="an [sso-session NAME] of the config, instead of PROFILE",
    )


def add_role(parser: argparse.ArgumentParser) -> None:
    """The options that name a role which no profile names; where neither a profile nor a session
    is given, AWS_SSO_… variables stand in for them."""
    role = parser.add_argument_group(
        "a role that no profile names; what is not given is PROFILE's, or the session's"
    )
    add_session(role)
    rows = zip(ROLE.items(), selection.ROLE_VARIABLES, strict=True)
    for (option, (metavar, meaning)), variable in rows:
        role.add_argument(
            option,
            dest=variable,
            action=Once,
            metavar=metavar,
            help=f"{meaning} (default: {variable})",
        )
    role.add_argument(
        "--role-arn",
        action=Once,
        metavar="ARN",
        help="another role, to be assumed with that of PROFILE",
    )


def add_freshness(parser: argparse.ArgumentParser) -> None:
    """The options that say which credentials will do."""
    parser.add_argument("--region", type=region, help="instead of the profile's own region")
    parser.add_argument(
        "--min-ttl",
        type=seconds,
        default=float(role_keys.REUSE_SECONDS),
        metavar="TIME",
        help="how long the keys must still be good, e.g. 90s or 1h (default: 15m)",
    )
    parser.add_argument("--refresh", action="store_true", help="get new keys, whatever is cached")
    parser.add_argument(
        "--no-login", action="store_true", help="never start a sign-in; fail instead"
    )


def add_narrowing(parser: argparse._ActionsContainer) -> None:
    """The options that leave some of many profiles out: see ``choice``."""
    parser.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="PATTERN",
        help="of several profiles, those whose account's id or name fits (several times)",
    )
    parser.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="PATTERN",
        help="of several profiles, those whose role fits (several times)",
    )


def add_yes(parser: argparse.ArgumentParser) -> None:
    """The option that answers the question of a guarded profile."""
    parser.add_argument(
        "--yes", action="store_true", help="use even a profile that asks first, without asking"
    )


def region(text: str) -> str:
    """A region, or nothing; for argparse."""
    if text and (why := values.problem("region", text)):
        raise argparse.ArgumentTypeError(f"the value {why}")
    return text


def seconds(text: str) -> float:
    """Seconds in ``90``, ``90s``, ``15m`` or ``1h``; for argparse."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)([smh]?)", text.strip())
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 90s, 15m or 1h")
    return float(found[1]) * _UNITS[found[2]]
