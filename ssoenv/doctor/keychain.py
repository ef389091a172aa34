"""Checks of sign-ins that are kept in the keychain."""

from collections.abc import Iterator

from ssoenv.aws import sign_in_settings
from ssoenv.cache import entries, keychain
from ssoenv.cache.tokens import SignIn
from ssoenv.doctor.findings import Finding
from ssoenv.doctor.reading import Home
from ssoenv.errors import KeychainError
from ssoenv.signin import signout
from ssoenv.system import paths


def usable(home: Home) -> Iterator[Finding]:
    """A keychain that the config asks for, and that cannot be used."""
    kept = _in_keychain(home)
    if not kept:
        return
    try:
        keychain.check()
    except KeychainError as problem:
        labels = ", ".join(dict.fromkeys(f'"{one.label}"' for one in kept))
        message = f"the sign-in to {labels} is kept in the keychain, but {problem.message}"
        yield Finding(message, problem.hint)


def left_in_files(home: Home) -> Iterator[Finding]:
    """Secrets in files under the name of a sign-in that is to be in the keychain."""
    for one in _in_keychain(home):
        for left in signout.left_in_files(one, home.session):
            yield Finding(
                f'the sign-in to "{one.label}" belongs in the keychain, but this file holds '
                f"{_WHAT[left.kind]} of it",
                f"Run: ssoenv doctor --fix (or: rm {paths.display(left.path)})",
                left.path,
                repair=left.delete,
            )


_WHAT = {entries.TOKEN: "a token or a client secret", entries.ROLE: "keys"}


def _in_keychain(home: Home) -> list[SignIn]:
    known = sign_in_settings.sign_ins(home.understood or {})
    return [one for one in known if one.store == entries.KEYRING]
