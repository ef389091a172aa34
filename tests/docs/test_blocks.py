"""Every fenced block of the pages is run here, parsed here, run by a test that it names, or says
why it is not run."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from botocore.configloader import load_config

from tests.conftest import World
from tests.docs import pages
from tests.docs.pages import Block

ROLES = {"dev": "AWSReservedSSO_Developer_", "prod": "Deploy/"}
TOOLS = ("sls", "terraform", "cdk", "npm", "make", "docker", "aws")
TOOL = f"""#!{sys.executable}
import boto3, os, sys
try:
    who = boto3.client("sts", region_name="us-east-1").get_caller_identity()["Arn"]
except Exception as problem:
    who = f"nobody: {{problem}}"
print(os.path.basename(sys.argv[0]), "ACTS AS", who)
"""
BLOCKS = pages.blocks()
PARSERS = {
    "json": json.loads,
    "yaml": yaml.safe_load,
    "xml": ElementTree.fromstring,
}


def kind(block: Block) -> str:
    """How a block is tested: "run", "parsed", "elsewhere" (by the test it names), "not run"."""
    mark, _, about = block.mark.partition(" by " if block.mark.startswith("run") else ": ")
    if mark in ("run", "parsed") and about:
        return "elsewhere"
    if mark == "not run" and about:
        return "not run"
    if block.language == "sh":
        return "run"
    return "parsed" if block.language in (*PARSERS, "ini") else "nothing"


def of_kind(wanted: str) -> list[pytest.param]:
    return [pytest.param(block, id=block.place) for block in BLOCKS if kind(block) == wanted]


def test_every_block_is_accounted_for() -> None:
    assert [block.place for block in BLOCKS if kind(block) == "nothing"] == []
    assert len(BLOCKS) > 20


@pytest.fixture
def project(shared_world: World) -> Iterator[World]:
    """A world whose tools say who they act as, in a folder with what the recipes expect."""
    tools = shared_world.home / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).write_text(TOOL)
        (tools / name).chmod(0o755)
    before = dict(shared_world.environ)
    shared_world.environ["PATH"] = f"{tools}:{before['PATH']}"
    shared_world.environ |= {
        "GITHUB_ENV": str(shared_world.home / "github_env"),
        "SSOENV_SHELL": "",
    }
    yield shared_world
    shared_world.environ = before


@pytest.mark.parametrize("block", of_kind("run"))
def test_the_lines_do_what_they_are_there_for(project: World, block: Block) -> None:
    """No line fails or complains, each tool is run, and all act as the profile that is named."""
    used = re.compile(r'^eval "\$\(ssoenv (dev|prod)\)".*$', re.MULTILINE)
    script = used.sub(r'\g<0>\ntest "$SSOENV_PROFILE" = \1', block.text)
    result = project.command(["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script])
    assert result.code == 0, result
    complaints = [line for line in result.err.splitlines() if not line.startswith("ssoenv: wrote ")]
    assert [line for line in complaints if not line.startswith("::add-mask::")] == [], result
    lines = [line.partition(" #")[0] for line in block.text.splitlines()]
    expected = []
    for line in lines:
        named = re.search(rf"\b({'|'.join(ROLES)}) -- ({'|'.join(TOOLS)})\b", line)
        if named:
            expected.append((named[2], ROLES[named[1]]))
    said = re.findall(r"^(\w+) ACTS AS (.*)$", result.out, re.MULTILINE)
    assert len(said) == len(expected), result
    for (tool, who), (wanted, role) in zip(said, expected, strict=True):
        assert tool == wanted
        assert f":assumed-role/{role}" in who


@pytest.mark.parametrize("block", of_kind("parsed"))
def test_the_files_can_be_read(block: Block, tmp_path: Path) -> None:
    if block.language == "ini":
        (tmp_path / "config").write_text(block.text)
        assert load_config(str(tmp_path / "config"))["profiles"]
    else:
        assert PARSERS[block.language](block.text)


@pytest.mark.parametrize("block", of_kind("elsewhere"))
def test_the_test_that_a_block_names_is_there(block: Block) -> None:
    path, _, name = block.mark.partition(" by ")[2].partition("::")
    assert f"def {name}(" in (pages.ROOT / path).read_text(encoding="utf-8")


def test_profiles_from_a_start_url(shared_world: World) -> None:
    """The second line as it stands, but for the address; for the first, which asks, what it would
    do is in tests/configure/test_people.py."""
    block = next(b for b in BLOCKS if "test_profiles_from_a_start_url" in b.mark)
    line = block.text.splitlines()[1].replace(
        "https://NAME.awsapps.com/start", shared_world.idc.start_url
    )
    before = shared_world.config.read_text(encoding="utf-8")
    done = shared_world.command(["bash", "-c", line])
    assert done.code == 0, done
    after = shared_world.config.read_text(encoding="utf-8")
    assert after.startswith(before)
    assert after.count("[profile ") > before.count("[profile ")
