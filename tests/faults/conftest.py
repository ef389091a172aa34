"""The stage of the faults: as everybody's, but with clocks that are wrong, and signals."""

from collections.abc import Iterator

import pytest

from tests.stage import Stage


@pytest.fixture(scope="package")
def stage() -> Iterator[Stage]:
    stage = Stage("tests.faults.forkserver")
    yield stage
    stage.close()
