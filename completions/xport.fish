# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_xport_global_optspecs
    string join \n q/quiet v/verbose color= completions= man h/help V/version
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

complete -c xport -n "__fish_xport_needs_command" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_needs_command" -l completions -d 'Print the completions of a shell' -r -f -a "bash\t''
elvish\t''
fish\t''
powershell\t''
zsh\t''"
complete -c xport -n "__fish_xport_needs_command" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_needs_command" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_needs_command" -l man -d 'Print the manual page, in roff'
complete -c xport -n "__fish_xport_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_needs_command" -s V -l version -d 'Print version'
complete -c xport -n "__fish_xport_needs_command" -f -a "tcp-echo" -d 'Serve echo over TCP to any number of clients'
complete -c xport -n "__fish_xport_needs_command" -f -a "tcp-server" -d 'Accept a TCP client: stdin goes to it, what it sends goes to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "tcp-client" -d 'Connect over TCP: stdin goes to the peer, what it sends goes to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "tls-echo" -d 'Serve echo over TLS to any number of clients'
complete -c xport -n "__fish_xport_needs_command" -f -a "tls-server" -d 'Accept a TLS client: stdin goes to it, what it sends goes to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "tls-client" -d 'Connect over TLS, verified: stdin goes to the peer, what it sends goes to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "tls" -d 'Connect over TLS, verified: stdin goes to the peer, what it sends goes to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "unix-echo" -d 'Serve echo on a unix socket to any number of clients'
complete -c xport -n "__fish_xport_needs_command" -f -a "unix-server" -d 'Accept a client on a unix socket: stdin goes to it, what it sends goes to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "unix-client" -d 'Connect to a unix socket: stdin goes to the peer, what it sends goes to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "udp-echo" -d 'Send UDP datagrams back to whoever sent them, from port 1024 on'
complete -c xport -n "__fish_xport_needs_command" -f -a "udp-server" -d 'Receive UDP datagrams: all go to stdout, stdin goes to the most recent sender'
complete -c xport -n "__fish_xport_needs_command" -f -a "udp-client" -d 'Send UDP datagrams: each read of stdin is one, replies go to stdout'
complete -c xport -n "__fish_xport_needs_command" -f -a "exec" -d 'Run a program: on stdin and stdout, its status is ours; or for each connection, or on one'
complete -c xport -n "__fish_xport_needs_command" -f -a "relay" -d 'Join any two endpoints: sockets, programs, stdin and stdout; one that listens serves many'
complete -c xport -n "__fish_xport_needs_command" -f -a "echo" -d 'Serve echo on endpoints of any kind; tcp-echo A is \'echo tcp-listen:A\''
complete -c xport -n "__fish_xport_needs_command" -f -a "listen" -d 'Accept a client on endpoints of any kind; tcp-server A is \'listen tcp-listen:A\''
complete -c xport -n "__fish_xport_needs_command" -f -a "connect" -d 'Connect to an endpoint of any kind; tcp-client A is \'connect tcp:A\''
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l listen -d 'Where to listen; may be repeated, and adds to a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l max-conns -d 'Serve at most so many clients at once; the others wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand tcp-echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l listen -d 'Where to listen; may be repeated, and adds to a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end [default: for ever]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s k -l keep-open -d 'When a client has left, accept the next one'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand tcp-server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l connect -d 'Where to connect; the same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l connect-timeout -d 'Give up a try that has not connected after so long, looking the name up included' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l retry -d 'Try so many times more if connecting fails' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l retry-delay -d 'Wait so long before each further try' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l source -d 'Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end [default: for ever]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand tcp-client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l listen -d 'Where to listen; may be repeated, and adds to a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l max-conns -d 'Serve at most so many clients at once; the others wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l client-ca -d 'Let in only clients with a certificate of one of the authorities in this file (PEM)' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l self-signed -d 'Make a key and a certificate for this run; clients know it by its pin'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand tls-echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l listen -d 'Where to listen; may be repeated, and adds to a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l client-ca -d 'Let in only clients with a certificate of one of the authorities in this file (PEM)' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end [default: for ever]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s k -l keep-open -d 'When a client has left, accept the next one'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l self-signed -d 'Make a key and a certificate for this run; clients know it by its pin'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand tls-server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l connect -d 'Where to connect; the same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l connect-timeout -d 'Give up a try that has not connected after so long, looking the name up included' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l retry -d 'Try so many times more if connecting fails' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l retry-delay -d 'Wait so long before each further try' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l source -d 'Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l ca -d 'Trust the authorities in this file (PEM) instead of those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l server-name -d 'Whom the certificate must be for, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l pin -d 'Accept only a certificate with this pin; may be repeated, for any of them' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l starttls -d 'Ask for TLS in this protocol first' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end [default: for ever]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l insecure -d 'Do not verify the certificate at all: whoever is in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand tls-client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand tls" -l connect -d 'Where to connect; the same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l connect-timeout -d 'Give up a try that has not connected after so long, looking the name up included' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l retry -d 'Try so many times more if connecting fails' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l retry-delay -d 'Wait so long before each further try' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l source -d 'Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l ca -d 'Trust the authorities in this file (PEM) instead of those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l server-name -d 'Whom the certificate must be for, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l pin -d 'Accept only a certificate with this pin; may be repeated, for any of them' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand tls" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand tls" -l starttls -d 'Ask for TLS in this protocol first' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand tls" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end [default: for ever]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand tls" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand tls" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand tls" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand tls" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand tls" -l insecure -d 'Do not verify the certificate at all: whoever is in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand tls" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand tls" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand tls" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand tls" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand tls" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand tls" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand tls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l listen -d 'Where to listen; may be repeated, and adds to a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l max-conns -d 'Serve at most so many clients at once; the others wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -l replace-stale -d 'Replace a socket that nobody serves any more; never a live one, never another file'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand unix-echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l listen -d 'Where to listen; may be repeated, and adds to a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end [default: for ever]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand unix-server" -s k -l keep-open -d 'When a client has left, accept the next one'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l replace-stale -d 'Replace a socket that nobody serves any more; never a live one, never another file'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand unix-server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l connect -d 'Where to connect; the same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l connect-timeout -d 'Give up a try that has not connected after so long, looking the name up included' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l retry -d 'Try so many times more if connecting fails' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l retry-delay -d 'Wait so long before each further try' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end [default: for ever]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand unix-client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l listen -d 'Where to listen; may be repeated, and adds to a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l grace -d 'After a first SIGTERM, wait at most so long for what is still to be written' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l count -d 'Exit once so many datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l join -d 'Receive what is sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand udp-echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l listen -d 'Where to listen; may be repeated, and adds to a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l grace -d 'After a first SIGTERM, wait at most so long for what is still to be written' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l count -d 'Exit once so many datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l join -d 'Receive what is sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l linger -d 'Once stdin, which waits for a first datagram, has ended, leave when none moved for so long [default: stay]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l idle-timeout -d 'Fail when no datagram moved for so long, while stdin is open' -r
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l lines -d 'Each line of stdin is a datagram, without its newline; each datagram is a line of stdout'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l send-only -d 'Throw away what arrives, and leave once stdin has ended'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand udp-server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l connect -d 'Where to connect; the same as a bare ADDRESS' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l connect-timeout -d 'Give up looking the name up after so long' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l retry -d 'Try so many times more if the name cannot be looked up' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l retry-delay -d 'Wait so long before each further try' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l source -d 'Send from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l count -d 'Exit once so many datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l linger -d 'Once stdin has ended, leave when no datagram moved for so long [default: 1s]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l idle-timeout -d 'Fail when no datagram moved for so long, while stdin is open' -r
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l broadcast -d 'Let ADDRESS be a broadcast address, and hear whoever answers'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l lines -d 'Each line of stdin is a datagram, without its newline; each datagram is a line of stdout'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l send-only -d 'Throw away what arrives, and leave once stdin has ended'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand udp-client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand exec" -l shell -d 'Let the shell run this line, instead of CMD' -r -f -a "(__fish_complete_command)"
complete -c xport -n "__fish_xport_using_subcommand exec" -l stdin -d 'Stdin of the program: a pipe from xport, the stdin of xport itself, or nothing [default: by its kind]' -r -f -a "pipe\t''
inherit\t''
null\t''"
complete -c xport -n "__fish_xport_using_subcommand exec" -l stderr -d 'Stderr of the program: that of xport, nothing, or the same as its stdout [default: inherit, or merge]' -r -f -a "inherit\t''
null\t''
merge\t''"
complete -c xport -n "__fish_xport_using_subcommand exec" -l env -d 'Give it this variable besides; a name alone has the value that it has here. May be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l kill-after -d 'Kill it if it has not ended so long after a SIGTERM or SIGHUP' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l listen -d 'Run a program for each connection that is accepted here; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l max-conns -d 'Serve at most so many clients at once; the others wait to be accepted [default: 100]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l connect -d 'Run the program on one connection to there' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l connect-timeout -d 'Give up a try that has not connected after so long, looking the name up included' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l retry -d 'Try so many times more if connecting fails' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l retry-delay -d 'Wait so long before each further try' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l source -d 'Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l ca -d 'Trust the authorities in this file (PEM) instead of those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l server-name -d 'Whom the certificate must be for, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l pin -d 'Accept only a certificate with this pin; may be repeated, for any of them' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l client-ca -d 'Let in only clients with a certificate of one of the authorities in this file (PEM)' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand exec" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand exec" -l linger -d 'Once the peer has ended its direction, give the program at most so long to end [default: for ever]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l idle-timeout -d 'End a connection on which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand exec" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand exec" -l pty -d 'Give it a terminal of its own as stdin, stdout and stderr'
complete -c xport -n "__fish_xport_using_subcommand exec" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand exec" -l replace-stale -d 'Replace a socket that nobody serves any more; never a live one, never another file'
complete -c xport -n "__fish_xport_using_subcommand exec" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand exec" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand exec" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand exec" -l insecure -d 'Do not verify the certificate at all: whoever is in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand exec" -l self-signed -d 'Make a key and a certificate for this run; clients know it by its pin'
complete -c xport -n "__fish_xport_using_subcommand exec" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand exec" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand exec" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand relay" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l max-conns -d 'Serve at most so many clients at once; the others wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l connect-timeout -d 'Give up a try that has not connected after so long, looking the name up included' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l retry -d 'Try so many times more if connecting fails' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l retry-delay -d 'Wait so long before each further try' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l source -d 'Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l ca -d 'Trust the authorities in this file (PEM) instead of those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l server-name -d 'Whom the certificate must be for, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l pin -d 'Accept only a certificate with this pin; may be repeated, for any of them' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l client-ca -d 'Let in only clients with a certificate of one of the authorities in this file (PEM)' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand relay" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand relay" -l join -d 'Receive what is sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l stderr -d 'Stderr of the program: that of xport, nothing, or the same as its stdout [default: inherit, or merge]' -r -f -a "inherit\t''
null\t''
merge\t''"
complete -c xport -n "__fish_xport_using_subcommand relay" -l env -d 'Give it this variable besides; a name alone has the value that it has here. May be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l kill-after -d 'Kill it if it has not ended so long after a SIGTERM or SIGHUP' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l half-close -d 'When to tell the other side that one has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l linger -d 'Once one side has ended, wait at most so long for the other; datagrams: while one moves [default: for ever; datagrams: 1s]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l idle-timeout -d 'End a pair in which no byte moved for so long [default: 60s where LEFT is udp-listen]' -r
complete -c xport -n "__fish_xport_using_subcommand relay" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand relay" -l once -d 'Serve one client of LEFT, then exit'
complete -c xport -n "__fish_xport_using_subcommand relay" -l replace-stale -d 'Replace a socket that nobody serves any more; never a live one, never another file'
complete -c xport -n "__fish_xport_using_subcommand relay" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand relay" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand relay" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand relay" -l insecure -d 'Do not verify the certificate at all: whoever is in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand relay" -l self-signed -d 'Make a key and a certificate for this run; clients know it by its pin'
complete -c xport -n "__fish_xport_using_subcommand relay" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand relay" -l broadcast -d 'Let ADDRESS be a broadcast address, and hear whoever answers'
complete -c xport -n "__fish_xport_using_subcommand relay" -l pty -d 'Give it a terminal of its own as stdin, stdout and stderr'
complete -c xport -n "__fish_xport_using_subcommand relay" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand relay" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand relay" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand relay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand echo" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l max-conns -d 'Serve at most so many clients at once; the others wait to be accepted' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l client-ca -d 'Let in only clients with a certificate of one of the authorities in this file (PEM)' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand echo" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand echo" -l count -d 'Exit once so many datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l join -d 'Receive what is sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand echo" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand echo" -l once -d 'Serve one client, then exit'
complete -c xport -n "__fish_xport_using_subcommand echo" -l replace-stale -d 'Replace a socket that nobody serves any more; never a live one, never another file'
complete -c xport -n "__fish_xport_using_subcommand echo" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand echo" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand echo" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand echo" -l self-signed -d 'Make a key and a certificate for this run; clients know it by its pin'
complete -c xport -n "__fish_xport_using_subcommand echo" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand echo" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand echo" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand echo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand listen" -l grace -d 'After a first SIGTERM, let sessions go on for at most so long' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l backlog -d 'Connections that may wait to be accepted, up to what the kernel allows' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l allow -d 'Let in only clients of these networks (10.0.0.0/8,::1); may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l deny -d 'Turn away clients of these networks, allowed or not; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l port-file -d 'Write the port to this file once listening, and remove it at the end' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l mode -d 'Permission bits of the socket, in octal [default: 0600]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l client-ca -d 'Let in only clients with a certificate of one of the authorities in this file (PEM)' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand listen" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand listen" -l count -d 'Exit once so many datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l join -d 'Receive what is sent to this multicast group; may be repeated' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end; datagrams: while one moves [default: for ever; sending datagrams: 1s]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand listen" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand listen" -s k -l keep-open -d 'When a client has left, accept the next one'
complete -c xport -n "__fish_xport_using_subcommand listen" -l replace-stale -d 'Replace a socket that nobody serves any more; never a live one, never another file'
complete -c xport -n "__fish_xport_using_subcommand listen" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand listen" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand listen" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand listen" -l self-signed -d 'Make a key and a certificate for this run; clients know it by its pin'
complete -c xport -n "__fish_xport_using_subcommand listen" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand listen" -l lines -d 'Each line of stdin is a datagram, without its newline; each datagram is a line of stdout'
complete -c xport -n "__fish_xport_using_subcommand listen" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand listen" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand listen" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand listen" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand listen" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c xport -n "__fish_xport_using_subcommand connect" -l connect-timeout -d 'Give up a try that has not connected after so long, looking the name up included' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l retry -d 'Try so many times more if connecting fails' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l retry-delay -d 'Wait so long before each further try' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l source -d 'Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l keepalive -d 'Probe a TCP peer after this time of silence, and give it up after as much again; \'off\' never does' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l ca -d 'Trust the authorities in this file (PEM) instead of those of the system' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l server-name -d 'Whom the certificate must be for, also sent as SNI [default: the host of the address]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l pin -d 'Accept only a certificate with this pin; may be repeated, for any of them' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l cert -d 'Show the peer this certificate: PEM, followed by those that lead to its authority' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l key -d 'The key of --cert (PEM), where it is not in the same file' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l alpn -d 'Protocols to be agreed on (h2,http/1.1), the best one first' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l tls-min -d 'The oldest version that is spoken' -r -f -a "1.2\t''
1.3\t''"
complete -c xport -n "__fish_xport_using_subcommand connect" -l handshake-timeout -d 'Give up a handshake that has not finished after so long' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l keylog -d 'Append the keys of all connections to this file, for a network analyser' -r -F
complete -c xport -n "__fish_xport_using_subcommand connect" -l starttls -d 'Ask for TLS in this protocol first' -r -f -a "smtp\t''
imap\t''
pop3\t''
postgres\t''
ldap\t''
xmpp\t''"
complete -c xport -n "__fish_xport_using_subcommand connect" -l count -d 'Exit once so many datagrams have arrived' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l half-close -d 'When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l linger -d 'Once stdin has ended, wait at most so long for the peer to end; datagrams: while one moves [default: for ever; sending datagrams: 1s]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l high-water -d 'Pause reading while more bytes than this wait to be written' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l low-water -d 'Resume reading once no more bytes than this wait [default: a quarter of high water]' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l timeout -d 'End the whole run after so long' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l idle-timeout -d 'End a session in which no byte moved for so long' -r
complete -c xport -n "__fish_xport_using_subcommand connect" -l color -d 'Colour in messages' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c xport -n "__fish_xport_using_subcommand connect" -s 4 -d 'IPv4 only'
complete -c xport -n "__fish_xport_using_subcommand connect" -s 6 -d 'IPv6 only'
complete -c xport -n "__fish_xport_using_subcommand connect" -s n -l numeric -d 'Hosts are addresses: look no name up'
complete -c xport -n "__fish_xport_using_subcommand connect" -l insecure -d 'Do not verify the certificate at all: whoever is in between can read and change everything'
complete -c xport -n "__fish_xport_using_subcommand connect" -l allow-truncation -d 'Take a connection that ends without close_notify for whole'
complete -c xport -n "__fish_xport_using_subcommand connect" -l broadcast -d 'Let ADDRESS be a broadcast address, and hear whoever answers'
complete -c xport -n "__fish_xport_using_subcommand connect" -l lines -d 'Each line of stdin is a datagram, without its newline; each datagram is a line of stdout'
complete -c xport -n "__fish_xport_using_subcommand connect" -l no-half-close -d 'The same as --half-close never'
complete -c xport -n "__fish_xport_using_subcommand connect" -l send-only -d 'Throw away what the peer sends'
complete -c xport -n "__fish_xport_using_subcommand connect" -l recv-only -d 'Do not read stdin'
complete -c xport -n "__fish_xport_using_subcommand connect" -s q -l quiet -d 'Report errors only'
complete -c xport -n "__fish_xport_using_subcommand connect" -s v -l verbose -d 'Report connections; twice: decisions, three times: everything'
complete -c xport -n "__fish_xport_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'

# Endpoints: what they begin with, and the options behind a comma.
function __xport_endpoints
    set -l place $argv[1]
    set -l word (commandline -ct)
    set -l scheme tcp
    if string match -qr '^(/|\./|\.\./|@)' -- $word
        set scheme unix
    else if string match -qr '^(tcp|tcp-listen|tls|tls-listen|unix|unix-listen|udp|udp-listen|fd|exec|shell):' -- $word
        set scheme (string replace -r ':.*' '' -- $word)
    end
    set -l candidates
    if string match -q '*,*' -- $word
        switch $place,$scheme
            case 'exec--listen,tcp' 'echo,tcp' 'exec--listen,tcp-listen' 'relay,tcp-listen' 'echo,tcp-listen'
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= 4 6 numeric
            case 'exec--connect,tcp' 'relay,tcp' 'connect,tcp'
                set candidates connect-timeout= retry= retry-delay= source= keepalive= 4 6 numeric
            case 'listen,tcp' 'listen,tcp-listen'
                set candidates backlog= allow= deny= port-file= keepalive= 4 6 numeric
            case 'exec--listen,tls' 'echo,tls' 'exec--listen,tls-listen' 'relay,tls-listen' 'echo,tls-listen'
                set candidates backlog= max-conns= allow= deny= port-file= keepalive= 4 6 numeric cert= key= self-signed client-ca= alpn= tls-min= handshake-timeout= allow-truncation keylog=
            case 'exec--connect,tls' 'relay,tls'
                set candidates connect-timeout= retry= retry-delay= source= keepalive= 4 6 numeric ca= server-name= pin= insecure cert= key= alpn= tls-min= handshake-timeout= allow-truncation keylog=
            case 'listen,tls' 'listen,tls-listen'
                set candidates backlog= allow= deny= port-file= keepalive= 4 6 numeric cert= key= self-signed client-ca= alpn= tls-min= handshake-timeout= allow-truncation keylog=
            case 'connect,tls'
                set candidates connect-timeout= retry= retry-delay= source= keepalive= 4 6 numeric ca= server-name= pin= insecure cert= key= alpn= tls-min= handshake-timeout= allow-truncation keylog= starttls=
            case 'exec--listen,unix' 'echo,unix' 'exec--listen,unix-listen' 'relay,unix-listen' 'echo,unix-listen'
                set candidates backlog= max-conns= mode= replace-stale
            case 'exec--connect,unix' 'relay,unix' 'connect,unix'
                set candidates connect-timeout= retry= retry-delay=
            case 'listen,unix' 'listen,unix-listen'
                set candidates backlog= mode= replace-stale
            case 'relay,udp' 'connect,udp'
                set candidates connect-timeout= retry= retry-delay= source= 4 6 numeric broadcast
            case 'echo,udp' 'listen,udp' 'echo,udp-listen' 'listen,udp-listen'
                set candidates allow= deny= port-file= join= 4 6 numeric
            case 'relay,udp-listen'
                set candidates max-conns= allow= deny= port-file= join= 4 6 numeric
            case 'exec--listen,fd' 'relay,fd' 'echo,fd'
                set candidates max-conns= allow= deny= port-file= keepalive=
            case 'exec--connect,fd' 'connect,fd'
                set candidates keepalive=
            case 'listen,fd'
                set candidates allow= deny= port-file= keepalive=
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
