"""Plays ``ssoenv``: it has everything loaded, and forks a child for each run (see ``stage.py``).

A child is a process of its own, with the environment, folder and descriptors it is told, and runs
the program's ``main`` from first to last.
"""

import ctypes
import fcntl
import functools
import gc
import importlib
import itertools
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import sys
import termios
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any


def serve(control: socket.socket, play: Callable[[dict[str, Any]], None]) -> None:
    """Fork a child for each order that comes in, until nobody is left who could send one.

    A byte brings five descriptors: a file with the order, the child's stdin, stdout and stderr,
    and a socket for the answer: the child's number, and later its exit code (negative: the
    signal that ended it).
    """
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    answers: dict[int, socket.socket] = {}
    gc.collect()
    gc.freeze()  # so that a child copies fewer pages
    while True:
        ready, _, _ = select.select([control, ended], [], [])
        if ended in ready:
            ended.recv(4096)
            while answers:
                child, status = os.waitpid(-1, os.WNOHANG)
                if not child:
                    break
                with answers.pop(child) as answer:
                    _say(answer, os.waitstatus_to_exitcode(status))
        if control in ready:
            byte, given, _, _ = socket.recv_fds(control, 1, 5)
            if not byte:
                return
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                _become(given, play)
            answers[child] = socket.socket(fileno=given[4])
            _say(answers[child], child)
            for descriptor in given[:4]:
                os.close(descriptor)


def _say(answer: socket.socket, number: int) -> None:
    try:
        answer.sendall(b"%d\n" % number)
    except OSError:
        pass  # who asked has gone


def _become(given: list[int], play: Callable[[dict[str, Any]], None]) -> None:
    """Be the program of an order. Does not return."""
    try:
        with open(given[0], "rb", closefd=False) as file:
            file.seek(0)
            order = json.load(file)
        for number, descriptor in enumerate(given[1:4]):
            os.dup2(descriptor, number)
        os.closerange(3, 1024)
        if order.get("modes_bind") and os.geteuid() == 0:
            _be_bound_by_modes()
        if order.get("terminal"):  # stdin is one: be at it
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.umask(order["umask"])
        os.environ.clear()
        os.environ.update(order["environment"])
        time.tzset()
        os.chdir(order["folder"])
        sys.argv = order["command"]
        play(order)
    finally:
        os._exit(125)


def _be_bound_by_modes() -> None:
    """Lose what lets root read and write any file, as setpriv would: see capabilities(7)."""
    libc = ctypes.CDLL(None, use_errno=True)
    powers = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for power in powers:
        libc.prctl(24, power, 0, 0, 0)  # PR_CAPBSET_DROP: no child gets it back
    this_process = struct.pack("Ii", 0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; the same of powers over 31
    libc.capget(this_process, sets)
    for number in range(3):
        sets[number] &= ~sum(1 << power for power in powers)
    if libc.capset(this_process, sets):
        raise OSError(ctypes.get_errno(), "capset")


def load_everything() -> None:
    """All of the program that a run may need."""
    import ssoenv

    for module in pkgutil.walk_packages(ssoenv.__path__, "ssoenv."):
        if not module.name.startswith("ssoenv.demo"):
            importlib.import_module(module.name)
    from ssoenv import cli
    from ssoenv.aws import clients
    from ssoenv.system import isolated

    isolated.start_detached = Detached  # type: ignore[assignment, misc]
    share_between_sessions()
    for service in ("sso", "sso-oidc", "sts"):  # botocore loads much of itself only here
        clients.client(clients.open_session(), service, "us-east-1")
    for command in ("env", "exec", "status"):  # the regular expressions of argparse
        cli.parser_of(command).format_help()
    "a.example".encode("idna")  # a codec that each request needs


def share_between_sessions() -> None:
    """Let botocore work out once what it works out for each session, most of what one costs: the
    names of events, what their handlers accept, and its own documents about services."""
    from botocore import hooks, loaders

    hooks.accepts_kwargs = functools.cache(hooks.accepts_kwargs)
    make: Callable[..., None] = hooks.EventAliaser.__init__
    names: dict[str, str] = {}

    def make_and_share(aliaser: Any, *arguments: Any, **options: Any) -> None:
        make(aliaser, *arguments, **options)
        aliaser._alias_name_cache = names

    hooks.EventAliaser.__init__ = make_and_share
    read: Callable[[Any, str], Any] = loaders.JSONFileLoader.load_file
    read_once = functools.cache(lambda path: read(loaders.JSONFileLoader(), path))
    own = loaders.Loader.BUILTIN_DATA_PATH + os.sep

    def read_own_once(loader: Any, path: str) -> Any:
        return read_once(path) if path.startswith(own) else read(loader, path)

    loaders.JSONFileLoader.load_file = read_own_once


class Detached:
    """``isolated.start_detached``, but a fork of this process, which has all loaded."""

    def __init__(self, label: str, order: bytes, keep: Iterable[int] = ()) -> None:
        from ssoenv.system import isolated

        self._out, out = os.pipe()
        with warnings.catch_warnings():  # of the threads; it needs nothing that they hold
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = os.fork()
        if self._process == 0:
            sys.setprofile(None)  # signals at a moment are for the command alone
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            for number, descriptor in enumerate((nothing, out, nothing)):
                os.dup2(descriptor, number)
            left = sorted({2, *keep, 1024})
            for before, after in itertools.pairwise(left):
                os.closerange(before + 1, after)
            try:
                isolated.obey(json.loads(order))
                sys.stdout.flush()
            finally:
                os._exit(0)
        os.close(out)

    def communicate(self) -> tuple[bytes, bytes]:
        with open(self._out, "rb") as file:
            said = file.read()
        os.waitpid(self._process, 0)
        return said, b""


def main(order: dict[str, Any]) -> None:
    """Be ``ssoenv``."""
    from ssoenv import __main__ as front_door

    front_door.main()


if __name__ == "__main__":
    load_everything()
    serve(socket.socket(fileno=int(sys.argv[1])), main)
