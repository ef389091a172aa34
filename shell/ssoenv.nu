# ssoenv for Nushell (0.101 and later). Nushell reads its files before it runs anything, so keep
# this one in the folder that it reads by itself, once and after every update of ssoenv:
#
#     mkdir ($nu.data-dir | path join vendor autoload)
#     ssoenv init nu | save -f ($nu.data-dir | path join vendor autoload ssoenv.nu)
#
# It defines: ssoenv use, ssoenv off; ssoenv_prompt, for $env.PROMPT_COMMAND; completion; and a
# hook that renews keys before a command runs. README.md beside this file tells more.

# AWS SSO credentials for this shell
def --env --wrapped ssoenv [...arguments: string@"nu-complete ssoenv"] {
  match ($arguments | first 1) {
    ["use"] => { __ssoenv_use ...($arguments | skip 1) }
    ["off"] => { __ssoenv_off ...($arguments | skip 1) }
    ["login"] => {
      $env.SSOENV_STATE.seen = "" # the hook may try again
      ^ssoenv ...$arguments
    }
    _ => { ^ssoenv ...$arguments }
  }
}

# A program that fails ends these commands, with its exit code.
def --env --wrapped __ssoenv_use [...arguments: string] {
  if "--help" in $arguments or "-h" in $arguments {
    ^ssoenv --use --help
    return
  }
  let changes = with-env {SSOENV_SHELL_STATE: $env.SSOENV_STATE.kept} {
    ^ssoenv --use --shell nu ...$arguments
  }
  $changes | from json | load-env
  __ssoenv_keep
}

def --env --wrapped __ssoenv_off [...arguments: string] {
  if ($arguments | is-not-empty) {
    print "usage: ssoenv off"
    print "Give this shell back the variables it had before."
    if $arguments.0 in ["-h" "--help"] {
      return
    }
    error make --unspanned {msg: "ssoenv off takes no words"}
  }
  let changes = with-env {SSOENV_SHELL_STATE: $env.SSOENV_STATE.kept} {
    ^ssoenv --off --shell nu
  }
  $changes | from json | load-env
  __ssoenv_keep
}

def --env __ssoenv_keep [] {
  $env.SSOENV_STATE.kept = $env.SSOENV_SHELL_STATE
  hide-env SSOENV_SHELL_STATE
}

# What a prompt may show: "dev 42m"
def ssoenv_prompt []: nothing -> string {
  let name = $env.SSOENV_PROFILE? | default "" | str replace --all --regex '[[:cntrl:]]' '?'
  let guarded = $name != "" and ($env.SSOENV_GUARDED? | default "") != "" # it asks first
  let profile = if $guarded { $"($name) !" } else { $name }
  let end = $env.SSOENV_EXPIRES_AT? | default ""
  if $profile == "" or $end !~ '^[1-9][0-9]{0,14}$' {
    return $profile
  }
  let left = ($end | into int) - (__ssoenv_now)
  let hours = $left // 3600
  let minutes = $left // 60 mod 60
  let spoken = if $left <= 0 { "expired"
  } else if $left < 60 { $"($left)s"
  } else if $hours == 0 { $"($minutes)m"
  } else if $minutes == 0 { $"($hours)h"
  } else { $"($hours)h ($minutes)m" }
  $"($profile) ($spoken)"
}

def __ssoenv_now []: nothing -> int {
  date now | into int | $in // 1_000_000_000
}

# The hook. Five minutes before keys expire, or halfway there if they are given for less than ten,
# they are renewed before the next command. New keys are asked for at most once a minute; while the
# answer is on its way, each command has a look whether it has come.
def --env __ssoenv_pre_execution [] {
  let end = $env.SSOENV_EXPIRES_AT? | default ""
  if $end !~ '^[1-9][0-9]{0,14}$' or ($env.SSOENV_AUTO_REFRESH? | default "") == "0" {
    return
  }
  let now = __ssoenv_now
  if $end != $env.SSOENV_STATE.seen {
    let seconds = $end | into int
    $env.SSOENV_STATE.seen = $end
    $env.SSOENV_STATE.next = 0
    $env.SSOENV_STATE.due = if $seconds <= $now { $now
    } else { [($seconds - 300) (($seconds + $now) // 2)] | math max }
  }
  # Whoever names a profile by hand has left the one in use.
  let named = $"($env.AWS_PROFILE? | default '')($env.AWS_DEFAULT_PROFILE? | default '')"
  if ($now < $env.SSOENV_STATE.due or (commandline | str starts-with "ssoenv") or
      ($env.SSOENV_PROFILE? | default "") == "" or $named != "") {
    return
  }
  # A problem is told once while the keys are good, and once when they no longer are.
  let told = $"($end) (($end | into int) <= $now)"
  let how = if $now < $env.SSOENV_STATE.next { ["--look"]
  } else if $told == $env.SSOENV_STATE.told { ["--again"]
  } else { [] }
  if $how != ["--look"] {
    $env.SSOENV_STATE.next = $now + 60
    $env.SSOENV_STATE.told = $told
  }
  let changes = try {
    ^ssoenv --renew $env.SSOENV_PROFILE --shell nu ...$how
  } catch {
    if $env.LAST_EXIT_CODE != 75 { # 75: the answer is on its way, look again
      $env.SSOENV_STATE.due = $env.SSOENV_STATE.next
    }
    "{}"
  }
  $changes | from json | load-env
}

def "nu-complete ssoenv" [context: string, position: int] {
  let words = $context | str substring 0..<$position | split row --regex '\s+' | skip 1
  let plain = $words | each { str replace --all --regex r#'["'`]'# "" }
  let rows = ^ssoenv --complete "use off" ...$plain | lines | split column "\t" value description
  if "" in ($rows | get value) {
    return null # a file or another command: Nushell's own completion knows those
  }
  $rows | update value {|row|
    if $row.value =~ '^[\w.:/@=-]+$' { $row.value } else { $row.value | to nuon }
  }
}

export-env {
  # A record is no text, so Nushell hands it to no program; a text is not of this shell.
  if ($env.SSOENV_STATE? | describe) !~ '^record' {
    $env.SSOENV_STATE = {kept: "", seen: "", due: 0, next: 0, told: ""}
  }
  let hooks = $env.config.hooks.pre_execution? | default []
  if "__ssoenv_pre_execution" not-in $hooks {
    $env.config.hooks.pre_execution = $hooks | append "__ssoenv_pre_execution"
  }
}
