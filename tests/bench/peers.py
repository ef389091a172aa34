"""The tools that ssoenv is compared with: where they come from, and how each is asked.

All are installed from PyPI into throw-away environments, but the AWS CLI v2, which PATH or
SSOENV_TEST_AWS has to name. They are kept in ``$SSOENV_BENCH_TOOLS`` (default: a folder of the
system's temporary files).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

TOOLS = Path(os.environ.get("SSOENV_BENCH_TOOLS") or tempfile.gettempdir()) / "ssoenv-bench"


@dataclass
class Peer:
    """A tool. All its command lines are for ``sh``; {p} is the profile, empty: not its job.

    ``keys``: prints what SDKs read from a ``credential_process``. ``lines``: shell → what prints
    lines for that shell to read. ``run``: runs the command behind it with the keys. ``write``:
    puts keys of a profile into ~/.aws/credentials. ``edit``: adds a profile to ~/.aws/config.
    ``renewing``: runs the command behind it so that it can get new keys. ``metadata``: serves keys
    like EC2's metadata service on {port}. ``profile``: of a session, or the kind it knows.

    The rest is for a tool that asks AWS's own addresses only and keeps what it gets in stores of
    its own. ``sign_in``: asks for a person, who agrees. ``environ``: its variables. ``files``:
    path in the home → text ({url}: the start URL). ``store``: the folder with its access tokens.
    ``cold``: a pattern of what is removed so that it has no role credentials. ``own``: the
    settings of a profile of its own kind, without which it gets no refresh token.
    """

    name: str
    requirements: list[str]
    keys: str = ""
    lines: dict[str, str] = field(default_factory=dict)
    run: str = ""
    write: str = ""
    edit: str = ""
    renewing: str = ""
    metadata: str = ""
    profile: str = "dev"
    sign_in: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    store: str = ""
    cold: str = ""
    own: str = ""

    def version(self) -> str:
        if self.name == "AWS CLI v2":
            shown = subprocess.run(["aws", "--version"], capture_output=True, text=True).stdout
            return shown.partition("/")[2].partition(" ")[0]
        if self.sign_in:
            how = "version" if self.name == "aws-sso-cli" else "--version"
            ask = [self.sign_in.split()[0], how]
            done = subprocess.run(ask, capture_output=True, text=True)
            words = [word.lstrip("v") for word in (done.stdout + done.stderr).split()]
            return next((word for word in words if word[:1].isdigit()), "")
        python = sys.executable if self.name == "ssoenv" else f"{TOOLS / self.name}/bin/python"
        ask = f"from importlib.metadata import version; print(version({self.name!r}))"
        return subprocess.run([python, "-c", ask], capture_output=True, text=True).stdout.strip()


# A user can always turn JSON into variables by hand: what counts is what the tool prints itself.
PEERS = [
    Peer(
        "ssoenv",
        [],
        keys="ssoenv credential-process {p}",
        lines={
            "bash": 'eval "$(ssoenv {p})"',
            "fish": "ssoenv {p} | source",
            "tcsh": 'eval "`ssoenv {p}`"',
            "nu": "ssoenv {p} | from json | load-env",
        },
        run="ssoenv exec {p} --",
        write="ssoenv write {p}",
        edit="ssoenv configure --all --yes",
        renewing="ssoenv exec --endpoint {p} --",
    ),
    Peer(
        "AWS CLI v2",
        [],
        keys="aws configure export-credentials --profile {p}",
        lines={
            "bash": 'eval "$(aws configure export-credentials --profile {p} --format env)"',
            "fish": "aws configure export-credentials --profile {p} --format fish | source",
        },
        edit="aws configure set region eu-west-3 --profile new",
    ),
    Peer(
        "aws-export-credentials",
        ["aws-export-credentials", "boto3<1.36"],  # 0.18.0 fails with newer ones
        keys="aws-export-credentials --profile {p} --json",
        lines={
            "bash": 'eval "$(aws-export-credentials --profile {p} --env-export)"',
            "fish": "aws-export-credentials --profile {p} --env-export | source",
        },
        run="aws-export-credentials --profile {p} --exec",
        write="aws-export-credentials --profile {p} --credentials-file-profile {p}",
        renewing="aws-export-credentials --profile {p} --container 127.0.0.1:{port} word >log 2>&1"
        " & sleep 2;"
        " AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:{port}/"
        " AWS_CONTAINER_AUTHORIZATION_TOKEN=word",
        metadata="aws-export-credentials --profile {p} --imds 127.0.0.1:{port} >log 2>&1",
    ),
    Peer(
        "aws-sso-util",
        ["aws-sso-util"],
        keys="aws-sso-util credential-process --profile {p}",
        run="aws-sso-util run-as -u {url} --sso-region us-east-1 -a 111122223333 -r ReadOnly",
        edit="aws-sso-util configure populate -u {url} --sso-region us-east-1 -r eu-west-3",
        profile="legacy",
    ),
    Peer(
        "yawsso",
        ["yawsso"],
        lines={
            "bash": 'eval "$(yawsso -p {p} -e | yawsso decrypt)"',
            "fish": "yawsso -p {p} -e | yawsso decrypt | source",
        },
        write="yawsso -p {p}",
    ),
    Peer(
        "aws2-wrap",
        ["aws2-wrap"],
        keys="aws2-wrap --profile {p} --process",
        lines={
            "bash": 'eval "$(aws2-wrap --profile {p} --export)"',
            "fish": "aws2-wrap --profile {p} --export | source",
        },
        run="aws2-wrap --profile {p}",
        write="aws2-wrap --profile {p} --generate --outprofile {p}-keys",
        edit="aws2-wrap --profile {p} --generate --outprofile new",
    ),
]


def cli() -> str:
    """The AWS CLI v2, or an empty text."""
    found = os.environ.get("SSOENV_TEST_AWS") or shutil.which("aws") or ""
    shown = subprocess.run([found or "false", "--version"], capture_output=True, text=True).stdout
    return found if "aws-cli/2" in shown else ""


def installed(name: str, requirements: list[str]) -> str:
    """The folder with the commands of ``requirements``, in an environment of their own."""
    place = TOOLS / name
    if not (place / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *requirements], check=True)
        (place / "complete").touch()
    return str(place / "bin")
