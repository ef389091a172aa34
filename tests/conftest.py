"""The world that tests live in: an Identity Center in miniature, a home of their own, and the
installed ``ssoenv`` command run as a process."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings

from ssoenv.demo import home
from ssoenv.demo.center.identity_center import IdentityCenter
from tests import stage, thorough
from tests.job_tokens import TokenService

os.environ.pop("CI", None)  # in CI ssoenv behaves otherwise; a test of that sets it itself

settings.register_profile("ours", max_examples=thorough.examples(100), deadline=None)
settings.load_profile("ours")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three for each processor, for ``-n auto``: most of its time a test waits for somebody."""
    usable = getattr(os, "sched_getaffinity", None)
    return 3 * (len(usable(0)) if usable else os.cpu_count() or 1)


SSOENV = os.path.join(os.path.dirname(sys.executable), "ssoenv")


class Result:
    """What a finished process left: exit code and text."""

    def __init__(self, finished: subprocess.CompletedProcess[bytes]) -> None:
        self.code = finished.returncode
        self.raw = finished.stdout
        self.out = finished.stdout.decode(errors="surrogateescape")
        self.err = finished.stderr.decode(errors="surrogateescape")

    def __repr__(self) -> str:
        return f"exit {self.code}\nstdout: {self.out}\nstderr: {self.err}"


class World:
    """A home with the profiles of the demo (dev, legacy, prod), signed in or not."""

    def __init__(self, folder: Path, idc: IdentityCenter) -> None:
        self.idc = idc
        self.home = folder / "home"
        self.home.mkdir()
        places = home.write_home(str(self.home), idc)
        self.environ = {
            "PATH": f"{os.path.dirname(SSOENV)}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "SSOENV_SHELL": "bash",
            **places,
        }

    @property
    def config(self) -> Path:
        return self.home / ".aws" / "config"

    @property
    def tokens(self) -> Path:
        return self.home / ".aws" / "sso" / "cache"

    @property
    def roles(self) -> Path:
        """The AWS CLI's role cache."""
        return self.home / ".aws" / "cli" / "cache"

    def token_file(self, session: str = home.SESSION) -> Path:
        return Path(home.token_file(str(self.home), session))

    def sign_in(self, lifetime: float | None = None, refreshable: bool = True) -> None:
        """Sign in to the session of ``dev`` and ``prod``, and for ``legacy``."""
        for session in (home.SESSION, None):
            token = self.idc.issue_token(lifetime=lifetime, refreshable=refreshable)
            home.sign_in(str(self.home), self.idc, session, token=token)

    def sign_out(self) -> None:
        """Forget every token, as if nobody had signed in."""
        shutil.rmtree(self.tokens)

    def add_config(self, text: str) -> None:
        self.config.write_text(self.config.read_text() + "\n" + text)

    def settle(self) -> None:
        """Let the config be so old that the warm index trusts its fingerprint."""
        old = time.time() - 60
        if self.config.stat().st_mtime > old + 30:
            os.utime(self.config, (old, old))
        while time.time() - self.config.stat().st_ctime < 0.05:
            time.sleep(0.01)

    def environment(self, **changes: str | None) -> dict[str, str]:
        """The environment of a person in this world; None takes a variable away."""
        merged = {**self.environ, **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def run(
        self, *arguments: str, input: bytes = b"", modes_bind: bool = False, **changes: str | None
    ) -> Result:
        """Run ``ssoenv ARGUMENTS``; ``changes`` are made to the environment. ``modes_bind``: file
        modes bind root as they bind everyone. It is a fork of a process that has all loaded where
        that makes no difference: see ``stage.can_play``."""
        command, environment = [SSOENV, *arguments], self.environment(**changes)
        if not stage.can_play(environment):
            before = bound_by_modes() if modes_bind else []
            return self.command([*before, *command], input=input, **changes)
        played = stage.shared().run(command, environment, self.home, input, modes_bind=modes_bind)
        return Result(played)

    def at_once(self, *commands: list[str]) -> list[Result]:
        """Run ``ssoenv`` with each of ``commands`` as its arguments, all at the same time."""
        with ThreadPoolExecutor(len(commands)) as threads:
            return list(threads.map(lambda arguments: self.run(*arguments), commands))

    def command(self, command: list[str], *, input: bytes = b"", **changes: str | None) -> Result:
        """Run any command in this world."""
        return Result(
            subprocess.run(
                command,
                env=self.environment(**changes),
                cwd=self.home,
                input=input,
                capture_output=True,
                timeout=120,
                check=False,
            )
        )

    def variables(self, *arguments: str, **changes: str | None) -> dict[str, str]:
        """What ``ssoenv ARGUMENTS`` sets, by its JSON format."""
        import json

        result = self.run(*arguments, "--format", "json", **changes)
        assert result.code == 0, result
        found: dict[str, str] = json.loads(result.out)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which nobody is signed in yet."""
    with IdentityCenter() as idc:
        yield World(tmp_path, idc)


@pytest.fixture
def signed_in(world: World) -> World:
    """A world in which the person is signed in."""
    world.sign_in()
    return world


@pytest.fixture
def token_service() -> Iterator[TokenService]:
    """GitHub's token service, as a runner offers it to a job."""
    with TokenService() as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        yield service
        service.shutdown()


@pytest.fixture(scope="module")
def _world_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with IdentityCenter() as idc:
        yield World(tmp_path_factory.mktemp("world"), idc)


@pytest.fixture
def shared_world(_world_of_the_run: World) -> World:
    """As ``signed_in``, but one world for all tests of a module, in which each starts again:
    no faults, the config as it was, nothing in the caches but the sign-in."""
    reset(_world_of_the_run)
    return _world_of_the_run


def reset(world: World) -> None:
    """Make a world what ``shared_world`` is at the start of a test."""
    world.idc.clear_faults()
    shutil.rmtree(world.home, ignore_errors=True)  # what the last test started tidies up as well
    if world.home.exists():
        shutil.rmtree(world.home)
    world.home.mkdir()
    home.write_home(str(world.home), world.idc)
    world.sign_in()


def assert_fails(result: Result, code: int, *words: str, stdout: str = "false;\n") -> None:
    """Assert that a run failed as promised: the exit code, one line on stderr that holds
    ``words``, no traceback, and on stdout nothing but the failing statement."""
    assert result.code == code, result
    assert result.err.startswith("ssoenv: "), result
    assert result.err.count("\n") == 1 and result.err.endswith("\n"), result
    assert result.out == stdout, result
    for word in words:
        assert word in result.err, (word, result)
    assert "bug in ssoenv" not in result.err, result


def bound_by_modes() -> list[str]:
    """The start of a command line under which file modes bind root as they bind everyone."""
    if os.geteuid() != 0:
        return []
    need("setpriv", "util-linux")
    powers = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}"]


def need(program: str, package: str) -> str:
    """The path of a program, or a loud skip that names what to install."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}: install {package}")
    return found
