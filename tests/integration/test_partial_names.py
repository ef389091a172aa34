"""Parts of names: ``ssoenv pick`` and ``use`` take them on a terminal, scripts get advice."""

import pytest

from ssoenv.hints import meant, nearest
from tests.conftest import World, assert_fails
from tests.integration.terminal import Terminal
from tests.integration.test_picker import on_terminal

ROLE = "sso_session = demo\nsso_account_id = {id:012}\nsso_role_name = {role}\nregion = us-east-1\n"


@pytest.fixture
def many(signed_in: World) -> World:
    """A hundred and twenty profiles of forty accounts."""
    signed_in.add_config(
        "\n".join(
            f"[profile Identity-{stage}-{n}-{role}]\n" + ROLE.format(id=n, role=role)
            for n in range(1, 21)
            for stage in ("dev", "prod")
            for role in ("Admin", "Developer", "ReadOnly")
        )
    )
    return signed_in


def test_words_open_the_picker_with_them_typed(many: World) -> None:
    with on_terminal(many, "pick identity prod read") as terminal:
        terminal.see("profile: identity prod read", "20 of 123")
        assert "dev-" not in terminal.screen()
        terminal.type("only")
        terminal.press("Home")
        terminal.type("17 ")
        terminal.see("> Identity-prod-17-ReadOnly", "1 of 123")
        terminal.press("Enter")
        terminal.until(lambda screen: screen == "Identity-prod-17-ReadOnly", "the choice")


@pytest.mark.parametrize(("words", "name"), [
    ("identity prod 17 read", "Identity-prod-17-ReadOnly"),  # the only one
    ("Identity-prod-1-ReadOnly", "Identity-prod-1-ReadOnly"),  # the very name
    ("dev", "dev"),  # the same, though others have it in theirs
    ("lega", "legacy"),
])  # fmt: skip
def test_the_only_one_is_taken_at_once(many: World, words: str, name: str) -> None:
    with straight_on_terminal(many, f"pick {words}") as terminal:
        terminal.until(lambda screen: screen == name, "the choice")


def test_a_likeness_is_shown_but_never_taken_unasked(many: World) -> None:
    """The letters are there in their order, which may be anybody's."""
    with on_terminal(many, "pick lgcy") as terminal:
        terminal.see("> legacy", "1 of 123")


def test_where_nothing_fits_it_says_so(many: World) -> None:
    with straight_on_terminal(many, "pick lagecy") as terminal:
        terminal.see('no profile fits "lagecy". Did you mean "legacy"?')


def test_lines_are_enough(many: World) -> None:
    with on_terminal(many, "pick identity prod 1 read", term="dumb") as terminal:
        terminal.see("20 of 123. Number, or part of a name:")


def straight_on_terminal(world: World, command: str) -> Terminal:
    lines = f"TERM=screen ssoenv {command}; cat"
    return Terminal(["sh", "-c", lines], world.environment(), str(world.home), 100)


@pytest.mark.parametrize("command", [["Identity-prod-17"], ["exec", "Identity-prod-17"]])
def test_scripts_name_profiles_in_full(many: World, command: list[str]) -> None:
    code, stdout = (125, "") if command[0] == "exec" else (3, "false;\n")
    words = '"Identity-prod-17-Admin"', '"Identity-prod-17-ReadOnly"?'
    assert_fails(many.run(*command, "--no-login"), code, *words, stdout=stdout)
    result = many.run("pick", "lega")
    assert (result.code, result.out) == (3, "")


@pytest.mark.parametrize(("name", "hint"), [
    ("Identity-prod-1", "33 profiles begin so; to pick one: ssoenv pick Identity-prod-1"),
    ("identity-prod-7", 'Did you mean "Identity-prod-7-Admin" or "Identity-prod-7-Developer" or'),
    ("Identity-prod-7-Read", 'Did you mean "Identity-prod-7-ReadOnly"?'),
    ("Identity-prod-7-RaedOnly", 'Did you mean "Identity-prod-7-ReadOnly"?'),
    ("prod-7-Read", 'Did you mean "Identity-prod-7-ReadOnly"?'),
    ("quux", "ssoenv profiles lists your 123 profiles"),
])  # fmt: skip
def test_advice_stays_in_the_account_and_is_no_wall_of_names(
    many: World, name: str, hint: str
) -> None:
    result = many.run(name)
    assert_fails(result, 3, f'there is no profile "{name}"', hint)
    assert len(result.err) < 240
    for arguments in (("pick",), ()):
        result = many.run(*arguments)
        assert_fails(result, 3, "ssoenv profiles lists your 123 profiles", stdout=result.out)


def test_a_common_beginning_goes_before_fewer_changes() -> None:
    assert nearest("shop-prod-1-Amdin", ["shop-prod-9-Admin", "shop-prod-1-Administrator"]) == (
        "shop-prod-1-Administrator"
    )
    assert meant("prod", ["my-prod", "prods"]) == 'Did you mean "prods"?'
    assert meant("x", []) == ""


def test_a_name_in_full_needs_no_terminal(signed_in: World) -> None:
    assert signed_in.run("pick", "legacy").out == "legacy\n"
    assert_fails(signed_in.run("pick", "leg"), 3, "no terminal", "Name one of: legacy", stdout="")
