"""``ssoenv status``: who a profile is, and how long its sign-in and credentials are good for; where
none is given, every sign-in and the profiles that rest on it.

Exit code 4 means that the profile cannot be used without a new sign-in.
"""

import argparse
import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any

from ssoenv.aws import cache_key, explain, profile, sign_in_settings
from ssoenv.aws.profile import Profile
from ssoenv.cache import entries, role_keys, tokens
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import options, request, signins
from ssoenv.config import selection
from ssoenv.credentials import fetch, providers
from ssoenv.errors import ConfigError, SignInNeeded, SsoenvError, UsageError
from ssoenv.signin.held import best, token_of
from ssoenv.signin.refresh import sign_in_needed
from ssoenv.system import clock
from ssoenv.system.deadline import Deadline
from ssoenv.terminal import tables

_LABEL = 13
_PLACES = {
    entries.FILES: "",
    entries.KEYRING: ", in the keychain",
    entries.NONE: ", kept for one run only",
}

_EXAMPLES = """\
Exit code 4 if somebody has to sign in.

examples:
  ssoenv status                  every sign-in, and its profiles
  ssoenv status dev prod
  ssoenv status dev --verify     ask AWS, too
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    options.add_profiles(
        parser,
        "profiles of the AWS config (default: AWS_PROFILE, else the one in use, else every "
        "sign-in)",
    )
    parser.add_argument("--verify", action="store_true", help="ask AWS whose the keys are")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options.add_role(parser)


def run(arguments: argparse.Namespace) -> int:
    names: list[str | None] = [*options.profiles(arguments)]
    problems: list[SsoenvError] = []
    found: list[dict[str, Any]]
    one_asks = [
        argparse.Namespace(**vars(arguments), profile=name, profile_option=None)
        for name in names or [None]
    ]
    if not names and _nobody_is_meant(one_asks[0]):
        if arguments.verify:
            raise UsageError("--verify is about a profile, and none is given")
        found = _sign_ins(arguments.session, problems)
        several = arguments.session is None
    else:
        found = [_of_one(one, problems) for one in one_asks]
        several = len(found) > 1
    if arguments.json:
        tables.show(json.dumps(found if several else found[0], indent=2) + "\n")
    else:
        tables.show("\n".join(map(_block, found)))
    for problem in problems[:1]:
        raise problem
    return 0


def _nobody_is_meant(arguments: argparse.Namespace) -> bool:
    """Whether neither a profile nor a role is given, by whatever means."""
    if arguments.session is not None:
        return not request.options_of_role(arguments)
    named = selection.named(request.profile_argument(arguments), os.environ)
    return named is None and request.role_named(arguments) is None


def _of_one(arguments: argparse.Namespace, problems: list[SsoenvError]) -> dict[str, Any]:
    """What there is to say of a profile or role. What a person has to do joins ``problems``.
    Raises ``UsageError``, ``ConfigError``."""
    asked, _ = request.profile_asked_for(arguments)
    arn: str | None = None
    problem: SsoenvError | None = None
    if arguments.verify:
        try:
            arn = _identity(asked)
        except SsoenvError as error:
            problem = error
    found = _found(asked, arn)
    if problem is None and found["sign_in_needed"] and asked.sign_in is not None:
        problem = _needed(asked.sign_in)
    problems += [problem] if problem is not None else []
    return found


def _needed(sign_in: SignIn) -> SsoenvError:
    try:
        return sign_in_needed(token_of(sign_in), sign_in)
    except SignInNeeded as problem:
        return problem


def _sign_ins(session: str | None, problems: list[SsoenvError]) -> list[dict[str, Any]]:
    """Every sign-in of the config (or that of ``session``) with the profiles that rest on it.
    Raises ``ConfigError``."""
    config = signins.open_config()[1]
    only = None if session is None else profile.session_sign_in(session, config)
    users: dict[SignIn, list[str]] = {one: [] for one in sign_in_settings.sign_ins(config)}
    for name in config["profiles"]:
        with contextlib.suppress(ConfigError):
            users[profile.login_of(name, config)].append(name)
    if not users:
        raise signins.none(config)
    found = []
    for one, names in users.items():
        if only is None or one == only:
            fields = _sign_in(one, config)
            found.append({**fields, "profiles": names})
            problems += [] if fields["usable"] else [_needed(one)]
    return found


def _identity(asked: Profile) -> str:
    """The ARN that STS knows the profile's credentials by. Raises one of ``errors``."""
    keys = fetch.credentials(asked).credentials
    with explain.explained("GetCallerIdentity", asked):
        sts = asked.session.create_client(
            "sts",
            region_name=providers.region(asked) or "us-east-1",
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
        )
        answer = Deadline().run(sts.get_caller_identity)
    arn = answer.get("Arn") if isinstance(answer, dict) else None
    if not isinstance(arn, str) or not arn:
        raise explain.bad_answer("GetCallerIdentity")
    return arn


def _found(asked: Profile, arn: str | None) -> dict[str, Any]:
    """All there is to say, as ``--json`` prints it. Moments are ISO 8601, durations seconds."""
    wanted = asked.sign_in
    sign_in = None if wanted is None else _sign_in(wanted, asked.session.full_config)
    held = _credentials(asked)
    usable = held is not None and held["seconds_left"] > 0
    return {
        "profile": asked.name,
        "kind": asked.kind,
        "account_id": asked.account_id,
        "role_name": asked.role_name,
        "region": asked.region,
        "arn": arn,
        "sign_in": sign_in,
        "credentials": held,
        "this_shell": _this_shell(),
        "sign_in_needed": sign_in is not None and not sign_in["usable"] and not usable,
    }


def _sign_in(wanted: SignIn, config: Mapping[str, Any]) -> dict[str, Any]:
    given = tokens.given()
    held = given or best(wanted, config)
    lender = held.lender if held else None
    renews = held is not None and held.refreshable()
    left = None if held is None or given else round(held.seconds_left())
    return {
        "name": wanted.label,
        "session": wanted.session_name,
        "start_url": wanted.start_url,
        "region": wanted.region,
        "source": "SSOENV_ACCESS_TOKEN" if given else tokens.entry_of(lender or wanted).where,
        "store": wanted.store,
        "borrowed_from": lender.label if lender else None,
        "signed_in": held is not None,
        "expires_at": None if held is None or left is None else clock.zulu(held.expiration),
        "seconds_left": left,
        "renews_itself": renews,
        "usable": held is not None and (renews or held.seconds_left() > 0),
    }


def _credentials(asked: Profile) -> dict[str, Any] | None:
    key = cache_key.key_of(asked, asked.session.full_config["profiles"][asked.name])
    held = None if key is None else role_keys.read(key, asked.store)
    if key is None or held is None or held.expiration is None:
        return None
    return {
        "source": role_keys.entry_of(key, asked.store).where,
        "store": asked.store,
        "expires_at": clock.zulu(held.expiration),
        "seconds_left": round(held.seconds_left()),
    }


def _this_shell() -> dict[str, Any] | None:
    """What the shell that asks has in use already."""
    name, moment = os.environ.get("SSOENV_PROFILE"), os.environ.get("SSOENV_EXPIRES_AT", "")
    if not name:
        return None
    left = int(moment) - round(clock.now()) if moment.isdecimal() and len(moment) < 12 else None
    return {"profile": name, "seconds_left": left}


# For people


def _block(found: dict[str, Any]) -> str:
    if "profiles" in found:
        rows = [
            ("sign-in", _sign_in_words(found)),
            ("start URL", found["start_url"] if found["session"] else None),
            ("profiles", ", ".join(found["profiles"]) or "none"),
        ]
    else:
        rows = _rows(found)
    return "".join(
        tables.paragraph(label.ljust(_LABEL), value, " " * _LABEL) for label, value in rows if value
    )


def _rows(found: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [
        ("profile", found["profile"]),
        ("account", found["account_id"]),
        ("role", found["role_name"]),
        ("region", found["region"]),
        ("identity", found["arn"]),
        ("sign-in", _sign_in_words(found["sign_in"])),
        ("credentials", _credentials_words(found)),
        ("this shell", _shell_words(found["this_shell"])),
    ]


def _sign_in_words(found: dict[str, Any] | None) -> str:
    if found is None:
        return "none: this profile's credentials come from elsewhere"
    where = _PLACES[found["store"]]
    if not found["signed_in"]:
        return f"{found['name']}: not signed in{where}"
    if found["seconds_left"] is None:
        return f"{found['name']}: by the access token in SSOENV_ACCESS_TOKEN"
    words = f"{found['name']}: {_time(found['seconds_left'])}{where}"
    if found["borrowed_from"]:
        words = f"{words}, by the sign-in of {found['borrowed_from']}"
        return words if where else f"{words}. The AWS CLI needs its own"
    if not found["renews_itself"]:
        return words
    return words + (", renews itself" if found["seconds_left"] > 0 else ", renews itself when used")


def _credentials_words(found: dict[str, Any]) -> str:
    held = found["credentials"]
    if held is not None:
        where = _PLACES[held["store"]] or ", in the AWS CLI's cache"
        return f"{_time(held['seconds_left'])}{where}"
    return "" if found["sign_in"] is None else "none yet: they are fetched when asked for"


def _shell_words(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    left = found["seconds_left"]
    return f"uses {found['profile']}" + ("" if left is None else f", {_time(left)}")


def _time(seconds: int) -> str:
    if seconds > 0:
        return f"good for {clock.spoken(seconds)}"
    return f"expired {clock.spoken(-seconds)} ago"
