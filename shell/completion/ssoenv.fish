# Completion of ssoenv for fish. "ssoenv init fish" includes it; where only completion is wanted,
# fish finds it under share/fish/vendor_completions.d of the installation.

function __ssoenv_complete
    set -l words (commandline -opc)[2..-1]
    set -l current (commandline -ct)
    # fish itself finds what fits a plain word, quoted or not; an option may hold a value.
    set -l begun
    string match -q -- '-*' $current
    and set begun $current
    set -l functions
    functions -q __ssoenv_use
    and set functions 'use off'
    for candidate in (command ssoenv --complete "$functions" $words "$begun" 2>/dev/null)
        switch $candidate
            case \tfile
                __fish_complete_path $current
            case \tcommand\t\*
                set -l rest $words[(string replace \tcommand\t '' -- $candidate)..-1]
                complete -C(string join -- ' ' (string escape -- $rest) $current)
            case '*'
                echo $candidate
        end
    end
end

complete -c ssoenv -f -a '(__ssoenv_complete)'
