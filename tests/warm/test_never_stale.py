"""A warm answer is the answer that a cold run would give, whatever has changed in between."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssoenv import __version__
from ssoenv.cache import index
from ssoenv.system import paths
from tests.conftest import World

PROFILES = ("dev", "prod")


def cold(world: World, profile: str, **changes: str | None) -> str:
    """The answer without an index."""
    shutil.rmtree(world.home / ".aws" / "ssoenv", ignore_errors=True)
    return world.run(profile, "--format", "json", **changes).out


def index_entries(world: World) -> list[Path]:
    """The profiles' entries, whose names are hexadecimal; not those for a plain renewal."""
    return sorted((world.home / ".aws" / "ssoenv" / "index").glob("[0-9a-f]*[0-9a-f]"))


def warm_up(world: World, profile: str) -> None:
    """Run until the index has an entry (the config must have rested for a tick)."""
    for _ in range(20):
        world.run(profile)
        if index_entries(world):
            return
    raise AssertionError("no index entry appeared")


def rewrite_in_place(world: World) -> None:
    """Same size, same mtime, same inode: only the ctime tells."""
    before = world.config.stat()
    text = world.config.read_text()
    swapped = text.replace("region = eu-central-1", "region = eu-central-2")
    if swapped == text:
        swapped = text.replace("region = eu-central-2", "region = eu-central-1")
    with world.config.open("r+") as file:
        file.write(swapped)
    os.utime(world.config, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_file(world: World) -> None:
    """Another inode with other content, size and mtime put back."""
    before = world.config.stat()
    other = world.config.with_suffix(".new")
    text = world.config.read_text()
    a, b = "sso_role_name = Developer", "sso_role_name = ReadOnly "
    other.write_text(text.replace(a, b) if a in text else text.replace(b, a))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(world.config)


def touch(world: World) -> None:
    world.config.touch()


def drop_the_profile(world: World) -> None:
    text = world.config.read_text()
    if "[profile dev]" in text:
        world.config.write_text(text.replace("[profile dev]", "[profile gone]"))
    else:
        world.config.write_text(text.replace("[profile gone]", "[profile dev]"))


def add_credentials_file(world: World) -> None:
    path = world.home / ".aws" / "credentials"
    if path.exists():
        path.unlink()
    else:
        path.write_text("[dev]\nregion = sa-east-1\n")


def log_out(world: World) -> None:
    for file in [*world.roles.glob("*.json"), *world.tokens.glob("*.json")]:
        file.unlink()


def log_in(world: World) -> None:
    world.sign_in()


def spoil_the_role_cache(world: World) -> None:
    for file in world.roles.glob("*.json"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def spoil_the_index(world: World) -> None:
    for file in index_entries(world):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\n\n"))


def cut_the_index(world: World) -> None:
    for file in index_entries(world):
        file.write_bytes(file.read_bytes()[:40])


CHANGES: list[Callable[[World], None]] = [
    rewrite_in_place,
    replace_file,
    touch,
    drop_the_profile,
    add_credentials_file,
    log_out,
    log_in,
    spoil_the_role_cache,
    spoil_the_index,
    cut_the_index,
]


@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4), st.sampled_from(PROFILES))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_sequence_of_changes_gives_the_cold_answer(
    tmp_path_factory: pytest.TempPathFactory,
    idc_for_all: "object",
    changes: list[Callable[[World], None]],
    profile: str,
) -> None:
    world = World(tmp_path_factory.mktemp("w"), idc_for_all)  # type: ignore[arg-type]
    world.sign_in()
    world.settle()
    world.run(profile)
    for change in changes:
        change(world)
        with_index = world.run(profile, "--format", "json")
        again = world.run(profile, "--format", "json")
        without = cold(world, profile)
        assert with_index.out == without == again.out
        world.run(profile)


@pytest.fixture(scope="module")
def idc_for_all():  # type: ignore[no-untyped-def]
    from ssoenv.demo.center.identity_center import IdentityCenter

    with IdentityCenter() as idc:
        yield idc


def test_another_config_file_is_another_answer(signed_in: World) -> None:
    warm_up(signed_in, "dev")
    other = signed_in.home / "other"
    other.write_text(signed_in.config.read_text().replace("eu-central-1", "ap-south-1"))
    assert signed_in.variables("dev", AWS_CONFIG_FILE=str(other))["AWS_REGION"] == "ap-south-1"
    assert signed_in.variables("dev")["AWS_REGION"] == "eu-central-1"


def test_what_steers_calls_has_no_say_in_what_is_cached(signed_in: World) -> None:
    names = ("ENDPOINT_URL", "ENDPOINT_URL_SSO", "ENDPOINT_URL_STS", "CA_BUNDLE")
    odd = {f"AWS_{name}": "/nowhere" for name in names}
    odd.update(AWS_USE_FIPS_ENDPOINT="true", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true")
    for profile in PROFILES:
        plain = cold(signed_in, profile)
        warm_up(signed_in, profile)
        warmed = signed_in.run(profile, "--format", "json", **odd).out
        assert warmed == plain == cold(signed_in, profile, **odd) != ""


def test_an_index_of_another_version_is_not_used(signed_in: World) -> None:
    warm_up(signed_in, "dev")
    (entry,) = index_entries(signed_in)
    content = entry.read_text()
    assert content.startswith(f"{__version__} ")
    content = content.replace("eu-central-1", "xx-wrong-1")
    entry.write_text(content.replace(__version__, "0.0.0", 1))
    assert signed_in.variables("dev")["AWS_REGION"] == "eu-central-1"


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_an_index_that_others_could_have_written_is_not_used(signed_in: World, mode: int) -> None:
    warm_up(signed_in, "dev")
    (entry,) = index_entries(signed_in)
    entry.write_text(entry.read_text().replace("eu-central-1", "xx-wrong-1"))
    entry.chmod(mode)
    assert signed_in.variables("dev")["AWS_REGION"] == "eu-central-1"


def test_the_index_of_another_user_is_not_used(signed_in: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: to give a file to another user")
    warm_up(signed_in, "dev")
    (entry,) = index_entries(signed_in)
    entry.write_text(entry.read_text().replace("eu-central-1", "xx-wrong-1"))
    os.chown(entry, 12345, 12345)
    assert signed_in.variables("dev")["AWS_REGION"] == "eu-central-1"


def test_the_index_holds_no_secret(signed_in: World) -> None:
    values = signed_in.variables("dev")
    warm_up(signed_in, "dev")
    (entry,) = index_entries(signed_in)
    assert entry.stat().st_mode & 0o777 == 0o600
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert values[name] not in entry.read_text()


def test_a_config_changed_in_this_instant_is_not_fingerprinted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second change within the file system's clock tick would not show, also if the time of
    the first was put back."""
    config = tmp_path / ".aws" / "config"
    config.parent.mkdir()
    config.write_text("[profile dev]\n")
    os.utime(config, (1.5, 1.5))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_CONFIG_FILE", raising=False)
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE", raising=False)
    changed = config.stat().st_ctime
    monkeypatch.setattr("ssoenv.system.clock.now", lambda: changed + 0.01)
    index.remember("dev", "0" * 40, None, index.Snapshot())
    assert not os.path.exists(paths.ours("index"))
    monkeypatch.setattr("ssoenv.system.clock.now", lambda: changed + 3)
    index.remember("dev", "0" * 40, None, index.Snapshot())
    assert os.listdir(paths.ours("index")) == ["646576"]


@pytest.mark.parametrize(
    ("changed", "seconds", "settled"),
    [(5.5, 0.019, False), (5.5, 0.021, True), (5.0, 1.9, False), (5.0, 2.1, True)],
)
def test_a_clock_that_knows_only_seconds_is_given_two(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: float,
    seconds: float,
    settled: bool,
) -> None:
    config = tmp_path / "config"
    config.touch()
    real = config.stat()
    fields = {name: getattr(real, name) for name in dir(real) if name.startswith("st_")}
    fields["st_ctime_ns"] = int(changed * 1e9)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    stat = os.stat

    def with_ctime(path: str) -> object:
        return SimpleNamespace(**fields) if path == str(config) else stat(path)

    monkeypatch.setattr("ssoenv.cache.index.os.stat", with_ctime)
    monkeypatch.setattr("ssoenv.system.clock.now", lambda: changed + seconds)
    assert index.Snapshot().settled == settled
