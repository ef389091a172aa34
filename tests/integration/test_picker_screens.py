"""What the picker shows on terminals of 40, 80 and 200 columns, to somebody with 300 accounts."""

import random
import re

import pytest

from ssoenv.config.listing import Listed
from ssoenv.demo.center.world import Account
from ssoenv.picker import lines
from ssoenv.terminal import colour
from tests.conftest import World
from tests.integration.test_picker import on_terminal

WIDTHS = (40, 80, 200)
ROLES = ("AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "BillingViewer")


@pytest.fixture
def big(signed_in: World) -> World:
    """Three hundred accounts, a thousand roles, and the profiles that ``configure`` makes."""
    accounts = [
        (f"Identity Platform {stage} {n:02}", f"{n:06}{at:06}")
        for n in range(1, 101)
        for at, stage in enumerate(("Development", "Production", "Sandbox"))
    ]
    signed_in.idc.accounts = [
        Account(id, name, list(ROLES[: 4 if at < 100 else 3]))
        for at, (name, id) in enumerate(accounts)
    ]
    assert sum(len(account.roles) for account in signed_in.idc.accounts) == 1000
    result = signed_in.run("configure", "--all", "--yes", "--profile-region", "eu-west-1")
    assert result.code == 0, result
    return signed_in


def rows(screen: str) -> list[str]:
    """The rows of the list, without the pointer."""
    found = [line[2:] for line in screen.splitlines() if re.match(r"[> ] \S", line)]
    end = next(at for at, line in enumerate(found) if " of 10" in line)
    return found[: min(end, 12)]


@pytest.mark.parametrize("columns", WIDTHS)
def test_rows_differ_and_the_selected_one_is_there_in_full(big: World, columns: int) -> None:
    with on_terminal(big, "pick", columns=columns) as terminal:
        for query in ("", "production", "reado", "platform sandbox 5"):
            terminal.press("C-u")
            terminal.type(query)
            screen = terminal.see(f"profile: {query}".rstrip(), "of 1003")
            assert max(map(len, screen.splitlines())) < columns
            shown = rows(screen)
            assert len(set(shown)) == len(shown) == 12
        terminal.press("C-u")
        terminal.type("platform production 42 reado")
        terminal.see("> ", "1 of 1003")
        below = terminal.until(
            lambda screen: "signed in" in " ".join(screen.split()), "the state"
        ).partition("> ")[2]
        together = re.sub(r"\s", "", below)
        name = "Identity-Platform-Production-42-ReadOnlyAccess"
        for part in (name, "IdentityPlatformProduction42", "000042000001", "eu-west-1"):
            assert part in together
        terminal.press("Enter")
        terminal.until(lambda screen: screen.split() == [name], "the choice")


def test_at_80_columns_the_role_shows_and_no_account_twice(big: World) -> None:
    with on_terminal(big, "pick identity platform production", columns=80) as terminal:
        for row in rows(terminal.see("of 1003")):
            assert row.count("Platform") == 1
            assert any(role in row for role in ROLES), row
            assert re.search(r"-\d\d-", row)


def states(
    world: World, columns: int, wait: str, command: str = "pick", **changes: str
) -> tuple[str, str]:
    """The picker's screen with and without its colours, once it shows ``wait``."""
    world.environ.update(changes)
    with on_terminal(world, command, columns, "screen-256color") as terminal:
        screen = terminal.see(wait)
        return terminal.painted(), screen


@pytest.mark.parametrize("command", ["--use --shell bash", "exec -- true"])
def test_whoever_has_a_person_pick_shows_the_states(signed_in: World, command: str) -> None:
    assert "signed in" in states(signed_in, 80, "signed in", command)[1]


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_state_has_a_colour_and_words(world: World, columns: int) -> None:
    world.add_config("[profile guarded]\nssoenv_confirm = true\ncredential_process = x\n")
    waiting, screen = states(world, columns, "needs sign-in")
    assert colour.painted("legacy", colour.YELLOW)[:10] in waiting
    assert "guarded !" in screen
    assert re.search(r"guarded\x1b\[31m !", waiting)
    world.sign_in()
    ready, _ = states(world, columns, "signed in")
    assert colour.painted("legacy", colour.GREEN)[:10] in ready
    plain, screen = states(world, columns, "signed in", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", plain)
    assert "guarded !" in screen


def test_who_asks_first_is_marked_by_lines_too(world: World) -> None:
    world.add_config("[profile guarded]\nssoenv_confirm = true\ncredential_process = x\n")
    with on_terminal(world, "pick", term="dumb") as terminal:
        assert "guarded ! " in terminal.see("4 of 4").replace("\n", " \n")


def test_any_names_stay_apart_in_any_width() -> None:
    """Account, stage, number and role in all orders, some of it in wide characters."""
    chance = random.Random(7)
    words = ["Identity", "Platform", "開発環境", "Production", "Development", "x", "Administrator"]
    for width in (36, 40, 76, 196):
        for _ in range(200):
            base = chance.sample(words, 5)
            names = set()
            while len(names) < 12:
                parts = [*base, f"{chance.randrange(100):02}"]
                names.add("-".join(chance.sample(parts[:2], 2) + parts[2:]) + chance.choice("AB"))
            listed = [Listed(name, {"sso_role_name": "R"}) for name in sorted(names)]
            found = [name + rest for name, rest in lines.of(listed, width)]
            assert len(set(found)) == 12, found
            assert all(lines._width(line) <= width for line in found)


def test_what_the_name_says_is_not_said_again() -> None:
    settings = {
        "sso_account_name": "Shop Prod",
        "sso_account_id": "111122223333",
        "sso_role_name": "ReadOnly",
        "region": "eu-west-1",
    }
    assert lines.of([Listed("shop-prod-readonly", settings)], 80) == [
        ("shop-prod-readonly  ", "111122223333 eu-west-1")
    ]
    assert lines.of([Listed("s", settings)], 30) == [("s  ", "ReadOnly Shop Prod")]
