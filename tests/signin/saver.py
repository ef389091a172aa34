"""A process that refreshes tokens in children of its own, which fail at a call of its choosing.

Reads lines ``MODE N`` and answers each with a line of JSON: how the child ended, what it said,
and which file system calls of ours it made, with ``answer`` where one has just arrived. Modes:
``count``, ``kill`` (SIGKILL instead of call N), or the name of an error that call N raises if it
changes anything.
"""

import errno
import fcntl
import http.client
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from ssoenv.aws import clients
from ssoenv.cache.tokens import SignIn
from ssoenv.errors import SsoenvError
from ssoenv.signin import refresh as refreshing
from ssoenv.signin import refresh_process
from tests import forkserver

forkserver.share_between_sessions()
DEMO = SignIn("demo", "https://demo.awsapps.com/start", "us-east-1", profile="dev", store="files")
READS = ["close", "fstat", "listdir", "lseek", "stat"]
CHANGES = ["chmod", "fchmod", "fsync", "ftruncate", "mkdir", "open", "replace", "unlink", "write"]

refreshing._outcome = lambda order, held, seconds: refresh_process.refresh(order)
refreshing._ADOPT_SECONDS = 0.1  # nobody else is here whose token could come


class Saboteur:
    """Stands between ``ssoenv.system.files`` and the system."""

    def __init__(self, mode: str, at: int) -> None:
        self.mode = mode
        self.at = at
        self.made: list[str] = []
        for name in READS + CHANGES:
            setattr(os, name, self.guarded(name, getattr(os, name)))
        fcntl.flock = self.guarded("flock", fcntl.flock)
        connection = http.client.HTTPConnection
        connection.getresponse = self.marked("answer", connection.getresponse)

    def marked(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """``call``, after which a call ``name`` is counted that does nothing."""
        mark = self.guarded(name, lambda: None)

        def instead(*arguments: Any, **options: Any) -> Any:
            result = call(*arguments, **options)
            mark()
            return result

        return instead

    def guarded(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **options: Any) -> Any:
            self.made.append(name)
            if len(self.made) == self.at:
                if self.mode == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                if self.mode != "count" and may_fail(name, arguments):
                    raise OSError(getattr(errno, self.mode), self.mode)
            return call(*arguments, **options)

        return instead


def may_fail(name: str, arguments: Any) -> bool:
    """Whether a full or read-only file system can refuse the call."""
    return name in CHANGES and (name != "open" or bool(arguments[1] & (os.O_CREAT | os.O_RDWR)))


def refresh(mode: str, at: int) -> dict[str, Any]:
    session = clients.open_session()
    clients.client(session, "sso-oidc", DEMO.region)  # what it loads is not what we are after
    saboteur = Saboteur(mode, at)
    try:
        text = refreshing.usable(DEMO, session).text
        said = ""
    except SsoenvError as error:
        text, said = "", error.line()
    return {"token": text, "said": said, "made": list(saboteur.made)}


clients.client(clients.open_session(), "sso-oidc", DEMO.region)
for line in sys.stdin:
    mode, at = line.split()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "w") as report:
            answer = json.dumps(refresh(mode, int(at)))
            report.write(answer)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as report:
        told = report.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps({"status": status, **json.loads(told or "{}")}), flush=True)
