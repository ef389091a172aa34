"""Run one command as many profiles: a few at once, each with keys from the moment it starts.

As many threads as jobs take the profiles in their order; each gets the keys, starts the child,
reads what it prints and waits for its end. The main thread shows the progress, and ends the
children when a signal comes, when the first failure is to stop the rest, or when stdout takes no
more.
"""

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from types import FrameType

from ssoenv.cache.role_keys import Credentials
from ssoenv.environment import variables
from ssoenv.errors import SsoenvError, printable
from ssoenv.many import children, summary
from ssoenv.many.children import Process
from ssoenv.many.streams import Kept, Lines, Output, Reader, Stream
from ssoenv.many.summary import Result
from ssoenv.terminal import colour, messages
from ssoenv.terminal.progress import Count

_TICK = 0.1  # seconds between two looks at what has happened
_COLOURS = (colour.CYAN, colour.GREEN, colour.YELLOW, 35, 34)
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")


class Task:
    """What is run, and how.

    ``command`` with its file ``path``. ``jobs``: how many children at once. ``json``: a report of
    each profile in place of its lines. ``prefix``: whether lines begin with the profile.
    ``fail_fast``: whether the first failure stops the rest. ``foreground``: the child has our
    terminal, for one job at a time.
    """

    def __init__(
        self,
        path: str,
        command: Sequence[str],
        jobs: int,
        *,
        json: bool = False,
        prefix: bool = True,
        fail_fast: bool = False,
        foreground: bool = False,
    ) -> None:
        self.path = path
        self.command = command
        self.jobs = jobs
        self.json = json
        self.prefix = prefix
        self.fail_fast = fail_fast
        self.foreground = foreground


def run(task: Task, results: Sequence[Result], keys: Callable[[str], Credentials]) -> int:
    """Run ``task`` as the profile of each of ``results``, which are filled in; the exit status.

    ``keys``: gives the credentials of a profile, or raises ``SsoenvError`` for one that has none.
    Raises ``LocalFileError`` if stdout cannot be written, ``KeyboardInterrupt`` after Ctrl-C, and
    what keeps the command from being run at all. No child is left then. Another signal that was to
    end us ends us after the children.
    """
    return _Run(task, results, keys).run()


class _Run:
    def __init__(
        self, task: Task, results: Sequence[Result], keys: Callable[[str], Credentials]
    ) -> None:
        self._task = task
        self._results = results
        self._keys = keys
        self._todo: queue.SimpleQueue[Result] = queue.SimpleQueue()
        for result in results:
            self._todo.put(result)
        self._ended: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
        self._running: dict[Process, Result] = {}
        self._lock = threading.Lock()  # for what is running, and whether more may be started
        self._stopped = False
        self._count = Count(f"running {task.command[0]}", wanted=_has_room(task))
        self._output = Output(self._count)
        self._prefixes = _prefixes(results) if task.prefix else None
        self._signal = 0  # the first that came
        self._kill = False

    def run(self) -> int:
        with ExitStack() as stack, self._count:
            for name in _SIGNALS:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                    before = signal.signal(number, self._on_signal)
                    stack.callback(signal.signal, number, before)
            bug = self._work()
        broken = self._output.broken
        if bug is not None:
            raise bug
        if broken is not None and isinstance(broken.__cause__, BrokenPipeError):
            return 128 + getattr(signal, "SIGPIPE", 13)  # as for a command of its own
        summary.show(self._results)
        if self._signal and (self._signal == signal.SIGINT or os.name == "nt"):
            raise KeyboardInterrupt
        if self._signal:
            _end_ourselves(self._signal)
        if broken is not None:
            raise broken
        return summary.exit_status(self._results)

    def _work(self) -> BaseException | None:
        """Let the threads do it; what was no fault of a profile's, if anything was."""
        bug: BaseException | None = None
        jobs = min(self._task.jobs, len(self._results))
        for _ in range(jobs):
            threading.Thread(target=self._take_turns, daemon=True).start()
        done = 0
        passed_on = killed = False
        while done < len(self._results):
            try:
                ended = self._ended.get(timeout=_TICK)
            except queue.Empty:
                pass
            else:
                if isinstance(ended, BaseException):
                    bug = bug or ended
                    self._stop()
                else:
                    done += 1
            if self._output.broken is not None:
                self._stop()
            if self._signal and not passed_on:
                passed_on = True
                self._stop(self._signal, again=True)
            if self._kill and not killed:
                killed = True
                self._end_all(signal.SIGTERM, kill=True)
            if self._stopped and not self._running:
                break
            if killed and all(one.returncode is not None for one in list(self._running)):
                break  # whoever reads what we print may never take the rest
            self._output.show(done, len(self._results))
        return bug

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._kill = bool(self._signal)
        self._signal = self._signal or number

    def _stop(self, number: int = signal.SIGTERM, again: bool = False) -> None:
        """Start no more children, and end those that run, unless that has been done."""
        with self._lock:
            if self._stopped and not again:
                return
            self._stopped = True
        self._end_all(number)

    def _end_all(self, number: int, kill: bool = False) -> None:
        with self._lock:
            running = list(self._running.items())
        foreground = self._task.foreground
        for process, result in running:
            result.stopped = True
            if kill:
                children.kill(process, foreground=foreground)
            elif not (foreground and number == signal.SIGINT):  # the terminal has sent it already
                children.end(process, number, foreground=foreground)

    # What the threads do

    def _take_turns(self) -> None:
        while not self._stopped:
            try:
                result = self._todo.get_nowait()
            except queue.Empty:
                return
            try:
                self._do(result)
            except BaseException as error:  # it belongs to whoever waits
                self._ended.put(error)
                return
            if self._task.fail_fast and result.failed:
                self._stop()  # here, where the next one would be started
            self._ended.put(result)

    def _do(self, result: Result) -> None:
        try:
            changes = variables.to_use(self._keys(result.name), os.environ)
        except SsoenvError as problem:
            if self._stopped:
                return
            result.problem = str(problem)
            if self._task.json:
                self._output.write(1, summary.line(result, None, None))
            else:
                shown = messages.line(f"{result.name}: {problem}")
                self._output.write(2, shown.encode("utf-8", "backslashreplace"))
            return
        task = self._task
        if task.foreground and not self._stopped:  # before the child says anything
            at = self._results.index(result) + 1
            messages.say(f"{result.name}, {at} of {len(self._results)}")
        with self._lock:
            if self._stopped:
                return
            process = children.start(task.path, task.command, changes, foreground=task.foreground)
            self._running[process] = result
        began = time.monotonic()
        if task.foreground:
            status = process.wait()
        else:
            out, err = self._streams(result.name)
            assert process.stdout and process.stderr
            readers = [Reader(process.stdout, out), Reader(process.stderr, err)]
            status = process.wait()
            if self._stopped:  # then nothing of it is left behind
                children.kill(process, foreground=False)
            for reader in readers:
                reader.wait()
        result.seconds = time.monotonic() - began
        result.status = status
        if not task.foreground and isinstance(out, Kept) and isinstance(err, Kept):
            self._output.write(1, summary.line(result, out, err))
        with self._lock:
            del self._running[process]

    def _streams(self, name: str) -> tuple[Stream, Stream]:
        if self._task.json:
            return Kept(), Kept()
        prefixes = self._prefixes[name] if self._prefixes else (b"", b"")
        write = self._output.write
        return Lines(prefixes[0], partial(write, 1)), Lines(prefixes[1], partial(write, 2))


def _prefixes(results: Sequence[Result]) -> dict[str, tuple[bytes, bytes]]:
    """What comes before each line of a profile on stdout, and on stderr."""
    from ssoenv.terminal import tables

    names = [one.name for one in results]
    widths = {name: tables.columns_of(printable(name)) for name in names}
    most = max(widths.values())
    found = {}
    for number, name in enumerate(names):
        text = f"{printable(name)}{' ' * (most - widths[name])} | "
        both = []
        for stream in (sys.stdout, sys.stderr):
            style = _COLOURS[number % len(_COLOURS)] if colour.is_wanted(stream) else None
            both.append(colour.painted(text, style).encode("utf-8", "backslashreplace"))
        found[name] = (both[0], both[1])
    return found


def _has_room(task: Task) -> bool:
    """Whether a line of progress disturbs nobody: what comes out of a pipe may be shown on the same
    terminal, and we would not know when."""
    if task.foreground:
        return False
    import stat

    try:
        return os.isatty(1) or not stat.S_ISFIFO(os.fstat(1).st_mode)
    except OSError:
        return True


def _end_ourselves(number: int) -> None:
    """Die of the signal, so that whoever started us sees it."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
