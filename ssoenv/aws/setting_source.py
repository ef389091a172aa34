"""Which setting it is that a failure comes from: the variable, or the line of the config.

botocore merges the environment and the config and then forgets where a value came from.
"""

import os
import ssl
from collections.abc import Mapping
from typing import Any

from botocore.session import Session

from ssoenv.config import values
from ssoenv.config.editor import profile_header
from ssoenv.errors import ConfigError
from ssoenv.system import paths, urls
from ssoenv.terminal import foreign

# Settings that botocore refuses when it makes a client: name in the config, what they must be,
# variables.
_OF_CLIENTS = {
    "ca_bundle": ("the path of a file with certificates", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"),
    "max_attempts": ("a whole number, at least 1", "AWS_MAX_ATTEMPTS"),
    "retry_mode": ("legacy, standard or adaptive", "AWS_RETRY_MODE"),
    "defaults_mode": (
        "legacy, auto, standard, in-region, cross-region or mobile",
        "AWS_DEFAULTS_MODE",
    ),
    "sts_regional_endpoints": ("legacy or regional", "AWS_STS_REGIONAL_ENDPOINTS"),
    "account_id_endpoint_mode": (
        "preferred, disabled or required",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    ),
    "request_min_compression_size_bytes": (
        "a number of bytes up to 10485760",
        "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    ),
    "request_checksum_calculation": (
        "when_supported or when_required",
        "AWS_REQUEST_CHECKSUM_CALCULATION",
    ),
    "response_checksum_validation": (
        "when_supported or when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION",
    ),
    "region": ("a region, such as eu-central-1", "AWS_REGION", "AWS_DEFAULT_REGION"),
}
_HOSTS = {
    "use_fips_endpoint": "AWS_USE_FIPS_ENDPOINT",
    "use_dualstack_endpoint": "AWS_USE_DUALSTACK_ENDPOINT",
}
_OF_SIGN_IN = "the profiles of this sign-in"

Found = tuple[str, str]
"""What people call a setting, and its value."""


def endpoint(service: str, session: Session | None) -> Found | None:
    """The setting that the address of ``service`` comes from, in botocore's order (AWS SDKs
    reference, "Service-specific endpoints"); None if it is AWS's own."""
    if not service:
        return None
    section, where = _section(session)
    ignored = os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or section.get(
        "ignore_configured_endpoint_urls", ""
    )
    if str(ignored).lower() == "true":
        return None
    member = service.replace("-", "_")
    for name in (f"AWS_ENDPOINT_URL_{member.upper()}", "AWS_ENDPOINT_URL"):
        if os.environ.get(name):
            return name, os.environ[name]
    named = section.get("services")
    services = session.full_config.get("services", {}) if session is not None and named else {}
    of_service = services.get(named, {}).get(member, {}) if isinstance(named, str) else {}
    if isinstance(of_service, Mapping) and of_service.get("endpoint_url"):
        return f"endpoint_url of {member} in [services {named}]", of_service["endpoint_url"]
    if isinstance(section.get("endpoint_url"), str) and section["endpoint_url"]:
        return f"endpoint_url of {where}", section["endpoint_url"]
    return None


def general_endpoint(service: str, session: Session | None) -> Found | None:
    """The same, if it is a setting for all services, which was hardly meant for this one."""
    found = endpoint(service, session)
    whose = ("endpoint_url of [", f"endpoint_url of {_OF_SIGN_IN}")
    is_general = found and (found[0] == "AWS_ENDPOINT_URL" or found[0].startswith(whose))
    return found if is_general else None


def certificates(session: Session | None) -> Found | None:
    """The setting that says which certificates to trust."""
    section, where = _section(session)
    if "AWS_CA_BUNDLE" in os.environ:
        return "AWS_CA_BUNDLE", os.environ["AWS_CA_BUNDLE"]
    if "ca_bundle" in section:
        return f"ca_bundle of {where}", str(section["ca_bundle"])
    if "REQUESTS_CA_BUNDLE" in os.environ:
        return "REQUESTS_CA_BUNDLE", os.environ["REQUESTS_CA_BUNDLE"]
    return None


def certificates_problem(path: str) -> str:
    """What is wrong with a file of certificates, for a sentence that begins with its name; empty
    if it can be read."""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return "holds no certificate"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return ""


def special_host(session: Session | None) -> Found | None:
    """The setting that asks for hosts which not every service and region has."""
    section, where = _section(session)
    for key, variable in _HOSTS.items():
        if variable in os.environ:
            found = variable, os.environ[variable]
        else:
            found = f"{key} of {where}", str(section.get(key, ""))
        if found[1].lower() == "true":
            return found
    return None


def check_region(region: str | None) -> None:
    """Raise ``ConfigError`` for a region to call that cannot be one. Those of the config have been
    checked; what is left are variables."""
    variables = ("AWS_REGION", "AWS_DEFAULT_REGION")
    name = next((one for one in variables if region and os.environ.get(one) == region), "")
    if name and region:
        values.check("region", region, name)


def refused(service: str, session: Session, error: Exception) -> ConfigError | None:
    """Why botocore cannot make a client of ``service``, if that is a setting's value."""
    said = str(error)
    if said.startswith("Invalid endpoint"):
        found = endpoint(service, session)
        name, value = found or ("the endpoint", "")
        return ConfigError(
            f"{name} is not a URL: {said}",
            f"Write it with its scheme, such as https://HOST, or {remove(name)}",
        )
    section, where = _section(session)
    if isinstance(error, AttributeError):  # botocore looked for a setting in a text
        return _no_block(service.replace("-", "_"), section, where, session)
    for key, (wanted, *variables) in _OF_CLIENTS.items():
        rows = [(name, os.environ[name]) for name in variables if name in os.environ]
        if isinstance(section.get(key), str):
            rows.append((f"{key} of {where}", section[key]))
        for name, value in rows:
            if _is_about(said, key, value):
                shown = f'"{foreign.clean(value, 80)}"' if value.strip() else "empty"
                return ConfigError(
                    f"{name} is {shown}, but it must be {wanted}",
                    f"Correct it, or {remove(name)}",
                )
    return None


def _no_block(
    member: str, section: Mapping[str, Any], where: str, session: Session
) -> ConfigError | None:
    """Which setting has a text, or nothing, where botocore expects a block of settings."""
    named = section.get("services")
    services = session.full_config.get("services", {}).get(named, {}) if named else {}
    rows = [(services, member, f"[services {named}]")]
    rows += [(section, key, where) for key in ("api_versions", "s3")]
    for settings, key, place in rows:
        if not isinstance(settings.get(key, {}), Mapping):
            name = f"{key} of {place}"
            return ConfigError(
                f"{name} has no settings on indented lines below it",
                f"Write them there (key = value), or {remove(name)}",
            )
    return None


def _is_about(said: str, key: str, value: str) -> bool:
    """Whether botocore's words are about a setting: they quote its value, or name it too."""
    if value.strip() and (f"'{value}'" in said or f'"{value}"' in said):
        return True
    named = key.replace("_", " ") in said.lower().replace("_", " ")
    quotes_nothing = not value and ("''" in said or '""' in said)
    return quotes_nothing or (named and value.strip() in said)


def remove(name: str) -> str:
    """How to take a setting away, for the middle of a sentence."""
    if name.startswith(("AWS_", "REQUESTS_")):
        return f"unset {name}"
    return f"remove the line from {paths.display(paths.config())}"


def way_out(found: Found) -> str:
    """What to do about an endpoint that a call was sent to."""
    name, value = found
    return f"{name} sends this call to {urls.shown(value)}: correct it, or {remove(name)}"


def _section(session: Session | None) -> tuple[Mapping[str, Any], str]:
    """The settings that the session goes by, and whose they are."""
    if session is None:
        return {}, ""
    if session.profile is None:
        return session.get_scoped_config(), _OF_SIGN_IN
    section = session.full_config["profiles"].get(session.profile, {})
    return section, f"[{profile_header(session.profile)}]"
