"""The table, first half: what can be wrong on this machine."""

import json
import time

from tests.faults.fault import KEYS, NOTHING, Fault
from tests.faults.scene import CONFIG, CREDENTIALS, ENTRY, INDEX, KEY, TOKEN, TOKENS
from tests.faults.scene import KEYS as CACHE
from tests.faults.ways import (
    DUE,
    EXPIRED,
    THINGS,
    all_of,
    answers,
    clock_off,
    folder,
    gone,
    holds,
    huge,
    keys_left,
    looping_link,
    mode,
    more,
    refuses,
    replaced,
    setting,
    token_left,
    variable,
    warmed,
)

NO_FILE = "~/.aws/config is not a file"
LOG_IN = "Run: ssoenv login dev\n"
UNKEPT = "role credentials could not be kept in ~/.aws/cli/cache"
UNSAVED = "a refreshed sign-in could not be saved in ~/.aws/sso/cache"
STOPGAP = "warning: using credentials that expire in 9m: "
ROOM = "Make room there, or make it writable"


def in_place_of(path: str, *expected: object, **more: object) -> list[Fault]:
    """A row for each thing that can stand where a file should."""
    return [
        Fault(f"{thing} in place of {path}", put(path), *expected, **more)  # type: ignore[arg-type]
        for thing, put in THINGS.items()
    ]


# fmt: off

# Mistakes inside profiles: see the table in tests/aws/test_mistakes.py.
CONFIGS = [
    Fault("no ~/.aws/config", gone(CONFIG), 3, ("config does not exist", "ssoenv configure")),
    Fault("no ~/.aws", gone(".aws"), 3, "~/.aws/config does not exist"),
    *in_place_of(CONFIG, 3, NO_FILE),
    Fault("an empty config", holds(CONFIG, ""), 3, ('no profile "dev"', "ssoenv configure")),
    Fault("a config of zeros", holds(CONFIG, bytes(4096)), 3, "line 1: text before the first"),
    Fault("a binary config", holds(CONFIG, bytes(range(256))), 3, "is not UTF-8 text"),
    Fault("a config in UTF-16", holds(CONFIG, "[a]".encode("utf-16")), 3, "is not UTF-8 text"),
    Fault("a config with a BOM", holds(CONFIG, "\ufeff[profile dev]\n"), 3, "byte order mark"),
    Fault("a config cut short", more(CONFIG, "[profile x"), 3, "is not closed"),
    Fault("a section twice", more(CONFIG, "[profile dev]\n"), 3, "appears twice"),
    Fault("a config for nobody", mode(0, CONFIG), 3, "Permission denied"),
    Fault("a folder for nobody around it", mode(0, ".aws"), 3, "Permission denied"),
    Fault("EACCES opening the config", refuses("EACCES", "openat", CONFIG), 3, "Permission denied"),
    Fault("EIO opening the config", refuses("EIO", "openat", CONFIG), 3, "Input/output error"),
    Fault("ESTALE reading the config", refuses("ESTALE", "read", CONFIG), 3, "Stale file handle"),
    Fault("EIO reading the config", refuses("EIO", "read", CONFIG), 3, "Input/output error"),
    *in_place_of(CREDENTIALS, 0),
    Fault("a binary credentials file", holds(CREDENTIALS, b"\xff\0"), 3, "aws/credentials is not"),
    Fault("a broken credentials file", holds(CREDENTIALS, "[a]\n[a]\n"), 3, "credentials, line 2"),
    Fault("EIO reading the credentials file", all_of(
        holds(CREDENTIALS, "[a]\n"), refuses("EIO", "read", CREDENTIALS)), 3, "Input/output error"),
]

SIGN_INS = [
    Fault("no token file", gone(TOKEN), 4, ('not signed in to "demo"', LOG_IN)),
    Fault("no folder for tokens", gone(TOKENS), 4, LOG_IN),
    Fault("a file in place of that folder", holds(TOKENS, "x"), 4, LOG_IN),
    Fault("a looping link in place of that folder", looping_link(TOKENS), 4, LOG_IN),
    *in_place_of(TOKEN, 4, LOG_IN),
    Fault("a huge token file", huge(TOKEN), 4, LOG_IN),
    Fault("a token file for nobody", mode(0, TOKEN), 4, LOG_IN),
    Fault("EIO opening the token file", refuses("EIO", "openat", TOKEN), 4, LOG_IN),
    Fault("EIO reading the token file", refuses("EIO", "read", TOKEN), 4, LOG_IN),
    *(
        Fault(f"a token file that holds {what}", holds(TOKEN, text), 4, LOG_IN)
        for what, text in {
            "nothing": "", "half an object": '{"accessToken": "a', "no token": "{}",
            "a list": "[]", "null": "null", "a number": "5", "a text": '"a"', "NaN": "NaN",
            "binary": b"\0\xff\xfe\x80", "too deep a nest": "[" * 100_000,
            "too long a number": "9" * 5000,
        }.items()
    ),
    *(
        Fault(f"a sign-in with {field} {value!r}", token_left(3600, **{field: value}), 4, LOG_IN)
        for field, values in {
            "accessToken": [None, "", 5, ["a"], "a\r\nHost: b", "a\ud800"],
            "expiresAt": [None, "", 5, "soon", "9999-99-99T99:99:99Z", ["2999-01-01"], "-" * 5000,
                          "2999-01-01T-13:" + "1" * 70 + ":30Z"],
        }.items()
        for value in values
    ),
    Fault("an expired sign-in", token_left(-60, False), 4, ("has expired", LOG_IN)),
    Fault("an expired one whose registration has too", token_left(
        -60, registrationExpiresAt="2001-01-01T00:00:00Z"), 4, ("has expired", LOG_IN)),
    Fault("a sign-in until some time zone", token_left(3600, expiresAt="2999-01-01 10:00 XYZ"), 0),
    Fault("a token from the future", token_left(3600, new={"field": ["of", "theirs"]}), 0),
    Fault("ENOSPC saving a renewed sign-in", all_of(EXPIRED, refuses("ENOSPC", "fsync")),
          4, (UNSAVED, "No space left", ROOM)),
    Fault("EROFS saving a renewed sign-in", all_of(EXPIRED, refuses("EROFS", "fchmod")),
          4, (UNSAVED, "Read-only file system", ROOM)),
    Fault("EIO saving a renewed sign-in", all_of(EXPIRED, refuses("EIO", "fsync")),
          4, (UNSAVED, "Input/output error", ROOM)),
    Fault("EACCES saving a renewed sign-in", all_of(EXPIRED, mode(0o500, TOKENS)),
          4, (UNSAVED, "Permission denied", ROOM)),
    Fault("the same while the old one is good", all_of(DUE, mode(0o500, TOKENS)),
          0, ("warning: " + UNSAVED)),
    *(
        Fault(f"{thing} in place of the lock", all_of(EXPIRED, THINGS[thing](TOKEN + ".lock")),
              4, (UNSAVED, ROOM))
        for thing in ("a folder", "a socket")
    ),
    *(
        Fault(f"{thing} in place of the lock", all_of(EXPIRED, THINGS[thing](TOKEN + ".lock")),
              4, (".json.lock cannot be opened", "Remove it"))
        for thing in ("a looping link", "a dangling link")
    ),
    Fault("no locks on this file system", all_of(EXPIRED, refuses("ENOLCK", "flock")),
          0, disk="keys token"),
]

_STALE = {
    "AccessKeyId": "ASIASTALE", "SecretAccessKey": "x", "SessionToken": "x",
    "Expiration": "2999-01-01T00:00:00Z",
}

CACHES = [
    Fault("a file in place of ~/.aws/cli/cache", holds(CACHE, "x"), 0, (UNKEPT, "exists"), disk=""),
    Fault("a looping link in its place", looping_link(CACHE), 0, UNKEPT, disk=""),
    Fault("EACCES: it may not be written", mode(0o500, CACHE), 0, (UNKEPT, "Permission"), disk=""),
    Fault("EROFS making it", refuses("EROFS", "mkdir"), 0, (UNKEPT, "Read-only"), disk=""),
    Fault("EROFS writing the keys", refuses("EROFS", "rename"), 0, (UNKEPT, "Read-only"), disk=""),
    Fault("ENOSPC writing the keys", refuses("ENOSPC", "fsync"), 0, (UNKEPT, "No space"), disk=""),
    Fault("EDQUOT writing the keys", refuses("EDQUOT", "fsync"), 0, (UNKEPT, "quota"), disk=""),
    Fault("EIO writing the keys", refuses("EIO", "fsync"), 0, (UNKEPT, "Input/output"), disk=""),
    Fault("files may not grow", keys_left(600), 0, UNKEPT,
          run="ulimit -f 0; ssoenv dev --format dotenv | wc -l", gives="9\n", disk=""),
    *in_place_of(KEY, 0),
    Fault("a huge entry", huge(KEY), 0),
    Fault("an entry for nobody", all_of(keys_left(3600), mode(0, KEY)), 0),
    Fault("EIO reading the entry", all_of(keys_left(3600), refuses("EIO", "read", KEY)), 0),
    *(
        Fault(f"an entry that holds {what}", holds(KEY, text), 0)
        for what, text in {
            "nothing": "", "half an object": '{"Credentials": {"AccessKeyId": "ASIASTALE',
            "no keys": "{}", "a list": "[]", "null": "null", "a number": "5", "a text": '"a"',
            "binary": b"SQLite format 3\0\xff", "too deep a nest": "[" * 100_000,
            "null for keys": '{"Credentials": null}', "a list of keys": '{"Credentials": []}',
            "a BOM": json.dumps({"Credentials": _STALE}).encode("utf-8-sig"),
            "UTF-16": json.dumps({"Credentials": _STALE}).encode("utf-16"),
        }.items()
    ),
    *(
        Fault(f"an entry with {field} {value!r}", holds(
            KEY, json.dumps({"Credentials": {**_STALE, field: value}})), 0)
        for field in _STALE
        for value in (None, "", 1, [1], {}, "\n", "stale\ud800")
    ),
    Fault("an entry with AccountId 5", keys_left(3600, AccountId=5), 0),
    Fault("an entry that has expired", keys_left(-1), 0),
    Fault("an entry with 9 minutes left", keys_left(600), 0),
    Fault("… and nobody is signed in", all_of(keys_left(600), gone(TOKEN)),
          0, (STOPGAP, LOG_IN), disk=""),
    Fault("… and AWS refuses", all_of(keys_left(600), answers("GetRoleCredentials", status=403)),
          0, (STOPGAP, "you may not use"), disk=""),
    Fault("… and the network is down", all_of(
        keys_left(600), variable(AWS_ENDPOINT_URL_SSO="http://127.0.0.1:1")),
        0, (STOPGAP, "could not connect"), disk=""),
    Fault("… and new ones are asked for", all_of(
        keys_left(600), answers("GetRoleCredentials", status=403)),
        5, "you may not use", run="ssoenv dev --refresh"),
    *(
        Fault(f"an index that holds {what}", all_of(warmed, holds(ENTRY, text)), 0, disk="")
        for what, text in {
            "nothing": "", "a line": "x", "empty lines": "\n\n\n", "an object": "{}",
            "binary": b"\xff\0", "a long line": "[" * 100_000,
        }.items()
    ),
    Fault("a folder in place of the index's entry", all_of(warmed, folder(ENTRY)), 0, disk=""),
    Fault("a file in place of the index", all_of(warmed, holds(INDEX, "x")), 0, disk=""),
    Fault("EIO reading the index", all_of(warmed, refuses("EIO", "read", ENTRY)), 0, disk=""),
    Fault("an index that others can write", all_of(warmed, mode(0o666, ENTRY)), 0, disk=""),
]

# What other commands save. ``ssoenv write`` at every step: tests/write/test_sudden_ends.py; a
# renewed token at every call: tests/signin/test_kill.py.
_WRITE = "ssoenv write dev"
_LOGIN = "ssoenv login dev --device-code --no-browser --force"
_CONFIGURE = "ssoenv configure --all --yes --session demo"
_APPROVED = setting("approval", "approve")

SAVING = [
    *(
        Fault(f"write: {thing} in place of the credentials file", put(CREDENTIALS),
              3, "cannot be read", _WRITE, disk="keys")
        for thing, put in THINGS.items() if thing != "a dangling link"
    ),
    Fault("write: a broken credentials file", holds(CREDENTIALS, "x"),
          3, "credentials, line 1", _WRITE, disk=""),
    Fault("write: a read-only one", all_of(holds(CREDENTIALS, "[a]\n"), mode(0o400, CREDENTIALS)),
          8, "~/.aws/credentials is read-only", _WRITE, disk="keys"),
    *(
        Fault(f"write: {error} at {call}", all_of(warmed, refuses(error, call)),
              8, "~/.aws/credentials cannot be written", _WRITE)
        for error, call in [("ENOSPC", "fsync"), ("EIO", "fsync"), ("EROFS", "rename")]
    ),
    *(
        Fault(f"write: {thing} in place of the lock", THINGS[thing](CREDENTIALS + ".lock"),
              8, "~/.aws/credentials cannot be written", _WRITE, disk="keys")
        for thing in ("a folder", "a socket")
    ),
    *(
        Fault(f"{thing} in place of the lock", all_of(EXPIRED, THINGS[thing](TOKEN + ".lock")),
              4, (".json.lock cannot be opened", "Remove it"))
        for thing in ("a looping link", "a dangling link")
    ),
    *(
        Fault(f"configure: {error} at {call}", refuses(error, call),
              8, "~/.aws/config cannot be written", _CONFIGURE)
        for error, call in [("ENOSPC", "fsync"), ("EIO", "fsync"), ("EROFS", "rename")]
    ),
    Fault("configure: a read-only config", mode(0o400, CONFIG), 8, "is read-only", _CONFIGURE),
    Fault("configure: a broken config", more(CONFIG, "x"), 3, "line 23", _CONFIGURE),
    Fault("configure: AWS refuses", answers("ListAccounts", status=403), 5, "may not", _CONFIGURE),
    Fault("configure: half a list", answers("ListAccountRoles", status=500),
          7, "ListAccountRoles", _CONFIGURE),
    Fault("login: nothing is wrong", _APPROVED, 0, "signed in to", _LOGIN, disk="token"),
    Fault("login: a file in place of ~/.aws/sso/cache", holds(TOKENS, "x"),
          8, ("the sign-in cannot be saved in ~/.aws/sso", ROOM), _LOGIN),
    *(
        Fault(f"login: {error} at {call}", refuses(error, call),
              8, ("the sign-in cannot be saved in ~/.aws/sso/cache", ROOM), _LOGIN)
        for error, call in [("ENOSPC", "fsync"), ("EIO", "fsync"), ("EROFS", "fchmod")]
    ),
    *(
        Fault(f"login: {thing} in place of the token file", all_of(_APPROVED, put(TOKEN)),
              0, "signed in to", _LOGIN, disk="token")
        for thing, put in THINGS.items()
        if thing not in ("a folder", "a dangling link")
    ),
    Fault("logout: EROFS", refuses("EROFS", "unlink"), 8, ("could not be removed", "act as you"),
          "ssoenv logout dev"),
    Fault("logout: the network is down", variable(AWS_ENDPOINT_URL_SSO="http://127.0.0.1:1"),
          6, ("signed out on this machine", "not be told"), "ssoenv logout dev", disk="token"),
    *(
        Fault(f"a CI step whose file is {what}", variable(GITHUB_ENV=path),
              8, "cannot be written", "ssoenv dev --format github", NOTHING, disk="keys")
        for what, path in {
            "a folder": "{home}", "nowhere": "/no/such/file",
        }.items()
    ),
    Fault("a CI step whose file is full", variable(GITHUB_ENV="/dev/full"),
          8, "No space left on device", "ssoenv dev --format github", NOTHING, disk="keys"),
]

CLOCKS = [
    Fault("two hours ahead", clock_off(2), 7, ("already expired", "Check this machine's clock")),
    Fault("two hours behind", clock_off(-2), 0),
    Fault("a day behind, with keys that have expired unnoticed",
          all_of(keys_left(-3600), clock_off(-24)), 0, disk=""),
    Fault("a day ahead, with a sign-in that can be renewed", all_of(
        setting("role_lifetime", 36 * 3600), clock_off(24)), 0, disk="keys token"),
    Fault("a century ahead", clock_off(876_600), 4, ("has expired", LOG_IN)),
    Fault("in 1970", clock_off(-time.time() / 3600 + 1), 0),
    *(
        Fault(f"for STS, {hours} hours off", all_of(
            setting("role_lifetime", 36 * 3600), clock_off(hours)),
            5, ("refused the keys", "Check this machine's clock"), "ssoenv prod", disk="keys")
        for hours in (1, -1)
    ),
]

_ELSE = {"AWS_ACCESS_KEY_ID": "AKIAELSE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "x"}

ENVIRONMENTS = [
    Fault("no HOME", all_of(
        replaced(CONFIG, "demo", "of-no-real-person"), variable(
            HOME=None, USERPROFILE=None, AWS_CONFIG_FILE="{home}/.aws/config")),
        4, ("not signed in", LOG_IN)),
    Fault("an empty HOME", variable(HOME="", USERPROFILE=None), 3, "/.aws/config does not exist"),
    Fault("a HOME that is not there", variable(HOME="/no/such"), 3, "~/.aws/config does not exist"),
    Fault("HOME=/dev/null", variable(HOME="/dev/null"), 3, "~/.aws/config does not exist"),
    Fault("no PATH", variable(PATH=None), 0),
    Fault("an empty PATH", variable(PATH=""), 0),
    Fault("no LANG", variable(LANG=None), 0),
    Fault("LC_ALL=C", variable(LANG=None, LC_ALL="C"), 0),
    Fault("a LANG that is none", variable(LC_ALL="xx_XX.nonsense"), 0),
    Fault("an ASCII Python", variable(LANG=None, PYTHONIOENCODING="ascii"), 0),
    Fault("the same and a strange name", variable(LANG=None, PYTHONIOENCODING="ascii"),
          3, 'no profile "d', "ssoenv dév-✓"),
    Fault("a name that is not a string", variable(AWS_PROFILE="\udcff"), 3, "no profile", "ssoenv"),
    Fault("no TERM, no SHELL, no USER", variable(TERM=None, SHELL=None, SSOENV_SHELL=None), 0),
    Fault("a folder that has been removed", None, 0, (),
          "mkdir x; cd x; rmdir ../x; ssoenv dev", KEYS),
    Fault("umask 0", None, 0, (), "umask 0; ssoenv dev", KEYS),
    Fault("umask 777", None, 0, (), "umask 777; ssoenv dev", KEYS),
    Fault("somebody else's keys", variable(**_ELSE), 0),
    Fault("somebody else's profile", variable(AWS_PROFILE="prod", SSOENV_PROFILE="legacy"), 0),
    Fault("a profile that is not there", variable(AWS_PROFILE="ghost"), 3, "ghost", "ssoenv"),
    Fault("an AWS_CONFIG_FILE that is not there", variable(AWS_CONFIG_FILE="/no/such"),
          3, "/no/such does not exist"),
    Fault("an empty AWS_CONFIG_FILE", variable(AWS_CONFIG_FILE=""), 3, "does not exist"),
    *(
        Fault(f"{name}={value}", variable(**{name: value}), code, name if code == 2 else ())
        for name, value, code in [
            ("AWS_ENDPOINT_URL_SSO", "not a URL", 3), ("AWS_ENDPOINT_URL_SSO", "http://", 3),
            ("AWS_ENDPOINT_URL_SSO", "http://[::1", 3), ("AWS_MAX_ATTEMPTS", "many", 3),
            ("AWS_MAX_ATTEMPTS", "0", 3), ("AWS_RETRY_MODE", "hard", 3),
            ("AWS_DEFAULTS_MODE", "none", 3), ("AWS_REGION", "not a region", 0),
            ("SSOENV_TIMEOUT", "soon", 2), ("SSOENV_TIMEOUT", "-1", 2),
            ("SSOENV_TIMEOUT", "nan", 2),
            ("SSOENV_ACCESS_TOKEN", "wrong", 4), ("SSOENV_ACCESS_TOKEN", "a\r\nb", 4),
        ]
    ),
]

STREAMS = [
    Fault("stdin closed", None, 0, (), "ssoenv dev <&-"),
    Fault("stdout closed", None, 8, "stdout is closed", "ssoenv dev >&-", NOTHING, "keys"),
    Fault("stdout full", None, 8, "No space left", "ssoenv dev >/dev/full", NOTHING, "keys"),
    Fault("stdout full, warm", warmed, 8, "No space left", "ssoenv dev >/dev/full", NOTHING),
    Fault("stdout read-only", None, 8, "stdout cannot", "ssoenv dev 1</dev/null", NOTHING, "keys"),
    Fault("stderr closed", None, 0, (), "ssoenv dev 2>&-"),
    Fault("stderr full", None, 0, (), "ssoenv dev 2>/dev/full"),
    Fault("stderr closed at a failure", None, 0, (), "ssoenv no 2>&-; echo $?", "false;\n3\n", ""),
    Fault("stderr full at a failure", None, 0, (), "ssoenv no 2>/dev/full; echo $?",
          "false;\n3\n", ""),
    Fault("all three closed", None, 0, (), "ssoenv dev <&- >&- 2>&-; echo $?", "8\n"),
    Fault("| head -0", None, 0, (), "ssoenv dev 2>/dev/null | head -n 0", NOTHING),
    Fault("a reader that has gone", None, 8, "Broken pipe",
          "exec 3> >(true); wait $!; ssoenv dev >&3", NOTHING, "keys"),
    Fault("a reader of one byte", None, 0, (), "ssoenv dev | head -c 1", "{"),
    Fault("exec with all three closed", None, 0, (),
          "ssoenv exec dev -- sh -c 'echo $AWS_REGION >told' <&- >&- 2>&-; cat told",
          "eu-central-1\n", "keys told"),
]
