"""What Identity Center and STS may answer, beyond the table's rows."""

import json

from tests.conftest import World, assert_fails
from tests.faults.network import keys_with

ONCE = {"AWS_MAX_ATTEMPTS": "1"}
PORTAL = "GetRoleCredentials"


def test_the_words_of_a_server_cannot_reach_the_terminal_raw(shared_world: World) -> None:
    body = json.dumps({"message": "a\nb\x1b[31mc" + "x" * 5000, "__type": "T\r\nS"}).encode()
    shared_world.idc.fault(PORTAL, status=403, body=body)
    failed = shared_world.run("dev", **ONCE)
    assert_fails(failed, 5, "a bc")
    assert len(failed.err) < 700


def test_any_other_text_is_handed_on(shared_world: World) -> None:
    token = "a 'b' \"c\" $(id) `id` \\ é \u00a0 ☃ \u2028 !"
    shared_world.idc.fault(PORTAL, body=keys_with(sessionToken=token))
    assert shared_world.variables("dev")["AWS_SESSION_TOKEN"] == token


def test_a_huge_answer_is_read_whole(shared_world: World) -> None:
    token = "A" * 1_000_000
    shared_world.idc.fault(PORTAL, body=keys_with(sessionToken=token))
    assert f"AWS_SESSION_TOKEN='{token}'" in shared_world.run("dev").out


def test_in_a_chain_the_middle_role_that_was_refused_is_named(shared_world: World) -> None:
    middle = "arn:aws:iam::777788889999:role/Middle"
    shared_world.add_config(
        f"[profile middle]\nrole_arn = {middle}\nsource_profile = dev\n"
        "[profile top]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\n"
        "source_profile = middle\nregion = us-east-1\n"
    )
    assert_fails(
        shared_world.run("top", **ONCE),
        5,
        'you may not assume role "Middle" in account 777788889999',
    )


def test_the_service_is_asked_again_before_it_is_given_up(shared_world: World) -> None:
    before = shared_world.idc.count(PORTAL)
    shared_world.idc.fault(PORTAL, status=500, times=2)
    assert shared_world.run("dev").code == 0
    assert shared_world.idc.count(PORTAL) == before + 3
