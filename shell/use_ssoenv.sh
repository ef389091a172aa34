# ssoenv for direnv. Put it where direnv looks for functions, once and after updates of ssoenv:
#
#     mkdir -p ~/.config/direnv/lib && ssoenv init direnv > ~/.config/direnv/lib/ssoenv.sh
#
# Then, in the .envrc of a project (the options are those of ssoenv env):
#
#     use ssoenv PROFILE
#
# README.md beside this file tells more.
# shellcheck shell=bash

# The variables of a profile, renewed before its keys expire. Fails, and so stops the .envrc, if a
# person has to sign in first; the prompt after they did loads it again.
use_ssoenv() {
  local script='' due half stamp pid='' failed='' shown=$-
  # Whatever changes what the profile means makes direnv read the .envrc again.
  watch_file "${AWS_CONFIG_FILE:-$HOME/.aws/config}"
  { set +vx; } 2>/dev/null # a set -x in the .envrc would show secrets
  if script=$(command ssoenv env --shell bash --no-login "$@"); then
    eval "$script"
  else
    failed=1
  fi
  [[ $shown != *v* ]] || set -v
  [[ $shown != *x* ]] || set -x
  if [[ $failed ]]; then
    watch_file "$HOME/.aws/sso/cache" # which changes when somebody signs in
    return 1
  fi
  [[ ${SSOENV_EXPIRES_AT-} =~ ^[1-9][0-9]{0,14}$ ]] || return 0

  # direnv watches files, not clocks. So a file stands for these keys as long as they are good: it
  # is removed five minutes before they expire, or halfway there if that is later. direnv sees that
  # a watched file is gone, and loads the .envrc before the next prompt.
  due=$((SSOENV_EXPIRES_AT - 300))
  half=$((($(date +%s) + SSOENV_EXPIRES_AT) / 2))
  ((due > half)) || due=$half
  stamp=$HOME/.aws/ssoenv/direnv/$SSOENV_EXPIRES_AT
  [[ ! -e $stamp ]] || read -r pid <"$stamp" || pid=''
  if [[ -z $pid ]] || ! kill -0 "$pid" 2>/dev/null; then
    (umask 077 && mkdir -p "${stamp%/*}")
    # It looks every minute, for a long sleep would sleep on when the machine does; and it ends
    # early, file and all, if it is told to, so that whoever else watches the file starts another.
    # shellcheck disable=SC2016
    sh -c '
      echo $$ >"$2"
      trap exit HUP INT TERM
      trap "rm -f \"\$2\"" EXIT
      while left=$(($1 - $(date +%s))) && [ "$left" -gt 0 ]; do
        sleep $((left < 60 ? left : 60))
        read -r pid <"$2" && [ "$pid" = $$ ] || { trap - EXIT; exit; }
      done
    ' ssoenv "$due" "$stamp" </dev/null >/dev/null 2>&1 3>&- &
    echo $! >"$stamp"
    disown
  fi
  watch_file "$stamp"
}
