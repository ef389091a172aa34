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

from ssoenv.aws import all_profiles, cache_key, explain, profile, sign_in_settings
from ssoenv.aws.profile import Profile
from ssoenv.cache import entries, role_keys, tokens
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import options, request, signins
from ssoenv.config import selection
from ssoenv.credentials import fetch, providers
from ssoenv.errors import (
    ConfigError,
    NetworkError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
    UsageError,
)
from ssoenv.signin.refresh import sign_in_needed
from ssoenv.signin.stored import best, token_of
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
            raise UsageError("--verify is about a profile, and none is given", "Name one")
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
    loaded, _ = request.profile_asked_for(arguments)
    _check_complete(loaded)
    arn: str | None = None
    problem: SsoenvError | None = None
    if arguments.verify:
        try:
            arn = _identity(loaded)
        except SsoenvError as error:
            problem = error
    found = _found(loaded, arn)
    if problem is None and found["sign_in_needed"] and loaded.sign_in is not None:
        problem = _needed(loaded.sign_in)
    problems += [problem] if problem is not None else []
    return found


def _check_complete(loaded: Profile) -> None:
    """Raise the ``ConfigError`` that whoever asks for credentials of an incomplete profile gets."""
    config = loaded.session.full_config
    if loaded.in_config and not all_profiles.is_complete(loaded, config):
        with contextlib.suppress(NetworkError, ServiceError, SignInNeeded):
            fetch.credentials(loaded)  # botocore refuses it before anybody is asked


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


def _identity(loaded: Profile) -> str:
    """The ARN that STS knows the profile's credentials by. Raises one of ``errors``."""
    keys = fetch.credentials(loaded).credentials
    with explain.explained("GetCallerIdentity", loaded):
        sts = loaded.session.create_client(
            "sts",
            region_name=providers.region(loaded) or "us-east-1",
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
        )
        answer = Deadline().run(sts.get_caller_identity)
    arn = answer.get("Arn") if isinstance(answer, dict) else None
    if not isinstance(arn, str) or not arn:
        raise explain.bad_answer("GetCallerIdentity")
    return arn


def _found(loaded: Profile, arn: str | None) -> dict[str, Any]:
    """All there is to say, as ``--json`` prints it. Moments are ISO 8601, durations seconds."""
    sign_in = None
    if loaded.sign_in is not None:
        sign_in = _sign_in(loaded.sign_in, loaded.session.full_config)
    keys = _credentials(loaded)
    usable = keys is not None and keys["seconds_left"] > 0
    return {
        "profile": loaded.name,
        "kind": loaded.kind,
        "account_id": loaded.account_id,
        "role_name": loaded.role_name,
        "region": loaded.region,
        "arn": arn,
        "sign_in": sign_in,
        "credentials": keys,
        "this_shell": _this_shell(),
        "sign_in_needed": sign_in is not None and not sign_in["usable"] and not usable,
    }


def _sign_in(sign_in: SignIn, config: Mapping[str, Any]) -> dict[str, Any]:
    given = tokens.given()
    token = given or best(sign_in, config)
    lender = token.lender if token else None
    renews = token is not None and token.refreshable()
    left = None if token is None or given else round(token.seconds_left())
    return {
        "name": sign_in.label,
        "session": sign_in.session_name,
        "start_url": sign_in.start_url,
        "region": sign_in.region,
        "source": "SSOENV_ACCESS_TOKEN" if given else tokens.entry_of(lender or sign_in).where,
        "store": sign_in.store,
        "borrowed_from": lender.label if lender else None,
        "signed_in": token is not None,
        "expires_at": None if token is None or left is None else clock.zulu(token.expiration),
        "seconds_left": left,
        "renews_itself": renews,
        "usable": token is not None and (renews or token.seconds_left() > 0),
    }


def _credentials(loaded: Profile) -> dict[str, Any] | None:
    key = cache_key.key_of(loaded, loaded.session.full_config["profiles"][loaded.name])
    keys = None if key is None else role_keys.read(key, loaded.store)
    if key is None or keys is None or keys.expiration is None:
        return None
    return {
        "source": role_keys.entry_of(key, loaded.store).where,
        "store": loaded.store,
        "expires_at": clock.zulu(keys.expiration),
        "seconds_left": round(keys.seconds_left()),
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
    keys = found["credentials"]
    if keys is not None:
        where = _PLACES[keys["store"]] or ", in the AWS CLI's cache"
        return f"{_time(keys['seconds_left'])}{where}"
    return "" if found["sign_in"] is None else "none yet: they are fetched when asked for"


def _shell_words(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    left = found["seconds_left"]
    return f"uses {found['profile']}" + ("" if left is None else f", {_time(left)}")


def _time(seconds: int) -> str:
    if seconds > 0:
        return f"good for {clock.in_words(seconds)}"
    return f"expired {clock.in_words(-seconds)} ago"
