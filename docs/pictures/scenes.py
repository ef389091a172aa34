"""What the pictures in the docs show: ssoenv at work on a real terminal, in a world of examples.

Each scene is a person at bash who types until a screen is reached; its docstring is the title of
the picture. Keys and sign-in last so long that the minutes shown do not change meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ssoenv.demo import home
from ssoenv.demo.center.identity_center import Account, IdentityCenter
from tests.conftest import World
from tests.integration.terminal import Terminal

PICTURES = Path(__file__).parent
COLUMNS = 80
START_URL = "https://example.awsapps.com/start"
REGION = "eu-central-1"
ACCOUNTS = [
    Account("111122223333", "shop-dev", ["Developer", "ReadOnly"]),
    Account("222233334444", "shop-staging", ["Developer", "ReadOnly"]),
    Account("444455556666", "shop-prod", ["Deploy", "ReadOnly"]),
    Account("555566667777", "data-dev", ["Analyst"]),
    Account("666677778888", "data-prod", ["Analyst", "ReadOnly"]),
    Account("777788889999", "sandbox", ["Administrator"]),
]
SIGNED_IN = 7 * 3600 + 40 * 60 + 50  # seconds
KEYS = 42 * 60 + 50
SESSION = f"""\
[sso-session example]
sso_start_url = {START_URL}
sso_region = {REGION}
sso_registration_scopes = sso:account:access
"""
MISTAKEN = """
[profile live]
role_arn = arn:aws:iam::444455556666:role/Deploy
source_profile = shop-prod-Deplyo
region = eu-central-1
"""
RC = """\
eval "$(ssoenv init bash)"
PS1='${ssoenv_prompt:+($ssoenv_prompt) }$ '
"""


def overview(world: World, terminal: Terminal) -> None:
    """One command, and every tool has the credentials."""

    def type(line: str, prompt: str) -> None:
        shown = terminal.screen().count("$")
        terminal.type(f"{line}\n")
        terminal.until(
            lambda screen: screen.endswith(prompt) and screen.count("$") > shown, "a prompt"
        )

    type("ssoenv use shop-dev-Developer", ") $")
    type("printf '%s\\n' ${!AWS_A*} ${!AWS_R*} ${!AWS_S*}", ") $")
    type("ssoenv off", "\n$")
    type("ssoenv exec shop-prod-Deploy -- printenv SSOENV_PROFILE AWS_ACCOUNT_ID", "\n$")


def picker(world: World, terminal: Terminal) -> None:
    """Pick a profile by any part of its name, account, role or region."""
    terminal.type("ssoenv use\n")
    terminal.see("10 of 10")
    terminal.type("prod")
    terminal.see("profile: prod", "4 of 10")
    terminal.press("Down", "Down")
    terminal.see("> shop-prod-Deploy", "signed in for")


def status(world: World, terminal: Terminal) -> None:
    """Switch a shell to a profile, and see how long it is good for."""
    terminal.type("ssoenv use shop-prod-Deploy\n")
    terminal.until(lambda screen: screen.endswith(") $"), "a prompt")
    terminal.type("ssoenv status\n")
    terminal.until(lambda screen: "this shell" in screen and screen.endswith(") $"), "a prompt")


def configure(world: World, terminal: Terminal) -> None:
    """See the change to ~/.aws/config before it is made."""
    world.config.unlink()
    terminal.type("ssoenv configure\n")
    terminal.see("Start URL of your AWS access portal:")
    terminal.type("example.awsapps.com/start\n")
    terminal.see("Region of Identity Center")
    terminal.type("eu-central-1\n")
    terminal.see("Region for the new profiles")
    terminal.type("\n")
    terminal.see("10 of 10 shown")
    terminal.type("shop prod")
    terminal.see("2 of 10 shown")
    terminal.press("C-a")
    terminal.see("2 marked")
    terminal.type("\n")
    terminal.see("[Y/n]")


def doctor(world: World, terminal: Terminal) -> None:
    """Find what is wrong, with the fix."""
    config = world.config.read_text()
    config = config.replace("[profile sandbox-Administrator]", "[sandbox-Administrator]")
    world.config.write_text(config + MISTAKEN)
    terminal.type("export AWS_SECURITY_TOKEN=left-over\n")
    terminal.type("ssoenv doctor\n")
    terminal.until(lambda screen: "→" in screen and screen.endswith("\n$"), "a prompt")


SCENES: dict[str, Callable[[World, Terminal], None]] = {
    scene.__name__: scene for scene in (overview, picker, status, configure, doctor)
}


def title(name: str) -> str:
    return (SCENES[name].__doc__ or "").rstrip(".")


@contextmanager
def played(name: str, folder: Path) -> Iterator[Terminal]:
    """The terminal at the end of a scene, played in ``folder``."""
    with IdentityCenter(ACCOUNTS, role_lifetime=KEYS, start_url=START_URL, region=REGION) as idc:
        world = World(folder, idc)
        world.config.write_text(SESSION)
        # Signed in already, or the port of the miniature would show in the address of the sign-in.
        token = idc.issue_token(lifetime=SIGNED_IN)
        home.sign_in(str(world.home), idc, "example", token=token)
        configured = world.run("configure", "--all", "--yes", "--profile-region", REGION)
        assert configured.code == 0, configured
        (world.home / ".bashrc").write_text(RC)
        environ = world.environment(TERM="xterm-256color", SSOENV_SHELL=None, HISTFILE="")
        command = ["bash", "--noprofile", "--rcfile", str(world.home / ".bashrc"), "-i"]
        with Terminal(command, environ, str(world.home), COLUMNS) as terminal:
            terminal.see("$")
            SCENES[name](world, terminal)
            yield terminal
