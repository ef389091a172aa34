"""The workflows: what GitHub runs for a change and for a release."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import need
from tests.packaging.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((WORKFLOWS[0].parent / name).read_text())[
        "jobs"
    ]
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actionlint_finds_nothing(path: Path) -> None:
    lint = need("actionlint", "it as .ci/run does")
    done = subprocess.run([lint, path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_others_actions_are_pinned_by_commit(path: Path) -> None:
    """One commit for one action, with the version that it is."""
    used = re.findall(r"uses: (\S+)(.*)", path.read_text())
    assert used
    pinned = {}
    for action, comment in used:
        if not action.startswith("./"):
            name, _, commit = action.partition("@")
            assert re.fullmatch("[0-9a-f]{40}", commit), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
            assert pinned.setdefault(name, commit) == commit


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_word_of_an_event_becomes_a_part_of_a_script(path: Path) -> None:
    for job in jobs(path.name).values():
        for step in job.get("steps", []):
            allowed = re.sub(r"\$\{\{ matrix\.boto3 \}\}", "", step.get("run", ""))
            assert "${{" not in allowed


def test_each_job_has_the_least_permissions() -> None:
    everywhere = [yaml.safe_load(path.read_text())["permissions"] for path in WORKFLOWS]
    assert everywhere == [{"contents": "read"}, {}]
    granted = {
        (name, permission)
        for name, job in jobs("release.yml").items()
        for permission, value in job["permissions"].items()
        if value == "write"
    }
    assert granted == {
        ("attest", "attestations"),
        ("attest", "id-token"),
        ("index", "id-token"),
        ("github", "contents"),
    }
    for path in WORKFLOWS:
        text = path.read_text()
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")


def test_every_python_that_the_metadata_names_is_tried() -> None:
    named = re.findall(
        r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text()
    )
    tried = {row["python"] for row in jobs("ci.yml")["systems"]["strategy"]["matrix"]["include"]}
    assert tried == set(named)


def test_nothing_is_published_that_was_not_tried() -> None:
    """From the tag's tests and installations on, each job needs the one before."""
    release = jobs("release.yml")
    assert release["ci"]["uses"] == "./.github/workflows/ci.yml"
    assert release["attest"]["needs"] == ["ci", "install", "run"]
    assert release["install"]["needs"] == release["run"]["needs"] == "build"
    assert release["index"]["needs"] == "attest"
    assert release["github"]["needs"] == "index"


def notes(version: str) -> subprocess.CompletedProcess[str]:
    need("bash", "bash")
    command = [str(ROOT / ".ci" / "release-notes"), version]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_notes_of_a_release_are_its_section_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## \[(.+?)\]", changelog, re.M)
    for version in versions:
        found = notes(version)
        assert found.returncode == 0
        assert found.stdout
        assert found.stdout in changelog
        assert "\n## " not in found.stdout
    assert notes("9.9.9").returncode != 0
    assert notes("").returncode != 0
