"""The cells in which a program does not act as the profile that was asked for, and why. In all
others it has to."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.children import clients, matrix

ALL = [client.name for client in clients.ALL]
PROFILE_WAYS = ("credential_process", "write")
DEFAULT_STATES = (
    "[default] with keys",
    "[default] with credential_process",
    "[default] with a role",
)


@dataclass(frozen=True)
class Note:
    """``verdict``: see ``matrix.Outcome``. ``says``: what a line of ssoenv holds then, when the
    program is started, or, where ssoenv is not there, when ``ssoenv doctor`` is; empty where the
    program itself fails. ``why``: for people, in Markdown."""

    verdict: str
    clients: Iterable[str]
    ways: Iterable[str]
    states: Iterable[str]
    says: str
    why: str


def but(*names: str) -> list[str]:
    return [name for name in ALL if name not in names]


NOTES = (
    Note(
        "another",
        but(".NET 3", "Serverless 3", "CDK 2"),
        PROFILE_WAYS,
        ["keys"],
        "AWS_ACCESS_KEY_ID",
        "keys in the environment come before any profile",
    ),
    Note(
        "another",
        but("JavaScript 3", "JavaScript 2", "Java 1", "Rust", "Serverless 3", "CDK 2"),
        PROFILE_WAYS,
        ["web identity"],
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "a web identity in the environment comes before any profile",
    ),
    Note(
        "another",
        ["boto3", "AWS CLI 1", "SAM"],
        PROFILE_WAYS,
        ["AWS_PROFILE"],
        "AWS_DEFAULT_PROFILE",
        "`AWS_DEFAULT_PROFILE`, if it is set, comes before `AWS_PROFILE`",
    ),
    Note(
        "another",
        ["JavaScript 2"],
        ["credential_process"],
        ["container"],
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "the credentials of a container come before a `credential_process`",
    ),
    Note(
        "another",
        [".NET 3"],
        ["eval", "exec"],
        DEFAULT_STATES,
        r"\.NET 3",
        "credentials of `[default]` come before those in the environment",
    ),
    Note(
        "fails",
        ["Java 1"],
        ["credential_process"],
        ["[default] with keys"],
        "",
        "the config is not read where there is a `~/.aws/credentials`",
    ),
    Note(
        "fails",
        ["Serverless 3"],
        ["credential_process"],
        matrix.STATES,
        "",
        "`credential_process` is not known",
    ),
)


def note_of(client: str, way: str, state: str) -> Note | None:
    """The note about a cell, None if all is well there."""
    for note in NOTES:
        if client in note.clients and way in note.ways and state in note.states:
            return note
    return None
