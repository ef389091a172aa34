# ssoenv for tcsh. Put this line at the end of ~/.tcshrc:
#
#     source "`ssoenv init tcsh --path`"
#
# It defines: ssoenv use, ssoenv off; $ssoenv_prompt, for a prompt with %$ssoenv_prompt in it;
# completion; and a hook that renews keys. tcsh has nothing that could run before a command, so it
# runs before the prompt: after an hour of idling, the first command may still meet old keys.
# README.md beside this file tells more.
#
# tcsh has no functions: the alias and the hook read this file, with what is asked as arguments.

switch ("$1")
case --ssoenv-run:
    switch ("$2")
    case use:
        set _ssoenv_was = ""
        if ($?SSOENV_PROFILE) then
            set _ssoenv_was = $SSOENV_PROFILE:q
        endif
        if ($?SSOENV_ROLE) then
            set _ssoenv_was = $SSOENV_ROLE:q
        endif
        set _ssoenv_name = $3:q
        if ("$_ssoenv_name" == "-h" || "$_ssoenv_name" == "--help") then
            echo "usage: ssoenv use [PROFILE | -] [options of ssoenv env]"
            echo 'Use a profile in this shell: one picked from a list, or with "-" the one before.'
            exit 0
        endif
        if ($#argv < 3) then
            set _ssoenv_name = "`\ssoenv pick`"
            if ("$_ssoenv_name" == "") exit 130
        else if ("$_ssoenv_name" == "") then
            set _ssoenv_name = "--profile=" # an empty word would get lost on the way
        endif
        if ("$_ssoenv_name" == "-") then
            set _ssoenv_name = $_ssoenv_previous:q
            if ("$_ssoenv_name" == "") then
                sh -c 'echo "ssoenv: no profile was in use before" >&2'
                exit 2
            endif
        endif
        set _ssoenv_kept = $_ssoenv_before:q
        if ("$_ssoenv_was" == "" || $%_ssoenv_kept == 0) then
            set _ssoenv_kept = "`\ssoenv --before --shell tcsh`"
        endif
        set _ssoenv_script = "`\ssoenv env --shell tcsh $_ssoenv_name:q $argv[4-]:q`"
        if ($status) exit $status
        set _ssoenv_before = $_ssoenv_kept:q
        eval $_ssoenv_script:q
        set _ssoenv_now = $SSOENV_PROFILE:q
        if ($?SSOENV_ROLE) then
            set _ssoenv_now = $SSOENV_ROLE:q
        endif
        if ("$_ssoenv_was" != "" && "$_ssoenv_was" != "$_ssoenv_now") then
            set _ssoenv_previous = $_ssoenv_was:q
        endif
        unset _ssoenv_script _ssoenv_kept _ssoenv_now
        breaksw
    case off:
        set _ssoenv_was = ""
        if ($?SSOENV_PROFILE) then
            set _ssoenv_was = $SSOENV_PROFILE:q
        endif
        if ($?SSOENV_ROLE) then
            set _ssoenv_was = $SSOENV_ROLE:q
        endif
        set _ssoenv_script = $_ssoenv_before:q
        if ("$_ssoenv_was" == "" || $%_ssoenv_script == 0) then
            set _ssoenv_script = "`\ssoenv env --unset --shell tcsh`"
        endif
        if ("$_ssoenv_was" != "") set _ssoenv_previous = $_ssoenv_was:q
        set _ssoenv_before = ""
        eval $_ssoenv_script:q
        unset _ssoenv_script
        breaksw
    default:
        if ("$2" == "login") set _ssoenv_seen = "" # the hook may try again
        # Each word by a reference of its own: tcsh drops the empty words of a list.
        set _ssoenv_script = '\ssoenv'
        @ _ssoenv_at = 2
        while ($_ssoenv_at <= $#argv)
            set _ssoenv_word = $argv[$_ssoenv_at]:q
            if ($%_ssoenv_word) then
                set _ssoenv_script = "$_ssoenv_script "'$argv['"$_ssoenv_at]:q"
            else
                set _ssoenv_script = "$_ssoenv_script ''"
            endif
            @ _ssoenv_at++
        end
        eval $_ssoenv_script:q
        exit $status
    endsw
    exit 0

case --ssoenv-hook:
    set ssoenv_prompt = ""
    if (! $?SSOENV_PROFILE) exit 0
    set ssoenv_prompt = $SSOENV_PROFILE:q
    if (! $?SSOENV_EXPIRES_AT) exit 0
    if ("$SSOENV_EXPIRES_AT" !~ [1-9]* || "$SSOENV_EXPIRES_AT" =~ *[^0-9]*) exit 0
    set _ssoenv_now = `date +%s`

    # Five minutes before keys expire, or halfway there if they are given for less than ten, they
    # are renewed; after an attempt that failed, at most every minute.
    if ("$SSOENV_EXPIRES_AT" != "$_ssoenv_seen") then
        set _ssoenv_seen = $SSOENV_EXPIRES_AT
        @ _ssoenv_due = $_ssoenv_seen - 300
        @ _ssoenv_half = ($_ssoenv_seen + $_ssoenv_now) / 2
        if ($_ssoenv_half > $_ssoenv_due) set _ssoenv_due = $_ssoenv_half
        if ($_ssoenv_seen <= $_ssoenv_now) set _ssoenv_due = $_ssoenv_now
    endif
    set _ssoenv_wanted = 1
    if ($_ssoenv_now < $_ssoenv_due) set _ssoenv_wanted = 0
    # Whoever names a profile by hand has left the one in use.
    if ($?AWS_PROFILE || $?AWS_DEFAULT_PROFILE) set _ssoenv_wanted = 0
    if ($?SSOENV_AUTO_REFRESH) then
        if ("$SSOENV_AUTO_REFRESH" == "0") set _ssoenv_wanted = 0
    endif
    if ($_ssoenv_wanted) then
        @ _ssoenv_due = $_ssoenv_now + 60
        # A problem is told once while the keys are good, and once when they no longer are.
        @ _ssoenv_gone = ($_ssoenv_seen <= $_ssoenv_now)
        if ("$_ssoenv_told" == "$_ssoenv_seen.$_ssoenv_gone") then
            set _ssoenv_script = "`sh -c 'ssoenv --renew "\$0" --shell tcsh 2>/dev/null' $SSOENV_PROFILE:q`"
        else
            set _ssoenv_told = "$_ssoenv_seen.$_ssoenv_gone"
            set _ssoenv_script = "`\ssoenv --renew $SSOENV_PROFILE:q --shell tcsh`"
        endif
        if ($status == 0) eval $_ssoenv_script:q
        unset _ssoenv_script
    endif

    @ _ssoenv_left = $SSOENV_EXPIRES_AT - $_ssoenv_now
    @ _ssoenv_minutes = $_ssoenv_left / 60
    if ($_ssoenv_left <= 0) then
        set ssoenv_prompt = "$ssoenv_prompt expired"
    else if ($_ssoenv_left < 60) then
        set ssoenv_prompt = "$ssoenv_prompt ${_ssoenv_left}s"
    else if ($_ssoenv_minutes < 60) then
        set ssoenv_prompt = "$ssoenv_prompt ${_ssoenv_minutes}m"
    else
        @ _ssoenv_hours = $_ssoenv_minutes / 60
        @ _ssoenv_minutes = $_ssoenv_minutes % 60
        set ssoenv_prompt = "$ssoenv_prompt ${_ssoenv_hours}h"
        if ($_ssoenv_minutes) set ssoenv_prompt = "$ssoenv_prompt ${_ssoenv_minutes}m"
    endif
    exit 0
endsw

if ($?prompt && ! $?_ssoenv_file) then
    set _ssoenv_file = "`\ssoenv init tcsh --path`"
    set _ssoenv_before = "" _ssoenv_previous = "" _ssoenv_seen = "" _ssoenv_told = ""
    alias ssoenv 'source $_ssoenv_file:q --ssoenv-run \!*'
    set _ssoenv_script = "`alias precmd`"
    if ($%_ssoenv_script) set _ssoenv_script = "$_ssoenv_script:q;"
    alias precmd $_ssoenv_script:q 'source $_ssoenv_file:q --ssoenv-hook'
    unset _ssoenv_script
    complete ssoenv 'p@1@`\ssoenv --complete "use off" "" | cut -f1`@' \
        'c@--@`\ssoenv --complete "use off" env -- | cut -f1 | sed s/^--//`@' \
        'p@2@`\ssoenv --complete "use off" env "" | cut -f1`@'
endif
