# Completion of ssoenv for bash. "ssoenv init bash" includes it; where only completion is wanted,
# bash-completion finds it under share/bash-completion/completions/ssoenv of the installation.
# shellcheck shell=bash

function __ssoenv_complete { # $2: what readline will replace
  # COMP_WORDS is cut at ":" and "=", which stand in profile names and options, and still quoted.
  # So the line is read again up to the cursor: into words, without quotes and redirections, the
  # last one being the one to complete. $quote is the quote that is still open there, $target is
  # set where a redirection wants its file. Behind another command, the line begins with a blank.
  local line=${COMP_LINE:0:COMP_POINT} word='' quote='' target='' begin='' at char
  local -a words=() begins=()
  for ((at = 0; at < ${#line}; at++)); do
    char=${line:at:1}
    if [[ -n $quote || $char != [[:space:]\<\>\&] ]]; then
      begin=${begin:-$at}
      if [[ $char == "$quote" ]]; then
        quote=''
      elif [[ $char == \\ && $quote != \' ]]; then
        ((at++))
        word+=${line:at:1}
      elif [[ -z $quote && $char == [\"\'] ]]; then
        quote=$char
      else
        word+=$char
      fi
      continue
    fi
    if [[ $begin && $target ]]; then
      target=''
    elif [[ $begin && ($char != [\<\>] || $word == *[!0-9]*) ]]; then # "2>": no word
      words+=("$word") begins+=("$begin")
    fi
    word='' begin=''
    if [[ $char != [[:space:]] ]]; then
      target=1
      while [[ ${line:at+1:1} == [\<\>\&\|] ]]; do ((at++)); done
    fi
  done
  words+=("$word") begins+=("${begin:-${#line}}")

  COMPREPLY=()
  if [[ $target ]]; then
    __ssoenv_complete_file "$2"
    return
  fi
  # bash-completion's helper for a command behind another one hands over the whole last word.
  local replaced=$2 functions='' found candidate
  [[ $line == *"$2" ]] || replaced=${word##*["$COMP_WORDBREAKS"]}
  if [[ $quote ]]; then
    replaced=${replaced#"$quote"}
  else
    replaced=${replaced//\\/}
  fi
  [[ $(type -t __ssoenv_use) != function ]] || functions='use off'
  found=$(command ssoenv --complete "$functions" "${words[@]:1}" 2>/dev/null) || :
  while IFS= read -r candidate; do
    case $candidate in
      '') ;;
      $'\tfile') __ssoenv_complete_file "$2" ;;
      $'\tcommand\t'*) __ssoenv_complete_command "${begins[${candidate##*$'\t'}]}" "$2" ;;
      *)
        candidate=${candidate%%$'\t'*}
        candidate=${candidate:${#word}-${#replaced}}
        [[ $quote ]] || printf -v candidate '%q' "$candidate"
        COMPREPLY+=("$candidate")
        ;;
    esac
  done <<<"$found"
}

function __ssoenv_complete_file { # $1: its beginning
  compopt -o default 2>/dev/null && return # bash 3.2 has no compopt
  while IFS= read -r; do COMPREPLY+=("$REPLY"); done <<<"$(compgen -f -- "$1")"
}

function __ssoenv_complete_command { # $1: where in the line the other command begins
  local word=0 at=0 before
  for (( ; word < COMP_CWORD; word++)); do
    before=${COMP_LINE:at}
    before=${before%%"${COMP_WORDS[word]}"*}
    at=$((at + ${#before})) # as a command, set -e would end the shell at a 0
    ((at < $1)) || break
    at=$((at + ${#COMP_WORDS[word]}))
  done
  if ((word >= COMP_CWORD)); then
    while IFS= read -r; do COMPREPLY+=("$REPLY"); done <<<"$(compgen -A command -- "$2")"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$word"
  else
    __ssoenv_complete_file "$2"
  fi
}

complete -F __ssoenv_complete ssoenv
