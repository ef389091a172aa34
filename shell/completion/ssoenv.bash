# Completion of ssoenv for bash. "ssoenv init bash" includes it; where only completion is wanted,
# bash-completion finds it under share/bash-completion/completions/ssoenv of the installation.
# shellcheck shell=bash

function __ssoenv_complete { # $2: what readline will replace
  # COMP_WORDS is cut at ":" and "=", which stand in profile names and options, and still quoted.
  # So the line is read again up to the cursor: into words, without quotes, the last one being the
  # one to complete; $quote is the quote that is still open there.
  local line=${COMP_LINE:0:COMP_POINT} word='' quote='' at char
  local -a words=()
  for ((at = 0; at < ${#line}; at++)); do
    char=${line:at:1}
    if [[ $char == "$quote" ]]; then
      quote=''
    elif [[ $char == \\ && $quote != \' ]]; then
      ((at++))
      word+=${line:at:1}
    elif [[ -z $quote && $char == [\"\'] ]]; then
      quote=$char
    elif [[ -z $quote && $char == [[:space:]] ]]; then
      [[ ${line:at+1:1} == [[:space:]] ]] || words+=("$word") word=''
    else
      word+=$char
    fi
  done
  words+=("$word")

  local replaced=$2 functions='' found candidate
  [[ $quote ]] || replaced=${replaced//\\/}
  [[ $(type -t __ssoenv_use) != function ]] || functions='use off'
  found=$(command ssoenv --complete "$functions" "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  while IFS= read -r candidate; do
    case $candidate in
      '') ;;
      $'\tfile') compopt -o default 2>/dev/null ;;
      $'\tcommand\t'*) __ssoenv_complete_command "${candidate##*$'\t'}" "$2" ;;
      *)
        candidate=${candidate%%$'\t'*}
        candidate=${candidate:${#word}-${#replaced}}
        [[ $quote ]] || printf -v candidate '%q' "$candidate"
        COMPREPLY+=("$candidate")
        ;;
    esac
  done <<<"$found"
}

function __ssoenv_complete_command { # $1: where the other command begins
  if ((COMP_CWORD <= $1)); then
    while IFS= read -r; do COMPREPLY+=("$REPLY"); done <<<"$(compgen -A command -- "$2")"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  else
    compopt -o default 2>/dev/null
  fi
}

complete -F __ssoenv_complete ssoenv
