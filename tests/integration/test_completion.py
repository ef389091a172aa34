"""What ``ssoenv --complete`` answers to the completion scripts."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssoenv.config import listing
from ssoenv.integration import completion, make_completion_table
from tests.conftest import World
from tests.thorough import examples

CONFIG = """
[profile "my prod"]
sso_account_id = 444455556666
sso_role_name = Deploy
region = eu-west-1
[profile "o'brien"]
[profile team:ops]
[default]
[services x]
"""


@pytest.fixture
def config(world: World) -> World:
    world.config.write_text(CONFIG)
    return world


def complete(world: World, *words: str, functions: str = "use off") -> list[str]:
    result = world.run("--complete", functions, *words)
    assert (result.code, result.err) == (0, "")
    return result.out.splitlines()


def names(lines: list[str]) -> list[str]:
    return [line.partition("\t")[0] for line in lines]


def test_the_table_is_what_the_parsers_say() -> None:
    """If this fails: python ssoenv/integration/make_completion_table.py"""
    with open(make_completion_table.PATH, encoding="utf-8") as file:
        assert file.read() == make_completion_table.render()


def test_a_first_word_is_a_profile_or_a_command(config: World) -> None:
    found = names(complete(config, ""))
    assert found[:4] == ["my prod", "o'brien", "team:ops", "default"]
    assert {"use", "off", "env", "exec", "init"} <= set(found)
    assert "use" not in names(complete(config, "", functions=""))
    assert complete(config, "my") == ["my prod\t444455556666 Deploy eu-west-1"]


def test_what_comes_next_depends_on_what_was_typed(config: World) -> None:
    assert names(complete(config, "use", "t")) == ["team:ops"]
    assert names(complete(config, "use", "team:ops", "")) == []
    assert names(complete(config, "off", "")) == []
    assert names(complete(config, "team:ops", "--fo")) == ["--format", "--force"]
    assert names(complete(config, "team:ops", "--format", "env")) == ["env", "env-no-export"]
    assert names(complete(config, "--profile", "my")) == ["my prod"]
    assert names(complete(config, "env", "-s", "el")) == ["elvish"]
    assert names(complete(config, "env", "--shell=el")) == ["--shell=elvish"]
    assert names(complete(config, "x", "--region", "eu")) == ["eu-west-1"]
    assert names(complete(config, "init", "x")) == ["xonsh"]


def test_exec_takes_several_profiles(config: World) -> None:
    profiles = names(complete(config, "exec", ""))
    assert len(profiles) > 2
    for words in (["default"], ["def*"], ["default", "d*"], ["-p", "default", "default"]):
        assert names(complete(config, "exec", *words, "")) == [*profiles, "--"]
    assert complete(config, "exec", "default", "d*", "aws", "s3") == ["\tcommand\t4"]
    assert complete(config, "exec", "default", "d*", "--", "aws", "s3") == ["\tcommand\t5"]


def test_the_command_of_exec_is_left_to_the_shell(config: World) -> None:
    assert names(complete(config, "exec", "default", ""))[-1] == "--"
    assert complete(config, "exec", "default", "--", "") == ["\tcommand\t4"]
    assert complete(config, "exec", "default", "--", "aws", "s3") == ["\tcommand\t4"]
    assert complete(config, "exec", "default", "aws", "s3") == ["\tcommand\t3"]


@pytest.mark.parametrize("arguments", ([], ["use off"], ["", "\udcff"], ["", "--shell", "\n"]))
def test_whatever_is_asked_the_terminal_stays_clean(config: World, arguments: list[str]) -> None:
    result = config.run("--complete", *arguments)
    assert (result.code, result.err) == (0, "")


def test_a_config_that_cannot_be_read_is_no_reason_for_noise(world: World) -> None:
    world.config.write_bytes(b"\xff[profile a]\n[profile \xe9]\n[unclosed\n[profile b]\nregion")
    assert names(complete(world, "use", ""))[-2:] == ["b", "-"]
    world.config.unlink()
    world.config.mkdir()
    assert names(complete(world, "use", "")) == ["-"]


def test_neither_botocore_nor_argparse_is_loaded(config: World) -> None:
    script = (
        "import sys; from ssoenv.integration import completion; completion.run(['', 'env', '']);"
        "heavy = {'botocore', 'boto3', 'argparse', 'ssoenv.credentials.fetch'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=config.environment(), capture_output=True, check=True
    )
    assert done.stdout.decode().splitlines()[-1] == "[]"


header = st.one_of(
    st.sampled_from(("default", "profile", "profiles x", "sso-session s", "", "profile a b")),
    st.text(st.sampled_from("ab'\" \\-é#;"), max_size=8).map("profile {}".format),
)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(header, max_size=4))
def test_the_names_are_those_that_botocore_reads(tmp_path_factory, headers: list[str]) -> None:
    """Whatever botocore can read at all; only a quick look, but by the same rules."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    folder = tmp_path_factory.mktemp("config")
    path = folder / "config"
    path.write_text("".join(f"[{text}]\nregion = x\n" for text in headers))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CONFIG_FILE", str(path))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
        try:
            truth = Session().available_profiles
        except BotoCoreError:
            return
        assert [profile.name for profile in listing.profiles()] == [name for name in truth if name]


def test_a_chain_is_listed_with_the_account_and_role_it_ends_in(world: World) -> None:
    assert "prod\t444455556666 Deploy eu-west-1" in complete(world, "use", "prod")


def test_every_kind_in_the_table_is_one_that_completion_knows() -> None:
    known = {"", "profile", "profiles", "shell", "format", "region", "session", "file", "text"}
    for _, kinds, options in completion.COMMANDS.values():
        for kind in [*kinds.split(), *(kind for _, kind, _ in options)]:
            assert kind in known or kind.endswith("|")
