//! Lines of xport with a wrong name or a wrong end.

use super::Case;

/// Modes and options that are misspelled, or are in the wrong place.
pub(super) const NAMES: &[Case] = &[
    " => no mode given => --help",
    "frobnicate => no such mode: 'frobnicate' => --help",
    "tcp h 80 => no such mode: 'tcp' => tcp-client h 80",
    "udp h 53 => no such mode: 'udp' => udp-client h 53",
    "unix ./s => no such mode: 'unix' => unix-client ./s",
    "client h 80 => no such mode: 'client' => tcp-client h 80",
    "server => no such mode: 'server' => tcp-server :PORT",
    "tcp_client h 80 => no such mode: 'tcp_client' => tcp-client h 80",
    "tcpclient h 80 => no such mode: 'tcpclient' => tcp-client h 80",
    "tcp-clinet h 80 => no such mode: 'tcp-clinet' => tcp-client h 80",
    "TCP-CLIENT h 80 => no such mode: 'TCP-CLIENT' => tcp-client h 80",
    "relya - h:80 => no such mode: 'relya' => relay - h:80",
    "forward h:1 h:80 => no such mode: 'forward' => relay h:1 h:80",
    "help tcp-clinet => no such mode: 'tcp-clinet' => tcp-client --help",
    "help frobnicate => no such mode: 'frobnicate' => --help",
    "--timeout 3 tcp-client h:80 => unexpected argument '--timeout' => tcp-client --timeout 3 h:80",
    "--timeout 3 relay - h:80 => unexpected argument '--timeout' => relay --timeout 3 - h:80",
    "tcp-client --CRLF h:80 => unexpected argument '--CRLF' => tcp-client --crlf h:80",
    "tcp-client --conect-timeout 1 h:80 => unexpected argument '--conect-timeout' \
        => tcp-client --connect-timeout 1 h:80",
    "tcp-client --time 3 h:80 => unexpected argument '--time' => tcp-client --timeout 3 h:80",
    "tls-client --server_name=x h:443 => unexpected argument '--server_name' => tls-client --server-name=x h:443",
    "tcp-client --cacert x h:443 => unexpected argument '--cacert' => tls-client --ca x h:443",
    "relay --cacert x - tls:h:443 => unexpected argument '--cacert' => relay --ca x - tls:h:443",
    "tcp-client --frob h:80 => unexpected argument '--frob' => tcp-client --help",
    "tcp-client h:80 -5 => unexpected argument '-5' => tcp-client --help",
    "tcp-client -4 -6 h:80 => -4 and -6 contradict each other => tcp-client --help",
    // The error says what is right.
    "tls-client --tls-min 1.1 h:443 \
        => invalid value '1.1' for '--tls-min <VERSION>': must be 1.2 or 1.3: TLS 1.0 and 1.1 are not supported",
    "--color alway tcp-client h:80 => invalid value 'alway' for '--color <WHEN>': must be auto, always or never",
    "tcp-client --timeout => --timeout needs a value: DUR, such as 10s",
    "tcp-client --timeout x h:80 \
        => invalid value 'x' for '--timeout <DUR>': not a duration such as 250ms, 10s, 2m or 1h",
];

/// Ends that are misspelled, or are in the wrong place.
pub(super) const ENDS: &[Case] = &[
    "https://h/ => no such mode: 'https://h/' => tls-client h:443",
    "http://h:8080/x?y => no such mode: 'http://h:8080/x?y' => tcp-client h:8080",
    "curl https://h/ => no such mode: 'curl' => tls-client h:443",
    "tcp-client https://h/ => invalid address: 'https://h/' is a URL, not HOST:PORT => tls-client h:443",
    "connect https://h/ => endpoint 'https://h/': unknown kind of endpoint 'https' => connect tls:h:443",
    "curl -k https://h/ => no such mode: 'curl'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "tls-client -k https://h/ => unexpected argument '-k'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "wss://h/ => no such mode: 'wss://h/': xport has no WebSocket; use websocat",
    "tls:h:443 => no such mode: 'tls:h:443' => connect tls:h:443",
    "tcp://h:80 => no such mode: 'tcp://h:80' => connect tcp://h:80",
    "unix-listen:/s => no such mode: 'unix-listen:/s' => listen unix-listen:/s",
    "- h:80 => no such mode: '-' => relay - h:80",
    "tcp-client => no address given to connect to => tcp-client HOST:PORT",
    "tcp-client h => invalid address: 'h' has no port => tcp-client h:PORT",
    "h::80 => no such mode: 'h::80' => tcp-client h:80",
    "tcp-client h::80 => invalid address: 'h::80' has too many colons => tcp-client h:80",
    "connect tcp:h::80,crlf => endpoint 'tcp:h::80,crlf': invalid address: 'h::80' has too many colons \
        => connect tcp:h:80,crlf",
    "tcp-client ::1 => invalid address: '::1' has no port, and an IPv6 address needs brackets \
        => tcp-client '[::1]:PORT'",
    "tcp-client ::1:80 => invalid address: '::1:80' is ambiguous: an IPv6 address needs brackets \
        => tcp-client '[::1]:80'",
    "tcp-client h:80 -- cmd -x => unexpected argument '-x' => exec --connect h:80 -- cmd -x",
    "tcp-client tls:h:443 => 'tls:h:443' is an endpoint, and tcp-client takes addresses => connect tls:h:443",
    "tcp-server tcp-listen:80 => 'tcp-listen:80' is an endpoint, and tcp-server takes addresses => tcp-server 80",
    "tcp-client tcp-listne:80 => unknown kind of endpoint 'tcp-listne' => listen tcp-listen:80",
    "unix-client => no address given to connect to => unix-client PATH",
    "version => no such mode: 'version' => -V",
    "-v tcp-client -v -V => unexpected argument '-V' => -V",
    "wait --version => unexpected argument '--version' => -V",
    "tls-client version => invalid address: 'version' has no port => -V",
    "unix-server h:80 => 'h:80' is HOST:PORT, and unix-server takes a path, such as './h:80' => tcp-server h:80",
    "unix-client h:http => 'h:http' is HOST:PORT, and unix-client takes a path, such as './h:http' \
        => tcp-client h:http",
    "-v unix-echo :80 => ':80' is HOST:PORT, and unix-echo takes a path, such as './:80' => -v tcp-echo :80",
    "echo => no endpoint given to listen on => echo tcp-listen:PORT",
    "connect tcp:h => endpoint 'tcp:h': invalid address: 'h' has no port => connect tcp:h:PORT",
    "connect localhost 80 => unexpected argument '80' => connect localhost:80",
    "connect tcp-listen:1 => endpoint 'tcp-listen:1': this endpoint listens => listen tcp-listen:1",
    "connect exec:ls => endpoint 'exec:ls': this endpoint is a program => relay - exec:ls",
    "connect tcp:h:1,ca=x => endpoint 'tcp:h:1,ca=x': tcp: has no option 'ca', but tls: does => connect tls:h:1,ca=x",
    "connect ftp://h => endpoint 'ftp://h': unknown kind of endpoint 'ftp' => connect --help",
    "listen tls:80 => endpoint 'tls:80': a TLS server needs cert=FILE (and key=FILE), or self-signed \
        => listen tls:80,self-signed",
    "exec => no command given => exec -- CMD",
    "exec --connect tcp-listen:1 -- a => endpoint 'tcp-listen:1': this endpoint listens \
        => exec --listen tcp-listen:1 -- a",
    "relay => relay needs two endpoints: LEFT and RIGHT => relay tcp-listen:PORT HOST:PORT",
    "relay - => relay needs two endpoints: LEFT and RIGHT => relay - HOST:PORT",
    "relay :8080 h:80 => endpoint ':8080': a bare address connects; a LEFT that listens needs its kind \
        => relay tcp-listen:8080 tcp:h:80",
    "relay '*:80' unix:/s => endpoint '*:80': a bare address connects; a LEFT that listens needs its kind \
        => relay 'tcp-listen:*:80' unix:/s",
    "relay h:80 tcp-listen:8080 => endpoint 'tcp-listen:8080': only LEFT can listen => relay tcp-listen:8080 h:80",
    "relay tcp-listen:80 - => stdin and stdout can serve only one client => relay --once tcp-listen:80 -",
    "relay - tcp:./s => endpoint 'tcp:./s': this is a unix socket, which needs unix: => relay - unix:./s",
    "relay listen:80 h:80 => endpoint 'listen:80': unknown kind of endpoint 'listen' => relay tcp-listen:80 h:80",
    "relay tcp-listne:80 h:80 => endpoint 'tcp-listne:80': unknown kind of endpoint 'tcp-listne' \
        => relay tcp-listen:80 h:80",
    "relay ws-listen:80 h:80 => endpoint 'ws-listen:80': unknown kind of endpoint 'ws-listen' => relay --help",
    "relay @s tls:h:443,alpn=h2,http/1.1 \
        => endpoint 'tls:h:443,alpn=h2,http/1.1': tls: has no option 'http/1.1'; its options are \
        => relay @s tls:h:443,alpn=h2,alpn=http/1.1",
    "echo tcp-listen:80,allow=10.0.0.1,10.0.0.2 \
        => endpoint 'tcp-listen:80,allow=10.0.0.1,10.0.0.2': tcp-listen: has no option '10.0.0.2'; its options are \
        => echo tcp-listen:80,allow=10.0.0.1,allow=10.0.0.2",
    "relay - h:1,idle-timeout=1 \
        => endpoint 'h:1,idle-timeout=1': tcp: has no option 'idle-timeout': it applies to the whole run, not to one \
        end => relay --idle-timeout=1 - h:1",
    "relay - tcp:fd:0 => endpoint 'tcp:fd:0': an inherited socket has no kind before fd: => relay - fd:0",
    "relay --pty - 'shell:a | b' \
        => --pty does nothing with stdin and stdout: exec runs a program on a terminal of its own \
        => exec --pty --shell 'a | b'",
    "relay - exec:ls --pty \
        => --pty does nothing with stdin and stdout: exec runs a program on a terminal of its own => exec --pty -- ls",
    "relay udp-listen:80 - --timeout 3 => stdin and stdout can serve only one peer => udp-server --timeout 3 80",
    "tcp-client 7000 localhost => invalid address '7000 localhost': host and port are swapped \
        => tcp-client localhost 7000",
    "tcp-client 80:localhost => invalid address '80:localhost': host and port are swapped => tcp-client localhost:80",
    "connect tcp:80:127.0.0.1,nodelay=on \
        => endpoint 'tcp:80:127.0.0.1,nodelay=on': invalid address '80:127.0.0.1': host and port are swapped \
        => connect tcp:127.0.0.1:80,nodelay=on",
    "scan 7000 localhost => host and ports are swapped => scan localhost 7000",
    "scan 20-30,80 127.0.0.1 => host and ports are swapped => scan 127.0.0.1 20-30,80",
    "tcp-client localhost:7001 text \
        => invalid address 'localhost:7001 text': 'localhost:7001' is a complete address, but 'text' follows \
        => tcp-client localhost:7001 < text",
    "tcp-client localhost:7001 frob \
        => invalid address 'localhost:7001 frob': 'localhost:7001' is a complete address, but 'frob' follows \
        => tcp-client --help",
    "unix-client localhost:1 => 'localhost:1' is HOST:PORT, and unix-client takes a path, such as './localhost:1' \
        => tcp-client localhost:1",
    "relay tcp-listen:8080:localhost:80 => relay needs two endpoints: LEFT and RIGHT \
        => relay tcp-listen:8080 localhost:80",
    "relay 8080:localhost:80 => relay needs two endpoints: LEFT and RIGHT => relay tcp-listen:8080 localhost:80",
    "tls-client --cafile x => unexpected argument '--cafile' => tls-client --ca x HOST:PORT",
    "exec --listen -- cat => --listen needs a value: EP => exec --listen :PORT -- cat",
    "wait => no endpoint given to wait for => wait HOST:PORT",
    "wait h 80 => host and port must be one word => wait h:80",
    "wait -t 30 h:80 -- ls => unexpected argument '-t' => wait --for 30 h:80 -- ls",
    "wait tcp-listen:80 => endpoint 'tcp-listen:80': this endpoint listens, and wait connects => wait tcp:80",
    "scan h => no ports given => scan h PORTS",
    "scan :22 => invalid host: ':22' has a port: ports are words of their own => scan localhost 22",
    "scan '[::1]:22' => invalid host: '[::1]:22' has a port: ports are words of their own => scan '[::1]' 22",
    "scan tls://h/ 80 81 => invalid host: 'tls://h/' is an endpoint: a scan takes a host without a kind \
        => scan h 80 81",
    "scan -zv h 20-30 => unexpected argument '-zv' => scan -v h 20-30",
    "scan -u h 53 => unexpected argument '-u': UDP cannot be scanned: an open port that does not answer looks like \
        one behind a firewall",
    "scan '' 1 => invalid host: the host is empty => scan --help",
    "relay tcp:h:80,pf=ip4 - => endpoint 'tcp:h:80,pf=ip4': tcp: has no option 'pf': use 4 for IPv4, 6 for IPv6 \
        => relay tcp:h:80,4 -",
    "exec -- => no command given => exec -- CMD",
    "exec --listen :80 -- => no command given => exec --listen :80 -- CMD",
    // Files.
    "relay @s ./handler => endpoint './handler': this is a file, not a socket => relay @s exec:./handler",
    "relay @s './my handler' => endpoint './my handler': this is a file, not a socket \
        => relay @s 'exec:'\\''./my handler'\\'''",
    "relay @s ./text => endpoint './text': this is a file, not a socket => relay --help",
    "relay @s ./folder => endpoint './folder': this is a directory, not a socket => relay --help",
    "relay @s sh => endpoint 'sh': invalid address: 'sh' has no port; the path of a unix socket begins with ./ or / \
        => relay @s exec:sh",
];

/// Lines over TLS. The line to type is never one in plain text.
pub(super) const OVER_TLS: &[Case] = &[
    "tls-client fd:3 => 'fd:3' has no name that the certificate must have: add --server-name NAME \
        => tls-client --server-name NAME fd:3",
    "tls-client -v fd:3 --alpn h2 => 'fd:3' has no name that the certificate must have: add --server-name NAME \
        => tls-client -v --server-name NAME fd:3 --alpn h2",
    "connect tls:fd:3 => endpoint 'tls:fd:3': 'fd:3' has no name that the certificate must have: add server-name=NAME \
        => connect tls:fd:3,server-name=NAME",
    "relay tls:fd:3,alpn=h2 tls:h:443 \
        => endpoint 'tls:fd:3,alpn=h2': 'fd:3' has no name that the certificate must have: add server-name=NAME \
        => relay tls:fd:3,alpn=h2,server-name=NAME tls:h:443",
    "exec --connect tls:fd:3 -- cat => endpoint 'tls:fd:3': 'fd:3' has no name that the certificate must have: \
        add server-name=NAME => exec --connect tls:fd:3,server-name=NAME -- cat",
    "listen tls-listen:fd:3 => endpoint 'tls-listen:fd:3': a TLS server needs cert=FILE (and key=FILE), or self-signed \
        => listen tls-listen:fd:3,self-signed",
    "tls-client tcp:h:80 => 'tcp:h:80' is an endpoint, and tls-client takes addresses => tls-client h:80",
    "tls-server --self-signed tcp-listen:80 => 'tcp-listen:80' is an endpoint, and tls-server takes addresses \
        => tls-server --self-signed 80",
    "tls-client unix:/x => 'unix:/x' is an endpoint, and tls-client takes addresses => tls-client --help",
    "tls-client -u h 443 => unexpected argument '-u' => tls-client --help",
    "tls-client -U ./s => unexpected argument '-U' => tls-client --help",
    "tls-client http://h/ => invalid address: 'http://h/' is a URL, not HOST:PORT => tls-client h:80",
    "connect tls:./s => endpoint 'tls:./s': this is a unix socket, which needs unix: => connect --help",
    "relay tls:./s tls:h:443 => endpoint 'tls:./s': this is a unix socket, which needs unix: => relay --help",
    "exec --listen=tls-listen:./s -- cat => endpoint 'tls-listen:./s': this is a unix socket, which needs unix-listen: \
        => exec --help",
    "ncat --ssl -u h 443 => no such mode: 'ncat' => --help",
];
