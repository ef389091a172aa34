"""The ways in which ssoenv lets a program act as a role, the homes in which other identities wait
for it, and one cell of that: a program, run in one way in one home."""

import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

from tests.children.clients import Client
from tests.conftest import SSOENV, World, reset

OTHER = "999988887777"
OTHER_ROLE = f"arn:aws:iam::{OTHER}:role/Other"
REGION, OTHER_REGION = "eu-central-1", "us-west-1"
ROLE = ":111122223333:assumed-role/AWSReservedSSO_Developer_"


class Neighbour(BaseHTTPRequestHandler):
    """What else there is on the machine: the credentials of a container with another identity, and
    an AWS service that says no but remembers who asked."""

    credentials: ClassVar[bytes]
    signatures: ClassVar[list[str]]

    def do_GET(self) -> None:
        self._answer(200, self.credentials)

    def do_POST(self) -> None:
        self.signatures.append(self.headers.get("Authorization", ""))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(
            400, b"<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>"
        )

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@dataclass
class Place:
    """A world, what is next to it, and the keys of somebody else who lives there, too."""

    world: World
    url: str
    neighbour: type[Neighbour]
    keys: dict[str, str]


@contextmanager
def a_place(world: World) -> Iterator[Place]:
    kind = type("Mine", (Neighbour,), {"credentials": b"", "signatures": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield Place(world, f"http://127.0.0.1:{server.server_port}", kind, {})
        server.shutdown()


def settle(place: Place, client: Client) -> None:
    """Make the home what it is at the start of each cell: signed in, with the files of ``client``,
    and nothing of an earlier cell."""
    world = place.world
    reset(world)
    world.idc.allow_role(OTHER_ROLE)
    world.idc.trust_web_identity("token-of-another")
    keys = world.idc.issue_static_keys(OTHER, "other")
    place.keys = {
        "aws_access_key_id": keys.access_key_id,
        "aws_secret_access_key": keys.secret_access_key,
    }
    role = world.idc.issue_role_keys(OTHER, "Container", "task", 3600)
    answer = {
        "AccessKeyId": role.access_key_id,
        "SecretAccessKey": role.secret_access_key,
        "Token": role.session_token,
        "Expiration": "2099-01-01T00:00:00Z",
    }
    place.neighbour.credentials = json.dumps(answer).encode()
    place.neighbour.signatures.clear()
    process = f"{shlex.quote(SSOENV)} credential-process dev"
    world.add_config(
        f"[profile dev-keys]\ncredential_process = {process}\nregion = {REGION}\n"
        f"[profile dev-file]\nregion = {REGION}\n[profile other]\n{_lines(place)}region = {OTHER_REGION}\n"
    )
    for name, text in client.files.items():
        (world.home / name).write_text(text)


def _lines(place: Place) -> str:
    return "".join(f"{name} = {value}\n" for name, value in place.keys.items())


# The homes. Each takes a settled place and returns variables of the environment.


def clean(place: Place) -> dict[str, str]:
    return {}


def another_profile(place: Place) -> dict[str, str]:
    return {"AWS_PROFILE": "other", "AWS_DEFAULT_PROFILE": "other"}


def another_keys(place: Place) -> dict[str, str]:
    key, secret = place.keys.values()
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ACCESS_KEY": key,
        "AWS_SECRET_KEY": secret,
        "AMAZON_ACCESS_KEY_ID": key,
        "AMAZON_SECRET_ACCESS_KEY": secret,
    }


def another_web_identity(place: Place) -> dict[str, str]:
    token = place.world.home / "token"
    token.write_text("token-of-another")
    return {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_ARN": OTHER_ROLE,
        "AWS_ROLE_SESSION_NAME": "another",
    }


def another_container(place: Place) -> dict[str, str]:
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{place.url}/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another",
    }


def default_keys(place: Place) -> dict[str, str]:
    file = place.world.home / ".aws" / "credentials"
    file.write_text(f"[default]\n{_lines(place)}")
    place.world.add_config(f"[default]\nregion = {OTHER_REGION}\n")
    return {}


def default_process(place: Place) -> dict[str, str]:
    key, secret = place.keys.values()
    answer = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret}
    (place.world.home / "answer.json").write_text(json.dumps(answer))
    place.world.add_config(
        f"[default]\ncredential_process = cat {place.world.home}/answer.json\n"
        f"region = {OTHER_REGION}\n"
    )
    return {}


def default_role(place: Place) -> dict[str, str]:
    place.world.add_config(
        f"[default]\nrole_arn = {OTHER_ROLE}\nsource_profile = other\nregion = {OTHER_REGION}\n"
    )
    return {}


def default_sso(place: Place) -> dict[str, str]:
    place.world.add_config(
        "[default]\nsso_session = demo\nsso_account_id = 777788889999\n"
        f"sso_role_name = Administrator\nregion = {OTHER_REGION}\n"
    )
    return {}


STATES: dict[str, Callable[[Place], dict[str, str]]] = {
    "nothing else": clean,
    "AWS_PROFILE": another_profile,
    "keys": another_keys,
    "web identity": another_web_identity,
    "container": another_container,
    "[default] with keys": default_keys,
    "[default] with credential_process": default_process,
    "[default] with a role": default_role,
    "[default] with SSO": default_sso,
}


# The ways. Each returns the command that runs ``command`` as dev, and variables that it takes.

# The SDKs for Go 1 and JavaScript 2 read the config, where region and credential_process are, only
# if AWS_SDK_LOAD_CONFIG is set; to the others it means nothing.
PROFILE = {"AWS_SDK_LOAD_CONFIG": "1"}


def by_eval(command: list[str]) -> tuple[list[str], dict[str, str]]:
    return ["bash", "-c", 'eval "$(ssoenv dev)" && exec "$@"', "bash", *command], {}


def by_exec(command: list[str]) -> tuple[list[str], dict[str, str]]:
    return [SSOENV, "exec", "dev", "--", *command], {}


def by_endpoint(command: list[str]) -> tuple[list[str], dict[str, str]]:
    return [SSOENV, "exec", "--endpoint", "dev", "--", *command], {}


def by_process(command: list[str]) -> tuple[list[str], dict[str, str]]:
    return command, {**PROFILE, "AWS_PROFILE": "dev-keys"}


def by_write(command: list[str]) -> tuple[list[str], dict[str, str]]:
    line = 'ssoenv write dev --as dev-file && AWS_PROFILE=dev-file exec "$@"'
    return ["bash", "-c", line, "bash", *command], PROFILE


WAYS = {
    "eval": by_eval,
    "exec": by_exec,
    "exec --endpoint": by_endpoint,
    "credential_process": by_process,
    "write": by_write,
}


RENEWING = ("exec --endpoint", "credential_process")


@dataclass(frozen=True)
class Outcome:
    """``verdict``: "right", "region" (the identity is right, the region is not), "another" (it
    acts as somebody else) or "fails". ``said``: the lines of ssoenv. ``seen``: what was seen."""

    verdict: str
    said: str
    seen: str


def run(place: Place, client: Client, way: str, state: str) -> Outcome:
    """One cell."""
    settle(place, client)
    world = place.world
    environ = {**surroundings(place, client), **STATES[state](place)}
    command, more = WAYS[way](client.command(world.home))
    calls = len(world.idc.calls)
    done = world.command(command, input=b"\n", **{**environ, **more})
    said = "".join(line + "\n" for line in done.err.splitlines() if line.startswith("ssoenv: "))
    who = _spoken(place, done.out) if client.speaks else _signed(place, calls)
    if who is None:
        # Without a network, that is how it looks if an SDK that does not know AWS_ENDPOINT_URL_STS
        # wants the keys of somebody else's role.
        verdict = "another" if "amazonaws.com" in done.out else "fails"
        return Outcome(verdict, said, f"{done.out}{done.err}")
    return Outcome(judge(*who), said, f"{who} {done.err}")


def doctor(place: Place, state: str) -> str:
    """What the doctor says in the environment of the last cell, which was ``state``."""
    environ = {**STATES[state](place), **by_process([])[1]}
    done = place.world.run("doctor", "--offline", **environ)
    return done.out + done.err


def two_calls(place: Place, client: Client, way: str) -> tuple[str, str]:
    """The access key ids of two calls of one running program; the keys of the first have expired
    before it makes the second."""
    world = place.world
    command, more = WAYS[way](client.command(world.home))
    environ = world.environment(**{**surroundings(place, client), **more})
    keys = []
    with subprocess.Popen(
        command,
        env=environ,
        cwd=world.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        for _ in range(2):
            process.stdin.write("\n")
            process.stdin.flush()
            keys.append(json.loads(process.stdout.readline())["key"])
            time.sleep(max(0.0, (world.idc.keys[keys[0]].expires_at or 0) - time.time()))
        process.stdin.close()
    return keys[0], keys[1]


def surroundings(place: Place, client: Client) -> dict[str, str]:
    """The environment in which ``client`` can start, and asks nobody beyond this machine."""
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_CLOUDFORMATION": place.url,
        "AWS_MAX_ATTEMPTS": "1",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "NO_PROXY": "127.0.0.1",
        **client.environ(),
    }


def judge(arn: str, region: str) -> str:
    if ROLE not in arn:
        return "another"
    return "right" if region == REGION else "region"


def _spoken(place: Place, out: str) -> tuple[str, str] | None:
    """ARN and region as the program printed them; those for .NET print a key instead of the ARN."""
    try:
        answer = json.loads(out.splitlines()[0])
    except (IndexError, ValueError):
        return None
    if "error" in answer:
        return None
    arn = answer.get("arn") or place.world.idc.keys[answer["key"]].arn
    return arn, str(answer["region"])


def _signed(place: Place, calls: int) -> tuple[str, str] | None:
    """ARN and region of the last request, after ``calls`` of them, that was signed for a service
    other than AssumeRole, which only serves to get keys."""
    signatures = [
        call.headers.get("authorization", "")
        for call in place.world.idc.calls[calls:]
        if call.operation == "GetCallerIdentity"
    ] + place.neighbour.signatures
    for signature in reversed(signatures):
        match = re.search(r"Credential=(\w+)/\d+/([\w-]+)/", signature)
        if match:
            return place.world.idc.keys[match[1]].arn, match[2]
    return None
