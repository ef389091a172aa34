"""What a release consists of, built once for all tests of this folder."""

import contextlib
import fcntl
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def filled_once(folder: Path) -> Iterator[bool]:
    """Whether ``folder`` has still to be filled. Of several processes only the first is told so;
    the others wait for it."""
    complete = folder.with_suffix(".complete")
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not complete.exists()
        complete.touch()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run of the tests have in common."""
    ours = tmp_path_factory.getbasetemp()
    return ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours


class Release:
    """An sdist of the tree, that sdist unpacked, and a wheel built from it."""

    def __init__(self, folder: Path) -> None:
        with filled_once(folder) as first:
            if first:
                self._build(folder)
        [self.sdist] = (folder / "dist").glob("*.tar.gz")
        [self.wheel] = (folder / "dist").glob("*.whl")
        self.tree = folder / self.sdist.name.removesuffix(".tar.gz")

    def _build(self, folder: Path) -> None:
        sdist = build(ROOT, "sdist", folder / "dist")
        with tarfile.open(sdist) as archive:
            for member in archive:
                assert member.isfile() and not member.name.startswith(("/", "..")), member.name
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # new in 3.12
            archive.extractall(folder)
        build(folder / sdist.name.removesuffix(".tar.gz"), "wheel", folder / "dist")


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
def release(shared_folder: Path) -> Release:
    return Release(shared_folder / "release")
