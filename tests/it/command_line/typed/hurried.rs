//! Lines of any program with slips, and options with wrong values.

use super::Case;

/// Lines for which xport knows another way.
pub(super) const OTHER_WAYS: &[Case] = &[
    "wait 'http://localhost:80/500#x' \
        => endpoint 'http://localhost:80/500#x': the URL has a fragment, '#x', which is never sent \
        => wait http://localhost:80/500",
    "wait 'https://localhost/?q=1#y' \
        => endpoint 'https://localhost/?q=1#y': the URL has a fragment, '#y', which is never sent \
        => wait 'https://localhost/?q=1'",
    "wait 'HTTP://localhost/#y' \
        => endpoint 'HTTP://localhost/#y': the URL has a fragment, '#y', which is never sent => wait HTTP://localhost/",
    "wait a:80,b:443 => endpoint 'a:80,b:443': tcp: has no option 'b:443'; its options are => wait a:80 b:443",
    "relay tcp-listen:2000 /dev/ttyUSB0,b115200,raw \
        => endpoint '/dev/ttyUSB0,b115200,raw': xport has no serial lines; use socat",
    "relay tcp-listen:1 /dev/null => endpoint '/dev/null': this is a device, not a socket => relay --help",
    "relay /dev/ttyS0 - => endpoint '/dev/ttyS0': xport has no serial lines; use socat",
    "tls-client wss://h/path \
        => invalid address: 'wss://h/path' is a URL, not HOST:PORT: xport has no WebSocket; use websocat",
    "connect ws://h/path => endpoint 'ws://h/path': unknown kind of endpoint 'ws': xport has no WebSocket; use \
        websocat",
    "tcp-client --proxy p:80 h:80 \
        => unexpected argument '--proxy': xport does not connect through a proxy; use ncat --proxy",
    "relay --proxy p:80 - h:80 \
        => unexpected argument '--proxy': xport does not connect through a proxy; use ncat --proxy",
    "tcp-server --chat :80 \
        => unexpected argument '--chat': xport does not pass on what one client says to the others; use ncat",
    "tls-client --cipher X h:443 \
        => unexpected argument '--cipher': xport has no choice of ciphers; --tls-min 1.3 excludes those of older \
        versions",
    r"udp-client --crlf h:80 => unexpected argument '--crlf': datagrams are not lines; write \r\n with printf",
    "wait --crlf h:80 => unexpected argument '--crlf': no data is sent",
    "help relay listen => help is followed by one mode and nothing else => relay --help",
    "exec --listen :7000 -c ls => unexpected argument '-c' => exec --listen :7000 --shell ls",
    "relay - - => only one side can be stdin and stdout => relay - HOST:PORT",
    "man => no such mode: 'man' => --man | man -l -",
    "help man => no such mode: 'man' => --man | man -l -",
    "relay tcp-listen:2003 'exec:cat >/dev/null' \
        => endpoint 'exec:cat >/dev/null': exec: runs no shell, so '>/dev/null' would be an argument: use shell: \
        => relay tcp-listen:2003 'shell:cat >/dev/null'",
    "relay tcp-listen:2003 'exec:a && b' \
        => endpoint 'exec:a && b': exec: runs no shell, so '&&' would be an argument: use shell: \
        => relay tcp-listen:2003 'shell:a && b'",
    "-l -p 9899 --allow 10.0.0.0/8 => unexpected argument '-l' => tcp-server --allow 10.0.0.0/8 '*:9899'",
    "-l --allow=::1,10.0.0.0/8 :9899 => unexpected argument '-l' => tcp-server --allow=::1,10.0.0.0/8 '*:9899'",
    "-lk -e ./handler --allow 10.0.0.1 9899 => unexpected argument '-lk' \
        => exec --allow 10.0.0.1 --listen '*:9899' -- ./handler",
    "-l -p 9899 --allow 127.0.0.0/8 \
        => unexpected argument '-l'; a port alone is on the loopback, '*:9899' on every interface \
        => tcp-server --allow 127.0.0.0/8 :9899",
];

/// Lines of any program, typed in a hurry.
pub(super) const HURRIED: &[Case] = &[
    "tls-client --sni x h:443 => unexpected argument '--sni' => tls-client --server-name x h:443",
    "tls-client --no-verify h:443 \
        => unexpected argument '--no-verify'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "tls-client --noverify h:443 \
        => unexpected argument '--noverify'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "tls-client --showcerts h:443 => unexpected argument '--showcerts' => tls-client --show-chain h:443",
    "tls-client --verify h:443 => unexpected argument '--verify' => tls-client h:443",
    "tls-client -verify h:443 => unexpected argument '-verify' => tls-client h:443",
    "tls-client -verify 1 h:443 => unexpected argument '-verify' => tls-client h:443",
    "tls-client -showcerts h:443 => unexpected argument '-showcerts' => tls-client --show-chain h:443",
    "tls-client --skip-verify h:443 \
        => unexpected argument '--skip-verify'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "tls-client --tls1.3 h:443 => unexpected argument '--tls1.3' => tls-client --tls-min 1.3 h:443",
    "tls-client -servername x h:443 => unexpected argument '-servername' => tls-client --server-name x h:443",
    "tls-client --servername x h:443 => unexpected argument '--servername' => tls-client --server-name x h:443",
    "tls-client --no-check-certificate h:443 \
        => unexpected argument '--no-check-certificate'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "tls-client -insecure h:443 => unexpected argument '-insecure' => tls-client --insecure h:443",
    "tls-client --tlsv1.2 h:443 => unexpected argument '--tlsv1.2' => tls-client --tls-min 1.2 h:443",
    "tls-client --capath /x h:443 \
        => unexpected argument '--capath': xport reads one file of authorities: use --ca FILE",
    "tls-client --hostname x h:443 => unexpected argument '--hostname' => tls-client --server-name x h:443",
    "relay - SOCKS4A:h:80:x:1 \
        => endpoint 'SOCKS4A:h:80:x:1': unknown kind of endpoint 'SOCKS4A': xport does not connect through a proxy; \
        use ncat --proxy",
    "relay - SOCKS5:h:80 => endpoint 'SOCKS5:h:80': unknown kind of endpoint 'SOCKS5': xport does not connect \
        through a proxy; use ncat --proxy",
    "relay - FILE:/etc/x => endpoint 'FILE:/etc/x': unknown kind of endpoint 'FILE': write - and redirect it: < FILE \
        or > FILE",
    "relay - OPEN:/etc/x => endpoint 'OPEN:/etc/x': unknown kind of endpoint 'OPEN': write - and redirect it: < FILE \
        or > FILE",
    "relay - TUN:1 => endpoint 'TUN:1': unknown kind of endpoint 'TUN': xport has no network interfaces of its own",
    "relay - TUN:10.0.0.1/24 \
        => endpoint 'TUN:10.0.0.1/24': unknown kind of endpoint 'TUN': xport has no network interfaces of its own",
    "TUN:1 => no such mode: 'TUN:1': xport has no network interfaces of its own",
    "relay -L 8080:h:80 => unexpected argument '-L' => relay tcp-listen:8080 h:80",
    "-L 8080:h:80 => unexpected argument '-L'; a port alone is on the loopback, 'tcp-listen:*:8080' on every \
        interface => relay tcp-listen:8080 h:80",
    "ssh -L 8080:h:80 me@x => no such mode: 'ssh': xport does not speak SSH",
    "relay - exec: => endpoint 'exec:': no command given => exec -- CMD",
    "relay - shell: => endpoint 'shell:': no command given => exec -- CMD",
    "tls-client --pin h:443 \
        => invalid value 'h:443' for '--pin <sha256:HEX>': a pin is sha256: and 64 hexadecimal digits",
    "connect => no endpoint given to connect to => connect HOST:PORT",
    "nc h => no such mode: 'nc' => tcp-client h:PORT",
    "tcp-client -timeout 3 h:80 => unexpected argument '-timeout' => tcp-client --timeout 3 h:80",
    "nc -lvp 4444 => no such mode: 'nc'; a port alone is on the loopback, '*:4444' on every interface \
        => tcp-server -v :4444",
    "nc -l -p 4444 -e /bin/bash \
        => no such mode: 'nc'; a port alone is on the loopback, '*:4444' on every interface \
        => exec --once --listen :4444 -- /bin/bash",
    "nc -u -l 53 => no such mode: 'nc'; a port alone is on the loopback, '*:53' on every interface => udp-server :53",
    "nc h:80 => no such mode: 'nc' => tcp-client h:80",
    "nc -w1 h 80 => no such mode: 'nc' => tcp-client --connect-timeout 1 --idle-timeout 1 h:80",
    "nc -4 h 80 => no such mode: 'nc' => tcp-client -4 h:80",
    "ncat -lk 80 -c cat => no such mode: 'ncat'; a port alone is on the loopback, '*:80' on every interface \
        => exec --listen :80 --shell cat",
    "ncat --ssl h 443 => no such mode: 'ncat' => tls-client h:443",
    "ncat -l 80 --allow 10.0.0.1 => no such mode: 'ncat' => tcp-server --allow 10.0.0.1 '*:80'",
    "ncat --sh-exec 'echo hi' -l 80 \
        => no such mode: 'ncat'; a port alone is on the loopback, '*:80' on every interface \
        => exec --once --listen :80 --shell 'echo hi'",
    "ncat --proxy p:1 h 80 => no such mode: 'ncat': xport does not connect through a proxy; use ncat --proxy",
    "ncat -v --ssl-verify h 443 => no such mode: 'ncat' => tls-client -v h:443",
    "socat - tcp:h:80 => no such mode: 'socat' => relay - tcp:h:80",
    "socat TCP-LISTEN:80,fork,reuseaddr EXEC:cat \
        => no such mode: 'socat'; a port alone is on the loopback, 'tcp-listen:*:80' on every interface \
        => relay tcp-listen:80 exec:cat",
    "socat -v tcp-l:80,fork tcp:h:80 \
        => no such mode: 'socat'; a port alone is on the loopback, 'tcp-listen:*:80' on every interface \
        => relay -v tcp-listen:80 tcp:h:80",
    "socat STDIO TCP4:h:80 => no such mode: 'socat' => tcp-client -4 h:80",
    "socat tcp-listen:80 - => no such mode: 'socat' => listen tcp-listen:80",
    "socat - UNIX-CONNECT:/s => no such mode: 'socat' => unix-client /s",
    "socat UDP-RECV:53 - => no such mode: 'socat'; a port alone is on the loopback, '*:53' on every interface \
        => udp-server 53",
    "openssl s_client h:443 => no such mode: 'openssl' => tls-client h:443",
    "openssl s_client -connect h:443 -servername h => no such mode: 'openssl' => tls-client --server-name h h:443",
    "openssl s_client -connect h => no such mode: 'openssl' => tls-client h:PORT",
    "openssl s_client -showcerts -connect h:443 => no such mode: 'openssl' => tls-client --show-chain h:443",
    "openssl s_client -host h -port 443 => no such mode: 'openssl' => tls-client h:443",
    "openssl s_server -accept 443 -cert c -key k \
        => no such mode: 'openssl'; a port alone is on the loopback, '*:443' on every interface \
        => tls-server -k --cert c --key k :443",
    "s_client h:443 => no such mode: 's_client' => tls-client h:443",
    "ssh h => no such mode: 'ssh': xport does not speak SSH",
    "ssh -L 8080:h:80 x => no such mode: 'ssh': xport does not speak SSH",
    "ssh -R 80:h:80 x => no such mode: 'ssh': xport does not speak SSH",
    "serve 80 => no such mode: 'serve' => tcp-server 80",
    "relay 80 h:80 => endpoint '80': a bare address connects; a LEFT that listens needs its kind \
        => relay tcp-listen:80 tcp:h:80",
    "relay 8080 8081 => endpoint '8080': a bare address connects; a LEFT that listens needs its kind \
        => relay tcp-listen:8080 tcp:8081",
    "relay :8080 :80 => endpoint ':8080': a bare address connects; a LEFT that listens needs its kind \
        => relay tcp-listen:8080 tcp::80",
    "tcp-cient h:80 => no such mode: 'tcp-cient' => tcp-client h:80",
    "tcp-sever :80 => no such mode: 'tcp-sever' => tcp-server :80",
    "tls-sever :80 => no such mode: 'tls-sever' => tls-server --self-signed :80",
    "udp-cleint h:1 => no such mode: 'udp-cleint' => udp-client h:1",
    "tcp-client -p 80 h => unexpected argument '-p' => tcp-client h:80",
    "tcp-client --port 80 h => unexpected argument '--port' => tcp-client h:80",
    "tcp-client --host h --port 80 => unexpected argument '--host' => tcp-client h:80",
    "tcp-client --port=80 --host=h => unexpected argument '--port' => tcp-client h:80",
    "tcp-server -p 80 => unexpected argument '-p' => tcp-server :80",
    "tcp-server --port 80 => unexpected argument '--port' => tcp-server :80",
    "tcp-server -l 80 => unexpected argument '-l' => tcp-server :80",
    "tcp-server --bind 0.0.0.0:80 => unexpected argument '--bind' => tcp-server 0.0.0.0:80",
    "tcp-server --exec cat 80 => unexpected argument '--exec' => exec --once --listen :80 -- cat",
    "tcp-server -e cat 80 => unexpected argument '-e' => exec --once --listen :80 -- cat",
    "tcp-server :80 -c 'ls' => unexpected argument '-c' => exec --once --listen :80 --shell ls",
    "tls-server :443 => a TLS server needs --cert FILE (and --key FILE), or --self-signed \
        => tls-server --self-signed :443",
    "scan h 22- => invalid ports: '22-' is neither a range such as 8000-8010 nor a known service",
    "scan h all => invalid ports: 'all' is neither a number nor a known service",
    "relay h:80 => relay needs two endpoints: LEFT and RIGHT => relay h:80 HOST:PORT",
    "relay tcp-listen:80 h 80 => unexpected argument '80' => relay tcp-listen:80 h:80",
    "relay stdin h:80 => endpoint 'stdin': unknown kind of endpoint 'stdin' => relay - h:80",
    "exec --listen :80  => no command given => exec --listen :80 -- CMD",
    "exec -c 'ls' => unexpected argument '-c' => exec --shell ls",
    "exec --listen :80 -c ls => unexpected argument '-c' => exec --listen :80 --shell ls",
    "-version => unexpected argument '-version' => -V",
];

/// Options without a value, or with a wrong one. The error says what is right.
pub(super) const VALUES: &[Case] = &[
    r"$(printf 'tcp-cl\377') h => no such mode: 'tcp-cl\xff' => --help",
    r"tcp-client --fo$(printf '\377') h:80 => unexpected argument '--fo\xff' => tcp-client --help",
    r"tcp-client -v$(printf '\377') h:80 => unexpected argument '-v\xff' => tcp-client --help",
    "tcp-client --color $(printf '\\377') h:80 \
        => invalid value '\\xff' for '--color <WHEN>': must be auto, always or never",
    "tcp-client --retry=-1 h:80 => invalid value '-1' for '--retry <N|forever>': must be 0 or more, or forever",
    "tcp-client --retry -1 h:80 => invalid value '-1' for '--retry <N|forever>': must be 0 or more, or forever",
    "tcp-client --timeout 1m30s h:80 => invalid value '1m30s' for '--timeout <DUR>': not a duration: write 90s",
    "tcp-client --timeout 30sec h:80 => invalid value '30sec' for '--timeout <DUR>': not a duration: write 30s",
    "tcp-client --timeout '5 s' h:80 => invalid value '5 s' for '--timeout <DUR>': not a duration: write 5s",
    "tcp-client --high-water 64KB h:80 => invalid value '64KB' for '--high-water <SIZE>': not a size: write 64K",
    "tcp-client --high-water 1.5M h:80 => invalid value '1.5M' for '--high-water <SIZE>': not a size: write 1536K",
    "tcp-client --high-water '1 MiB' h:80 => invalid value '1 MiB' for '--high-water <SIZE>': not a size: write 1M",
    "tcp-client --connect-timeout => --connect-timeout needs a value: DUR, such as 10s",
    "tcp-client --color => --color needs a value: auto, always or never",
    "tcp-client --color= h:80 => --color needs a value: auto, always or never",
    "tcp-client --timeout= h:80 => invalid value '' for '--timeout <DUR>': not a duration such as 250ms, 10s, 2m or 1h",
    "tls-client --ca => --ca needs a value: FILE",
    "exec --env => --env needs a value: K=V",
    "wait --for -- x => invalid value '--' for '--for <DUR>': not a duration such as 250ms, 10s, 2m or 1h",
    "exec --listen => --listen needs a value: EP => exec --listen :PORT -- CMD",
    "tcp-server --listen => --listen needs a value: ADDR => tcp-server --listen :PORT",
    "tcp-client --keepalive => --keepalive needs a value: DUR|off, such as 10s",
    "tcp-client --nodelay h:80 => invalid value 'h:80' for '--nodelay <WHEN>': must be on or off",
    "tcp-client --nodelay=maybe h:80 => invalid value 'maybe' for '--nodelay <WHEN>': must be on or off",
    "--completions => --completions needs a value: bash, elvish, fish, powershell or zsh",
    "--completions fsh => invalid value 'fsh' for '--completions <SHELL>': must be bash, elvish, fish, powershell or \
        zsh",
    "--man x => invalid value 'x' for '--man [<PAGE>]': must be xport or endpoints",
    "tls-client h:443 --tls-min tls1.2 => invalid value 'tls1.2' for '--tls-min <VERSION>': must be 1.2 or 1.3",
];
