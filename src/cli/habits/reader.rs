//! Reads the line of another program: a netcat, curl, wget, telnet or openssl.
//!
//! Each program has a table of options. Options of xport are kept. The same letter means different things to different
//! netcats; the most common one counts.

use super::typed::Typed;
use super::wish::{Job, Means, Medium, Runs, Wish};
use super::words::{option_called, url};
use crate::cli::address::is_path;
use crate::cli::kinds::NO_PROXY;
use crate::cli::options::{OptSpec, rows};

/// How an option is written, with `=` if a value follows, and what the option means.
type Row = (&'static str, Means);

const NO_BROKER: &str = "xport does not pass on what one client says to the others; use ncat";
const NO_TELNET: &str = "xport does not negotiate as telnet does";
const NO_SUCH_MEDIUM: &str = "xport has TCP, TLS, UDP and unix sockets";
const NO_CIPHERS: &str = "xport has no choice of ciphers; --tls-min 1.3 excludes those of older versions";
const NO_FOLDER: &str = "xport reads one file of authorities: use --ca FILE";
const NO_REQUEST: &str = "xport makes no requests of HTTP: stdin goes to the server as it is";
const OLD_TLS: &str = "xport has TLS 1.2 and 1.3";

/// Letters of nc and ncat, and long names of any program.
static NETCAT: &[Row] = &[
    ("-l --listen", Means::Asks(Wish::listen)),
    ("-u --udp", Means::Asks(|wish, _| wish.medium = Medium::Udp)),
    ("-U --unixsock", Means::Asks(|wish, _| wish.medium = Medium::Unix)),
    ("-z --zero", Means::Asks(|wish, _| wish.job = Job::Try)),
    ("-k", Means::Depends("", Wish::keep_or_insecure)),
    ("--keep-open", Means::Asks(|wish, _| wish.keeps = true)),
    ("-e= --exec=", Means::Depends("", Wish::program)),
    ("-c= --sh-exec=", Means::Asks(|wish, line| wish.runs = Runs::Shell(line))),
    ("-p= --source-port=", Means::Asks(|wish, port| wish.port = Some(port))),
    ("-s= --source=", Means::Asks(|wish, host| wish.source = Some(host))),
    ("-w= --wait=", Means::Asks(|wish, time| wish.wait = Some(time))),
    ("-q=", Means::Asks(|wish, time| wish.quit = Some(time))),
    ("-i=", Means::Same("idle-timeout")),
    ("-C", Means::Same("crlf")),
    ("-d", Means::Same("recv-only")),
    ("-b", Means::Same("broadcast")),
    ("-N -r -D -R --append-output", Means::Nothing),
    ("-t --telnet", Means::Absent(NO_TELNET)),
    ("-Z --sctp --vsock", Means::Absent(NO_SUCH_MEDIUM)),
    ("-S", Means::Absent("xport does not sign segments (TCP MD5)")),
    ("-o= --output=", Means::Same("dump")),
    ("-x= --hex-dump=", Means::Depends("dump", Wish::dump_or_proxy)),
    ("-X= --proxy= -P= --proxy-auth= --proxy-type= --proxy-dns=", Means::Absent(NO_PROXY)),
    ("-m= --max-conns=", Means::Depends("", Wish::max_conns)),
    ("-M=", Means::Same("ttl")),
    ("-T=", Means::Same("tos")),
    ("--host=", Means::Asks(|wish, place| wish.place.insert(0, place))),
    ("--port=", Means::Asks(|wish, port| wish.port = Some(port))),
    ("--bind= --address=", Means::Asks(Wish::accept)),
    ("-I=", Means::Same("recv-buffer")),
    ("-O=", Means::Same("send-buffer")),
    ("-W=", Means::Same("count")),
    ("--no-shutdown", Means::Same("no-half-close")),
    ("--nodns", Means::Same("numeric")),
    ("--broker --chat", Means::Absent(NO_BROKER)),
    ("--lua-exec=", Means::Absent("xport runs programs, and no Lua")),
    ("--delay=", Means::Absent("xport does not slow down what it sends")),
    ("--allowfile=", Means::Absent("xport reads no file of networks: use --allow NETWORK")),
    ("--denyfile=", Means::Absent("xport reads no file of networks: use --deny NETWORK")),
    ("--ssl --tls", Means::Asks(|wish, _| wish.medium = Medium::Tls)),
    ("--ssl-verify --verify", Means::Asks(Wish::verify)),
    ("--ssl-cert=", Means::Same("cert")),
    ("--ssl-key=", Means::Same("key")),
    ("--ssl-trustfile= --cacert= --cafile=", Means::Depends("ca", Wish::authorities)),
    ("--ssl-servername= --sni= --hostname=", Means::Same("server-name")),
    ("--ssl-alpn=", Means::Same("alpn")),
    ("--ssl-ciphers= --ciphers= --cipher=", Means::Absent(NO_CIPHERS)),
    ("--capath=", Means::Absent(NO_FOLDER)),
    ("--pinnedpubkey=", Means::Absent("use --pin sha256:HEX, with hexadecimal digits")),
    ("--tlsv1.2 --tls1.2 --tls1_2", Means::Fixed("tls-min", "1.2")),
    ("--tlsv1.3 --tls1.3 --tls1_3", Means::Fixed("tls-min", "1.3")),
    ("--no-verify --noverify --skip-verify --no-check-certificate", Means::Same("insecure")),
    ("--showcerts", Means::Same("show-chain")),
];

/// Letters of curl and wget.
static CURL: &[Row] = &[
    ("-k", Means::Same("insecure")),
    ("-s -S -f -L -i -I -g -O -N --silent --show-error --fail --location --head --include --spider", Means::Nothing),
    ("-q --quiet", Means::Nothing),
    ("-m= --max-time=", Means::Same("timeout")),
    ("-x= --proxy=", Means::Absent(NO_PROXY)),
    ("--resolve=", Means::Asks(|wish, resolved| wish.resolved.push(resolved))),
    ("--unix-socket=", Means::Asks(|wish, path| wish.socket = Some(path))),
    ("-o= --output=", Means::Absent("the answer goes to stdout: use > FILE")),
    ("-X= --request= -d= --data= -H= --header= -u= --user= -F= -T= -A= -b= -e=", Means::Absent(NO_REQUEST)),
];

/// Options of openssl.
static OPENSSL: &[Row] = &[
    ("-connect= -host=", Means::Asks(|wish, place| wish.place.insert(0, place))),
    ("-port=", Means::Asks(|wish, port| wish.place.push(port))),
    ("-accept=", Means::Asks(Wish::accept)),
    ("-servername= -verify_hostname=", Means::Same("server-name")),
    ("-CAfile=", Means::Depends("ca", Wish::authorities)),
    ("-CApath=", Means::Absent(NO_FOLDER)),
    ("-cert=", Means::Same("cert")),
    ("-key=", Means::Same("key")),
    ("-alpn=", Means::Same("alpn")),
    ("-starttls=", Means::Same("starttls")),
    ("-keylogfile=", Means::Same("keylog")),
    ("-crlf", Means::Same("crlf")),
    ("-showcerts", Means::Same("show-chain")),
    ("-tls1_2", Means::Fixed("tls-max", "1.2")),
    ("-tls1_3", Means::Fixed("tls-min", "1.3")),
    ("-tls1_1 -tls1", Means::Absent(OLD_TLS)),
    ("-quiet -ign_eof -no_ign_eof -verify_return_error -brief -state", Means::Nothing),
    ("-verify= -Verify=", Means::Asks(Wish::verify)),
    ("-proxy=", Means::Absent(NO_PROXY)),
    ("-www -WWW", Means::Absent("xport is not a web server")),
    ("-cipher= -ciphersuites=", Means::Absent(NO_CIPHERS)),
];

/// The row of an option, and whether a value follows.
fn find(rows: &[Row], option: &str) -> Option<(Means, bool)> {
    let has_value = |row: &Row| {
        let key = row.0.split(' ').find(|key| key.strip_suffix('=').unwrap_or(key) == option)?;
        Some((row.1, key.ends_with('=')))
    };
    rows.iter().find_map(has_value)
}

/// Whether a netcat has a long option of this name.
pub(super) fn is_foreign(name: &str) -> bool {
    find(NETCAT, &format!("--{name}")).is_some()
}

/// The option of xport that another program calls `name`, if the values are the same.
pub(super) fn renamed(name: &str) -> Option<&'static OptSpec> {
    match find(NETCAT, &format!("--{name}"))?.0 {
        Means::Same(name) | Means::Depends(name, _) => option_called(name),
        _ => None,
    }
}

/// Whose line this is, if the words show it. A netcat has no such words.
fn marked(typed: &Typed<'_>) -> Option<&'static [Row]> {
    let is_openssl = |word: &String| word.len() > 2 && find(OPENSSL, word).is_some();
    let is_page = |word: &&String| url(word).is_some();
    let words = typed.without_mode();
    match typed.program {
        Some("curl" | "wget") => Some(CURL),
        Some("openssl" | "s_client" | "s_server") => Some(OPENSSL),
        _ if words.iter().any(|word| is_openssl(word)) => Some(OPENSSL),
        None if typed.mode().is_none_or(|mode| mode.name.ends_with("-client")) && words.iter().any(is_page) => {
            Some(CURL)
        }
        _ => None,
    }
}

/// What was made of a line of another program.
#[derive(Default)]
pub(super) struct Translation {
    /// The line of xport that does what was meant.
    pub(super) line: Option<Vec<String>>,
    /// Why there is none, if the user should know the reason.
    pub(super) lacks: Option<&'static str>,
}

/// Reads the line of a program that is not a netcat. `None` if no word shows such a program.
pub(super) fn read_marked(typed: &Typed<'_>) -> Option<Translation> {
    marked(typed).map(|rows| read_by(typed, rows))
}

/// Reads the line of any program.
pub(super) fn read(typed: &Typed<'_>) -> Translation {
    read_by(typed, marked(typed).unwrap_or(NETCAT))
}

fn read_by(typed: &Typed<'_>, rows: &'static [Row]) -> Translation {
    let Some(wish) = Wish::of(typed.mode(), typed.program) else { return Translation::default() };
    let mut reader = Reader { wish, rows, words: typed.without_mode(), at: 0, has_mode: typed.mode().is_some() };
    Translation { line: reader.line(), lacks: reader.wish.lacks }
}

/// A line that is being read.
struct Reader<'a> {
    wish: Wish,
    rows: &'static [Row],
    words: Vec<&'a String>,
    at: usize,
    has_mode: bool,
}

impl Reader<'_> {
    fn line(&mut self) -> Option<Vec<String>> {
        if std::ptr::eq(self.rows, OPENSSL) {
            self.wish.medium = Medium::Tls;
        }
        while let Some(word) = self.next() {
            self.take(&word)?;
        }
        let wish = &mut self.wish;
        let is_endpoint = |place: &String| place.contains(',') && !is_path(place);
        let is_empty = matches!(&wish.runs, Runs::Words(words) if words.is_empty());
        // Without a mode, an option alone does not say enough.
        let is_vague = !self.has_mode && wish.job == Job::Connect && wish.place.is_empty();
        if is_empty || is_vague || wish.place.iter().any(is_endpoint) {
            return None;
        }
        wish.words()
    }

    fn next(&mut self) -> Option<String> {
        let word = self.words.get(self.at).map(|word| (*word).clone());
        self.at += 1;
        word
    }

    fn take(&mut self, word: &str) -> Option<()> {
        if word == "--" {
            self.wish.runs = Runs::Words(std::iter::from_fn(|| self.next()).collect());
            return Some(());
        }
        if word.starts_with("--") {
            return self.take_name(word);
        }
        match word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            Some(_) if word.len() > 2 && find(self.rows, word).is_some() => self.take_name(word),
            Some(letters) => self.take_letters(letters),
            None => {
                let is_bare = self.is_curl() && !word.contains("://");
                self.wish.take_place(&if is_bare { format!("http://{word}") } else { word.to_owned() });
                Some(())
            }
        }
    }

    fn is_curl(&self) -> bool {
        std::ptr::eq(self.rows, CURL)
    }

    /// Takes an option by its name.
    fn take_name(&mut self, word: &str) -> Option<()> {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        if let Some((means, has_value)) = find(self.rows, name).or_else(|| find(NETCAT, name)) {
            let value = match attached {
                Some(value) => value,
                None if has_value => self.next()?,
                None => String::new(),
            };
            return self.wish.take(means, value);
        }
        if name == "--connect" {
            let value = attached.or_else(|| self.next())?;
            self.wish.job = Job::Connect;
            self.wish.place.push(value);
            return Some(());
        }
        let spec = name.strip_prefix("--").and_then(option_called)?;
        self.wish.note(spec);
        self.wish.options.push(word.to_owned());
        if spec.takes_value() && attached.is_none() {
            let value = self.next()?;
            self.wish.options.push(value);
        }
        Some(())
    }

    /// Takes the letters of one word. The rest of the word, or the next word, is the value of a letter that has one.
    fn take_letters(&mut self, letters: &str) -> Option<()> {
        let mut verbose = 0;
        let mut rest = letters;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            let row = find(self.rows, &format!("-{letter}"));
            // The letter of xport has no value.
            let next = if rest.is_empty() { self.words.get(self.at).map_or("", |word| word.as_str()) } else { rest };
            let is_quiet = letter == 'q' && next.parse::<i64>().is_err() && matches!(row, Some((_, true)));
            // wget names stdout behind a letter.
            if letter == 'v' {
                verbose += 1;
            } else if letter == '-' && rest.is_empty() && self.is_curl() {
                break;
            } else if let Some((means, has_value)) = row.filter(|_| !is_quiet) {
                // In a long word such as `-noverify`, the letters behind it are no value but a misspelled name.
                let is_word = has_value && rest.len() > 1 && rest.bytes().all(|byte| byte.is_ascii_alphabetic());
                if is_word && !self.is_curl() || letter == 'o' && (self.has_mode || !rest.is_empty()) {
                    return None;
                }
                let value = match (has_value, rest) {
                    (false, _) => String::new(),
                    (true, "") => self.next()?,
                    (true, _) => std::mem::take(&mut rest).to_owned(),
                };
                self.wish.take(means, value)?;
            } else {
                let spec = rows().find(|spec| spec.short == Some(letter))?;
                self.wish.options.push(format!("-{}", spec.short.unwrap_or(letter)));
            }
        }
        if verbose > 0 {
            self.wish.options.push(format!("-{}", "v".repeat(verbose)));
        }
        Some(())
    }
}
