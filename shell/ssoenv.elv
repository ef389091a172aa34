# ssoenv for Elvish (0.19 and later). Put this line at the end of ~/.config/elvish/rc.elv:
#
#     eval (ssoenv init elvish | slurp)
#
# It defines: ssoenv use, ssoenv off; completion; a hook that renews keys before a command runs;
# and ssoenv_prompt. rc.elv itself gets at that one through the namespace of the eval:
#
#     eval (ssoenv init elvish | slurp) &on-end={|ns|
#       set edit:prompt = { put ($ns[ssoenv_prompt~])' '(tilde-abbr $pwd)'> ' }
#     }
#
# README.md beside this file tells more.

use math
use re
use str

var state = ''
var seen = ''
var due = (num 0)
var next = (num 0)
var told = []
var boot = ''

fn variable {|name|
  if (has-env $name) { get-env $name } else { put '' }
}

# Seconds since the epoch. Elvish has no clock; Linux's uptime can be read without a process, once
# it is known when the machine was started.
fn now {
  var uptime = ''
  try {
    set uptime = (re:find '^[0-9]+' (slurp < /proc/uptime))[text]
  } catch e {
    num (e:date +%s)
    return
  }
  if (eq $boot '') {
    set boot = (- (e:date +%s) $uptime)
  }
  + $boot $uptime
}

# Make the changes that the program writes. If it fails, it raises an exception, which ends the
# function that calls this.
fn change {|@arguments|
  set-env SSOENV_SHELL_STATE $state
  try {
    eval (e:ssoenv $@arguments | slurp)
    set state = (get-env SSOENV_SHELL_STATE)
  } finally {
    unset-env SSOENV_SHELL_STATE
  }
}

fn use-profile {|@arguments|
  if (or (has-value $arguments -h) (has-value $arguments --help)) {
    e:ssoenv --use --help
    return
  }
  change --use --shell elvish $@arguments
}

fn off {|@arguments|
  if (not-eq $arguments []) {
    echo 'usage: ssoenv off'
    echo 'Give this shell back the variables it had before.'
    if (has-value [-h --help] $arguments[0]) {
      return
    }
    fail 'ssoenv off takes no words'
  }
  change --off --shell elvish
}

fn ssoenv {|@arguments|
  if (eq $arguments []) {
    e:ssoenv
  } elif (eq $arguments[0] use) {
    use-profile (all $arguments[1..])
  } elif (eq $arguments[0] off) {
    off (all $arguments[1..])
  } else {
    if (eq $arguments[0] login) {
      set seen = '' # the hook may try again
    }
    e:ssoenv $@arguments
  }
}

# What a prompt may show: "dev 42m".
fn ssoenv_prompt {
  var profile = (re:replace '[[:cntrl:]]' '?' (variable SSOENV_PROFILE))
  if (and (not-eq $profile '') (not-eq (variable SSOENV_GUARDED) '')) {
    set profile = $profile' !' # it asks before it is used
  }
  var end = (variable SSOENV_EXPIRES_AT)
  if (or (eq $profile '') (not (re:match '^[1-9][0-9]{0,14}$' $end))) {
    put $profile
    return
  }
  var left = (- $end (now))
  var minutes = (exact-num (math:floor (/ $left 60)))
  if (<= $left 0) {
    put $profile' expired'
  } elif (< $left 60) {
    put $profile' '$left's'
  } elif (< $minutes 60) {
    put $profile' '$minutes'm'
  } else {
    var hours = (exact-num (math:floor (/ $minutes 60)))
    set minutes = (% $minutes 60)
    if (== $minutes 0) {
      put $profile' '$hours'h'
    } else {
      put $profile' '$hours'h '$minutes'm'
    }
  }
}

# The hook. Five minutes before keys expire, or halfway there if they are given for less than ten,
# they are renewed before the next command. New keys are asked for at most once a minute; while the
# answer is on its way, each command has a look whether it has come.
fn renew {|line|
  var end = (variable SSOENV_EXPIRES_AT)
  if (or (not (re:match '^[1-9][0-9]{0,14}$' $end)) (eq (variable SSOENV_AUTO_REFRESH) 0)) {
    return
  }
  var time = (now)
  if (not-eq $end $seen) {
    set seen = $end
    set next = (num 0)
    if (<= $end $time) {
      set due = $time
    } else {
      set due = (math:max (- $end 300) (/ (+ $end $time) 2))
    }
  }
  var profile = (variable SSOENV_PROFILE)
  if (or (< $time $due) (str:has-prefix $line ssoenv) (eq $profile '')) {
    return
  }
  # Whoever names a profile by hand has left the one in use.
  if (not-eq (variable AWS_PROFILE)(variable AWS_DEFAULT_PROFILE) '') {
    return
  }
  # A problem is told once while the keys are good, and once when they no longer are.
  var tell = [$end (<= $end $time)]
  var how = []
  if (< $time $next) {
    set how = [--look]
  } else {
    set next = (+ $time 60)
    if (eq $tell $told) {
      set how = [--again]
    }
    set told = $tell
  }
  try {
    eval (e:ssoenv --renew $profile --shell elvish $@how | slurp)
  } catch e {
    # It has been told, and the old keys stay. 75: the answer is on its way, look again.
    if (not (and (has-key $e[reason] exit-status) (eq $e[reason][exit-status] 75))) {
      set due = $next
    }
  }
}

# The rest is for Elvish's editor. A script has none, and may not even name its functions: so this
# is a text, which is read only where they are.
var for-the-editor = '
use str

fn complete {|@words|
  for row [(e:ssoenv --complete "use off" (all $words[1..]) 2>/dev/null | from-lines)] {
    var word description @_ = (str:split "\t" $row) ""
    if (eq $row "\tfile") {
      edit:complete-filename $@words
    } elif (str:has-prefix $row "\tcommand\t") {
      edit:complete-sudo (all $words[(- (str:trim-prefix $row "\tcommand\t") 1)..])
    } else {
      edit:complex-candidate $word &display=$word" ("$description")"
    }
  }
}

if (not (has-key $edit:completion:arg-completer ssoenv)) {
  edit:add-vars [&ssoenv~=$ssoenv~ &ssoenv_prompt~=$ssoenv_prompt~]
  set edit:completion:arg-completer[ssoenv] = $complete~
  set edit:after-readline = (conj $edit:after-readline $renew~)
}
'

var has-editor = $true
try {
  eval 'nop $edit:after-readline'
} catch e {
  set has-editor = $false
}
if $has-editor {
  eval $for-the-editor &ns=(ns [
    &ssoenv~=$ssoenv~ &ssoenv_prompt~=$ssoenv_prompt~ &renew~=$renew~
  ])
}
