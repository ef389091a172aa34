"""Tools written in Go, which ask AWS's own addresses only, and keep what they get in stores of
their own. SSOENV_BENCH_GO names a folder with aws-vault, aws-sso, granted and what belongs to it;
one that is not there is left out. To build them where Go's proxy can be reached:

    export GOBIN=/tmp/go-tools GRANTED=github.com/common-fate/granted
    go install -ldflags "-X main.Version=7.2.0" github.com/99designs/aws-vault/v7@v7.2.0
    go install -ldflags "-X $GRANTED/internal/build.ConfigFolderName=.granted
        -X $GRANTED/internal/build.Version=0.38.0" $GRANTED/cmd/granted@v0.38.0
    ln -s granted $GOBIN/assumego
    install $(go env GOMODCACHE)/$GRANTED@v0.38.0/scripts/assume* $GOBIN
    git clone --branch v2.3.2 https://github.com/synfinatic/aws-sso-cli && cd aws-sso-cli
    go build -ldflags "-X main.Version=2.3.2" -o $GOBIN/aws-sso ./cmd/aws-sso

(A proxy that does not list a module's versions refuses ``go install``: ``go mod download
MODULE@VERSION`` there, then ``go build -mod=mod`` in a copy of what it has downloaded.)
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from peers import Peer

from ssoenv.demo.center.identity_center import IdentityCenter

FOLDER = os.environ.get("SSOENV_BENCH_GO", "")
NOT_TRIED = "not tried"
_SECONDS = 30

_ALL = [
    Peer(
        "aws-vault",
        [],
        keys="aws-vault export --format=json {p}",
        lines={
            "bash": 'eval "$(aws-vault export --format=export-env {p})"',
            "fish": "aws-vault export --format=export-env {p} | source",
        },
        run="aws-vault exec {p} --",
        edit="AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=x"
        " aws-vault add --env new",
        # It wants a program to ask for MFA, which is not asked for here.
        renewing="ln -s /bin/true zenity; export PATH=$PATH:$PWD;"
        " aws-vault --prompt=zenity exec --ecs-server {p} --",
        metadata=NOT_TRIED,  # it changes the machine's network, by sudo
        sign_in="aws-vault exec {p} -- true",
        environ={"AWS_VAULT_BACKEND": "file", "AWS_VAULT_FILE_PASSPHRASE": "x"},
        store=".awsvault/keys",
        cold=".awsvault/keys/sso*",
    ),
    Peer(
        "aws-sso-cli",
        [],
        keys="aws-sso process -p {p}",
        lines={
            "bash": 'eval "$(aws-sso eval -p {p})"',
            "fish": "aws-sso eval -p {p} | source",
        },
        run="aws-sso exec -p {p} --",
        write="aws-sso credentials -a -f ~/.aws/credentials -p {p}",
        edit="aws-sso setup profiles --force",
        renewing="aws-sso ecs server --port {port} --disable-auth --disable-ssl >log 2>&1"
        " & sleep 2; aws-sso ecs load --server localhost:{port} -p {p};"
        " AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost:{port}/",
        profile="Developer",  # of its own file: it does not read profiles of AWS's
        sign_in="aws-sso login",
        environ={"AWS_SSO_FILE_PASSWORD": "x"},
        files={
            ".config/aws-sso/config.yaml": """\
SSOConfig:
  Default:
    SSORegion: us-east-1
    StartUrl: {url}
    Accounts:
      "111122223333":
        Roles:
          Developer:
            Profile: Developer
            DefaultRegion: eu-central-1
DefaultSSO: Default
AuthWorkflow: device_code
SecureStore: file
"""
        },
        store=".config/aws-sso/secure",
    ),
    Peer(
        "Granted",
        [],
        keys="granted credential-process --profile {p}",
        lines={
            "bash": ". assume {p}",
            "fish": "source (command -s assume.fish) {p}",
            "tcsh": "source `which assume.tcsh` {p}",
        },
        run="assume {p} --exec --",
        write="assume --export {p}",
        edit="granted sso populate --sso-region us-east-1 {url}",
        own="granted_sso_start_url = {url}\ngranted_sso_region = us-east-1\n"
        "granted_sso_account_id = 111122223333\ngranted_sso_role_name = Developer\n"
        "granted_sso_registration_scopes = sso:account:access\nregion = eu-central-1\n"
        "credential_process = granted credential-process --profile dev\n",
        sign_in="granted credential-process --auto-login --profile {p}",
        environ={"GRANTED_ALIAS_CONFIGURED": "true", "CF_KEYRING_FILE_PASSWORD": "x"},
        files={
            ".granted/config": 'DefaultBrowser = "STDOUT"\nOrdering = "Alphabetical"\n'
            '[Keyring]\nBackend = "file"\n'
        },
        store=".granted/secure-storage-aws-sso-tokens",
        cold=".granted/secure-storage-aws-session-credentials/*",
    ),
]

# Those that are there.
PEERS = [peer for peer in _ALL if FOLDER and shutil.which(peer.sign_in.split()[0], path=FOLDER)]


def behind(environ: dict[str, str], proxy: str, ca: Path) -> dict[str, str]:
    """The variables of a home, so that all asks AWS's own addresses through the proxy."""
    kept = {name: environ[name] for name in environ if "ENDPOINT_URL" not in name}
    trust = {"SSL_CERT_FILE": str(ca), "AWS_CA_BUNDLE": str(ca)}
    return kept | {"HTTPS_PROXY": proxy, "NO_PROXY": "", "BROWSER": "true"} | trust


def set_up(peer: Peer, home: Path, start_url: str) -> None:
    """Write the tool's files."""
    for name, text in peer.files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text.format(url=start_url))


def sign_in(peer: Peer, environ: dict[str, str], idc: IdentityCenter) -> None:
    """Sign in for all profiles, with a person who agrees, and role credentials that last a second.
    Raises ``OSError`` and ``SubprocessError``."""
    before = idc.approval, idc.role_lifetime
    idc.approval, idc.role_lifetime = "approve", 1
    try:
        config = (Path(environ["HOME"]) / ".aws" / "config").read_text()
        for profile in ("dev", "legacy"):
            if f"[profile {profile}]" not in config:
                continue
            command = peer.sign_in.format(p=profile).split()
            command[0] = shutil.which(command[0], path=environ["PATH"]) or command[0]
            subprocess.run(
                command,
                env=environ | peer.environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
                timeout=_SECONDS,
            )
    finally:
        idc.approval, idc.role_lifetime = before


def commands(
    folder: Path, environ: dict[str, str], idc: IdentityCenter
) -> Iterator[tuple[str, list[str], Callable[[], None] | None]]:
    """Name and version, command line, and what makes it cold (None: it is warm) of each tool that
    is there, signed in. ``environ``: of the home ``folder``; theirs are added to it."""
    for peer in PEERS:
        environ |= peer.environ
        set_up(peer, folder, idc.start_url)
        program, *arguments = shlex.split(f"{peer.run} true".format(p=peer.profile))
        command = [shutil.which(program) or program, *arguments]
        try:
            sign_in(peer, environ, idc)
            subprocess.run(command, env=environ, check=True, capture_output=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or b""
            print(f"left out: {peer.name}: {error}: {said.decode()[-500:]}", file=sys.stderr)
            continue
        name = f"{peer.name} {peer.version()}".rstrip()
        yield name, command, None
        if peer.cold:
            yield name, command, _cold(folder, peer.cold)


def _cold(folder: Path, pattern: str) -> Callable[[], None]:
    def forget() -> None:
        for path in folder.glob(pattern):
            path.unlink()

    return forget
