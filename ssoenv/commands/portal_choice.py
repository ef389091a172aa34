"""At which portal ``ssoenv configure`` signs in: by its options, the config, or the person."""

import argparse
import re
from collections.abc import Callable
from typing import Any

from ssoenv.aws import profile, store_setting
from ssoenv.cache.tokens import SignIn
from ssoenv.commands import signins
from ssoenv.config.editor import sso_session_header
from ssoenv.configure import naming
from ssoenv.errors import UsageError
from ssoenv.system import urls


def chosen(arguments: argparse.Namespace, config: dict[str, Any], person: bool) -> SignIn:
    """The sign-in that the options or the person mean, with the name its session has or will have.
    ``person``: whether somebody can be asked.

    Raises ``UsageError``, ``ConfigError``, and ``KeyboardInterrupt`` if the person leaves.
    """
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
        region = signins.ask("Region of Identity Center [us-east-1]: ", region_or("us-east-1"))
    signins.check_region("--sso-region", region)
    name = arguments.session
    if name is None:
        name = naming.of_session(url, sessions)
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
                    f"[{sso_session_header(name)}] signs in there, but in {found.region}",
                    "Leave out --sso-region, or correct the session",
                )
            return found
        if arguments.session == name:
            raise UsageError(
                f"[{sso_session_header(name)}] is there already, for {found.start_url}",
                "Give another --session",
            )
    return None


def region_or(default: str) -> Callable[[str], str]:
    """What reads a region that is typed, or ``default`` where nothing is."""

    def read(answer: str) -> str:
        signins.check_region("the region", answer or default)
        return answer or default

    return read
