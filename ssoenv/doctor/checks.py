"""The doctor: what is wrong with the AWS files, the environment and the network, with the fix.

A check is a function from the home (``reading.Home``) to findings. The table below is all there is:
to add a check, write its function and its row.
"""

from collections.abc import Callable, Iterable

from ssoenv.doctor import caches, environment, files, keychain, network, profiles, sources
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home

Check = Callable[[Home], Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "unreadable-file": files.unreadable,
    "byte-order-mark": files.byte_order_mark,
    "duplicate-section": files.duplicate_sections,
    "duplicate-setting": files.duplicate_settings,
    "stray-text": files.stray_text,
    "not-a-profile": files.not_profiles,
    "permissions": caches.permissions,
    "partial-sso": profiles.partial_sso,
    "unknown-session": profiles.unknown_sessions,
    "start-url-mismatch": profiles.mismatches,
    "two-sign-ins": profiles.two_sign_ins,
    "odd-value": profiles.odd_values,
    "broken-chain": profiles.broken_chains,
    "no-profile": sources.no_profiles,
    "no-credentials": sources.no_credentials,
    "credential-process": sources.processes,
    "default-first": sources.default_first,
    "config-not-read": sources.config_not_read,
    "static-keys": profiles.static_keys,
    "expired-written-keys": profiles.expired_written_keys,
    "plain-http": profiles.plain_http,
    "diverted-sso": profiles.diverted_sso,
    "missing-ca-file": profiles.missing_ca_files,
    "unclear-network": network.unclear,
    "environment-keys": environment.keys,
    "before-profiles": environment.before_profiles,
    "expired-keys": environment.expired_keys,
    "stale-security-token": environment.stale_security_token,
    "profile-variables": environment.profile_variables,
    "region-variables": environment.region_variables,
    "missing-file": environment.missing_files,
    "corrupt-cache": caches.corrupt,
    "other-sign-in": caches.other_sign_ins,
    "keychain": keychain.usable,
    "left-in-files": keychain.left_in_files,
    "proxy": network.proxies,
    "network": network.reachable,
}

ONLINE = ("proxy", "network")


def examine(home: Home, online: bool = True) -> list[Finding]:
    """All findings, in the order of the table. ``online``: whether AWS and proxies are asked."""
    found = []
    for name, check in CHECKS.items():
        if online or name not in ONLINE:
            for finding in check(home):
                finding.check = finding.check or name
                found.append(finding)
    return found
