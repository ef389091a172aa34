"""A config that holds a session and nothing else."""

import pytest

from tests.configure.expected import SESSION
from tests.conftest import World


@pytest.fixture
def bare(signed_in: World) -> World:
    """Signed in to the session "demo", with nothing in the config but that session."""
    signed_in.config.write_text(SESSION)
    return signed_in
