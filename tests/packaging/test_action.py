"""``action.yml``, replayed by the rules of GitHub's runner for composite actions."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Result, World, need
from tests.docs.test_ci import github_variables
from tests.job_tokens import TokenService
from tests.packaging.conftest import ROOT

ARN = "arn:aws:iam::111122223333:role/Deploy"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Runner:
    """A job on a runner with the files by which a step hands something to the next ones."""

    def __init__(self, world: World, **environ: str) -> None:
        need("bash", "bash")
        self.world = world
        self.temp = world.home / "runner temp"
        self.temp.mkdir()
        self.environ = {**environ, "CI": "true", "RUNNER_TEMP": str(self.temp)}
        self.environ["SSOENV_SHELL"] = ""
        self.path = os.path.dirname(sys.executable) + ":/usr/local/bin:/usr/bin:/bin"
        self.log = ""
        world.idc.allow_role(ARN)
        world.idc.trust_web_identity("job-token")

    def installed(self) -> "Runner":
        """The same where the action's installation has been done before."""
        (self.temp / "ssoenv").mkdir()
        (self.temp / "ssoenv" / "installed").touch()
        return self

    def use(self, source: Path, **inputs: str) -> Result:
        """The action in the folder ``source``, by its steps up to the first that fails."""
        action: dict[str, Any] = yaml.safe_load((source / "action.yml").read_text())
        assert action["runs"]["using"] == "composite"
        assert inputs.keys() <= action["inputs"].keys()
        values = {f"inputs.{name}": row["default"] for name, row in action["inputs"].items()}
        values |= {f"inputs.{name}": value for name, value in inputs.items()}
        values["github.action_path"] = str(source)
        for step in action["runs"]["steps"]:
            assert step.keys() == {"name", "shell", "env", "run"}, "GitHub's words in a script"
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]
            given = {
                name: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)
                for name, text in step["env"].items()
            }
            done = self.run(step["run"], **given)
            if done.code:
                break
        return done

    def run(self, script: str, **environ: str) -> Result:
        """One step: a file that bash reads, with what the steps before handed over."""
        files = {name: self.temp / name for name in ("GITHUB_ENV", "GITHUB_PATH")}
        for file in files.values():
            file.touch()
        path = self.temp / "step.sh"
        path.write_text(script)
        shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(path)]
        places = {name: str(file) for name, file in files.items()}
        done = self.world.command(shell, **{**self.environ, "PATH": self.path, **environ, **places})
        self.log += done.out + done.err
        self.environ |= github_variables(files["GITHUB_ENV"].read_text())
        for folder in files["GITHUB_PATH"].read_text().splitlines():
            self.path = f"{folder}:{self.path}"
        for file in files.values():
            file.unlink()
        return done

    def role(self) -> str:
        return self.world.idc.keys[self.environ["AWS_ACCESS_KEY_ID"]].arn.split("/")[1]


@pytest.fixture
def job(world: World, token_service: TokenService) -> Runner:
    """A job that may ask for a token, on a runner with neither config nor ssoenv."""
    world.config.unlink()
    return Runner(world, **token_service.variables())


def recipe() -> list[dict[str, Any]]:
    page = (ROOT / "docs" / "ci.md").read_text()
    [text] = re.findall(r"test_action.py::\w+ -->\n```yaml\n(.*?)```", page, re.DOTALL)
    steps: list[dict[str, Any]] = yaml.safe_load(text)["steps"]
    return steps


def test_the_recipe_from_an_empty_runner(job: Runner) -> None:
    """With a real installation by pip from this tree."""
    job.path = "/usr/local/bin:/usr/bin:/bin"
    if not Path("/usr/bin/python3").exists():
        job.path = os.path.dirname(os.path.realpath(sys.executable)) + ":" + job.path
    [inputs] = [
        step["with"] for step in recipe() if step["uses" if "uses" in step else "run"] == "./ssoenv"
    ]
    done = job.use(ROOT, **inputs)
    assert done.code == 0, done
    assert job.role() == "Deploy"
    assert job.environ["AWS_REGION"] == "eu-central-1"
    assert "warning" not in job.log
    seen = job.run("command -v ssoenv; ssoenv exec -- env").out
    assert seen.startswith(str(job.temp))
    assert "SSOENV_PROFILE=Deploy@111122223333" in seen


def test_keys_are_masked_before_they_are_handed_over(job: Runner) -> None:
    assert job.installed().use(ROOT, **{"role-arn": ARN, "region": "eu-west-1"}).code == 0
    masks = re.findall("^::add-mask::(.*)$", job.log, re.M)
    assert masks == [job.environ[name] for name in KEYS]
    shown = re.sub("^::add-mask::.*$", "", job.log, flags=re.M)
    assert not any(job.environ[name] in shown for name in KEYS)
    assert "job-token" not in job.log


def test_a_second_use_switches_to_another_role(job: Runner) -> None:
    other = ARN.replace("Deploy", "Other")
    job.world.idc.allow_role(other)
    job.installed()
    for arn in (ARN, other, ARN):
        assert job.use(ROOT, **{"role-arn": arn, "region": "eu-west-1"}).code == 0, job.log
        assert job.role() == arn.split("/")[1]
    seen = job.run("ssoenv exec --endpoint -- ssoenv --format process")
    assert '"AccessKeyId": "ASIA' in seen.out, seen


def test_nothing_else_of_the_runner_takes_part(job: Runner) -> None:
    """A config with [default], keys, the web identity of the machine that the runner is on."""
    job.world.config.write_text("[default]\naws_access_key_id = A\naws_secret_access_key = b\n")
    job.environ |= {
        "AWS_PROFILE": "default",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_SSO_ROLE_NAME": "x",
    }
    assert job.installed().use(ROOT, **{"role-arn": ARN, "region": "eu-west-1"}).code == 0, job.log
    assert job.role() == "Deploy"


def test_a_profile_instead(job: Runner) -> None:
    (job.world.home / "aws-config").write_text(
        f"[profile my deploy]\nrole_arn = {ARN}\nssoenv_oidc = github\nregion = eu-west-3\n"
    )
    job.environ["AWS_CONFIG_FILE"] = "aws-config"
    job.world.config.write_text("")
    done = job.installed().use(ROOT, profile="my deploy")
    assert done.code == 3  # botocore wants such a name in quotes
    text = (job.world.home / "aws-config").read_text()
    (job.world.home / "aws-config").write_text(text.replace("my deploy", '"my deploy"'))
    assert job.use(ROOT, profile="my deploy").code == 0, job.log
    assert (job.role(), job.environ["AWS_REGION"]) == ("Deploy", "eu-west-3")
    assert job.environ["SSOENV_PROFILE"] == "my deploy"


def test_without_either_it_only_installs(job: Runner) -> None:
    assert job.installed().use(ROOT).code == 0
    assert "AWS_ACCESS_KEY_ID" not in job.environ


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"role-arn": ARN, "profile": "dev"}, "::error::ssoenv: both role-arn and profile"),
        ({"role-arn": "Deploy"}, "AWS_ROLE_ARN is"),
        ({"role-arn": "$(touch pwned)"}, "AWS_ROLE_ARN is"),
        ({"profile": "--help"}, "there is no profile"),
        ({"role-arn": ARN, "region": "-h"}, "--region"),
    ],
)
def test_what_is_wrong_fails_the_step(job: Runner, inputs: dict[str, str], words: str) -> None:
    assert job.installed().use(ROOT, **inputs).code != 0
    assert words in job.log
    assert "AWS_ACCESS_KEY_ID" not in job.environ
    assert not (job.world.home / "pwned").exists()


def test_a_job_without_the_permission_is_told(job: Runner) -> None:
    for name in ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        del job.environ[name]
    done = job.installed().use(ROOT, **{"role-arn": ARN, "region": "eu-west-1"})
    assert done.code == 3
    assert "id-token: write" in job.log
