# The values of --iface.
function __fish_mcast_interfaces
    if test -d /sys/class/net
        for path in /sys/class/net/*
            test -d $path; and printf '%s\tinterface\n' (string replace /sys/class/net/ '' $path)
        end
    else
        ifconfig -l 2>/dev/null | string split ' ' | string replace -r '$' '\tinterface'
    end
    printf 'all\tevery interface that can carry the group\n'
    printf 'ask\tshow a menu\n'
end

# Completes COMMAND, which follows the first `--`.
function __fish_mcast_command
    set -l words (commandline -opc)
    set -l separator (contains -i -- -- $words); or return 1
    set -l token (commandline -ct)
    set -e words[1..$separator]
    complete -C (string join ' ' -- (string escape -- $words) "$token")
end

complete -c mcast -n "contains -- -- (commandline -opc)" -f -a "(__fish_mcast_command)"
complete -c mcast -n "__fish_mcast_using_subcommand send recv scan check bench" -f
complete -c mcast -n "__fish_mcast_using_subcommand completions" -f -a "MCAST_SHELLS"
complete -c mcast -n "__fish_mcast_using_subcommand man" -f -a "(__fish_complete_directories)"
