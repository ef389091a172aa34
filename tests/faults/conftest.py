"""``shared_world`` as everywhere, but with runs of ssoenv that take a third of the time."""

from collections.abc import Iterator

import pytest

from tests.conftest import Result, World
from tests.faults.scene import Stage


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture
def shared_world(shared_world: World, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> World:
    def run(*arguments: str, **changes: str | None) -> Result:
        return stage.run(list(arguments), shared_world.environment(**changes), shared_world.home)

    monkeypatch.setattr(shared_world, "run", run)
    return shared_world
