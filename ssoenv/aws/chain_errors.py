"""What is wrong with the credentials that a chain of roles rests on, said of the profile that has
them: the one that was asked for is often another."""

from collections.abc import Mapping
from typing import Any

from botocore import exceptions as aws
from botocore.exceptions import BotoCoreError

from ssoenv.aws import chain, from_variables, network_errors
from ssoenv.aws.profile import Profile
from ssoenv.config import selection
from ssoenv.errors import ConfigError, SsoenvError
from ssoenv.system import paths
from ssoenv.terminal import foreign


def source(profile: Profile) -> str:
    """The profile that the credentials of ``profile`` come from: it, or the end of its chain."""
    return _names(profile)[-1]


def place_of_role(profile: Profile, parameters: Mapping[str, Any]) -> str:
    """Where the role that a call with ``parameters`` asks for is set."""
    profiles = profile.session.full_config["profiles"]
    roles = {str(profiles[one].get("role_arn")): one for one in reversed(_names(profile))}
    name = roles.get(str(parameters.get("RoleArn")), profile.name)
    return from_variables.place(name, profile.in_config)


def expired(profile: Profile) -> ConfigError | None:
    """Of what botocore says has expired, those credentials that no call to AWS gave."""
    name = source(profile)
    section = profile.session.full_config["profiles"].get(name, {})
    kind = chain.kind_of(section)
    of_variables = section.get("credential_source") == "Environment" if kind == "chain" else False
    if of_variables or (not profile.in_config and kind == "keys"):
        return ConfigError(
            "the keys in the environment have expired",
            f"Set new ones, or remove them: unset {' '.join(selection.KEYS)}",
        )
    if kind == "process":
        return ConfigError(
            f'the credentials that profile "{name}" gives have already expired',
            "Run its credential_process by hand to see more",
        )
    return None


def _names(profile: Profile) -> list[str]:
    return chain.follow(profile.name, profile.session.full_config["profiles"])[0]


def _loop(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    visited = error.kwargs.get("visited_profiles") or []
    round_trip = " → ".join([*visited, str(error.kwargs.get("source_profile", ""))])
    return ConfigError(
        f"the source_profile settings go round in a circle: {round_trip}",
        f"Correct them in {paths.display(paths.config())}",
    )


def _partial(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    provider, missing = error.kwargs.get("provider"), error.kwargs.get("cred_var")
    name = source(profile) if profile else ""
    if provider == "env":
        return ConfigError(f"the environment is incomplete: {missing} is missing", "Set it")
    if provider == "shared-credentials-file":
        where = f"[{name}] in {paths.display(paths.credentials())}"
    else:
        where = from_variables.place(name, profile is None or profile.in_config)
    return ConfigError(f"{where} is incomplete: {missing} is missing", "Add it")


def _retrieval(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    text = foreign.clean(error.kwargs.get("error_msg", error))
    name = source(profile) if profile else ""
    if error.kwargs.get("provider") == "custom-process":
        if text.startswith("ssoenv: "):  # it is ssoenv itself, which has said it all
            return ConfigError(text.removeprefix("ssoenv: "))
        return ConfigError(
            f'the credential_process of profile "{name}" failed' + (f": {text}" if text else ""),
            "Run it by hand to see more",
        )
    where = from_variables.place(name, profile is None or profile.in_config)
    return ConfigError(f'profile "{name}" has no source: {text}', f"Correct {where}")


KINDS: tuple[tuple[network_errors.Kind, network_errors.Explanation], ...] = (
    (aws.InfiniteLoopConfigError, _loop),
    (aws.PartialCredentialsError, _partial),
    (aws.CredentialRetrievalError, _retrieval),
)
"""Rows as in ``explain``."""
