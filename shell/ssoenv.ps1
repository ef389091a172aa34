# ssoenv for PowerShell (Windows PowerShell 5.1 and PowerShell 7). Put this line at the end of the
# file that $PROFILE names:
#
#     ssoenv init powershell | Out-String | Invoke-Expression
#
# It defines: ssoenv use, ssoenv off at the prompt; Use-SsoenvProfile, Clear-SsoenvProfile, which do
# the same in scripts; ssoenv_prompt, for a prompt function; completion; and a hook that renews keys
# before a command runs. README.md beside this file tells more.
#
# There is no function called ssoenv: PowerShell would turn what passes through it into text, and
# change arguments. Only "ssoenv use" and "ssoenv off" are replaced, in the line that was typed.
# In constrained language mode no method of .NET may be called but those of plain types, so none is.

# What the shell remembers between commands, also when this file is read again.
if (-not (Test-Path -LiteralPath Variable:global:__ssoenv)) {
    $global:__ssoenv = @{
        Kept = ''; Seen = ''; Due = [long]0; Next = [long]0; Told = ''
        ReadLine = $null; Prompt = $null
    }
}

function global:__ssoenv_program {
    Get-Command -Name ssoenv -CommandType Application -ErrorAction Stop | Select-Object -First 1
}

# Make the changes that the program has written, a line each: NAME=VALUE sets, NAME removes, and a
# dot is the end. As data they are neither shown by Set-PSDebug, from which the attribute hides the
# rest, nor written into the log of script blocks.
function global:__ssoenv_apply {
    [System.Diagnostics.DebuggerHidden()]
    param($lines)
    if ("$(@($lines)[-1])" -cne '.') { return }
    foreach ($line in $lines) {
        $name, $value = "$line" -split '=', 2
        if ($null -ne $value) {
            Set-Item -LiteralPath "Env:$name" -Value ([regex]::Unescape($value))
        } elseif ($name -cne '.') {
            Remove-Item -LiteralPath "Env:$name" -ErrorAction Ignore
        }
    }
}

# Let the command that calls this fail: $? is false for whoever called it, && stops, and where
# errors end a script they do. Without a text the program has said what is wrong.
function global:__ssoenv_fail($caller, $wish, $text) {
    $said = if ($text) { $text } else { 'ssoenv: no credentials' }
    if ($wish -eq 'Stop' -or $ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
        throw $said
    }
    $problem = Write-Error $said -ErrorAction Continue 2>&1
    $ErrorActionPreference = if ($text) { 'Continue' } else { 'SilentlyContinue' }
    $caller.WriteError($problem)
}

# Run the program with these arguments and what the shell keeps for it, and make the changes that
# it writes. Returns whether it did not fail.
function global:__ssoenv_change {
    [System.Diagnostics.DebuggerHidden()]
    param([string[]]$words)
    $program = __ssoenv_program
    $Env:SSOENV_SHELL_STATE = $global:__ssoenv.Kept
    try {
        $changes = & $program @words
        if ($LASTEXITCODE -ne 0) { return $false }
        __ssoenv_apply $changes
        $global:__ssoenv.Kept = "$Env:SSOENV_SHELL_STATE"
        return $true
    } finally {
        Remove-Item -LiteralPath Env:SSOENV_SHELL_STATE -ErrorAction Ignore
    }
}

function global:Use-SsoenvProfile {
    [CmdletBinding(PositionalBinding = $false)]
    [System.Diagnostics.DebuggerHidden()]
    param([Parameter(ValueFromRemainingArguments = $true)][string[]]$Words)
    $words = @(if ($null -ne $Words) { $Words })
    if ($words -ccontains '-h' -or $words -ccontains '--help') {
        $program = __ssoenv_program
        return & $program --use --help
    }
    $wish = $ErrorActionPreference
    $ErrorActionPreference = 'Continue' # "Stop" takes a program's words on stderr for errors
    $PSNativeCommandUseErrorActionPreference = $false
    # As an option's value a name arrives whole: an empty one (before 7.3), one that has a "*".
    if ($words.Count -gt 0 -and "$($words[0])" -cmatch '^$|^[^-].*[*?[]|^[*?[]') {
        $words[0] = "--profile=$($words[0])"
    }
    if (-not (__ssoenv_change (@('--use', '--shell', 'powershell-data') + $words))) {
        __ssoenv_fail $PSCmdlet $wish
    }
}

function global:Clear-SsoenvProfile {
    [CmdletBinding(PositionalBinding = $false)]
    [System.Diagnostics.DebuggerHidden()]
    param([Parameter(ValueFromRemainingArguments = $true)][string[]]$Words)
    if ($Words) {
        'usage: ssoenv off    (in scripts: Clear-SsoenvProfile)'
        'Give this shell back the variables it had before.'
        if ('-h', '--help' -ccontains $Words[0]) { return }
        $global:LASTEXITCODE = 2
        return __ssoenv_fail $PSCmdlet $ErrorActionPreference
    }
    $wish = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    if (-not (__ssoenv_change '--off', '--shell', 'powershell-data')) { __ssoenv_fail $PSCmdlet $wish }
}

# Seconds since 1970.
function global:__ssoenv_now {
    $ticks = [DateTime]::UtcNow.Ticks - 621355968000000000
    [long](($ticks - $ticks % 10000000) / 10000000)
}

# What a prompt may show: "dev 42m".
function global:ssoenv_prompt {
    $profileName = "$Env:SSOENV_PROFILE" -replace '\p{Cc}', '?'
    if (-not $profileName -or "$Env:SSOENV_EXPIRES_AT" -notmatch '^[1-9][0-9]{0,14}$') {
        return $profileName
    }
    $left = [long]$Env:SSOENV_EXPIRES_AT - (__ssoenv_now)
    $minutes = ($left - $left % 60) / 60
    $hours = ($minutes - $minutes % 60) / 60
    $minutes = $minutes % 60
    if ($left -le 0) { return "$profileName expired" }
    if ($left -lt 60) { return "$profileName ${left}s" }
    if ($hours -eq 0) { return "$profileName ${minutes}m" }
    if ($minutes -eq 0) { return "$profileName ${hours}h" }
    "$profileName ${hours}h ${minutes}m"
}

# The hook. Five minutes before keys expire, or halfway there if they are given for less than ten,
# they are renewed before the next command. New keys are asked for at most once a minute; while the
# answer is on its way, each command has a look whether it has come.
function global:__ssoenv_preexec {
    [System.Diagnostics.DebuggerHidden()]
    param($line)
    $end = "$Env:SSOENV_EXPIRES_AT"
    if ($end -notmatch '^[1-9][0-9]{0,14}$' -or "$Env:SSOENV_AUTO_REFRESH" -eq '0') { return }
    $state = $global:__ssoenv
    $now = __ssoenv_now
    if ($end -cne $state.Seen) {
        $state.Seen = $end
        $state.Next = [long]0
        $left = [long]$end - $now
        $half = $now + ($left - $left % 2) / 2
        $state.Due = [long]$end - 300
        if ($half -gt $state.Due) { $state.Due = $half }
        if ($left -le 0) { $state.Due = $now }
    }
    if ("$line" -cmatch '\bssoenv(\.exe)?\b.*\blogin\b') { $state.Seen = '' } # then try again
    if ($now -lt $state.Due -or "$line" -cmatch '^\s*(& *)?ssoenv\b' -or -not $Env:SSOENV_PROFILE) {
        return
    }
    # Whoever names a profile by hand has left the one in use.
    if ($Env:AWS_PROFILE -or $Env:AWS_DEFAULT_PROFILE) { return }
    # A problem is told once while the keys are good, and once when they no longer are.
    $how = @()
    if ($now -lt $state.Next) {
        $how = @('--look')
    } else {
        $told = "$end $([long]$end -le $now)"
        if ($told -ceq $state.Told) { $how = @('--again') }
        $state.Next = $now + 60
        $state.Told = $told
    }
    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    $status = Get-Variable -Name LASTEXITCODE -Scope Global -ValueOnly -ErrorAction Ignore
    try {
        $program = __ssoenv_program
        # What a program says on stderr is lost here, so it comes the way of its output.
        $lines, $words = @(), @()
        $request = @('--renew', $Env:SSOENV_PROFILE, '--shell', 'powershell-data') + $how
        foreach ($line in & $program @request 2>&1) {
            if ($line -is 'string') { $lines += $line } else { $words += $line }
        }
        if ($LASTEXITCODE -eq 0) {
            __ssoenv_apply $lines
            $state.Told = ''
        } elseif ($LASTEXITCODE -ne 75) { # 75: the answer is on its way
            $state.Due = $state.Next
        }
        foreach ($word in $words) { Write-Host "$word" }
    } catch {
        Write-Host "ssoenv: the keys were not renewed: $_"
    } finally {
        $global:LASTEXITCODE = $status
    }
}

# The line that was typed, with "ssoenv use" and "ssoenv off" replaced by the functions wherever
# they are commands. The arguments stay; those that a function would take apart are put in quotes.
function global:__ssoenv_replaced($line) {
    if ("$line" -cnotmatch '\b(use|off)\b') { return $line }
    try {
        # A function has a syntax tree; the parser is not for constrained language mode.
        Set-Item -LiteralPath Function:__ssoenv_typed -Value "$line" -ErrorAction Stop
        $typed = (Get-Item -LiteralPath Function:__ssoenv_typed).ScriptBlock.Ast
        Remove-Item -LiteralPath Function:__ssoenv_typed
    } catch {
        return $line # not a whole statement: PowerShell will say so
    }
    $names = 'ssoenv', 'ssoenv.exe'
    $names += @(Get-Alias -Definition $names -ErrorAction Ignore | ForEach-Object { $_.Name })
    $changes = __ssoenv_commands $typed $names | Sort-Object -Property { $_.Start } -Descending
    foreach ($change in $changes) {
        $line = $line.Remove($change.Start, $change.End - $change.Start)
        $line = $line.Insert($change.Start, $change.Text)
    }
    $line
}

# Where in a syntax tree "ssoenv use" and "ssoenv off" are, and what comes in their place.
function global:__ssoenv_commands($node, $names) {
    $in = 'System.Management.Automation.Language'
    if ($node -is "$in.CommandAst" -and $node.CommandElements.Count -gt 1) {
        $first, $second, $rest = $node.CommandElements
        $functions = @{ use = 'Use-SsoenvProfile'; off = 'Clear-SsoenvProfile' }
        if ($first -is "$in.StringConstantExpressionAst" -and $first.Value -in $names -and
            $second -is "$in.StringConstantExpressionAst" -and $second.Value -cmatch '^(use|off)$') {
            @{
                Start = $first.Extent.StartOffset; End = $second.Extent.EndOffset
                Text = $functions[$second.Value]
            }
            foreach ($word in $rest) {
                if ($word -is "$in.CommandParameterAst" -or
                    ($word -is "$in.ArrayLiteralAst" -and "$word" -notmatch '["''$(]')) {
                    @{
                        Start = $word.Extent.StartOffset; End = $word.Extent.EndOffset
                        Text = "'$("$word" -replace "'", "''")'"
                    }
                }
            }
        }
    }
    foreach ($property in $node.PSObject.Properties) {
        if ($property.Name -in 'Parent', 'Extent') { continue }
        foreach ($part in $property.Value) {
            # The clauses of "if" and "switch", and what a hashtable holds, are pairs.
            if ($property.Name -in 'Clauses', 'KeyValuePairs') { $part = $part.Item1, $part.Item2 }
            foreach ($child in $part) {
                if ($child -is "$in.Ast") { __ssoenv_commands $child $names }
            }
        }
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
            __ssoenv_replaced $line
        }
    } else {
        $global:__ssoenv.Prompt = $function:prompt
        function global:prompt {
            $shown = & $global:__ssoenv.Prompt
            __ssoenv_preexec "$(Get-History -Count 1)"
            $shown
        }
    }
}

Register-ArgumentCompleter -Native -CommandName ssoenv -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    $string = 'System.Management.Automation.Language.StringConstantExpressionAst'
    $words = @(
        $commandAst.CommandElements | Select-Object -Skip 1 |
            Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object { if ($_ -is $string) { "$($_.Value)" } else { "$_" } }
    )
    $current = "$wordToComplete" -replace '^(["''])(.*?)\1?$', '$2' -replace "''", "'"
    # Before 7.3, and in its legacy mode, an empty argument gets lost on the way.
    $passing = Get-Variable -Name PSNativeCommandArgumentPassing -ValueOnly -ErrorAction Ignore
    if (-not $current -and "$passing" -in '', 'Legacy') { $current = '""' }
    $program = __ssoenv_program
    foreach ($line in & $program --complete 'use off' @words $current 2>$null) {
        $word, $description, $position = "$line" -split "`t"
        if ($word) {
            $text = if ($word -match '^[\w.:/=-]+$') { $word } else { "'$($word -replace "'", "''")'" }
            $tip = if ($description) { $description } else { $word }
            if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { $text; continue }
            [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $tip)
        } elseif ($description -ceq 'command') {
            # From here on it is another command's line.
            $start = $cursorPosition
            if ($commandAst.CommandElements.Count -gt [int]$position) {
                $start = $commandAst.CommandElements[[int]$position].Extent.StartOffset
            }
            $typed = "$commandAst".PadRight($cursorPosition - $commandAst.Extent.StartOffset)
            $typed = $typed.Substring($start - $commandAst.Extent.StartOffset)
            (TabExpansion2 -inputScript $typed -cursorColumn ($cursorPosition - $start)).CompletionMatches
        }
    }
}
