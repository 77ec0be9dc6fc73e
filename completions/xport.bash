# Completions of xport for bash. 'xport --completions bash' prints them.

# Completes a line: modes, options, their values, operands, and the program of a mode that runs one.
_xport() {
    local IFS=$' \t\n' cur kept="" lead="" mode="" name="" ended="" count=0 start=0 i word
    local -a words=() indexes=()
    COMPREPLY=()
    _xport_split
    cur="${words[-1]}"
    # bash replaces only what is behind the last colon or equals sign, unless the word is quoted.
    case "$cur" in
        [\'\"]*) cur="${cur:1}" ;;
        *)
            word="${COMP_WORDBREAKS//[^:=]/}"
            [[ -n $word ]] && kept="${cur%"${cur##*[$word]}"}"
            ;;
    esac
    if (( ${#words[@]} > 1 )) && [[ ${words[-2]} == *[\<\>] ]]; then
        _xport_files ""
        return
    fi
    for (( i = 1; i < ${#words[@]} - 1; i++ )); do
        word="${words[i]}"
        if [[ -n $name ]]; then
            name=""
        elif [[ $word == *[\<\>] ]]; then
            (( i++ ))
        elif [[ -z $ended && $word == -- ]]; then
            ended=1
            case "$mode" in
                exec|wait) start=$(( i + 1 )); break ;;
            esac
        elif [[ -z $ended && $word == --?* ]]; then
            case "$word" in
                --listen|--grace|--backlog|--max-conns|--allow|--deny|--port-file|--mode|--owner|--accept-timeout|--connect|--connect-timeout|--retry|--retry-delay|--source|--keepalive|--nodelay|--recv-buffer|--send-buffer|--bind-device|--tos|--ttl|--parallel|--ca|--server-name|--pin|--client-ca|--cert|--key|--alpn|--tls-min|--tls-max|--handshake-timeout|--keylog|--starttls|--count|--join|--shell|--stdin|--stderr|--env|--kill-after|--half-close|--linger|--quit-after|--escape|--dump|--high-water|--low-water|--timeout|--idle-timeout|--for|--every|--status|--send|--color|--completions|--man) name="${word#--}" ;;
            esac
        elif [[ -z $ended && $word == -?* ]]; then
            :
        elif [[ -z $mode ]]; then
            case "$word" in
                tls) mode=tls-client ;;
                subprocess) mode=exec ;;
                *) mode="$word" ;;
            esac
        else
            case "$mode" in
                exec) start=$i; break ;;
            esac
            (( count++ ))
        fi
    done
    if (( start > 0 )); then
        _xport_command "$start"
    elif [[ -n $name ]]; then
        _xport_value "$name" ""
    elif [[ -z $ended && $cur == --*=* ]]; then
        name="${cur%%=*}"
        cur="${cur#*=}"
        # Where an equals sign does not end a word, the option belongs to each word that is offered.
        if [[ $kept == "$name="* ]]; then kept="${kept#*=}"; else lead="$name="; fi
        _xport_value "${name#--}" ""
    elif [[ -z $ended && $cur == -* ]]; then
        _xport_options
    elif [[ -z $mode ]]; then
        _xport_offer "" help tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec scan wait
    else
        case "$mode,$count" in
            help,0) _xport_offer "" tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec scan wait ;;
            exec,0) _xport_command $(( ${#words[@]} - 1 )) ;;
            tcp-client,0|tls-client,0|udp-client,0) _xport_hosts "" ":" ;;
            tcp-server,0|tcp-echo,0|tls-server,0|tls-echo,0|udp-server,0|udp-echo,0) _xport_own "" ;;
            unix-client,0|unix-server,0|unix-echo,0) _xport_files "" ;;
            connect,0) _xport_endpoint connect ;;
            listen,*) _xport_endpoint listen ;;
            echo,*) _xport_endpoint echo ;;
            relay,0|relay,1) _xport_endpoint relay ;;
            scan,0) _xport_hosts "" "" ;;
            wait,*) _xport_endpoint wait ;;
        esac
    fi
}

# Splits the line up to the cursor into words. Bash has taken them apart at colons and equals signs. The index of each
# word in COMP_WORDS goes into another list.
_xport_split() {
    local line="${COMP_LINE:0:COMP_POINT}" rest part last="" i
    line="${COMP_WORDS[0]}${line#*"${COMP_WORDS[0]}"}"
    for (( i = 0; i <= COMP_CWORD; i++ )); do
        rest="${line#"${line%%[![:space:]]*}"}"
        part="${COMP_WORDS[i]}"
        (( i == COMP_CWORD )) && part="$rest"
        if (( i > 0 )) && [[ $rest == "$line" && ( $part == [:=]* || $last == *[:=] ) ]]; then
            words[-1]+="$part"
        else
            words+=("$part")
            indexes+=("$i")
        fi
        last="$part"
        line="${rest#"$part"}"
    done
}

# Offers the words that continue what was typed. The first argument is the text before each word.
_xport_offer() {
    local before="$1" word
    shift
    for word in "$@"; do
        word="$before$word"
        [[ $word == "$cur"* ]] && COMPREPLY+=("$lead${word#"$kept"}")
    done
    [[ ${COMPREPLY[0]-} == *[:=/] ]] && compopt -o nospace 2> /dev/null
    return 0
}

# Offers files. The argument is the text before the file.
_xport_files() {
    local part="${cur#"$1"}" path
    compopt -o filenames 2> /dev/null
    while IFS= read -r path; do
        path="$1$path"
        COMPREPLY+=("$lead${path#"$kept"}")
    done < <(compgen -f -- "${part//\\/}")
}

# Offers the names of programs. The argument is the text before the name.
_xport_programs() {
    local program
    while IFS= read -r program; do
        _xport_offer "$1" "$program"
    done < <(compgen -c -- "${cur#"$1"}")
}

# Offers the hosts of /etc/hosts and of ssh. The arguments are the text before the host, and the text behind it.
_xport_hosts() {
    local file line host
    local -a fields
    for file in ~/.ssh/known_hosts ~/.ssh/known_hosts2 /etc/ssh/ssh_known_hosts; do
        [[ -f $file && -r $file ]] || continue
        while read -r line _ || [[ -n $line ]]; do
            # A line can be a comment, have a marker, or have a hashed name.
            [[ $line == [\#@\|]* ]] && continue
            IFS=, read -ra fields <<< "$line"
            for host in "${fields[@]}"; do
                host="${host#\[}"
                host="${host%%\]*}"
                # A pattern is no host, and an IPv6 address is rarely typed.
                [[ $host == *[*?!:]* ]] || _xport_offer "$1" "$host$2"
            done
        done < "$file"
    done
    [[ -r /etc/hosts ]] || return 0
    while read -ra fields || (( ${#fields[@]} )); do
        for host in "${fields[@]:1}"; do
            [[ $host == \#* ]] && break
            [[ ${fields[0]} == \#* ]] || _xport_offer "$1" "$host$2"
        done
    done < /etc/hosts
}

# Offers addresses to listen on. The argument is the text before the address.
_xport_own() {
    _xport_offer "$1" "localhost:" "127.0.0.1:" "0.0.0.0:"
}

# Offers users, and groups behind a colon. The argument is the text before the user.
_xport_owners() {
    local part="${cur#"$1"}"
    if [[ $part == *:* ]]; then
        _xport_offer "$1${part%%:*}:" $(compgen -g)
    else
        _xport_offer "$1" $(compgen -u)
    fi
}

# Completes the program behind a mode, and its arguments. The argument is the place of the program in the words.
_xport_command() {
    if declare -F _comp_command_offset > /dev/null; then
        _comp_command_offset "${indexes[$1]}"
    elif declare -F _command_offset > /dev/null; then
        _command_offset "${indexes[$1]}"
    elif (( $1 == ${#words[@]} - 1 )) && [[ $cur != */* ]]; then
        _xport_programs ""
    else
        _xport_files ""
    fi
}

# Completes an endpoint and its options behind commas. The argument is the place where it is expected.
_xport_endpoint() {
    local place="$1" scheme=tcp rest before
    local -a candidates=()
    compopt -o nospace 2> /dev/null
    case "$cur" in
        /*|./*|../*|@*) scheme=unix ;;
        tcp:*|tcp-listen:*|tls:*|tls-listen:*|unix:*|unix-listen:*|udp:*|udp-listen:*|fd:*|exec:*|shell:*|http:*|https:*) scheme="${cur%%:*}" ;;
    esac
    case "$cur" in
        exec:*|shell:*) _xport_programs "$scheme:"; return ;;
    esac
    if [[ $cur == *,* ]]; then
        rest="${cur##*,}"
        before="${cur%"$rest"}"
        if [[ $rest == *=* ]]; then
            _xport_value "${rest%%=*}" "$before${rest%%=*}="
            return
        fi
        case "$place,$scheme" in
            connect,tcp|relay,tcp|exec--connect,tcp) candidates=(connect-timeout= retry= retry-delay= source= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf) ;;
            listen,tcp|listen,tcp-listen) candidates=(backlog= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf) ;;
            echo,tcp|echo,tcp-listen) candidates=(backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric) ;;
            exec--listen,tcp|relay,tcp-listen|exec--listen,tcp-listen) candidates=(backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf) ;;
            wait,tcp|wait,udp) candidates=(connect-timeout= source= tos= ttl= bind-device= 4 6 numeric) ;;
            connect,tls|relay,tls|exec--connect,tls) candidates=(connect-timeout= retry= retry-delay= source= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog= starttls=) ;;
            listen,tls|listen,tls-listen) candidates=(backlog= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=) ;;
            echo,tls|echo,tls-listen) candidates=(backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=) ;;
            exec--listen,tls|relay,tls-listen|exec--listen,tls-listen) candidates=(backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=) ;;
            wait,tls) candidates=(connect-timeout= source= tos= ttl= bind-device= 4 6 numeric ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= keylog= starttls=) ;;
            connect,unix|relay,unix|exec--connect,unix) candidates=(connect-timeout= retry= retry-delay= send-buffer= crlf) ;;
            listen,unix|listen,unix-listen) candidates=(backlog= mode= owner= replace-stale send-buffer= crlf) ;;
            echo,unix|echo,unix-listen) candidates=(backlog= max-conns= mode= owner= replace-stale send-buffer=) ;;
            exec--listen,unix|relay,unix-listen|exec--listen,unix-listen) candidates=(backlog= max-conns= mode= owner= replace-stale send-buffer= crlf) ;;
            wait,unix) candidates=(connect-timeout=) ;;
            connect,udp|relay,udp) candidates=(connect-timeout= retry= retry-delay= source= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric broadcast) ;;
            listen,udp|echo,udp|listen,udp-listen|echo,udp-listen) candidates=(allow= deny= port-file= join= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric) ;;
            relay,udp-listen) candidates=(max-conns= allow= deny= port-file= join= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric) ;;
            connect,fd|exec--connect,fd) candidates=(keepalive= nodelay= tos= ttl= crlf) ;;
            listen,fd) candidates=(allow= deny= port-file= keepalive= nodelay= tos= ttl= crlf) ;;
            echo,fd) candidates=(max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl=) ;;
            relay,fd|exec--listen,fd) candidates=(max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= crlf) ;;
            wait,http) candidates=(connect-timeout= source= bind-device= tos= ttl= 4 6 numeric status=) ;;
            wait,https) candidates=(connect-timeout= source= bind-device= tos= ttl= 4 6 numeric ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= keylog= status=) ;;
        esac
        (( ${#candidates[@]} )) && _xport_offer "$before" "${candidates[@]}"
    elif [[ $cur == "$scheme":* ]]; then
        case "$scheme" in
            tcp|tls|udp) _xport_hosts "$scheme:" ":" ;;
            tcp-listen|tls-listen|udp-listen) _xport_own "$scheme:" ;;
            unix|unix-listen) _xport_files "$scheme:" ;;
        esac
    elif [[ $scheme == unix ]]; then
        _xport_files ""
    else
        case "$place" in
            connect) candidates=(tcp: tls: unix: udp: fd:) ;;
            listen|echo) candidates=(tcp: tcp-listen: tls: tls-listen: unix: unix-listen: udp: udp-listen: fd:) ;;
            relay) candidates=(tcp: tcp-listen: tls: tls-listen: unix: unix-listen: udp: udp-listen: fd: exec: shell: -) ;;
            exec--listen) candidates=(tcp: tcp-listen: tls: tls-listen: unix: unix-listen: fd:) ;;
            exec--connect) candidates=(tcp: tls: unix: fd:) ;;
            wait) candidates=(tcp: tls: unix: udp: http:// https://) ;;
        esac
        _xport_offer "" "${candidates[@]}"
        [[ -n $cur ]] && _xport_hosts "" ":"
    fi
    return 0
}

# Completes the value of an option. The arguments are its name, and the text before the value.
_xport_value() {
    case "$1" in
        listen|connect)
            case "$mode" in
                tcp-client|tls-client|udp-client) _xport_hosts "$2" ":" ;;
                tcp-server|tcp-echo|tls-server|tls-echo|udp-server|udp-echo) _xport_own "$2" ;;
                unix-client|unix-server|unix-echo) _xport_files "$2" ;;
                *) _xport_endpoint "$mode--$1" ;;
            esac
            ;;
        port-file|ca|client-ca|cert|key|keylog|dump) _xport_files "$2" ;;
        owner) _xport_owners "$2" ;;
        retry) _xport_offer "$2" forever ;;
        keepalive) _xport_offer "$2" off ;;
        nodelay) _xport_offer "$2" on off ;;
        bind-device) _xport_offer "$2" $(cd /sys/class/net 2> /dev/null && echo *) ;;
        tls-min|tls-max) _xport_offer "$2" 1.2 1.3 ;;
        starttls) _xport_offer "$2" smtp imap pop3 postgres ldap xmpp ;;
        shell) _xport_programs "$2" ;;
        stdin) _xport_offer "$2" pipe inherit null ;;
        stderr) _xport_offer "$2" inherit null merge ;;
        env) _xport_offer "$2" $(compgen -e) ;;
        half-close) _xport_offer "$2" auto now never ;;
        escape) _xport_offer "$2" none ;;
        color) _xport_offer "$2" auto always never ;;
        completions) _xport_offer "$2" bash elvish fish powershell zsh ;;
        man) _xport_offer "$2" xport endpoints ;;
    esac
}

# Offers the options of the mode.
_xport_options() {
    case "$mode" in
        tcp-client) _xport_offer "" --connect --connect-timeout --retry --retry-delay -4 -6 -n --numeric --source --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --half-close --no-half-close --linger --quit-after --until-peer-ends --send-only --recv-only --crlf --raw --escape --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        tcp-server) _xport_offer "" --listen --grace --backlog -k --keep-open --allow --deny --port-file --accept-timeout -4 -6 -n --numeric --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --half-close --no-half-close --linger --quit-after --until-peer-ends --send-only --recv-only --crlf --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        tcp-echo) _xport_offer "" --listen --grace --backlog --once --max-conns --allow --deny --port-file --accept-timeout -4 -6 -n --numeric --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --dump --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        tls-client) _xport_offer "" --connect --connect-timeout --retry --retry-delay -4 -6 -n --numeric --source --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --ca --server-name --pin --insecure --cert --key --alpn --tls-min --tls-max --handshake-timeout --allow-truncation --keylog --starttls --show-chain --half-close --no-half-close --linger --quit-after --until-peer-ends --send-only --recv-only --crlf --raw --escape --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        tls-server) _xport_offer "" --listen --grace --backlog -k --keep-open --allow --deny --port-file --accept-timeout -4 -6 -n --numeric --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --self-signed --client-ca --cert --key --alpn --tls-min --tls-max --handshake-timeout --allow-truncation --keylog --half-close --no-half-close --linger --quit-after --until-peer-ends --send-only --recv-only --crlf --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        tls-echo) _xport_offer "" --listen --grace --backlog --once --max-conns --allow --deny --port-file --accept-timeout -4 -6 -n --numeric --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --self-signed --client-ca --cert --key --alpn --tls-min --tls-max --handshake-timeout --allow-truncation --keylog --dump --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        unix-client) _xport_offer "" --connect --connect-timeout --retry --retry-delay --send-buffer --half-close --no-half-close --linger --quit-after --until-peer-ends --send-only --recv-only --crlf --raw --escape --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        unix-server) _xport_offer "" --listen --grace --backlog -k --keep-open --mode --owner --replace-stale --accept-timeout --send-buffer --half-close --no-half-close --linger --quit-after --until-peer-ends --send-only --recv-only --crlf --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        unix-echo) _xport_offer "" --listen --grace --backlog --once --max-conns --mode --owner --replace-stale --accept-timeout --send-buffer --dump --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        udp-client) _xport_offer "" --connect --connect-timeout --retry --retry-delay -4 -6 -n --numeric --source --recv-buffer --send-buffer --bind-device --tos --ttl --count --broadcast --lines --linger --quit-after --send-only --recv-only --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        udp-server) _xport_offer "" --listen --grace --allow --deny --port-file -4 -6 -n --numeric --recv-buffer --send-buffer --bind-device --ttl --count --join --lines --linger --quit-after --send-only --recv-only --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        udp-echo) _xport_offer "" --listen --grace --allow --deny --port-file -4 -6 -n --numeric --recv-buffer --send-buffer --bind-device --ttl --count --join --dump --high-water --low-water --timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        connect) _xport_offer "" --connect-timeout --retry --retry-delay -4 -6 -n --numeric --source --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --ca --server-name --pin --insecure --cert --key --alpn --tls-min --tls-max --handshake-timeout --allow-truncation --keylog --starttls --show-chain --count --broadcast --lines --half-close --no-half-close --linger --quit-after --until-peer-ends --send-only --recv-only --crlf --raw --escape --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        listen) _xport_offer "" --grace --backlog -k --keep-open --allow --deny --port-file --mode --owner --replace-stale --accept-timeout -4 -6 -n --numeric --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --self-signed --client-ca --cert --key --alpn --tls-min --tls-max --handshake-timeout --allow-truncation --keylog --count --join --lines --half-close --no-half-close --linger --quit-after --until-peer-ends --send-only --recv-only --crlf --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        echo) _xport_offer "" --grace --backlog --once --max-conns --allow --deny --port-file --mode --owner --replace-stale --accept-timeout -4 -6 -n --numeric --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --self-signed --client-ca --cert --key --alpn --tls-min --tls-max --handshake-timeout --allow-truncation --keylog --count --join --dump --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        relay) _xport_offer "" --grace --backlog --once --max-conns --allow --deny --port-file --mode --owner --replace-stale --accept-timeout --connect-timeout --retry --retry-delay -4 -6 -n --numeric --source --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --ca --server-name --pin --insecure --self-signed --client-ca --cert --key --alpn --tls-min --tls-max --handshake-timeout --allow-truncation --keylog --starttls --join --broadcast --stderr --env --kill-after --pty --half-close --no-half-close --linger --quit-after --crlf --dump --progress --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        exec) _xport_offer "" --listen --grace --backlog --once --max-conns --allow --deny --port-file --mode --owner --replace-stale --accept-timeout --connect --connect-timeout --retry --retry-delay -4 -6 -n --numeric --source --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --ca --server-name --pin --insecure --self-signed --client-ca --cert --key --alpn --tls-min --tls-max --handshake-timeout --allow-truncation --keylog --starttls --shell --stdin --stderr --env --kill-after --pty --linger --crlf --dump --high-water --low-water --timeout --idle-timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        scan) _xport_offer "" -4 -6 -n --numeric --source --bind-device --tos --ttl --connect-timeout --parallel --banner --timeout -q --quiet -v --verbose --color --log-time --help -h ;;
        wait) _xport_offer "" --connect-timeout -4 -6 -n --numeric --source --bind-device --tos --ttl --ca --server-name --pin --insecure --cert --key --alpn --tls-min --tls-max --handshake-timeout --keylog --starttls --for --every --any --gone --status --send -q --quiet -v --verbose --color --log-time --help -h ;;
        *) _xport_offer "" -q --quiet -v --verbose --color --log-time --completions --man --help -h --version -V ;;
    esac
}

complete -F _xport xport
