//! Lines of nc, ncat, socat and openssl.

use super::Case;

/// Lines of nc and ncat.
pub(super) const NETCAT: &[Case] = &[
    "host 80 => no such mode: 'host' => tcp-client host:80",
    "h:80 => no such mode: 'h:80' => tcp-client h:80",
    "host:80 -v => no such mode: 'host:80' => tcp-client -v host:80",
    "::1 80 => no such mode: '::1' => tcp-client '[::1]:80'",
    "-v --timeout 3 h 80 => unexpected argument '--timeout' => tcp-client -v --timeout 3 h:80",
    "8080 => no such mode: '8080'; a port alone is on the loopback, '*:8080' on every interface => tcp-server :8080",
    ":8080 => no such mode: ':8080' => tcp-server :8080",
    "./sock => no such mode: './sock' => unix-client ./sock",
    "/run/x.sock => no such mode: '/run/x.sock' => unix-client /run/x.sock",
    "@name => no such mode: '@name' => unix-client @name",
    "-l 1234 => unexpected argument '-l'; a port alone is on the loopback, '*:1234' on every interface \
        => tcp-server :1234",
    "-l => unexpected argument '-l' => tcp-server :PORT",
    "-l 99999 => unexpected argument '-l' => --help",
    "-lvnp 4444 => unexpected argument '-lvnp'; a port alone is on the loopback, '*:4444' on every interface \
        => tcp-server -n -v :4444",
    "-lk -p 80 => unexpected argument '-lk'; a port alone is on the loopback, '*:80' on every interface \
        => tcp-server -k :80",
    "-l 127.0.0.1 80 => unexpected argument '-l' => tcp-server 127.0.0.1:80",
    "-l -s ::1 -p 80 => unexpected argument '-l' => tcp-server '[::1]:80'",
    "-l '*' 80 => unexpected argument '-l' => tcp-server '*:80'",
    "nc -l 80 => no such mode: 'nc'; a port alone is on the loopback, '*:80' on every interface => tcp-server :80",
    "-u h 53 => unexpected argument '-u' => udp-client h:53",
    "-u -l 53 => unexpected argument '-u'; a port alone is on the loopback, '*:53' on every interface \
        => udp-server :53",
    "-u -w 1 h 8125 => unexpected argument '-u' => udp-client --linger 1 h:8125",
    "-bu 255.255.255.255 9 => unexpected argument '-bu' => udp-client --broadcast 255.255.255.255:9",
    "-U /s => unexpected argument '-U' => unix-client /s",
    "-lU 'a b' => unexpected argument '-lU' => unix-server 'a b'",
    "-z h 22 => unexpected argument '-z' => wait h:22",
    "-zv -w 3 h 22 => unexpected argument '-zv' => wait -v --connect-timeout 3 h:22",
    "-zU /s => unexpected argument '-zU' => wait /s",
    "tcp-client -z h 80 => unexpected argument '-z' => wait h:80",
    "-zv h 20-30 => unexpected argument '-zv' => scan h 20-30",
    "-z h 22 80 => unexpected argument '-z' => scan h 22,80",
    "-e /bin/sh h 4444 => unexpected argument '-e' => exec --connect h:4444 -- /bin/sh",
    "-l -e \"sh -c 'a b'\" 127.0.0.1 80 => unexpected argument '-l' \
        => exec --once --listen 127.0.0.1:80 -- sh -c 'a b'",
    "-c 'a | b' h 80 => unexpected argument '-c' => exec --connect h:80 --shell 'a | b'",
    "--sh-exec ls -lk ::1 80 => unexpected argument '--sh-exec' => exec --listen '[::1]:80' --shell ls",
    "-lu 127.0.0.1 53 -e cat => unexpected argument '-lu' => relay udp-listen:127.0.0.1:53 exec:cat",
    "-w 3 h 80 => unexpected argument '-w' => tcp-client --connect-timeout 3 --idle-timeout 3 h:80",
    "-i 5 h 80 => unexpected argument '-i' => tcp-client --idle-timeout 5 h:80",
    "-q 1 h 80 => no such mode: '1' => tcp-client --quit-after 1 h:80",
    "-q -1 h 80 => unexpected argument '-1' => tcp-client h:80",
    "-N h 80 => unexpected argument '-N' => tcp-client h:80",
    "-d h 80 => unexpected argument '-d' => tcp-client --recv-only h:80",
    "-p 99 h 80 => unexpected argument '-p' => tcp-client --source :99 h:80",
    "-s 127.0.0.1 h 80 => unexpected argument '-s' => tcp-client --source 127.0.0.1 h:80",
    "-C h 25 => unexpected argument '-C' => tcp-client --crlf h:25",
    "-4 h 80 => unexpected argument '-4' => tcp-client -4 h:80",
    "-6 h 80 => unexpected argument '-6' => tcp-client -6 h:80",
    "-I 4096 h 80 => unexpected argument '-I' => tcp-client --recv-buffer 4096 h:80",
    "-O 4096 h 80 => unexpected argument '-O' => tcp-client --send-buffer 4096 h:80",
    "-T 16 h 80 => unexpected argument '-T' => tcp-client --tos 16 h:80",
    "-M 5 h 80 => unexpected argument '-M' => tcp-client --ttl 5 h:80",
    "-o dump h 80 => unexpected argument '-o' => tcp-client --dump dump h:80",
    "-x out.hex h 80 => unexpected argument '-x' => tcp-client --dump out.hex h:80",
    "-x proxy:1080 h 80 => unexpected argument '-x': xport does not connect through a proxy; use ncat --proxy",
    "-X 5 h 80 => unexpected argument '-X': xport does not connect through a proxy; use ncat --proxy",
    "-t h 23 => unexpected argument '-t': xport does not negotiate as telnet does",
    "--chat -l 80 => unexpected argument '--chat': xport does not pass on what one client says to the others; use ncat",
    "--broker -l 80 => unexpected argument '--broker': xport does not pass on what one client says to the others; \
        use ncat",
    "--send-only h p => unexpected argument '--send-only' => --help",
    "--send-only h 9 => unexpected argument '--send-only' => tcp-client --send-only h:9",
    "--recv-only h 9 => unexpected argument '--recv-only' => tcp-client --recv-only h:9",
    "--allow ::1 -lk ::1 80 => unexpected argument '--allow' => tcp-server -k --allow ::1 '[::1]:80'",
    "--no-shutdown h 80 => unexpected argument '--no-shutdown' => tcp-client --no-half-close h:80",
    "--ssl h 443 => unexpected argument '--ssl' => tls-client h:443",
    "--ssl-verify h 443 => unexpected argument '--ssl-verify' => tls-client h:443",
    "-l --ssl ::1 443 => unexpected argument '-l' => tls-server --self-signed '[::1]:443'",
    "--cacert x h 443 => unexpected argument '--cacert' => tls-client --ca x h:443",
    "tls-client -k h:443 => unexpected argument '-k'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "tls h:443 --keep-open => unexpected argument '--keep-open' => tls-client h:443",
    "tls-client h:443 -noverify => unexpected argument '-noverify' => tls-client --help",
    "tls-client -o dump h:443 => unexpected argument '-o' => tls-client --help",
    "-l 80 --max-conns 0 => unexpected argument '-l' => --help",
    "-l 80 --max-conns x => unexpected argument '-l' => --help",
    "-lk ::1 80 -m 3 => unexpected argument '-lk' => tcp-server -k '[::1]:80'",
    "ncat -l --ssl --ssl-verify 443 \
        => no such mode: 'ncat': --client-ca FILE verifies clients, and a line without it would serve everybody",
    "-l --ssl --ssl-verify --ssl-trustfile ca --ssl-cert c ::1 443 => unexpected argument '-l' \
        => tls-server --cert c --client-ca ca '[::1]:443'",
    "--ssl-trustfile ca h 443 => unexpected argument '--ssl-trustfile' => tls-client --ca ca h:443",
    "tcp-echo -k :80 => unexpected argument '-k' => tcp-echo :80",
    "tcp-client -u => unexpected argument '-u' => udp-client HOST:PORT",
    "telnet h 23 => no such mode: 'telnet' => tcp-client h:23",
];

/// Lines of socat and openssl.
pub(super) const OTHERS: &[Case] = &[
    "TCP-LISTEN:8080,fork,reuseaddr TCP:h:80 \
        => no such mode: 'TCP-LISTEN:8080,fork,reuseaddr'; a port alone is on the loopback, 'tcp-listen:*:8080' on \
        every interface => relay tcp-listen:8080 tcp:h:80",
    "TCP4-LISTEN:80,bind=127.0.0.1,range=10.0.0.0/8,max-children=3 UNIX-CONNECT:/s \
        => no such mode: 'TCP4-LISTEN:80,bind=127.0.0.1,range=10.0.0.0/8,max-children=3' \
        => relay --once tcp-listen:127.0.0.1:80,4,allow=10.0.0.0/8,max-conns=3 unix:/s",
    "UNIX-LISTEN:/s,fork,unlink-early,mode=600 TCP:h:80 \
        => no such mode: 'UNIX-LISTEN:/s,fork,unlink-early,mode=600' \
        => relay unix-listen:/s,replace-stale,mode=600 tcp:h:80",
    "UNIX-LISTEN:/s,fork,user=0,group=0 TCP:h:80 => no such mode: 'UNIX-LISTEN:/s,fork,user=0,group=0' \
        => relay unix-listen:/s,owner=0:0 tcp:h:80",
    "UNIX-LISTEN:/s,fork,group=1,mode=660,user=0 TCP:h:80 \
        => no such mode: 'UNIX-LISTEN:/s,fork,group=1,mode=660,user=0' \
        => relay unix-listen:/s,mode=660,owner=0:1 tcp:h:80",
    "UNIX-LISTEN:/s,fork,group=1 TCP:h:80 => no such mode: 'UNIX-LISTEN:/s,fork,group=1' \
        => relay unix-listen:/s,owner=:1 tcp:h:80",
    "UNIX-LISTEN:/s,fork,user=0 TCP:h:80 => no such mode: 'UNIX-LISTEN:/s,fork,user=0' \
        => relay unix-listen:/s,owner=0 tcp:h:80",
    "- TCP:h:80 => no such mode: '-' => tcp-client h:80",
    "TCP:h:80,crnl - => no such mode: 'TCP:h:80,crnl' => tcp-client --crlf h:80",
    "socat -d -d - TCP:h:80,retry=3,interval=1 => no such mode: 'socat' => tcp-client --retry 3 --retry-delay 1 h:80",
    "-u - UDP:h:53 => unexpected argument '-u' => udp-client --send-only h:53",
    "-u TCP-LISTEN:80,bind=::1,fork - => unexpected argument '-u' => tcp-server -k --recv-only '[::1]:80'",
    "-,raw,echo=0 TCP:h:80 => unexpected argument '-,raw,echo=0' => tcp-client --raw h:80",
    "- EXEC:'ls -l' => no such mode: '-' => exec -- ls -l",
    "- SYSTEM:'ls | wc' => no such mode: '-' => exec --shell 'ls | wc'",
    "UNIX-L:/s,fork EXEC:'bash -li',pty,stderr,setsid => no such mode: 'UNIX-L:/s,fork' \
        => relay --pty unix-listen:/s 'exec:bash -li'",
    "UNIX-LISTEN:/s,fork PIPE => no such mode: 'UNIX-LISTEN:/s,fork' => unix-echo /s",
    "- OPENSSL:h:443,verify=0 => no such mode: '-'; --insecure skips the verification of the certificate \
        => tls-client --insecure h:443",
    "- SSL:h:443,cafile=x,commonname=n => no such mode: '-' => tls-client --ca x --server-name n h:443",
    "- TCP:h:80,frob => no such mode: '-' => --help",
    "OPENSSL-LISTEN:443,cert=c TCP:h:80 \
        => no such mode: 'OPENSSL-LISTEN:443,cert=c': client-ca=FILE verifies clients, and verify=0 says that \
        nothing does",
    "OPENSSL-LISTEN:443,cert=c,verify=1 TCP:h:80 \
        => no such mode: 'OPENSSL-LISTEN:443,cert=c,verify=1': client-ca=FILE verifies clients, and verify=0 says \
        that nothing does",
    "OPENSSL-LISTEN:443,fork,bind=::1,cert=c,cafile=ca TCP:h:80 \
        => no such mode: 'OPENSSL-LISTEN:443,fork,bind=::1,cert=c,cafile=ca' \
        => relay 'tls-listen:[::1]:443,cert=c,client-ca=ca' tcp:h:80",
    "relay tls-listen:443,cert=c,verify=1 h:80 \
        => endpoint 'tls-listen:443,cert=c,verify=1': tls-listen: has no option 'verify': servers are always \
        verified, unless insecure is given; client-ca=FILE verifies clients",
    "s_server -accept ::1:443 -cert c -Verify 1 \
        => no such mode: 's_server': --client-ca FILE verifies clients, and a line without it would serve everybody",
    "connect OPENSSL:h:443 => endpoint 'OPENSSL:h:443': unknown kind of endpoint 'OPENSSL' => connect tls:h:443",
    "relay tcp-listen:80,fork h:80 \
        => endpoint 'tcp-listen:80,fork': tcp-listen: has no option 'fork': a LEFT that listens always serves many \
        clients => relay tcp-listen:80 h:80",
    "s_client -connect h:443 -servername x => no such mode: 's_client' => tls-client --server-name x h:443",
    "openssl s_client -connect h:25 -starttls smtp -crlf => no such mode: 'openssl' \
        => tls-client --starttls smtp --crlf h:25",
    "s_client -connect h:443 -tls1_3 -CAfile x -quiet => no such mode: 's_client' \
        => tls-client --tls-min 1.3 --ca x h:443",
    "s_client -connect h:443 -tls1_2 => no such mode: 's_client' => tls-client --tls-max 1.2 h:443",
    "s_client -connect h:443 -showcerts => no such mode: 's_client' => tls-client --show-chain h:443",
    "s_client -connect h:443 -tls1 => no such mode: 's_client': xport has TLS 1.2 and 1.3",
    "s_server -accept ::1:443 -cert c -key k => no such mode: 's_server' => tls-server -k --cert c --key k '[::1]:443'",
    "tls-client -connect h:443 => unexpected argument '-connect' => tls-client h:443",
];
