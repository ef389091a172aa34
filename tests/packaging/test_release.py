"""What is in the sdist and in the wheel: everything, and nothing else."""

import email
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ssoenv
from tests.conftest import need
from tests.packaging.conftest import ROOT, Release, build

# Where the wheel puts what shells and man look for, and where that is in the tree.
SHARED = {
    "share/bash-completion/completions/ssoenv": "shell/completion/ssoenv.bash",
    "share/zsh/site-functions/_ssoenv": "shell/completion/_ssoenv",
    "share/fish/vendor_completions.d/ssoenv.fish": "shell/completion/ssoenv.fish",
    "share/man/man1/ssoenv.1": "docs/ssoenv.1",
}
NAME = f"ssoenv-{ssoenv.__version__}"


def files(tree: Path) -> set[str]:
    found = {path for path in tree.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    return {path.relative_to(tree).as_posix() for path in found}


def test_the_sdist_is_the_repository(release: Release) -> None:
    """Every file that git knows or would add, and the metadata."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git repository: an unpacked sdist is none")
    git = [need("git", "apt-get install git"), "-c", "safe.directory=*"]  # whoever owns it
    command = [*git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    known = {name for name in listed.split("\0") if (ROOT / name).is_file()}
    assert files(release.tree) == known | {"PKG-INFO"}


def test_the_wheel_is_the_package_its_scripts_and_nothing_else(release: Release) -> None:
    """Also, each file is the same as in the tree. What makes the completion table stays there."""
    tree = release.tree
    expected = {f"ssoenv/{name}": tree / "ssoenv" / name for name in files(tree / "ssoenv")}
    del expected["ssoenv/integration/make_completion_table.py"]
    expected |= {f"ssoenv/shell/{name}": tree / "shell" / name for name in files(tree / "shell")}
    for place, name in SHARED.items():
        expected[f"{NAME}.data/data/{place}"] = tree / name
    with zipfile.ZipFile(release.wheel) as wheel:
        found = {name: wheel.read(name) for name in wheel.namelist()}
    about = {name for name in found if name.startswith(f"{NAME}.dist-info/")}
    assert {name.partition("/")[2] for name in about} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }
    assert set(found) - about == set(expected)
    assert "ssoenv/py.typed" in found
    for name, path in expected.items():
        assert found[name] == path.read_bytes(), name


def test_whoever_builds_gets_the_same_bytes(release: Release, tmp_path: Path) -> None:
    """In another folder, from newer files, with other modes, and another home."""
    copy = tmp_path / "a copy"
    shutil.copytree(release.tree, copy, copy_function=shutil.copy)
    (copy / "PKG-INFO").unlink()
    (copy / "README.md").chmod(0o600)
    for kind, first in (("sdist", release.sdist), ("wheel", release.wheel)):
        again = build(copy, kind, tmp_path / "dist", HOME=str(tmp_path), TZ="Asia/Tokyo")
        assert again.read_bytes() == first.read_bytes(), kind


def test_the_index_would_take_both_and_show_the_readme(release: Release) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", release.sdist, release.wheel],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall("PASSED", done.stdout)) == 2


def test_links_in_the_readme_work_on_the_index(release: Release, tmp_path: Path) -> None:
    """Where the owner has set the repository's address; those within the page stay."""
    copy = tmp_path / "copy"
    shutil.copytree(release.tree, copy)
    (copy / "PKG-INFO").unlink()
    place = "https://github.com/example/ssoenv"
    with (copy / "pyproject.toml").open("a") as file:
        file.write(f'\n[project.urls]\nRepository = "{place}/"\n')
    with zipfile.ZipFile(build(copy, "wheel", tmp_path / "dist")) as wheel:
        metadata = email.message_from_bytes(wheel.read(f"{NAME}.dist-info/METADATA"))
    shown = metadata.get_payload(decode=True).decode()
    written = (ROOT / "README.md").read_text()
    links = re.findall(r"(!?)\[[^\]]*\]\(([^)]*)\)", shown)
    assert len(links) == len(re.findall(r"\]\(", written)) > 10
    for picture, link in links:
        if link.startswith("#"):
            continue
        start = f"{place}/{'raw' if picture else 'blob'}/v{ssoenv.__version__}/"
        assert link.startswith(start)
        assert (ROOT / link.removeprefix(start).partition("#")[0]).is_file()
    outside = re.compile(r"\]\([^)]*\)")
    assert outside.sub("", shown) == outside.sub("", written)


def test_the_metadata_says_what_the_tree_says(release: Release) -> None:
    with zipfile.ZipFile(release.wheel) as wheel:
        metadata = email.message_from_bytes(wheel.read(f"{NAME}.dist-info/METADATA"))
        scripts = wheel.read(f"{NAME}.dist-info/entry_points.txt").decode()
    assert metadata["Name"] == "ssoenv"
    assert metadata["Version"] == ssoenv.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True).decode() == (ROOT / "README.md").read_text()
    needed = {re.split(r"[^\w-]", r)[0] for r in metadata.get_all("Requires-Dist") if ";" not in r}
    assert needed == {"boto3", "prompt-toolkit", "shellingham"}
    assert scripts.split() == ["[console_scripts]", "ssoenv", "=", "ssoenv.__main__:main"]
