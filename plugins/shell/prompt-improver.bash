# Alt-I improves the idea in the line that you type. Load it in ~/.bashrc:
#     source /path/to/plugins/shell/prompt-improver.bash
# The idea is the quoted text at the end of the line (claude "fix my css"), or else the whole line. The
# prompt comes back as one quoted word: Enter never runs a part of it.

_prompt_improver_line() {
    local line=$READLINE_LINE before='' idea improved quote="'"
    local ends_quoted="^(.*[[:space:]])(\"([^\"]*)\"|'([^']*)')[[:space:]]*$"
    if [[ $line =~ $ends_quoted ]]; then
        before=${BASH_REMATCH[1]} idea=${BASH_REMATCH[3]}${BASH_REMATCH[4]}
    else
        idea=$line
    fi
    [[ $idea == *[![:space:]]* ]] || return 0
    if ! improved=$(prompt-improver improve --plain - <<<"$idea" 2>/dev/null); then
        echo 'prompt-improver failed; the line stays. To see why: prompt-improver improve' >&2
        return 0
    fi
    READLINE_LINE=$before$quote${improved//$quote/$quote\\$quote$quote}$quote
    # Before a whole line the command comes that is to get it.
    [[ $before ]] && READLINE_POINT=${#READLINE_LINE} || READLINE_POINT=0
}

bind -x '"\ei": _prompt_improver_line'
