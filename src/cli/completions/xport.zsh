#compdef xport
# Completions of xport for zsh. 'xport --completions zsh' prints them.

_xport() {
    local curcontext="$curcontext" state line at ret=1
    local -a common specs
    typeset -A opt_args
    common=(
@COMMON@
    )
    _arguments -C -s -S $common \
@TOP@
        '(-)1:mode:_xport_modes' \
        '(-)*:: :->mode' && ret=0
    [[ $state == mode ]] || return ret
    curcontext="${curcontext%:*:*}:xport-$words[1]:"
    case $words[1] in
        (@PROGRAMS@)
            # A program follows the hyphens.
            at=$words[(ie)--]
            if (( at < CURRENT )); then
                shift $at words
                (( CURRENT -= at ))
                _normal
                return
            fi
            ;;
    esac
    case $words[1] in
        (help) specs=('1:mode:_xport_modes') ;;
@SPECS@
        (*) return 1 ;;
    esac
    _arguments -s -S $common $specs && ret=0
    return ret
}

_xport_modes() {
    local -a modes
    modes=(
        'help:Show the help of a mode'
@MODES@
    )
    _describe -t modes mode modes
}

# Offers the hosts of /etc/hosts and of ssh. The argument is the text behind the host.
_xport_hosts() {
    local -a hosts
    local file line host
    if ! zstyle -a ":completion:${curcontext}:hosts" hosts hosts; then
        for file in ~/.ssh/known_hosts ~/.ssh/known_hosts2 /etc/ssh/ssh_known_hosts; do
            [[ -f $file && -r $file ]] || continue
            for line in ${(f)"$(<$file)"}; do
                # A line can be a comment, have a marker, or have a hashed name.
                [[ $line == [\#@\|]* ]] && continue
                for host in ${(s:,:)${line%%[[:space:]]*}}; do
                    host=${${host#\[}%%\]*}
                    # A pattern is no host, and an IPv6 address is rarely typed.
                    [[ $host == *[*?!:]* ]] || hosts+=($host)
                done
            done
        done
        if [[ -r /etc/hosts ]]; then
            for line in ${(f)"$(</etc/hosts)"}; do
                hosts+=(${${=line%%\#*}[2,-1]})
            done
        fi
    fi
    compadd -S "${1-:}" -a hosts
}

# Offers addresses to listen on.
_xport_own() {
    compadd -S '' localhost: 127.0.0.1: 0.0.0.0:
}

# Offers users, and groups behind a colon.
_xport_owners() {
    if compset -P '*:'; then
        _groups
    else
        _users
    fi
}

# Completes an endpoint and its options behind commas. The argument is the place where it is expected.
_xport_endpoint() {
    local place=$1 scheme=tcp name ret=1
    local -a candidates
    case $PREFIX in
        (/*|./*|../*|@*) scheme=unix ;;
        (@SCHEMES@) scheme=${PREFIX%%:*} ;;
    esac
    case $PREFIX in
        (@RUNNING@)
            compset -P "$scheme:"
            _command_names -e
            return
            ;;
    esac
    if [[ $PREFIX == *,* ]]; then
        compset -P '*,'
        if [[ $PREFIX == *=* ]]; then
            name=${PREFIX%%=*}
            compset -P '*='
            _xport_value $name
            return
        fi
        case $place,$scheme in
@ENDPOINT_OPTIONS@
        esac
        compadd -S '' -a candidates
    elif [[ $PREFIX == $scheme:* ]]; then
        compset -P "$scheme:"
        case $scheme in
@ADDRESSES@
        esac
    elif [[ $scheme == unix ]]; then
        _files
    else
        case $place in
@ENDPOINTS@
        esac
        compadd -S '' -a candidates && ret=0
        [[ -n $PREFIX ]] && _xport_hosts : && ret=0
        return ret
    fi
}

# Completes the value of an option behind a comma. The argument is the name of the option.
_xport_value() {
    case $1 in
@VALUES@
    esac
}

# The file is sourced, or it is loaded as the function itself.
if [[ $funcstack[1] == _xport ]]; then
    _xport "$@"
else
    compdef _xport xport
fi
