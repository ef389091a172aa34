"""Fixtures for signing in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import World
from tests.signin.people import Browser


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path / "browser")


@pytest.fixture
def approving(world: World) -> Iterator[World]:
    """A world whose Identity Center says yes at once."""
    world.idc.approval = "approve"
    yield world
