"""``ssoenv configure`` for some accounts and roles, and with names by filters."""

import pytest

from tests.configure.expected import ALL, GENERATED, SESSION, configured, profiles
from tests.conftest import World
from tests.signin.people import Person, plain
from tests.test_accounts import big


def names(world: World) -> list[str]:
    return [name.removeprefix("profile ") for name in profiles(world)][1:]


@pytest.mark.parametrize(
    ("options", "made"),
    [
        (["--account", "DEV"], ["dev-Developer", "dev-ReadOnly"]),
        (["--account", "4444*"], ["production-ReadOnly"]),
        (["--role", "read*"], ["dev-ReadOnly", "production-ReadOnly"]),
        (["--account", "dev", "--account", "sand*", "--role", "*er", "--role", "Admin*"],
         ["dev-Developer", "sandbox-Administrator"]),
        (["--exclude", "prod*", "--exclude", "Developer"],
         ["dev-ReadOnly", "sandbox-Administrator"]),
        (["--exclude", "dev/ReadOnly"],
         ["dev-Developer", "production-ReadOnly", "sandbox-Administrator"]),
    ],
)  # fmt: skip
def test_only_what_fits_gets_a_profile(bare: World, options: list[str], made: list[str]) -> None:
    configured(bare, *ALL, *options)
    assert names(bare) == made


def test_the_list_to_choose_from_is_narrowed_too(bare: World) -> None:
    person = Person(bare, "configure", "--profile-region", "us-east-1", "--role", "ReadOnly")
    person.expect("0 marked, 2 of 2 shown")
    person.child.send("\x1b")
    assert person.end() == 130


def test_patterns_that_leave_nothing_are_an_error(bare: World) -> None:
    result = bare.run("configure", *ALL, "--account", "nobody")
    assert (result.code, result.out) == (2, "")
    assert "fits --account, --role and --exclude. To see all, run: ssoenv accounts" in result.err
    assert bare.config.read_text() == SESSION


def test_what_does_not_fit_is_not_pruned(bare: World) -> None:
    bare.config.write_text(SESSION + GENERATED)
    bare.idc.accounts = bare.idc.accounts[:1]
    configured(bare, "--session", "demo", "--prune", "--yes", "--account", "sandbox")
    assert names(bare) == ["dev-Developer", "dev-ReadOnly", "production-ReadOnly"]


def test_prune_alone_only_prunes(bare: World) -> None:
    bare.config.write_text(SESSION + GENERATED.replace("profile dev-ReadOnly", "profile dev"))
    bare.idc.accounts[0].roles = ["ReadOnly", "New"]
    person = Person(bare, "configure", "--prune")
    person.expect("Remove 1 profile in ~/.aws/config. .Y/n. ")
    assert "Region for" not in person.seen and "shown" not in person.seen
    person.child.sendline("y")
    assert person.end() == 0
    assert names(bare) == ["dev", "production-ReadOnly", "sandbox-Administrator"]
    result = bare.run("configure", "--prune", "--yes")
    assert (result.code, "there is nothing to prune" in result.err) == (0, True), result
    configured(bare, *ALL, "--prune")
    assert "dev-New" in names(bare)


def test_a_template_with_filters_names_the_profiles(bare: World) -> None:
    bare.idc.accounts[0].name = "  Data Platform "
    template = "{account_name|trim|lower|replace:' ':'_'}.{role_name|upper}"
    configured(bare, *ALL, "--name", template, "--account", "*data*")
    assert names(bare) == ["data_platform.DEVELOPER", "data_platform.READONLY"]


def test_a_wrong_template_is_refused_before_anything_is_asked(world: World) -> None:
    world.config.unlink()
    person = Person(world, "configure", "--name", "{account_name|lowr}")
    assert person.end() == 2
    assert 'has no such filter: "lowr". Available: lower, upper, trim, replace' in " ".join(
        plain(person.seen).split()
    )
    assert "Start URL" not in person.seen


def test_the_commonest_region_is_proposed(bare: World) -> None:
    others = "".join(
        f"[profile x{number}]\nregion = {region}\n"
        for number, region in enumerate(["us-west-2", "eu-west-3", "eu-west-3", "nowhere"] * 2)
    )
    bare.config.write_text(SESSION + others.replace("nowhere", "not a region"))
    note = bare.run("configure", "--all", "--dry-run").err
    assert note == (
        "ssoenv: no region is in the new profiles: with --profile-region eu-west-3 they get one\n"
    )
    person = Person(bare, "configure", "--yes")
    person.expect("Region for the new profiles, or - for none .eu-west-3.: ")
    person.child.sendline("")
    person.expect("4 of 4 shown")
    person.child.send("sandbox\r")
    assert person.end() == 0
    assert profiles(bare)["profile sandbox-Administrator"]["region"] == "eu-west-3"


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 24), (200, 50)])
def test_a_patch_longer_than_the_screen_is_summed_up(bare: World, columns: int, rows: int) -> None:
    bare.idc.accounts = big(200) + big(300, 4)[200:]
    person = Person(bare, "configure", "--all", columns=columns)
    person.child.setwinsize(rows, columns)
    person.expect("Y/n. ")
    person.child.sendline("n")
    assert person.end() == 0
    shown = plain(person.seen)
    patch = shown[shown.index("--- ") :]
    lines = patch.splitlines()
    assert sum(-(-len(line) // columns) for line in lines) <= rows, patch
    assert "ssoenv_generated = true" in patch
    assert "lines in all (--dry-run shows them)" in " ".join(patch.split())
    assert "--profile-region" in patch, "the note comes after it"
    assert "Add 1,000 profiles in ~/.aws/config?" in " ".join(patch.split())


@pytest.mark.parametrize(
    ("changes", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_patches_are_coloured_where_colours_are(
    bare: World, changes: dict[str, str], coloured: bool
) -> None:
    for options, green in (
        (["--yes"], "\x1b[32m+[profile dev-ReadOnly]\x1b[0m"),
        (["--dry-run"], "\x1b[32m+[profile dev-ReadOnly]\x1b[0m"),
    ):
        bare.config.write_text(SESSION)
        person = Person(bare, "configure", "--all", *options, columns=100, **changes)
        assert person.end() == 0
        assert (green in person.seen) is coloured, person.seen
        assert "+[profile dev-ReadOnly]\x1b[0m" in person.seen or not coloured
    assert "\x1b" not in bare.run("configure", "--all", "--dry-run").out
