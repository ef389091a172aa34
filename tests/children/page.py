"""Writes ``docs/sdks.md`` from a run of every cell:

python -m tests.children.page
"""

import datetime
import itertools
import re
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

from ssoenv.demo.center.identity_center import IdentityCenter
from tests.children import clients, expected, matrix
from tests.children.expected import Note
from tests.conftest import World

PATH = Path(__file__).parents[2] / "docs" / "sdks.md"

TOP = """\
# Which way for which SDK

<!-- Not written by hand: python -m tests.children.page -->

{counts}

| SDK or tool | version | take | {ways} |
|---|---|---|{lines}|
{rows}

A number is that of a note below, which says where that way is not right. Everything else is.

| way | what was run |
|---|---|
| `eval` | `eval "$(ssoenv dev)"`, then the program |
| `exec` | `ssoenv exec dev -- COMMAND` |
| `exec --endpoint` | `ssoenv exec --endpoint dev -- COMMAND` |
| `credential_process` | `AWS_PROFILE` names a profile that [asks ssoenv]({process}) |
| `write` | `ssoenv write dev --as dev-file`, and `AWS_PROFILE` has that name |

With the last two ways set `AWS_SDK_LOAD_CONFIG=1` as well: without it the SDKs for Go 1 and
JavaScript 2 do not read the config. `exec --endpoint` sets it itself.

{renewing}

## States

Each way was run in each of these states, which offer the program another identity, too.

| state | what it is |
|---|---|
{states}

## Notes

| note | way | state | what happens | who says it |
|--:|---|---|---|---|
{notes}

Where a program fails for want of credentials on an EC2 instance, it may take the instance's role
instead; `AWS_EC2_METADATA_DISABLED=true` prevents that for AWS's own SDKs.

## What was not run

- AWS's SDK for PHP, which is only to be had from registries that the tests do not use.
- Terraform's AWS provider, which takes too long to build, and OpenTofu: the row Terraform is
  `aws-sdk-go-base`, with which the provider and the S3 backends of both find their credentials.
- Serverless 4, which needs a licence; the SDKs for C++, Kotlin and Swift.
"""
COUNTS = """\
SDKs do not look for credentials in the same order, so what is right for one can make another act
as somebody else. Each SDK and tool in this table was run against the miniature Identity Center, in
each way that ssoenv offers, and showed whom it acts as and in which region: {programs} programs,
{ways} ways and {states} states give {cells} cells, run on {date}. In {right} cells it acted as the
profile that was asked for, in its region. In {another} it acted as another identity, and ssoenv
says so; in {fails} it failed."""
RENEWING = """\
A program that runs longer than its keys are valid needs `exec --endpoint` or `credential_process`.
With both, the first call after the keys had expired had new ones: seen with {names}. The others in
the table make one call and end."""
PROCESS = "tools.md#sdks-that-know-credential_process"

STATES = {
    "nothing else": "no other identity",
    "AWS_PROFILE": "`AWS_PROFILE` and `AWS_DEFAULT_PROFILE` name another profile",
    "keys": "keys in `AWS_ACCESS_KEY_ID`, and under its old names",
    "web identity": "`AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`",
    "container": "`AWS_CONTAINER_CREDENTIALS_FULL_URI`",
    "[default] with keys": "in `~/.aws/credentials`",
    "[default] with credential_process": "in `~/.aws/config`",
    "[default] with a role": "`role_arn` and `source_profile`",
    "[default] with SSO": "a role of Identity Center",
}
RESULTS = {"another": "It acts as the other identity: ", "fails": "It fails: "}


def render(date: str, versions: Mapping[str, str]) -> str:
    """The page. ``versions``: of each client that was run."""
    verdicts = [
        note.verdict if note else "right"
        for client in versions
        for way, state in itertools.product(matrix.WAYS, matrix.STATES)
        for note in [expected.note_of(client, way, state)]
    ]
    counts = COUNTS.format(
        date=date,
        programs=len(versions),
        ways=len(matrix.WAYS),
        states=len(matrix.STATES),
        cells=len(verdicts),
        **{verdict: verdicts.count(verdict) for verdict in ("right", "another", "fails")},
    )
    renewing = ", ".join(c.name for c in clients.ALL if c.stays and c.name in versions)
    return TOP.format(
        counts=textwrap.fill(counts, 100),
        ways=" | ".join(f"`{way}`" for way in matrix.WAYS),
        lines="|".join(":-:" for _ in matrix.WAYS),
        rows="\n".join(_row(client, version) for client, version in versions.items()),
        process=PROCESS,
        renewing=textwrap.fill(RENEWING.format(names=renewing), 100),
        states="\n".join(f"| {state} | {what} |" for state, what in STATES.items()),
        notes="\n".join(_note(number, note) for number, note in enumerate(expected.NOTES, 1)),
    )


def _row(client: str, version: str) -> str:
    numbers = {
        way: [
            str(number)
            for number, note in enumerate(expected.NOTES, 1)
            if client in note.clients and way in note.ways
        ]
        for way in matrix.WAYS
    }
    way = next(way for way in ("exec", "exec --endpoint") if not numbers[way])
    cells = [f"[{', '.join(found)}](#notes)" if found else "yes" for found in numbers.values()]
    return f"| {client} | {version} | `ssoenv {way} dev -- COMMAND` | {' | '.join(cells)} |"


def _note(number: int, note: Note) -> str:
    ways = ", ".join(f"`{way}`" for way in note.ways)
    states = "all" if set(note.states) == set(matrix.STATES) else ", ".join(note.states)
    return f"| {number} | {ways} | {states} | {RESULTS[note.verdict]}{note.why} | {_who(note)} |"


def _who(note: Note) -> str:
    if not note.says:
        return "the program"
    commands = ["`ssoenv doctor`"]
    if "write" in note.ways:
        commands.append("`ssoenv write`")
    if "exec" in note.ways:
        commands.append("`ssoenv exec` and `ssoenv` itself")
    return ", ".join(commands)


def measured(text: str) -> tuple[str, dict[str, str]]:
    """The date and the versions that a page names."""
    date = re.search(r"run\s+on\s+([\d-]+)", text)
    assert date
    return date[1], dict(
        re.findall(r"^\| ([^|]+) \| ([\w.-]+) \| `ssoenv exec", text, re.MULTILINE)
    )


def main() -> int:
    """Run every cell; write the page if all are as expected."""
    wrong = 0
    versions = {}
    with (
        IdentityCenter() as idc,
        tempfile.TemporaryDirectory() as folder,
        matrix.a_machine(World(Path(folder), idc)) as machine,
    ):
        for client in clients.ALL:
            client.need()
            versions[client.name] = client.version()
            for way, state in itertools.product(matrix.WAYS, matrix.STATES):
                outcome = matrix.run(machine, client, way, state)
                note = expected.note_of(client.name, way, state)
                if outcome.verdict != (note.verdict if note else "right"):
                    wrong += 1
                    print(f"{client.name}, {way}, {state}: {outcome}", file=sys.stderr)
    if not wrong:
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        PATH.write_text(render(today, versions), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
