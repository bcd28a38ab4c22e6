# Alt-I improves the idea in the line that you type. Load it in ~/.zshrc:
#     source /path/to/plugins/shell/prompt-improver.zsh
# The idea is the quoted text at the end of the line (claude "fix my css"), or else the whole line. The
# prompt comes back as one quoted word: Enter never runs a part of it.

_prompt_improver_line() {
    emulate -L zsh
    local line=$BUFFER before='' idea improved quote="'"
    local ends_quoted="^(.*[[:space:]])(\"([^\"]*)\"|'([^']*)')[[:space:]]*$"
    if [[ $line =~ $ends_quoted ]]; then
        before=$match[1] idea=$match[3]$match[4]
    else
        idea=$line
    fi
    [[ $idea == *[^[:space:]]* ]] || return 0
    zle -R 'Improving ...'
    if ! improved=$(prompt-improver improve --plain - <<<"$idea" 2>/dev/null); then
        zle -M 'prompt-improver failed; the line stays. To see why: prompt-improver improve'
        return 0
    fi
    BUFFER=$before$quote${improved//$quote/$quote\\$quote$quote}$quote
    # Before a whole line the command comes that is to get it.
    [[ -n $before ]] && CURSOR=${#BUFFER} || CURSOR=0
}

zle -N _prompt_improver_line
bindkey '^[i' _prompt_improver_line
