# ssoenv for PowerShell (Windows PowerShell 5.1 and PowerShell 7). Put this line at the end of the
# file that $PROFILE names:
#
#     ssoenv init powershell | Out-String | Invoke-Expression
#
# It defines: ssoenv use, ssoenv off; ssoenv_prompt, for a prompt function; completion; and a hook
# that renews keys before a command runs. README.md beside this file tells more.

# What the shell remembers between commands, also when this file is read again.
if (-not (Test-Path -LiteralPath Variable:global:__ssoenv)) {
    $global:__ssoenv = @{
        Before = ''; Previous = ''; Seen = ''; Due = [long]0; Told = ''
        ReadLine = $null; Prompt = $null
    }
}

# The program, whatever this function is called.
function global:__ssoenv_program {
    Get-Command -Name ssoenv -CommandType Application -ErrorAction Stop | Select-Object -First 1
}

function global:ssoenv {
    $words = @($args)
    $command = if ($words.Count) { "$($words[0])" } else { '' }
    $rest = @($words | Select-Object -Skip 1)
    if ($command -ceq 'use') {
        __ssoenv_use $rest
    } elseif ($command -ceq 'off') {
        __ssoenv_off $rest
    } else {
        if ($command -ceq 'login') { $global:__ssoenv.Seen = '' } # the hook may try again
        $program = __ssoenv_program
        if ($MyInvocation.ExpectingInput) { $input | & $program @words } else { & $program @words }
    }
}

function global:__ssoenv_use($words) {
    $words = @($words)
    if ($words -ccontains '-h' -or $words -ccontains '--help') {
        'usage: ssoenv use [PROFILE | -] [options of ssoenv env]'
        'Use a profile in this shell: one picked from a list, or with "-" the one before.'
        return
    }
    $ErrorActionPreference = 'Continue' # "Stop" takes a program's words on stderr for errors
    $PSNativeCommandUseErrorActionPreference = $false
    $program = __ssoenv_program
    $name = if ($words.Count) { "$($words[0])" } else { '' }
    $options = @($words | Select-Object -Skip 1)
    if (-not $words.Count) {
        $name = "$(& $program pick)"
        if ($LASTEXITCODE -ne 0) { return }
    } elseif ($name -ceq '') {
        $name = '--profile=' # before 7.3, an empty word would get lost on the way
    } elseif ($name -ceq '-') {
        $name = $global:__ssoenv.Previous
        if (-not $name) {
            [Console]::Error.WriteLine('ssoenv: no profile was in use before')
            $global:LASTEXITCODE = 2
            return
        }
    }
    $was = "$Env:SSOENV_PROFILE"
    $before = $global:__ssoenv.Before
    if (-not $was -or -not $before) {
        $before = & $program --before --shell powershell | Out-String
        if ($LASTEXITCODE -ne 0) { $before = '' }
    }
    $script = & $program env --shell powershell $name @options | Out-String
    if ($LASTEXITCODE -ne 0) { return }
    $global:__ssoenv.Before = $before
    Invoke-Expression $script
    if ($was -and $was -cne $Env:SSOENV_PROFILE) { $global:__ssoenv.Previous = $was }
}

function global:__ssoenv_off($words) {
    if (@($words).Count) {
        "usage: ssoenv off`nGive this shell back the variables it had before."
        return
    }
    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    $was = "$Env:SSOENV_PROFILE"
    $script = $global:__ssoenv.Before
    if (-not $was -or -not $script) {
        $program = __ssoenv_program
        $script = & $program env --unset --shell powershell | Out-String
        if ($LASTEXITCODE -ne 0) { return }
    }
    if ($was) { $global:__ssoenv.Previous = $was }
    $global:__ssoenv.Before = ''
    Invoke-Expression $script
}

function global:__ssoenv_now {
    [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
}

# What a prompt may show: "dev 42m".
function global:ssoenv_prompt {
    $profileName = "$Env:SSOENV_PROFILE" -replace '\p{Cc}', '?'
    if (-not $profileName -or "$Env:SSOENV_EXPIRES_AT" -notmatch '^[1-9][0-9]{0,14}$') {
        return $profileName
    }
    $left = [long]$Env:SSOENV_EXPIRES_AT - (__ssoenv_now)
    $hours = [Math]::Floor([double]$left / 3600)
    $minutes = [Math]::Floor([double]$left / 60) % 60
    if ($left -le 0) { return "$profileName expired" }
    if ($left -lt 60) { return "$profileName ${left}s" }
    if ($hours -eq 0) { return "$profileName ${minutes}m" }
    if ($minutes -eq 0) { return "$profileName ${hours}h" }
    "$profileName ${hours}h ${minutes}m"
}

# The hook. Five minutes before keys expire, or halfway there if they are given for less than ten,
# they are renewed before the next command; after an attempt that failed, at most every minute.
function global:__ssoenv_preexec($line) {
    $end = "$Env:SSOENV_EXPIRES_AT"
    if ($end -notmatch '^[1-9][0-9]{0,14}$' -or "$Env:SSOENV_AUTO_REFRESH" -eq '0') { return }
    $state = $global:__ssoenv
    $now = __ssoenv_now
    if ($end -cne $state.Seen) {
        $state.Seen = $end
        $half = $now + [long][Math]::Floor([double]([long]$end - $now) / 2)
        $state.Due = [Math]::Max([long]$end - 300, $half)
        if ([long]$end -le $now) { $state.Due = $now }
    }
    if ($now -lt $state.Due -or "$line" -clike 'ssoenv*' -or -not $Env:SSOENV_PROFILE) { return }
    # Whoever names a profile by hand has left the one in use.
    if ($Env:AWS_PROFILE -or $Env:AWS_DEFAULT_PROFILE) { return }
    $state.Due = $now + 60
    # A problem is told once while the keys are good, and once when they no longer are.
    $told = "$end $([long]$end -le $now)"
    $quiet = $told -ceq $state.Told
    $state.Told = $told
    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    $status = Get-Variable -Name LASTEXITCODE -Scope Global -ValueOnly -ErrorAction Ignore
    try {
        $program = __ssoenv_program
        if ($quiet) {
            $script = & $program --renew $Env:SSOENV_PROFILE --shell powershell 2>$null | Out-String
        } else {
            $script = & $program --renew $Env:SSOENV_PROFILE --shell powershell | Out-String
        }
        if ($LASTEXITCODE -eq 0) { Invoke-Expression $script }
    } catch {
        [Console]::Error.WriteLine("ssoenv: the keys were not renewed: $_")
    } finally {
        $global:LASTEXITCODE = $status
    }
}

# PowerShell reads each line with this function, which PSReadLine brings along; what comes after
# the reading comes before the running. Where there is no PSReadLine, the prompt has to do.
if (-not $global:__ssoenv.ReadLine -and -not $global:__ssoenv.Prompt) {
    if (Test-Path -LiteralPath Function:\PSConsoleHostReadLine) {
        $global:__ssoenv.ReadLine = $function:PSConsoleHostReadLine
        function global:PSConsoleHostReadLine {
            $line = & $global:__ssoenv.ReadLine
            __ssoenv_preexec $line
            $line
        }
    } else {
        $global:__ssoenv.Prompt = $function:prompt
        function global:prompt {
            $shown = & $global:__ssoenv.Prompt
            __ssoenv_preexec ''
            $shown
        }
    }
}

Register-ArgumentCompleter -Native -CommandName ssoenv -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    $words = @(
        $commandAst.CommandElements | Select-Object -Skip 1 |
            Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object { if ($_.PSObject.Properties['Value']) { "$($_.Value)" } else { "$_" } }
    )
    $current = "$wordToComplete" -replace '^[''"]', ''
    # Before 7.3, and in its legacy mode, an empty argument gets lost on the way.
    $passing = Get-Variable -Name PSNativeCommandArgumentPassing -ValueOnly -ErrorAction Ignore
    if (-not $current -and "$passing" -in '', 'Legacy') { $current = '""' }
    $program = __ssoenv_program
    & $program --complete 'use off' @words $current 2>$null | ForEach-Object {
        $word, $description = "$_" -split "`t", 2
        if ($word) {
            $text = if ($word -match '^[\w.:/=-]+$') { $word } else { "'$($word -replace "'", "''")'" }
            $tip = if ($description) { $description } else { $word }
            [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $tip)
        }
    }
}
