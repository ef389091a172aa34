"""``use ssoenv`` in an .envrc, with the real direnv."""

import os
from pathlib import Path

import pytest

from tests.conftest import World, need
from tests.integration.people import BASH, Person


@pytest.fixture
def project(signed_in: World) -> Path:
    need("direnv", "apt-get install direnv")
    library = signed_in.home / ".config/direnv/lib/ssoenv.sh"
    library.parent.mkdir(parents=True)
    library.write_text(signed_in.run("init", "direnv").out)
    folder = signed_in.home / "project"
    folder.mkdir()
    (folder / ".envrc").write_text("use ssoenv dev\n")
    return folder


HOOK = 'eval "$(direnv hook bash)"'


def test_keys_come_and_go_with_the_folder(signed_in: World, project: Path) -> None:
    with Person(signed_in, BASH, first=HOOK) as person:
        person.enter("direnv allow project; cd project")
        person.see("[dev ")
        assert person.shown("a", "AWS_REGION") == "eu-central-1"
        person.enter("cd ..")
        person.see("direnv: unloading")
        assert person.shown("b", "AWS_REGION", "AWS_ACCESS_KEY_ID") == "gone gone"


def test_an_envrc_that_shows_its_commands_shows_no_secrets(signed_in: World, project: Path) -> None:
    (project / ".envrc").write_text("set -xv\nuse ssoenv dev\n: done\n")
    with Person(signed_in, BASH, first=HOOK) as person:
        person.enter("direnv allow project; cd project")
        person.see("[dev ")
        seen = person.terminal.history()
        assert "+ : done" in seen
        for keys in signed_in.idc.keys.values():
            assert keys.secret_access_key[:20] not in seen
            assert keys.session_token[:20] not in seen


def test_it_reloads_before_the_keys_expire(signed_in: World, project: Path) -> None:
    """Keys for six seconds: after three of them the stamp that direnv watches goes by itself."""
    signed_in.idc.role_lifetime = 6
    with Person(signed_in, BASH, first=HOOK, SSOENV_AUTO_REFRESH="0") as person:
        person.enter("direnv allow project; cd project")
        person.see("[dev ")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        stamps = signed_in.home / ".aws/ssoenv/direnv"
        person.terminal.until(lambda _: not list(stamps.iterdir()), "the stamp gone")
        signed_in.idc.role_lifetime = 3600
        person.enter("")
        person.wait_for_prompt()
        assert person.shown("b", "AWS_ACCESS_KEY_ID") != old
        assert len(list(stamps.iterdir())) == 1


def test_a_missing_sign_in_is_told_and_made_good_after_it(signed_in: World, project: Path) -> None:
    token = signed_in.token_file()
    kept = token.read_bytes()
    signed_in.sign_out()
    token.parent.mkdir(mode=0o700)
    os.utime(token.parent, (1, 1))  # long ago, for direnv tells moments apart by the second
    with Person(signed_in, BASH, first=HOOK) as person:
        person.enter("direnv allow project; cd project")
        person.see("Run: ssoenv login dev")
        assert person.shown("a", "AWS_ACCESS_KEY_ID") == "gone"
        token.write_bytes(kept)
        person.enter("")
        person.see("[dev ")
