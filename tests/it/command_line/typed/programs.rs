//! Lines of scanners, of waiters, of clients for pages, and their addresses.

use super::Case;

/// Lines of nmap and other scanners.
pub(super) const SCANS: &[Case] = &[
    "nmap -p 22,80 h => no such mode: 'nmap' => scan h 22,80",
    "-p 22,80 h => unexpected argument '-p' => scan h 22,80",
    "-sT h => unexpected argument '-sT' => scan h PORTS",
    "nmap -sT h => no such mode: 'nmap' => scan h PORTS",
    "nmap h => no such mode: 'nmap' => scan h PORTS",
    "h 80-90 => no such mode: 'h' => scan h 80-90",
    "h 22 80 => no such mode: 'h' => scan h 22,80",
    "scan -sU h 53 => unexpected argument '-sU': UDP cannot be scanned: an open port that does not answer looks like \
        one behind a firewall",
    "nmap -sU h => no such mode: 'nmap': UDP cannot be scanned: an open port that does not answer looks like one \
        behind a firewall",
    "nmap -sU -p 53 h => no such mode: 'nmap': UDP cannot be scanned: an open port that does not answer looks like \
        one behind a firewall",
    "nmap -sV -p 22 h => no such mode: 'nmap' => scan --banner h 22",
    "nmap -Pn -p 22 h => no such mode: 'nmap' => scan h 22",
    "nmap -p- h => no such mode: 'nmap' => scan h 1-65535",
    "nmap -p 22 -sT h => no such mode: 'nmap' => scan h 22",
    "nmap h -p 22 => no such mode: 'nmap' => scan h 22",
    "nmap -p22,80 h => no such mode: 'nmap' => scan h 22,80",
    "scan -p 22 h => unexpected argument '-p' => scan h 22",
    "scan -p22 h => unexpected argument '-p22' => scan h 22",
    "scan h -p 22 => unexpected argument '-p' => scan h 22",
    "scan -Pn h 22 => unexpected argument '-Pn' => scan h 22",
    "nmap -v -p 22 h => no such mode: 'nmap' => scan -v h 22",
    "nmap --open -p 80 h => no such mode: 'nmap' => scan h 80",
    "nc h 22 80 => no such mode: 'nc' => scan h 22,80",
    "-v h 22 80 => no such mode: 'h' => scan h 22,80",
    "nmap -p 1-1000 h => no such mode: 'nmap' => scan h 1-1000",
    "nmap -p80 h => no such mode: 'nmap' => scan h 80",
    "nmap -sS -p 22 -T4 h => no such mode: 'nmap' => scan h 22",
    "nmap -A h => no such mode: 'nmap' => scan --banner h PORTS",
    "scan h:22 => invalid host: 'h:22' has a port: ports are words of their own => scan h 22",
    "scan --timeout 5 h => no ports given => scan --timeout 5 h PORTS",
];

/// Lines of curl, wget and telnet, and URLs.
pub(super) const PAGES: &[Case] = &[
    "curl -sS http://h/ => no such mode: 'curl' => tcp-client h:80",
    "-sS http://h/ => unexpected argument '-sS' => tcp-client h:80",
    "wget https://h/x => no such mode: 'wget' => tls-client h:443",
    "telnet://h:25 => no such mode: 'telnet://h:25' => tcp-client h:25",
    "curl telnet://h:25 => no such mode: 'curl' => tcp-client h:25",
    "telnet h => no such mode: 'telnet' => tcp-client h:23",
    "wget -qO- http://h/ => no such mode: 'wget' => tcp-client h:80",
    "curl -v http://h/ => no such mode: 'curl' => tcp-client -v h:80",
    "curl -fsSL https://h/x => no such mode: 'curl' => tls-client h:443",
    "curl -I http://h => no such mode: 'curl' => tcp-client h:80",
    "curl -k https://h => no such mode: 'curl'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "curl --insecure https://h => no such mode: 'curl' => tls-client --insecure h:443",
    "curl h:80 => no such mode: 'curl' => tcp-client h:80",
    "curl --connect-timeout 3 http://h/ => no such mode: 'curl' => tcp-client --connect-timeout 3 h:80",
    "curl -m 3 http://h/ => no such mode: 'curl' => tcp-client --timeout 3 h:80",
    "wget --no-check-certificate https://h/x \
        => no such mode: 'wget'; --insecure skips the verification of the certificate => tls-client --insecure h:443",
    "curl -x p:80 http://h/ => no such mode: 'curl': xport does not connect through a proxy; use ncat --proxy",
    "curl telnet://h:23 => no such mode: 'curl' => tcp-client h:23",
    "curl -s h:80/health => no such mode: 'curl' => tcp-client h:80",
    "curl h => no such mode: 'curl' => tcp-client h:80",
    "curl localhost:8080 => no such mode: 'curl' => tcp-client localhost:8080",
    "curl --cacert ca https://h => no such mode: 'curl' => tls-client --ca ca h:443",
    "curl -XPOST http://h => no such mode: 'curl': xport makes no requests of HTTP: stdin goes to the server as it is",
    "curl -d x http://h => no such mode: 'curl': xport makes no requests of HTTP: stdin goes to the server as it is",
    "curl -o f http://h => no such mode: 'curl': the answer goes to stdout: use > FILE",
    "curl -vk https://h => no such mode: 'curl'; --insecure skips the verification of the certificate \
        => tls-client --insecure -v h:443",
    "curl --tlsv1.3 https://h => no such mode: 'curl' => tls-client --tls-min 1.3 h:443",
    "wget h => no such mode: 'wget' => tcp-client h:80",
    "telnet h 80 => no such mode: 'telnet' => tcp-client h:80",
    "telnet h:80 => no such mode: 'telnet' => tcp-client h:80",
    "curl --resolve h:443:1.2.3.4 https://h/ => no such mode: 'curl' => tls-client --server-name h 1.2.3.4:443",
    "curl https://h/ --resolve=h:443:::1 => no such mode: 'curl' => tls-client --server-name h '[::1]:443'",
    "curl --resolve h:80:1.2.3.4 http://h/ => no such mode: 'curl' => tcp-client 1.2.3.4:80",
    "curl --resolve x:443:1.2.3.4 https://h/ => no such mode: 'curl' => tls-client h:443",
    "curl --unix-socket /run/s http://h/path => no such mode: 'curl' => unix-client /run/s",
    "curl https://h/ --unix-socket /run/s => no such mode: 'curl': xport has no TLS on unix sockets",
    "tcp-client tcp://h:80 => 'tcp://h:80' is an endpoint, and tcp-client takes addresses => tcp-client h:80",
];

/// Lines of wait-for-it, dockerize and nc, which wait for a service.
pub(super) const WAITS: &[Case] = &[
    "wait h/80 => endpoint 'h/80': invalid address: 'h/80' has no port; the path of a unix socket begins with ./ or \
        / => wait h:80",
    "wait postgres://h:5432/db => endpoint 'postgres://h:5432/db': unknown kind of endpoint 'postgres' => wait h:5432",
    "wait postgres://h/db => endpoint 'postgres://h/db': unknown kind of endpoint 'postgres' => wait h:5432",
    "wait postgresql://u:p@h:5432/db \
        => endpoint 'postgresql://u:p@h:5432/db': unknown kind of endpoint 'postgresql' => wait h:5432",
    "wait mysql://h/db => endpoint 'mysql://h/db': unknown kind of endpoint 'mysql' => wait h:3306",
    "wait redis://h => endpoint 'redis://h': unknown kind of endpoint 'redis' => wait h:6379",
    "wait amqp://h => endpoint 'amqp://h': unknown kind of endpoint 'amqp' => wait h:5672",
    "wait mongodb://h/db => endpoint 'mongodb://h/db': unknown kind of endpoint 'mongodb' => wait h:27017",
    "wait postgres://h:5432/db -- ./app => endpoint 'postgres://h:5432/db': unknown kind of endpoint 'postgres' \
        => wait h:5432 -- ./app",
    "wait ssh://h => endpoint 'ssh://h': unknown kind of endpoint 'ssh' => wait h:22",
    "wait smtp://h => endpoint 'smtp://h': unknown kind of endpoint 'smtp' => wait h:25",
    "wait ldap://h => endpoint 'ldap://h': unknown kind of endpoint 'ldap' => wait h:389",
    "h:5432 -t 30 -- ./app => no such mode: 'h:5432' => wait --for 30 h:5432 -- ./app",
    "-t 5 h:80 => unexpected argument '-t' => wait --for 5 h:80",
    "dockerize -wait tcp://db:5432 -timeout 30s => no such mode: 'dockerize' => wait --for 30s db:5432",
    "-wait tcp://db:5432 -timeout 30s cmd => unexpected argument '-wait' => wait --for 30s db:5432 -- cmd",
    "wait-for-it.sh h:80 -t 30 -- cmd => no such mode: 'wait-for-it.sh' => wait --for 30 h:80 -- cmd",
    "./wait-for h:80 -- cmd => no such mode: './wait-for' => wait h:80 -- cmd",
    "wait-for-it h:80 => no such mode: 'wait-for-it' => wait h:80",
    "nc -vz h 80 => no such mode: 'nc' => wait -v h:80",
    "nc -zvw3 h 22 => no such mode: 'nc' => wait -v --connect-timeout 3 h:22",
    "wait-for-it h:80 -- ls => no such mode: 'wait-for-it' => wait h:80 -- ls",
    "wait-for-it.sh -h h -p 80 => no such mode: 'wait-for-it.sh' => wait h:80",
    "wait-for-it --host=h --port=80 -t 5 -- ls => no such mode: 'wait-for-it' => wait --for 5 h:80 -- ls",
    "wait-for db:5432 redis:6379 -- ls => no such mode: 'wait-for' => wait db:5432 redis:6379 -- ls",
    "dockerize -wait http://h/ -wait tcp://db:1 ls => no such mode: 'dockerize' => wait http://h/ db:1 -- ls",
    "wait h:80 --timeout 5 => unexpected argument '--timeout' => wait --for 5 h:80",
    "wait localhost => endpoint 'localhost': invalid address: 'localhost' has no port; the path of a unix socket \
        begins with ./ or / => wait localhost:PORT",
];

/// Addresses in the forms of other programs, and addresses in the place of a program.
pub(super) const ADDRESSES: &[Case] = &[
    "tcp-client 'h : 80' => invalid address 'h : 80': host 'h ' has the character ' ' => tcp-client h:80",
    "tcp-client ' h:80' => invalid address ' h:80': host ' h' has the character ' ' => tcp-client h:80",
    "tcp-client 'h:80 ' => invalid address 'h:80 ': port '80 ' is neither a number nor a known service \
        => tcp-client h:80",
    "tcp-client 'h 80' => invalid address: 'h 80' has no port => tcp-client h:80",
    "tcp-client h/80 => invalid address: 'h/80' has no port => tcp-client h:80",
    "tcp-client h:80/index.html \
        => invalid address 'h:80/index.html': port '80/index.html' is neither a number nor a known service \
        => tcp-client h:80",
    "tcp-client h:80/ => invalid address 'h:80/': port '80/' is neither a number nor a known service \
        => tcp-client h:80",
    "tcp-client 'h: 80' => invalid address 'h: 80': port ' 80' is neither a number nor a known service \
        => tcp-client h:80",
    "tcp-client h:80,  => invalid address 'h:80,': port '80,' is neither a number nor a known service \
        => tcp-client h:80",
    "tls-client h/443 => invalid address: 'h/443' has no port => tls-client h:443",
    "relay - h/80 => endpoint 'h/80': invalid address: 'h/80' has no port; the path of a unix socket begins with ./ \
        or / => relay - h:80",
    "connect h/80 => endpoint 'h/80': invalid address: 'h/80' has no port; the path of a unix socket begins with ./ \
        or / => connect h:80",
    "connect 'h 80' => endpoint 'h 80': invalid address: 'h 80' has no port; the path of a unix socket begins with \
        ./ or / => connect h:80",
    "connect ' h:80' => endpoint ' h:80': invalid address ' h:80': host ' h' has the character ' ' => connect h:80",
    "udp-client 'h:53 ' => invalid address 'h:53 ': port '53 ' is neither a number nor a known service \
        => udp-client h:53",
    "exec :7000 -- ./handler => ':7000' is an address, not a program: --listen or --connect is missing \
        => exec --listen :7000 -- ./handler",
    "exec 7000 -- ./handler => '7000' is an address, not a program: --listen or --connect is missing \
        => exec --listen 7000 -- ./handler",
    "exec tcp-listen:7000 -- ./handler \
        => 'tcp-listen:7000' is an address, not a program: --listen or --connect is missing \
        => exec --listen tcp-listen:7000 -- ./handler",
    "exec h:80 -- ./handler => 'h:80' is an address, not a program: --listen or --connect is missing \
        => exec --connect h:80 -- ./handler",
    "relay - PTY,link=/tmp/x \
        => endpoint 'PTY,link=/tmp/x': unknown kind of endpoint 'PTY': exec --pty runs a program on a terminal",
    "relay - PTY => endpoint 'PTY': unknown kind of endpoint 'PTY': exec --pty runs a program on a terminal",
    "- PTY,link=/x => no such mode: '-': exec --pty runs a program on a terminal",
    "exec :7000 ./handler => ':7000' is an address, not a program: --listen or --connect is missing \
        => exec --listen :7000 -- ./handler",
    "exec --pty :7000 ./handler => ':7000' is an address, not a program: --listen or --connect is missing \
        => exec --pty --listen :7000 -- ./handler",
    "exec h:80 --shell ls => 'h:80' is an address, not a program: --listen or --connect is missing \
        => exec --connect h:80 --shell ls",
    "exec unix:./s ./handler => 'unix:./s' is an address, not a program: --listen or --connect is missing \
        => exec --listen unix:./s -- ./handler",
    "tcp-client h.80 => invalid address: 'h.80' has no port => tcp-client h.80:PORT",
    "tcp-client //h:80 => invalid address '//h:80': this is a unix socket: use a unix mode => tcp-client h:80",
    "tcp-client user@h:22 => invalid address 'user@h:22': host 'user@h' has the character '@' => tcp-client h:22",
    "tcp-client 10.0.0.1 => invalid address: '10.0.0.1' has no port => tcp-client 10.0.0.1:PORT",
    "tcp-client 10.0.0.1.80 => invalid address: '10.0.0.1.80' has no port => tcp-client 10.0.0.1.80:PORT",
    "tcp-server :80 -- cat => invalid address ':80 cat': ':80' is a complete address, but 'cat' follows \
        => exec --once --listen :80 -- cat",
    "relay tcp-listen:80 h \
        => endpoint 'h': invalid address: 'h' has no port; the path of a unix socket begins with ./ or / \
        => relay tcp-listen:80 h:PORT",
];
