//! Every negotiation, by what is sent and what it says: in one piece, byte by byte, and in all the ways in which it
//! fails.

use super::ask::TOTAL_MAX;
use super::dialogue::{PIECE_MAX, quote};
use super::{AskForTls, StartTls};
use crate::transports::advice::Advice;
use crate::transports::layer::negotiation::{Negotiation, Step};
use std::time::Duration;

const INJECTED: &str = "the server has sent bytes between its consent and TLS, and they may be forged";
const AHEAD: &str = "the server has answered before the question, so the answer may be forged";

fn asking(protocol: StartTls, server_name: &str) -> AskForTls {
    AskForTls::new(protocol, server_name, Duration::from_secs(10), Advice::Settings)
}

const TLS: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'";
const HEADER: &str = "<?xml version=\"1.0\"?><stream:stream xmlns='jabber:client' from='a' id='>' version='1.0'>";

/// A dialogue in order: the opening, and then what the server says with what the client answers; the last is the
/// consent.
struct Good {
    protocol: StartTls,
    opening: Vec<u8>,
    turns: Vec<(Vec<u8>, &'static str)>,
    consent: Vec<u8>,
}

fn good() -> Vec<Good> {
    use StartTls::{Imap, Ldap, Pop3, Postgres, Smtp, Xmpp};
    let plain = |protocol, turns: &[(&str, &'static str)], consent: &str| Good {
        protocol,
        opening: Vec::new(),
        turns: turns.iter().map(|(heard, said)| (heard.as_bytes().to_vec(), *said)).collect(),
        consent: consent.as_bytes().to_vec(),
    };
    let features = "<stream:features><a b='c>d'><x>PLAIN</x></a><starttls NS><required/></starttls></stream:features>";
    let header = format!("{HEADER}\n{}", features.replace("NS", TLS));
    let unprefixed = format!("<stream version='1.0'><features><t:starttls {} /></features>", TLS.replace('=', ":t = "));
    let xmpp = |heard: &str, consent: &str| Good {
        opening: b"<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
            xmlns:stream='http://etherx.jabber.org/streams'>"
            .to_vec(),
        ..plain(Xmpp, &[(heard, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")], &consent.replace("NS", TLS))
    };
    let ldap = |consent: &[u8]| Good {
        protocol: Ldap,
        opening: [b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16", &b"1.3.6.1.4.1.1466.20037"[..]].concat(),
        turns: Vec::new(),
        consent: consent.to_vec(),
    };
    let named = [&b"\x30\x24\x02\x01\x01\x78\x1f\x0a\x01\x00\x04\x00\x04\x00\x8a\x16"[..], b"1.3.6.1.4.1.1466.20037"];
    vec![
        plain(
            Smtp,
            &[
                ("220 mx.example ESMTP\r\n", "EHLO localhost\r\n"),
                ("250-mx.example\r\n250-SIZE 1\r\n250-starttls\r\n250 HELP\r\n", "STARTTLS\r\n"),
            ],
            "220 2.0.0 Ready\r\n",
        ),
        plain(
            Smtp,
            &[
                ("220-mx.example\r\n220-no\r\n220 spam\r\n", "EHLO localhost\r\n"),
                ("250-mx.example\n250 STARTTLS\n", "STARTTLS\r\n"),
            ],
            "220-Ready\r\n220\r\n",
        ),
        plain(
            Imap,
            &[("* OK [CAPABILITY IMAP4rev2 STARTTLS] hello\r\n", "a1 STARTTLS\r\n")],
            "* CAPABILITY IMAP4rev2\r\n* NO a1 OK\r\na1 OK go\r\n",
        ),
        // Responses without a command may come at any time.
        plain(Imap, &[("* ok\r\n* CAPABILITY IMAP4rev2\r\n", "a1 STARTTLS\r\n")], "a1 ok\r\n"),
        plain(Pop3, &[("+OK POP3 <1@a>\r\n", "STLS\r\n")], "+OK\r\n"),
        Good { opening: vec![0, 0, 0, 8, 4, 210, 22, 47], ..plain(Postgres, &[], "S") },
        ldap(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
        // Lengths in two and in five bytes, as OpenLDAP and Active Directory have them.
        ldap(b"\x30\x84\x00\x00\x00\x11\x02\x01\x01\x78\x81\x0b\x0a\x01\x00\x04\x82\x00\x01x\x04\x81\x00"),
        ldap(&named.concat()),
        xmpp(&header, "<proceed NS/>"),
        xmpp(&unprefixed, " <tls:proceed xmlns:tls=\"urn:ietf:params:xml:ns:xmpp-tls\" ></tls:proceed>"),
    ]
}

impl Good {
    fn start(&self) -> AskForTls {
        let mut negotiation = asking(self.protocol, "localhost");
        assert_eq!(negotiation.start(), self.opening, "{:?}", self.protocol);
        negotiation
    }

    /// Up to the point where only the consent is missing.
    fn asked(&self) -> AskForTls {
        let mut negotiation = self.start();
        for (heard, said) in &self.turns {
            assert_eq!(negotiation.feed(heard), Step::Send(said.as_bytes().to_vec()), "{:?}", self.protocol);
        }
        negotiation
    }
}

/// Feeds a negotiation that waits for `said` until something comes of it.
fn feed(negotiation: &mut AskForTls, pieces: &[&[u8]]) -> Step {
    let mut steps = pieces.iter().map(|piece| negotiation.feed(piece));
    steps.find(|step| *step != Step::Wait).unwrap_or(Step::Wait)
}

#[track_caller]
fn fails(step: &Step, why: &str) {
    let Step::Failed(text) = step else { panic!("{step:?} is no failure for {why:?}") };
    assert!(text.contains(why), "{text:?} does not say {why:?}");
    assert!(text.chars().count() < 400 && !text.contains(char::is_control), "{text:?} is not fit to be shown");
}

/// What becomes of a client of `protocol` that hears these in turn, in one piece each and byte by byte.
#[track_caller]
fn refused(protocol: StartTls, said: &[&[u8]], why: &str) {
    for by_bytes in [false, true] {
        let mut negotiation = asking(protocol, "localhost");
        let mut outcome = Step::Wait;
        for turn in said {
            let bytes: Vec<&[u8]> = turn.chunks(if by_bytes { 1 } else { turn.len() }).collect();
            outcome = feed(&mut negotiation, &bytes);
        }
        fails(&outcome, why);
    }
}

#[test]
fn tls_is_asked_for_and_granted_in_pieces_of_any_size() {
    for case in good() {
        let mut whole = case.asked();
        assert_eq!(whole.feed(&case.consent), Step::Ready, "{:?}", case.protocol);

        let mut negotiation = case.start();
        for (heard, said) in &case.turns {
            let sent = heard.iter().filter_map(|byte| match negotiation.feed(&[*byte]) {
                Step::Wait => None,
                Step::Send(bytes) => Some(bytes),
                step => panic!("{:?}: {step:?}", case.protocol),
            });
            assert_eq!(sent.collect::<Vec<_>>(), [said.as_bytes()], "{:?}", case.protocol);
        }
        let (last, before) = case.consent.split_last().expect("a consent");
        let waits = before.iter().all(|byte| negotiation.feed(&[*byte]) == Step::Wait);
        assert!(waits, "{:?} begins TLS before the consent is whole", case.protocol);
        assert_eq!(negotiation.feed(&[*last]), Step::Ready, "{:?}", case.protocol);
    }
}

#[test]
fn whatever_follows_the_consent_is_an_attack() {
    for case in good() {
        for more in [&b"\r\n"[..], b" ", b"\0", b"250 in the clear\r\n", b"\x16\x03\x03", &[b'x'; 10_000]] {
            fails(&case.asked().feed(&[&case.consent, more].concat()), INJECTED);
            // The same if the consent itself has come in two parts.
            let (first, rest) = case.consent.split_at(case.consent.len() / 2);
            let mut negotiation = case.asked();
            fails(&feed(&mut negotiation, &[first, &[rest, more].concat()]), INJECTED);
        }
        let mut negotiation = case.asked();
        assert_eq!(negotiation.feed(&case.consent), Step::Ready);
        fails(&negotiation.feed(b"x"), INJECTED);
    }
}

#[test]
fn an_answer_to_what_was_not_asked_yet_is_an_attack() {
    for case in good().iter().filter(|case| !case.turns.is_empty()) {
        let all: Vec<u8> = case.turns.iter().flat_map(|(heard, _)| heard).chain(&case.consent).copied().collect();
        fails(&case.start().feed(&all), AHEAD);
        // A part of the answer is enough, whenever the rest comes.
        let at = all.len() - 1;
        let mut negotiation = case.start();
        let first = negotiation.feed(&all[..at]);
        let outcome = if matches!(first, Step::Failed(_)) { first } else { negotiation.feed(&all[at..]) };
        fails(&outcome, AHEAD);
    }
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_server() {
    use StartTls::{Imap, Ldap, Pop3, Postgres, Smtp, Xmpp};
    refused(Smtp, &[b"554 go away\r\n"], "refuses the connection: \"554 go away\"");
    refused(Smtp, &[b"220 a\r\n", b"502-no\r\n502 EHLO\r\n"], "refuses EHLO: \"502-no\\r\\n502 EHLO\"");
    refused(Smtp, &[b"220 a\r\n", b"250 STARTTLS\r\n"], "does not offer STARTTLS: \"250 STARTTLS\"");
    refused(Smtp, &[b"220-a\r\n220-STARTTLS\r\n220 b\r\n", b"250 a\r\n"], "does not offer STARTTLS: \"250 a\"");
    refused(Smtp, &[b"220 a\r\n", b"250-a\r\n250 STARTTLSX\r\n"], "does not offer STARTTLS");
    let offer = &b"250-a\r\n250 STARTTLS\r\n"[..];
    refused(Smtp, &[b"220 a\r\n", offer, b"454 4.7.0 later\r\n"], "refuses STARTTLS: \"454 4.7.0 later\"");
    refused(Smtp, &[b"220 a\r\n", offer, b"250 fine\r\n"], "refuses STARTTLS: \"250 fine\"");

    refused(Imap, &[b"* BYE full\r\n"], "refuses the connection: \"* BYE full\"");
    refused(Imap, &[b"* PREAUTH hello root\r\n"], "has logged the client in already, so TLS cannot start: \"* PREAUTH");
    refused(Imap, &[b"* OK\r\n", b"a1 BAD what\r\n"], "refuses STARTTLS: \"a1 BAD what\"");
    refused(Imap, &[b"* OK\r\n", b"* 1 EXISTS\r\na1 NO\r\n"], "refuses STARTTLS: \"a1 NO\"");
    refused(Imap, &[b"* OK\r\n", b"* BYE\r\n"], "refuses the connection: \"* BYE\"");

    refused(Pop3, &[b"-ERR busy\r\n"], "refuses the connection: \"-ERR busy\"");
    refused(Pop3, &[b"+OK\r\n", b"-ERR unknown\r\n"], "refuses STLS: \"-ERR unknown\"");

    refused(Postgres, &[b"N"], "refuses TLS: \"N\"");
    refused(Postgres, &[b"E"], "answers with an error when asked for TLS: \"E");

    let refusal = b"\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\x02\x04\x00\x04\x02no";
    refused(Ldap, &[refusal], "refuses StartTLS: result 2, \"no\"");
    let notice = b"\x30\x0f\x02\x01\x00\x78\x0a\x0a\x01\x34\x04\x00\x04\x03bye";
    refused(Ldap, &[notice], "ends the connection: result 52, \"bye\"");

    let header = HEADER.as_bytes();
    refused(Xmpp, &[header, b"<stream:features/>"], "does not offer STARTTLS: \"<stream:features/>\"");
    let other = b"<stream:features><starttls xmlns='urn:x'/></stream:features>";
    refused(Xmpp, &[header, other], "does not offer STARTTLS: \"<stream:features><starttls ");
    refused(Xmpp, &[b"<stream:stream xmlns='jabber:client'>"], "does not offer STARTTLS: \"<stream:stream ");
    let error = b"<stream:error><host-unknown/></stream:error>";
    refused(Xmpp, &[header, error], "refuses the connection: \"<stream:error><host-unknown/></stream:error>\"");
    refused(Xmpp, &[header, b"</stream:stream>"], "ends the stream: \"</stream:stream>\"");
    let offer = format!("<stream:features><starttls {TLS}/></stream:features>");
    let failure = format!("<failure {TLS}/></stream:stream>");
    refused(Xmpp, &[header, offer.as_bytes(), failure.as_bytes()], "refuses STARTTLS: \"<failure ");
}

#[test]
fn another_protocol_is_called_by_its_name() {
    use StartTls::{Imap, Ldap, Pop3, Postgres, Smtp, Xmpp};
    let named = [(Smtp, "SMTP"), (Imap, "IMAP"), (Pop3, "POP3"), (Postgres, "PostgreSQL's protocol"), (Ldap, "LDAP")];
    for (protocol, name) in named.into_iter().chain([(Xmpp, "XMPP")]) {
        refused(protocol, &[b"HTTP/1.1 400 \x1b[31mBad\r\n"], &format!("does not speak {name}: \"H"));
    }
    for line in ["22\r\n", "2200 a\r\n", "abc d\r\n", "22a d\r\n", "120 a\r\n", "220-a\r\n250 a\r\n", "\r\n"] {
        refused(Smtp, &[line.as_bytes()], "does not speak SMTP");
    }
    for line in ["* LIST\r\n", "a1 OK\r\n", "*\r\n", "\r\n"] {
        refused(Imap, &[line.as_bytes()], "does not speak IMAP");
    }
    for line in ["a2 OK\r\n", "+ go on\r\n", "a1 OKAY\r\n", "A1 OK\r\n"] {
        refused(Imap, &[b"* OK\r\n", line.as_bytes()], "does not speak IMAP");
    }
    refused(Pop3, &[b"+OKAY\r\n"], "does not speak POP3");
    for tags in ["<a>", "<!-- -->", "<?xml?><stream:stream version='1.0'>x", "</stream:stream>", "<>", "</>"] {
        refused(Xmpp, &[tags.as_bytes()], "does not speak XMPP");
    }
    refused(Xmpp, &[HEADER.as_bytes(), b"<message>"], "does not speak XMPP: \"<message>\"");
    let offer = format!("<stream:features><starttls {TLS}/></stream:features>");
    for answer in ["<proceed/>", "<proceed xmlns='urn:x'/>", "<?proceed?>", "proceed"] {
        refused(Xmpp, &[HEADER.as_bytes(), offer.as_bytes(), answer.as_bytes()], "does not speak XMPP");
    }
}

#[test]
fn ber_that_ldap_does_not_have_is_refused() {
    let messages: [&[u8]; 14] = [
        // Lengths: indefinite, reserved, of too many bytes, absurd.
        b"\x30\x80",
        b"\x30\xff",
        b"\x30\x85\x00\x00\x00\x00\x0c",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x83\x01\x00\x00",
        // Elements that are longer than what they are in, or missing.
        b"\x30\x00",
        b"\x30\x03\x02\x01\x01",
        b"\x30\x03\x02\x04\x01",
        b"\x30\x0c\x02\x01\x01\x78\x08\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x01",
        b"\x30\x0d\x02\x01\x01\x78\x08\x0a\x01\x00\x04\x00\x04\x00\x8a",
        // Other messages: another number, another operation, another response.
        b"\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x0f\x02\x01\x01\x78\x0a\x0a\x01\x00\x04\x00\x04\x00\x8a\x01x",
    ];
    for message in messages {
        refused(StartTls::Ldap, &[message], "does not speak LDAP");
    }
}

#[test]
fn what_has_no_end_is_not_kept() {
    use StartTls::{Imap, Ldap, Pop3, Smtp, Xmpp};
    let too_long = "a reply of the server is longer than 8 KiB";
    let endless = |start: &[u8]| [start, &vec![b'x'; PIECE_MAX]].concat();
    for (protocol, start) in [(Smtp, &b"220 "[..]), (Imap, b"* OK "), (Pop3, b"+OK "), (Xmpp, b"<stream:stream a='")] {
        refused(protocol, &[&endless(start)], too_long);
        // Whether it ends after all makes no difference.
        let ended = [&endless(start)[..], b"' version='1.0'>\r\n"].concat();
        refused(protocol, &[&ended], too_long);
    }
    let mut long = b"\x30\x82\x20\x00\x02\x01\x01\x78\x82\x1f\xf9\x0a\x01\x00\x04\x00\x04\x82\x1f\xf0".to_vec();
    long.resize(PIECE_MAX + 4, b'x');
    refused(Ldap, &[&long], too_long);
    assert!(matches!(asking(Ldap, "").feed(&long[..PIECE_MAX]), Step::Wait));

    let total = "more than 64 KiB before TLS";
    for (protocol, first, line) in [
        (Smtp, &b"220-a\r\n"[..], &b"220-a\r\n"[..]),
        (Imap, b"* OK\r\n", b"* 1 EXISTS\r\n"),
        (Xmpp, HEADER.as_bytes(), b" "),
        (Xmpp, HEADER.as_bytes(), b"<error>"),
    ] {
        let mut negotiation = asking(protocol, "localhost");
        negotiation.feed(first);
        let lines: Vec<&[u8]> = std::iter::repeat_n(line, TOTAL_MAX / line.len() + 1).collect();
        fails(&feed(&mut negotiation, &lines), total);
    }
}

#[test]
fn a_greeting_is_kept_for_a_program_that_wants_it() {
    for case in good() {
        let greets = case.opening.is_empty();
        let heard: Vec<u8> = case.turns.iter().flat_map(|(heard, _)| heard.clone()).collect();
        let mut negotiation = case.start().keeping_greeting();
        for byte in &heard {
            negotiation.feed(&[*byte]);
        }
        assert_eq!(negotiation.feed(&case.consent), Step::Ready, "{:?}", case.protocol);
        let greeting = negotiation.take_greeting();
        let first = case.turns.first().map(|(heard, _)| heard.clone()).unwrap_or_default();
        let lines = if case.protocol == StartTls::Imap { 1 } else { usize::MAX };
        let first: Vec<u8> = first.split_inclusive(|&byte| byte == b'\n').take(lines).flatten().copied().collect();
        assert_eq!(greeting, if greets { first } else { Vec::new() }, "{:?}", case.protocol);
        let mut dropping = case.asked();
        dropping.feed(&case.consent);
        assert_eq!(dropping.take_greeting(), b"", "{:?}", case.protocol);
    }
}

#[test]
fn an_early_end_is_told_with_what_was_there() {
    let what = "the server has ended the connection before its consent to TLS";
    for case in good() {
        assert_eq!(case.start().ended(), what);
    }
    let mut negotiation = asking(StartTls::Smtp, "localhost");
    assert_eq!(negotiation.feed(b"220 hel"), Step::Wait);
    assert_eq!(negotiation.ended(), format!("{what}, after \"220 hel\""));
}

#[test]
fn a_name_cannot_leave_its_quotes() {
    let opening = asking(StartTls::Xmpp, "a'><b c=\"&\"/>").start();
    let text = String::from_utf8(opening).expect("a text");
    assert!(text.contains(" to='a&apos;&gt;&lt;b c=&quot;&amp;&quot;/&gt;' version="), "{text}");
}

#[test]
fn a_quotation_is_short_and_harmless() {
    assert_eq!(quote(b"250 a \r\n"), "\"250 a\"");
    assert_eq!(quote(b"\x1b[2J\0\xff\"'\xe2\x80\xae"), "\"\\u{1b}[2J\\u{0}\u{fffd}\\\"'\\u{202e}\"");
    assert_eq!(quote(&[b'x'; 200]), format!("\"{}\"", "x".repeat(200)));
    assert_eq!(quote(&[b'x'; 201]), format!("\"{}\"...", "x".repeat(200)));
    assert_eq!(quote("\u{202e}".repeat(200).as_bytes()).len(), 2 + 3 + 200);
    assert_eq!(quote("🦀".repeat(201).as_bytes()), format!("\"{}\"...", "🦀".repeat(200)));
}
