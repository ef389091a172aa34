"""Every recipe of docs/ci.md, replayed by the rules of the system that it is for.

Commands that are not ours (``pip``, ``curl``, ``sls``, …) are stand-ins; ``sls`` tells which
identity it was given, as Amazon's own Python SDK finds it.
"""

import os
import re
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import Result, World
from tests.job_tokens import TokenService

ROLE = "arn:aws:iam::111122223333:role/Deploy"
DEPLOYED = "arn:aws:sts::111122223333:assumed-role/Deploy/"
SLS = f"""#!{sys.executable}
import boto3
print("DEPLOYED BY", boto3.client("sts", region_name="us-east-1").get_caller_identity()["Arn"])
"""
SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
STAND_INS = {"sls": SLS, "pip": "#!/bin/sh\n"}
TOKEN_FILE = "web_identity_token_file = /tmp/aws-token"


class Job:
    """A CI job: a checkout with ci/aws-config, and the recipe's text. ``token``: the line of the
    profile that says where its token comes from."""

    def __init__(self, world: World, heading: str, language: str, token: str = "") -> None:
        self.world = world
        page = (Path(__file__).parent.parent.parent / "docs" / "ci.md").read_text()
        section = page.partition(f"\n## {heading}")[2].partition("\n## ")[0]
        assert not token or token in section
        here = str(world.home / "aws-token")
        self.recipes = [
            text.replace("/tmp/aws-token", here)
            for text in re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
        ]
        self.recipe = self.recipes[0]
        config = re.findall(r"```ini\n(.*?)```", page, re.DOTALL)[0]
        assert TOKEN_FILE in page
        if token:
            config = config.replace("ssoenv_oidc = github", token.replace("/tmp/aws-token", here))
        (world.home / "ci").mkdir()
        (world.home / "ci" / "aws-config").write_text(config)
        tools = world.home / "tools"
        tools.mkdir()
        for name, text in STAND_INS.items():
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        world.idc.allow_role(ROLE)
        world.idc.trust_web_identity("job-token")
        world.environ["PATH"] = f"{tools}{os.pathsep}{world.environ['PATH']}"
        world.environ |= {"CI": "true", "AWS_TOKEN": "job-token", "SSOENV_SHELL": ""}

    def bash(self, script: str, *options: str, **changes: str | None) -> Result:
        path = self.world.home / "step.sh"
        path.write_text(script)
        shell = ["bash", "--noprofile", "--norc", *(options or ("-e", "-o", "pipefail"))]
        return self.world.command([*shell, str(path)], **changes)


def github_variables(text: str) -> dict[str, str]:
    """The runner's reading of $GITHUB_ENV: NAME<<DELIMITER, lines, DELIMITER."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if line:
            name, mark, delimiter = line.partition("<<")
            assert mark
            assert name.isidentifier()
            value = []
            while (part := next(lines)) != delimiter:
                value.append(part)
            found[name] = "\n".join(value)
    return found


def test_github_actions(world: World, token_service: TokenService) -> None:
    job = Job(world, "GitHub Actions", "yaml")
    workflow = yaml.safe_load(job.recipe)
    deploy = workflow["jobs"]["deploy"]
    file = world.home / "github_env"
    file.touch()
    assert workflow["permissions"]["id-token"] == "write"
    environment = {"GITHUB_ENV": str(file), **token_service.variables(), **deploy["env"]}
    said = ""
    for step in deploy["steps"]:
        if "run" in step:
            done = job.bash(step["run"], **{**environment, **github_variables(file.read_text())})
            assert done.code == 0, done
            said = done.out
            assert "AWS_SECRET" not in done.out
            masks = re.findall("^::add-mask::(.*)$", done.err, re.M)
            if "--format" in step["run"]:
                secrets = github_variables(file.read_text())
                assert masks == [secrets[name] for name in SECRETS]
    assert f"DEPLOYED BY {DEPLOYED}" in said


def test_github_actions_without_a_config(world: World, token_service: TokenService) -> None:
    job = Job(world, "GitHub Actions", "yaml")
    world.config.unlink()
    deploy = yaml.safe_load(job.recipes[-1])["jobs"]["deploy"]
    for step in deploy["steps"]:
        if "run" in step:
            done = job.bash(step["run"], **{**token_service.variables(), **deploy["env"]})
            assert done.code == 0, done
    assert done.out.startswith(f"DEPLOYED BY {DEPLOYED}")


def test_gitlab(world: World) -> None:
    """GitLab's runner puts all lines of a job into one script."""
    job = Job(world, "GitLab", "yaml", "ssoenv_oidc = gitlab")
    deploy = yaml.safe_load(job.recipe)["deploy"]
    tokens = dict.fromkeys(deploy["id_tokens"], "job-token")
    done = job.bash("\n".join(deploy["script"]), **deploy["variables"], **tokens)
    assert done.code == 0, done
    assert done.out.startswith(f"DEPLOYED BY {DEPLOYED}")


def test_circleci(world: World) -> None:
    """Each step is a bash of its own, which reads $BASH_ENV first."""
    job = Job(world, "CircleCI", "yaml", "ssoenv_oidc = circleci")
    deploy = yaml.safe_load(job.recipe)["jobs"]["deploy"]
    (world.home / "bash_env").touch()
    environment = {"BASH_ENV": str(world.home / "bash_env"), **deploy["environment"]}
    environment["CIRCLE_OIDC_TOKEN_V2"] = "job-token"
    for step in deploy["steps"]:
        if isinstance(step, dict):
            done = job.bash(step["run"], **environment)
            assert done.code == 0, done
    assert done.out.startswith(f"DEPLOYED BY {DEPLOYED}")


def test_azure_pipelines(world: World) -> None:
    """Commands on stdout set variables; a secret reaches a step that names it under ``env``."""
    job = Job(world, "Azure Pipelines", "yaml", TOKEN_FILE)
    variables = {"AWS_TOKEN": "job-token"}
    secrets = {"AWS_TOKEN"}
    world.environ.pop("AWS_TOKEN")
    for step in yaml.safe_load(job.recipe)["steps"]:
        named = {
            name: re.sub(r"\$\((\w+)\)", lambda found: variables[found[1]], text)
            for name, text in step.get("env", {}).items()
        }
        given = {name: value for name, value in variables.items() if name not in secrets}
        done = job.bash(step["script"], **{**given, **named})
        assert done.code == 0, done
        for name, options, value in re.findall(
            r"^##vso\[task\.setvariable variable=(\w+)([^\]]*)\](.*)$", done.out, re.M
        ):
            variables[name] = value.replace("%3B", ";").replace("%5D", "]").replace("%AZP25", "%")
            secrets |= {name} if "issecret=true" in options else set()
    assert set(SECRETS) <= secrets
    assert done.out.startswith(f"DEPLOYED BY {DEPLOYED}")


def test_jenkins(world: World) -> None:
    """``sh`` steps run with -xe, and their trace is in the log: it holds no key."""
    job = Job(world, "Jenkins", "groovy", TOKEN_FILE)
    given = world.home / "given-token"
    given.write_text("job-token")
    steps = re.findall(r"sh '([^']*)'", job.recipe)
    for step in steps:
        done = job.bash(step, "-xe", TOKEN=str(given))
        assert done.code == 0, done
        assert "ASIA" not in done.err + done.out
    assert done.out.startswith(f"DEPLOYED BY {DEPLOYED}")
    assert len(steps) == 2


def test_without_any_config(world: World) -> None:
    job = Job(world, "Without any config", "sh")
    world.config.unlink()
    recipe = job.recipe.replace("https://example.awsapps.com/start", world.idc.start_url)
    done = job.bash(recipe, SSOENV_ACCESS_TOKEN=world.idc.issue_token()["accessToken"])
    assert done.code == 0, done
    assert "assumed-role/AWSReservedSSO_Developer_" in done.out


@pytest.mark.parametrize("heading", ["GitHub Actions", "CircleCI", "Azure Pipelines"])
def test_a_failing_step_hands_nothing_on(world: World, heading: str) -> None:
    job = Job(world, heading, "yaml")
    line = re.findall(r"ssoenv deploy --format \w+", job.recipe)[0]
    files = {name: str(world.home / name) for name in ("GITHUB_ENV", "BASH_ENV")}
    done = job.bash(line, AWS_CONFIG_FILE="ci/aws-config", **files)
    assert done.code != 0
    assert done.out == ""
    assert not any(os.path.exists(path) for path in files.values())
    assert done.err.count("\n") == 1


def test_a_missing_sign_in_says_what_to_set(world: World) -> None:
    done = world.run("dev", CI="true")
    assert done.code == 4
    assert "SSOENV_ACCESS_TOKEN" in done.err
    assert done.out == "false;\n"
