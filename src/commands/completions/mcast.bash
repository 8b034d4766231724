# The values of --iface. A name that the shell would expand is left out.
_mcast_interfaces() {
    local path name
    for path in /sys/class/net/*; do
        name=${path##*/}
        [[ -d $path && $name != *[!A-Za-z0-9._:@-]* ]] && echo "$name"
    done
    [[ -d /sys/class/net ]] || ifconfig -l 2>/dev/null
    echo all ask
}

# Completes COMMAND, whose first word is number $1 of the line.
_mcast_command() {
    local first=$1
    shift
    if [[ ${COMP_WORDS[first]##*/} == mcast && $COMP_CWORD -gt $first ]]; then
        COMP_WORDS=("${COMP_WORDS[@]:first}")
        COMP_CWORD=$((COMP_CWORD - first))
        _mcast_line "${COMP_WORDS[0]}" "$2" "$3"
    elif declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$first"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$first"
    elif [[ $COMP_CWORD -eq $first ]]; then
        COMPREPLY=($(compgen -c -- "$2"))
    else
        COMPREPLY=()
    fi
}

_mcast_line() {
    local word prev=$3
    for ((word = 1; word < COMP_CWORD; word++)); do
        if [[ ${COMP_WORDS[word]} == -- ]]; then
            _mcast_command $((word + 1)) "$@"
            return
        fi
    done
    # bash breaks --iface=lo into three words.
    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}
    _mcast "$1" "$2" "$prev"
}

