# ssoenv for bash (3.2 and later). Put this line at the end of ~/.bashrc:
#
#     eval "$(ssoenv init bash)"
#
# It defines: ssoenv use, ssoenv off; $ssoenv_prompt for PS1, and a function of that name that
# prints it; and a hook that renews keys before a command runs. README.md beside this file tells
# more.
# shellcheck shell=bash

function ssoenv {
  case ${1-} in
    use | off) __ssoenv_untraced "__ssoenv_$1" "${@:2}" ;;
    login) command ssoenv "$@" && __ssoenv_seen='' ;; # the hook may try again
    *) command ssoenv "$@" ;;
  esac
}

function __ssoenv_use {
  local IFS=' ' script # what "$*" has between the words
  case " $* " in
    *' -h '* | *' --help '*) command ssoenv --use --help && return ;;
  esac
  script=$(SSOENV_SHELL_STATE=${__ssoenv_state[0]-} command ssoenv --use --shell bash "$@") || return
  __ssoenv_change "$script"
}

function __ssoenv_off {
  local script
  if (($#)); then
    printf 'usage: ssoenv off\nGive this shell back the variables it had before.\n'
    [[ $1 == -h || $1 == --help ]] && return 0
    return 2
  fi
  script=$(SSOENV_SHELL_STATE=${__ssoenv_state[0]-} command ssoenv --off --shell bash) || return
  __ssoenv_change "$script"
}

function __ssoenv_change { # $1: statements of the program
  eval "$1"
  __ssoenv_state=("$SSOENV_SHELL_STATE") # an array, for arrays are never exported
  unset SSOENV_SHELL_STATE
  __ssoenv_show
}

# Call a function of ours without showing its secrets where commands are shown (set -x, set -v) or
# a DEBUG trap is told of those in functions, too (set -T).
function __ssoenv_untraced {
  case $- in
    *[Tvx]*) { local traced=$-; set +Tvx; } 2>/dev/null ;;
    *) "$@"; return ;;
  esac
  "$@"
  set -- "$?"
  [[ $traced != *T* ]] || set -T
  [[ $traced != *v* ]] || set -v
  [[ $traced != *x* ]] || set -x
  return "$1"
}

# Sets __ssoenv_now to the time, in epoch seconds, without a process.
if ((BASH_VERSINFO[0] >= 5)); then
  function __ssoenv_clock { __ssoenv_now=$EPOCHSECONDS; }
elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 402)); then
  function __ssoenv_clock { printf -v __ssoenv_now '%(%s)T' -1; }
else
  __ssoenv_start=$(($(command date +%s) - SECONDS))
  function __ssoenv_clock { __ssoenv_now=$((__ssoenv_start + SECONDS)); }
fi

# What a prompt may show: "dev 42m".
function ssoenv_prompt {
  __ssoenv_show
  printf '%s\n' "$ssoenv_prompt"
}

function __ssoenv_show {
  ssoenv_prompt=${SSOENV_PROFILE-}
  ssoenv_prompt=${ssoenv_prompt//[[:cntrl:]]/?}
  [[ $ssoenv_prompt && ${SSOENV_GUARDED-} ]] && ssoenv_prompt+=' !' # it asks before it is used
  [[ $ssoenv_prompt && ${SSOENV_EXPIRES_AT-} =~ ^[1-9][0-9]{0,14}$ ]] || return 0
  __ssoenv_clock
  local left=$((SSOENV_EXPIRES_AT - __ssoenv_now))
  if ((left <= 0)); then
    ssoenv_prompt+=' expired'
  elif ((left < 60)); then
    ssoenv_prompt+=" ${left}s"
  elif ((left < 3600)); then
    ssoenv_prompt+=" $((left / 60))m"
  else
    ssoenv_prompt+=" $((left / 3600))h"
    if ((left / 60 % 60)); then ssoenv_prompt+=" $((left / 60 % 60))m"; fi
  fi
}

# The hook. Five minutes before keys expire, or halfway there if they are given for less than ten,
# they are renewed before the next command. New keys are asked for at most once a minute; while the
# answer is on its way, each command has a look whether it has come.
function __ssoenv_preexec { # $1: the command that is about to run
  [[ ${SSOENV_EXPIRES_AT-} && ${SSOENV_AUTO_REFRESH-} != 0 ]] || return 0
  __ssoenv_clock
  [[ $SSOENV_EXPIRES_AT == "${__ssoenv_seen-}" ]] || __ssoenv_schedule
  ((__ssoenv_now < __ssoenv_due)) || __ssoenv_untraced __ssoenv_renew "${1-}"
  return 0
}

function __ssoenv_schedule {
  __ssoenv_seen=$SSOENV_EXPIRES_AT
  __ssoenv_due=999999999999999
  __ssoenv_next=0
  [[ $__ssoenv_seen =~ ^[1-9][0-9]{0,14}$ ]] || return 0
  local early=$((__ssoenv_seen - 300)) half=$(((__ssoenv_seen + __ssoenv_now) / 2))
  __ssoenv_due=$((half > early ? half : early))
  if ((__ssoenv_seen <= __ssoenv_now)); then __ssoenv_due=$__ssoenv_now; fi
}

function __ssoenv_renew {
  # Whoever names a profile by hand has left the one in use.
  [[ $1 != ssoenv* && ${SSOENV_PROFILE-} && -z ${AWS_PROFILE-}${AWS_DEFAULT_PROFILE-} ]] || return 0
  # A problem is told once while the keys are good, and once when they no longer are.
  local script status=0 told=$__ssoenv_seen.$((__ssoenv_seen <= __ssoenv_now))
  set -- "$SSOENV_PROFILE" --shell bash
  if ((__ssoenv_now < __ssoenv_next)); then
    set -- "$@" --look
  else
    __ssoenv_next=$((__ssoenv_now + 60))
    [[ $told != "${__ssoenv_told-}" ]] || set -- "$@" --again
    __ssoenv_told=$told
  fi
  script=$(command ssoenv --renew "$@") || status=$?
  case $status in
    0) eval "$script" ;;
    75) ;; # the answer is on its way: look again before the next command
    *) __ssoenv_due=$__ssoenv_next ;;
  esac
}

# The prompt gets the hook ready, the DEBUG trap runs it before the first command typed there.
function __ssoenv_precmd {
  local status=$?
  __ssoenv_show
  __ssoenv_ready=1
  return "$status"
}

function __ssoenv_debug { # $1: $_, which stays as it is by being the last argument of this call
  # Neither completion, nor a key bound to a command, nor the prompt is a command typed.
  [[ -z ${COMP_POINT-}${READLINE_POINT-} ]] || return 0
  local IFS=';'
  local prompt=";${PROMPT_COMMAND[*]-};"
  prompt=${prompt//$'\n'/;}
  [[ $prompt != *[\;\ ]"$BASH_COMMAND"[\;\ ]* ]] || return 0
  __ssoenv_ready=''
  __ssoenv_preexec "$BASH_COMMAND"
}

# PROMPT_COMMAND may be inherited, and so may functions and variables (set -a): what it runs is in
# an array, so that it is nothing at all in a shell that has not read this file. It hands on the
# status that it meets; before "&&", neither set -e nor a trap on ERR takes that for a failure.
__ssoenv_prompt_hook=(__ssoenv_precmd)

function __ssoenv_install { # $1: what "trap -p DEBUG" says
  # shellcheck disable=SC2016
  local hook='${__ssoenv_prompt_hook-} && :' at
  __ssoenv_trap=''
  if [[ ${PROMPT_COMMAND[*]-} == *"$hook"* ]]; then
    : # inherited, or this file has been read before
  elif [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]] &&
    ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then # before, only the first one ran
    # An element of its own would confuse those who know of one text, such as VS Code. It takes the
    # first one for all there is, so there they become one.
    if [[ ${TERM_PROGRAM-} == vscode ]]; then
      local IFS=$'\n'
      PROMPT_COMMAND=("${PROMPT_COMMAND[*]}")
    fi
    for at in "${!PROMPT_COMMAND[@]}"; do :; done
    PROMPT_COMMAND[${at:-0}]+=$'\n'$hook
  else # shellcheck disable=SC2128,SC2178
    PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}$hook"
  fi
  if [[ ${bash_preexec_imported-}${__bp_imported-} ]]; then
    [[ " ${preexec_functions[*]-} " == *' __ssoenv_preexec '* ]] ||
      preexec_functions+=(__ssoenv_preexec)
    return 0
  fi
  [[ $1 != *__ssoenv_debug* ]] || return 0
  # shellcheck disable=SC2016
  __ssoenv_trap='[[ -z ${__ssoenv_ready-} ]] || __ssoenv_debug "$_"'
  eval "set -- $1" # trap -- 'COMMAND' DEBUG
  # A trap that was there comes last: with extdebug, its status decides whether the command runs.
  [[ ${3:--} == - ]] || __ssoenv_trap+=$'\n'$3 # "-" stands for none in posix mode
}

case $- in
  *i*)
    __ssoenv_seen='' __ssoenv_told='' __ssoenv_ready='' # whatever the environment has of these
    __ssoenv_install "$(trap -p DEBUG)"
    # Set here, for a function of bash 3.2 that sets it puts the old one back when it ends.
    # shellcheck disable=SC2064
    [[ -z $__ssoenv_trap ]] || trap "$__ssoenv_trap" DEBUG
    ;;
esac
