"""Every message in the table of docs/reference.md is provoked, and is then exactly that message,
but for names, numbers and what AWS itself said."""

import re
import shutil
from collections.abc import Callable

import pytest

from tests.conftest import SSOENV, Result, World
from tests.docs import pages
from tests.shells.programs import PROGRAMS

TABLE = pages.rows("docs/reference.md", "Messages")[1:]
MESSAGES = [text for cell, _ in TABLE for text in re.findall("`(.+?)`", cell)]
CHANGING = r'"[^"]*"|\[[^\]]*\]|\d+m?(?= )|(?<=account )\w+|~/\S+|https://\S+|GetRoleCredentials|…'
CALL = "GetRoleCredentials"
CHAIN = "[profile x]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = dev\n"


def with_config(text: str, *, before: str = "") -> Callable[[World], Result]:
    def provoke(shared_world: World) -> Result:
        shared_world.config.write_text(before + shared_world.config.read_text() + text)
        return shared_world.run("x")

    return provoke


def with_fault(**fault: object) -> Callable[[World], Result]:
    def provoke(shared_world: World) -> Result:
        shared_world.idc.fault(CALL, **fault)
        return shared_world.run("dev", AWS_MAX_ATTEMPTS="1", SSOENV_TIMEOUT="2")

    return provoke


def signed_out(shared_world: World) -> Result:
    shared_world.sign_out()
    return shared_world.run("dev")


def signed_in_as_legacy(shared_world: World) -> Result:
    shared_world.token_file().unlink()
    return shared_world.run("dev")


def expired(shared_world: World) -> Result:
    shared_world.sign_in(lifetime=-60, refreshable=False)
    return shared_world.run("dev")


def of_another_portal(shared_world: World) -> Result:
    path = shared_world.token_file()
    path.write_text(path.read_text().replace("https://demo.", "https://other."))
    return shared_world.run("dev")


def default_first(shared_world: World) -> Result:
    shared_world.add_config("[default]\ncredential_process = /bin/true\n")
    return shared_world.run("dev")


def keys_that_end(shared_world: World) -> Result:
    shared_world.idc.role_lifetime = 590
    shared_world.run("dev")
    shared_world.idc.role_lifetime = 3600
    return with_fault(status=500)(shared_world)


def no_config(shared_world: World) -> Result:
    shared_world.config.unlink()
    return shared_world.run("dev")


def of_granted(shared_world: World) -> Result:
    shared_world.config.write_text(
        "[profile dev]\ngranted_sso_start_url = https://demo.awsapps.com/start\n"
        "granted_sso_region = us-east-1\ngranted_sso_account_id = 111122223333\n"
        "granted_sso_role_name = Developer\n"
    )
    return shared_world.run("login", "dev")


def asks_first(shared_world: World) -> Result:
    return shared_world.run("prod", SSOENV_CONFIRM="*prod*")


def in_an_unknown_shell(shared_world: World) -> Result:
    shell = shared_world.home / "nsh"
    shutil.copy(PROGRAMS["dash"].path(), shell)
    line = f"{SSOENV} dev; exit $?"
    return shared_world.command([str(shell), "-c", line], SSOENV_SHELL=None)


def no_keychain(shared_world: World) -> Result:
    pytest.importorskip("secretstorage", reason="needs Linux and: pip install 'ssoenv[keyring]'")
    return shared_world.run("dev", SSOENV_STORE="keyring", DBUS_SESSION_BUS_ADDRESS=None)


PROVOKED = {
    "which is not a shell": in_an_unknown_shell,
    "there is no keychain here": no_keychain,
    "asks before it is used": asks_first,
    "not signed in to": signed_out,
    "the sign-in to": expired,
    "using the sign-in of": signed_in_as_legacy,
    "the sign-in under": of_another_portal,
    "act as [default]": default_first,
    "there is no profile": with_config(""),
    "does not exist": no_config,
    "is one of Granted": of_granted,
    "has a section": with_config("[x]\nregion = eu-west-1\n"),
    "appears twice": with_config("[profile dev]\n"),
    "begins with": with_config("", before="\ufeff"),
    "assumes a role": with_config(CHAIN),
    "this job has no token": with_config(
        "[profile x]\nrole_arn = arn:aws:iam::111122223333:role/R\nssoenv_oidc = github\n"
        "region = eu-west-1\n"
    ),
    "you may not use": with_fault(status=403),
    "AWS did not answer": with_fault(hang=True),
    "could not connect": lambda shared_world: shared_world.run(
        "dev", AWS_ENDPOINT_URL_SSO="http://127.0.0.1:1"
    ),
    "is a web page": with_fault(body=b"<html>log in</html>"),
    "is not one that AWS gives": with_fault(body=b"null"),
    "using credentials that": keys_that_end,
}


@pytest.mark.parametrize("message", MESSAGES)
def test_the_message_is_given_word_for_word(shared_world: World, message: str) -> None:
    provoke = [provoke for words, provoke in PROVOKED.items() if words in message]
    assert len(provoke) == 1
    result = provoke[0](shared_world)
    parts = re.split(CHANGING, message)
    assert re.search(".*?".join(map(re.escape, parts)), result.err), result
    assert result.err.count("\n") == 1
    assert result.code != 0 or "warning: " in result.err or "using the sign-in of" in result.err


def test_none_of_them_is_missing_in_the_table() -> None:
    assert len(MESSAGES) == len(PROVOKED)
