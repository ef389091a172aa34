"""What ssoenv wrote into the credentials file, and how it is known again.

A comment marks the keys. It names the access key id below it, so that keys which
somebody else has put there since are somebody else's:

    [dev]
    # ssoenv wrote this section for profile dev (ASIA…). To remove it: ssoenv write --clear
    aws_access_key_id = ASIA…
"""

import re
from collections.abc import Mapping

from ssoenv.cache.role_keys import Credentials
from ssoenv.config.editor import Document, Section
from ssoenv.config.text import content_of
from ssoenv.errors import ConfigError
from ssoenv.system import clock, paths

KEYS = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_credential_expiration",
)
_PREFERRED = "aws_security_token"  # an old name, which botocore prefers to aws_session_token
_OTHER_EXPIRIES = (  # when the keys of other tools expire; about keys of ours they would be wrong
    "aws_session_expiration",  # aws-vault and others
    "aws_expiration",  # aws-azure-login
    "expiration",  # aws-mfa
    "x_security_token_expires",  # saml2aws, okta-aws-cli
)
_IDENTITY = (*KEYS[:3], _PREFERRED)
_MARK = re.compile(r"# ssoenv wrote (this section|these keys) for profile (.+) \((\S+)\)\. ")


class Mark:
    """A mark of ssoenv: ``text`` is the comment, ``whole`` says that the section, too, is ours,
    ``profile`` is whose keys they are."""

    __slots__ = ("profile", "text", "whole")

    def __init__(self, text: str, whole: bool, profile: str) -> None:
        self.text = text
        self.whole = whole
        self.profile = profile


def mark_of(section: Section) -> Mark | None:
    """The mark of ``section``, or None if the keys in it are not ours."""
    settings = section.settings()
    for text in section.comments():
        found = _MARK.match(text)
        if found and _PREFERRED not in settings and settings.get(KEYS[0]) == found[3]:
            return Mark(text, found[1] == "this section", found[2])
    return None


def put(document: Document, name: str, credentials: Credentials, force: bool) -> bool:
    """Write the keys of ``credentials`` into section ``name`` of the credentials file.

    Temporary keys that are not ours are replaced, and then True is returned; long-lived ones are
    replaced only by ``force``. A section that we make for another
    name than the profile's gets the profile's region as well; under the profile's own name the
    config says it, and two places would soon disagree. Raises ``ConfigError``.
    """
    values = _values(credentials)
    section = document.section(name)
    mark = None
    replaced = False
    if section is None:
        section = document.add_section(name)
        whole = True
        section.add_comment(_text(whole, credentials))
    else:
        mark = mark_of(section)
        settings = section.settings()
        theirs = mark is None and bool(settings.keys() & set(_IDENTITY))
        replaced = theirs and _temporary(settings)
        if theirs and not replaced and not force:
            raise ConfigError(
                f"[{name}] in {paths.display(paths.credentials())} holds keys that ssoenv did not "
                "write",
                "Keep them with --as ANOTHER-NAME, or replace them with --force",
            )
        whole = mark is not None and mark.whole
        if mark is None:
            section.remove_keys((*KEYS, _PREFERRED, *_OTHER_EXPIRIES))
            _remove_marks(section)
            section.add_comment(_text(whole, credentials))
        else:
            section.replace_comment(mark.text, _text(whole, credentials))
    section.set(values)
    if whole and name != credentials.profile and credentials.region:
        section.set({"region": credentials.region})
    elif whole and name != (mark.profile if mark else name):
        section.remove_keys(["region"])
    return replaced


def _temporary(settings: Mapping[str, str]) -> bool:
    """Whether the keys of a section end by themselves, as STS gives them."""
    has_token = bool(settings.get(KEYS[2]) or settings.get(_PREFERRED))
    return has_token and settings.get(KEYS[0], "").startswith("ASIA")


def clear(document: Document, names: list[str] | None) -> list[str]:
    """Remove what ssoenv wrote into the sections ``names``, or for profiles of that name (None:
    everywhere). Returns the names of the sections that it was in."""
    cleared = []
    for section in list(document.sections):
        mark = mark_of(section)
        if mark is None or (names is not None and not {section.name, mark.profile} & set(names)):
            continue
        ours = {*KEYS, "region"} if mark.whole and section.name != mark.profile else {*KEYS}
        cleared.append(section.name)
        nothing_else = not section.settings().keys() - ours and section.comments(False) == [
            mark.text
        ]
        if mark.whole and nothing_else:
            document.remove_section(section)
        else:
            section.remove_keys(ours)
            _remove_marks(section)
    return cleared


def marks() -> dict[str, Mark]:
    """The sections of the credentials file whose keys are ours."""
    try:
        content = content_of(paths.credentials())
        if b"# ssoenv wrote " not in content:
            return {}  # without the cost of looking closer
        document = Document(content, paths.credentials())
    except ConfigError:
        return {}  # botocore says it better
    return {s.name: mark for s in document.sections if (mark := mark_of(s))}


def forget(profiles: Mapping[str, dict[str, object]]) -> None:
    """Take the keys that ssoenv wrote out of botocore's reading of the profiles.

    For botocore, a source profile's keys go before its role: keys that ssoenv wrote for a chained
    role would be used for what is built on it, long after they have expired.
    """
    for name in marks():
        for key in KEYS:
            profiles.get(name, {}).pop(key, None)


def _values(credentials: Credentials) -> dict[str, str]:
    if credentials.session_token is None or credentials.expiration is None:
        raise ConfigError(
            f'the keys of profile "{credentials.profile}" do not expire, '
            "so ssoenv does not copy them"
        )
    values = (
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        clock.iso(credentials.expiration),
    )
    return dict(zip(KEYS, values, strict=True))


def _text(whole: bool, credentials: Credentials) -> str:
    what, it = ("this section", "it") if whole else ("these keys", "them")
    return (
        f"# ssoenv wrote {what} for profile {credentials.profile} "
        f"({credentials.access_key_id}). To remove {it}: ssoenv write --clear"
    )


def _remove_marks(section: Section) -> None:
    for text in section.comments():
        if _MARK.match(text):
            section.replace_comment(text, None)
