"""The table of shells: names, and what no shell is given."""

import pytest

from ssoenv.environment import shells


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bash", "bash"),
        ("/bin/bash", "bash"),
        ("-zsh", "zsh"),
        ("-/bin/zsh", "zsh"),
        ("ZSH", "zsh"),
        ("rbash", "bash"),
        ("rzsh", "zsh"),
        *((name, "sh") for name in ("dash", "ash", "busybox", "posix", "osh")),
        *((name, "ksh") for name in ("ksh93", "rksh", "rksh93")),
        *((name, "mksh") for name in ("mksh", "lksh", "oksh", "pdksh")),
        *((name, "tcsh") for name in ("csh", "bsd-csh")),
        *((name, "powershell") for name in ("pwsh", "pwsh-preview")),
        ("rc.byron", "rc"),
        ("pwsh.exe", "powershell"),
        ("PowerShell.EXE", "powershell"),
        ("C:\\Windows\\System32\\cmd.exe", "cmd"),
        ("nushell", "nu"),
        ("/opt/homebrew/bin/xonsh", "xonsh"),
    ],
)
def test_a_shell_is_found_by_any_of_its_names(name: str, expected: str) -> None:
    shell = shells.find(name)
    assert shell is not None
    assert shell.name == expected


@pytest.mark.parametrize("name", ["", "-", "/", "python3", "basher", "bash5", "b ash", "login"])
def test_other_names_are_no_shell(name: str) -> None:
    assert shells.find(name) is None


def test_no_name_is_claimed_twice() -> None:
    names = [name for shell in shells.SHELLS.values() for name in (shell.name, *shell.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("shell", shells.SHELLS.values(), ids=lambda shell: shell.name)
def test_every_row_says_the_line_to_type(shell: shells.Shell) -> None:
    assert "ssoenv PROFILE" in shell.line


@pytest.mark.parametrize("shell", shells.SHELLS.values(), ids=lambda shell: shell.name)
@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "A;id", "É", "A\n", "$(id)"])
def test_a_name_that_is_no_identifier_is_a_bug(shell: shells.Shell, name: str) -> None:
    for value in ("x", None):
        with pytest.raises(ValueError, match="not the name of a variable"):
            shell.render([(name, value)])


@pytest.mark.parametrize("shell", shells.SHELLS.values(), ids=lambda shell: shell.name)
@pytest.mark.parametrize("value", ["a\0b", "é\0", "\ud800", "a\udfff"], ids=ascii)
def test_what_no_environment_holds_is_refused(shell: shells.Shell, value: str) -> None:
    with pytest.raises(shells.Unrepresentable) as caught:
        shell.render([("AWS_PROFILE", None), ("SSOENV_PROFILE", value)])
    assert caught.value.message.startswith("SSOENV_PROFILE holds ")
    assert caught.value.exit_code == 7
    assert value not in caught.value.message


@pytest.mark.parametrize("shell", shells.SHELLS.values(), ids=lambda shell: shell.name)
def test_lines_end_in_a_line_feed_alone(shell: shells.Shell) -> None:
    """Also on Windows: a carriage return would become part of the last value."""
    text = shell.render([("A", "x"), ("B", None)])
    assert text.endswith("\n")
    assert "\r" not in text
