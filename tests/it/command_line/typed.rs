//! Lines that people type by mistake or from habit, and the one line that answers each of them.
//!
//! Each wrong line is refused with status 2. The answer is the error and the line to type, and nothing else. The
//! program accepts the line to type: it is run without room for descriptors, so it is not refused, and opens nothing.

use crate::harness::*;

/// What was typed after `xport`, as a shell reads it; the error; and the line to type after `xport`. An empty line means
/// that the error is all.
type Case = (&'static str, &'static str, &'static str);

/// Lines of nc and ncat.
const NETCAT: &[Case] = &[
    ("host 80", "no such mode: 'host'", "tcp-client host:80"),
    ("h:80", "no such mode: 'h:80'", "tcp-client h:80"),
    ("host:80 -v", "no such mode: 'host:80'", "tcp-client -v host:80"),
    ("::1 80", "no such mode: '::1'", "tcp-client '[::1]:80'"),
    ("-v --timeout 3 h 80", "unexpected argument '--timeout'", "tcp-client -v --timeout 3 h:80"),
    ("8080", "no such mode: '8080'; a port alone is on the loopback, '*:8080' on every interface", "tcp-server :8080"),
    (":8080", "no such mode: ':8080'", "tcp-server :8080"),
    ("./sock", "no such mode: './sock'", "unix-client ./sock"),
    ("/run/x.sock", "no such mode: '/run/x.sock'", "unix-client /run/x.sock"),
    ("@name", "no such mode: '@name'", "unix-client @name"),
    (
        "-l 1234",
        "unexpected argument '-l'; a port alone is on the loopback, '*:1234' on every interface",
        "tcp-server :1234",
    ),
    ("-l", "unexpected argument '-l'", "tcp-server :PORT"),
    ("-l 99999", "unexpected argument '-l'", "--help"),
    (
        "-lvnp 4444",
        "unexpected argument '-lvnp'; a port alone is on the loopback, '*:4444' on every interface",
        "tcp-server -n -v :4444",
    ),
    (
        "-lk -p 80",
        "unexpected argument '-lk'; a port alone is on the loopback, '*:80' on every interface",
        "tcp-server -k :80",
    ),
    ("-l 127.0.0.1 80", "unexpected argument '-l'", "tcp-server 127.0.0.1:80"),
    ("-l -s ::1 -p 80", "unexpected argument '-l'", "tcp-server '[::1]:80'"),
    ("-l '*' 80", "unexpected argument '-l'", "tcp-server '*:80'"),
    ("nc -l 80", "no such mode: 'nc'; a port alone is on the loopback, '*:80' on every interface", "tcp-server :80"),
    ("-u h 53", "unexpected argument '-u'", "udp-client h:53"),
    (
        "-u -l 53",
        "unexpected argument '-u'; a port alone is on the loopback, '*:53' on every interface",
        "udp-server :53",
    ),
    ("-u -w 1 h 8125", "unexpected argument '-u'", "udp-client --linger 1 h:8125"),
    ("-bu 255.255.255.255 9", "unexpected argument '-bu'", "udp-client --broadcast 255.255.255.255:9"),
    ("-U /s", "unexpected argument '-U'", "unix-client /s"),
    ("-lU 'a b'", "unexpected argument '-lU'", "unix-server 'a b'"),
    ("-z h 22", "unexpected argument '-z'", "wait h:22"),
    ("-zv -w 3 h 22", "unexpected argument '-zv'", "wait -v --connect-timeout 3 h:22"),
    ("-zU /s", "unexpected argument '-zU'", "wait /s"),
    ("tcp-client -z h 80", "unexpected argument '-z'", "wait h:80"),
    ("-zv h 20-30", "unexpected argument '-zv'", "scan h 20-30"),
    ("-z h 22 80", "unexpected argument '-z'", "scan h 22,80"),
    ("-e /bin/sh h 4444", "unexpected argument '-e'", "exec --connect h:4444 -- /bin/sh"),
    (
        "-l -e \"sh -c 'a b'\" 127.0.0.1 80",
        "unexpected argument '-l'",
        "exec --once --listen 127.0.0.1:80 -- sh -c 'a b'",
    ),
    ("-c 'a | b' h 80", "unexpected argument '-c'", "exec --connect h:80 --shell 'a | b'"),
    ("--sh-exec ls -lk ::1 80", "unexpected argument '--sh-exec'", "exec --listen '[::1]:80' --shell ls"),
    ("-lu 127.0.0.1 53 -e cat", "unexpected argument '-lu'", "relay udp-listen:127.0.0.1:53 exec:cat"),
    ("-w 3 h 80", "unexpected argument '-w'", "tcp-client --connect-timeout 3 --idle-timeout 3 h:80"),
    ("-i 5 h 80", "unexpected argument '-i'", "tcp-client --idle-timeout 5 h:80"),
    ("-q 1 h 80", "no such mode: '1'", "tcp-client --quit-after 1 h:80"),
    ("-q -1 h 80", "unexpected argument '-1'", "tcp-client h:80"),
    ("-N h 80", "unexpected argument '-N'", "tcp-client h:80"),
    ("-d h 80", "unexpected argument '-d'", "tcp-client --recv-only h:80"),
    ("-p 99 h 80", "unexpected argument '-p'", "tcp-client --source :99 h:80"),
    ("-s 127.0.0.1 h 80", "unexpected argument '-s'", "tcp-client --source 127.0.0.1 h:80"),
    ("-C h 25", "unexpected argument '-C'", "tcp-client --crlf h:25"),
    ("-4 h 80", "unexpected argument '-4'", "tcp-client -4 h:80"),
    ("-6 h 80", "unexpected argument '-6'", "tcp-client -6 h:80"),
    ("-I 4096 h 80", "unexpected argument '-I'", "tcp-client --recv-buffer 4096 h:80"),
    ("-O 4096 h 80", "unexpected argument '-O'", "tcp-client --send-buffer 4096 h:80"),
    ("-T 16 h 80", "unexpected argument '-T'", "tcp-client --tos 16 h:80"),
    ("-M 5 h 80", "unexpected argument '-M'", "tcp-client --ttl 5 h:80"),
    ("-o dump h 80", "unexpected argument '-o'", "tcp-client --dump dump h:80"),
    ("-x out.hex h 80", "unexpected argument '-x'", "tcp-client --dump out.hex h:80"),
    ("-x proxy:1080 h 80", "unexpected argument '-x': xport does not connect through a proxy", ""),
    ("-X 5 h 80", "unexpected argument '-X': xport does not connect through a proxy", ""),
    ("-t h 23", "unexpected argument '-t': xport does not negotiate as telnet does", ""),
    ("--chat -l 80", "unexpected argument '--chat': xport does not pass on what one client says to the others", ""),
    ("--broker -l 80", "unexpected argument '--broker': xport does not pass on what one client says to the others", ""),
    ("--send-only h p", "unexpected argument '--send-only'", "--help"),
    ("--send-only h 9", "unexpected argument '--send-only'", "tcp-client --send-only h:9"),
    ("--recv-only h 9", "unexpected argument '--recv-only'", "tcp-client --recv-only h:9"),
    ("--allow ::1 -lk ::1 80", "unexpected argument '--allow'", "tcp-server -k --allow ::1 '[::1]:80'"),
    ("--no-shutdown h 80", "unexpected argument '--no-shutdown'", "tcp-client --no-half-close h:80"),
    ("--ssl h 443", "unexpected argument '--ssl'", "tls-client h:443"),
    ("--ssl-verify h 443", "unexpected argument '--ssl-verify'", "tls-client h:443"),
    ("-l --ssl ::1 443", "unexpected argument '-l'", "tls-server --self-signed '[::1]:443'"),
    ("--cacert x h 443", "unexpected argument '--cacert'", "tls-client --ca x h:443"),
    ("tls-client -k h:443", "unexpected argument '-k'", "tls-client h:443"),
    ("tls h:443 --keep-open", "unexpected argument '--keep-open'", "tls-client h:443"),
    ("tls-client h:443 -noverify", "unexpected argument '-noverify'", "tls-client --help"),
    ("tls-client -o dump h:443", "unexpected argument '-o'", "tls-client --help"),
    ("-l 80 --max-conns 0", "unexpected argument '-l'", "--help"),
    ("-l 80 --max-conns x", "unexpected argument '-l'", "--help"),
    ("-lk ::1 80 -m 3", "unexpected argument '-lk'", "tcp-server -k '[::1]:80'"),
    (
        "ncat -l --ssl --ssl-verify 443",
        "no such mode: 'ncat': --client-ca FILE verifies clients, and a line without it would serve everybody",
        "",
    ),
    (
        "-l --ssl --ssl-verify --ssl-trustfile ca --ssl-cert c ::1 443",
        "unexpected argument '-l'",
        "tls-server --cert c --client-ca ca '[::1]:443'",
    ),
    ("--ssl-trustfile ca h 443", "unexpected argument '--ssl-trustfile'", "tls-client --ca ca h:443"),
    ("tcp-echo -k :80", "unexpected argument '-k'", "tcp-echo :80"),
    ("tcp-client -u", "unexpected argument '-u'", "udp-client HOST:PORT"),
    ("telnet h 23", "no such mode: 'telnet'", "tcp-client h:23"),
];

/// Lines of socat and openssl.
const OTHERS: &[Case] = &[
    (
        "TCP-LISTEN:8080,fork,reuseaddr TCP:h:80",
        "no such mode: 'TCP-LISTEN:8080,fork,reuseaddr'; a port alone is on the loopback, 'tcp-listen:*:8080' on every \
         interface",
        "relay tcp-listen:8080 tcp:h:80",
    ),
    (
        "TCP4-LISTEN:80,bind=127.0.0.1,range=10.0.0.0/8,max-children=3 UNIX-CONNECT:/s",
        "no such mode: 'TCP4-LISTEN:80,bind=127.0.0.1,range=10.0.0.0/8,max-children=3'",
        "relay --once tcp-listen:127.0.0.1:80,4,allow=10.0.0.0/8,max-conns=3 unix:/s",
    ),
    (
        "UNIX-LISTEN:/s,fork,unlink-early,mode=600 TCP:h:80",
        "no such mode: 'UNIX-LISTEN:/s,fork,unlink-early,mode=600'",
        "relay unix-listen:/s,replace-stale,mode=600 tcp:h:80",
    ),
    (
        "UNIX-LISTEN:/s,fork,user=0,group=0 TCP:h:80",
        "no such mode: 'UNIX-LISTEN:/s,fork,user=0,group=0'",
        "relay unix-listen:/s,owner=0:0 tcp:h:80",
    ),
    (
        "UNIX-LISTEN:/s,fork,group=1,mode=660,user=0 TCP:h:80",
        "no such mode: 'UNIX-LISTEN:/s,fork,group=1,mode=660,user=0'",
        "relay unix-listen:/s,mode=660,owner=0:1 tcp:h:80",
    ),
    (
        "UNIX-LISTEN:/s,fork,group=1 TCP:h:80",
        "no such mode: 'UNIX-LISTEN:/s,fork,group=1'",
        "relay unix-listen:/s,owner=:1 tcp:h:80",
    ),
    (
        "UNIX-LISTEN:/s,fork,user=0 TCP:h:80",
        "no such mode: 'UNIX-LISTEN:/s,fork,user=0'",
        "relay unix-listen:/s,owner=0 tcp:h:80",
    ),
    ("- TCP:h:80", "no such mode: '-'", "tcp-client h:80"),
    ("TCP:h:80,crnl -", "no such mode: 'TCP:h:80,crnl'", "tcp-client --crlf h:80"),
    ("socat -d -d - TCP:h:80,retry=3,interval=1", "no such mode: 'socat'", "tcp-client --retry 3 --retry-delay 1 h:80"),
    ("-u - UDP:h:53", "unexpected argument '-u'", "udp-client --send-only h:53"),
    ("-u TCP-LISTEN:80,bind=::1,fork -", "unexpected argument '-u'", "tcp-server -k --recv-only '[::1]:80'"),
    ("-,raw,echo=0 TCP:h:80", "unexpected argument '-,raw,echo=0'", "tcp-client --raw h:80"),
    ("- EXEC:'ls -l'", "no such mode: '-'", "exec -- ls -l"),
    ("- SYSTEM:'ls | wc'", "no such mode: '-'", "exec --shell 'ls | wc'"),
    (
        "UNIX-L:/s,fork EXEC:'bash -li',pty,stderr,setsid",
        "no such mode: 'UNIX-L:/s,fork'",
        "relay --pty unix-listen:/s 'exec:bash -li'",
    ),
    ("UNIX-LISTEN:/s,fork PIPE", "no such mode: 'UNIX-LISTEN:/s,fork'", "unix-echo /s"),
    ("- OPENSSL:h:443,verify=0", "no such mode: '-'", "tls-client --insecure h:443"),
    ("- SSL:h:443,cafile=x,commonname=n", "no such mode: '-'", "tls-client --ca x --server-name n h:443"),
    ("- TCP:h:80,frob", "no such mode: '-'", "--help"),
    (
        "OPENSSL-LISTEN:443,cert=c TCP:h:80",
        "no such mode: 'OPENSSL-LISTEN:443,cert=c': client-ca=FILE verifies clients, and verify=0 says that nothing does",
        "",
    ),
    (
        "OPENSSL-LISTEN:443,cert=c,verify=1 TCP:h:80",
        "no such mode: 'OPENSSL-LISTEN:443,cert=c,verify=1': client-ca=FILE verifies clients, and verify=0 says that \
         nothing does",
        "",
    ),
    (
        "OPENSSL-LISTEN:443,fork,bind=::1,cert=c,cafile=ca TCP:h:80",
        "no such mode: 'OPENSSL-LISTEN:443,fork,bind=::1,cert=c,cafile=ca'",
        "relay 'tls-listen:[::1]:443,cert=c,client-ca=ca' tcp:h:80",
    ),
    (
        "relay tls-listen:443,cert=c,verify=1 h:80",
        "endpoint 'tls-listen:443,cert=c,verify=1': tls-listen: has no option 'verify': servers are always verified, \
         unless insecure is given; client-ca=FILE verifies clients",
        "",
    ),
    (
        "s_server -accept ::1:443 -cert c -Verify 1",
        "no such mode: 's_server': --client-ca FILE verifies clients, and a line without it would serve everybody",
        "",
    ),
    ("connect OPENSSL:h:443", "endpoint 'OPENSSL:h:443': unknown kind of endpoint 'OPENSSL'", "connect tls:h:443"),
    (
        "relay tcp-listen:80,fork h:80",
        "endpoint 'tcp-listen:80,fork': tcp-listen: has no option 'fork': a LEFT that listens always serves many clients",
        "relay tcp-listen:80 h:80",
    ),
    ("s_client -connect h:443 -servername x", "no such mode: 's_client'", "tls-client --server-name x h:443"),
    (
        "openssl s_client -connect h:25 -starttls smtp -crlf",
        "no such mode: 'openssl'",
        "tls-client --starttls smtp --crlf h:25",
    ),
    (
        "s_client -connect h:443 -tls1_3 -CAfile x -quiet",
        "no such mode: 's_client'",
        "tls-client --tls-min 1.3 --ca x h:443",
    ),
    ("s_client -connect h:443 -tls1_2", "no such mode: 's_client'", "tls-client --tls-max 1.2 h:443"),
    ("s_client -connect h:443 -showcerts", "no such mode: 's_client'", "tls-client --show-chain h:443"),
    ("s_client -connect h:443 -tls1", "no such mode: 's_client': xport has TLS 1.2 and 1.3", ""),
    (
        "s_server -accept ::1:443 -cert c -key k",
        "no such mode: 's_server'",
        "tls-server -k --cert c --key k '[::1]:443'",
    ),
    ("tls-client -connect h:443", "unexpected argument '-connect'", "tls-client h:443"),
];

/// Modes and options that are misspelled, or are in the wrong place.
const NAMES: &[Case] = &[
    ("", "no mode given", "--help"),
    ("frobnicate", "no such mode: 'frobnicate'", "--help"),
    ("tcp h 80", "no such mode: 'tcp'", "tcp-client h 80"),
    ("udp h 53", "no such mode: 'udp'", "udp-client h 53"),
    ("unix ./s", "no such mode: 'unix'", "unix-client ./s"),
    ("client h 80", "no such mode: 'client'", "tcp-client h 80"),
    ("server", "no such mode: 'server'", "tcp-server :PORT"),
    ("tcp_client h 80", "no such mode: 'tcp_client'", "tcp-client h 80"),
    ("tcpclient h 80", "no such mode: 'tcpclient'", "tcp-client h 80"),
    ("tcp-clinet h 80", "no such mode: 'tcp-clinet'", "tcp-client h 80"),
    ("TCP-CLIENT h 80", "no such mode: 'TCP-CLIENT'", "tcp-client h 80"),
    ("relya - h:80", "no such mode: 'relya'", "relay - h:80"),
    ("forward h:1 h:80", "no such mode: 'forward'", "relay h:1 h:80"),
    ("help tcp-clinet", "no such mode: 'tcp-clinet'", "tcp-client --help"),
    ("help frobnicate", "no such mode: 'frobnicate'", "--help"),
    ("--timeout 3 tcp-client h:80", "unexpected argument '--timeout'", "tcp-client --timeout 3 h:80"),
    ("--timeout 3 relay - h:80", "unexpected argument '--timeout'", "relay --timeout 3 - h:80"),
    ("tcp-client --CRLF h:80", "unexpected argument '--CRLF'", "tcp-client --crlf h:80"),
    (
        "tcp-client --conect-timeout 1 h:80",
        "unexpected argument '--conect-timeout'",
        "tcp-client --connect-timeout 1 h:80",
    ),
    ("tcp-client --time 3 h:80", "unexpected argument '--time'", "tcp-client --timeout 3 h:80"),
    ("tls-client --server_name=x h:443", "unexpected argument '--server_name'", "tls-client --server-name=x h:443"),
    ("tcp-client --cacert x h:443", "unexpected argument '--cacert'", "tls-client --ca x h:443"),
    ("relay --cacert x - tls:h:443", "unexpected argument '--cacert'", "relay --ca x - tls:h:443"),
    ("tcp-client --frob h:80", "unexpected argument '--frob'", "tcp-client --help"),
    ("tcp-client h:80 -5", "unexpected argument '-5'", "tcp-client --help"),
    ("tcp-client -4 -6 h:80", "-4 and -6 contradict each other", "tcp-client --help"),
    // The error says what is right.
    (
        "tls-client --tls-min 1.1 h:443",
        "invalid value '1.1' for '--tls-min <VERSION>': must be 1.2 or 1.3: TLS 1.0 and 1.1 are not supported",
        "",
    ),
    ("--color alway tcp-client h:80", "invalid value 'alway' for '--color <WHEN>': must be auto, always or never", ""),
    ("tcp-client --timeout", "--timeout needs a value: DUR, such as 10s", ""),
    (
        "tcp-client --timeout x h:80",
        "invalid value 'x' for '--timeout <DUR>': not a duration such as 250ms, 10s, 2m or 1h",
        "",
    ),
];

/// Ends that are misspelled, or are in the wrong place.
const ENDS: &[Case] = &[
    ("https://h/", "no such mode: 'https://h/'", "tls-client h:443"),
    ("http://h:8080/x?y", "no such mode: 'http://h:8080/x?y'", "tcp-client h:8080"),
    ("curl https://h/", "no such mode: 'curl'", "tls-client h:443"),
    ("tcp-client https://h/", "invalid address: 'https://h/' is a URL, not HOST:PORT", "tls-client h:443"),
    ("connect https://h/", "endpoint 'https://h/': unknown kind of endpoint 'https'", "connect tls:h:443"),
    (
        "curl -k https://h/",
        "no such mode: 'curl'; --insecure skips the verification of the certificate",
        "tls-client --insecure h:443",
    ),
    (
        "tls-client -k https://h/",
        "unexpected argument '-k'; --insecure skips the verification of the certificate",
        "tls-client --insecure h:443",
    ),
    ("wss://h/", "no such mode: 'wss://h/'", "--help"),
    ("tls:h:443", "no such mode: 'tls:h:443'", "connect tls:h:443"),
    ("tcp://h:80", "no such mode: 'tcp://h:80'", "connect tcp://h:80"),
    ("unix-listen:/s", "no such mode: 'unix-listen:/s'", "listen unix-listen:/s"),
    ("- h:80", "no such mode: '-'", "relay - h:80"),
    ("tcp-client", "no address given to connect to", "tcp-client HOST:PORT"),
    ("tcp-client h", "invalid address: 'h' has no port", "tcp-client h:PORT"),
    (
        "tcp-client ::1",
        "invalid address: '::1' has no port, and an IPv6 address needs brackets",
        "tcp-client '[::1]:PORT'",
    ),
    (
        "tcp-client ::1:80",
        "invalid address: '::1:80' is ambiguous: an IPv6 address needs brackets",
        "tcp-client '[::1]:80'",
    ),
    ("tcp-client h:80 -- cmd -x", "unexpected argument '-x'", "exec --connect h:80 -- cmd -x"),
    ("tcp-client tls:h:443", "'tls:h:443' is an endpoint, and tcp-client takes addresses", "connect tls:h:443"),
    ("tcp-server tcp-listen:80", "'tcp-listen:80' is an endpoint, and tcp-server takes addresses", "tcp-server 80"),
    ("tcp-client tcp-listne:80", "unknown kind of endpoint 'tcp-listne'", "listen tcp-listen:80"),
    ("unix-client", "no address given to connect to", "unix-client PATH"),
    ("version", "no such mode: 'version'", "-V"),
    ("-v tcp-client -v -V", "unexpected argument '-V'", "-V"),
    ("wait --version", "unexpected argument '--version'", "-V"),
    ("tls-client version", "invalid address: 'version' has no port", "-V"),
    ("unix-server h:80", "'h:80' is HOST:PORT, and unix-server takes a path, such as './h:80'", "tcp-server h:80"),
    (
        "unix-client h:http",
        "'h:http' is HOST:PORT, and unix-client takes a path, such as './h:http'",
        "tcp-client h:http",
    ),
    ("-v unix-echo :80", "':80' is HOST:PORT, and unix-echo takes a path, such as './:80'", "-v tcp-echo :80"),
    ("echo", "no endpoint given to listen on", "echo tcp-listen:PORT"),
    ("connect tcp:h", "endpoint 'tcp:h': invalid address: 'h' has no port", "connect tcp:h:PORT"),
    ("connect localhost 80", "unexpected argument '80'", "connect localhost:80"),
    ("connect tcp-listen:1", "endpoint 'tcp-listen:1': this endpoint listens", "listen tcp-listen:1"),
    ("connect exec:ls", "endpoint 'exec:ls': this endpoint is a program", "relay - exec:ls"),
    ("connect tcp:h:1,ca=x", "endpoint 'tcp:h:1,ca=x': tcp: has no option 'ca', but tls: does", "connect tls:h:1,ca=x"),
    ("connect ftp://h", "endpoint 'ftp://h': unknown kind of endpoint 'ftp'", "connect --help"),
    (
        "listen tls:80",
        "endpoint 'tls:80': a TLS server needs cert=FILE (and key=FILE), or self-signed",
        "listen tls:80,self-signed",
    ),
    ("exec", "no command given", "exec -- CMD"),
    (
        "exec --connect tcp-listen:1 -- a",
        "endpoint 'tcp-listen:1': this endpoint listens",
        "exec --listen tcp-listen:1 -- a",
    ),
    ("relay", "relay needs two endpoints: LEFT and RIGHT", "relay tcp-listen:PORT HOST:PORT"),
    ("relay -", "relay needs two endpoints: LEFT and RIGHT", "relay - HOST:PORT"),
    (
        "relay :8080 h:80",
        "endpoint ':8080': a bare address connects; a LEFT that listens needs its kind",
        "relay tcp-listen:8080 tcp:h:80",
    ),
    (
        "relay '*:80' unix:/s",
        "endpoint '*:80': a bare address connects; a LEFT that listens needs its kind",
        "relay 'tcp-listen:*:80' unix:/s",
    ),
    ("relay h:80 tcp-listen:8080", "endpoint 'tcp-listen:8080': only LEFT can listen", "relay tcp-listen:8080 h:80"),
    ("relay tcp-listen:80 -", "stdin and stdout can serve only one client", "relay --once tcp-listen:80 -"),
    ("relay - tcp:./s", "endpoint 'tcp:./s': this is a unix socket, which needs unix:", "relay - unix:./s"),
    ("relay listen:80 h:80", "endpoint 'listen:80': unknown kind of endpoint 'listen'", "relay tcp-listen:80 h:80"),
    (
        "relay tcp-listne:80 h:80",
        "endpoint 'tcp-listne:80': unknown kind of endpoint 'tcp-listne'",
        "relay tcp-listen:80 h:80",
    ),
    ("relay ws-listen:80 h:80", "endpoint 'ws-listen:80': unknown kind of endpoint 'ws-listen'", "relay --help"),
    (
        "relay @s tls:h:443,alpn=h2,http/1.1",
        "endpoint 'tls:h:443,alpn=h2,http/1.1': tls: has no option 'http/1.1'; its options are",
        "relay @s tls:h:443,alpn=h2,alpn=http/1.1",
    ),
    (
        "echo tcp-listen:80,allow=10.0.0.1,10.0.0.2",
        "endpoint 'tcp-listen:80,allow=10.0.0.1,10.0.0.2': tcp-listen: has no option '10.0.0.2'; its options are",
        "echo tcp-listen:80,allow=10.0.0.1,allow=10.0.0.2",
    ),
    (
        "relay - h:1,idle-timeout=1",
        "endpoint 'h:1,idle-timeout=1': tcp: has no option 'idle-timeout': it applies to the whole run, not to one end",
        "relay --idle-timeout=1 - h:1",
    ),
    ("relay - tcp:fd:0", "endpoint 'tcp:fd:0': an inherited socket has no kind before fd:", "relay - fd:0"),
    (
        "relay --pty - 'shell:a | b'",
        "--pty does nothing with stdin and stdout: exec runs a program on a terminal of its own",
        "exec --pty --shell 'a | b'",
    ),
    (
        "relay - exec:ls --pty",
        "--pty does nothing with stdin and stdout: exec runs a program on a terminal of its own",
        "exec --pty -- ls",
    ),
    ("relay udp-listen:80 - --timeout 3", "stdin and stdout can serve only one peer", "udp-server --timeout 3 80"),
    (
        "tcp-client 7000 localhost",
        "invalid address '7000 localhost': host and port are swapped",
        "tcp-client localhost 7000",
    ),
    ("tcp-client 80:localhost", "invalid address '80:localhost': host and port are swapped", "tcp-client localhost:80"),
    (
        "connect tcp:80:127.0.0.1,nodelay=on",
        "endpoint 'tcp:80:127.0.0.1,nodelay=on': invalid address '80:127.0.0.1': host and port are swapped",
        "connect tcp:127.0.0.1:80,nodelay=on",
    ),
    ("scan 7000 localhost", "host and ports are swapped", "scan localhost 7000"),
    ("scan 20-30,80 127.0.0.1", "host and ports are swapped", "scan 127.0.0.1 20-30,80"),
    (
        "tcp-client localhost:7001 text",
        "invalid address 'localhost:7001 text': 'localhost:7001' is a complete address, but 'text' follows",
        "tcp-client localhost:7001 < text",
    ),
    (
        "tcp-client localhost:7001 frob",
        "invalid address 'localhost:7001 frob': 'localhost:7001' is a complete address, but 'frob' follows",
        "tcp-client --help",
    ),
    (
        "unix-client localhost:1",
        "'localhost:1' is HOST:PORT, and unix-client takes a path, such as './localhost:1'",
        "tcp-client localhost:1",
    ),
    (
        "relay tcp-listen:8080:localhost:80",
        "relay needs two endpoints: LEFT and RIGHT",
        "relay tcp-listen:8080 tcp:localhost:80",
    ),
    ("relay 8080:localhost:80", "relay needs two endpoints: LEFT and RIGHT", "relay tcp-listen:8080 tcp:localhost:80"),
    ("tls-client --cafile x", "unexpected argument '--cafile'", "tls-client --ca x HOST:PORT"),
    ("exec --listen -- cat", "--listen needs a value: EP", "exec --listen :PORT -- cat"),
    ("wait", "no endpoint given to wait for", "wait HOST:PORT"),
    ("wait h 80", "host and port must be one word", "wait h:80"),
    ("wait -t 30 h:80 -- ls", "unexpected argument '-t'", "wait --for 30 h:80 -- ls"),
    ("wait tcp-listen:80", "endpoint 'tcp-listen:80': this endpoint listens, and wait connects", "wait tcp:80"),
    ("scan h", "no ports given", "scan h PORTS"),
    ("scan :22", "invalid host: ':22' has a port: ports are words of their own", "scan localhost 22"),
    ("scan '[::1]:22'", "invalid host: '[::1]:22' has a port: ports are words of their own", "scan '[::1]' 22"),
    (
        "scan tls://h/ 80 81",
        "invalid host: 'tls://h/' is an endpoint: a scan takes a host without a kind",
        "scan h 80 81",
    ),
    ("scan -zv h 20-30", "unexpected argument '-zv'", "scan -v h 20-30"),
    (
        "scan -u h 53",
        "unexpected argument '-u': UDP cannot be scanned: an open port that does not answer looks like one behind a firewall",
        "",
    ),
    // Files.
    ("relay @s ./handler", "endpoint './handler': this is a file, not a socket", "relay @s exec:./handler"),
    (
        "relay @s './my handler'",
        "endpoint './my handler': this is a file, not a socket",
        r"relay @s 'exec:'\''./my handler'\'''",
    ),
    ("relay @s ./text", "endpoint './text': this is a file, not a socket", "relay --help"),
    ("relay @s ./folder", "endpoint './folder': this is a directory, not a socket", "relay --help"),
    (
        "relay @s sh",
        "endpoint 'sh': invalid address: 'sh' has no port; the path of a unix socket begins with ./ or /",
        "relay @s exec:sh",
    ),
];

/// Modes and options that not every version of the program has.
const LATER: [&str; 8] =
    ["scan", "--quit-after", "--recv-buffer", "--send-buffer", "--tos", "--ttl", "--tls-max", "--show-chain"];

/// Whether this program lacks a mode or an option of a line.
fn lacks(line: &str) -> bool {
    let Some(word) = line.split(' ').find(|word| LATER.contains(word)) else { return false };
    let mode = line.split(' ').next().unwrap_or_default();
    let help = outcome([mode, "--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    help.is_empty() || word.starts_with("--") && !help.split_whitespace().any(|other| other == word)
}

/// A folder with a file of each kind that a line can name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, mode) in [("handler", 0o755), ("my handler", 0o755), ("text", 0o644)] {
        let path = folder.path().join(name);
        fs::write(&path, "#!/bin/sh\n").expect("a file");
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("its mode is set");
    }
    fs::create_dir(folder.path().join("folder")).expect("a folder");
    folder
}

/// Runs a line in a shell, with `before` in front of it.
fn run(before: &str, line: &str, folder: &Path) -> Output {
    let mut command = assert_cmd::Command::new("sh");
    command.args(["-c", &format!("{before} exec \"$0\" {line}")]).arg(program());
    command.timeout(DEADLINE).current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin").write_stdin("");
    command.output().expect("a run")
}

/// What is wrong with the answer to a line, if something is.
fn fault((typed, error, line): Case, folder: &Path) -> Option<String> {
    if lacks(line) {
        eprintln!("skipped: this program has no '{line}'");
        return None;
    }
    let output = run("", typed, folder);
    let said = String::from_utf8_lossy(&output.stderr);
    let (first, rest) = said.split_once('\n').unwrap_or((&said, ""));
    let expected = if line.is_empty() { String::new() } else { format!("try: xport {line}\n") };
    let is_said = match error.strip_suffix("its options are") {
        Some(_) => first.starts_with(&format!("xport: {error} ")),
        None => first == format!("xport: {error}"),
    };
    if output.status.code() != Some(2) || !output.stdout.is_empty() || !is_said || rest != expected {
        return Some(format!("xport {typed}\n  said {said:?}\n  not  {error:?} and {expected:?}"));
    }
    if line.is_empty() || ["PORT", "PATH", "CMD"].iter().any(|word| line.contains(word)) {
        return None;
    }
    // Without room for a descriptor nothing is opened. A missing file or terminal has the status of usage too.
    // A shell needs a descriptor for a redirection.
    let line = line.split(" < ").next().unwrap_or(line);
    let output = run("ulimit -n 4;", line, folder);
    let said = String::from_utf8_lossy(&output.stderr);
    let is_help = line.ends_with("--help");
    let is_file =
        ["No such file", "Too many open files", "needs a terminal"].iter().any(|reason| said.contains(reason));
    let is_accepted = match output.status.code() {
        Some(0) => is_help || !output.stdout.is_empty(),
        Some(2) => is_file,
        _ => !is_help && !said.contains("try: "),
    };
    (!is_accepted).then(|| format!("xport {typed}\n  was answered by {line:?}\n  which is refused: {said:?}"))
}

#[track_caller]
fn check(cases: &[Case]) {
    let folder = folder();
    let faults = Vec::from_iter(cases.iter().filter_map(|case| fault(*case, folder.path())));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn lines_of_netcats_are_answered() {
    check(NETCAT);
}

#[test]
fn lines_of_socat_and_openssl_are_answered() {
    check(OTHERS);
}

#[test]
fn misspelled_names_are_answered() {
    check(NAMES);
}

#[test]
fn misplaced_ends_are_answered() {
    check(ENDS);
}

/// The word `help` means `--help`, unless it cannot be the word.
#[test]
fn help_is_a_word_too() {
    for (line, option) in [
        ("help", "--help"),
        ("help help", "--help"),
        ("-v help", "--help"),
        ("help --help", "--help"),
        ("help tcp-client", "tcp-client --help"),
        ("help tls", "tls-client --help"),
        ("tcp-client help", "tcp-client --help"),
        ("unix-client help", "unix-client --help"),
        ("relay help", "relay --help"),
        ("exec help", "exec --help"),
        ("echo help -v", "echo --help"),
    ] {
        let [word, expected] = [line, option].map(|line| outcome(line.split(' ')));
        ended(&word, 0, "");
        assert!(word.stdout.len() > 500, "{line}");
        assert_eq!(String::from_utf8_lossy(&word.stdout), String::from_utf8_lossy(&expected.stdout), "{line}");
    }
    let folder = folder();
    for (line, status, reason) in [
        ("unix-client ./help", 3, "connect ./help"),
        ("exec -- help-me-not", 127, "help-me-not"),
        ("tcp-client help 0", 2, "port 0"),
        ("tcp-client --timeout help", 2, "invalid value 'help' for '--timeout <DUR>'"),
    ] {
        let output = run("", line, folder.path());
        assert_eq!(output.status.code(), Some(status), "{line}: {}", text(&output));
        assert!(output.stdout.is_empty() && text(&output).contains(reason), "{line}: {}", text(&output));
    }
}
