"""The access token that a sign-in has on this machine.

A token is found by the name of its session or start URL alone, and that name may have come to
mean another portal since. So what its entry says of itself is compared before its token is used.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from ssoenv.aws import sign_in_settings
from ssoenv.aws.explain import sign_in_hint
from ssoenv.cache import tokens
from ssoenv.cache.tokens import AccessToken, SignIn
from ssoenv.errors import SignInNeeded
from ssoenv.system import urls


def token_of(sign_in: SignIn) -> AccessToken | None:
    """The token of ``sign_in``, expired or not; None if there is none. All in this module that read
    one raise ``KeychainError``, too.

    Raises ``SignInNeeded`` if the entry holds the token of another start URL or region: it must
    not be sent to this one.
    """
    token = tokens.read(tokens.entry_of(sign_in))
    if token is not None and not token.is_of(sign_in):
        raise _of_another(token, sign_in)
    return token


def token_or_none(sign_in: SignIn) -> AccessToken | None:
    """As ``token_of``; None for the token of another start URL or region, too."""
    with contextlib.suppress(SignInNeeded):
        return token_of(sign_in)
    return None


def is_ours(sign_in: SignIn) -> bool:
    """Whether the entry of ``sign_in`` does not hold the token of another start URL or region."""
    token = tokens.read(tokens.entry_of(sign_in))
    return token is None or token.is_of(sign_in)


def borrowed(
    sign_in: SignIn, config: Mapping[str, Any], rejected: str | None = None
) -> AccessToken | None:
    """A token that has not expired and that ``sign_in`` may use although it is kept under another
    name, its ``lender``; None if there is none. ``rejected``: the text of one that the portal has
    just refused."""
    return tokens.borrowed(sign_in_settings.alike(sign_in, config), rejected)


def best(sign_in: SignIn, config: Mapping[str, Any]) -> AccessToken | None:
    """The token that a command would use for ``sign_in``, or what is left of its own one. Asks
    nobody."""
    return tokens.best(sign_in, lambda one: sign_in_settings.alike(one, config))


def _of_another(token: AccessToken, sign_in: SignIn) -> SignInNeeded:
    theirs, ours = (
        urls.shown(str(token.fields.get("startUrl") or sign_in.start_url)),
        urls.shown(sign_in.start_url),
    )
    region = token.fields.get("region")
    if region and region != sign_in.region:
        theirs, ours = f"{theirs} in {region}", f"{ours} in {sign_in.region}"
    return SignInNeeded(
        f"the sign-in under {sign_in.label} is for {theirs}, not for {ours}",
        sign_in_hint(sign_in),
    )
