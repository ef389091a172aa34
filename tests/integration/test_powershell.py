"""What only PowerShell makes hard: streams of objects, words that are parsed twice, constrained
language mode, and lines that nobody reads."""

import json
import subprocess
import sys

import pytest

from tests.conftest import World
from tests.integration.people import Person, PowerShell

PWSH = PowerShell()
LOAD = "ssoenv init powershell | Out-String | Invoke-Expression\n"
CONSTRAINED = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'\n"
STRICT = (
    "Set-StrictMode -Version Latest\n$PSNativeCommandUseErrorActionPreference = $true\n"
    "$ErrorActionPreference = 'Stop'\n"
)
in_both_modes = pytest.mark.parametrize("mode", ("", CONSTRAINED), ids=("full", "constrained"))

ARGUMENTS = """import json, sys
print(json.dumps(sys.argv[1:]))
"""
STATE = """function state {
    $shown = (ssoenv_prompt) -replace '\\d+m$|1h$', 'left'
    "$LASTEXITCODE <$Env:SSOENV_PROFILE $Env:AWS_REGION> $shown"
}
"""


def run(world: World, script: str) -> subprocess.CompletedProcess[bytes]:
    """Run a script that may call ``arguments``, which prints its words as JSON."""
    program = world.home / "arguments"
    program.write_text(f"#!{sys.executable}\n{ARGUMENTS}")
    program.chmod(0o755)
    path = world.home / "script.ps1"
    path.write_text(script)
    return subprocess.run(
        [PWSH.program.path(), "-NoProfile", "-NonInteractive", "-File", str(path)],
        env=world.environment(SSOENV_SHELL=None, NO_COLOR="1", TERM="dumb"),
        cwd=world.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )


def lines(world: World, script: str) -> list[str]:
    done = run(world, script)
    assert done.stderr == b"", done
    return done.stdout.decode().splitlines()


@in_both_modes
def test_bytes_pass_unchanged_in_and_out(signed_in: World, mode: str) -> None:
    every_byte = bytes(range(256)) * 400
    (signed_in.home / "in").write_bytes(every_byte)
    done = run(
        signed_in,
        f"{mode}{LOAD}ssoenv exec dev -- cat in > out\n"
        "cat in | ssoenv exec dev -- cat > through\n"
        "cat in | ssoenv exec dev -- cat | cmp - in > differs\n",
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (signed_in.home / "out").read_bytes() == every_byte
    assert (signed_in.home / "through").read_bytes() == every_byte
    assert (signed_in.home / "differs").read_bytes() == b""


WORDS = (
    ("'*.txt'", "*.txt"),
    ("'~'", "~"),
    ("a,b", "a,b"),
    ("Name=x,Values=y", "Name=x,Values=y"),
    ("-x:y", "-x:y"),
    ("'@x'", "@x"),
    ("''", ""),
    ("'a b'", "a b"),
    ("'say \"hi\"'", 'say "hi"'),
    ("'back\\'", "back\\"),
    ("--", "--"),
    ("007", "007"),
    ("1e3", "1e3"),
    ("0x10", "0x10"),
    ("-Verbose", "-Verbose"),
    ("'$HOME'", "$HOME"),
    ("'é 日本'", "é 日本"),
)


@in_both_modes
def test_arguments_pass_unchanged(signed_in: World, mode: str) -> None:
    (signed_in.home / "a.txt").touch()
    typed = " ".join(word for word, _ in WORDS)
    [line] = lines(signed_in, f"{mode}{LOAD}ssoenv exec dev '--' ./arguments {typed}\n")
    assert json.loads(line) == [word for _, word in WORDS]


@in_both_modes
def test_the_functions_do_in_a_script_what_is_typed_at_a_prompt(
    signed_in: World, mode: str
) -> None:
    """Strictest options; a name that PowerShell would take for a number; the region that was
    chosen is chosen again by "-"; loaded twice."""
    signed_in.config.write_text(
        signed_in.config.read_text().replace("profile legacy", "profile 007")
    )
    script = (
        f"{mode}{STRICT}{LOAD}{LOAD}{STATE}$Env:AWS_REGION = \"my `u{{e9}} 'own'\"\n"
        "Use-SsoenvProfile 007 --region us-east-2; state\n"
        "Use-SsoenvProfile prod; state\n"
        "Use-SsoenvProfile -; state\n"
        "Clear-SsoenvProfile; state\n"
    )
    assert lines(signed_in, script) == [
        "0 <007 us-east-2> 007 left",
        "0 <prod eu-west-1> prod left",
        "0 <007 us-east-2> 007 left",
        "0 < my é 'own'> ",
    ]


@pytest.mark.parametrize("words", ("nope", "''", "-", "dev --no-such-option"))
@in_both_modes
def test_a_function_that_fails_stops_what_depends_on_it(
    signed_in: World, words: str, mode: str
) -> None:
    """``&&``, ``$?``, and a script that stops on errors."""
    tried = f"Use-SsoenvProfile {words} && 'RAN'; \"[$?] $LASTEXITCODE\""
    guarded = f"try {{ {tried} }} catch {{ 'threw' }}\n"
    status = 3 if words == "nope" else 2
    done = run(signed_in, f"{mode}{LOAD}{guarded}")
    said = "threw" if mode else f"[False] {status}"
    assert done.stdout.decode().splitlines() == [said]
    assert b"ssoenv: " in done.stderr or mode
    stopped = run(signed_in, f"{mode}{STRICT}{LOAD}Use-SsoenvProfile {words}\n'RAN'\n")
    assert stopped.returncode == 1
    assert b"RAN" not in stopped.stdout


@in_both_modes
def test_a_trace_shows_no_secret(signed_in: World, mode: str) -> None:
    script = (
        f"{mode}{LOAD}Set-PSDebug -Trace 2\nUse-SsoenvProfile dev\n"
        "$Env:SSOENV_EXPIRES_AT = 1\n__ssoenv_preexec 'ls'\nClear-SsoenvProfile\n"
        "Set-PSDebug -Trace 0\n"
    )
    done = run(signed_in, script)
    assert b"Use-SsoenvProfile dev" in done.stdout, done
    [cached] = signed_in.roles.iterdir()
    keys = json.loads(cached.read_text())["Credentials"]
    for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"):
        assert keys[name][:12].encode() not in done.stdout + done.stderr


REPLACED = (
    ("ssoenv use dev", "Use-SsoenvProfile dev"),
    ("ssoenv off", "Clear-SsoenvProfile"),
    (
        "if ($x) { ssoenv use 'dev' } else { ssoenv off }",
        "if ($x) { Use-SsoenvProfile 'dev' } else { Clear-SsoenvProfile }",
    ),
    ("switch (1) { 1 { ssoenv off } }", "switch (1) { 1 { Clear-SsoenvProfile } }"),
    ("@{ a = (ssoenv use dev) }", "@{ a = (Use-SsoenvProfile dev) }"),
    ('"$(ssoenv use dev)" # ssoenv use x', '"$(Use-SsoenvProfile dev)" # ssoenv use x'),
    ("ls && ssoenv use $(get name) > log", "ls && Use-SsoenvProfile $(get name) > log"),
    ("1..2 | % { & ssoenv use $_ }", "1..2 | % { & Use-SsoenvProfile $_ }"),
    ("s use -p dev a,b -v", "Use-SsoenvProfile '-p' dev 'a,b' '-v'"),
    ("echo 'ssoenv use dev'; echo ssoenv use dev", ""),
    ("ssoenv exec dev -- echo use", ""),
    ("ssoenv usedev; ssoenv $use", ""),
    ("ssoenv use 'unfinished", ""),
)


@in_both_modes
def test_only_the_two_commands_are_replaced_in_a_typed_line(signed_in: World, mode: str) -> None:
    calls = [f"__ssoenv_replaced @'\n{typed}\n'@" for typed, _ in REPLACED]
    script = f"{mode}{STRICT}{LOAD}Set-Alias s ssoenv\n" + "\n".join(calls) + "\n"
    assert lines(signed_in, script) == [expected or typed for typed, expected in REPLACED]


COMPLETED = (
    ("ssoenv use 'my", "'my prod'"),
    ('ssoenv use "my', "'my prod'"),
    ("ssoenv use 'o''b", "'o''brien'"),
    ("ssoenv use l", "legacy"),
    ("ls; if (1) { ssoenv dev --format gith", "github"),
    ("ssoenv exec dev -- sha256s", "sha256sum"),
    ("ssoenv exec dev -- ssoenv prof", "profiles"),
)


@in_both_modes
def test_a_tab_completes_behind_a_quote_and_the_command_of_exec(
    signed_in: World, mode: str
) -> None:
    signed_in.add_config('[profile "my prod"]\nregion = x\n[profile "o\'brien"]\nregion = y\n')
    calls = (
        f"$l = @'\n{typed}\n'@\n(TabExpansion2 $l $l.Length).CompletionMatches[0].CompletionText\n"
        for typed, _ in COMPLETED
    )
    found = lines(signed_in, f"{mode}{STRICT}{LOAD}" + "".join(calls))
    assert found == [expected for _, expected in COMPLETED]


def test_use_in_a_script_names_the_function(signed_in: World) -> None:
    done = run(signed_in, f"{LOAD}ssoenv use dev --region x\nexit $LASTEXITCODE\n")
    assert done.returncode == 2
    assert b"type: Use-SsoenvProfile dev --region x" in done.stderr


def test_at_a_prompt_only_what_is_typed_is_replaced(signed_in: World) -> None:
    """Inside other statements; the history keeps what was typed."""
    with Person(signed_in, PWSH) as person:
        person.enter("if ($true) { ssoenv use 'dev' }; \"now $Env:SSOENV_PROFILE\"")
        person.see("now dev\n")
        person.enter('ssoenv use nope && echo RAN; "then $?"')
        person.see("then False\n")
        assert "\nRAN" not in person.terminal.screen()
        person.enter("ssoenv exec dev printf '<%s>' 'a*' b,c -x:y")
        person.see("<a*><b,c><-x:y>")
        person.wait_for_prompt()
        person.terminal.press("Up", "Up")
        person.see("> ssoenv use nope && echo RAN")


@in_both_modes
@pytest.mark.parametrize("reader", ("", "Remove-Module PSReadLine\n"), ids=("psreadline", "plain"))
def test_the_hook_renews_and_says_once_what_is_wrong(
    signed_in: World, mode: str, reader: str
) -> None:
    """With a person's own prompt function and strict mode; without PSReadLine the prompt renews."""
    mine = 'function prompt { "[$(ssoenv_prompt)]> " }\n'
    shell = PowerShell()
    shell.startup = f"{reader}{mode}Set-StrictMode -Version Latest\n{mine}{LOAD}"
    with Person(signed_in, shell) as person:
        person.enter("Use-SsoenvProfile dev")
        old = person.shown("a", "AWS_ACCESS_KEY_ID")
        person.forget_keys()
        if reader:
            person.enter("1")
        assert person.shown("b", "AWS_ACCESS_KEY_ID") not in (old, "gone")
        for path in signed_in.tokens.iterdir():
            path.unlink()
        person.forget_keys()
        person.enter("'one more'")
        person.enter("'and one more'")
        screen = person.see("dev expired", "\nand one more")
        assert screen.count("Run: ssoenv login dev") == 1


def test_a_person_s_own_prompt_and_completer_stay(signed_in: World) -> None:
    last = (
        'function prompt { "[mine $(ssoenv_prompt)]> " }\n'
        "Register-ArgumentCompleter -Native -CommandName tool -ScriptBlock { 'completed-tool' }"
    )
    with Person(signed_in, PWSH, last=last) as person:
        person.see("[mine ]>")
        person.enter("ssoenv use dev")
        person.see("[mine dev ")
        person.complete("tool c", "completed-tool")
