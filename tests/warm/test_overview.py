"""``ssoenv profiles`` from what an earlier run has kept: the same list, without botocore, until
anything is another thing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import World
from tests.test_profiles import STATES
from tests.warm.test_plain import modules_of

LIST = ("profiles", "--json")


def kept(world: World) -> Path:
    return world.home / ".aws/ssoenv/index/overview.json"


def is_quick(world: World, *arguments: str, **changes: str | None) -> bool:
    return "botocore" not in modules_of(world, *(arguments or LIST), **changes)


def same_without_it(world: World, **changes: str | None) -> list[dict[str, object]]:
    """The list, which has to be the one that a run gives that knows nothing."""
    quick = json.loads(world.run(*LIST, **changes).out)
    kept(world).unlink()
    full = json.loads(world.run(*LIST, **changes).out)
    for row in [*quick, *full]:
        for part in ("sign_in", "credentials"):
            (row[part] or {}).pop("seconds_left", None)
    assert quick == full
    rows: list[dict[str, object]] = full
    return rows


@pytest.fixture
def listed(signed_in: World) -> World:
    """A home whose profiles have been listed, with each kind that there is."""
    for number, (settings, _) in enumerate(STATES.values()):
        text = settings.replace("y]", f"y{number}]").replace("= y\n", f"= y{number}\n")
        text = text.replace("= x\n", f"= x{number}\n")
        signed_in.add_config(f"[profile x{number}]\n{text}")
    signed_in.add_config(
        "[profile guarded]\nssoenv_confirm = yes\nsso_account_name = Ä, B\nregion = \u200b\n"
    )
    signed_in.settle()
    assert signed_in.run(*LIST).code == 0
    assert kept(signed_in).exists()
    return signed_in


def test_the_second_list_is_the_first_and_loads_no_botocore(listed: World) -> None:
    assert is_quick(listed)
    assert is_quick(listed, "profiles")
    assert is_quick(listed, "profiles", "dev")
    assert len(same_without_it(listed)) > 20


def test_what_the_caches_hold_is_looked_up_each_time(listed: World) -> None:
    assert listed.run("dev").code == 0
    rows = {row["profile"]: row for row in same_without_it(listed)}
    assert rows["dev"]["state"] == "keys"
    listed.sign_out()
    rows = {row["profile"]: row for row in same_without_it(listed)}
    assert rows["legacy"]["state"] == "sign-in-needed"


def test_the_environment_is_asked_each_time(listed: World) -> None:
    rows = {row["profile"]: row for row in same_without_it(listed, SSOENV_CONFIRM="dev")}
    assert rows["dev"]["asks_first"] and rows["guarded"]["asks_first"]
    assert not rows["legacy"]["asks_first"]
    listed.sign_out()
    rows = {row["profile"]: row for row in same_without_it(listed, SSOENV_ACCESS_TOKEN="t")}
    assert rows["dev"]["state"] == "signed-in"


def test_a_borrowed_token_is_found(signed_in: World) -> None:
    """Of a legacy profile whose start URL is the session's."""
    signed_in.settle()
    signed_in.token_file("https://demo.awsapps.com/start").unlink()
    for _ in range(2):
        rows = {row["profile"]: row for row in json.loads(signed_in.run(*LIST).out)}
        assert rows["legacy"]["state"] in ("signed-in", "renews-itself")
    assert is_quick(signed_in)


def touched(world: World) -> None:
    world.config.write_text(world.config.read_text().replace("eu-central-1", "eu-central-2"))


def credentials_added(world: World) -> None:
    (world.home / ".aws" / "credentials").write_text("[dev]\naws_access_key_id = A\n")


def cut(world: World) -> None:
    kept(world).write_bytes(kept(world).read_bytes()[:-10])


def of_another_shape(world: World) -> None:
    text = json.loads(kept(world).read_text())
    text["meanings"][0] = text["meanings"][0][1:]
    kept(world).write_text(json.dumps(text))


def for_everyone(world: World) -> None:
    kept(world).chmod(0o666)


def of_another_version(world: World) -> None:
    text = kept(world).read_text()
    kept(world).write_text(text.replace('"fingerprint":"', '"fingerprint":"0'))


CHANGES: tuple[Callable[[World], None], ...] = (
    touched,
    credentials_added,
    cut,
    of_another_shape,
    for_everyone,
    of_another_version,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_botocore_reads_anew_what_has_changed(
    listed: World, change: Callable[[World], None]
) -> None:
    change(listed)
    assert not is_quick(listed)


def test_another_config_has_a_list_of_its_own(listed: World) -> None:
    other = listed.home / "other"
    other.write_text("[profile only]\nregion = eu-west-1\n")
    rows = json.loads(listed.run(*LIST, AWS_CONFIG_FILE=str(other)).out)
    assert [row["profile"] for row in rows] == ["only"]


def test_no_secret_is_kept(listed: World) -> None:
    text = kept(listed).read_text()
    fields = json.loads(listed.token_file().read_text())
    for name in ("accessToken", "refreshToken", "clientSecret"):
        assert fields[name] not in text
    assert "aws_secret_access_key" not in text
    assert kept(listed).stat().st_mode & 0o777 == 0o600
