"""Many profiles, and what their children leave behind."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import SSOENV, World


@pytest.fixture
def many(shared_world: World) -> World:
    """A world with the profiles a1, a2, … a6 of one account beside those of the demo."""
    shared_world.add_config(
        "".join(
            f"[profile a{n}]\nsso_session = demo\nsso_account_id = 111122223333\n"
            f"sso_account_name = Team {n}\nsso_role_name = {'ReadOnly' if n % 2 else 'Developer'}\n"
            for n in range(1, 7)
        )
    )
    return shared_world


def start(world: World, *arguments: str, **options: object) -> "subprocess.Popen[bytes]":
    """``ssoenv ARGUMENTS`` as a process whose streams can be read while it runs."""
    settings: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [SSOENV, *arguments],
        env=world.environment(),
        cwd=world.home,
        stdin=subprocess.DEVNULL,
        **settings,
    )


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def all_end(pids: list[int]) -> bool:
    """Whether none of them runs, a moment after it was killed: the system takes that moment."""
    end = time.monotonic() + 5
    while any(map(is_running, pids)) and time.monotonic() < end:
        time.sleep(0.01)
    return not any(map(is_running, pids))
