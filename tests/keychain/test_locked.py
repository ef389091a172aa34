"""A keychain that is locked while profiles that rest on it are written beside others."""

import signal

from tests.conftest import World
from tests.keychain.conftest import save
from tests.keychain.service import Service
from tests.write.test_write import start_watch


def test_a_locked_keychain_keeps_no_keys_of_others_from_being_written(
    kept: World, service: Service
) -> None:
    save(kept, 3600)
    kept.sign_in()  # in files, for legacy
    service.lock()
    result = kept.run("write", "dev", "legacy")
    assert result.code == 8, result
    assert "ssoenv: dev: the keychain is locked" in result.err, result
    assert "ssoenv: wrote legacy to ~/.aws/credentials" in result.err, result


def test_a_watch_outlives_a_locked_keychain(kept: World, service: Service) -> None:
    save(kept, 3600)
    kept.sign_in()  # in files, for legacy
    kept.idc.role_lifetime = 62
    process = start_watch(kept, "dev", "legacy", "--min-ttl", "58s")
    assert "wrote dev, legacy to" in process.stderr.readline()
    service.lock()
    said = [process.stderr.readline() for _ in range(4)]
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert "ssoenv: dev: the keychain is locked" in said[1], said
    assert [line for line in said[2:] if "wrote legacy to" in line], said
