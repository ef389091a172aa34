"""Tools written in Go, which ask AWS's own addresses only, and keep what they get in stores of
their own. Build them where Go's proxy can be reached, then name them:

    export GOBIN=/tmp/go-tools
    go install github.com/99designs/aws-vault/v7@v7.2.0
    go install github.com/synfinatic/aws-sso-cli/cmd/aws-sso@v1.17.0
    go install github.com/common-fate/granted/cmd/granted@v0.38.0
    export SSOENV_BENCH_AWS_VAULT=$GOBIN/aws-vault SSOENV_BENCH_AWS_SSO=$GOBIN/aws-sso
    export SSOENV_BENCH_GRANTED=$GOBIN/granted

(A proxy that does not list a module's versions refuses that: ``go mod download MODULE@VERSION``
there, then ``go build -mod=mod`` in a copy of what it has downloaded.)

One that is not named, or fails, is left out.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ssoenv.demo.center.identity_center import IdentityCenter

_SECONDS = 30


@dataclass
class Tool:
    """``version`` and ``run``: its arguments; the second gives keys or runs a child with them.
    ``sign_in``: its arguments that ask for a person, who agrees. ``environ``: its variables.
    ``config``: a file in the home, and its text. ``store`` and ``tokens``: the folder of what it
    keeps, and the names in it that are needed for a call; without the rest it is cold."""

    name: str
    variable: str
    version: list[str]
    sign_in: list[str]
    run: list[str]
    environ: dict[str, str]
    config: tuple[str, str] = ("", "")
    store: str = ""
    tokens: str = ""

    @property
    def program(self) -> str:
        return os.environ.get(self.variable, "")


def _all(idc: IdentityCenter) -> list[Tool]:
    return [
        Tool(
            "aws-vault",
            "SSOENV_BENCH_AWS_VAULT",
            ["--version"],
            ["exec", "--stdout", "dev", "--", "true"],
            ["exec", "dev", "--", "true"],
            {"AWS_VAULT_BACKEND": "file", "AWS_VAULT_FILE_PASSPHRASE": "x", "BROWSER": "true"},
            store=".awsvault/keys",
            tokens="oidc",
        ),
        Tool(
            "aws-sso-cli",
            "SSOENV_BENCH_AWS_SSO",
            ["version"],
            ["exec", "--account", "111122223333", "--role", "Developer", "true"],
            ["exec", "--account", "111122223333", "--role", "Developer", "true"],
            {"AWS_SSO_FILE_PASSWORD": "x"},
            (
                ".aws-sso/config.yaml",
                "SSOConfig:\n  Default:\n"
                f"    SSORegion: {idc.region}\n    StartUrl: {idc.start_url}\n"
                "DefaultSSO: Default\nUrlAction: print\nSecureStore: json\n",
            ),
        ),
        Tool(
            "Granted",
            "SSOENV_BENCH_GRANTED",
            ["--version"],
            ["sso", "login", "--sso-start-url", idc.start_url, "--sso-region", idc.region],
            ["credential-process", "--profile", "dev"],
            {"GRANTED_ENABLE_AUTO_REASSUME": "false"},
            (
                ".granted/config",
                'DefaultBrowser = "STDOUT"\nOrdering = "Alphabetical"\n'
                '[Keyring]\nBackend = "file"\n',
            ),
        ),
    ]


def commands(
    folder: Path, environ: dict[str, str], idc: IdentityCenter
) -> Iterator[tuple[str, list[str], Callable[[], None] | None]]:
    """Name and version, command line, and what makes it cold (None: it is warm) of each tool that
    is there, signed in. ``environ``: of the home ``folder``; theirs are added to it."""
    for tool in _all(idc):
        if not tool.program:
            continue
        environ |= tool.environ
        path, text = tool.config
        if path:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        command = [tool.program, *tool.run]
        try:
            _sign_in([tool.program, *tool.sign_in], environ, idc)
            subprocess.run(command, env=environ, check=True, capture_output=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or b""
            print(f"left out: {tool.name}: {error}: {said.decode()[-500:]}", file=sys.stderr)
            continue
        name = f"{tool.name} {_version(tool, environ)}".rstrip()
        yield name, command, None
        if tool.store:
            yield name, command, _cold(folder / tool.store, tool.tokens)


def _cold(store: Path, tokens: str) -> Callable[[], None]:
    def forget() -> None:
        for path in store.iterdir():
            if path.is_file() and not path.name.startswith(tokens):
                path.unlink()

    return forget


def _sign_in(command: list[str], environ: dict[str, str], idc: IdentityCenter) -> None:
    """Run it, and agree to what it asks for. Raises ``OSError`` and ``SubprocessError``."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        end = time.monotonic() + _SECONDS
        while process.poll() is None and time.monotonic() < end:
            idc.approve_device()
            time.sleep(0.1)
        with contextlib.suppress(OSError):
            process.kill()
        process.wait()
        if process.returncode:
            said.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, stderr=said.read())


def _version(tool: Tool, environ: dict[str, str]) -> str:
    done = subprocess.run(
        [tool.program, *tool.version], env=environ, capture_output=True, text=True, check=False
    )
    words = (done.stdout + done.stderr).split()
    numbers = [word for word in words if word.lstrip("v")[:1].isdigit()]
    return numbers[0].lstrip("v") if numbers else ""
