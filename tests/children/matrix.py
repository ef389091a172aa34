"""The ways in which ssoenv gives a program the credentials of a profile, the states of the home and
the environment that hold another identity, too, and one cell of that table: a program, run in one
way in one state."""

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
from tests.conftest import SSOENV, Result, World, reset

OTHER = "999988887777"
OTHER_ROLE = f"arn:aws:iam::{OTHER}:role/Other"
REGION, OTHER_REGION = "eu-central-1", "us-west-1"
ROLE = ":111122223333:assumed-role/AWSReservedSSO_Developer_"


class OtherServices(BaseHTTPRequestHandler):
    """Other services on the machine: one gives a container's credentials of another identity, one
    is an AWS service that refuses each request but keeps its signature, and one is a proxy for
    https that keeps which hosts were wanted, and reaches none."""

    credentials: ClassVar[bytes]
    signatures: ClassVar[list[str]]
    hosts: ClassVar[list[str]]

    def do_GET(self) -> None:
        self._answer(200, self.credentials)

    def do_POST(self) -> None:
        self.signatures.append(self.headers.get("Authorization", ""))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(
            400, b"<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>"
        )

    def do_CONNECT(self) -> None:
        self.hosts.append(self.path)
        self._answer(502, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@dataclass
class Machine:
    """A world, the port of the other services, and the static keys of another identity."""

    world: World
    port: int
    services: type[OtherServices]
    keys: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def a_machine(world: World) -> Iterator[Machine]:
    kind = type("Services", (OtherServices,), {"credentials": b"", "signatures": [], "hosts": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield Machine(world, server.server_port, kind, {})
        server.shutdown()


def prepare(machine: Machine, client: Client) -> None:
    """Make the home as each cell starts with it: signed in, with the files of ``client``, and
    nothing from an earlier cell."""
    world = machine.world
    reset(world)
    world.idc.allow_role(OTHER_ROLE)
    world.idc.trust_web_identity("token-of-another")
    keys = world.idc.issue_static_keys(OTHER, "other")
    machine.keys = {
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
    machine.services.credentials = json.dumps(answer).encode()
    machine.services.signatures.clear()
    machine.services.hosts.clear()
    process = f"{shlex.quote(SSOENV)} credential-process dev"
    world.add_config(
        f"[profile dev-keys]\ncredential_process = {process}\nregion = {REGION}\n"
        f"[profile dev-file]\nregion = {REGION}\n"
        f"[profile other]\n{_lines(machine)}region = {OTHER_REGION}\n"
    )
    for name, text in client.files.items():
        (world.home / name).write_text(text)


def _lines(machine: Machine) -> str:
    return "".join(f"{name} = {value}\n" for name, value in machine.keys.items())


# The states. Each takes a prepared machine, changes its files, and returns variables to set.


def clean(machine: Machine) -> dict[str, str]:
    return {}


def another_profile(machine: Machine) -> dict[str, str]:
    return {"AWS_PROFILE": "other", "AWS_DEFAULT_PROFILE": "other"}


def another_keys(machine: Machine) -> dict[str, str]:
    key, secret = machine.keys.values()
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ACCESS_KEY": key,
        "AWS_SECRET_KEY": secret,
        "AMAZON_ACCESS_KEY_ID": key,
        "AMAZON_SECRET_ACCESS_KEY": secret,
    }


def another_web_identity(machine: Machine) -> dict[str, str]:
    token = machine.world.home / "token"
    token.write_text("token-of-another")
    return {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_ARN": OTHER_ROLE,
        "AWS_ROLE_SESSION_NAME": "another",
    }


def another_container(machine: Machine) -> dict[str, str]:
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{machine.url}/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another",
    }


def default_keys(machine: Machine) -> dict[str, str]:
    file = machine.world.home / ".aws" / "credentials"
    file.write_text(f"[default]\n{_lines(machine)}")
    machine.world.add_config(f"[default]\nregion = {OTHER_REGION}\n")
    return {}


def default_process(machine: Machine) -> dict[str, str]:
    key, secret = machine.keys.values()
    answer = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret}
    (machine.world.home / "answer.json").write_text(json.dumps(answer))
    machine.world.add_config(
        f"[default]\ncredential_process = cat {machine.world.home}/answer.json\n"
        f"region = {OTHER_REGION}\n"
    )
    return {}


def default_role(machine: Machine) -> dict[str, str]:
    machine.world.add_config(
        f"[default]\nrole_arn = {OTHER_ROLE}\nsource_profile = other\nregion = {OTHER_REGION}\n"
    )
    return {}


def default_sso(machine: Machine) -> dict[str, str]:
    machine.world.add_config(
        "[default]\nsso_session = demo\nsso_account_id = 777788889999\n"
        f"sso_role_name = Administrator\nregion = {OTHER_REGION}\n"
    )
    return {}


STATES: dict[str, Callable[[Machine], dict[str, str]]] = {
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


# The ways. Each returns the command that runs ``command`` as dev, and variables to set.

# The SDKs for Go 1 and JavaScript 2 read the config, which has the region and credential_process,
# only if AWS_SDK_LOAD_CONFIG is set; the others ignore it.
PROFILE = {"AWS_SDK_LOAD_CONFIG": "1"}


PROCESS = {**PROFILE, "AWS_PROFILE": "dev-keys"}
ENDPOINT = ["exec", "--endpoint", "dev", "--"]


def by_eval(world: World, command: list[str], environ: dict[str, str]) -> Result:
    keys = world.run("dev", **environ)
    line = 'eval "$1" && shift && exec "$@"'
    return _both(keys, _alone(world, ["bash", "-c", line, "bash", keys.out, *command], environ))


def by_exec(world: World, command: list[str], environ: dict[str, str]) -> Result:
    return world.run("exec", "dev", "--", *command, input=b"\n", **environ)


def by_endpoint(world: World, command: list[str], environ: dict[str, str]) -> Result:
    return world.run(*ENDPOINT, *command, input=b"\n", **environ)


def by_process(world: World, command: list[str], environ: dict[str, str]) -> Result:
    return _alone(world, command, {**environ, **PROCESS})


def by_write(world: World, command: list[str], environ: dict[str, str]) -> Result:
    environ = {**environ, **PROFILE}
    written = world.run("write", "dev", "--as", "dev-file", **environ)
    if written.code:
        return written
    return _both(written, _alone(world, command, {**environ, "AWS_PROFILE": "dev-file"}))


def _alone(world: World, command: list[str], environ: dict[str, str]) -> Result:
    return world.command(command, input=b"\n", **environ)


def _both(ours: Result, program: Result) -> Result:
    """What both said, and what the program printed."""
    program.err = ours.err + program.err
    return program


WAYS = {
    "eval": by_eval,
    "exec": by_exec,
    "exec --endpoint": by_endpoint,
    "credential_process": by_process,
    "write": by_write,
}
# The ways in which a running program can get new keys.
RENEWING: dict[str, tuple[list[str], dict[str, str]]] = {
    "exec --endpoint": ([SSOENV, *ENDPOINT], {}),
    "credential_process": ([], PROCESS),
}


@dataclass(frozen=True)
class Outcome:
    """``verdict``: "right", "region" (the identity is right, the region is not), "another" (it
    acts as somebody else) or "fails". ``said``: the lines of ssoenv. ``seen``: what was seen."""

    verdict: str
    said: str
    seen: str


def run(machine: Machine, client: Client, way: str, state: str) -> Outcome:
    """One cell."""
    prepare(machine, client)
    world = machine.world
    environ = {**surroundings(machine, client), **STATES[state](machine)}
    calls = len(world.idc.calls)
    done = WAYS[way](world, client.command(world.home), environ)
    said = "".join(line + "\n" for line in done.err.splitlines() if line.startswith("ssoenv: "))
    who = _spoken(machine, done.out) if client.speaks else _signed(machine, calls)
    verdict = judge(*who) if who else "fails"
    if any(host.startswith("sts.") for host in machine.services.hosts) or "//sts." in done.out:
        # It does not know AWS_ENDPOINT_URL_STS, and wanted another identity's role from AWS.
        verdict = "another"
    return Outcome(verdict, said, f"{who} {machine.services.hosts} {done.out}{done.err}")


def doctor(machine: Machine, client: Client, state: str) -> str:
    """What the doctor prints in the home and environment of the way ``credential_process``."""
    prepare(machine, client)
    environ = {**STATES[state](machine), **PROCESS}
    done = machine.world.run("doctor", "--offline", **environ)
    return done.out + done.err


def two_calls(machine: Machine, client: Client, way: str) -> tuple[str, str]:
    """The access key ids of two calls of one running program; the keys of the first have expired
    before it makes the second."""
    world = machine.world
    before, more = RENEWING[way]
    command = [*before, *client.command(world.home)]
    environ = world.environment(**{**surroundings(machine, client), **more})
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
            left = (world.idc.keys[keys[0]].expires_at or 0) - time.time()
            assert left < 10, "these are keys of another test"
            time.sleep(max(0.0, left))
        process.stdin.close()
    return keys[0], keys[1]


def surroundings(machine: Machine, client: Client) -> dict[str, str]:
    """The variables with which ``client`` starts, and sends nothing to other machines."""
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_CLOUDFORMATION": machine.url,
        "AWS_MAX_ATTEMPTS": "1",
        "HTTPS_PROXY": machine.url,
        "JAVA_TOOL_OPTIONS": f"-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={machine.port}",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "NO_PROXY": "127.0.0.1",
        **client.environ(),
    }


def judge(arn: str, region: str) -> str:
    if ROLE not in arn:
        return "another"
    return "right" if region == REGION else "region"


def _spoken(machine: Machine, out: str) -> tuple[str, str] | None:
    """ARN and region as the program printed them; those for .NET print a key instead of the ARN."""
    try:
        answer = json.loads(out.splitlines()[0])
    except (IndexError, ValueError):
        return None
    if "error" in answer:
        return None
    arn = answer.get("arn") or machine.world.idc.keys[answer["key"]].arn
    return arn, str(answer["region"])


def _signed(machine: Machine, calls: int) -> tuple[str, str] | None:
    """ARN and region of the last request, after ``calls`` of them, that was signed for a service
    other than AssumeRole, which only serves to get keys."""
    signatures = [
        call.headers.get("authorization", "")
        for call in machine.world.idc.calls[calls:]
        if call.operation == "GetCallerIdentity"
    ] + machine.services.signatures
    for signature in reversed(signatures):
        match = re.search(r"Credential=(\w+)/\d+/([\w-]+)/", signature)
        if match:
            return machine.world.idc.keys[match[1]].arn, match[2]
    return None
