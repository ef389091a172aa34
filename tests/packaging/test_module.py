"""``python -m ssoenv`` is ``ssoenv``, and ``import ssoenv`` costs next to nothing."""

import re
import sys

import pytest

from tests.conftest import SSOENV, World
from tests.warm.test_cheap import imported
from tests.warm.test_never_stale import warm_up

SAID = (
    ["--version"],
    ["--help"],
    ["exec", "--help"],
    ["dev"],
    ["dev", "--format", "json", "-v"],
    ["exec", "dev", "--", "printenv", "AWS_ACCESS_KEY_ID"],
    ["nobody"],
    ["--nope"],
    ["status", "dev", "prod"],
)

# Ways to run a program that make Python stricter, or take something from it.
STRICT = {
    "isolated": (["-I"], {}),
    "safe path": ([], {"PYTHONSAFEPATH": "1"}),
    "warnings are errors": (["-W", "error"], {}),
    "warnings are errors, by variable": ([], {"PYTHONWARNINGS": "error"}),
    "bytes are not text": (["-bb"], {}),
    "developing": (["-X", "dev"], {}),
    "without docstrings and assertions": (["-OO"], {}),
}


@pytest.mark.parametrize("arguments", SAID, ids=" ".join)
def test_the_module_does_and_says_what_the_command_does(
    signed_in: World, arguments: list[str]
) -> None:
    warm_up(signed_in, "dev")
    command = signed_in.run(*arguments)
    module = signed_in.command([sys.executable, "-m", "ssoenv", *arguments])
    # Between the two runs, a minute may come to its end.
    said = [
        re.sub(r"\b(\d+h )?\d+m\b|\b\d+h\b", "a time", one.out + one.err)
        for one in (module, command)
    ]
    assert (module.code, said[0]) == (command.code, said[1])
    assert "__main__" not in module.out + module.err


@pytest.mark.parametrize("options", STRICT.values(), ids=STRICT)
def test_a_strict_python_gives_the_same_warm_answer(
    signed_in: World, options: tuple[list[str], dict[str, str]]
) -> None:
    flags, environ = options
    warm_up(signed_in, "dev")
    expected = signed_in.run("dev")
    calls = len(signed_in.idc.calls)
    for program in (["-m", "ssoenv"], [SSOENV]):
        result = signed_in.command([sys.executable, *flags, *program, "dev"], **environ)
        assert (result.code, result.out, result.err) == (0, expected.out, "")
    assert len(signed_in.idc.calls) == calls


def test_importing_the_package_imports_nothing_else(signed_in: World) -> None:
    """What it offers is loaded when it is used."""
    python = [sys.executable, "-X", "importtime", "-c"]
    nothing = signed_in.command([*python, "pass"])
    package = signed_in.command([*python, "import ssoenv"])
    assert imported(package.err) - imported(nothing.err) == {"ssoenv"}
    used = signed_in.command([*python, "import ssoenv; ssoenv.resolve; ssoenv.session"])
    assert used.code == 0, used
    heavy = [name for name in imported(used.err) if name.startswith(("ssoenv.demo", "tests"))]
    assert heavy == []


SHADOWS = ("token", "six", "botocore", "json", "argparse", "urllib3", "shellingham")


@pytest.mark.parametrize("path", [":/x", "{project}", "/x:{project}"])
@pytest.mark.parametrize(
    "arguments",
    [["dev", "--refresh"], ["credential-process", "dev"], ["--renew", "dev", "--shell", "bash"]],
)
def test_nothing_comes_from_a_project_s_folder(
    signed_in: World, path: str, arguments: list[str]
) -> None:
    for name in SHADOWS:
        (signed_in.home / f"{name}.py").write_text("raise ImportError('a module of the project')")
    result = signed_in.run(
        *arguments, PYTHONPATH=path.format(project=signed_in.home), SSOENV_HOOK_WAIT="30"
    )
    assert (result.code, result.err) == (0, ""), result


def test_children_inherit_pythonpath(signed_in: World) -> None:
    result = signed_in.run("exec", "dev", "--", "sh", "-c", "echo $PYTHONPATH", PYTHONPATH=":/x")
    assert (result.code, result.out) == (0, ":/x\n")
