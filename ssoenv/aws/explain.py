"""botocore's exceptions in ssoenv's words: which exit code, what happened, what to do next."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore import exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError

from ssoenv import hints
from ssoenv.aws import advice, chain_errors, from_variables, network_errors, setting_source
from ssoenv.aws.lines import File
from ssoenv.aws.profile import Profile
from ssoenv.cache.tokens import SignIn
from ssoenv.config.editor import profile_header, sso_session_header
from ssoenv.config.selection import arn_parts
from ssoenv.errors import (
    AccessDenied,
    ConfigError,
    ServiceError,
    SignInNeeded,
    SsoenvError,
    Throttled,
)
from ssoenv.hints import nearest
from ssoenv.system import paths, urls
from ssoenv.terminal import foreign, messages

_SERVICES = {
    "GetRoleCredentials": "Identity Center",
    "ListAccounts": "Identity Center",
    "ListAccountRoles": "Identity Center",
    "CreateToken": "Identity Center",
    "RegisterClient": "Identity Center",
    "StartDeviceAuthorization": "Identity Center",
    "Logout": "Identity Center",
}

_SERVICE_IDS = dict.fromkeys(
    ("GetRoleCredentials", "ListAccounts", "ListAccountRoles", "Logout"), "sso"
)

ANSWERED_BY_ANOTHER = "A proxy or a network's log-in page may have answered in its place"

_BAD_KEYS = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
)
_CONFIG_MISTAKES = (
    "ValidationError",
    "MalformedPolicyDocument",
    "PackedPolicyTooLarge",
)


@contextlib.contextmanager
def explained(operation: str, profile: Profile | None = None) -> Iterator[None]:
    """Whatever goes wrong within a call of ``operation``, as one of ours: botocore takes answers
    apart unchecked, and stumbles over a web page or a list in place of an object."""
    try:
        yield
    except SsoenvError:
        raise
    except ClientError as error:
        raise client_error(error, profile) from error
    except BotoCoreError as error:
        raise botocore_error(error, profile) from error
    except Exception as error:
        messages.detail(f"{operation}: {type(error).__name__}")
        raise bad_answer(operation) from error


def client_error(
    error: ClientError,
    profile: Profile | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> SsoenvError:
    """An answer of AWS that is an error, as one of ours.

    ``parameters``: those of the call, by their API names, to say which role was asked for.
    """
    answer = error.response if isinstance(error.response, dict) else {}
    details = answer.get("Error") or {}
    code = foreign.clean(details.get("Code", ""), 80)
    words = str(details.get("Message", "") or "")
    status = (answer.get("ResponseMetadata") or {}).get("HTTPStatusCode")
    operation = error.operation_name
    of_center = operation in _SERVICES
    service = _SERVICES.get(operation, "AWS STS")
    said = _said(code, words)
    role = _role(parameters or {}, profile)
    denied = _denied_hint(operation, profile)
    elsewhere = _endpoint(operation, profile)
    if elsewhere is not None:
        return _answer_from_elsewhere(elsewhere, operation, status, code, said)
    if "OpenIDConnect provider" in words or "OpenID Connect provider" in words:
        return AccessDenied(
            f"{service} does not trust the issuer of the web identity token{said}",
            f"Add the issuer to the identity providers (IAM) of the account of {role}, or correct "
            "role_arn (docs/ci.md)",
        )
    if code in _BAD_KEYS:
        what = "the web identity token" if "WebIdentity" in operation else "the keys it was given"
        return AccessDenied(f"{service} refused {what}{said}", _bad_keys_hint(code, operation))
    if code == "RegionDisabledException":
        region = _region_of(profile)
        return ConfigError(
            f"{service} is not activated in the region {region} for the account that asks{said}",
            "Name another region (region = … or --region), or activate it in the account settings "
            "of IAM",
        )
    if code in _CONFIG_MISTAKES:
        where = chain_errors.place_of_role(profile, parameters or {}) if profile else "the config"
        what = f"{service} cannot make sense of what {operation} asks for {role}{said}"
        return ConfigError(what, f"Correct the role in {where}")
    if status == 407:
        return network_errors.proxy_wants_a_password()
    if status == 401 and of_center:
        return SignInNeeded(f"{service} refused the access token{said}", login_hint(profile))
    if status in (401, 403) or code in ("AccessDenied", "ForbiddenException"):
        return AccessDenied(f"{_denied(operation, role)}{said}", denied)
    if status == 404 and of_center:
        return AccessDenied(f"{service} does not know {role}{said}", denied)
    if status == 429 or "TooManyRequests" in code or "Throttl" in code:
        return Throttled(f"{service} asks to slow down{said}", "Try again in a minute")
    if code == str(status):  # botocore's substitute for a code; the sentences below say the status
        said = _said("", words)
    if isinstance(status, int) and status >= 500:
        return ServiceError(
            f"{service} has a problem of its own: {operation} answered {status}{said}",
            "Try again in a minute",
        )
    if isinstance(status, int) and status < 400:
        return ServiceError(
            f"{operation} was answered with a redirection (status {status})",
            ANSWERED_BY_ANOTHER,
        )
    return ServiceError(f"{service} refused {operation} with status {status}{said}", denied)


def _said(code: str, words: str) -> str:
    """AWS's own words, unless they are a whole web page."""
    if not words or words == "None" or words.lstrip().startswith("<"):
        words = ""
    parts = ": ".join(part for part in (code, foreign.clean(words)) if part)
    return f" ({parts})" if parts else ""


def botocore_error(error: BotoCoreError, profile: Profile | None = None) -> SsoenvError:
    """Any other exception of botocore, as one of ours."""
    if "Missing Region" in str(error):  # of calls that are not signed, and go by botocore's rules
        return _no_region(error, profile)
    for kind, explanation in _KINDS:
        if isinstance(error, kind):
            return explanation(error, profile)
    return _unexplained(error, profile)


def bad_answer(operation: str) -> ServiceError:
    """An answer with status 200 that does not hold what it should."""
    service = _SERVICES.get(operation, "AWS STS")
    return ServiceError(
        f"the answer to {operation} is not one that {service} gives", answered_by(operation)
    )


def answered_by(operation: str, profile: Profile | None = None) -> str:
    """Who may have given an answer that AWS does not give, and what to do."""
    found = _endpoint(operation, profile)
    return setting_source.way_out(found) if found else ANSWERED_BY_ANOTHER


def _endpoint(operation: str, profile: Profile | None) -> setting_source.Found | None:
    """The setting for all services that sends ``operation`` to another address than AWS's."""
    session = profile.session if profile is not None else None
    service = "sts" if operation not in _SERVICES else _SERVICE_IDS.get(operation, "sso-oidc")
    return setting_source.general_endpoint(service, session)


def _answer_from_elsewhere(
    found: setting_source.Found, operation: str, status: object, code: str, said: str
) -> SsoenvError:
    """A refusal by whoever answers at an address that a setting names: AWS has not been asked."""
    kind = AccessDenied if status in (403, 404) or code == "AccessDenied" else ServiceError
    if status == 429 or "TooManyRequests" in code or "Throttl" in code:
        kind = Throttled
    return kind(
        f"{urls.origin(found[1])} refused {operation} with status {status}{said}",
        setting_source.way_out(found),
    )


def _region_of(profile: Profile | None) -> str:
    named = (profile and profile.region, os.environ.get("AWS_REGION"))
    return next((name for name in named if name), os.environ.get("AWS_DEFAULT_REGION") or "asked")


def login_hint(profile: Profile | None) -> str:
    """How to sign in for ``profile``."""
    if profile is not None and profile.sign_in is not None:
        return sign_in_hint(profile.sign_in)
    command = f"ssoenv login {hints.argument(profile.name)}" if profile else "ssoenv login"
    return f"Run: {command}"


def sign_in_hint(sign_in: SignIn) -> str:
    """What a person types to sign in; in a CI system, what takes the place of a person."""
    if messages.in_ci():
        instead = "use a profile with ssoenv_oidc, or set SSOENV_ACCESS_TOKEN"
        return f"In CI, {instead} (docs/ci.md)"
    return f"Run: {login_command(sign_in)}"


def login_command(sign_in: SignIn) -> str:
    """The command that signs in."""
    if sign_in.profile:
        return f"ssoenv login {hints.argument(sign_in.profile)}"
    name = hints.quote(sign_in.label)
    if sign_in.session_name:
        return f"ssoenv login --session {name}"
    return f"ssoenv login --sso-start-url {name} --sso-region {sign_in.region}"


def _role(parameters: Mapping[str, Any], profile: Profile | None) -> str:
    """The role that a call asked for, which in a chain is not always the profile's own."""
    name, account_id = parameters.get("roleName"), parameters.get("accountId")
    if "RoleArn" in parameters:
        account_id, name = arn_parts(str(parameters["RoleArn"]))
    elif profile and not name:
        name, account_id = profile.role_name, profile.account_id
    if not name:
        return "the role"
    return f'role "{name}"' + (f" in account {account_id}" if account_id else "")


def _denied(operation: str, role: str) -> str:
    if operation == "GetRoleCredentials":
        return f"you may not use {role}"
    if operation.startswith("AssumeRole"):
        return f"you may not assume {role}"
    return f"you may not call {operation}"


def refuses_keys(error: ClientError) -> bool:
    """Whether STS refused the keys that a call was signed with, not what it asked for."""
    code = error.response.get("Error", {}).get("Code")
    return code in _BAD_KEYS and "WebIdentity" not in error.operation_name


def _bad_keys_hint(code: str, operation: str) -> str:
    if code in ("SignatureDoesNotMatch", "RequestExpired"):
        return "Check this machine's clock, then the secret access key"
    if "WebIdentity" in operation:
        return "Get a new web identity token"
    return "Check the keys of its source profile, and that its account has enabled the region"


def _denied_hint(operation: str, profile: Profile | None) -> str:
    if operation.startswith("AssumeRole"):
        return "Check role_arn, external_id and source_profile, and the role's trust policy"
    if operation != "GetRoleCredentials":
        return "Try again, with -v to see more"
    named = profile.sign_in.profile if profile and profile.sign_in else ""
    command = f"ssoenv accounts {hints.argument(named)}" if named else "ssoenv accounts"
    return f"Check sso_account_id and sso_role_name, or ask for access. What you may use: {command}"


def _sign_in(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    label = f' to "{profile.sign_in.label}"' if profile and profile.sign_in else ""
    return SignInNeeded(f"the sign-in{label} is no longer accepted", login_hint(profile))


def _aws_login(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    """A profile with a ``login_session``, or a role on top of one."""
    hint = "Run aws login for its source profile"
    if profile is not None and profile.kind != "chain":
        hint = f"Run: aws login {hints.aws_profile(profile.name)}"
    return SignInNeeded("there is no sign-in by aws login that is still good", hint)


def _dependency(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    name = profile.name if profile else ""
    return ConfigError(
        f'profile "{name}" needs a part of botocore that is not installed',
        "Install it beside ssoenv: pip install 'botocore[crt]'",
    )


def _no_region(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    name = profile.name if profile else "NAME"
    what = f'profile "{name}" assumes a role but names no region to ask STS in'
    return ConfigError(what, from_variables.add_region(name, profile is None or profile.in_config))


def _config(error: BotoCoreError, profile: Profile | None) -> SsoenvError:
    """A config that botocore refuses: its sentence, with the way to correct it."""
    text = _sentence(error)
    file = paths.display(paths.config())
    named = re.search(r'profile "([^"]+)"', text)  # in a chain, not always the one asked for
    name = named[1] if named else chain_errors.source(profile) if profile else ""
    section = f"[{profile_header(name)}]" if name else "the profile"
    config = profile.session.full_config if profile else {}
    in_config = profile is None or profile.in_config
    hint = f"Correct {section} in {file}" if in_config else "Correct the AWS_… variables"
    if missing := re.search(r"missing (?:required|the following) configuration: (.+)$", text):
        hint = advice.missing_settings(name, missing[1], section, config)
    elif session := re.search(r'sso-session does not exist: "(.+)"', text):
        header = sso_session_header(session[1])
        hint = f"Add [{header}] to {file}, with sso_start_url and sso_region"
        if near := nearest(session[1], config.get("sso_sessions", {})):
            hint = f"Did you mean sso_session = {near}?"
        hint = advice.missing_session(File(paths.config()), session[1]) or hint
    elif source := re.search(r'source_profile "(.+)" referenced in the profile "(.+)" does', text):
        header, missing_one = profile_header(source[2]), profile_header(source[1])
        hint = f"Correct source_profile in [{header}] of {file}, or add [{missing_one}]"
        if near := nearest(advice.bare_name(source[1]), config.get("profiles", {})):
            hint = f"Did you mean source_profile = {near}?"
    elif without := re.search(r'source profile "(.+)" must have', text):
        hint = advice.add_credentials(without[1], config.get("profiles", {}))
    elif "web identity" in text:
        text = f"{section} has web_identity_token_file but no role_arn"
    elif "is inconsistent between profile" in text:
        hint = f"Remove it from {section} in {file}, or make the two the same"
    return ConfigError(text, hint)


def _unexplained(error: Exception, profile: Profile | None) -> SsoenvError:
    """What botocore refuses before it calls: a value in the config or the environment."""
    return ConfigError(_sentence(error), "Correct the AWS config, or the AWS_… variable with it")


def _sentence(error: Exception) -> str:
    """botocore's words as the middle of our line."""
    text = foreign.clean(error, 500).rstrip(". ")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


_LOGIN_IS_OVER = tuple(
    kind
    for name in ("LoginRefreshRequired", "LoginTokenLoadError")  # since botocore 1.41
    if (kind := getattr(aws, name, None)) is not None
)
# From the special to the general: the first that fits explains.
_KINDS: tuple[tuple[network_errors.Kind, network_errors.Explanation], ...] = (
    (aws.UnauthorizedSSOTokenError, _sign_in),
    (aws.SSOTokenLoadError, _sign_in),
    (aws.TokenRetrievalError, _sign_in),
    (_LOGIN_IS_OVER, _aws_login),
    (aws.MissingDependencyException, _dependency),
    (aws.NoRegionError, _no_region),
    *chain_errors.KINDS,
    (aws.InvalidConfigError, _config),
    (aws.UnknownCredentialError, _config),
    (aws.ProfileNotFound, _config),
    (aws.InvalidRegionError, _config),
    (aws.ParamValidationError, _config),
    *network_errors.KINDS,
    (aws.EndpointProviderError, _config),
)
