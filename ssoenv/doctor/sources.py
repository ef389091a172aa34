"""Checks of where the profiles' credentials come from, if they come from anywhere."""

import shutil
from collections.abc import Iterator

from botocore.compat import compat_shell_split

from ssoenv.aws import advice, chain, other_tools
from ssoenv.config.editor import profile_header
from ssoenv.doctor import files
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home, text
from ssoenv.system import paths

_OF_A_ROLE = (*advice.ON_TOP, *chain.KINDS["web-identity"])
_FROM_OUTSIDE = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def no_profiles(home: Home) -> Iterator[Finding]:
    """A config without any profile; sections that are meant as one have a check of their own."""
    if (
        home.understood is not None
        and not home.profiles
        and home.config.content is not None
        and not any(files.not_profiles(home))
    ):
        yield Finding("this file has no profiles", "Make some: ssoenv configure", home.config.path)


def no_credentials(home: Home) -> Iterator[Finding]:
    """Profiles that name no credentials, where that is surely not meant: many hold a region only,
    for keys that are in the environment or an instance's role."""
    named = {} if any(map(home.environ.get, _FROM_OUTSIDE)) else home.environ
    in_use = (named.get("AWS_PROFILE"), named.get("AWS_DEFAULT_PROFILE"))
    sources = {
        text(section, "source_profile")
        for section in home.profiles.values()
        if chain.kind_of(section) == "chain"
    }
    for name, section in home.profiles.items():
        kind = chain.kind_of(section)
        of_a_role = [key for key in _OF_A_ROLE if text(section, key)]
        if of_a_role and "role_arn" not in section and kind in ("none", "web-identity"):
            yield Finding(
                f'profile "{name}" has {of_a_role[0]} but no role_arn, so it names no credentials',
                f"Add role_arn to [{profile_header(name)}]",
                *home.where(name, of_a_role[0]),
            )
        elif kind == "none" and (
            name in in_use or name in sources or (not section and name != "default")
        ):
            yield Finding(
                f'profile "{name}" names no credentials',
                advice.add_credentials(name, home.profiles),
                *home.where(name),
            )


def processes(home: Home) -> Iterator[Finding]:
    """Credential processes that are not there, or that ask ssoenv for their own profile."""
    for name, section in home.profiles.items():
        place = home.where(name, "credential_process")
        try:
            words = compat_shell_split(text(section, "credential_process"))
        except ValueError:
            yield Finding(
                f'credential_process of profile "{name}" has a quote that is not closed',
                "Close it",
                *place,
            )
            continue
        if not words:
            continue
        if shutil.which(words[0], path=home.environ.get("PATH")) is None:
            yield Finding(
                f'credential_process of profile "{name}" names the program {words[0]}, which does '
                "not exist",
                "Correct it, or install the program",
                *place,
            )
        elif chain.kind_of(section) == "process" and other_tools.asks_ssoenv_for(
            text(section, "credential_process"), name
        ):
            yield Finding(
                f'credential_process of profile "{name}" asks ssoenv for the same profile',
                "Give the profile an SSO role, or let it name a profile that has one",
                *place,
            )


def default_first(home: Home) -> Iterator[Finding]:
    """A [default] that the AWS SDK for .NET 3 takes before what ssoenv sets in an environment."""
    taken = other_tools.net_takes_default(home.understood) if home.understood else ""
    if taken:
        yield Finding(
            "programs with the AWS SDK for .NET 3 act as [default] even where ssoenv has set the "
            f"variables of another profile: they take {taken} first",
            "Give [default] another name, or run them with: ssoenv exec --endpoint PROFILE",
            *home.where(other_tools.DEFAULT),
        )


def through_ssoenv(home: Home) -> list[str]:
    """The profiles whose ``credential_process`` runs ssoenv."""
    return [
        name
        for name, section in home.profiles.items()
        if chain.kind_of(section) == "process"
        and other_tools.asks_ssoenv(text(section, "credential_process"))
    ]


def config_not_read(home: Home) -> Iterator[Finding]:
    """Profiles that get credentials from ssoenv, but not for the AWS SDK for Java 1, which reads
    the config only if there is no credentials file (tests/children)."""
    if home.credentials.content is None:
        return
    names = [
        name
        for name in through_ssoenv(home)
        if name not in {one.header for one in home.credentials.sections}
    ]
    if names:
        yield Finding(
            f'programs with the AWS SDK for Java 1 do not find profile "{names[0]}": they do not '
            f"read {paths.display(home.config.path)} while "
            f"{paths.display(home.credentials.path)} exists",
            "Run them with: ssoenv exec --endpoint PROFILE",
            *home.where(names[0]),
        )
