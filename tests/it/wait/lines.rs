//! Tests lines of `wait` that make no sense: each is refused before anything is opened, with its reason.

use crate::harness::*;

#[test]
fn what_makes_no_sense_is_refused_with_its_reason() {
    refuses([
        "wait => no endpoint given to wait for\ntry: xport wait HOST:PORT\n",
        "wait -- echo => no endpoint given to wait for\ntry: xport wait HOST:PORT -- echo\n",
        "wait localhost 80 => host and port must be one word\ntry: xport wait localhost:80\n",
        "wait db => \ntry: xport wait db:PORT\n",
        "wait tcp-listen:80 => this endpoint listens, and wait connects\ntry: xport wait tcp:80\n",
        "wait tcp-listen:*:80 => \ntry: xport wait tcp:80\n",
        "wait unix-listen:./s,mode=0600 => \ntry: xport wait unix:./s\n",
        "wait - => stdin and stdout are not a service\ntry: xport wait HOST:PORT\n",
        "wait exec:./app => a program is not a service: it goes after --\ntry: xport wait HOST:PORT -- ./app\n",
        "wait :80 /bin/sh -c x => \ntry: xport wait :80 -- /bin/sh -c x\n",
        "wait :80 /bin/sh => this is a program, not a socket: it goes after --\ntry: xport wait :80 -- /bin/sh\n",
        "wait :80 echo hi => \ntry: xport wait :80 -- echo hi\n",
        "wait :80 sh -c x => \ntry: xport wait :80 -- sh -c x\n",
        "wait localhost/health => \ntry: xport wait http://localhost/health\n",
        "wait localhost:8080/health => \ntry: xport wait http://localhost:8080/health\n",
        "wait fd:3 => an inherited socket is open already: wait needs an address\ntry: xport wait HOST:PORT\n",
        "wait tls:fd:3,insecure => an inherited socket is open already",
        "wait udp:fd:3 => an inherited socket is open already",
        "wait *:80 => a client needs one host",
        "wait :0 => cannot connect to port 0",
        "wait http:h/ => a URL begins with http://\ntry: xport wait http://h/\n",
        "wait http://u@h/ => has a user",
        "wait http://h/#x => has a fragment",
        "wait http://h/,ca=x => http: has no option 'ca'",
        "wait https://h/,starttls=smtp => https: has no option 'starttls'",
        "wait https://h/health,caa=ca.pem => https: has no option 'caa', but ca; a comma in the path is %2C",
        "wait https://h/health,serevr-name=x,ca=ca.pem => has no option 'serevr-name', but server-name",
        "wait https://h/x?y,ipn=z => https: has no option 'ipn', but pin",
        "wait http://h/,statu=200 => http: has no option 'statu', but status",
        "wait -n db:80 => 'db' is a name, which -n does not look up",
        "wait -n https://db/ => 'db' is a name, which -n does not look up",
        "wait udp:239.1.2.3:9 => a multicast group never refuses: add --send TEXT",
        "wait tls:[::1]:80,source=127.0.0.1 => have different families",
        // Options that would do nothing.
        "wait --every 1s :80 => --every does nothing without --for",
        "wait --any :80 => --any does nothing with one endpoint",
        "wait --status 200 :80 => --status does nothing for tcp:",
        "wait --gone --status 200 http://h/ => --status does nothing with --gone",
        "wait --send x :80 => --send does nothing for tcp:",
        "wait --ca x ./s => --ca does nothing for unix:",
        "wait -4 ./s => -4 does nothing for unix:",
        "wait :80,retry=3 => tcp: has no option 'retry'",
        "wait :80,crlf => tcp: has no option 'crlf'",
        "wait tls:h:1,allow-truncation => tls: has no option 'allow-truncation'",
        "wait udp:h:1,broadcast => udp: has no option 'broadcast'",
        // Lines of other programs.
        "wait -t 30 :80 => unexpected argument '-t'\ntry: xport wait --for 30 :80\n",
        "wait :80 -s --timeout=30 -- ./app => \ntry: xport wait --for 30 :80 -- ./app\n",
        "wait --host=db --port=5432 --strict => \ntry: xport wait db:5432\n",
        "wait -wait tcp://db:1 -wait http://web -timeout 30s => \ntry: xport wait --for 30s db:1 http://web\n",
        "wait -z -w 5 h 22 => \ntry: xport wait --connect-timeout 5 h:22\n",
        "wait -u h 53 => \ntry: xport wait udp:h:53\n",
        "wait -U ./s => \ntry: xport wait ./s\n",
        "wait -i 2 --for 9 :80 => \ntry: xport wait --every 2 --for 9 :80\n",
        "wait --retry 3 :80 => unexpected argument '--retry'",
        // Values.
        "wait --for 0 :80 => invalid value '0' for '--for <DUR>': must be more than zero",
        "wait --for -1 :80 => must not be negative",
        "wait --for 1y :80 => not a duration",
        "wait --for 99999999999999999999h :80 => longer than 1000 years",
        "wait --for 1 --every 0 :80 => must be more than zero",
        "wait --for 1 --every x :80 => not a duration",
        "wait --status 99 http://h/ => not a status from 100 to 599",
        "wait --status 600 http://h/ => not a status from 100 to 599",
        "wait --status +20 http://h/ => not a status from 100 to 599",
        "wait --status 200, http://h/ => invalid value ''",
        "wait http://h/,status=2x => invalid value '2x' for 'status'",
        "wait --connect-timeout 0 :80 => must be more than zero",
    ]);
    for option in ["--for", "--every", "--status"] {
        let message = refusal(xport(["wait", option]).arg(OsStr::from_bytes(b"1\xff")).arg(":80"));
        assert!(message.contains("is not UTF-8"), "{message:?}");
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
