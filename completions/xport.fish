# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_xport_global_optspecs
    string join \n q/quiet v/verbose color= log-time completions= man h/help V/version
end

function __fish_xport_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_xport_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_xport_using_subcommand
    set -l cmd (__fish_xport_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c xport -n "__fish_xport_needs_command" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_needs_command" -l completions -d 'Print the completion script of a shell' -r -f -a "bash\t''
elvish\t''
fish\t''
powershell\t''
zsh\t''"
complete -c xport -n "__fish_xport_needs_command" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_needs_command" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_needs_command" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_needs_command" -l man -d 'Print the manual page as roff'
complete -c xport -n "__fish_xport_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_needs_command" -s V -l version -d 'Print version'
complete -c xport -n "__fish_xport_needs_command" -f -a "tcp-echo" -d 'Serve echo over TCP to any number of clients'
complete -c xport -n "__fish_xport_needs_command" -f -a "tcp-server" -d 'Accept a TCP client and join it with stdin and stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "tcp-client" -d 'Connect over TCP and join the peer with stdin and stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "tls-echo" -d 'Serve echo over TLS to any number of clients'
complete -c xport -n "__fish_xport_needs_command" -f -a "tls-server" -d 'Accept a TLS client and join it with stdin and stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "tls-client" -d 'Connect over TLS, verify the server, and join it with stdin and stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "tls" -d 'Connect over TLS, verify the server, and join it with stdin and stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "unix-echo" -d 'Serve echo on a unix socket to any number of clients'
complete -c xport -n "__fish_xport_needs_command" -f -a "unix-server" -d 'Accept a client on a unix socket and join it with stdin and stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "unix-client" -d 'Connect to a unix socket and join the peer with stdin and stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "udp-echo" -d 'Send each UDP datagram back to its sender, unless the sender has a port below 1024'
complete -c xport -n "__fish_xport_needs_command" -f -a "udp-server" -d 'Write received UDP datagrams to stdout, and send stdin to the most recent sender'
complete -c xport -n "__fish_xport_needs_command" -f -a "udp-client" -d 'Send each read of stdin as a UDP datagram, and write replies to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "exec" -d 'Run a program on stdin and stdout and exit with its status, or run it on connections'
complete -c xport -n "__fish_xport_needs_command" -f -a "relay" -d 'Join any two endpoints: sockets, programs, stdin and stdout; a listener serves many clients'
complete -c xport -n "__fish_xport_needs_command" -f -a "echo" -d 'Serve echo on endpoints of any kind; tcp-echo A is \'echo tcp-listen:A\''
complete -c xport -n "__fish_xport_needs_command" -f -a "listen" -d 'Accept a client on endpoints of any kind; tcp-server A is \'listen tcp-listen:A\''
complete -c xport -n "__fish_xport_needs_command" -f -a "connect" -d 'Connect to an endpoint of any kind; tcp-client A is \'connect tcp:A\''
complete -c xport -n "__fish_xport_needs_command" -f -a "scan" -d 'Find the open TCP ports of a host; no data is sent'
complete -c xport -n "__fish_xport_needs_command" -f -a "wait" -d 'Wait until services are up, or gone, and then run a program'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l listen -d 'Address to listen on, besides a bare ADDRESS; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l max-conns -d 'Serve at most N clients at once; other clients wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l listen -d 'Address to listen on, besides a bare ADDRESS; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l linger -d 'After stdin ends, wait at most this long for the peer to end [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s k -l keep-open -d 'Accept the next client when one has left'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l connect -d 'Address to connect to; same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l connect-timeout -d 'Limit the time of each attempt to connect, name look-up included' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l retry -d 'Retry a failed connect up to N times, or for ever' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l retry-delay -d 'Wait this long before each retry' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l source -d 'Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l linger -d 'After stdin ends, wait at most this long for the peer to end [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l escape -d 'The key before a command in --raw: ^X, a character, or none' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l raw -d 'Send each key of the terminal at once, ^C included; ^]. leaves'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l listen -d 'Address to listen on, besides a bare ADDRESS; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l max-conns -d 'Serve at most N clients at once; other clients wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l client-ca -d 'Accept only clients with a certificate from an authority in this PEM file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l self-signed -d 'Make a key and a certificate for this run; clients verify the pin'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l listen -d 'Address to listen on, besides a bare ADDRESS; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l client-ca -d 'Accept only clients with a certificate from an authority in this PEM file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l linger -d 'After stdin ends, wait at most this long for the peer to end [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s k -l keep-open -d 'Accept the next client when one has left'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l self-signed -d 'Make a key and a certificate for this run; clients verify the pin'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l connect -d 'Address to connect to; same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l connect-timeout -d 'Limit the time of each attempt to connect, name look-up included' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l retry -d 'Retry a failed connect up to N times, or for ever' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l retry-delay -d 'Wait this long before each retry' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l source -d 'Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l ca -d 'Trust the authorities in this PEM file, not those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l server-name -d 'Name that the certificate of the server must have, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l pin -d 'Accept only a certificate with this pin; may be repeated, and any of the pins is enough' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l starttls -d 'Ask for TLS in this protocol first (STARTTLS)' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l linger -d 'After stdin ends, wait at most this long for the peer to end [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l escape -d 'The key before a command in --raw: ^X, a character, or none' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l insecure -d 'Do not verify the certificate: an attacker in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l show-chain -d 'Write the certificates of the server to stdout: facts, days left and PEM; then leave'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l raw -d 'Send each key of the terminal at once, ^C included; ^]. leaves'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tls" -l connect -d 'Address to connect to; same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l connect-timeout -d 'Limit the time of each attempt to connect, name look-up included' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l retry -d 'Retry a failed connect up to N times, or for ever' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l retry-delay -d 'Wait this long before each retry' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l source -d 'Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand tls" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l ca -d 'Trust the authorities in this PEM file, not those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l server-name -d 'Name that the certificate of the server must have, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l pin -d 'Accept only a certificate with this pin; may be repeated, and any of the pins is enough' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l starttls -d 'Ask for TLS in this protocol first (STARTTLS)' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand tls" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l linger -d 'After stdin ends, wait at most this long for the peer to end [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l escape -d 'The key before a command in --raw: ^X, a character, or none' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tls" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tls" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tls" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand tls" -l insecure -d 'Do not verify the certificate: an attacker in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand tls" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand tls" -l show-chain -d 'Write the certificates of the server to stdout: facts, days left and PEM; then leave'
complete -c xport -n "__fish_xport_using_subcommand tls" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tls" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand tls" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tls" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tls" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand tls" -l raw -d 'Send each key of the terminal at once, ^C included; ^]. leaves'
complete -c xport -n "__fish_xport_using_subcommand tls" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand tls" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tls" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand tls" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand tls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l listen -d 'Address to listen on, besides a bare ADDRESS; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l max-conns -d 'Serve at most N clients at once; other clients wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l owner -d 'User and group of the socket, as chown takes them: USER, USER:, USER:GROUP or :GROUP' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l replace-stale -d 'Replace a socket that no process serves any more; never a live socket, never another kind of file'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l listen -d 'Address to listen on, besides a bare ADDRESS; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l owner -d 'User and group of the socket, as chown takes them: USER, USER:, USER:GROUP or :GROUP' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l linger -d 'After stdin ends, wait at most this long for the peer to end [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand unix-server" -s k -l keep-open -d 'Accept the next client when one has left'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l replace-stale -d 'Replace a socket that no process serves any more; never a live socket, never another kind of file'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l connect -d 'Address to connect to; same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l connect-timeout -d 'Limit the time of each attempt to connect, name look-up included' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l retry -d 'Retry a failed connect up to N times, or for ever' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l retry-delay -d 'Wait this long before each retry' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l linger -d 'After stdin ends, wait at most this long for the peer to end [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l escape -d 'The key before a command in --raw: ^X, a character, or none' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l raw -d 'Send each key of the terminal at once, ^C included; ^]. leaves'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l listen -d 'Address to listen on, besides a bare ADDRESS; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l grace -d 'After the first SIGTERM, spend at most this long on writing buffered data' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: 4M]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l ttl -d 'How many routers a sent datagram can pass: time to live (IPv4), hop limit (IPv6), 1 to 255; to a multicast group too [default: 64; 1 to a group]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l count -d 'Exit after N datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l join -d 'Receive datagrams sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l listen -d 'Address to listen on, besides a bare ADDRESS; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l grace -d 'After the first SIGTERM, spend at most this long on writing buffered data' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: 4M]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l ttl -d 'How many routers a sent datagram can pass: time to live (IPv4), hop limit (IPv6), 1 to 255; to a multicast group too [default: 64; 1 to a group]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l count -d 'Exit after N datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l join -d 'Receive datagrams sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l linger -d 'After stdin ends, exit once no datagram has moved for this long; stdin is read only after a first datagram [default: stay]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l quit-after -d 'After stdin ends, exit with 0 after this long, even if datagrams still arrive [default: see --linger]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l idle-timeout -d 'Fail when no datagram has moved for this long while stdin is open' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l lines -d 'Send each line of stdin as one datagram, without its newline; write each datagram as one line to stdout'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l send-only -d 'Discard received datagrams, and exit once stdin has ended'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l connect -d 'Address to connect to; same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l connect-timeout -d 'Limit the time of the name look-up' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l retry -d 'Retry a failed name look-up up to N times, or for ever' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l retry-delay -d 'Wait this long before each retry' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l source -d 'Send from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: 4M]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l ttl -d 'How many routers a sent datagram can pass: time to live (IPv4), hop limit (IPv6), 1 to 255; to a multicast group too [default: 64; 1 to a group]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l count -d 'Exit after N datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l linger -d 'After stdin ends, exit once no datagram has moved for this long [default: 1s]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l quit-after -d 'After stdin ends, exit with 0 after this long, even if datagrams still arrive [default: see --linger]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l idle-timeout -d 'Fail when no datagram has moved for this long while stdin is open' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l broadcast -d 'Let ADDRESS be a broadcast address, and accept replies from any host'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l lines -d 'Send each line of stdin as one datagram, without its newline; write each datagram as one line to stdout'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l send-only -d 'Discard received datagrams, and exit once stdin has ended'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand exec" -l shell -d 'Run this line with the shell, instead of CMD' -r -f -a "(__fish_complete_command)"
complete -c xport -n "__fish_xport_using_subcommand exec" -l stdin -d 'Stdin of the program: a pipe from xport, the stdin of xport itself, or nothing [default: depends on the kind of stdin]' -r -f -a "pipe\t''
inherit\t''
null\t''"
complete -c xport -n "__fish_xport_using_subcommand exec" -l stderr -d 'Stderr of the program: the stderr of xport, nothing, or its own stdout [default: inherit, or merge]' -r -f -a "inherit\t''
null\t''
merge\t''"
complete -c xport -n "__fish_xport_using_subcommand exec" -l env -d 'Set an environment variable of the program; a name alone copies its value; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l kill-after -d 'Kill the program if it has not ended this long after a SIGTERM or SIGHUP' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l listen -d 'Run a program for each connection that EP accepts; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l max-conns -d 'Serve at most N clients at once; other clients wait to be accepted [default: 100]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l owner -d 'User and group of the socket, as chown takes them: USER, USER:, USER:GROUP or :GROUP' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l connect -d 'Run the program on one connection to EP' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l connect-timeout -d 'Limit the time of each attempt to connect, name look-up included' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l retry -d 'Retry a failed connect up to N times, or for ever' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l retry-delay -d 'Wait this long before each retry' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l source -d 'Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand exec" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l ca -d 'Trust the authorities in this PEM file, not those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l server-name -d 'Name that the certificate of the server must have, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l pin -d 'Accept only a certificate with this pin; may be repeated, and any of the pins is enough' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l client-ca -d 'Accept only clients with a certificate from an authority in this PEM file' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand exec" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand exec" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l starttls -d 'Ask for TLS in this protocol first (STARTTLS)' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand exec" -l linger -d 'After the peer ends its direction, wait at most this long for the program to end [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l idle-timeout -d 'End a connection when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand exec" -l pty -d 'Run the program on a terminal of its own: stdin, stdout and stderr'
complete -c xport -n "__fish_xport_using_subcommand exec" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand exec" -l replace-stale -d 'Replace a socket that no process serves any more; never a live socket, never another kind of file'
complete -c xport -n "__fish_xport_using_subcommand exec" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand exec" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand exec" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand exec" -l insecure -d 'Do not verify the certificate: an attacker in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand exec" -l self-signed -d 'Make a key and a certificate for this run; clients verify the pin'
complete -c xport -n "__fish_xport_using_subcommand exec" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand exec" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand exec" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand exec" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand exec" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand relay" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l max-conns -d 'Serve at most N clients at once; other clients wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l owner -d 'User and group of the socket, as chown takes them: USER, USER:, USER:GROUP or :GROUP' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l connect-timeout -d 'Limit the time of each attempt to connect, name look-up included' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l retry -d 'Retry a failed connect up to N times, or for ever' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l retry-delay -d 'Wait this long before each retry' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l source -d 'Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand relay" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l ca -d 'Trust the authorities in this PEM file, not those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l server-name -d 'Name that the certificate of the server must have, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l pin -d 'Accept only a certificate with this pin; may be repeated, and any of the pins is enough' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l client-ca -d 'Accept only clients with a certificate from an authority in this PEM file' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand relay" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand relay" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l starttls -d 'Ask for TLS in this protocol first (STARTTLS)' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand relay" -l join -d 'Receive datagrams sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l stderr -d 'Stderr of the program: the stderr of xport, nothing, or its own stdout [default: inherit, or merge]' -r -f -a "inherit\t''
null\t''
merge\t''"
complete -c xport -n "__fish_xport_using_subcommand relay" -l env -d 'Set an environment variable of the program; a name alone copies its value; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l kill-after -d 'Kill the program if it has not ended this long after a SIGTERM or SIGHUP' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l half-close -d 'When to tell one side that the other has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l linger -d 'After one side ends, wait at most this long for the other; with datagrams, until none has moved for this long [default: no limit; 1s with datagrams]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l quit-after -d 'After one side ends, wait at most this long for the other, then end the pair in order' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l idle-timeout -d 'End a pair when no byte has moved for this long [default: 60s if LEFT is udp-listen]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand relay" -l once -d 'Serve one client of LEFT, then exit'
complete -c xport -n "__fish_xport_using_subcommand relay" -l replace-stale -d 'Replace a socket that no process serves any more; never a live socket, never another kind of file'
complete -c xport -n "__fish_xport_using_subcommand relay" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand relay" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand relay" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand relay" -l insecure -d 'Do not verify the certificate: an attacker in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand relay" -l self-signed -d 'Make a key and a certificate for this run; clients verify the pin'
complete -c xport -n "__fish_xport_using_subcommand relay" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand relay" -l broadcast -d 'Let ADDRESS be a broadcast address, and accept replies from any host'
complete -c xport -n "__fish_xport_using_subcommand relay" -l pty -d 'Run the program on a terminal of its own: stdin, stdout and stderr'
complete -c xport -n "__fish_xport_using_subcommand relay" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand relay" -l crlf -d 'Send each line feed to a socket as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand relay" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand relay" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand relay" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand relay" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand relay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand echo" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l max-conns -d 'Serve at most N clients at once; other clients wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l owner -d 'User and group of the socket, as chown takes them: USER, USER:, USER:GROUP or :GROUP' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand echo" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l client-ca -d 'Accept only clients with a certificate from an authority in this PEM file' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand echo" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand echo" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l count -d 'Exit after N datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l join -d 'Receive datagrams sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand echo" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand echo" -l replace-stale -d 'Replace a socket that no process serves any more; never a live socket, never another kind of file'
complete -c xport -n "__fish_xport_using_subcommand echo" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand echo" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand echo" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand echo" -l self-signed -d 'Make a key and a certificate for this run; clients verify the pin'
complete -c xport -n "__fish_xport_using_subcommand echo" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand echo" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand echo" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand listen" -l grace -d 'After the first SIGTERM, let sessions go on for at most this long' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l backlog -d 'Let at most N connections wait to be accepted; the kernel can lower the limit' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l allow -d 'Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l deny -d 'Reject clients from these networks, even if --allow has them; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l port-file -d 'Write the port to this file once listening; remove the file at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l owner -d 'User and group of the socket, as chown takes them: USER, USER:, USER:GROUP or :GROUP' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l accept-timeout -d 'Exit with 124 if no client has come this long after the start' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand listen" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l client-ca -d 'Accept only clients with a certificate from an authority in this PEM file' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand listen" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand listen" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l count -d 'Exit after N datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l join -d 'Receive datagrams sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l linger -d 'After stdin ends, wait at most this long for the peer to end; with datagrams, until none has moved for this long [default: no limit; 1s when sending datagrams]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand listen" -s k -l keep-open -d 'Accept the next client when one has left'
complete -c xport -n "__fish_xport_using_subcommand listen" -l replace-stale -d 'Replace a socket that no process serves any more; never a live socket, never another kind of file'
complete -c xport -n "__fish_xport_using_subcommand listen" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand listen" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand listen" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand listen" -l self-signed -d 'Make a key and a certificate for this run; clients verify the pin'
complete -c xport -n "__fish_xport_using_subcommand listen" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand listen" -l lines -d 'Send each line of stdin as one datagram, without its newline; write each datagram as one line to stdout'
complete -c xport -n "__fish_xport_using_subcommand listen" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand listen" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand listen" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand listen" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand listen" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand listen" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand listen" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand listen" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand listen" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand connect" -l connect-timeout -d 'Limit the time of each attempt to connect, name look-up included' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l retry -d 'Retry a failed connect up to N times, or for ever' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l retry-delay -d 'Wait this long before each retry' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l source -d 'Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l keepalive -d 'Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \'off\' disables probes' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l nodelay -d 'Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]' -r -f -a "on\t'Each write is sent at once'
off\t'Small writes are gathered (Nagle\'s algorithm)'"
complete -c xport -n "__fish_xport_using_subcommand connect" -l recv-buffer -d 'Size of the kernel\'s receive buffer of each socket [default: the kernel adapts it]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l send-buffer -d 'Size of the kernel\'s send buffer of each socket [default: the kernel chooses it]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l ca -d 'Trust the authorities in this PEM file, not those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l server-name -d 'Name that the certificate of the server must have, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l pin -d 'Accept only a certificate with this pin; may be repeated, and any of the pins is enough' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand connect" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand connect" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l starttls -d 'Ask for TLS in this protocol first (STARTTLS)' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand connect" -l count -d 'Exit after N datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l linger -d 'After stdin ends, wait at most this long for the peer to end; with datagrams, until none has moved for this long [default: no limit; 1s when sending datagrams]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l quit-after -d 'After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l escape -d 'The key before a command in --raw: ^X, a character, or none' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l dump -d 'Write sent and received data to FILE, in hexadecimal and as text; \'-\' is stderr' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l high-water -d 'Pause reading while more than this many bytes wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l low-water -d 'Resume reading once at most this many bytes wait [default: a quarter of --high-water]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l idle-timeout -d 'End a session when no byte has moved for this long' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand connect" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand connect" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand connect" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand connect" -l insecure -d 'Do not verify the certificate: an attacker in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand connect" -l allow-truncation -d 'Accept a connection that ends without close_notify as complete'
complete -c xport -n "__fish_xport_using_subcommand connect" -l show-chain -d 'Write the certificates of the server to stdout: facts, days left and PEM; then leave'
complete -c xport -n "__fish_xport_using_subcommand connect" -l broadcast -d 'Let ADDRESS be a broadcast address, and accept replies from any host'
complete -c xport -n "__fish_xport_using_subcommand connect" -l lines -d 'Send each line of stdin as one datagram, without its newline; write each datagram as one line to stdout'
complete -c xport -n "__fish_xport_using_subcommand connect" -l no-half-close -d 'Same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand connect" -l until-peer-ends -d 'End the session in order when the peer has ended, even if stdin is still open'
complete -c xport -n "__fish_xport_using_subcommand connect" -l send-only -d 'Discard everything that the peer sends'
complete -c xport -n "__fish_xport_using_subcommand connect" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand connect" -l crlf -d 'Send each line feed as CR LF; received data is unchanged'
complete -c xport -n "__fish_xport_using_subcommand connect" -l raw -d 'Send each key of the terminal at once, ^C included; ^]. leaves'
complete -c xport -n "__fish_xport_using_subcommand connect" -l progress -d 'Show on stderr how much has moved and how fast, if stderr is a terminal'
complete -c xport -n "__fish_xport_using_subcommand connect" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand connect" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand connect" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand scan" -l source -d 'Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand scan" -l connect-timeout -d 'Call a port filtered if it has not answered after this long' -r
complete -c xport -n "__fish_xport_using_subcommand scan" -l parallel -d 'Try at most N ports at the same time' -r
complete -c xport -n "__fish_xport_using_subcommand scan" -l timeout -d 'End the run after this long' -r
complete -c xport -n "__fish_xport_using_subcommand scan" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand scan" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand scan" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand scan" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand scan" -l banner -d 'Add the first line that a service sends within 1s, escaped'
complete -c xport -n "__fish_xport_using_subcommand scan" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand scan" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand scan" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand wait" -l for -d 'Try again for at most this long, then exit with 124 [default: one try]' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l every -d 'Pause this long after the first failed try; later pauses grow up to 2s' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l status -d 'Statuses of HTTP that mean \'up\', such as 200,401 [default: every 2xx and 3xx]' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l send -d 'Send TEXT to udp: endpoints; a reply means \'up\' [default: an empty datagram, and no refusal in 500ms]' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l connect-timeout -d 'Limit the time of each try to connect, name look-up included, and that of its answer' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l source -d 'Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l bind-device -d 'Send and receive through this network interface only' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l tos -d 'Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l ttl -d 'How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l ca -d 'Trust the authorities in this PEM file, not those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand wait" -l server-name -d 'Name that the certificate of the server must have, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l pin -d 'Accept only a certificate with this pin; may be repeated, and any of the pins is enough' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l cert -d 'Certificate to present: PEM, followed by the certificates that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand wait" -l key -d 'Private key of --cert (PEM), if it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand wait" -l alpn -d 'Application protocols to negotiate, such as h2,http/1.1; the preferred one first' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l tls-min -d 'Oldest TLS version to accept' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand wait" -l tls-max -d 'Newest TLS version to offer' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand wait" -l handshake-timeout -d 'Limit the time of a handshake' -r
complete -c xport -n "__fish_xport_using_subcommand wait" -l keylog -d 'Append the secrets of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand wait" -l starttls -d 'Ask for TLS in this protocol first (STARTTLS)' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand wait" -l color -d 'Colour messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand wait" -l any -d 'End as soon as one endpoint is up, or gone with --gone; otherwise all must be'
complete -c xport -n "__fish_xport_using_subcommand wait" -l gone -d 'Wait until the endpoints are gone'
complete -c xport -n "__fish_xport_using_subcommand wait" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand wait" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand wait" -s n -l numeric -d 'Do not look up host names; every host must be an IP address'
complete -c xport -n "__fish_xport_using_subcommand wait" -l insecure -d 'Do not verify the certificate: an attacker in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand wait" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand wait" -s v -l verbose -d 'Report connections; -vv adds decisions, -vvv everything'
complete -c xport -n "__fish_xport_using_subcommand wait" -l log-time -d 'Begin each message with the time, in UTC'
complete -c xport -n "__fish_xport_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'

# Endpoints: what they begin with, and the options behind a comma.
function __xport_endpoints
    set -l place $argv[1]
    set -l word (commandline -ct)
    set -l scheme tcp
    if string match -qr '^(/|\./|\.\./|@)' -- $word
        set scheme unix
    else if string match -qr '^(tcp|tcp-listen|tls|tls-listen|unix|unix-listen|udp|udp-listen|fd|exec|shell|http|https):' -- $word
        set scheme (string replace -r ':.*' '' -- $word)
    end
    set -l candidates
    if string match -q '*,*' -- $word
        switch $place,$scheme
            case 'exec--listen,tcp' 'exec--listen,tcp-listen' 'relay,tcp-listen'
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf
            case 'exec--connect,tcp' 'relay,tcp' 'connect,tcp'
                set candidates connect-timeout= retry= retry-delay= source= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf
            case 'echo,tcp' 'echo,tcp-listen'
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric
            case 'listen,tcp' 'listen,tcp-listen'
                set candidates backlog= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf
            case 'wait,tcp' 'wait,udp'
                set candidates connect-timeout= source= tos= ttl= bind-device= 4 6 numeric
            case 'exec--listen,tls' 'exec--listen,tls-listen' 'relay,tls-listen'
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=
            case 'exec--connect,tls' 'relay,tls' 'connect,tls'
                set candidates connect-timeout= retry= retry-delay= source= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog= starttls=
            case 'echo,tls' 'echo,tls-listen'
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=
            case 'listen,tls' 'listen,tls-listen'
                set candidates backlog= allow= deny= port-file= keepalive= nodelay= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric crlf cert= key= self-signed client-ca= alpn= tls-min= tls-max= handshake-timeout= allow-truncation keylog=
            case 'wait,tls'
                set candidates connect-timeout= source= tos= ttl= bind-device= 4 6 numeric ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= keylog= starttls=
            case 'exec--listen,unix' 'exec--listen,unix-listen' 'relay,unix-listen'
                set candidates backlog= max-conns= mode= owner= replace-stale send-buffer= crlf
            case 'exec--connect,unix' 'relay,unix' 'connect,unix'
                set candidates connect-timeout= retry= retry-delay= send-buffer= crlf
            case 'echo,unix' 'echo,unix-listen'
                set candidates backlog= max-conns= mode= owner= replace-stale send-buffer=
            case 'listen,unix' 'listen,unix-listen'
                set candidates backlog= mode= owner= replace-stale send-buffer= crlf
            case 'wait,unix'
                set candidates connect-timeout=
            case 'relay,udp' 'connect,udp'
                set candidates connect-timeout= retry= retry-delay= source= tos= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric broadcast
            case 'echo,udp' 'listen,udp' 'echo,udp-listen' 'listen,udp-listen'
                set candidates allow= deny= port-file= join= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric
            case 'relay,udp-listen'
                set candidates max-conns= allow= deny= port-file= join= ttl= recv-buffer= send-buffer= bind-device= 4 6 numeric
            case 'exec--listen,fd' 'relay,fd'
                set candidates max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl= crlf
            case 'exec--connect,fd' 'connect,fd'
                set candidates keepalive= nodelay= tos= ttl= crlf
            case 'echo,fd'
                set candidates max-conns= allow= deny= port-file= keepalive= nodelay= tos= ttl=
            case 'listen,fd'
                set candidates allow= deny= port-file= keepalive= nodelay= tos= ttl= crlf
            case 'wait,http'
                set candidates connect-timeout= source= 4 6 numeric status=
            case 'wait,https'
                set candidates connect-timeout= source= 4 6 numeric ca= server-name= pin= insecure cert= key= alpn= tls-min= tls-max= handshake-timeout= keylog= status=
        end
        set -l before (string replace -r '[^,]*$' '' -- $word)
        set -q candidates[1]; and printf '%s\n' $before$candidates
    else
        switch $place
            case 'exec--listen'
                set candidates tcp: tcp-listen: tls: tls-listen: unix: unix-listen: fd:
            case 'exec--connect'
                set candidates tcp: tls: unix: fd:
            case 'relay'
                set candidates tcp: tcp-listen: tls: tls-listen: unix: unix-listen: udp: udp-listen: fd: exec: shell: -
            case 'echo'
                set candidates tcp: tcp-listen: tls: tls-listen: unix: unix-listen: udp: udp-listen: fd:
            case 'listen'
                set candidates tcp: tcp-listen: tls: tls-listen: unix: unix-listen: udp: udp-listen: fd:
            case 'connect'
                set candidates tcp: tls: unix: udp: fd:
            case 'wait'
                set candidates tcp: tls: unix: udp: http:// https://
        end
        printf '%s\n' $candidates
    end
end
complete -c xport -n "__fish_xport_using_subcommand exec" -r -l listen -a "(__xport_endpoints exec--listen)"
complete -c xport -n "__fish_xport_using_subcommand exec" -r -l connect -a "(__xport_endpoints exec--connect)"
complete -c xport -n "__fish_xport_using_subcommand relay" -a "(__xport_endpoints relay)"
complete -c xport -n "__fish_xport_using_subcommand echo" -a "(__xport_endpoints echo)"
complete -c xport -n "__fish_xport_using_subcommand listen" -a "(__xport_endpoints listen)"
complete -c xport -n "__fish_xport_using_subcommand connect" -a "(__xport_endpoints connect)"
complete -c xport -n "__fish_xport_using_subcommand wait" -a "(__xport_endpoints wait)"
