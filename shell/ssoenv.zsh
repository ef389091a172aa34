# ssoenv for zsh (5.8 and later). Put this line at the end of ~/.zshrc:
#
#     eval "$(ssoenv init zsh)"
#
# It defines: ssoenv use, ssoenv off; $ssoenv_prompt for the prompt (setopt prompt_subst;
# PROMPT='${ssoenv_prompt} %# '), and a function of that name that prints it; and a hook that
# renews keys before a command runs. README.md beside this file tells more.

zmodload zsh/datetime 2>/dev/null
typeset -g __ssoenv_previous='' __ssoenv_seen='' __ssoenv_due='' __ssoenv_told='' ssoenv_prompt=''
typeset -ga __ssoenv_before # an array, for arrays are never exported

function ssoenv {
  case ${1-} in
    use) shift; __ssoenv_use "$@" ;;
    off) shift; __ssoenv_off "$@" ;;
    login) command ssoenv "$@" && __ssoenv_seen='' ;; # the hook may try again
    *) command ssoenv "$@" ;;
  esac
}

function __ssoenv_use {
  emulate -L zsh
  local name=${1-} was=${SSOENV_ROLE:-${SSOENV_PROFILE-}} before=${__ssoenv_before[1]-} script
  case " $* " in
    (*' -h '*|*' --help '*)
      print -r -- 'usage: ssoenv use [PROFILE | -] [options of ssoenv env]'
      print -r -- 'Use a profile in this shell: one picked from a list, or with "-" the one before.'
      return 0
      ;;
    ('  ') (($#)) || name=$(command ssoenv pick) || return ;;
    (' - '*)
      name=${__ssoenv_previous-}
      if [[ -z $name ]]; then
        print -ru2 -- 'ssoenv: no profile was in use before'
        return 2
      fi
      ;;
  esac
  if [[ -z $was || -z $before ]]; then
    before=$(command ssoenv --before --shell zsh) || before=''
  fi
  (($# == 0)) || shift
  script=$(command ssoenv env --shell zsh "$name" "$@") || return
  __ssoenv_before=("$before")
  eval "$script"
  if [[ -n $was && $was != "${SSOENV_ROLE:-${SSOENV_PROFILE-}}" ]]; then __ssoenv_previous=$was; fi
  __ssoenv_show
}

function __ssoenv_off {
  emulate -L zsh
  local script=${__ssoenv_before[1]-}
  if (($#)); then
    print -r -- 'usage: ssoenv off'
    print -r -- 'Give this shell back the variables it had before.'
    [[ $1 == -h || $1 == --help ]] && return 0
    return 2
  fi
  if [[ -z ${SSOENV_PROFILE-} || -z $script ]]; then
    script=$(command ssoenv env --unset --shell zsh) || return
  fi
  __ssoenv_previous=${SSOENV_ROLE:-${SSOENV_PROFILE:-$__ssoenv_previous}}
  __ssoenv_before=()
  eval "$script"
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
# they are renewed before the next command; after an attempt that failed, at most every minute.
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
  __ssoenv_is_moment "$__ssoenv_seen" || return 0
  local early=$((__ssoenv_seen - 300)) half=$(((__ssoenv_seen + EPOCHSECONDS) / 2))
  __ssoenv_due=$((half > early ? half : early))
  if ((__ssoenv_seen <= EPOCHSECONDS)); then __ssoenv_due=$EPOCHSECONDS; fi
}

function __ssoenv_renew {
  emulate -L zsh
  # Whoever names a profile by hand has left the one in use.
  [[ $1 != ssoenv* && -n ${SSOENV_PROFILE-} && -z ${AWS_PROFILE-}${AWS_DEFAULT_PROFILE-} ]] ||
    return 0
  __ssoenv_due=$((EPOCHSECONDS + 60))
  # A problem is told once while the keys are good, and once when they no longer are.
  local script told=$__ssoenv_seen.$((__ssoenv_seen <= EPOCHSECONDS))
  if [[ $told == "$__ssoenv_told" ]]; then
    script=$(command ssoenv --renew "$SSOENV_PROFILE" --shell zsh 2>/dev/null) || return 0
  else
    __ssoenv_told=$told
    script=$(command ssoenv --renew "$SSOENV_PROFILE" --shell zsh) || return 0
  fi
  eval "$script"
}

if [[ -o interactive ]]; then
  autoload -Uz add-zsh-hook
  add-zsh-hook preexec __ssoenv_preexec
  add-zsh-hook precmd __ssoenv_show
fi
