# The values of --iface.
_mcast_interfaces() {
    local -a names
    names=(/sys/class/net/*(N-/:t))
    [[ -d /sys/class/net ]] || names=($(ifconfig -l 2>/dev/null))
    names+=(all ask)
    compadd "$@" -a names
}

_mcast_is_command() {
    (( ${words[(ie)--]} < CURRENT ))
}

# Completes COMMAND, which follows the first `--`.
_mcast_command() {
    local separator=${words[(ie)--]}
    shift $separator words
    (( CURRENT -= separator ))
    _normal
}

