# Completion of ssoenv for fish. "ssoenv init fish" includes it; where only completion is wanted,
# fish finds it under share/fish/vendor_completions.d of the installation.

function __ssoenv_complete
    set -l words (__ssoenv_words)[2..-1]
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

# The words before the current one. The files of redirections are among what fish takes for words.
function __ssoenv_words
    set -l words (commandline -opc)
    set -l pieces (commandline -pc | string match -ra -- \
        '(?<!\S)\d*[<>][<>&?|]*|&?[<>][<>&?|]*|(?:[^\s<>&\'"\\\\]|\\\\.|\'[^\']*\'?|"(?:[^"\\\\]|\\\\.)*"?)+')
    set -l kept
    set -l target
    set -l count 0
    for piece in $pieces
        if string match -qr '^[\d&]*[<>]' -- $piece
            set target yes
            continue
        end
        set count (math $count + 1)
        test -z "$target"
        and set -a kept $words[$count]
        set target
    end
    # A substitution may hold blanks of its own: then all that fish takes for words stays.
    if test (math $count - (count $words)) -le 1
        printf '%s\n' $kept
    else
        printf '%s\n' $words
    end
end

complete -c ssoenv -f -a '(__ssoenv_complete)'
