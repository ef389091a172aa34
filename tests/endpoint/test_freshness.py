"""Keys are renewed before they expire, once for all clients; without keys the answer says why."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ssoenv.aws import profile
from ssoenv.cache.role_keys import Credentials
from ssoenv.endpoint import fingerprint, refresher
from ssoenv.endpoint.renewal import Refused
from tests.conftest import World
from tests.endpoint.conftest import WaitingCommand, ask, eventually, keys

Serve = Callable[..., str]
StartCommand = Callable[..., WaitingCommand]


class Source:
    """A ``fetch`` that returns new keys, or raises, when the test sets ``go``."""

    def __init__(self, outcome: Credentials | Refused) -> None:
        self.outcome = outcome
        self.calls = 0
        self.called = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> Credentials:
        self.calls += 1
        self.called.set()
        assert self.go.wait(30)
        if isinstance(self.outcome, Refused):
            raise self.outcome
        return self.outcome


def in_parallel(number: int, url: str) -> list[tuple[int, str]]:
    """Status, and key or code, of that many requests at the same time."""
    barrier = threading.Barrier(number)

    def one() -> tuple[int, str]:
        barrier.wait(30)
        status, _, fields = ask(url)
        return status, fields.get("AccessKeyId") or fields["Code"]

    with ThreadPoolExecutor(number) as pool:
        return [answer.result() for answer in [pool.submit(one) for _ in range(number)]]


def test_keys_with_time_left_are_not_renewed(serve: Serve) -> None:
    source = Source(keys("NEW"))
    url = serve(keys("OLD", 930), source, ahead=900)
    assert ask(url)[2]["AccessKeyId"] == "OLD"
    assert source.calls == 0


def test_old_keys_are_served_while_new_ones_are_fetched(serve: Serve) -> None:
    """And all clients together cause one refresh."""
    source = Source(keys("NEW"))
    url = serve(keys("OLD", 899), source, ahead=900)
    assert source.called.wait(30)  # without a request
    assert in_parallel(100, url) == [(200, "OLD")] * 100
    source.go.set()
    eventually(lambda: ask(url)[2]["AccessKeyId"] == "NEW")
    assert source.calls == 1


def test_a_hundred_requests_wait_for_one_refresh_of_expired_keys(serve: Serve) -> None:
    source = Source(keys("NEW"))
    url = serve(keys("OLD", -5), source)
    assert source.called.wait(30)
    threading.Timer(0.2, source.go.set).start()
    assert in_parallel(100, url) == [(200, "NEW")] * 100
    assert source.calls == 1


def test_a_slow_refresh_is_answered_with_503(serve: Serve) -> None:
    """SDKs close the connection after a second; before that, they are told to try again."""
    source = Source(keys("NEW"))
    url = serve(keys("OLD", -5), source)
    status, headers, fields = ask(url)
    assert (status, headers["Retry-After"], fields["Code"]) == (503, "1", "NotReady")
    assert fields["Message"] == "ssoenv is fetching new keys"
    source.go.set()
    eventually(lambda: ask(url)[0] == 200)
    assert source.calls == 1


@pytest.mark.parametrize(("lasting", "status"), [(True, 403), (False, 503)])
def test_the_answer_says_why_there_are_no_keys(serve: Serve, lasting: bool, status: int) -> None:
    source = Source(Refused("SomeCode", "this is why", lasting))
    source.go.set()
    url = serve(keys("OLD", -5), source)
    got, headers, fields = ask(url)
    assert (got, fields) == (status, {"Code": "SomeCode", "Message": "ssoenv: this is why"})
    assert ("Retry-After" in headers) == (not lasting)


def test_a_failed_refresh_is_tried_again_at_a_later_request(serve: Serve) -> None:
    source = Source(Refused("SomeCode", "this is why", lasting=True))
    source.go.set()
    url = serve(keys("OLD", -5), source)
    assert ask(url)[0] == 403
    source.outcome = keys("NEW")
    eventually(lambda: ask(url)[0] == 200)
    assert ask(url)[2]["AccessKeyId"] == "NEW"


def test_after_a_failed_refresh_the_old_keys_are_served(serve: Serve) -> None:
    source = Source(Refused("SomeCode", "this is why", lasting=True))
    source.go.set()
    url = serve(keys("OLD", 60), source)
    assert source.called.wait(30)
    assert ask(url)[2]["AccessKeyId"] == "OLD"


def test_keys_that_expire_sooner_are_not_taken(serve: Serve) -> None:
    source = Source(keys("SOONER", 50))
    source.go.set()
    url = serve(keys("OLD", 60), source)
    assert source.called.wait(30)
    eventually(lambda: ask(url)[2]["AccessKeyId"] == "OLD")


def test_a_bug_in_fetching_does_not_stop_the_endpoint(serve: Serve) -> None:
    def broken() -> Credentials:
        raise RuntimeError("secret words")

    status, _, fields = ask(serve(keys("OLD", -5), broken))
    assert (status, fields["Code"]) == (503, "Bug")
    assert "secret" not in fields["Message"]


@pytest.mark.parametrize(
    ("fetched", "served"),
    [("NEW", "NEW"), ("OLD", "OLD"), ("", "OLD")],
    ids=["new", "same", "none"],
)
def test_new_keys_are_not_fetched_all_the_time(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, fetched: str, served: str
) -> None:
    """Where a role is given for ten minutes, new keys are due as soon as they arrive; and where
    there are none, all the time."""
    monkeypatch.setattr("ssoenv.endpoint.renewal._FIRST_RETRY_SECONDS", 600)
    source = Source(keys(fetched, 600) if fetched else Refused("Any", "why", lasting=False))
    source.go.set()
    url = serve(keys("OLD", 500), source, ahead=900)
    assert source.called.wait(30)
    eventually(lambda: ask(url)[2]["AccessKeyId"] == served)
    for _ in range(100):
        assert ask(url)[2]["AccessKeyId"] == served
    assert source.calls == 1


# Through the whole program


def test_new_keys_are_fetched_while_the_command_runs(
    start_command: StartCommand, shared_world: World
) -> None:
    shared_world.idc.role_lifetime = 600  # so they are due at once
    known = len(shared_world.idc.keys)
    command = start_command()
    eventually(lambda: list(shared_world.idc.keys)[known + 1 :] == [command.key_id()])
    arns = {key.arn for key in list(shared_world.idc.keys.values())[known:]}
    assert len(arns) == 1


def test_keys_are_served_while_the_service_hangs(
    start_command: StartCommand, shared_world: World
) -> None:
    shared_world.idc.role_lifetime = 600
    before = shared_world.idc.count("GetRoleCredentials")
    shared_world.idc.fault("GetRoleCredentials", times=1)  # which means: the first call goes well
    shared_world.idc.fault("GetRoleCredentials", hang=True)
    command = start_command(SSOENV_TIMEOUT="3")
    assert shared_world.idc.wait_for("GetRoleCredentials", before + 2)
    with ThreadPoolExecutor(100) as pool:
        answers = {a.result() for a in [pool.submit(command.key_id) for _ in range(100)]}
    assert len(answers) == 1
    assert shared_world.idc.count("GetRoleCredentials") == before + 2


def test_an_expired_sign_in_is_reported_and_a_new_one_is_used(
    start_command: StartCommand, shared_world: World
) -> None:
    shared_world.idc.role_lifetime = 3
    shared_world.idc.fault("GetRoleCredentials", times=1)
    shared_world.idc.fault("GetRoleCredentials", status=401)
    command = start_command()
    eventually(lambda: command.ask()[0] == 403)
    fields = command.ask()[1]
    assert fields["Code"] == "SignInNeeded"
    assert fields["Message"].startswith("ssoenv: the sign-in")
    assert fields["Message"].endswith("ssoenv login dev")
    code = "import boto3; boto3.client('sts').get_caller_identity()"
    shown = shared_world.command([sys.executable, "-c", code], **command.environ)
    assert "Run: ssoenv login dev" in shown.err.splitlines()[-1]
    shared_world.idc.clear_faults()
    shared_world.idc.role_lifetime = 3600
    shared_world.sign_in()
    eventually(lambda: command.ask()[0] == 200)


def test_a_profile_that_is_changed_to_another_role_is_refused(
    start_command: StartCommand, shared_world: World
) -> None:
    """No keys are better than those of a role that the command was not started with."""
    shared_world.idc.role_lifetime = 3
    shared_world.idc.fault("GetRoleCredentials", times=1)
    shared_world.idc.fault("GetRoleCredentials", status=500)
    command = start_command()
    first = command.key_id()
    shared_world.config.write_text(shared_world.config.read_text().replace("Developer", "ReadOnly"))
    shared_world.idc.clear_faults()
    seen = set()

    def over() -> bool:
        fields = command.ask()[1]
        seen.add(fields.get("AccessKeyId", first))
        return fields.get("Code") == "ProfileChanged"

    eventually(over)
    assert seen == {first}


@pytest.fixture
def source(shared_world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The refresher's ``source`` for ``dev``, in the environment of ``shared_world``."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "SSOENV_")):
            monkeypatch.delenv(name)
    for name, value in shared_world.environment().items():
        monkeypatch.setenv(name, value)
    pinned = fingerprint.of(profile.load("dev"))
    return {"profile": "dev", "identity": pinned, "role": None, "region": None}


def test_the_refresher_uses_the_cache(shared_world: World, source: dict[str, object]) -> None:
    shared_world.idc.role_lifetime = 3600
    assert shared_world.run("dev").code == 0
    before = shared_world.idc.count("GetRoleCredentials")
    found = refresher.fetch(source, "111122223333", 900)
    assert shared_world.idc.count("GetRoleCredentials") == before
    assert refresher.fetch(source, "111122223333", 3700).access_key_id != found.access_key_id


def test_keys_of_another_account_are_refused(source: dict[str, object]) -> None:
    with pytest.raises(Refused) as refusal:
        refresher.fetch(source, "999999999999", 900)
    assert refusal.value.code == "ProfileChanged"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sso_role_name = Developer", "sso_role_name = ReadOnly"),
        ("sso_account_id = 111122223333", "sso_account_id = 444455556666"),
        ("sso_region = us-east-1", "sso_region = eu-west-1"),
        ("[profile dev]\n", "[profile dev]\ncredential_process = echo\n"),
        ("[profile dev]\n", "[profile dev]\nsource_profile = prod\n"),
    ],
)
def test_each_change_of_identity_is_noticed(
    shared_world: World, source: dict[str, object], old: str, new: str
) -> None:
    shared_world.config.write_text(shared_world.config.read_text().replace(old, new))
    with pytest.raises(Refused) as refusal:
        refresher.fetch(source, None, 900)
    assert refusal.value.code == "ProfileChanged"
    assert refusal.value.lasting


def test_other_changes_of_the_config_are_accepted(
    shared_world: World, source: dict[str, object]
) -> None:
    text = shared_world.config.read_text().replace("eu-central-1", "eu-west-3")
    shared_world.config.write_text("# hello\n" + text + "\n[profile another]\nregion = x\n")
    assert refresher.fetch(source, "111122223333", 900).account_id == "111122223333"


def test_source_profiles_are_part_of_the_identity() -> None:
    below = {"sso_session": "s", "sso_role_name": "R", "region": "x"}
    profiles = {"top": {"role_arn": "a", "source_profile": "below"}, "below": below}
    config = {"profiles": profiles, "sso_sessions": {"s": {"sso_region": "r"}}}
    first = fingerprint.fingerprint("top", config)
    below["region"] = "y"
    assert fingerprint.fingerprint("top", config) == first
    below["sso_role_name"] = "S"
    second = fingerprint.fingerprint("top", config)
    config["sso_sessions"]["s"]["sso_region"] = "t"
    third = fingerprint.fingerprint("top", config)
    below["source_profile"] = "top"  # a loop ends
    assert len({first, second, third, fingerprint.fingerprint("top", config)}) == 4
