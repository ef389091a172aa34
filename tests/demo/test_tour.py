"""``ssoenv demo`` as a new user sees it: the tour, the shell, and no files left."""

import fcntl
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

import pytest

from ssoenv.demo import tour
from tests.integration import terminal as tmux
from tests.integration.people import SHELLS

SSOENV = os.path.join(os.path.dirname(sys.executable), "ssoenv")
DEV = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_"
PROD = "arn:aws:sts::444455556666:assumed-role/Deploy/"


@pytest.fixture
def person(tmp_path):
    """The environment of a person who has AWS settings, a proxy, and files."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text("[default]\nregion = none-of-your-business-1\n")
    temporary.mkdir()
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "AWS_PROFILE": "of-theirs",
        "AWS_ACCESS_KEY_ID": "AKIAOFTHEIRS",
        "AWS_CONFIG_FILE": str(home / ".aws" / "config"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "SSOENV_PROFILE": "of-theirs",
        "SSOENV_SHELL": "no-such-shell",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
        "XDG_CONFIG_HOME": str(home / "xdg"),
    }


def no_files_left(person):
    """Whether the person's folders are unchanged."""
    files = [name for _, _, names in os.walk(person["HOME"]) for name in names]
    return os.listdir(person["TMPDIR"]) == [] and files == ["config"]


def demo(person, *arguments, **options):
    return subprocess.run(
        [SSOENV, "demo", *arguments],
        env=person,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def started(person, *arguments, **options):
    return subprocess.Popen(
        [SSOENV, "demo", *arguments],
        env=person,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_every_step_of_the_tour_ends_as_expected(person):
    done = demo(person)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for step in [*tour.BEFORE, *tour.AFTER]:
        assert f"$ {step.line}\n" in done.stdout
    for seen in (
        "[profile legacy]",
        DEV,
        PROD,
        "AWS_ACCESS_KEY_ID=ASIA",
        "(exit code 4)",
        "(exit code 3)",
    ):
        assert seen in done.stdout
    assert "bug" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 200
    assert no_files_left(person)


def test_the_tour_says_so_when_a_step_goes_wrong(person):
    """So that a broken release does not show errors to a new user and report success."""
    script = (
        "import sys\n"
        "from ssoenv.demo import stage, tour\n"
        "tour.BEFORE[:] = []\n"
        "tour.AFTER[:] = [tour.Step('Wrong.', 'ssoenv --no-such-option')]\n"
        "with stage.open_stage() as world:\n"
        "    sys.exit(tour.run(world))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=person, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert "A step did not end as expected" in done.stdout
    assert no_files_left(person)


def test_only_session_tokens_are_cut():
    line = "export AWS_SESSION_TOKEN='" + "aB3+/" * 150 + "=='; export A='" + "x" * 150 + "'"
    shown = tour.shortened(line)
    assert shown.startswith("export AWS_SESSION_TOKEN='aB3+/aB3+/")
    assert shown.endswith("...'; export A='" + "x" * 150 + "'")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
    ],
)
def test_a_signal_in_the_middle_leaves_no_files(person, number, status):
    """And the process ends in the way that the sender of the signal expects."""
    running = started(person)
    for line in running.stdout:
        if line.startswith("$ ssoenv"):
            break
    assert not no_files_left(person)
    running.send_signal(number)
    running.send_signal(number)
    _, complaints = running.communicate(timeout=60)
    assert running.returncode == status
    assert "Traceback" not in complaints
    assert no_files_left(person)


def test_a_closed_stdout_leaves_no_files(person):
    running = started(person)
    assert running.stdout.readline()
    running.stdout.close()
    running.wait(60)
    assert "Traceback" not in running.stderr.read()
    running.stderr.close()
    assert no_files_left(person)


def test_the_shell_runs_in_the_environment_of_the_demo(person):
    typed = 'eval "$(ssoenv dev)"\nwhoami-aws\nssoenv exec prod -- whoami-aws\necho $HOME\nexit 7\n'
    done = demo(person, "--shell", input=typed)
    assert done.returncode == 7, done.stderr
    assert DEV in done.stdout
    assert PROD in done.stdout
    assert os.path.realpath(person["TMPDIR"]) + "/ssoenv-demo-" in done.stdout.splitlines()[-1]
    assert no_files_left(person)


def test_a_missing_shell_is_an_error_before_anything_starts(person):
    person["SHELL"] = "/no/such/shell"
    done = demo(person, "--shell")
    assert done.returncode == 127
    assert done.stdout == ""
    assert no_files_left(person)


class Terminal:
    """A pseudo-terminal with ``ssoenv demo --shell`` on it, and a person who types."""

    def __init__(self, person):
        self.ours, theirs = pty.openpty()
        self.seen = b""

        def take_terminal():
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [SSOENV, "demo", "--shell"],
            env={**person, "TERM": "dumb"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=take_terminal,
        )
        os.close(theirs)

    def type(self, text):
        os.write(self.ours, text.encode())

    def wait_for(self, text):
        """Read until ``text`` has arrived, and drop all that arrived before."""
        deadline = time.monotonic() + 60
        while text.encode() not in self.seen:
            assert select.select([self.ours], [], [], deadline - time.monotonic())[0], self.seen
            self.seen += os.read(self.ours, 65536)
        self.seen = self.seen.partition(text.encode())[2]

    def hang_up(self):
        os.close(self.ours)


@pytest.fixture
def terminal(person):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash: apt-get install bash")
    person["SHELL"] = bash
    opened = Terminal(person)
    yield opened
    if opened.process.poll() is None:
        opened.process.kill()
        opened.process.wait()


def test_an_interactive_shell_keeps_ctrl_c_for_itself(person, terminal):
    terminal.wait_for("(ssoenv demo)")
    terminal.type("sh -c 'echo started; exec sleep 100'\n")
    terminal.wait_for("started\r\n")
    terminal.type("\x03")
    terminal.wait_for("(ssoenv demo)")
    terminal.type('eval "$(ssoenv dev)" && whoami-aws\n')
    terminal.wait_for(DEV)
    terminal.type("exit\n")
    assert terminal.process.wait(60) == 0
    terminal.hang_up()
    assert no_files_left(person)


def test_a_closed_terminal_ends_everything(person, terminal):
    terminal.wait_for("(ssoenv demo)")
    assert not no_files_left(person)
    terminal.hang_up()
    assert terminal.process.wait(60) == -signal.SIGHUP
    assert no_files_left(person)


def test_sigterm_ends_a_shell_that_ignores_it(person, terminal):
    """Interactive bash ignores SIGTERM; the demo ends it anyway."""
    terminal.wait_for("(ssoenv demo)")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(60) == -signal.SIGTERM
    terminal.hang_up()
    assert no_files_left(person)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.label)
def test_the_shell_of_the_demo_knows_use_and_off(person, shell):
    """With the integration that README tells of, in each shell that has one."""
    person |= {"SHELL": shell.program.path(), "TERM": "xterm"}
    with tmux.Terminal([SSOENV, "demo", "--shell"], person, person["HOME"]) as typed:
        typed.see("    ssoenv use dev\n")
        steps = (("ssoenv use dev", False), ("whoami-aws", True), ("ssoenv off", True))
        for line, in_use in (*steps, ("exit", False)):
            typed.until(lambda screen, in_use=in_use: is_prompt(screen, in_use), f"prompt: {line}")
            typed.type(line)
            typed.see(f" {line}")
            typed.press("Enter")
            if line == "whoami-aws":
                typed.see(DEV)
        deadline = time.monotonic() + tmux.PATIENCE
        while [name for name in os.listdir(person["TMPDIR"]) if "ssoenv" in name]:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def is_prompt(screen, in_use):
    """Whether the last line is a prompt with nothing behind it; ``in_use``: it shows a profile."""
    last = screen.splitlines()[-1]
    return last.startswith("(ssoenv demo)") and last[-1] in "$%#>@" and ("dev " in last) == in_use
