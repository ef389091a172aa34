"""Where faults happen: the world of ``shared_world``, a quick way to run ssoenv in it, and what
its disk looks like before and after."""

import contextlib
import hashlib
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import stage
from tests.conftest import SSOENV, Result, World, bound_by_modes
from tests.stage import Stage

ROLES = {
    "dev": ("111122223333", "Developer"),
    "legacy": ("111122223333", "ReadOnly"),
    "prod": ("444455556666", "Deploy"),
}

# Files, from the home folder on.
CONFIG = ".aws/config"
CREDENTIALS = ".aws/credentials"
TOKENS = ".aws/sso/cache"
TOKEN = f"{TOKENS}/{hashlib.sha1(b'demo').hexdigest()}.json"
KEYS = ".aws/cli/cache"
_NAMED = {"accountId": "111122223333", "roleName": "Developer", "sessionName": "demo"}
KEY = f"{KEYS}/{hashlib.sha1(json.dumps(_NAMED, separators=(',', ':')).encode()).hexdigest()}.json"
INDEX = ".aws/ssoenv/index"
ENTRY = f"{INDEX}/{b'dev'.hex()}"


class Scene:
    """One world and what is wrong with it. ``environment``: changes to it; ``before``: what
    stands before the command (strace, say); ``skew``: seconds by which the clock is wrong;
    ``modes_bind``: see ``World.run``."""

    def __init__(self, world: World, stage: Stage) -> None:
        self.world = world
        self.idc = world.idc
        self.home = world.home
        self.stage = stage
        self.environment: dict[str, str | None] = {"AWS_MAX_ATTEMPTS": "1"}
        self.before: list[str] = []
        self.skew = 0.0
        self.modes_bind = False
        self.cleanup = contextlib.ExitStack()

    def run(self, line: str, **more: Any) -> Result:
        """Run ``line``: ssoenv with its arguments, or else a script for bash."""
        command = shlex.split(line)
        if command[0] != "ssoenv" or re.search(r"[|<>;&$]", line):
            return self.world.command(["bash", "-c", line], **self.environment)
        environment = self.world.environment(**self.environment)
        if self.before or not stage.can_play(environment):
            before = [*self.before, *(bound_by_modes() if self.modes_bind else [])]
            result = self.world.command([*before, SSOENV, *command[1:]], **self.environment)
            if "ptrace" in result.err:
                pytest.skip("needs the right to trace processes")
            return result
        if self.skew:
            more["skew"] = self.skew
        if self.modes_bind:
            more["modes_bind"] = True
        command = [SSOENV, *command[1:]]
        return Result(self.stage.run(command, environment, self.home, **more))


Do = Callable[[Scene], object]

Snapshot = dict[str, tuple[str, int, bytes]]


def snapshot(home: Path) -> Snapshot:
    """What lies in a home: kind, mode and content of each path. Locks, which are never removed,
    and the index, which only makes things quicker, are left out."""
    found = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        mode = path.lstat().st_mode & 0o777
        if path.is_symlink():
            found[name] = ("link", mode, bytes(path.readlink()))
        elif path.is_dir():
            found[name] = ("folder", mode, b"")
        elif path.is_file():
            found[name] = ("file", mode, _start_of(path))
        else:
            found[name] = ("thing", mode, b"")
    return {
        name: held
        for name, held in found.items()
        if not (name.endswith((".lock", ".failed")) or name.startswith(".aws/ssoenv"))
    }


def _start_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 20)
    except PermissionError:  # that is what is wrong
        return b""


def changed(before: Snapshot, after: Snapshot) -> set[str]:
    """What is another thing now, in the table's words: config, credentials, token, keys."""
    words = {CONFIG: "config", CREDENTIALS: "credentials"}
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    found = set()
    for name in names:
        if before.get(name, after.get(name, ("",)))[0] == "folder" and name not in before:
            continue  # a new folder; what matters is what it holds
        in_caches = {TOKENS: "token", KEYS: "keys"}.get(str(Path(name).parent))
        found.add(words.get(name) or in_caches or name)
    return found


def assert_private(before: Snapshot, after: Snapshot) -> None:
    """Whatever was made is for its owner only, and no temporary file has stayed."""
    for name, (kind, mode, _) in after.items():
        assert "tmp" not in name, name
        if before.get(name) != after[name] and name.startswith(".aws/"):
            if name.endswith(".not-a-file"):  # it was theirs
                continue
            assert mode == {"file": 0o600, "folder": 0o700}.get(kind, mode), (name, oct(mode))


def assert_keys(scene: Scene, result: Result, profile: str = "dev") -> None:
    """stdout is a whole answer, and it is that profile's."""
    assert result.code == 0, result
    assert result.out.startswith("{\nexport "), result
    assert result.out.endswith(";\n}\n"), result
    held = dict(re.findall(r"^export (\w+)='(.*)';$", result.out, re.MULTILINE))
    keys = scene.idc.keys[held["AWS_ACCESS_KEY_ID"]]
    account, role = ROLES[profile]
    assert f":{account}:" in keys.arn and f"/{role}" in keys.arn.replace("_", "/"), keys.arn
    assert held["AWS_SECRET_ACCESS_KEY"] == keys.secret_access_key
    assert held["AWS_SESSION_TOKEN"] == keys.session_token
    assert held["AWS_ACCOUNT_ID"] == account


def empty(folder: Path) -> None:
    """Remove whatever lies in ``folder``."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
