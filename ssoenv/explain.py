"""botocore's exceptions in ssoenv's words: which exit code, what happened, what to do next."""

import difflib
import re
from collections.abc import Callable

from botocore import exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError

from ssoenv import paths
from ssoenv.errors import (
    AccessDenied,
    ConfigError,
    NetworkError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
)
from ssoenv.profile import Profile

_SERVICES = {
    "GetRoleCredentials": "Identity Center",
    "ListAccounts": "Identity Center",
    "ListAccountRoles": "Identity Center",
    "CreateToken": "Identity Center",
    "RegisterClient": "Identity Center",
    "StartDeviceAuthorization": "Identity Center",
    "Logout": "Identity Center",
}


def client_error(error: ClientError, profile: Profile | None = None) -> SsoenvError:
    """An answer of AWS that is an error, as one of ours."""
    answer = error.response if isinstance(error.response, dict) else {}
    details = answer.get("Error") or {}
    code, words = str(details.get("Code", "")), str(details.get("Message", "") or "")
    status = (answer.get("ResponseMetadata") or {}).get("HTTPStatusCode")
    operation = error.operation_name
    service = _SERVICES.get(operation, "AWS STS")
    said = f" ({code}: {words})" if words and words != "None" else f" ({code})"
    if code in ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"):
        return AccessDenied(
            f"{service} refused the credentials that {operation} was signed with{said}",
            "Get new ones with: --refresh",
        )
    if status == 401:
        return SignInNeeded(f"{service} refused the access token{said}", login_hint(profile))
    if status == 403 or code in ("AccessDenied", "ForbiddenException"):
        return AccessDenied(f"{_denied(operation, profile)}{said}", _denied_hint(operation))
    if status == 404:
        return AccessDenied(f"{_unknown(profile)}{said}", _denied_hint(operation))
    if status == 429 or "TooManyRequests" in code or "Throttl" in code:
        return ServiceError(f"{service} asks to slow down{said}", "Try again in a minute")
    if isinstance(status, int) and status >= 500:
        return ServiceError(
            f"{service} has a problem of its own: {operation} answered {status}{said}",
            "Try again in a minute",
        )
    return ServiceError(f"{service} refused {operation} with status {status}{said}")


def botocore_error(error: BotoCoreError, profile: Profile | None = None) -> SsoenvError:
    """Any other exception of botocore, as one of ours."""
    for kind, explanation in _KINDS:
        if isinstance(error, kind):
            return explanation(error, profile)
    return ServiceError(f"botocore failed: {error}")


def bad_answer(operation: str) -> ServiceError:
    """An answer with status 200 that does not hold what it should."""
    service = _SERVICES.get(operation, "AWS STS")
    return ServiceError(
        f"the answer to {operation} is not one that {service} gives",
        "A proxy or a network's log-in page may have answered in its place",
    )


def login_hint(profile: Profile | None) -> str:
    """The command that signs in for ``profile``."""
    import shlex

    return f"Run: ssoenv login {shlex.quote(profile.name)}" if profile else "Run: ssoenv login"


def _role(profile: Profile | None) -> str:
    if profile is None or not profile.role_name:
        return "the role"
    where = f" in account {profile.account_id}" if profile.account_id else ""
    return f'role "{profile.role_name}"{where}'


def _denied(operation: str, profile: Profile | None) -> str:
    if operation == "GetRoleCredentials":
        return f"you may not use {_role(profile)}"
    if operation.startswith("AssumeRole"):
        return f"you may not assume {_role(profile)}"
    return f"you may not call {operation}"


def _unknown(profile: Profile | None) -> str:
    return f"Identity Center knows no {_role(profile).removeprefix('the ')}"


def _denied_hint(operation: str) -> str:
    if operation.startswith("AssumeRole"):
        return "Check role_arn, external_id and source_profile, and the role's trust policy"
    return "Check sso_account_id and sso_role_name, or ask for access"


def _network(sentence: str, hint: str) -> Callable[[BotoCoreError, Profile | None], SsoenvError]:
    def explanation(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
        url = str(error.kwargs.get("endpoint_url") or error.kwargs.get("proxy_url") or "AWS")
        return NetworkError(sentence.format(host=_without_secrets(url), error=error), hint)

    return explanation


def _without_secrets(url: str) -> str:
    """The scheme and host of a URL: a query or the user part may hold what nobody should read."""
    found = re.match(r"(https?://)?(?:[^/@]*@)?([^/?#]*)", url)
    return f"{found[1] or ''}{found[2]}" if found else "AWS"


def _sign_in(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    label = f' to "{profile.sign_in.label}"' if profile and profile.sign_in else ""
    return SignInNeeded(f"the sign-in{label} is no longer accepted", login_hint(profile))


def _no_region(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    name = profile.name if profile else "NAME"
    return ConfigError(
        f'profile "{name}" assumes a role but names no region to ask STS in',
        f"Add region = … to {_section(name)} in {paths.display(paths.config())}, or give --region",
    )


def _config(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    """A config that botocore refuses: its sentence, with the way to correct it."""
    text = " ".join(str(error).split()).rstrip(". ")
    file = paths.display(paths.config())
    section = _section(profile.name) if profile else "the profile"
    hint = f"Correct {section} in {file}"
    missing = re.search(r"missing (?:required|the following) configuration: (.+)$", text)
    session = re.search(r'sso-session does not exist: "(.+)"', text)
    if missing:
        hint = f"Add {missing[1]} to {section} (or to its sso-session) in {file}"
    elif session:
        hint = f"Add [sso-session {session[1]}] to {file}, with sso_start_url and sso_region"
        known = profile.session.full_config.get("sso_sessions", {}) if profile else {}
        near = difflib.get_close_matches(session[1], known, n=1)
        if near:
            hint = f"Did you mean sso_session = {near[0]}?"
    elif "is inconsistent between profile" in text:
        hint = f"Remove it from {section} in {file}, or make the two the same"
    return ConfigError(text[:1].lower() + text[1:] if text.startswith("The ") else text, hint)


def _retrieval(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    text = " ".join(str(error).split()).rstrip(". ")
    return ConfigError(text, "Run the profile's credential source by hand to see more")


def _section(name: str) -> str:
    return "[default]" if name == "default" else f"[profile {name}]"


_ONLINE = "Check the network, then try again"

# From the special to the general: the first that fits explains.
_KINDS: tuple[
    tuple[type[BotoCoreError], Callable[[BotoCoreError, Profile | None], SsoenvError]], ...
] = (
    (aws.UnauthorizedSSOTokenError, _sign_in),
    (aws.SSOTokenLoadError, _sign_in),
    (aws.TokenRetrievalError, _sign_in),
    (aws.NoRegionError, _no_region),
    (aws.InfiniteLoopConfigError, _config),
    (aws.InvalidConfigError, _config),
    (aws.PartialCredentialsError, _config),
    (aws.UnknownCredentialError, _config),
    (aws.ProfileNotFound, _config),
    (aws.InvalidRegionError, _config),
    (aws.CredentialRetrievalError, _retrieval),
    (aws.ProxyConnectionError, _network("could not connect to the proxy {host}", _ONLINE)),
    (
        aws.SSLError,
        _network(
            "the connection to {host} is not trusted: {error}",
            "Check AWS_CA_BUNDLE and the network's certificates",
        ),
    ),
    (aws.ConnectTimeoutError, _network("{host} could not be reached in time", _ONLINE)),
    (aws.ReadTimeoutError, _network("{host} did not answer in time", _ONLINE)),
    (aws.EndpointConnectionError, _network("could not connect to {host}", _ONLINE)),
    (
        aws.ConnectionClosedError,
        _network("{host} closed the connection without an answer", _ONLINE),
    ),
    (aws.ConnectionError, _network("could not connect to {host}", _ONLINE)),
    (aws.HTTPClientError, _network("the connection failed: {error}", _ONLINE)),
    (aws.EndpointProviderError, _config),
)
