"""What ssoenv keeps: private from the first moment, replaced as a whole, and under a lock."""

import errno
import fcntl
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ssoenv.system import creation, files, locks

LARGEST = 4 << 20  # bytes


def descriptors() -> list[str]:
    return os.listdir("/dev/fd")


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.iterdir()}


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    before = descriptors()
    yield
    assert len(descriptors()) == len(before)


@pytest.fixture(params=[0o022, 0, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def no_locks(*_: object) -> None:
    raise OSError(errno.ENOTSUP, "no locks on this file system")


def in_single_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes and gives one byte at a time, as it may."""
    read, write = os.read, os.write
    monkeypatch.setattr(os, "read", lambda descriptor, _: read(descriptor, 1))
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:1]))


def make_folder(path: Path) -> None:
    path.mkdir()


def make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: None, errno.ENOENT),
        (make_folder, errno.EINVAL),
        (os.mkfifo, errno.EINVAL),
        (lambda path: path.symlink_to("/dev/zero"), errno.EINVAL),
        (make_large, errno.EFBIG),
    ],
    ids=["nothing", "folder", "FIFO", "device", "large"],
)
def test_only_a_regular_file_is_read(
    tmp_path: Path, make: Callable[[Path], None], why: int
) -> None:
    make(tmp_path / "it")
    with pytest.raises(OSError) as problem:
        files.read(str(tmp_path / "it"))
    assert problem.value.errno == why


def test_a_file_comes_back_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"x" * LARGEST)
    assert len(files.read(str(path))) == LARGEST
    in_single_bytes(monkeypatch)
    files.write_private(str(path), b"one\ntwo\r\n\x1a\0")
    assert files.read(str(path)) == b"one\ntwo\r\n\x1a\0"


def test_files_and_new_folders_are_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "new" / "newer" / "it"
    with files.PendingFile(str(path), reserve=1000) as pending:
        (prepared,) = path.parent.iterdir()
        assert prepared.stat().st_size == 1000
        assert modes(path.parent) == {prepared.name: 0o600}
        pending.commit(b"short")
    assert modes(path.parent) == {"it": 0o600}
    assert path.read_bytes() == b"short"
    assert modes(tmp_path) == {"new": 0o700}
    assert modes(tmp_path / "new") == {"newer": 0o700}
    with locks.Lock(str(tmp_path / "other" / "lock"), 0):
        assert modes(tmp_path)["other"] == 0o700
        assert modes(tmp_path / "other") == {"lock": 0o600}


def test_a_folder_that_exists_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o750)
    monkeypatch.chdir(tmp_path)
    files.write_private("it", b"x")
    creation.make_private_folder("relative")
    assert modes(tmp_path) == {"it": 0o600, "relative": 0o700}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750
    with pytest.raises(FileExistsError):
        creation.make_private_folder("it")


def test_a_folder_that_another_makes_in_this_moment_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = os.mkdir

    def too_late(path: str, mode: int) -> None:
        mkdir(path, mode)
        mkdir(path, mode)

    monkeypatch.setattr(os, "mkdir", too_late)
    creation.make_private_folder(str(tmp_path / "new"))
    assert (tmp_path / "new").is_dir()


def test_without_commit_everything_is_as_before(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), files.PendingFile(str(path), reserve=10):
        raise KeyError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("refused", ["fchmod", "fsync", "write", "replace"])
def test_what_the_system_refuses_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, refused, no_locks)
    with pytest.raises(OSError):
        files.write_private(str(path), b"new")
    if refused != "replace":
        with pytest.raises(OSError):
            files.PendingFile(str(path), reserve=1)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_loss_of_power_finds_the_old_file_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content is on the disk before it gets its name, and then the name is, too."""
    fsync, replace, done = os.fsync, os.replace, []

    def noted_sync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        fsync(descriptor)

    def noted_replace(old: str, new: str) -> None:
        done.append("name")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    with files.PendingFile(str(tmp_path / "it"), reserve=1) as pending:
        assert done == ["content"]
        pending.commit(b"x")
    assert done == ["content", "content", "name", "folder"]


@pytest.mark.parametrize("target", ["file", "nothing yet"])
def test_a_link_stays_one(tmp_path: Path, target: str) -> None:
    link, behind = tmp_path / "link", tmp_path / "elsewhere" / "it"
    behind.parent.mkdir()
    if target == "file":
        behind.write_bytes(b"old")
    link.symlink_to(behind)
    files.write_private(str(link), b"new")
    assert link.is_symlink()
    assert behind.read_bytes() == b"new"


def test_a_link_to_a_folder_gives_way(tmp_path: Path) -> None:
    link = tmp_path / "link"
    (tmp_path / "folder").mkdir()
    link.symlink_to(tmp_path / "folder")
    files.write_private(str(link), b"new")
    assert not link.is_symlink()
    assert (tmp_path / "folder").is_dir()
    assert link.read_bytes() == b"new"


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    """As with AWS_SHARED_CREDENTIALS_FILE=/dev/null, for root: here, a device of our own."""
    device = tmp_path / "null"
    try:
        os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("needs root, to make a device")
    with pytest.raises(OSError, match="it is a device"):
        files.write_private(str(device), b"new")
    assert stat.S_ISCHR(device.lstat().st_mode)


# What the dead leave, and what the living hold


def left(path: Path, name: str, content: bytes = b"it\0\0") -> Path:
    """A new version of ``path`` that was never put in its place."""
    prepared = path.with_name(f"{path.name}.{name}.ssoenv-tmp")
    prepared.write_bytes(content)
    return prepared


def test_what_the_dead_left_is_taken_away_and_told(tmp_path: Path) -> None:
    path = tmp_path / "it"
    left(path, "1"), left(path, "2", b"two\0")
    others = {left(tmp_path / "item", "3"), tmp_path / "it.txt", tmp_path / "x.it.4.ssoenv-tmp"}
    for other in others:
        other.touch()
    trap = path.with_name("it.5.ssoenv-tmp")
    trap.symlink_to(tmp_path / "it.txt")
    with files.PendingFile(str(path)):
        left(path, "6")
        assert len(files.sweep(str(path))) == 1, "not what the living hold"
        assert sum(name.startswith("it.") for name in os.listdir(tmp_path)) == 3
    assert {*tmp_path.iterdir()} == {*others, trap}
    left(path, "1"), left(path, "2", b"two\0")
    assert sorted(files.sweep(str(path))) == [b"it", b"two"]
    (tmp_path / "link").symlink_to(path)
    left(path, "7")
    assert files.sweep(str(tmp_path / "link")) == [b"it"]


def test_without_locks_nothing_is_swept_but_all_else_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can tell the dead from the living there."""
    monkeypatch.setattr(fcntl, "flock", no_locks)
    path = tmp_path / "it"
    prepared = left(path, "1")
    assert files.sweep(str(path)) == []
    with locks.Lock(str(tmp_path / "lock"), 0):
        files.write_private(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert prepared.exists()


def test_a_file_that_a_sweep_takes_in_its_first_moment_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "it"
    fchmod, taken = os.fchmod, []

    def sweep_first(descriptor: int, mode: int) -> None:
        fchmod(descriptor, mode)
        if len(taken) < 2:
            taken.extend(files.sweep(str(path)))

    monkeypatch.setattr(os, "fchmod", sweep_first)
    files.write_private(str(path), b"new")
    assert taken == [b"", b""]
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.setattr(os, "fchmod", lambda descriptor, _: files.sweep(str(path)))
    with pytest.raises(OSError, match="temporary files keep disappearing"):
        files.write_private(str(path), b"newer")


def test_a_new_version_is_held_until_it_stands_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "it")
    replace = os.replace

    def sweep_first(old: str, new: str) -> None:
        assert files.sweep(path) == []
        replace(old, new)

    monkeypatch.setattr(os, "replace", sweep_first)
    files.write_private(path, b"new")
    assert files.read(path) == b"new"


def test_one_holds_the_lock_at_a_time(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with locks.Lock(path, 0), pytest.raises(TimeoutError, match="has held"), locks.Lock(path, 0.05):
        pass
    with locks.Lock(path, 0):
        pass
    assert os.listdir(tmp_path) == ["lock"], "or two could hold two files of one name"


def test_to_ask_whether_a_lock_is_held_makes_nothing_and_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.is_held(str(path))
    assert not path.exists()
    with locks.Lock(str(path), 0):
        assert locks.is_held(str(path))
    assert not locks.is_held(str(path))
    os.mkfifo(tmp_path / "fifo")
    assert not locks.is_held(str(tmp_path / "fifo"))
    with locks.Lock(str(path), 0):
        pass


def test_the_file_of_a_lock_stays_as_others_need_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    path.chmod(0o660)
    with locks.Lock(str(path), 0):
        assert modes(tmp_path) == {"lock": 0o660}


def test_who_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    waits, got = threading.Event(), threading.Event()

    def wait() -> None:
        waits.set()
        with locks.Lock(path, 60):
            got.set()

    thread = threading.Thread(target=wait)
    with locks.Lock(path, 0):
        thread.start()
        assert waits.wait(60)
        assert not got.wait(0.1)
    assert got.wait(60)
    thread.join()
