"""The commands and their options, for completion without argparse. Not written by hand:

    python tests/home_in_the_shell/completion_table.py

Command → (what it does, the kinds of its arguments, its options), and an option is (its names,
the kind of its value, help). A kind is "" for none, "profile", "profiles" (any number), "shell",
"format", "region", "file", "text", or the very words to choose from, each with a "|" behind it.
"""

Option = tuple[str, str, str]

COMMANDS: dict[str, tuple[str, str, tuple[Option, ...]]] = {
    "env": (
        "print the variables for the shell that asks; the command that PROFILE alone means",
        "profile",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-p --profile", "profile", "the same"),
            ("-s --shell", "shell", "write for bash, zsh, sh, ksh, mksh, yash..."),
            ("-f --format", "format", "write json, process, dotenv, docker, systemd..."),
            ("--unset", "", "remove the variables again, restoring your region"),
            ("--force", "", "write even a format that gives secrets away"),
            ("--region", "region", "use this region instead of the profile's"),
            ("--min-ttl", "text", "how long credentials must still be good, e.g...."),
            ("--refresh", "", "get new credentials in any case"),
            ("--no-login", "", "never start a sign-in"),
            ("--sso-start-url", "text", "else AWS_SSO_START_URL"),
            ("--sso-region", "region", "else AWS_SSO_REGION"),
            ("--account-id", "text", "else AWS_SSO_ACCOUNT_ID"),
            ("--role-name", "text", "else AWS_SSO_ROLE_NAME"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "exec": (
        "run a command with the variables, or a shell without a command",
        "profile text",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-p --profile", "profile", "the same"),
            ("--region", "region", "use this region instead of the profile's"),
            ("--min-ttl", "text", "how long credentials must still be good, e.g...."),
            ("--refresh", "", "get new credentials in any case"),
            ("--no-login", "", "never start a sign-in"),
            ("--sso-start-url", "text", "else AWS_SSO_START_URL"),
            ("--sso-region", "region", "else AWS_SSO_REGION"),
            ("--account-id", "text", "else AWS_SSO_ACCOUNT_ID"),
            ("--role-name", "text", "else AWS_SSO_ROLE_NAME"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "login": (
        "sign in, as aws sso login does and into the same files",
        "profile",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-p --profile", "profile", "the same"),
            ("--session", "text", "the [sso-session NAME] of the config"),
            ("--start-url", "text", "sign in here; needs no config"),
            ("--region", "region", "the region of Identity Center, with --start-url"),
            ("--device-code", "", "show a code to type in a browser anywhere..."),
            ("--no-browser", "", "show the address, open no browser"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "logout": (
        "sign out, and forget the credentials that came from the sign-in",
        "profile",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-p --profile", "profile", "the same"),
            ("--session", "text", "the [sso-session NAME] of the config"),
            ("--all", "", "end every sign-in of this machine"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "status": (
        "who a profile is, and how long its sign-in and credentials are good for",
        "profile",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-p --profile", "profile", "the same"),
            ("--verify", "", "ask AWS who the credentials belong to"),
            ("--json", "", "print JSON"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "profiles": (
        "every profile, what it is and whether it can be used right now",
        "text",
        (
            ("-h --help", "", "show this help message and exit"),
            ("--json", "", "print JSON"),
            ("--names", "", "print names only, one a line"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "accounts": (
        "the accounts and roles that your sign-in may use",
        "profile",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-p --profile", "profile", "the same"),
            ("--session", "text", "the [sso-session NAME] of the config"),
            ("--start-url", "text", "list for this one; needs no config"),
            ("--region", "region", "the region of Identity Center, with --start-url"),
            ("--no-login", "", "never start a sign-in"),
            ("--json", "", "print JSON"),
            ("--names", "", "print account names, one a line"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "pick": (
        "choose a profile from a list on the terminal, and print its name",
        "",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "init": (
        "print the script that makes ssoenv at home in your shell: use, off, TAB, renewal",
        "shell",
        (
            ("-h --help", "", "show this help message and exit"),
            ("--path", "", "print where the script is instead"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "write": (
        "put temporary keys into ~/.aws/credentials, for tools that read nothing else",
        "profiles",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-p --profile", "profile", "the same"),
            ("--all", "", "every profile of the config that is a role"),
            ("--as", "text", "write under this name, e.g. default"),
            ("--watch", "", "keep the keys fresh until the sign-in ends"),
            ("--clear", "", "remove what ssoenv wrote (of PROFILE only, if..."),
            ("--force", "", "replace keys that ssoenv did not write"),
            ("--region", "region", "use this region instead of the profile's"),
            ("--min-ttl", "text", "how long credentials must still be good, e.g...."),
            ("--refresh", "", "get new credentials in any case"),
            ("--no-login", "", "never start a sign-in"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "credential-process": (
        "print the JSON that SDKs ask of a credential_process in the config",
        "profile",
        (
            ("-h --help", "", "show this help message and exit"),
            ("-p --profile", "profile", "the same"),
            ("--region", "region", "use this region instead of the profile's"),
            ("--min-ttl", "text", "how long credentials must still be good, e.g...."),
            ("--refresh", "", "get new credentials in any case"),
            ("--no-login", "", "never start a sign-in"),
            ("--sso-start-url", "text", "else AWS_SSO_START_URL"),
            ("--sso-region", "region", "else AWS_SSO_REGION"),
            ("--account-id", "text", "else AWS_SSO_ACCOUNT_ID"),
            ("--role-name", "text", "else AWS_SSO_ROLE_NAME"),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
    "demo": (
        "see the whole tool at work against a miniature Identity Center, with no AWS account",
        "",
        (
            ("-h --help", "", "show this help message and exit"),
            ("--shell", "", "no tour: start your own shell in that world..."),
            ("-v --verbose", "", "say what is done, and why"),
        ),
    ),
}
