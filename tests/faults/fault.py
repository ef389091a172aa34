"""A row of the table, and how it is tried."""

from dataclasses import dataclass

from tests import thorough
from tests.conftest import Result, World, reset
from tests.faults.scene import Do, Scene, assert_keys, assert_private, changed, snapshot
from tests.stage import Stage

_COMMANDS = ("configure", "login", "logout", "write")
KEYS, FALSE, NOTHING = "the keys", "false;\n", ""


@dataclass
class Fault:
    """``what`` is wrong, ``do`` makes it so. ``run``, ssoenv with its arguments or a script for
    bash, then ends with ``code``; one line on stderr holds each of ``says`` (none if there is
    none), stdout is ``gives``: a whole answer for dev, the failing statement, nothing, or that
    text. ``disk``: all that is another file than before.

    By default a success gives the keys and keeps them, and a failure leaves everything as it was.
    """

    what: str
    do: Do | None
    code: int
    says: str | tuple[str, ...] = ()
    run: str = "ssoenv dev"
    gives: str | None = None
    disk: str | None = None

    def try_it(self, world: World, stage: Stage) -> None:
        gives, disk = self.gives, self.disk
        if gives is None:
            gives = KEYS if self.run.startswith("ssoenv dev") else NOTHING
            gives = FALSE if self.code and not self._is_a_command() else gives
        if disk is None:
            disk = "" if self.code else "keys"
        self._once(world, stage, self.run, self.code, gives, disk)
        if self.code and self.run == "ssoenv dev":
            # The same for those who want a child, or data: none is started, and there is none.
            others = [
                ("ssoenv exec dev -- touch started", 125),
                ("ssoenv credential-process dev", self.code),
            ]
            if not thorough.WANTED:  # a third of the rows tries the one, a third the other
                others = others[len(self.what) % 3 :][:1]
            for run, code in others:
                self._once(world, stage, run, code, NOTHING, disk)

    def _once(self, world: World, stage: Stage, run: str, code: int, gives: str, disk: str) -> None:
        reset(world)
        world.token_file(world.idc.start_url).unlink()  # it would do where that of "demo" does not
        scene = Scene(world, stage)
        with scene.cleanup:
            if self.do:
                self.do(scene)
            before = snapshot(scene.home)
            result = scene.run(run)
            after = snapshot(scene.home)
        assert result.code == code, result
        if gives == KEYS:
            assert_keys(scene, result)
        else:
            assert result.out == gives, result
        assert " ".join(sorted(changed(before, after))) == disk, result
        assert_private(before, after)
        self._check_words(result)

    def _check_words(self, result: Result) -> None:
        words = (self.says,) if isinstance(self.says, str) else self.says
        for word in words:
            assert word in result.err, (word, result)
        for secret in ("Traceback", "bug in ssoenv", "hunter2", "Welcome"):
            assert secret not in result.err, result
        lines = [x for x in result.err.splitlines() if not x.startswith("::add-mask::")]
        if result.code or words:
            assert lines and lines[-1].startswith("ssoenv: "), result
        if not self._is_a_command():  # some of which show something first
            assert len(lines) == bool(result.code or words), result

    def _is_a_command(self) -> bool:
        return self.run.startswith(tuple(f"ssoenv {name} " for name in _COMMANDS))
