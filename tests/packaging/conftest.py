"""What a release consists of, built once for all tests of this folder (and worker)."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Release:
    """An sdist of the tree, that sdist unpacked, and a wheel built from it."""

    def __init__(self, folder: Path) -> None:
        self.sdist = build(ROOT, "sdist", folder / "dist")
        with tarfile.open(self.sdist) as archive:
            for member in archive:
                assert member.isfile() and not member.name.startswith(("/", "..")), member.name
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # new in 3.12
            archive.extractall(folder)
        self.tree = folder / self.sdist.name.removesuffix(".tar.gz")
        self.wheel = build(self.tree, "wheel", folder / "dist")


def build(tree: Path, kind: str, folder: Path, **changes: str) -> Path:
    """The sdist or wheel of ``tree``, put into ``folder``."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)],
        cwd=tree,
        env={**os.environ, **changes},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [built] = folder.glob({"sdist": "*.tar.gz", "wheel": "*.whl"}[kind])
    return built


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return Release(tmp_path_factory.mktemp("release"))
