"""The page at the end, in a real browser."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import World
from tests.signin.people import wait_until

FLAGS = """
--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --disable-extensions
--disable-dev-shm-usage --enable-logging=stderr --dump-dom
"""


@pytest.fixture
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("needs chromium: apt-get install chromium")
    return found


def script(tmp_path: Path, chromium: str) -> str:
    """A $BROWSER that visits the address with chromium and keeps what it shows."""
    path = tmp_path / "browser"
    flags = " ".join(FLAGS.split())
    path.write_text(
        f'#!/bin/sh\n{chromium} {flags} --user-data-dir={tmp_path}/chromium "$1" '
        f">{tmp_path}/page.part 2>{tmp_path}/log\nmv {tmp_path}/page.part {tmp_path}/page\n"
    )
    path.chmod(0o755)
    return str(path)


def page(tmp_path: Path) -> str:
    """What the browser showed in the end."""
    wait_until((tmp_path / "page").exists, 60)
    return (tmp_path / "page").read_text()


def test_a_real_browser_signs_in_and_shows_that_it_is_done(
    approving: World, chromium: str, tmp_path: Path
) -> None:
    browser = script(tmp_path, chromium)
    result = approving.run("login", "dev", BROWSER=browser, SSOENV_LOGIN_TIMEOUT="90")
    assert result.code == 0, (result, (tmp_path / "log").read_text())
    assert approving.idc.count("CreateToken") == 1
    shown = page(tmp_path)
    assert "<h1>Signed in</h1>" in shown
    assert "You can close this tab." in shown
    # The policy that forbids everything else lets the page's own style through; chromium's
    # console would say otherwise.
    assert ":CONSOLE" not in (tmp_path / "log").read_text()


def test_who_says_no_is_told_so(world: World, chromium: str, tmp_path: Path) -> None:
    world.idc.approval = "deny"
    browser = script(tmp_path, chromium)
    result = world.run("login", "dev", BROWSER=browser, SSOENV_LOGIN_TIMEOUT="90")
    assert result.code == 5, (result, (tmp_path / "log").read_text())
    assert "<h1>Not signed in</h1>" in page(tmp_path)
