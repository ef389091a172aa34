# ssoenv for zsh (5.8 and later). Put this line at the end of ~/.zshrc:
#
#     eval "$(ssoenv init zsh)"
#
# It defines: ssoenv use, ssoenv off; $ssoenv_prompt for the prompt (setopt prompt_subst;
# PROMPT='${ssoenv_prompt} %# '), and a function of that name that prints it; and a hook that
# renews keys before a command runs. README.md beside this file tells more.

zmodload zsh/datetime 2>/dev/null
typeset -g __ssoenv_seen='' __ssoenv_due='' __ssoenv_next='' __ssoenv_told='' ssoenv_prompt=''
typeset -ga __ssoenv_state # an array, for arrays are never exported

function ssoenv {
  case ${1-} in
    use) shift; __ssoenv_use "$@" ;;
    off) shift; __ssoenv_off "$@" ;;
    login) command ssoenv "$@" && __ssoenv_seen='' ;; # the hook may try again
    *) command ssoenv "$@" ;;
  esac
}

# In these functions, commands and lines are shown neither to the person (set -x, set -v) nor to a
# DEBUG trap: some hold secrets. Both come back when the function ends.
function __ssoenv_use {
  emulate -L zsh
  setopt no_xtrace no_verbose
  trap - DEBUG
  local IFS=' ' script # what "$*" has between the words
  case " $* " in
    (*' -h '*|*' --help '*) command ssoenv --use --help && return ;;
  esac
  script=$(SSOENV_SHELL_STATE=${__ssoenv_state[1]-} command ssoenv --use --shell zsh "$@") || return
  __ssoenv_change "$script"
}

function __ssoenv_off {
  emulate -L zsh
  setopt no_xtrace no_verbose
  trap - DEBUG
  local script
  if (($#)); then
    print -r -- 'usage: ssoenv off'
    print -r -- 'Give this shell back the variables it had before.'
    [[ $1 == -h || $1 == --help ]] && return 0
    return 2
  fi
  script=$(SSOENV_SHELL_STATE=${__ssoenv_state[1]-} command ssoenv --off --shell zsh) || return
  __ssoenv_change "$script"
}

function __ssoenv_change { # $1: statements of the program
  eval "$1"
  __ssoenv_state=("$SSOENV_SHELL_STATE")
  unset SSOENV_SHELL_STATE
  __ssoenv_show
}

# What a prompt may show: "dev 42m".
function ssoenv_prompt {
  __ssoenv_show
  print -r -- "${ssoenv_prompt//\%\%/%}"
}

function __ssoenv_show {
  emulate -L zsh
  ssoenv_prompt=${${SSOENV_PROFILE-}//[[:cntrl:]]/?}
  ssoenv_prompt=${ssoenv_prompt//\%/%%} # which a prompt would take for an escape
  [[ -n $ssoenv_prompt && -n ${SSOENV_GUARDED-} ]] && ssoenv_prompt+=' !' # it asks before it is used
  __ssoenv_is_moment "${SSOENV_EXPIRES_AT-}" && [[ -n $ssoenv_prompt ]] || return 0
  local left=$((SSOENV_EXPIRES_AT - EPOCHSECONDS))
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

# Whether $1 is a number of seconds; arithmetic would run the text of anything else.
function __ssoenv_is_moment {
  [[ $1 == [1-9]* && $1 != *[!0-9]* && ${#1} -lt 16 ]]
}

# The hook. Five minutes before keys expire, or halfway there if they are given for less than ten,
# they are renewed before the next command. New keys are asked for at most once a minute; while the
# answer is on its way, each command has a look whether it has come.
function __ssoenv_preexec { # $1: the line that was typed
  [[ -n ${SSOENV_EXPIRES_AT-} && ${SSOENV_AUTO_REFRESH-} != 0 ]] || return 0
  [[ $SSOENV_EXPIRES_AT == "$__ssoenv_seen" ]] || __ssoenv_schedule
  ((EPOCHSECONDS < __ssoenv_due)) || __ssoenv_renew "${1-}"
  return 0
}

function __ssoenv_schedule {
  emulate -L zsh
  __ssoenv_seen=$SSOENV_EXPIRES_AT
  __ssoenv_due=999999999999999
  __ssoenv_next=0
  __ssoenv_is_moment "$__ssoenv_seen" || return 0
  local early=$((__ssoenv_seen - 300)) half=$(((__ssoenv_seen + EPOCHSECONDS) / 2))
  __ssoenv_due=$((half > early ? half : early))
  if ((__ssoenv_seen <= EPOCHSECONDS)); then __ssoenv_due=$EPOCHSECONDS; fi
}

function __ssoenv_renew {
  emulate -L zsh
  setopt no_xtrace no_verbose
  trap - DEBUG
  # Whoever names a profile by hand has left the one in use.
  [[ $1 != ssoenv* && -n ${SSOENV_PROFILE-} && -z ${AWS_PROFILE-}${AWS_DEFAULT_PROFILE-} ]] ||
    return 0
  # A problem is told once while the keys are good, and once when they no longer are.
  local script code=0 told=$__ssoenv_seen.$((__ssoenv_seen <= EPOCHSECONDS))
  set -- "$SSOENV_PROFILE" --shell zsh
  if ((EPOCHSECONDS < __ssoenv_next)); then
    set -- "$@" --look
  else
    __ssoenv_next=$((EPOCHSECONDS + 60))
    [[ $told != "$__ssoenv_told" ]] || set -- "$@" --again
    __ssoenv_told=$told
  fi
  script=$(command ssoenv --renew "$@") || code=$?
  case $code in
    (0) eval "$script" ;;
    (75) ;; # the answer is on its way: look again before the next command
    (*) __ssoenv_due=$__ssoenv_next ;;
  esac
}

if [[ -o interactive ]]; then
  autoload -Uz add-zsh-hook
  add-zsh-hook preexec __ssoenv_preexec
  add-zsh-hook precmd __ssoenv_show
fi
