"""Where an experiment takes place: a fresh home, Identity Center in miniature, tools on PATH."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import go_tools
from front import Front, front
from peers import Peer, cli, installed

from ssoenv.demo import home
from ssoenv.demo.center.identity_center import IdentityCenter

# Seen in their ARNs. "Developer" is the same as "dev", in the config of aws-sso-cli.
ROLES = {
    "dev": "_Developer_",
    "legacy": "_ReadOnly_",
    "prod": "/Deploy/",
    "Developer": "_Developer_",
}
REGIONS = {
    "dev": "eu-central-1",
    "legacy": "us-west-2",
    "prod": "eu-west-1",
    "Developer": "eu-central-1",
}
_DUMP = "sh -c 'env -0 > dump'"


class Place:
    """``tls``: for a tool that asks AWS's own addresses only."""

    def __init__(
        self, peer: Peer, idc: IdentityCenter, folder: Path, path: str, tls: Front | None
    ) -> None:
        self.peer = peer
        self.idc = idc
        self.home = folder
        self.environ = {
            "PATH": path,
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
            **home.write_home(str(folder), idc),
            "AWS_ENDPOINT_URL_IAM": idc.url,  # yawsso asks there
        }
        if tls:
            self.environ = go_tools.behind(self.environ, tls.proxy, tls.ca) | peer.environ
            go_tools.set_up(peer, folder, idc.start_url)
        self.sign_in()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def sign_in(self) -> None:
        """For all profiles, for hours."""
        for session in (home.SESSION, None):
            home.sign_in(str(self.home), self.idc, session)
        if self.peer.sign_in:
            go_tools.sign_in(self.peer, self.environ, self.idc)
            time.sleep(1.1)  # until the role credentials have expired

    def sign_out(self) -> None:
        """Nobody is signed in, without a word to Identity Center."""
        for path in self.tokens:
            path.unlink()
        if self.peer.store:
            shutil.rmtree(self.home / self.peer.store, ignore_errors=True)

    def sign_in_long_ago(self) -> None:
        """For the tool's profile alone, with an access token that has just expired."""
        self.sign_out()
        if self.peer.own:
            own = self.peer.own.format(url=self.idc.start_url)
            (self.home / ".aws" / "config").write_text(f"[profile dev]\n{own}")
        if self.peer.sign_in:
            before, self.idc.token_lifetime = self.idc.token_lifetime, 1
            go_tools.sign_in(self.peer, self.environ, self.idc)
            self.idc.token_lifetime = before
            time.sleep(1.1)
            return
        session = None if self.peer.profile == "legacy" else home.SESSION
        token = self.idc.issue_token(lifetime=-60)
        home.sign_in(str(self.home), self.idc, session, token=token)

    @property
    def tokens(self) -> list[Path]:
        return [*(self.home / ".aws" / "sso" / "cache").glob("*.json")]

    def line(self, template: str, profile: str = "") -> str:
        profile = profile or self.peer.profile
        return template.format(p=profile, url=self.idc.start_url, port=self.port)

    def start(
        self, line: str, shell: tuple[str, ...] = ("sh", "-c"), **environ: str
    ) -> subprocess.Popen[str]:
        """A command line started, with no terminal and nobody to ask."""
        return subprocess.Popen(
            [*shell, line],
            env=self.environ | {"SHELL": shutil.which(shell[0]) or ""} | environ,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, line: str, shell: tuple[str, ...] = ("sh", "-c"), **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """A command line run to its end, which comes within 30 seconds; what it left running is
        ended as well."""
        process = self.start(line, shell, **environ)
        try:
            out, err = process.communicate(timeout=30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()
        return subprocess.CompletedProcess(line, process.returncode, out, err)

    def python(self, before: str, code: str, **environ: str) -> str:
        """What a Python that has boto3 prints, run behind the words ``before``."""
        (self.home / "child.py").write_text(f"import boto3, time\n{code}")
        line = f"{before} {sys.executable} {self.home}/child.py"
        return self.run(line, ("bash", "-c"), **environ).stdout

    def exported(
        self,
        template: str,
        shell: tuple[str, ...] = ("bash", "-c"),
        profile: str = "",
        **environ: str,
    ) -> dict[str, str]:
        """The environment of a child of a shell that has read the line."""
        dump = self.home / "dump"
        dump.unlink(missing_ok=True)
        self.run(f"{self.line(template, profile)}; {_DUMP}", shell, **environ)
        return self.dumped()

    def dumped(self) -> dict[str, str]:
        dump = self.home / "dump"
        pairs = dump.read_text().split("\0") if dump.exists() else []
        return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}

    def good(self, given: dict[str, str], profile: str = "") -> bool:
        """Whether these variables are keys that were handed out, for the role of the profile."""
        keys = self.idc.keys.get(given.get("AWS_ACCESS_KEY_ID", ""))
        return keys is not None and (
            given.get("AWS_SECRET_ACCESS_KEY") == keys.secret_access_key
            and given.get("AWS_SESSION_TOKEN") == keys.session_token
            and ROLES[profile or self.peer.profile] in keys.arn
        )

    def gives(self, profile: str = "", **environ: str) -> bool:
        """Whether the tool gives keys of the profile."""
        if not self.peer.keys:
            given = self.exported(self.peer.lines["bash"], profile=profile, **environ)
            return self.good(given, profile)
        shown = self.run(self.line(self.peer.keys, profile), **environ).stdout
        return self.good(as_variables(shown), profile)


def as_variables(shown: str) -> dict[str, str]:
    """The keys that a ``credential_process`` printed, by the names of variables."""
    try:
        given = json.loads(shown)
    except ValueError:
        return {}
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    variables = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {v: str(given.get(n)) for n, v in zip(names, variables, strict=True)}


@contextlib.contextmanager
def place(peer: Peer, path: str) -> Iterator[Place]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        IdentityCenter() as idc,
        front(idc.url, Path(folder)) if peer.sign_in else contextlib.nullcontext() as tls,
    ):
        yield Place(peer, idc, Path(folder), path, tls)


@contextlib.contextmanager
def tools(peers: list[Peer]) -> Iterator[str]:
    """A PATH with all tools, the AWS CLI v2 and Nushell on it."""
    with tempfile.TemporaryDirectory() as links:
        for name, found in (("aws", cli()), ("nu", os.environ.get("SSOENV_TEST_NU", ""))):
            if found:
                os.symlink(shutil.which(found) or found, Path(links, name))
        for name in ("aws", "nu", "fish", "tcsh", "strace"):
            if not shutil.which(name, path=f"{links}:{os.environ['PATH']}"):
                raise SystemExit(f"needs {name} (AWS CLI v2: SSOENV_TEST_AWS, nu: SSOENV_TEST_NU)")
        folders = [installed(peer.name, peer.requirements) for peer in peers if peer.requirements]
        yield os.pathsep.join(
            [
                links,
                os.path.dirname(sys.executable),
                *folders,
                *filter(None, [go_tools.FOLDER]),
                "/usr/local/bin:/usr/bin:/bin",
            ]
        )
