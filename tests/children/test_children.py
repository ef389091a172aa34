"""Each AWS SDK, and each tool that has one inside, acts as the profile that was asked for, in each
way that ssoenv offers, whatever other identities there are; or else ssoenv says that it does not.

The programs: ``tests/children/build FOLDER``, SSOENV_TEST_CHILDREN=FOLDER."""

import re
from collections.abc import Iterator

import pytest

from tests.children import clients, expected, matrix, page
from tests.children.clients import Client
from tests.children.matrix import Machine
from tests.conftest import World


def _each(some: list[Client]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("client", some, ids=lambda client: client.name)


@pytest.fixture(scope="module")
def machine(_world_of_the_run: World) -> Iterator[Machine]:
    with matrix.a_machine(_world_of_the_run) as one:
        yield one


@_each([*clients.ALL])
@pytest.mark.parametrize("way", matrix.WAYS)
def test_a_program_acts_as_the_profile_that_was_asked_for(
    machine: Machine, client: Client, way: str
) -> None:
    client.need()
    for state in matrix.STATES:
        outcome = matrix.run(machine, client, way, state)
        note = expected.note_of(client.name, way, state)
        assert outcome.verdict == (note.verdict if note else "right"), (state, outcome)
        if note and note.says:
            by_ssoenv = way != "credential_process"
            said = outcome.said if by_ssoenv else matrix.doctor(machine, client, state)
            assert re.search(note.says, said), (state, said)


def test_no_program_acts_as_another_identity_without_a_message() -> None:
    assert all(note.says for note in expected.NOTES if note.verdict == "another")


@_each([client for client in clients.ALL if client.stays])
@pytest.mark.parametrize("way", matrix.RENEWING)
def test_the_next_call_after_keys_have_expired_has_new_ones(
    world: World, client: Client, way: str
) -> None:
    """In a world of its own: what renews keys for a program may outlive it for a moment."""
    client.need()
    with matrix.a_machine(world) as machine:
        matrix.prepare(machine, client)
        world.idc.role_lifetime = 5
        first, second = matrix.two_calls(machine, client, way)
    for key in (first, second):
        assert matrix.ROLE in world.idc.keys[key].arn
    assert first != second


def test_the_page_says_what_is_expected() -> None:
    """If this fails: python -m tests.children.page"""
    text = page.PATH.read_text(encoding="utf-8")
    assert text == page.render(*page.measured(text))
