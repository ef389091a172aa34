"""What docs/tools.md says was run."""

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from dotenv import dotenv_values

from tests.conftest import SSOENV, World, need
from tests.docs import pages

SERVICE = """\
service: hello
frameworkVersion: "3"
provider:
  name: aws
  runtime: nodejs20.x
custom:
  account: ${aws:accountId}
"""
COMPLAINT = 'AWS profile "dev" doesn\'t seem to be configured'


def from_npm(program: str, package: str) -> str:
    """The path of what npm installed, or a loud skip."""
    modules = os.environ.get("SSOENV_TEST_NODE_MODULES", "")
    path = Path(modules, ".bin", program)
    if not modules or not path.exists():
        pytest.skip(f"needs {program}: npm install {package}, and set SSOENV_TEST_NODE_MODULES")
    return str(path)


@pytest.fixture
def serverless(signed_in: World) -> list[str]:
    """The command that needs credentials, in a folder with a service."""
    program = from_npm("serverless", "serverless@3")
    (signed_in.home / "serverless.yml").write_text(SERVICE)
    quiet = {"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"}
    # Version 3 knows no AWS_ENDPOINT_URL: its call to STS goes nowhere, fast.
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:1", "SLS_AWS_REQUEST_MAX_RETRIES": "0"}
    signed_in.environ |= {**quiet, **nowhere, "AWS_PROFILE": "dev", "NO_PROXY": ""}
    return [program, "print"]


def test_serverless_does_not_know_the_profile_by_itself(
    signed_in: World, serverless: list[str]
) -> None:
    alone = signed_in.command(serverless)
    assert COMPLAINT in alone.out + alone.err


def test_serverless_takes_the_keys_that_exec_gives_it(
    signed_in: World, serverless: list[str]
) -> None:
    signed_in.run("dev", HTTPS_PROXY=None)
    helped = signed_in.command([SSOENV, "exec", "dev", "--", *serverless])
    assert "Credentials: Local, environment variables" in helped.out + helped.err
    assert COMPLAINT not in helped.out + helped.err


CDK_APP = """\
const fs = require("fs");
fs.mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
fs.writeFileSync(process.env.CDK_OUTDIR + "/manifest.json", '{"version": "36.0.0"}');
console.error("FOR", process.env.CDK_DEFAULT_ACCOUNT, process.env.CDK_DEFAULT_REGION);
"""


@pytest.mark.parametrize("options", [[], ["--endpoint"]], ids=["keys", "endpoint"])
def test_the_cdk_finds_the_account(signed_in: World, options: list[str]) -> None:
    cdk = from_npm("cdk", "aws-cdk@2")
    (signed_in.home / "app.js").write_text(CDK_APP)
    command = [cdk, "ls", "--app", "node app.js", "--no-notices"]
    quiet = {"CDK_DISABLE_CLI_TELEMETRY": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    alone = signed_in.command(command, **quiet)
    assert "FOR undefined" in alone.err + alone.out
    helped = signed_in.run("exec", *options, "dev", "--", *command, **quiet)
    assert "FOR 111122223333 eu-central-1" in helped.err + helped.out, helped


class Recorder(BaseHTTPRequestHandler):
    """A service that remembers what it was asked, and has nothing: S3 without objects, a Docker
    engine that cannot start containers. What is put there can be had again."""

    asked: ClassVar[list[tuple[str, str, bytes]]]
    kept: ClassVar[dict[str, bytes]]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.asked.append((f"{self.command} {path}", self.headers.get("Authorization", ""), body))
        status, text = 200, b"<ListBucketResult/>" if "list-type" in self.path else b""
        if self.command == "PUT":
            self.kept[path] = body
        elif path.endswith("/containers/create"):
            status, text = 500, b'{"message": "no engine"}'
        elif path in self.kept:
            text = self.kept[path]
        elif path.startswith("/states/"):
            status, text = 404, b"<Error><Code>NoSuchKey</Code></Error>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Api-Version", "1.50")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[tuple[str, type[Recorder]]]:
    """Host and port of a ``Recorder`` of one's own, and what it was asked."""
    kind = type("Mine", (Recorder,), {"asked": [], "kept": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", kind
        server.shutdown()


TERRAFORM = """\
terraform {
  backend "s3" {
    bucket         = "states"
    key            = "one"
    region         = "us-east-1"
    use_path_style = true
  }
}
resource "terraform_data" "one" {}
"""


@pytest.mark.parametrize("options", [[], ["--endpoint"]], ids=["keys", "endpoint"])
def test_terraform_keeps_its_state_as_the_profile(
    signed_in: World, service: tuple[str, type[Recorder]], options: list[str]
) -> None:
    """Its S3 backend signs with our keys, or asks the endpoint for them (the SDK for Go)."""
    terraform = need("terraform", "it from releases.hashicorp.com")
    address, kind = service
    (signed_in.home / "main.tf").write_text(TERRAFORM)
    signed_in.environ |= {"AWS_ENDPOINT_URL_S3": f"http://{address}", "CHECKPOINT_DISABLE": "1"}
    for command in (["init"], ["apply", "-auto-approve"]):
        words = ["exec", *options, "dev", "--", terraform, *command, "-input=false", "-no-color"]
        done = signed_in.run(*words)
        assert done.code == 0, done
    keys = signed_in.variables("dev")
    assert "PUT /states/one" in [asked for asked, _, _ in kind.asked]
    assert all(keys["AWS_ACCESS_KEY_ID"] in who for _, who, _ in kind.asked)


@pytest.mark.parametrize(
    "line",
    [block.text.strip() for block in pages.blocks() if "test_docker_" in block.mark],
)
def test_docker_hands_the_keys_to_the_container(
    signed_in: World, service: tuple[str, type[Recorder]], line: str
) -> None:
    """The real ``docker`` asks an engine to create a container with these variables."""
    need("docker", "docker-cli")
    address, kind = service
    keys = signed_in.variables("dev")
    signed_in.command(["bash", "-c", line], DOCKER_HOST=f"tcp://{address}")
    wanted = next(body for asked, _, body in kind.asked if asked.endswith("/containers/create"))
    environment = dict(pair.split("=", 1) for pair in json.loads(wanted)["Env"])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert environment[name] == keys[name]


def test_the_env_file_of_an_ide_holds_the_keys(signed_in: World) -> None:
    block = next(block for block in pages.blocks() if "test_the_env_file_of_an_ide" in block.mark)
    done = signed_in.command(["bash", "-c", block.text])
    assert done.code == 0, done
    found = dotenv_values(signed_in.home / ".env")
    keys = signed_in.variables("dev")
    assert {name: keys[name] for name in found} == found
    assert "AWS_SESSION_TOKEN" in found
