"""Try what ssoenv and its peers do in the same situations, and print it as a Markdown table.

    SSOENV_TEST_AWS=aws SSOENV_TEST_NU=nu .venv/bin/python tests/bench/behaviour.py [PART OF A ROW…]

The variables name an AWS CLI v2 and Nushell; fish, tcsh and strace have to be on PATH. With
SSOENV_BENCH_GO (see ``go_tools.py``) the table is about the tools written in Go. Every cell is an
experiment in a fresh home, against Identity Center in miniature: refresh tokens work once, as in
the strictest reading of OAuth, and renewing takes 0.2 seconds, as over a network.
"""

import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import go_tools
from peers import PEERS, Peer
from place import REGIONS, ROLES, Place, place, tools

from ssoenv.demo.center.world import Keys

NO_OFFER = "—"  # the tool has no such function, and says nothing else
ODD = "it\"s\" $(touch pwned)  'a' \\b"
COMMENTED = """\
# my own keys
[mine]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
; of the robot
aws_secret_access_key = x
"""
ASK_TWICE = """\
session = boto3.Session()
print(session.get_credentials().get_frozen_credentials().access_key)
time.sleep(5)
print(session.get_credentials().get_frozen_credentials().access_key)
"""


def yes(true: object, otherwise: str = "no") -> str:
    return "yes" if true else otherwise


# Profiles


def session_profile(p: Place) -> str:
    return yes(p.gives("dev"))


def legacy_profile(p: Place) -> str:
    return yes(p.gives("legacy"))


def chain(p: Place) -> str:
    if p.gives("prod"):
        return "yes"
    return "needs `AWS_DEFAULT_REGION`" if p.gives("prod", AWS_DEFAULT_REGION="eu-west-1") else "no"


# Shells


def in_shell(name: str, *command: str) -> Callable[[Place], str]:
    def experiment(p: Place) -> str:
        if name not in p.peer.lines:
            return NO_OFFER
        return yes(p.good(p.exported(p.peer.lines[name], command)))

    return experiment


def odd_value(p: Place) -> str:
    if not p.peer.lines:
        return NO_OFFER
    issue = p.idc.issue_role_keys

    def issue_odd(*arguments: Any) -> Keys:
        keys = issue(*arguments)
        keys.secret_access_key = ODD
        return keys

    p.idc.issue_role_keys = issue_odd
    good = p.good(p.exported(p.peer.lines["bash"]))
    return "no, and runs it" if (p.home / "pwned").exists() else yes(good)


def region(p: Place) -> str:
    if not p.peer.lines:
        return NO_OFFER
    found = p.exported(p.peer.lines["bash"])
    names = [name for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if name in found]
    assert all(found[name] == REGIONS[p.peer.profile] for name in names)
    return " ".join(f"`{name}`" for name in names) or "no"


def left_over(p: Place) -> str:
    if not p.peer.lines:
        return NO_OFFER
    code = "print(boto3.client('sts').get_caller_identity()['Arn'])"
    line = p.line(p.peer.lines["bash"])
    shown = p.python(f"{line}; unset AWS_PROFILE;", code, AWS_SECURITY_TOKEN="left-over")
    return yes(ROLES[p.peer.profile] in shown)


def failure(p: Place) -> str:
    if not p.peer.lines:
        return NO_OFFER
    p.sign_out()
    p.idc.approval = "deny"
    done = p.run(p.line(p.peer.lines["bash"]) + " && echo went on", ("bash", "-c"))
    if "syntax error" in done.stderr:
        return "no: evaluates the message"
    return yes("went on" not in done.stdout, "no: status 0")


# Children


def status(p: Place) -> str:
    if not p.peer.run:
        return NO_OFFER
    child = "sh -c 'printf \"%s|\" \"$@\"; exit 7' sh 'a  b' '\"$HOME'"
    done = p.run(f"{p.line(p.peer.run)} {child}")
    return yes(done.returncode == 7 and done.stdout == 'a  b|"$HOME|')


def end(p: Place) -> str:
    if not p.peer.run:
        return NO_OFFER
    started, ended = p.home / "started", p.home / "ended"
    trap = f"trap 'touch {ended}; exit' TERM; touch {started}; while :; do sleep 0.1; done"
    (p.home / "child").write_text(trap)
    process = p.start(f"exec {p.line(p.peer.run)} sh child")
    try:
        wait_for(started)
        process.send_signal(signal.SIGTERM)
        return yes(wait_for(ended, 3))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def no_profile(p: Place) -> str:
    if not p.peer.run:
        return NO_OFFER
    done = p.run(f"{p.line(p.peer.run)} sh -c 'env -0 > dump'", AWS_PROFILE="legacy")
    if "AWS_PROFILE" in done.stderr:
        return "refuses to run"
    assert p.good(p.dumped())
    return yes("AWS_PROFILE" not in p.dumped())


def new_keys(p: Place) -> str:
    if not p.peer.renewing:
        return NO_OFFER
    p.idc.role_lifetime = 4
    shown = p.python(p.line(p.peer.renewing), ASK_TWICE).split()
    assert {*shown} <= p.idc.keys.keys()
    return yes(len({*shown}) == 2)


# Sign-ins


def renewal(p: Place) -> str:
    p.idc.approval = "deny"
    p.sign_in_long_ago()
    if p.peer.sign_in:
        p.idc.token_lifetime = p.idc.role_lifetime = 1
        once = p.gives()
        time.sleep(1.1)
        found = yes(once and p.gives(), "once" if once else "no")
        return f"a profile of its own kind: {found}" if p.peer.own else found
    environ, note = {}, ""
    if not p.gives():
        p.sign_in_long_ago()
        environ, note = {"AWS_DEFAULT_REGION": p.idc.region}, "needs `AWS_DEFAULT_REGION`; "
        if not p.gives(**environ):
            return "no"
    for path in p.tokens:
        held = json.loads(path.read_text())
        if "accessToken" in held:
            p.idc.revoke(held["accessToken"])
            path.write_text(json.dumps(held | {"expiresAt": "2026-01-01T00:00:00Z"}))
    if p.gives(**environ):
        return f"{note}yes"
    shutil.rmtree(p.home / ".aws" / "cli")
    good = p.run(f"aws sts get-caller-identity --profile {p.peer.profile}").returncode == 0
    return f"{note}once, then " + ("not while `aws` has keys" if good else "the sign-in is lost")


def ten_at_once(p: Place) -> str:
    """How many get keys, the fewest and the most in five rounds."""
    p.environ["AWS_DEFAULT_REGION"] = p.idc.region
    p.idc.approval = "deny"
    p.idc.fault("CreateToken", delay=0.2)
    line = p.peer.keys or p.peer.lines["bash"] + "; env | grep ^AWS_ACCESS_KEY_ID="
    counts = []
    for _ in range(5):
        shutil.rmtree(p.home / ".aws" / "cli", ignore_errors=True)
        p.sign_in_long_ago()
        processes = [p.start(p.line(line), ("bash", "-c")) for _ in range(10)]
        shown = [process.communicate()[0] for process in processes]
        counts.append(sum(any(key in text for key in p.idc.keys) for text in shown))
    fewest, most = min(counts), max(counts)
    return f"{most} of 10" if fewest == most else f"{fewest} to {most} of 10"


def nobody(p: Place) -> str:
    p.sign_out()
    visited = p.home / "visited"
    browser = p.home / "browser"
    browser.write_text(f"#!/bin/sh\ntouch {visited}\n")
    browser.chmod(0o755)
    found = []
    for line in filter(None, (p.peer.keys or p.peer.write, p.peer.run and f"{p.peer.run} true")):
        process = p.start(p.line(line), BROWSER=f"{browser} %s")
        deadline = time.monotonic() + 15
        while process.poll() is None and not visited.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        waits = "opens a browser" if visited.exists() else "waits"
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            found.append(f"no: {waits}")
        else:
            process.communicate()
            found.append(yes(process.returncode and not visited.exists(), "no: status 0"))
    return found[0] if len({*found}) == 1 else f"{found[0]}; for a child, {found[1]}"


# Files


def cached(p: Place) -> str:
    profile = "dev" if p.peer.profile == "Developer" else p.peer.profile
    warm = p.run(f"aws sts get-caller-identity --profile {profile}")
    assert warm.returncode == 0, warm
    before = p.idc.count("GetRoleCredentials")
    assert p.gives()
    return yes(p.idc.count("GetRoleCredentials") == before)


def credentials_kept(p: Place) -> str:
    if not p.peer.write:
        return NO_OFFER
    path = p.home / ".aws" / "credentials"
    path.write_text(COMMENTED)
    done = p.run(p.line(p.peer.write))
    assert "ASIA" in path.read_text(), done
    return kept(COMMENTED, path)


def credentials_mode(p: Place) -> str:
    if not p.peer.write:
        return NO_OFFER
    p.run(f"umask 022; {p.line(p.peer.write)}")
    return f"{(p.home / '.aws' / 'credentials').stat().st_mode & 0o777:04o}"


def config_kept(p: Place) -> str:
    if not p.peer.edit:
        return NO_OFFER
    path = p.home / ".aws" / "config"
    before = "# from our wiki\n" + path.read_text() + "; the end\n"
    path.write_text(before)
    done = p.run(p.line(p.peer.edit))
    assert path.read_text() != before, done
    return kept(before, path)


def kept(before: str, path: Path) -> str:
    def lines(text: str) -> list[str]:
        return [re.sub(r"\s*=\s*", " = ", line.strip()) for line in text.splitlines()]

    after = lines(path.read_text())
    lost = [line for line in lines(before) if line and line not in after]
    return yes(not lost, "no: comments are lost" if all(s[0] in "#;" for s in lost) else "no")


def command_lines(p: Place) -> str:
    line = p.peer.keys or p.peer.write
    p.run(f"strace -f -qq -s 9999 -e trace=execve -o trace {p.line(line)}")
    trace = (p.home / "trace").read_text()
    assert "execve" in trace
    secrets = [keys.secret_access_key for keys in p.idc.keys.values()]
    if any(secret in trace for secret in secrets):
        return "no: keys"
    return yes(not any(token in trace for token in p.idc.sessions), "no: the access token")


def metadata(p: Place) -> str:
    if p.peer.metadata in ("", go_tools.NOT_TRIED):
        return p.peer.metadata or NO_OFFER
    code = "print(boto3.Session().get_credentials().get_frozen_credentials().access_key)"
    alone = f"HOME=/nonexistent AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:{p.port}/"
    before = f"{p.line(p.peer.metadata)} & sleep 2; AWS_EC2_METADATA_DISABLED=false {alone}"
    return yes(p.python(before, code).strip() in p.idc.keys)


def wait_for(path: Path, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.exists()


EXPERIMENTS: dict[str, dict[str, Callable[[Place], str]]] = {
    "profiles": {
        "`sso_session`, as `aws configure sso` writes it": session_profile,
        "`sso_start_url`, as it did before": legacy_profile,
        "a role on top of SSO (`role_arn`, `source_profile`)": chain,
    },
    "variables for a shell": {
        "bash": in_shell("bash", "bash", "-c"),
        "fish": in_shell("fish", "fish", "-Nc"),
        "tcsh": in_shell("tcsh", "tcsh", "-fc"),
        "nushell": in_shell("nu", "nu", "-n", "-c"),
        "a secret with quotes, `$(…)` and `\\` arrives as it is": odd_value,
        "the profile's region is set": region,
        "a left-over `AWS_SECURITY_TOKEN` does no harm (boto3)": left_over,
        "not signed in: `eval` fails, so `&&` and `set -e` stop": failure,
    },
    "a child with variables": {
        "gets its arguments, and its exit code is passed on": status,
        "is told when the tool is told to end (SIGTERM)": end,
        "has no `AWS_PROFILE` of the shell beside its keys": no_profile,
        "gets new keys when its own have expired": new_keys,
    },
    "signing in": {
        "an expired access token is renewed, twice in a row": renewal,
        "ten processes at such a moment: how many get keys": ten_at_once,
        "nobody is signed in, no terminal: fails, opens no browser": nobody,
    },
    "files": {
        "uses the role credentials that `aws` has cached": cached,
        "`~/.aws/credentials` keeps comments and other profiles": credentials_kept,
        "`~/.aws/credentials`, when new, has the mode": credentials_mode,
        "`~/.aws/config` keeps comments and other profiles": config_kept,
        "no token or key on a command line, for `ps` to show": command_lines,
        "serves keys like EC2's metadata service": metadata,
    },
}


def main() -> None:
    peers = [PEERS[0], *go_tools.PEERS] if go_tools.FOLDER else PEERS
    with tools(peers) as path:
        os.environ["PATH"] = path
        print("| |", " | ".join(f"{peer.name} {peer.version()}" for peer in peers), "|")
        print("|---" * (len(peers) + 1) + "|")
        for title, experiments in EXPERIMENTS.items():
            print(f"| **{title}** |" + " |" * len(peers))
            for row, experiment in experiments.items():
                if sys.argv[1:] and not any(part in row for part in sys.argv[1:]):
                    continue
                cells = [tried(experiment, peer, path) for peer in peers]
                print(f"| {row} | {' | '.join(cells)} |", flush=True)


def tried(experiment: Callable[[Place], str], peer: Peer, path: str) -> str:
    with place(peer, path) as there:
        return experiment(there)


if __name__ == "__main__":
    main()
