//! Tests lines of `wait` that make no sense: each is refused before anything is opened, with its reason.

use std::os::unix::ffi::OsStringExt;

use crate::harness::*;

#[test]
fn what_makes_no_sense_is_refused_with_its_reason() {
    for (line, reason) in [
        ("", "no endpoint given to wait for\ntry: xport wait HOST:PORT\n"),
        ("-- echo", "no endpoint given to wait for\ntry: xport wait HOST:PORT -- echo\n"),
        ("localhost 80", "host and port must be one word\ntry: xport wait localhost:80\n"),
        ("db", "\ntry: xport wait db:PORT\n"),
        ("tcp-listen:80", "this endpoint listens, and wait connects\ntry: xport wait tcp:80\n"),
        ("tcp-listen:*:80", "\ntry: xport wait tcp:80\n"),
        ("unix-listen:./s,mode=0600", "\ntry: xport wait unix:./s\n"),
        ("-", "stdin and stdout are not a service\ntry: xport wait HOST:PORT\n"),
        ("exec:./app", "a program is not a service: it goes after --\ntry: xport wait HOST:PORT -- ./app\n"),
        (":80 /bin/sh -c x", "\ntry: xport wait :80 -- /bin/sh -c x\n"),
        (":80 /bin/sh", "this is a program, not a socket: it goes after --\ntry: xport wait :80 -- /bin/sh\n"),
        (":80 echo hi", "\ntry: xport wait :80 -- echo hi\n"),
        (":80 sh -c x", "\ntry: xport wait :80 -- sh -c x\n"),
        ("localhost/health", "\ntry: xport wait http://localhost/health\n"),
        ("localhost:8080/health", "\ntry: xport wait http://localhost:8080/health\n"),
        ("fd:3", "an inherited socket is open already: wait needs an address\ntry: xport wait HOST:PORT\n"),
        ("tls:fd:3,insecure", "an inherited socket is open already"),
        ("udp:fd:3", "an inherited socket is open already"),
        ("*:80", "a client needs one host"),
        (":0", "cannot connect to port 0"),
        ("http:h/", "a URL begins with http://\ntry: xport wait http://h/\n"),
        ("http://u@h/", "has a user"),
        ("http://h/#x", "has a fragment"),
        ("http://h/,ca=x", "http: has no option 'ca'"),
        ("https://h/,starttls=smtp", "https: has no option 'starttls'"),
        ("https://h/health,caa=ca.pem", "https: has no option 'caa', but ca; a comma in the path is %2C"),
        ("https://h/health,serevr-name=x,ca=ca.pem", "has no option 'serevr-name', but server-name"),
        ("https://h/x?y,ipn=z", "https: has no option 'ipn', but pin"),
        ("http://h/,statu=200", "http: has no option 'statu', but status"),
        ("-n db:80", "'db' is a name, which -n does not look up"),
        ("-n https://db/", "'db' is a name, which -n does not look up"),
        ("udp:239.1.2.3:9", "a multicast group never refuses: add --send TEXT"),
        ("tls:[::1]:80,source=127.0.0.1", "have different families"),
        // Options that would do nothing.
        ("--every 1s :80", "--every does nothing without --for"),
        ("--any :80", "--any does nothing with one endpoint"),
        ("--status 200 :80", "--status does nothing for tcp:"),
        ("--gone --status 200 http://h/", "--status does nothing with --gone"),
        ("--send x :80", "--send does nothing for tcp:"),
        ("--ca x ./s", "--ca does nothing for unix:"),
        ("-4 ./s", "-4 does nothing for unix:"),
        (":80,retry=3", "tcp: has no option 'retry'"),
        (":80,crlf", "tcp: has no option 'crlf'"),
        ("tls:h:1,allow-truncation", "tls: has no option 'allow-truncation'"),
        ("udp:h:1,broadcast", "udp: has no option 'broadcast'"),
        // Lines of other programs.
        ("-t 30 :80", "unexpected argument '-t'\ntry: xport wait --for 30 :80\n"),
        (":80 -s --timeout=30 -- ./app", "\ntry: xport wait --for 30 :80 -- ./app\n"),
        ("--host=db --port=5432 --strict", "\ntry: xport wait db:5432\n"),
        ("-wait tcp://db:1 -wait http://web -timeout 30s", "\ntry: xport wait --for 30s db:1 http://web\n"),
        ("-z -w 5 h 22", "\ntry: xport wait --connect-timeout 5 h:22\n"),
        ("-u h 53", "\ntry: xport wait udp:h:53\n"),
        ("-U ./s", "\ntry: xport wait ./s\n"),
        ("-i 2 --for 9 :80", "\ntry: xport wait --every 2 --for 9 :80\n"),
        ("--retry 3 :80", "unexpected argument '--retry'"),
        // Values.
        ("--for 0 :80", "invalid value '0' for '--for <DUR>': must be more than zero"),
        ("--for -1 :80", "must not be negative"),
        ("--for 1y :80", "not a duration"),
        ("--for 99999999999999999999h :80", "longer than 1000 years"),
        ("--for 1 --every 0 :80", "must be more than zero"),
        ("--for 1 --every x :80", "not a duration"),
        ("--status 99 http://h/", "not a status from 100 to 599"),
        ("--status 600 http://h/", "not a status from 100 to 599"),
        ("--status +20 http://h/", "not a status from 100 to 599"),
        ("--status 200, http://h/", "invalid value ''"),
        ("http://h/,status=2x", "invalid value '2x' for 'status'"),
        ("--connect-timeout 0 :80", "must be more than zero"),
    ] {
        let output = outcome(["wait"].into_iter().chain(line.split_whitespace()));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{line}: {stderr}");
        assert!(stderr.starts_with("xport: ") && stderr.contains(reason), "{line}: {stderr}");
    }
    for option in ["--for", "--every", "--status"] {
        let odd = std::ffi::OsString::from_vec(b"1\xff".to_vec());
        let output = xport(["wait", option]).arg(odd).arg(":80").output().expect("a run");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains("is not UTF-8"), "{}", text(&output));
    }
}

/// A text for datagrams can have any bytes.
#[test]
fn a_text_to_send_can_have_any_bytes() {
    let socket = udp("127.0.0.1");
    let mut command = command(["wait", "--send"]);
    let run = Background::spawn(command.arg(OsStr::from_bytes(b"\xff\n")).arg(format!("udp:{}", at(&socket))));
    let (data, peer) = datagram(&socket);
    assert_eq!(data, b"\xff\n");
    // An empty reply is a reply.
    socket.send_to(b"", peer).expect("it is sent");
    ended(&run.finish(), 0, "");
}

#[test]
fn help_shows_what_proves_that_a_service_is_up() {
    let output = outcome(["wait", "--help"]);
    let help = String::from_utf8(output.stdout).expect("text");
    for text in ["xport wait [OPTIONS] ENDPOINT... [-- CMD [ARG]...]", "Waiting:", "--gone", "Examples:", "udp:ADDRESS"]
    {
        assert!(help.contains(text), "{text} in {help}");
    }
}
