# Completions of xport for fish. 'xport --completions fish' prints them.

# Prints the mode of the line: the first word that is no option, and no value of an option.
function __xport_mode
    set -l words (commandline -opc)
    set -e words[1]
    set -l is_value 0
    for word in $words
        if test $is_value = 1
            set is_value 0
            continue
        end
        switch $word
            case --listen --grace --backlog --max-conns --allow --deny --port-file --mode --owner --accept-timeout --connect --connect-timeout --retry --retry-delay --source --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --parallel --ca --server-name --pin --client-ca --cert --key --alpn --tls-min --tls-max --handshake-timeout --keylog --starttls --count --join --shell --stdin --stderr --env --kill-after --half-close --linger --quit-after --escape --dump --high-water --low-water --timeout --idle-timeout --for --every --status --send --color --completions --man
                set is_value 1
            case '-*'
            case '*'
                echo $word
                return 0
        end
    end
    return 1
end

# Whether the line has one of these modes, and the cursor is not in the program that the mode runs.
function __xport_in
    set -l mode (__xport_mode)
    or return 1
    contains -- $mode $argv
    and not __xport_program >/dev/null
end

# Whether the line has no mode yet.
function __xport_has_no_mode
    not __xport_mode >/dev/null
end

# Prints the words of the program that the mode runs, from its name to the cursor. It fails where there is none.
function __xport_program
    set -l mode (__xport_mode)
    or return 1
    contains -- $mode exec subprocess wait
    or return 1
    set -l words (commandline -opc)
    set -l at (contains -i -- $mode $words)
    set -e words[1..$at]
    set -l is_value 0
    while set -q words[1]
        if test $is_value = 1
            set is_value 0
        else
            switch $words[1]
                case --
                    set -e words[1]
                    string escape -- $words
                    return 0
                case --listen --grace --backlog --max-conns --allow --deny --port-file --mode --owner --accept-timeout --connect --connect-timeout --retry --retry-delay --source --keepalive --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl --parallel --ca --server-name --pin --client-ca --cert --key --alpn --tls-min --tls-max --handshake-timeout --keylog --starttls --count --join --shell --stdin --stderr --env --kill-after --half-close --linger --quit-after --escape --dump --high-water --low-water --timeout --idle-timeout --for --every --status --send --color --completions --man
                    set is_value 1
                case '-*'
                case '*'
                    if contains -- $mode exec subprocess
                        string escape -- $words
                        return 0
                    end
            end
        end
        set -e words[1]
    end
    return 1
end

function __xport_complete_program
    set -l words (__xport_program)
    or return
    complete -C (string join ' ' -- $words (commandline -ct))
end

# Offers the hosts of /etc/hosts and of ssh. The arguments are the text before the host, and the text behind it.
function __xport_hosts
    set -l before $argv[1]
    set -l behind $argv[2]
    for file in ~/.ssh/known_hosts ~/.ssh/known_hosts2 /etc/ssh/ssh_known_hosts
        test -r $file
        or continue
        # A line can be a comment, have a marker, or have a hashed name. A pattern is no host.
        for host in (string match -rv '^\s*([#@|]|$)' <$file | string replace -r '\s.*' '' | string split ,)
            set host (string replace -r '^\[?([^\]]*).*' '$1' -- $host)
            string match -qr '[*?!:]' -- $host
            or echo $before$host$behind
        end
    end
    if test -r /etc/hosts
        for host in (string replace -r '#.*' '' </etc/hosts | string replace -rf '^\s*\S+\s+' '' | string split -n ' ' | string split -n \t)
            echo $before$host$behind
        end
    end
end

# Offers addresses to listen on. The argument is the text before the address.
function __xport_own
    printf '%s\n' $argv[1]{localhost,127.0.0.1,0.0.0.0}:
end

# Offers files. The arguments are the text before the file, and what was typed of the file.
function __xport_files
    set -l before $argv[1]
    set -l part $argv[2]
    for path in $part*
        test -d $path
        and set path $path/
        echo $before$path
    end
end

# Offers the names of programs. The arguments are those of __xport_files.
function __xport_programs
    set -l before $argv[1]
    string match -q -- '-*' $argv[2]
    and return
    for program in (complete -C "$argv[2]" | string replace -r '\t.*' '')
        echo $before$program
    end
end

# Offers users, and groups behind a colon. The arguments are those of __xport_files.
function __xport_owners
    set -l before $argv[1]
    # The word is that of the option as well, in --owner=USER.
    set -l part (string replace -r '^--[^=]*=' '' -- $argv[2])
    if string match -q '*:*' -- $part
        set before $before(string replace -r ':.*' ':' -- $part)
        printf '%s\n' $before(__fish_complete_groups | string replace -r '\t.*' '')
    else
        printf '%s\n' $before(__fish_complete_users | string replace -r '\t.*' '')
    end
end

# Completes an endpoint and its options behind commas. The argument is the place where it is expected.
function __xport_endpoint
    set -l place $argv[1]
    set -l word (commandline -ct)
    set -l scheme tcp
    if string match -qr '^(/|\./|\.\./|@)' -- $word
        set scheme unix
    else if string match -qr '^(tcp|tcp-listen|tls|tls-listen|unix|unix-listen|udp|udp-listen|fd|exec|shell|http|https):' -- $word
        set scheme (string replace -r ':.*' '' -- $word)
    end
    set -l rest (string replace -r '^[^:]*:' '' -- $word)
    set -l candidates
    if string match -qr '^(exec|shell):' -- $word
        __xport_programs $scheme: $rest
    else if string match -q '*,*' -- $word
        set -l before (string replace -r '[^,]*$' '' -- $word)
        set rest (string replace -r '.*,' '' -- $word)
        if string match -q '*=*' -- $rest
            set -l name (string replace -r '=.*' '' -- $rest)
            __xport_value $name $before$name= (string replace -r '^[^=]*=' '' -- $rest)
            return
        end
        switch $place,$scheme
            case connect,tcp relay,tcp exec--connect,tcp
                set candidates connect-timeout= retry= retry-delay= source= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf
            case listen,tcp listen,tcp-listen
                set candidates backlog= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf
            case echo,tcp echo,tcp-listen
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric
            case exec--listen,tcp relay,tcp-listen exec--listen,tcp-listen
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf
            case wait,tcp wait,udp
                set candidates connect-timeout= source= tos= ttl= bind-device= 4 6 numeric
            case connect,tls relay,tls exec--connect,tls
                set candidates connect-timeout= retry= retry-delay= source= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog= starttls=
            case listen,tls listen,tls-listen
                set candidates backlog= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=
            case echo,tls echo,tls-listen
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=
            case exec--listen,tls relay,tls-listen exec--listen,tls-listen
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=
            case wait,tls
                set candidates connect-timeout= source= tos= ttl= bind-device= 4 6 numeric ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= keylog= starttls=
            case connect,unix relay,unix exec--connect,unix
                set candidates connect-timeout= retry= retry-delay= send-buffer= crlf
            case listen,unix listen,unix-listen
                set candidates backlog= mode= owner= replace-stale send-buffer= crlf
            case echo,unix echo,unix-listen
                set candidates backlog= max-conns= mode= owner= replace-stale send-buffer=
            case exec--listen,unix relay,unix-listen exec--listen,unix-listen
                set candidates backlog= max-conns= mode= owner= replace-stale send-buffer= crlf
            case wait,unix
                set candidates connect-timeout=
            case connect,udp relay,udp
                set candidates connect-timeout= retry= retry-delay= source= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric broadcast
            case listen,udp echo,udp listen,udp-listen echo,udp-listen
                set candidates allow= deny= port-file= join= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric
            case relay,udp-listen
                set candidates max-conns= allow= deny= port-file= join= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric
            case connect,fd exec--connect,fd
                set candidates keepalive= nodelay= tos= ttl= crlf
            case listen,fd
                set candidates allow= deny= port-file= keepalive= nodelay= tos= ttl= crlf
            case echo,fd
                set candidates max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl=
            case relay,fd exec--listen,fd
                set candidates max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= crlf
            case wait,http
                set candidates connect-timeout= source= bind-device= tos= ttl= 4 6 numeric status=
            case wait,https
                set candidates connect-timeout= source= bind-device= tos= ttl= 4 6 numeric ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= keylog= status=
        end
        set -q candidates[1]
        and printf '%s\n' $before$candidates
    else if string match -q "$scheme:*" -- $word
        switch $scheme
            case tcp tls udp
                __xport_hosts $scheme: :
            case tcp-listen tls-listen udp-listen
                __xport_own $scheme:
            case unix unix-listen
                __xport_files $scheme: $rest
        end
    else if test $scheme = unix
        __xport_files '' $word
    else
        switch $place
            case connect
                set candidates tcp: tls: unix: udp: fd:
            case listen echo
                set candidates tcp: tcp-listen: tls: tls-listen: unix: unix-listen: udp: udp-listen: fd:
            case relay
                set candidates tcp: tcp-listen: tls: tls-listen: unix: unix-listen: udp: udp-listen: fd: exec: shell: -
            case exec--listen
                set candidates tcp: tcp-listen: tls: tls-listen: unix: unix-listen: fd:
            case exec--connect
                set candidates tcp: tls: unix: fd:
            case wait
                set candidates tcp: tls: unix: udp: http:// https://
        end
        printf '%s\n' $candidates
        test -n "$word"
        and __xport_hosts '' :
    end
end

# Completes the value of an option behind a comma: its name, the text before the value, and what was typed of it.
function __xport_value
    set -l before $argv[2]
    set -l part $argv[3]
    switch $argv[1]
            case port-file ca client-ca cert key keylog dump
                __xport_files $before $part
            case owner
                __xport_owners $before $part
            case retry
                printf '%s\n' {$before}forever
            case keepalive
                printf '%s\n' {$before}off
            case nodelay
                printf '%s\n' {$before}on {$before}off
            case bind-device
                printf '%s\n' $before(string replace -r '.*/' '' -- /sys/class/net/*)
            case tls-min tls-max
                printf '%s\n' {$before}1.2 {$before}1.3
            case starttls
                printf '%s\n' {$before}smtp {$before}imap {$before}pop3 {$before}postgres {$before}ldap {$before}xmpp
            case shell
                __xport_programs $before $part
            case stdin
                printf '%s\n' {$before}pipe {$before}inherit {$before}null
            case stderr
                printf '%s\n' {$before}inherit {$before}null {$before}merge
            case env
                printf '%s\n' $before(set -nx)
            case half-close
                printf '%s\n' {$before}auto {$before}now {$before}never
            case escape
                printf '%s\n' {$before}none
            case color
                printf '%s\n' {$before}auto {$before}always {$before}never
            case completions
                printf '%s\n' {$before}bash {$before}elvish {$before}fish {$before}powershell {$before}zsh
            case man
                printf '%s\n' {$before}xport {$before}endpoints
    end
end

complete -c xport -f
complete -c xport -n __xport_has_no_mode -s V -l version -d 'Print version'
complete -c xport -n __xport_has_no_mode -a help -d 'Show the help of a mode'
complete -c xport -n '__xport_in help' -a 'tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec scan wait'
complete -c xport -n __xport_has_no_mode -a tcp-client -d 'Connect over TCP and join the server to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a tcp-server -d 'Accept a TCP client and join it to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a tcp-echo -d 'Send back over TCP what clients send'
complete -c xport -n __xport_has_no_mode -a tls-client -d 'Connect over TLS, verify the server, and join it to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a tls -d 'Connect over TLS, verify the server, and join it to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a tls-server -d 'Accept a TLS client and join it to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a tls-echo -d 'Send back over TLS what clients send'
complete -c xport -n __xport_has_no_mode -a unix-client -d 'Connect to a unix socket and join the server to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a unix-server -d 'Accept a client on a unix socket and join it to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a unix-echo -d 'Send back on a unix socket what clients send'
complete -c xport -n __xport_has_no_mode -a udp-client -d 'Send each read of stdin as a UDP datagram, and write replies to stdout'
complete -c xport -n __xport_has_no_mode -a udp-server -d 'Write UDP datagrams to stdout, and send stdin to the last sender'
complete -c xport -n __xport_has_no_mode -a udp-echo -d 'Send UDP datagrams back, unless the sender has a port below 1024'
complete -c xport -n __xport_has_no_mode -a connect -d 'Connect to any endpoint and join it to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a listen -d 'Accept a client on any endpoint and join it to stdin and stdout'
complete -c xport -n __xport_has_no_mode -a echo -d 'Send back what clients of any endpoint send'
complete -c xport -n __xport_has_no_mode -a relay -d 'Join two endpoints: sockets, programs, stdin and stdout'
complete -c xport -n __xport_has_no_mode -a exec -d 'Run a program and exit with its status, or run it on connections'
complete -c xport -n __xport_has_no_mode -a scan -d 'Find the open TCP ports of a host; no data is sent'
complete -c xport -n __xport_has_no_mode -a wait -d 'Wait until services are up, or gone, and then run a program'
complete -c xport -n '__xport_in tcp-server tcp-echo tls-server tls-echo udp-server udp-echo' -l listen -x -a '(__xport_own \'\')' -d 'Listen on this address too; same as a bare ADDRESS'
complete -c xport -n '__xport_in unix-server unix-echo' -l listen -r -F -d 'Listen on this address too; same as a bare ADDRESS'
complete -c xport -n '__xport_in exec subprocess' -l listen -x -a '(__xport_endpoint exec--listen)' -d 'Run the program for each client of EP'
complete -c xport -n '__xport_in tcp-server tcp-echo tls-server tls-echo unix-server unix-echo listen echo relay exec subprocess' -l grace -x -d 'After SIGTERM, let sessions continue for this long'
complete -c xport -n '__xport_in udp-server udp-echo' -l grace -x -d 'After SIGTERM, write buffered data for this long'
complete -c xport -n '__xport_in tcp-server tcp-echo tls-server tls-echo unix-server unix-echo listen echo relay exec subprocess' -l backlog -x -d 'How many connections can wait to be accepted'
complete -c xport -n '__xport_in tcp-server tls-server unix-server listen' -s k -l keep-open -d 'Serve the next client after this one, one at a time'
complete -c xport -n '__xport_in tcp-echo tls-echo unix-echo echo exec subprocess' -l once -d 'Serve one client, then exit'
complete -c xport -n '__xport_in relay' -l once -d 'Serve one client of LEFT, then exit'
complete -c xport -n '__xport_in tcp-echo tls-echo unix-echo echo relay' -l max-conns -x -d 'Serve at most N clients at once'
complete -c xport -n '__xport_in exec subprocess' -l max-conns -x -d 'Serve at most N clients at once [default: 100]'
complete -c xport -n '__xport_in tcp-server tcp-echo tls-server tls-echo udp-server udp-echo listen echo relay exec subprocess' -l allow -x -d 'Accept clients from these networks only'
complete -c xport -n '__xport_in tcp-server tcp-echo tls-server tls-echo udp-server udp-echo listen echo relay exec subprocess' -l deny -x -d 'Reject clients from these networks'
complete -c xport -n '__xport_in tcp-server tcp-echo tls-server tls-echo udp-server udp-echo listen echo relay exec subprocess' -l port-file -r -F -d 'Write the port to FILE once listening'
complete -c xport -n '__xport_in unix-server unix-echo listen echo relay exec subprocess' -l mode -x -d 'Permission bits of the socket [default: 0600]'
complete -c xport -n '__xport_in unix-server unix-echo listen echo relay exec subprocess' -l owner -x -a '(__xport_owners \'\' (commandline -ct))' -d 'Owner and group of the socket, as for chown'
complete -c xport -n '__xport_in unix-server unix-echo listen echo relay exec subprocess' -l replace-stale -d 'Replace a socket that no process serves'
complete -c xport -n '__xport_in tcp-server tcp-echo tls-server tls-echo unix-server unix-echo listen echo relay exec subprocess' -l accept-timeout -x -d 'Exit with 124 if no client comes in time'
complete -c xport -n '__xport_in tcp-client tls-client tls udp-client' -l connect -x -a '(__xport_hosts \'\' :)' -d 'Connect to this address; same as a bare ADDRESS'
complete -c xport -n '__xport_in unix-client' -l connect -r -F -d 'Connect to this address; same as a bare ADDRESS'
complete -c xport -n '__xport_in exec subprocess' -l connect -x -a '(__xport_endpoint exec--connect)' -d 'Run the program on one connection to EP'
complete -c xport -n '__xport_in tcp-client tls-client tls unix-client connect relay exec subprocess' -l connect-timeout -x -d 'Time limit for one attempt to connect'
complete -c xport -n '__xport_in udp-client' -l connect-timeout -x -d 'Time limit for the name look-up'
complete -c xport -n '__xport_in wait' -l connect-timeout -x -d 'Time limit for one try, its answer included'
complete -c xport -n '__xport_in tcp-client tls-client tls unix-client connect relay exec subprocess' -l retry -x -a 'forever' -d 'Retry a failed connect N times'
complete -c xport -n '__xport_in udp-client' -l retry -x -a 'forever' -d 'Retry a failed name look-up N times, or forever'
complete -c xport -n '__xport_in tcp-client tls-client tls unix-client udp-client connect relay exec subprocess' -l retry-delay -x -d 'Wait this long before each retry'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan wait' -s 4 -d 'Use IPv4 only'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan wait' -s 6 -d 'Use IPv6 only'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan wait' -s n -l numeric -d 'Do not look up host names'
complete -c xport -n '__xport_in tcp-client tls-client tls connect relay exec subprocess scan wait' -l source -x -d 'Connect from this local address'
complete -c xport -n '__xport_in udp-client' -l source -x -d 'Send from this local address'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo connect listen echo relay exec subprocess' -l keepalive -x -a 'off' -d 'Probe a TCP peer after this long without traffic'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo connect listen echo relay exec subprocess' -l nodelay -x -a 'on off' -d 'Send small TCP writes at once, or gather them'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo connect listen echo relay exec subprocess' -l recv-buffer -x -d 'Size of the kernel\'s receive buffer [default: the kernel adapts it]'
complete -c xport -n '__xport_in udp-client udp-server udp-echo' -l recv-buffer -x -d 'Size of the kernel\'s receive buffer [default: 4M]'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess' -l send-buffer -x -d 'Size of the kernel\'s send buffer [default: the kernel chooses it]'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan wait' -l bind-device -x -a '(printf \'%s\\n\' \'\'(string replace -r \'.*/\' \'\' -- /sys/class/net/*))' -d 'Send and receive through this network interface only'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo udp-client connect listen echo relay exec subprocess scan wait' -l tos -x -d 'Type of service (IPv4) or traffic class (IPv6) of packets'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo connect listen echo relay exec subprocess scan wait' -l ttl -x -d 'How many routers a packet may pass, 1 to 255'
complete -c xport -n '__xport_in udp-client udp-server udp-echo' -l ttl -x -d 'How many routers a datagram may pass, 1 to 255'
complete -c xport -n '__xport_in scan' -l connect-timeout -x -d 'Time limit for each port; after it, the port counts as filtered'
complete -c xport -n '__xport_in scan' -l parallel -x -d 'Try at most N ports at once'
complete -c xport -n '__xport_in scan' -l banner -d 'Add the first line that a service sends'
complete -c xport -n '__xport_in tls-client tls connect relay exec subprocess wait' -l ca -r -F -d 'Trust only the authorities in FILE (PEM)'
complete -c xport -n '__xport_in tls-client tls connect relay exec subprocess wait' -l server-name -x -d 'Expected name in the certificate [default: the host]'
complete -c xport -n '__xport_in tls-client tls connect relay exec subprocess wait' -l pin -x -d 'Accept only a certificate with this pin'
complete -c xport -n '__xport_in tls-client tls connect relay exec subprocess wait' -l insecure -d 'Do not verify the server'
complete -c xport -n '__xport_in tls-server tls-echo listen echo relay exec subprocess' -l self-signed -d 'Make a certificate for this run; print its pin'
complete -c xport -n '__xport_in tls-server tls-echo listen echo relay exec subprocess' -l client-ca -r -F -d 'Require a client certificate from an authority in FILE'
complete -c xport -n '__xport_in tls-client tls tls-server tls-echo connect listen echo relay exec subprocess wait' -l cert -r -F -d 'Present the certificate in FILE (PEM)'
complete -c xport -n '__xport_in tls-client tls tls-server tls-echo connect listen echo relay exec subprocess wait' -l key -r -F -d 'Private key of --cert, if it is in another FILE'
complete -c xport -n '__xport_in tls-client tls tls-server tls-echo connect listen echo relay exec subprocess wait' -l alpn -x -d 'Application protocols to negotiate'
complete -c xport -n '__xport_in tls-client tls tls-server tls-echo connect listen echo relay exec subprocess wait' -l tls-min -x -a '1.2 1.3' -d 'Oldest TLS version to accept'
complete -c xport -n '__xport_in tls-client tls tls-server tls-echo connect listen echo relay exec subprocess wait' -l tls-max -x -a '1.2 1.3' -d 'Newest TLS version to offer'
complete -c xport -n '__xport_in tls-client tls tls-server tls-echo connect listen echo relay exec subprocess wait' -l handshake-timeout -x -d 'Time limit for one TLS handshake'
complete -c xport -n '__xport_in tls-client tls tls-server tls-echo connect listen echo relay exec subprocess' -l allow-truncation -d 'Accept an end without close_notify as complete'
complete -c xport -n '__xport_in tls-client tls tls-server tls-echo connect listen echo relay exec subprocess wait' -l keylog -r -F -d 'Append the TLS secrets of all connections to FILE'
complete -c xport -n '__xport_in tls-client tls connect relay exec subprocess wait' -l starttls -x -a 'smtp imap pop3 postgres ldap xmpp' -d 'Switch to TLS in this protocol first (STARTTLS)'
complete -c xport -n '__xport_in tls-client tls connect' -l show-chain -d 'Print the certificates of the server, then exit'
complete -c xport -n '__xport_in udp-client udp-server udp-echo connect listen echo' -l count -x -d 'Exit after N datagrams have arrived'
complete -c xport -n '__xport_in udp-server udp-echo listen echo relay' -l join -x -d 'Receive what is sent to this multicast group'
complete -c xport -n '__xport_in udp-client connect relay' -l broadcast -d 'Allow a broadcast address'
complete -c xport -n '__xport_in udp-client udp-server connect listen' -l lines -d 'Send lines as datagrams; add missing newlines'
complete -c xport -n '__xport_in exec subprocess' -l shell -x -a '(__xport_programs \'\' (commandline -ct))' -d 'Run this shell command instead of CMD'
complete -c xport -n '__xport_in exec subprocess' -l stdin -x -a 'pipe inherit null' -d 'Stdin of the program: pipe, inherit or null'
complete -c xport -n '__xport_in relay exec subprocess' -l stderr -x -a 'inherit null merge' -d 'Stderr of the program: inherit, null or merge'
complete -c xport -n '__xport_in relay exec subprocess' -l env -x -a '(printf \'%s\\n\' \'\'(set -nx))' -d 'Set an environment variable of the program'
complete -c xport -n '__xport_in relay exec subprocess' -l kill-after -x -d 'Kill the program this long after SIGTERM'
complete -c xport -n '__xport_in relay exec subprocess' -l pty -d 'Run the program on a terminal of its own'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server connect listen' -l half-close -x -a 'auto now never' -d 'When to tell the peer that stdin has ended'
complete -c xport -n '__xport_in relay' -l half-close -x -a 'auto now never' -d 'When to tell one side that the other has ended'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server connect listen relay' -l no-half-close -d 'Same as --half-close never'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server' -l linger -x -d 'After stdin ends, wait this long for the peer'
complete -c xport -n '__xport_in udp-client' -l linger -x -d 'After stdin ends, wait for replies [default: 1s]'
complete -c xport -n '__xport_in udp-server' -l linger -x -d 'Exit once no datagram has moved for this long'
complete -c xport -n '__xport_in connect listen' -l linger -x -d 'After stdin ends, wait this long for the other end'
complete -c xport -n '__xport_in relay' -l linger -x -d 'After one side ends, wait this long for the other'
complete -c xport -n '__xport_in exec subprocess' -l linger -x -d 'After the peer ends, wait this long for the program'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server connect listen relay' -l quit-after -x -d 'After stdin ends, wait this long, then exit with 0'
complete -c xport -n '__xport_in udp-client udp-server' -l quit-after -x -d 'After stdin ends, exit with 0 after this long'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server connect listen' -l until-peer-ends -d 'End the session when the peer closes its side'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server connect listen' -l send-only -d 'Discard what the peer sends'
complete -c xport -n '__xport_in udp-client udp-server' -l send-only -d 'Discard replies, and exit when stdin ends'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server udp-client udp-server connect listen' -l recv-only -d 'Do not read stdin'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server connect listen exec subprocess' -l crlf -d 'Send each line feed as CR LF'
complete -c xport -n '__xport_in relay' -l crlf -d 'Send each line feed to a socket as CR LF'
complete -c xport -n '__xport_in tcp-client tls-client tls unix-client connect' -l raw -d 'Send each key at once; \'^]\' then \'.\' quits'
complete -c xport -n '__xport_in tcp-client tls-client tls unix-client connect' -l escape -x -a 'none' -d 'The escape key of --raw'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess' -l dump -r -F -d 'Write all data to FILE, in hexadecimal and text'
complete -c xport -n '__xport_in tcp-client tcp-server tls-client tls tls-server unix-client unix-server udp-client udp-server connect listen relay' -l progress -d 'Show how much has moved and how fast'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess' -l high-water -x -d 'Pause reading while more than SIZE waits to be written'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess' -l low-water -x -d 'Resume reading once at most SIZE waits'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan' -l timeout -x -d 'End the run after this long, with status 124'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo connect listen echo' -l idle-timeout -x -d 'End a session after this long without traffic'
complete -c xport -n '__xport_in udp-client udp-server' -l idle-timeout -x -d 'Fail after this long without a datagram'
complete -c xport -n '__xport_in relay' -l idle-timeout -x -d 'End a pair after this long without traffic'
complete -c xport -n '__xport_in exec subprocess' -l idle-timeout -x -d 'End a connection after this long without traffic'
complete -c xport -n '__xport_in wait' -l for -x -d 'Keep trying for this long [default: one try]'
complete -c xport -n '__xport_in wait' -l every -x -d 'Pause this long after a failed try'
complete -c xport -n '__xport_in wait' -l any -d 'End as soon as one endpoint is up'
complete -c xport -n '__xport_in wait' -l gone -d 'Wait until the endpoints are gone'
complete -c xport -n '__xport_in wait' -l status -x -d 'HTTP statuses that mean \'up\''
complete -c xport -n '__xport_in wait' -l send -x -d 'Send TEXT to udp: endpoints; a reply means \'up\''
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan wait' -s q -l quiet -d 'Report errors only'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan wait' -s v -l verbose -d 'Report connections; -vv and -vvv report more'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan wait' -l color -x -a 'auto always never' -d 'Colour messages and help'
complete -c xport -n '__xport_in tcp-client tcp-server tcp-echo tls-client tls tls-server tls-echo unix-client unix-server unix-echo udp-client udp-server udp-echo connect listen echo relay exec subprocess scan wait' -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n __xport_has_no_mode -s q -l quiet -d 'Report errors only'
complete -c xport -n __xport_has_no_mode -s v -l verbose -d 'Report connections; -vv and -vvv report more'
complete -c xport -n __xport_has_no_mode -l color -x -a 'auto always never' -d 'Colour messages and help'
complete -c xport -n __xport_has_no_mode -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n __xport_has_no_mode -l completions -x -a 'bash elvish fish powershell zsh' -d 'Print the completions of a shell'
complete -c xport -n __xport_has_no_mode -l man -x -a 'xport endpoints' -d 'Print a manual page as roff'
complete -c xport -n 'not __xport_program >/dev/null' -s h -l help -d 'Print help'
complete -c xport -n '__xport_in tcp-client tls-client tls udp-client' -a '(__xport_hosts \'\' :)'
complete -c xport -n '__xport_in tcp-server tcp-echo tls-server tls-echo udp-server udp-echo' -a '(__xport_own \'\')'
complete -c xport -n '__xport_in unix-client unix-server unix-echo' -F
complete -c xport -n '__xport_in connect' -a '(__xport_endpoint connect)'
complete -c xport -n '__xport_in listen' -a '(__xport_endpoint listen)'
complete -c xport -n '__xport_in echo' -a '(__xport_endpoint echo)'
complete -c xport -n '__xport_in relay' -a '(__xport_endpoint relay)'
complete -c xport -n '__xport_in scan' -a '(__xport_hosts \'\' \'\')'
complete -c xport -n '__xport_in wait' -a '(__xport_endpoint wait)'
complete -c xport -n '__xport_in exec subprocess' -a '(__xport_programs "" (commandline -ct))'
complete -c xport -n '__xport_program >/dev/null' -a '(__xport_complete_program)'
