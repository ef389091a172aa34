"""Checks of what the profiles say, by botocore's rules."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ssoenv.aws import advice, chain, profile, setting_source
from ssoenv.config import values
from ssoenv.config.editor import profile_header, sso_session_header
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home, Settings, text
from ssoenv.hints import nearest
from ssoenv.system import clock, paths, urls

_REGIONS = ("region", "sso_region")
_SIGN_IN = ("sso_start_url", "sso_region")
_SERVICES = {"sso": "AWS_ENDPOINT_URL_SSO", "sso_oidc": "AWS_ENDPOINT_URL_SSO_OIDC"}


def partial_sso(home: Home) -> Iterator[Finding]:
    """Profiles and SSO sessions that say only a part of what a sign-in takes."""
    for name, section in home.profiles.items():
        wanted: list[str] = []
        if "sso_account_id" in section or "sso_role_name" in section:
            wanted = ["sso_account_id", "sso_role_name"]
            if not text(section, "sso_session"):
                wanted += _SIGN_IN
        elif "sso_start_url" in section and not text(section, "sso_session"):
            wanted = list(_SIGN_IN)
        missing = [key for key in wanted if not text(section, key)]
        if set(_SIGN_IN) <= set(missing):
            missing = [key for key in missing if key not in _SIGN_IN] + ["sso_session"]
        if missing:
            yield Finding(
                f'profile "{name}" is an SSO profile without {" and ".join(missing)}',
                f"Add {' and '.join(missing)} to [{profile_header(name)}]",
                *home.where(name),
            )
    for name, section in home.sso_sessions.items():
        missing = [key for key in _SIGN_IN if not text(section, key)]
        if missing:
            yield Finding(
                f"[{sso_session_header(name)}] has no {' and no '.join(missing)}",
                "Add what is missing",
                *home.where_session(name),
            )


def unknown_sessions(home: Home) -> Iterator[Finding]:
    """Profiles that name an SSO session that is not there."""
    for name, section in home.profiles.items():
        session = text(section, "sso_session")
        if session and session not in home.sso_sessions:
            near = nearest(session, home.sso_sessions)
            yield Finding(
                f'profile "{name}" names the sso_session "{session}", which does not exist',
                advice.missing_session(home.config, session)
                or f"Write sso_session = {near}, or add [{sso_session_header(session)}]"
                if near or advice.missing_session(home.config, session)
                else f"Add [{sso_session_header(session)}] with sso_start_url and sso_region",
                *home.where(name, "sso_session"),
            )


def mismatches(home: Home) -> Iterator[Finding]:
    """Profiles that contradict their SSO session: botocore compares letter by letter."""
    for name, section in home.profiles.items():
        session = text(section, "sso_session")
        header = sso_session_header(session)
        for key, value in home.sso_sessions.get(session, {}).items():
            if isinstance(value, str) and key in section and section[key] != value:
                yield Finding(
                    f'{key} is "{urls.shown(text(section, key))}" in profile "{name}" but '
                    f'"{urls.shown(value)}" in [{header}], so the profile is refused',
                    f"Remove {key} from [{profile_header(name)}]",
                    *home.where(name, key),
                )


def two_sign_ins(home: Home) -> Iterator[Finding]:
    """Profiles without SSO session whose start URLs are the same but for their spelling: each
    spelling is a sign-in of its own."""
    spellings: dict[str, dict[str, str]] = {}
    for name, section in home.profiles.items():
        url = text(section, "sso_start_url")
        if url and not text(section, "sso_session"):
            spellings.setdefault(urls.plain(url).lower(), {}).setdefault(url, name)
    for found in spellings.values():
        if len(found) > 1:
            (first, one), (other, another), *_ = found.items()
            yield Finding(
                f'profiles "{one}" and "{another}" write one start URL in two ways '
                f'("{urls.shown(first)}", "{urls.shown(other)}"), so each needs a sign-in of its '
                "own",
                "Write it in one way, or better: use one [sso-session]",
                *home.where(another, "sso_start_url"),
            )


def odd_values(home: Home) -> Iterator[Finding]:
    """Values that cannot be what they should be; quotes and comments behind a value are part of
    it. Regions of the right form that AWS does not have are told too: tools accept them."""
    for name, section in home.profiles.items():
        longest = profile.longest_duration(section, home.profiles)
        yield from _odd(home, "profiles", name, section, longest)
    for name, section in home.sso_sessions.items():
        yield from _odd(home, "sso_sessions", name, section, values.LONGEST)


def _odd(home: Home, kind: str, name: str, section: Settings, longest: int) -> Iterator[Finding]:
    header = profile_header(name) if kind == "profiles" else sso_session_header(name)
    for key in values.KEYS:
        value = text(section, key)
        why = values.problem(key, value, longest) if value else ""
        if not why and value and key in _REGIONS and not urls.is_region(value):
            why = f'is "{value[:80]}", which is not a region of AWS'
        if why:
            fix = values.correction(key, value, longest)
            yield Finding(f"{key} in [{header}] {why}", fix, *home.where(name, key, kind))


def broken_chains(home: Home) -> Iterator[Finding]:
    """Roles on top of profiles that are not there, that lead back to themselves, or that botocore
    cannot ask for."""
    for name, section in home.profiles.items():
        if chain.kind_of(section) != "chain":
            continue
        names, end = chain.follow(name, home.profiles)
        source, header = text(section, "source_profile"), profile_header(name)
        if end == chain.CIRCLE:
            yield Finding(
                f'the source_profile of profile "{name}" leads back to itself',
                "Let the last one name a profile with credentials of its own",
                *home.where(name, "source_profile"),
            )
        elif len(names) > 1:
            pass  # what is wrong further down is a finding of that profile
        elif end == chain.TWO_SOURCES:
            yield Finding(
                f'profile "{name}" has both source_profile and credential_source',
                "Remove one of the two",
                *home.where(name, "credential_source"),
            )
        elif end == chain.NO_SOURCE:
            yield Finding(
                f'profile "{name}" assumes a role but does not say with which credentials',
                f"Add source_profile to [{header}]",
                *home.where(name),
            )
        elif end == chain.MISSING:
            near = nearest(source, home.profiles)
            yield Finding(
                f'profile "{name}" names the source_profile "{source}", which does not exist',
                f"Write source_profile = {near}" if near else f"Add [{profile_header(source)}]",
                *home.where(name, "source_profile"),
            )
        regions = (
            text(section, "region"),
            *map(home.environ.get, ("AWS_REGION", "AWS_DEFAULT_REGION")),
        )
        if not any(regions):
            yield Finding(
                f'profile "{name}" assumes a role but names no region to ask STS in',
                f"Add region to [{header}]",
                *home.where(name),
            )


def static_keys(home: Home) -> Iterator[Finding]:
    """Keys next to SSO settings, and keys of which one half is missing."""
    pair = ("aws_access_key_id", "aws_secret_access_key")
    for name, section in home.profiles.items():
        there = [key for key in pair if key in section]
        if not there:
            continue
        place = _place_of_keys(home, name)
        if "sso_role_name" in section or "sso_account_id" in section:
            yield Finding(
                f'profile "{name}" has SSO settings and static keys: the AWS CLI and boto3 take '
                "SSO, other SDKs the keys",
                "Remove the keys, or give them a profile of their own",
                *place,
            )
        if len(there) == 1:
            missing = pair[1] if there[0] == pair[0] else pair[0]
            yield Finding(
                f'profile "{name}" has {there[0]} but no {missing}', f"Add {missing}", *place
            )
        elif text(section, pair[0]).startswith("ASIA") and "aws_session_token" not in section:
            yield Finding(
                f'profile "{name}" has temporary keys without aws_session_token',
                "Remove them, and get new ones",
                *place,
            )


def _place_of_keys(home: Home, name: str) -> tuple[str, int]:
    for section in home.credentials.sections:
        if section.header == name:
            for key, _, line in section.settings:
                if key.startswith("aws_"):
                    return home.credentials.path, line
    return home.where(name, "aws_access_key_id")


def expired_written_keys(home: Home) -> Iterator[Finding]:
    """Keys in the credentials file that say themselves that they have ended."""
    for section in home.credentials.sections:
        for key, value, line in section.settings:
            if key != "aws_credential_expiration":
                continue
            try:
                left = clock.epoch(value) - clock.now()
            except ValueError:
                continue
            if left <= 0:
                yield Finding(
                    f"the keys in [{section.header}] expired {clock.in_words(-left)} ago",
                    "Write new ones with ssoenv write, or remove them with: ssoenv write --clear",
                    home.credentials.path,
                    line,
                )


def plain_http(home: Home) -> Iterator[Finding]:
    """Addresses to which a token would travel for everybody on the way to read."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", *_SERVICES.values()):
        value = home.environ.get(name) or ""
        if _is_plain_http(value):
            yield Finding(
                f"{name} is {urls.shown(value)}: tokens and keys would travel unencrypted",
                "Use an https address, or unset it",
            )
    for name, section in home.profiles.items():
        for key in ("endpoint_url", "sso_start_url"):
            if _is_plain_http(text(section, key)):
                yield Finding(
                    f'{key} of profile "{name}" is not https: tokens would travel unencrypted',
                    "Use an https address",
                    *home.where(name, key),
                )
    for name, section in home.sso_sessions.items():
        if _is_plain_http(text(section, "sso_start_url")):
            yield Finding(
                f"sso_start_url of [{sso_session_header(name)}] is not https",
                "Use an https address",
                *home.where_session(name),
            )
    for name, section in _services(home).items():
        for service in (*_SERVICES, "sts"):
            settings = section.get(service)
            if isinstance(settings, Mapping) and _is_plain_http(text(settings, "endpoint_url")):
                yield Finding(
                    f"endpoint_url of {service} in [services {name}] is not https: tokens and keys "
                    "would travel unencrypted",
                    "Use an https address",
                    home.config.path,
                    home.config.line_of("services", name),
                )


def diverted_sso(home: Home) -> Iterator[Finding]:
    """Endpoints meant for other services (a LocalStack, say) that Identity Center's calls take
    too, access token included."""
    if (home.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or "").lower() == "true":
        return
    everywhere = home.environ.get("AWS_ENDPOINT_URL")
    if everywhere and not any(home.environ.get(name) for name in _SERVICES.values()):
        yield Finding(
            f"AWS_ENDPOINT_URL sends sign-ins, too, to {urls.shown(everywhere)}",
            "Unset it, or use AWS_ENDPOINT_URL_S3 and the like",
        )
    for name, section in home.profiles.items():
        if "sso_role_name" not in section or not text(section, "endpoint_url"):
            continue
        services = _services(home).get(text(section, "services"), {})
        if not any(service in services for service in _SERVICES):
            yield Finding(
                f'endpoint_url of profile "{name}" holds for its sign-in, too: the access token is '
                f"sent to {urls.shown(text(section, 'endpoint_url'))}",
                "Move it to a [services] section, for the services it is meant for",
                *home.where(name, "endpoint_url"),
            )


def missing_ca_files(home: Home) -> Iterator[Finding]:
    """Files of certificates to trust that are not there, or hold none."""
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        if name in home.environ and not home.environ[name].strip():
            yield Finding(f"{name} is set to nothing, which botocore refuses", f"Unset {name}")
    named = [
        (name, home.environ.get(name) or "", ("", 0))
        for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
    ]
    named += [
        (
            f'ca_bundle of profile "{name}"',
            text(section, "ca_bundle"),
            home.where(name, "ca_bundle"),
        )
        for name, section in home.profiles.items()
        if "ca_bundle" in section
    ]
    for what, value, place in named:
        problem = setting_source.certificates_problem(os.path.expanduser(value)) if value else ""
        if problem:
            yield Finding(
                f"{what} names {paths.display(value)}, which {problem}",
                "Correct the path, or remove the setting",
                *place,
            )


def _services(home: Home) -> Mapping[str, Any]:
    return home.understood.get("services", {}) if home.understood is not None else {}


def _is_plain_http(url: str) -> bool:
    return url.lower().startswith("http://") and not urls.is_private(url)
