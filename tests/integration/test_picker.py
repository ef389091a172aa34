"""The picker: what is found, in which order, and how it behaves on a terminal."""

import os
import signal
import sys
import time

from ssoenv.config.listing import Listed
from ssoenv.picker.one import by_use
from ssoenv.picker.search import Rows
from tests.conftest import SSOENV, World
from tests.integration.people import BASH, Person
from tests.integration.terminal import Terminal


def listed(name: str, account: str = "", role: str = "", region: str = "") -> Listed:
    settings = {"sso_account_id": account, "sso_role_name": role, "region": region}
    return Listed(name, settings)


def found(rows: Rows, query: str) -> list[str]:
    return [profile.name for profile in rows.search(query)]


PROFILES = [
    listed("shop-dev", "111122223333", "Developer", "eu-central-1"),
    listed("shop-prod", "444455556666", "ReadOnly", "eu-west-1"),
    listed("prod", "777788889999", "Admin", "us-east-1"),
    listed("reproduce", "123412341234", "Admin", "us-east-1"),
]


def test_the_name_itself_comes_first_then_its_beginning_then_a_word_in_it() -> None:
    assert found(Rows(PROFILES), "prod") == ["prod", "shop-prod", "reproduce"]


def test_account_role_and_region_are_searched_and_every_word_must_fit() -> None:
    rows = Rows(PROFILES)
    assert found(rows, "5555") == ["shop-prod"]
    assert found(rows, "admin") == ["prod", "reproduce"]
    assert found(rows, "shop WEST") == ["shop-prod"]
    assert found(rows, "shop us-east") == []


def test_letters_in_their_order_are_enough_but_not_across_fields() -> None:
    rows = Rows(PROFILES)
    assert found(rows, "shpd") == ["shop-dev", "shop-prod"]
    assert found(rows, "devdeveloper") == []


def test_deleting_letters_finds_again_what_was_there_before() -> None:
    rows = Rows(PROFILES)
    assert found(rows, "prodx") == []
    assert len(found(rows, "pro")) == 3
    assert len(found(rows, "")) == 4


def test_a_query_is_no_pattern() -> None:
    assert found(Rows([*PROFILES, listed("a.b*")]), ".*") == ["a.b*"]


def test_what_was_used_often_and_lately_comes_first() -> None:
    now = time.time()
    week = 7 * 86400
    used = {"reproduce": (1.0, now), "prod": (3.0, now - week), "shop-prod": (9.0, now - 9 * week)}
    names = [profile.name for profile, _ in by_use(PROFILES, used).all]
    assert names == ["prod", "reproduce", "shop-prod", "shop-dev"]


def test_what_was_picked_is_on_top_next_time_and_a_broken_memory_is_none(
    signed_in: World,
) -> None:
    memory = signed_in.home / ".aws/ssoenv/picked.json"
    for content in (None, '{"dev": 1}', '{"prod": ["x", 1]}', "[1e999]", "\x00"):
        if content is not None:
            memory.write_text(content)
        with on_terminal(signed_in, "pick") as terminal:
            terminal.type("lega")
            terminal.see("> legacy", "1 of 3")
            terminal.press("Enter")
            terminal.until(lambda screen: screen == "legacy", "the choice")
    assert memory.stat().st_mode & 0o777 == 0o600
    with on_terminal(signed_in, "pick") as terminal:
        terminal.see("> legacy", "3 of 3")


def on_terminal(world: World, command: str, columns: int = 60, term: str = "screen") -> Terminal:
    """``ssoenv COMMAND`` on a terminal that stays when the program ends."""
    lines = f"TERM={term} '{SSOENV}' {command}; cat"
    terminal = Terminal(["sh", "-c", lines], world.environment(), str(world.home), columns)
    terminal.until(lambda screen: "of " in screen or "ssoenv:" in screen, "the picker")
    return terminal


def test_five_thousand_profiles_fit_forty_columns(signed_in: World) -> None:
    signed_in.add_config(
        "\n".join(
            f"[profile team-{n:04}-with-quite-a-long-name]\nsso_session = demo\n"
            f"sso_account_id = {n:012}\nsso_role_name = Developer\nregion = eu-central-1"
            for n in range(5000)
        )
    )
    with on_terminal(signed_in, "pick", columns=40) as terminal:
        screen = terminal.see("5003 of 5003")
        assert max(map(len, screen.splitlines())) <= 40
        terminal.type("4321 dvlpr")
        terminal.see("> team-4321", "1 of 5003")
        terminal.press("Enter")
        terminal.until(lambda screen: screen == "team-4321-with-quite-a-long-name", "the choice")


def test_names_from_the_config_cannot_write_to_the_terminal(signed_in: World) -> None:
    signed_in.add_config(
        "[profile \x1b[2Jevil\x07]\nregion = \x1b[31mred\ncredential_process = x\n"
        "[profile 開発環境]\ncredential_process = x\n"
    )
    with on_terminal(signed_in, "pick") as terminal:
        terminal.see("?[2Jevil?", "?[31mred", "開発環境", "5 of 5")


def test_arrows_move_and_the_list_scrolls(signed_in: World) -> None:
    signed_in.add_config("\n".join(f"[profile p{n:02}]\ncredential_process = x" for n in range(30)))
    with on_terminal(signed_in, "pick") as terminal:
        terminal.press(*["Down"] * 20)
        terminal.see("> p17")
        terminal.press("PPage")
        terminal.see("> p05")
        terminal.press("Enter")
        terminal.until(lambda screen: screen == "p05", "the choice")


def test_it_leaves_the_terminal_as_it_was_however_it_ends(signed_in: World) -> None:
    """Esc, Ctrl-C, Ctrl-D: 130. Told to end by a signal: 128 and its number."""
    with Person(signed_in, BASH) as person:
        person.enter("before=$(stty -g)")
        for ending, status in (("Escape", 130), ("C-c", 130), ("C-d", 130), ("signal", 143)):
            person.enter("clear; ssoenv pick")
            person.see("3 of 3")
            if ending == "signal":
                os.kill(last_descendant(person.terminal.process()), signal.SIGTERM)
            else:
                person.terminal.press(ending)
            person.enter('echo "status $?"; [ "$before" = "$(stty -g)" ] && echo "as be"fore')
            person.see(f"status {status}", "as before")


ENDED_AS_IT_IS_DRAWN = """\
import os, signal, sys
from ssoenv.__main__ import main
from ssoenv.picker.screen import View
View._look_up_aside = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
sys.argv = ["ssoenv", "pick"]
main()
"""


def test_ended_as_its_list_is_drawn_it_takes_it_off_the_screen(signed_in: World) -> None:
    program = signed_in.home / "pick.py"
    program.write_text(ENDED_AS_IT_IS_DRAWN)
    with Person(signed_in, BASH) as person:
        person.enter(f"clear; {sys.executable} pick.py; echo status $?")
        screen = person.see("status 143")
        assert "Developer" not in screen and "3 of 3" not in screen


def last_descendant(process: int) -> int:
    while True:
        with open(f"/proc/{process}/task/{process}/children") as file:
            children = file.read().split()
        if not children:
            return process
        process = int(children[-1])


def test_a_terminal_that_only_knows_lines_gets_a_list_and_a_question(signed_in: World) -> None:
    with on_terminal(signed_in, "pick", term="dumb") as terminal:
        terminal.see("  1 ", "3 of 3. Number, or part of a name:")
        terminal.type("west")
        terminal.press("Enter")
        terminal.see("2 of 3")
        terminal.type("leg")
        terminal.press("Enter")
        terminal.see("\nlegacy")


def test_without_a_profile_the_program_asks_although_its_output_is_caught(
    signed_in: World,
) -> None:
    with Person(signed_in, BASH) as person:
        person.enter('eval "$(ssoenv)"')
        person.see("3 of 3")
        person.terminal.type("dev")
        person.see("1 of 3")
        person.terminal.press("Enter")
        person.see("[dev ")
        person.enter('eval "$(ssoenv env --unset)"; eval "$(ssoenv)" || echo "left it"')
        person.see("3 of 3")
        person.terminal.press("C-c")
        person.see("\nleft it")


def test_without_a_terminal_it_says_so_and_does_not_hang(signed_in: World) -> None:
    for arguments in (("pick",), ()):
        result = signed_in.run(*arguments)
        assert result.code == 3
        assert "dev, legacy, prod" in result.err
        assert result.err.count("\n") == 1


def test_without_profiles_it_says_how_to_make_one(world: World) -> None:
    world.config.write_text("")
    result = world.run("pick")
    assert (result.code, result.out) == (3, "")
    assert "configure" in result.err
