"""Each AWS SDK, and tools that have one inside, act as the profile that was asked for, whichever way
it is given to them and whoever else waits in the home, or somebody says that they do not."""

import re
from collections.abc import Iterator

import pytest

from tests.children import clients, expected, matrix
from tests.children.clients import Client
from tests.children.matrix import Place
from tests.conftest import World

CLIENTS = pytest.mark.parametrize("client", clients.ALL, ids=lambda client: client.name)


@pytest.fixture(scope="module")
def place(_world_of_the_run: World) -> Iterator[Place]:
    with matrix.a_place(_world_of_the_run) as one:
        yield one


@CLIENTS
@pytest.mark.parametrize("way", matrix.WAYS)
def test_a_program_is_who_was_asked_for(place: Place, client: Client, way: str) -> None:
    client.need()
    for state in matrix.STATES:
        outcome = matrix.run(place, client, way, state)
        note = expected.note_of(client.name, way, state)
        assert outcome.verdict == (note.verdict if note else "right"), (state, outcome)
        if note and note.says:
            said = outcome.said if way != "credential_process" else matrix.doctor(place, state)
            assert re.search(note.says, said), (state, said)


def test_nobody_acts_as_another_without_a_word() -> None:
    assert all(note.says for note in expected.NOTES if note.verdict == "another")


@CLIENTS
@pytest.mark.parametrize("way", matrix.RENEWING)
def test_the_next_call_after_the_end_of_the_keys_has_new_ones(
    place: Place, client: Client, way: str
) -> None:
    client.need()
    if not client.stays:
        pytest.skip("it makes one call and ends")
    matrix.settle(place, client)
    idc = place.world.idc
    idc.role_lifetime = 5
    try:
        first, second = matrix.two_calls(place, client, way)
    finally:
        idc.role_lifetime = 3600
    for key in (first, second):
        assert matrix.ROLE in idc.keys[key].arn
    assert first != second
