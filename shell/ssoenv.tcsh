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
    # Each word by a reference of its own: tcsh drops the empty words of a list, and what "`...`" has
    # for the value of a variable it reads once more, as code.
    set _ssoenv_words = ""
    set _ssoenv_help = 0
    @ _ssoenv_at = 2
    if ("$2" == "use" || "$2" == "off") @ _ssoenv_at = 3
    while ($_ssoenv_at <= $#argv)
        set _ssoenv_word = $argv[$_ssoenv_at]:q
        if ("$_ssoenv_word" == "-h" || "$_ssoenv_word" == "--help") set _ssoenv_help = 1
        if ($%_ssoenv_word) then
            set _ssoenv_words = "$_ssoenv_words "'$argv['"$_ssoenv_at]:q"
        else
            set _ssoenv_words = "$_ssoenv_words ''"
        endif
        @ _ssoenv_at++
    end
    # It may hold keys of the person, so it must be in no list of processes, as words of "env" are.
    set _ssoenv_command = 'setenv SSOENV_SHELL_STATE $_ssoenv_state; \ssoenv'
    switch ("$2")
    case use:
        if ($_ssoenv_help) then
            \ssoenv --use --help
            exit $status
        endif
        set _ssoenv_command = "$_ssoenv_command:q --use --shell tcsh$_ssoenv_words:q"
        breaksw
    case off:
        if ($#argv > 2) then
            \echo 'usage: ssoenv off'
            \echo 'Give this shell back the variables it had before.'
            if ($_ssoenv_help) exit 0
            exit 2
        endif
        set _ssoenv_command = "$_ssoenv_command:q --off --shell tcsh"
        breaksw
    default:
        if ("$2" == "login") set _ssoenv_seen = "" # the hook may try again
        set _ssoenv_command = '\ssoenv'"$_ssoenv_words:q"
        eval $_ssoenv_command:q
        exit $status
    endsw
    # Statements with secrets are not shown (set echo, set verbose).
    set _ssoenv_traced = ($?echo $?verbose)
    unset echo verbose
    set _ssoenv_script = "`$_ssoenv_command:q`"
    set _ssoenv_code = $status
    if ($_ssoenv_code == 0) then
        eval $_ssoenv_script:q
        set _ssoenv_state = $SSOENV_SHELL_STATE
        unsetenv SSOENV_SHELL_STATE
    endif
    unset _ssoenv_script
    if ($_ssoenv_traced[1]) set echo
    if ($_ssoenv_traced[2]) set verbose
    exit $_ssoenv_code

case --ssoenv-hook:
    set ssoenv_prompt = ""
    if (! $?SSOENV_PROFILE) exit 0
    set ssoenv_prompt = $SSOENV_PROFILE:q
    if ($?SSOENV_GUARDED) set ssoenv_prompt = "$ssoenv_prompt \!" # it asks before it is used
    if (! $?SSOENV_EXPIRES_AT) exit 0
    if ("$SSOENV_EXPIRES_AT" !~ [1-9]* || "$SSOENV_EXPIRES_AT" =~ *[^0-9]*) exit 0
    set _ssoenv_now = `\date +%s`

    # Five minutes before keys expire, or halfway there if they are given for less than ten, they
    # are renewed. New keys are asked for at most once a minute; while the answer is on its way,
    # each prompt has a look whether it has come.
    if ("$SSOENV_EXPIRES_AT" != "$_ssoenv_seen") then
        set _ssoenv_seen = $SSOENV_EXPIRES_AT
        set _ssoenv_next = 0
        @ _ssoenv_due = $_ssoenv_seen - 300
        @ _ssoenv_half = ($_ssoenv_seen + $_ssoenv_now) / 2
        if ($_ssoenv_half > $_ssoenv_due) set _ssoenv_due = $_ssoenv_half
        if ($_ssoenv_seen <= $_ssoenv_now) set _ssoenv_due = $_ssoenv_now
    endif
    set _ssoenv_is_due = 1
    if ($_ssoenv_now < $_ssoenv_due) set _ssoenv_is_due = 0
    # Whoever names a profile by hand has left the one in use.
    if ($?AWS_PROFILE) then
        if ($%AWS_PROFILE) set _ssoenv_is_due = 0
    endif
    if ($?AWS_DEFAULT_PROFILE) then
        if ($%AWS_DEFAULT_PROFILE) set _ssoenv_is_due = 0
    endif
    if ($?SSOENV_AUTO_REFRESH) then
        if ("$SSOENV_AUTO_REFRESH" == "0") set _ssoenv_is_due = 0
    endif
    if ($_ssoenv_is_due) then
        set _ssoenv_how = ()
        if ($_ssoenv_now < $_ssoenv_next) then
            set _ssoenv_how = --look
        else
            @ _ssoenv_next = $_ssoenv_now + 60
            # A problem is told once while the keys are good, and once when they no longer are.
            @ _ssoenv_gone = ($_ssoenv_seen <= $_ssoenv_now)
            if ("$_ssoenv_told" == "$_ssoenv_seen.$_ssoenv_gone") set _ssoenv_how = --again
            set _ssoenv_told = "$_ssoenv_seen.$_ssoenv_gone"
        endif
        set _ssoenv_command = '\ssoenv --renew $SSOENV_PROFILE:q --shell tcsh $_ssoenv_how'
        set _ssoenv_script = "`$_ssoenv_command:q`"
        set _ssoenv_code = $status
        if ($_ssoenv_code == 0) then
            eval $_ssoenv_script:q
        else if ($_ssoenv_code != 75) then # 75: the answer is on its way
            set _ssoenv_due = $_ssoenv_next
        endif
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

# Whether it has been read before, an alias tells: variables may come from the environment.
set _ssoenv_script = "`alias _ssoenv_hook`"
if ($?prompt && ! $%_ssoenv_script) then
    set _ssoenv_file = "`\ssoenv init tcsh --path`"
    set _ssoenv_state = "" _ssoenv_seen = "" _ssoenv_told = ""
    alias ssoenv 'source $_ssoenv_file:q --ssoenv-run \!*'
    set _ssoenv_script = "`alias precmd`"
    if ($%_ssoenv_script) set _ssoenv_script = "$_ssoenv_script:q;"
    alias _ssoenv_hook 'set _ssoenv_shown = ($?echo $?verbose); unset echo verbose; source $_ssoenv_file:q --ssoenv-hook; if ($_ssoenv_shown[1]) set echo; if ($_ssoenv_shown[2]) set verbose'
    alias precmd $_ssoenv_script:q _ssoenv_hook
    unset _ssoenv_script
    complete ssoenv 'p@1@`\ssoenv --complete "use off" "" | \cut -f1`@' \
        'c@--@`\ssoenv --complete "use off" env -- | \cut -f1 | \sed s/^--//`@' \
        'p@2@`\ssoenv --complete "use off" env "" | \cut -f1`@'
endif
