"""The lines of the pages, with a program in the place of the tools that they name."""

import pytest

from tests.conftest import World, need
from tests.docs import pages

TOOL = '#!/bin/sh\n[ "$SSOENV_PROFILE" = a5 ] && { echo no such region >&2; exit 3; }\n'
TOOL += 'echo "2026-01-01 bucket-of-$SSOENV_PROFILE"\n'


def lines_of(test: str) -> str:
    """The block that ``test`` runs."""
    [block] = [one for one in pages.blocks() if one.mark.endswith(f"::{test}")]
    return block.text


@pytest.fixture
def tools(many: World) -> World:
    for name in ("aws", "terraform"):
        (many.home / name).write_text(TOOL)
        (many.home / name).chmod(0o755)
    return many


def run(world: World, script: str) -> list[str]:
    path = f"{world.home}:{world.environ['PATH']}"
    done = world.command(["bash", "-euo", "pipefail", "-c", script], PATH=path)
    assert done.code == 0, done
    return done.out.splitlines()


def test_the_lines_of_the_reference(tools: World) -> None:
    first, second, third = lines_of("test_the_lines_of_the_reference").splitlines()
    said = "2026-01-01 bucket-of-"
    assert sorted(run(tools, first)) == [f"dev  | {said}dev", f"prod | {said}prod"]
    assert run(tools, second) == [f"prod | {said}prod"]
    names = [line.split(" ")[0] for line in run(tools, f"{third} || test $? = 3")]
    assert sorted(names) == ["a1", "a3", "legacy"]


def test_the_line_of_readme(tools: World) -> None:
    command = lines_of("test_the_line_of_readme").partition(" #")[0]
    names = [line.split(" ")[0] for line in run(tools, f"{command} || test $? = 3")]
    assert sorted(names) == ["a1", "a3", "legacy"]  # a5 fails, and has nothing to say on stdout


def test_the_inventory(tools: World) -> None:
    need("jq", "jq")
    found = run(tools, lines_of("test_the_inventory"))
    assert found[-2:] == ["a5: no such region", ""]
    assert sorted(found[:-2]) == [
        f"111122223333\t2026-01-01 bucket-of-{name}" for name in ("a1", "a3", "legacy")
    ]
