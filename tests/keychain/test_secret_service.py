"""A sign-in that is kept in a real keychain, from the sign-in to the sign-out."""

import json
import os
import signal
import sys

import pytest

from ssoenv.demo import home
from tests.conftest import SSOENV, World, assert_fails
from tests.keychain.conftest import TOKEN, assert_no_secret_in_files, save
from tests.keychain.service import Service
from tests.signin.people import Browser, Person
from tests.signin.test_refresh import DUE, EXPIRED, MANY, finish, refreshes, start
from tests.warm.test_cheap import imported


def keys_of(world: World, *arguments: str, **changes: str | None) -> str:
    return world.variables(*arguments, **changes)["AWS_ACCESS_KEY_ID"]


def test_all_of_a_sign_in_is_in_the_keychain_and_nothing_in_a_file(
    kept: World, service: Service, browser: Browser
) -> None:
    result = kept.run("login", "dev", **browser.environ)
    assert result.code == 0, result
    assert "the AWS CLI does not see it" in result.err
    assert "credential_process = ssoenv credential-process dev" in result.err
    first = keys_of(kept, "dev")
    assert keys_of(kept, "dev") == first  # from the keychain
    assert kept.idc.count("GetRoleCredentials") == 1
    assert kept.run("prod").code == 0  # a role on top of dev
    held = service.items()
    assert sorted(name.split(":")[1] for name in held) == ["role", "role", "token", "token"]
    assert {"accessToken", "refreshToken", "clientSecret"} <= json.loads(held[TOKEN]).keys()
    assert not kept.tokens.exists()
    assert not kept.roles.exists()
    assert_no_secret_in_files(kept)


def test_status_and_profiles_say_where_it_is(kept: World, service: Service) -> None:
    save(kept, 3600)
    keys_of(kept, "dev")
    status = kept.run("status", "dev")
    assert status.out.count("in the keychain") == 2, status
    report = json.loads(kept.run("status", "dev", "--json").out)
    assert report["sign_in"]["store"] == "keyring"
    assert report["sign_in"]["source"] == f"keychain, item {TOKEN}"
    assert report["credentials"]["store"] == "keyring"
    rows = {row["profile"]: row["state"] for row in json.loads(kept.run("profiles", "--json").out)}
    assert rows == {"dev": "keys", "legacy": "sign-in-needed", "prod": "signed-in"}
    assert "nothing is wrong" in kept.run("doctor", "--offline").err


@pytest.mark.parametrize(
    ("text", "variable", "store"),
    [
        ("", None, "files"),
        ("[default]\nssoenv_store = keyring", None, "keyring"),
        ("[default]\nssoenv_store = files", "keyring", "keyring"),
        ("[default]\nssoenv_store = keyring", "files", "files"),
        ("[profile near]\nssoenv_store = keyring\n{role}", None, "keyring"),
        ("[default]\nssoenv_store = keyring\n[profile near]\nssoenv_store=files\n{role}", None,
         "files"),
    ],
)  # fmt: skip
def test_the_nearest_setting_counts(
    world: World, service: Service, text: str, variable: str | None, store: str
) -> None:
    role = "sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
    world.add_config(text.format(role=role))
    world.sign_in()
    save(world, 3600)
    profile = "near" if "near" in text else "dev"
    result = world.run(profile, SSOENV_STORE=variable)
    assert result.code == 0, result
    in_keychain = any(name.startswith("ssoenv:role:") for name in service.items())
    assert (in_keychain, world.roles.exists()) == (store == "keyring", store == "files")


def test_a_chain_is_kept_where_its_strictest_profile_wants_it(
    kept: World, service: Service
) -> None:
    kept.config.write_text(
        kept.config.read_text().replace("[profile prod]", "[profile prod]\nssoenv_store = files")
    )
    save(kept, 3600)
    assert kept.run("prod").code == 0
    assert not kept.roles.exists()
    assert_no_secret_in_files(kept)


def test_a_variable_changes_what_answers_at_once(kept: World, service: Service) -> None:
    """The index of the warm path does not answer for another store."""
    kept.sign_in()
    save(kept, 3600)
    in_keychain, in_files = keys_of(kept, "dev"), keys_of(kept, "dev", SSOENV_STORE="files")
    assert in_keychain != in_files
    assert keys_of(kept, "dev") == in_keychain
    assert keys_of(kept, "dev", SSOENV_STORE="files") == in_files


@pytest.mark.parametrize("lifetime", [DUE, EXPIRED])
def test_a_refresh_is_saved_in_the_keychain(kept: World, service: Service, lifetime: float) -> None:
    before = save(kept, lifetime)
    assert kept.run("dev").code == 0
    after = json.loads(service.items()[TOKEN])
    assert refreshes(kept) == 1
    assert after["refreshToken"] != before["refreshToken"]
    assert kept.idc.live_session(after["accessToken"])
    assert not [name for name in service.items() if name.endswith(":try")]
    assert_no_secret_in_files(kept)


def test_twenty_at_once_refresh_once(kept: World, service: Service) -> None:
    save(kept, EXPIRED)
    results = kept.at_once(*[[name, "--refresh"] for name in ["dev", "prod"] * (MANY // 2)])
    assert [result.code for result in results] == [0] * MANY, results
    assert refreshes(kept) == 1
    assert {result.err for result in results} == {""}
    assert_no_secret_in_files(kept)


def test_login_removes_what_files_held_under_the_same_name(
    kept: World, service: Service, browser: Browser
) -> None:
    files = {"SSOENV_STORE": "files"}
    assert kept.run("login", "dev", **files, **browser.environ).code == 0
    assert kept.run("dev", **files).code == 0
    assert len([*kept.tokens.glob("*.json"), *kept.roles.glob("*.json")]) == 3
    report = kept.run("doctor", "--offline")
    assert report.code == 1
    assert report.out.count("belongs in the keychain") == 3, report
    result = kept.run("login", "dev", **browser.environ)
    assert result.code == 0, result
    assert "what files held has been removed" in result.err
    assert [*kept.tokens.glob("*.json"), *kept.roles.glob("*.json")] == []
    assert_no_secret_in_files(kept)


def test_doctor_removes_what_is_left_in_files(kept: World, service: Service) -> None:
    home.sign_in(str(kept.home), kept.idc)
    assert kept.run("doctor", "--offline", "--fix").code == 0
    assert not kept.token_file().exists()


@pytest.mark.parametrize("what", [["dev"], ["--all"]])
def test_logout_deletes_every_item(
    kept: World, service: Service, browser: Browser, what: list[str]
) -> None:
    assert kept.run("login", "dev", **browser.environ).code == 0
    assert kept.run("dev").code == kept.run("prod").code == 0
    options = "--account-id", "777788889999", "--role-name", "Administrator"
    assert kept.run("dev", *options).code == 0  # whose keys no profile of the config has
    text = json.loads(service.items()[TOKEN])["accessToken"]
    result = kept.run("logout", *what)
    assert result.code == 0, result
    assert "signed out of" in result.err
    assert service.items() == {}
    assert kept.idc.live_session(text) is None
    assert [
        path for path in (kept.home / ".aws/ssoenv/keychain").iterdir() if not path.suffix
    ] == []
    assert_fails(kept.run("dev"), 4, "not signed in")


def test_two_stores_do_not_lend_each_other_a_sign_in(kept: World, service: Service) -> None:
    save(kept, 3600)  # of the session; legacy has no setting, and so it is in files
    assert_fails(kept.run("legacy"), 4, "not signed in")


def test_python_programs_get_the_same_keys(kept: World, service: Service) -> None:
    save(kept, 3600)
    program = "import ssoenv; print(ssoenv.resolve('dev').access_key_id)"
    results = [kept.command([sys.executable, "-c", program]) for _ in range(2)]
    assert results[0].out == results[1].out == keys_of(kept, "dev") + "\n"


def test_a_warm_answer_reads_the_keychain_without_botocore(kept: World, service: Service) -> None:
    save(kept, 3600)
    first = keys_of(kept, "dev")
    for arguments in (["dev"], ["exec", "dev", "--", "env"], ["credential-process", "dev"]):
        launch = [sys.executable, "-X", "importtime", SSOENV, *arguments]
        report = kept.command(launch)
        assert report.code == 0, report
        assert first in report.out
        loaded = imported(report.err)
        assert "secretstorage" in loaded
        assert loaded & {"botocore", "argparse", "keyring"} == set()


def test_the_hook_finds_new_keys_in_the_keychain(kept: World, service: Service) -> None:
    save(kept, 3600)
    hook = ["--renew", "dev", "--shell", "bash"]
    first = kept.run(*hook, SSOENV_HOOK_WAIT="30")
    assert first.code == 0, first
    look = kept.run(*hook, "--look")
    assert (look.code, look.out) == (0, first.out), look
    assert kept.idc.count("GetRoleCredentials") == 1


def test_the_items_are_those_of_keyring(kept: World, service: Service) -> None:
    save(kept, 3600)
    command = [sys.executable, "-m", "keyring", "get", TOKEN, "ssoenv"]
    assert kept.command(command).out.strip() == service.items()[TOKEN]


# What can be wrong with a keychain


NOBODY = [
    ["dev"],
    ["dev", "--no-login"],
    ["credential-process", "dev"],
    ["exec", "dev", "--", "env"],
]


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("arguments", NOBODY, ids=" ".join)
def test_a_locked_keychain_with_nobody_there_is_an_error(
    kept: World, service: Service, arguments: list[str], warm: bool
) -> None:
    save(kept, 3600)
    if warm:
        assert kept.run("dev").code == 0
    service.lock()
    result = kept.run(*arguments)
    stdout = "false;\n" if arguments[0] == "dev" else ""
    code = 125 if arguments[0] == "exec" else 8
    assert_fails(result, code, "the keychain is locked", "SSOENV_STORE=none", stdout=stdout)
    assert kept.idc.count("GetRoleCredentials") == int(warm)
    assert_no_secret_in_files(kept)


def test_a_person_is_told_to_unlock_it(kept: World, service: Service) -> None:
    """Here is no window that could ask (no display), so it stays locked."""
    save(kept, 3600)
    service.lock()
    person = Person(kept, "dev", "--format", "json", SSOENV_LOGIN_TIMEOUT="5")
    person.expect("unlock it in the window that opens")
    assert person.end() == 8
    assert "Traceback" not in person.seen


def test_several_profiles_rest_on_what_the_keychain_has_alone(
    kept: World, service: Service, browser: Browser
) -> None:
    kept.sign_in()  # in files, as the keys
    assert kept.run("exec", "dev", "prod", "--", "true", SSOENV_STORE="files").code == 0
    command = ("exec", "dev", "prod", "--", "sh", "-c", "echo as $SSOENV_PROFILE")
    person = Person(kept, *command, **browser.environ)
    person.expect("as prod")
    assert person.end() == 0
    assert len(browser.visits) == 1
    assert len([name for name in service.items() if ":role:" in name]) == 2
    service.lock()
    person = Person(kept, *command, SSOENV_LOGIN_TIMEOUT="5")
    person.expect("unlock it in the window that opens")
    assert person.end() == 125
    assert person.seen.count("unlock it in the window that opens") == 1


def test_nobody_signs_in_for_a_keychain_that_is_locked(
    kept: World, service: Service, browser: Browser
) -> None:
    service.lock()
    assert_fails(kept.run("login", "dev", **browser.environ), 8, "locked", stdout="")
    assert browser.visits == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DBUS_SESSION_BUS_ADDRESS": None}, "no D-Bus session runs"),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/at/all"}, "no D-Bus session runs"),
        ({"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}, "not a keychain"),
        ({"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}, "not a keychain"),
    ],
)
def test_where_there_is_no_keychain_it_is_an_error(
    kept: World, browser: Browser, changes: dict[str, str | None], words: str
) -> None:
    kept.sign_in()  # in files, which must not be used
    for arguments in (["dev"], ["login", "dev"]):
        result = kept.run(*arguments, **browser.environ, **changes)
        assert_fails(result, 8, words, stdout="false;\n" if arguments == ["dev"] else "")
    report = kept.run("doctor", "--offline", **changes)
    assert report.code == 1
    assert words in " ".join(report.out.split())
    assert not kept.roles.exists()


def test_a_bus_without_a_secret_service_is_an_error(kept: World) -> None:
    """Nothing can be started on it, either: it has no folder of services."""
    config = kept.home / "bus.conf"
    config.write_text(
        "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>"
        '<policy context="default"><allow send_destination="*"/><allow own="*"/>'
        '<allow eavesdrop="true"/></policy></busconfig>'
    )
    command = ["dbus-run-session", f"--config-file={config}", "--", SSOENV, "dev"]
    result = kept.command(command, DBUS_SESSION_BUS_ADDRESS=None)
    assert (result.code, result.out) == (8, "false;\n"), result
    assert "no Secret Service answers" in result.err, result


WITHOUT_THE_EXTRA = """\
import sys
sys.modules["keyring"] = None
from ssoenv.__main__ import main
main()
"""


def test_a_missing_extra_is_named(kept: World) -> None:
    result = kept.command([sys.executable, "-c", WITHOUT_THE_EXTRA, "dev"])
    assert_fails(result, 8, "keyring is missing", "pip install 'ssoenv[keyring]'")


def test_a_keychain_that_does_not_answer_is_waited_for_as_long_as_aws(
    kept: World, service: Service
) -> None:
    save(kept, 3600)
    pid = service.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(2):  # the second one is no longer than the first
            result = kept.run("dev", SSOENV_TIMEOUT="1")
            assert_fails(result, 8, "the keychain did not answer within 1 seconds")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert kept.run("dev").code == 0


def test_a_daemon_that_is_killed_while_a_token_is_refreshed_costs_no_secret(
    kept: World, service: Service
) -> None:
    """What was bought cannot be saved, which is said; it is in no file, and good for this run."""
    save(kept, EXPIRED)
    kept.idc.fault("CreateToken", delay=1)
    running = start(kept, [SSOENV, "dev"])
    assert kept.idc.wait_for("CreateToken")
    os.kill(service.pid, signal.SIGKILL)
    result = finish(running)
    assert result.code == 0, result
    assert "a refreshed sign-in could not be saved in the keychain" in result.err
    assert "role credentials could not be kept in the keychain" in result.err
    assert_no_secret_in_files(kept)


def test_a_keychain_without_a_default_collection_gets_none_made(
    kept: World, service: Service
) -> None:
    with service.collection() as collection:
        collection.delete()
    for arguments in (["dev"], ["login", "dev"]):
        stdout = "false;\n" if arguments == ["dev"] else ""
        assert_fails(kept.run(*arguments), 8, "no default collection", stdout=stdout)


def test_an_unknown_store_is_refused(world: World) -> None:
    world.sign_in()
    assert_fails(world.run("dev", SSOENV_STORE="keychain"), 2, "SSOENV_STORE", "files or keyring")
    world.add_config("[default]\nssoenv_store = keychain\n")
    assert_fails(world.run("dev"), 3, "ssoenv_store", "line ", "files or keyring or none")
    assert "ssoenv_store" in world.run("doctor", "--offline").out
    assert not world.roles.exists()


def test_a_profile_with_an_unknown_store_is_in_no_others_way(world: World) -> None:
    world.sign_in()
    world.add_config(
        "[profile odd]\nsso_session = demo\nsso_account_id = 111122223333\n"
        "sso_role_name = Developer\nssoenv_store = keychain\n"
        "[profile aside]\ncredential_process = ssoenv credential-process odd\n"
    )
    rows = {row["profile"]: row["state"] for row in json.loads(world.run("profiles", "--json").out)}
    assert rows["odd"] == rows["aside"] == "incomplete"
    assert rows["dev"] == "signed-in"
    many = world.run("exec", "dev", "odd", "--", "sh", "-c", "echo $SSOENV_PROFILE")
    assert (many.code, many.out) == (123, "dev | dev\n"), many
    assert "ssoenv_store" in many.err
    for arguments in (["logout", "dev"], ["logout", "--all"]):
        world.sign_in()
        assert world.run(*arguments).code == 0
        assert not world.token_file().exists()
