"""The installed command itself in every real shell, detected, through the documented line."""

import os
from pathlib import Path

import pytest

from tests.conftest import SSOENV, World
from tests.shells.lab import WAYS, Lab, Way

PLAIN = [way for way in WAYS if not way.setup]
NASTY = 'it\'s $(touch pwned) `touch pwned` "x" !now \\'


@pytest.fixture
def place(lab: Lab, signed_in: World) -> Lab:
    """A lab whose ``ssoenv`` is the real one, in a world where a person is signed in."""
    (lab.bin / "ssoenv").unlink()
    (lab.bin / "ssoenv").symlink_to(SSOENV)
    return lab


def run(place: Lab, world: World, way: Way, script: str) -> tuple[list[dict[str, str]], str]:
    """Run a script; what the ``child`` commands in it saw, and what was said on stderr."""
    environ = world.environment(SSOENV_SHELL=None)
    environ["PATH"] = f"{place.bin}{os.pathsep}{environ['PATH']}"
    done = place.run(way, script, output="", environ=environ)
    return place.children(), done.stderr.decode(errors="replace")


@pytest.mark.parametrize("way", PLAIN, ids=lambda way: way.label)
def test_switching_and_taking_back(place: Lab, signed_in: World, way: Way) -> None:
    """dev, then prod, then back to nothing: each child acts as that profile and no other."""
    lines = (
        way.program.export("AWS_PROFILE", "stale"),
        way.line(),
        "child",
        way.line().replace("dev", "prod"),
        "child",
        way.line().replace("dev", "--unset"),
        "child",
    )
    seen, said = run(place, signed_in, way, "\n".join(lines))
    assert len(seen) == 3, said
    expected = [signed_in.variables("dev"), signed_in.variables("prod"), {}]
    for environment, values in zip(seen, expected, strict=True):
        ours = {k: v for k, v in environment.items() if k.startswith("AWS_") or "SSOENV_P" in k}
        ours = {k: v for k, v in ours.items() if "ENDPOINT" not in k}
        assert ours == {k: v for k, v in values.items() if k != "SSOENV_EXPIRES_AT"}


@pytest.mark.parametrize("way", PLAIN, ids=lambda way: way.label)
def test_an_unknown_profile_stops_the_line(place: Lab, signed_in: World, way: Way) -> None:
    line = way.say(way.both, THEN="child").replace("dev", "nobody")
    seen, said = run(place, signed_in, way, line)
    assert seen == []
    assert 'there is no profile "nobody"' in said


@pytest.mark.parametrize("way", PLAIN, ids=lambda way: way.label)
def test_a_hostile_profile_name_is_only_a_name(
    place: Lab, signed_in: World, way: Way, tmp_path: Path
) -> None:
    """It comes by AWS_PROFILE, and goes into SSOENV_PROFILE as it is."""
    quoted = NASTY.replace("\\", "\\\\").replace('"', '\\"')
    role = "sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
    signed_in.add_config(f'[profile "{quoted}"]\n{role}')
    signed_in.environ["AWS_PROFILE"] = NASTY
    seen, said = run(place, signed_in, way, f"{way.line().replace(' dev', '')}\nchild")
    assert [environment["SSOENV_PROFILE"] for environment in seen] == [NASTY], said
    assert not (tmp_path / "pwned").exists()
