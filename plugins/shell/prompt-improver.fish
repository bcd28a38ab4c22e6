# Alt-I improves the idea in the line that you type. Load it in ~/.config/fish/config.fish:
#     source /path/to/plugins/shell/prompt-improver.fish
# The idea is the quoted text at the end of the line (claude "fix my css"), or else the whole line. The
# prompt comes back as one quoted word: Enter never runs a part of it.

function _prompt_improver_line
    set -l line (commandline | string collect)
    set -l before ''
    set -l idea $line
    if set -l parts (string match --regex '^((?s).*\s)(?:"([^"]*)"|\'([^\']*)\')\s*$' -- $line)
        set before $parts[2]
        set idea (string join '' -- $parts[3..-1] | string collect)
    end
    if not string match --quiet --regex '\S' -- $idea
        return
    end
    set -l improved (printf '%s\n' $idea | prompt-improver improve --plain - 2>/dev/null | string collect)
    if test $pipestatus[2] -ne 0
        echo 'prompt-improver failed; the line stays. To see why: prompt-improver improve' >&2
        commandline --function repaint
        return
    end
    set -l quoted (string replace --all '\\' '\\\\' -- $improved | string replace --all "'" "\\'" | string collect)
    commandline --replace -- "$before'$quoted'"
    # Before a whole line the command comes that is to get it.
    test -z "$before"; and commandline --cursor 0
end

bind \ei _prompt_improver_line
