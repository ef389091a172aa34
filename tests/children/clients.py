"""The programs that are run: each AWS SDK, and tools that have one inside."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def built() -> Path:
    """The folder that ``build`` has filled."""
    folder = os.environ.get("SSOENV_TEST_CHILDREN")
    if not folder:
        pytest.skip("needs the AWS SDKs: tests/children/build FOLDER, SSOENV_TEST_CHILDREN=FOLDER")
    return Path(folder)


def _node_modules() -> Path:
    return Path(os.environ.get("SSOENV_TEST_NODE_MODULES") or "/no/node_modules")


def _go(name: str) -> list[str]:
    return [str(built() / name)]


def _java(name: str, home: Path) -> list[str]:
    """The JVM takes the home from the user's account, not from HOME."""
    path = built() / name / "classpath"
    libraries = path.read_text().strip() if path.exists() else "/not/built"
    folder = built() / name
    archive = f"-XX:SharedArchiveFile={folder / 'who.jsa'}"  # goes on without it if it does not fit
    classpath = f"{folder / 'who.jar'}{os.pathsep}{libraries}"
    return [*JAVA, archive, f"-Duser.home={home}", "-cp", classpath, "Who"]


def _dotnet(version: str) -> list[str]:
    folder = built() / "dotnet"
    return [str(folder / "runtime" / "dotnet"), str(folder / "aws-sdk-net" / version / "who.dll")]


SERVERLESS = """\
service: hello
frameworkVersion: "3"
provider:
  name: aws
  region: ${env:AWS_REGION, "eu-central-1"}
plugins: [./who]
"""
# Serverless has no setting for where STS is, so a plugin tells the SDK that is inside.
SERVERLESS_PLUGIN = """\
const AWS = require(require.resolve("aws-sdk", { paths: [process.env.SERVERLESS] }));
module.exports = class {
  constructor(serverless) {
    AWS.config.sts = { endpoint: process.env.AWS_ENDPOINT_URL_STS };
    const ask = () => serverless.getProvider("aws").request("STS", "getCallerIdentity", {});
    this.commands = { who: { lifecycleEvents: ["who"] } };
    this.hooks = { "who:who": ask };
  }
};
"""
CDK_APP = """\
const fs = require("fs");
fs.mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
fs.writeFileSync(process.env.CDK_OUTDIR + "/manifest.json", '{"version": "36.0.0"}');
"""


@dataclass(frozen=True)
class Client:
    """``command``: how it starts, given the home. ``version``: that of the SDK or tool.
    ``made``: the part of ``build`` that makes it, if one does. ``speaks``: it answers each line of
    stdin with a line of JSON that says whom it acts as; for the others, the signatures of their
    requests say it. ``stays``: it answers more than one line. ``files``: what it needs in the home.
    ``environ``: the variables that it needs."""

    name: str
    command: Callable[[Path], list[str]]
    version: Callable[[], str]
    made: str = ""
    speaks: bool = True
    stays: bool = True
    files: dict[str, str] = field(default_factory=dict)
    environ: Callable[[], dict[str, str]] = dict

    def need(self) -> None:
        """Skip the test, with the name of what is missing."""
        folder = built()
        program = self.command(Path("/"))[0]
        if not shutil.which(program):
            pytest.skip(f"needs {self.name}: {program} does not exist")
        if self.made and not (folder / f"{self.made}.stamp").exists():
            pytest.skip(f"needs {self.name}: tests/children/build could not make {self.made}")
        try:
            version = self.version()
        except OSError as error:
            pytest.skip(f"needs {self.name}: {error.filename} does not exist")
        if version == "?":
            pytest.skip(f"needs {self.name}: it is not installed")


def output(*command: str | Path) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else "?"


def _module(folder: str, module: str) -> Callable[[], str]:
    pattern = rf"{re.escape(module)} v?([\w.-]+)"
    return lambda: _found(pattern, (HERE / folder / "go.mod").read_text())


def _in_file(path: Path, pattern: str) -> str:
    return _found(pattern, path.read_text()) if path.exists() else "?"


def _npm(package: str, modules: Callable[[], Path]) -> Callable[[], str]:
    return lambda: json.loads((modules() / package / "package.json").read_text())["version"]


def _dotnet_version(version: str) -> Callable[[], str]:
    file = Path("aws-sdk-net", version, "who.deps.json")
    return lambda: _in_file(built() / "dotnet" / file, r"AWSSDK\.Core/([\d.]+)")


def _gems() -> list[Path]:
    """The folders with the SDK and with what Ruby itself brings (rexml)."""
    usr = built() / "ruby" / "usr"
    return [usr / "share" / "rubygems-integration" / "all", *usr.glob("lib/ruby/gems/*")]


def _javascript2() -> Path:
    return built() / "javascript2" / "node_modules"


def _aws(variable: str) -> str:
    return os.environ.get(variable) or "/no/aws"


def _aws_command(variable: str) -> Callable[[Path], list[str]]:
    return lambda home: [_aws(variable), "sts", "get-caller-identity"]


def _aws_version(variable: str) -> Callable[[], str]:
    return lambda: _found(r"aws-cli/([\d.]+)", output(_aws(variable), "--version"))


def _rust() -> list[str]:
    return [str(built() / "rust" / "debug" / "who")]


def _sam(home: Path) -> list[str]:
    return [str(built() / "sam" / "bin" / "sam"), "list", "stack-outputs", "--stack-name", "one"]


ALL = (
    Client(
        "boto3",
        lambda home: [sys.executable, str(HERE / "python.py")],
        lambda: output(sys.executable, "-c", "import boto3; print(boto3.__version__)").strip(),
    ),
    Client(
        "AWS CLI 2",
        _aws_command("SSOENV_TEST_AWS"),
        _aws_version("SSOENV_TEST_AWS"),
        speaks=False,
        stays=False,
    ),
    Client(
        "AWS CLI 1",
        _aws_command("SSOENV_TEST_AWS_V1"),
        _aws_version("SSOENV_TEST_AWS_V1"),
        speaks=False,
        stays=False,
    ),
    Client(
        "JavaScript 3",
        lambda home: ["node", str(HERE / "javascript3.js")],
        _npm("@aws-sdk/client-sts", _node_modules),
        environ=lambda: {"NODE_PATH": str(_node_modules())},
    ),
    Client(
        "JavaScript 2",
        lambda home: ["node", str(HERE / "javascript2.js")],
        _npm("aws-sdk", _javascript2),
        environ=lambda: {"NODE_PATH": str(_javascript2())},
        made="javascript2",
    ),
    Client(
        "Java 2",
        lambda home: _java("java2", home),
        lambda: _found(r"<sdk>([\d.]+)", (HERE / "java2" / "pom.xml").read_text()),
        made="java2",
    ),
    Client(
        "Java 1",
        lambda home: _java("java1", home),
        lambda: _found(r"<version>(1\.[\d.]+)", (HERE / "java1" / "pom.xml").read_text()),
        made="java1",
    ),
    Client(
        "Go 2", lambda home: _go("go2"), _module("go2", "github.com/aws/aws-sdk-go-v2"), made="go2"
    ),
    Client(
        "Go 1", lambda home: _go("go1"), _module("go1", "github.com/aws/aws-sdk-go"), made="go1"
    ),
    Client(
        "Rust",
        lambda home: _rust(),
        lambda: _found(
            r'name = "aws-config"\nversion = "([\d.]+)"', (HERE / "rust/Cargo.lock").read_text()
        ),
        made="rust",
    ),
    Client(".NET 4", lambda home: _dotnet("v4"), _dotnet_version("v4"), stays=False, made="dotnet"),
    Client(".NET 3", lambda home: _dotnet("v3"), _dotnet_version("v3"), stays=False, made="dotnet"),
    Client(
        "Ruby 3",
        lambda home: ["ruby", str(HERE / "ruby.rb")],
        lambda: next((f.name[13:] for f in _gems()[0].glob("gems/aws-sdk-core-*")), "?"),
        environ=lambda: {
            "GEM_PATH": os.pathsep.join(map(str, _gems())),
            "TEST_RUBY_LIBRARY": str(built() / "ruby" / "usr" / "lib" / "ruby" / "vendor_ruby"),
        },
        made="ruby",
    ),
    Client(
        "PHP AsyncAws",
        lambda home: ["php", str(HERE / "php.php")],
        lambda: _found(
            r"^([\d.]+)-", output("dpkg-query", "-Wf", "${Version}", "php-async-aws-core")
        ),
        stays=False,
    ),
    Client(
        "Terraform",
        lambda home: _go("terraform"),
        _module("terraform", "github.com/hashicorp/aws-sdk-go-base/v2"),
        made="terraform",
    ),
    Client(
        "Serverless 3",
        lambda home: [str(_node_modules() / ".bin" / "serverless"), "who"],
        _npm("serverless", _node_modules),
        speaks=False,
        stays=False,
        files={"serverless.yml": SERVERLESS, "who.js": SERVERLESS_PLUGIN},
        environ=lambda: {
            "SERVERLESS": str(_node_modules() / "serverless"),
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
            "HTTPS_PROXY": "",  # it would go through it to 127.0.0.1, too
        },
    ),
    Client(
        "CDK 2",
        lambda home: [
            str(_node_modules() / ".bin" / "cdk"),
            "ls",
            "--app",
            "node app.js",
            "--no-notices",
        ],
        _npm("aws-cdk", _node_modules),
        speaks=False,
        stays=False,
        files={"app.js": CDK_APP},
        environ=lambda: {"CDK_DISABLE_CLI_TELEMETRY": "1"},
    ),
    Client(
        "SAM",
        _sam,
        lambda: _found(r"version ([\d.]+)", output(built() / "sam/bin/sam", "--version")),
        speaks=False,
        stays=False,
        environ=lambda: {"SAM_CLI_TELEMETRY": "0"},
        made="sam",
    ),
)
