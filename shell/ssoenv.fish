# ssoenv for fish (3.1 and later). Put this line at the end of ~/.config/fish/config.fish:
#
#     ssoenv init fish | source
#
# It defines: ssoenv use, ssoenv off; ssoenv_prompt, to be called in fish_prompt; and a hook that
# renews keys before a command runs. README.md beside this file tells more.

function ssoenv --description 'AWS SSO credentials for this shell'
    switch "$argv[1]"
        case use
            __ssoenv_use $argv[2..-1]
        case off
            __ssoenv_off $argv[2..-1]
        case login
            command ssoenv $argv
            and set -gu __ssoenv_seen '' # the hook may try again
        case '*'
            command ssoenv $argv
    end
end

# Statements with secrets are not shown (fish_trace).
function __ssoenv_use
    set -l fish_trace
    if contains -- -h $argv; or contains -- --help $argv
        command ssoenv --use --help
        return
    end
    set -l script (SSOENV_SHELL_STATE=$__ssoenv_state command ssoenv --use --shell fish $argv)
    or return
    __ssoenv_change $script
end

function __ssoenv_off
    set -l fish_trace
    if set -q argv[1]
        echo 'usage: ssoenv off'
        echo 'Give this shell back the variables it had before.'
        contains -- $argv[1] -h --help
        and return 0
        return 2
    end
    set -l script (SSOENV_SHELL_STATE=$__ssoenv_state command ssoenv --off --shell fish)
    or return
    __ssoenv_change $script
end

function __ssoenv_change # with the lines of the program
    string join -- \n $argv | source
    set -gu __ssoenv_state $SSOENV_SHELL_STATE
    set -e SSOENV_SHELL_STATE
end

# What is in the environment under our names is another shell's.
begin
    set -l name
    for name in __ssoenv_state __ssoenv_seen __ssoenv_due __ssoenv_next __ssoenv_told __ssoenv_boot
        set -qgx $name
        and set -e $name
    end
end

# Sets __ssoenv_now to the time, in epoch seconds. fish has no clock of its own; Linux's uptime
# can be read without a process, once it is known when the machine was started.
function __ssoenv_clock
    if test -r /proc/uptime; and read -l uptime </proc/uptime
        set uptime (string replace -r '[. ].*' '' -- $uptime)
        set -q __ssoenv_boot
        or set -gu __ssoenv_boot (math (command date +%s) - $uptime)
        set -gu __ssoenv_now (math $__ssoenv_boot + $uptime)
    else
        set -gu __ssoenv_now (command date +%s)
    end
end

# What a prompt may show: "dev 42m".
function ssoenv_prompt --description 'The profile in use and how long its keys are good'
    set -l text (string replace -ra '[[:cntrl:]]' '?' -- "$SSOENV_PROFILE")
    if test -n "$text"; and string match -qr '^[1-9][0-9]{0,14}$' -- "$SSOENV_EXPIRES_AT"
        __ssoenv_clock
        set -l left (math $SSOENV_EXPIRES_AT - $__ssoenv_now)
        set -l minutes (math -s0 "$left / 60")
        if test $left -le 0
            set text "$text expired"
        else if test $left -lt 60
            set text "$text "$left"s"
        else if test $minutes -lt 60
            set text "$text "$minutes"m"
        else
            set text "$text "(math -s0 "$minutes / 60")"h"
            set minutes (math "$minutes % 60")
            test $minutes -eq 0
            or set text "$text "$minutes"m"
        end
    end
    echo $text
end

# The hook. Five minutes before keys expire, or halfway there if they are given for less than ten,
# they are renewed before the next command. New keys are asked for at most once a minute; while the
# answer is on its way, each command has a look whether it has come.
function __ssoenv_preexec --on-event fish_preexec
    if test -n "$SSOENV_EXPIRES_AT"; and test "$SSOENV_AUTO_REFRESH" != 0
        __ssoenv_clock
        test "$SSOENV_EXPIRES_AT" = "$__ssoenv_seen"
        or __ssoenv_schedule
        test $__ssoenv_now -lt $__ssoenv_due
        or __ssoenv_renew "$argv[1]"
    end
end

function __ssoenv_schedule
    set -gu __ssoenv_seen $SSOENV_EXPIRES_AT
    set -gu __ssoenv_due 999999999999999
    set -gu __ssoenv_next 0
    string match -qr '^[1-9][0-9]{0,14}$' -- $__ssoenv_seen
    or return 0
    set -l early (math $__ssoenv_seen - 300)
    set -l half (math -s0 "($__ssoenv_seen + $__ssoenv_now) / 2")
    if test $__ssoenv_seen -le $__ssoenv_now
        set -gu __ssoenv_due $__ssoenv_now
    else if test $half -gt $early
        set -gu __ssoenv_due $half
    else
        set -gu __ssoenv_due $early
    end
end

function __ssoenv_renew
    set -l fish_trace
    # Whoever names a profile by hand has left the one in use.
    if string match -q 'ssoenv*' -- $argv[1]; or test -z "$SSOENV_PROFILE"
        return 0
    else if test -n "$AWS_PROFILE$AWS_DEFAULT_PROFILE"
        return 0
    end
    # A problem is told once while the keys are good, and once when they no longer are.
    set -l told $__ssoenv_seen.(test $__ssoenv_seen -le $__ssoenv_now; echo $status)
    set -l how
    if test $__ssoenv_now -lt $__ssoenv_next
        set how --look
    else
        set -gu __ssoenv_next (math $__ssoenv_now + 60)
        test $told = "$__ssoenv_told"
        and set how --again
        set -gu __ssoenv_told $told
    end
    set -l script (command ssoenv --renew $SSOENV_PROFILE --shell fish $how)
    switch $status
        case 0
            string join -- \n $script | source
        case 75 # the answer is on its way: look again before the next command
        case '*'
            set -gu __ssoenv_due $__ssoenv_next
    end
end
