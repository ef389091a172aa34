"""The cells in which a program does not act as the profile that was asked for, and why. In every
other cell it must."""

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
    """``verdict``: see ``matrix.Outcome``. ``why``: for people, in Markdown. ``says``: a pattern
    that ssoenv prints then: the command that starts the program, or, where ssoenv does not start
    it, ``ssoenv doctor``; empty where the program itself fails."""

    verdict: str
    clients: Iterable[str]
    ways: Iterable[str]
    states: Iterable[str]
    why: str
    says: str


def but(*names: str) -> list[str]:
    return [name for name in ALL if name not in names]


NOTES = (
    Note(
        "another",
        but(".NET 3", "JavaScript 3", "Serverless 3"),
        PROFILE_WAYS,
        ["keys"],
        "keys in the environment come before a profile, even one that `AWS_PROFILE` names",
        "AWS_ACCESS_KEY_ID|keys and AWS_PROFILE are both set",
    ),
    Note(
        "another",
        but("JavaScript 3", "JavaScript 2", "Rust", "Serverless 3", "CDK 2"),
        PROFILE_WAYS,
        ["web identity"],
        "a web identity in the environment comes before a profile",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ),
    Note(
        "another",
        ["boto3", "AWS CLI 1", "SAM"],
        PROFILE_WAYS,
        ["AWS_PROFILE"],
        "`AWS_DEFAULT_PROFILE`, if it is set, comes before `AWS_PROFILE`",
        "AWS_DEFAULT_PROFILE",
    ),
    Note(
        "another",
        ["JavaScript 2"],
        ["credential_process"],
        ["container"],
        "a container's credentials come before `credential_process`",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ),
    Note(
        "another",
        [".NET 3"],
        ["eval", "exec"],
        DEFAULT_STATES,
        "credentials of `[default]` come before those in the environment",
        r"\.NET 3",
    ),
    Note(
        "fails",
        ["Java 1"],
        ["credential_process"],
        ["[default] with keys"],
        "the config is not read where `~/.aws/credentials` exists",
        r"Java 1",
    ),
    Note(
        "fails",
        ["Serverless 3", "PHP AsyncAws"],
        ["credential_process"],
        matrix.STATES,
        "it does not know `credential_process`",
        "",
    ),
    Note(
        "fails",
        ["PHP AsyncAws"],
        ["exec --endpoint"],
        matrix.STATES,
        "it does not know `AWS_CONTAINER_CREDENTIALS_FULL_URI`",
        "",
    ),
)


def note_of(client: str, way: str, state: str) -> Note | None:
    """The note about a cell; None if the program acts as asked there."""
    for note in NOTES:
        if client in note.clients and way in note.ways and state in note.states:
            return note
    return None
