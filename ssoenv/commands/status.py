"""``ssoenv status``: who a profile is, and how long its sign-in and credentials are good for.

Exit code 4 means that the profile cannot be used without a new sign-in.
"""

import argparse
import json
import os
from typing import Any

from ssoenv.aws import cache_key, explain
from ssoenv.aws.profile import Profile
from ssoenv.cache import role_keys, tokens
from ssoenv.commands import options, request
from ssoenv.credentials import fetch, providers
from ssoenv.errors import SsoenvError
from ssoenv.signin.held import best, token_of
from ssoenv.signin.refresh import sign_in_needed
from ssoenv.system import clock
from ssoenv.system.deadline import Deadline
from ssoenv.terminal import tables

_LABEL = 13

_EXAMPLES = """\
Exit code 4 if somebody has to sign in.

examples:
  ssoenv status dev
  ssoenv status dev --verify     ask AWS, too
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    options.add_profile(parser)
    parser.add_argument("--verify", action="store_true", help="ask AWS whose the keys are")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options.add_role(parser)


def run(arguments: argparse.Namespace) -> int:
    asked, _ = request.profile_asked_for(arguments)
    arn: str | None = None
    problem: SsoenvError | None = None
    if arguments.verify:
        try:
            arn = _identity(asked)
        except SsoenvError as error:
            problem = error
    found = _found(asked, arn)
    if arguments.json:
        tables.show(json.dumps(found, indent=2) + "\n")
    else:
        tables.show(_block(found))
    if problem is None and found["sign_in_needed"] and asked.sign_in is not None:
        problem = sign_in_needed(token_of(asked.sign_in), asked.sign_in)
    if problem is not None:
        raise problem
    return 0


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
    sign_in = _sign_in(asked)
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


def _sign_in(asked: Profile) -> dict[str, Any] | None:
    wanted = asked.sign_in
    if wanted is None:
        return None
    given = tokens.given()
    held = given or best(wanted, asked.session.full_config)
    lender = held.lender if held else None
    renews = held is not None and held.refreshable()
    left = None if held is None or given else round(held.seconds_left())
    return {
        "name": wanted.label,
        "session": wanted.session_name,
        "start_url": wanted.start_url,
        "region": wanted.region,
        "source": "SSOENV_ACCESS_TOKEN" if given else tokens.path_of(lender or wanted),
        "borrowed_from": lender.label if lender else None,
        "signed_in": held is not None,
        "expires_at": None if held is None or left is None else clock.zulu(held.expiration),
        "seconds_left": left,
        "renews_itself": renews,
        "usable": held is not None and (renews or held.seconds_left() > 0),
    }


def _credentials(asked: Profile) -> dict[str, Any] | None:
    key = cache_key.key_of(asked, asked.session.full_config["profiles"][asked.name])
    held = None if key is None else role_keys.read(key)
    if key is None or held is None or held.expiration is None:
        return None
    return {
        "source": role_keys.path_of(key),
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
    rows = [
        ("profile", found["profile"]),
        ("account", found["account_id"]),
        ("role", found["role_name"]),
        ("region", found["region"]),
        ("identity", found["arn"]),
        ("sign-in", _sign_in_words(found["sign_in"])),
        ("credentials", _credentials_words(found)),
        ("this shell", _shell_words(found["this_shell"])),
    ]
    return "".join(
        tables.paragraph(label.ljust(_LABEL), value, " " * _LABEL) for label, value in rows if value
    )


def _sign_in_words(found: dict[str, Any] | None) -> str:
    if found is None:
        return "none: this profile's credentials come from elsewhere"
    if not found["signed_in"]:
        return f"{found['name']}: not signed in"
    if found["seconds_left"] is None:
        return f"{found['name']}: by the access token in SSOENV_ACCESS_TOKEN"
    words = f"{found['name']}: {_time(found['seconds_left'])}"
    if found["borrowed_from"]:
        return f"{words}, by the sign-in of {found['borrowed_from']}. The AWS CLI needs its own"
    if not found["renews_itself"]:
        return words
    return words + (", renews itself" if found["seconds_left"] > 0 else ", renews itself when used")


def _credentials_words(found: dict[str, Any]) -> str:
    held = found["credentials"]
    if held is not None:
        return f"{_time(held['seconds_left'])}, in the AWS CLI's cache"
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
