//! Plays sessions as scripts: the user types and sees, the peer sends and receives, and the program ends.
//!
//! A case is a command and a script, with a colon between them. The command is a mode and its options. The peer is what
//! the mode needs: a listener for a client, a client for a server. `tcp|unix|tls12|tls13-client -q` is four commands.
//! In other modes, a word is the endpoint: `TCP`, `UNIX`, `UDP`, `TLS12`, `TLS13`, or the same with `-LISTEN`. Each
//! endpoint has a peer. `20x ` in front repeats the case, and `NAME=value` sets an environment variable. `{a|b}` stands
//! for `a` in one case and for `b` in another; the same braces have the same choice.
//!
//! Words such as `</dev/null`, `>&-` and `2>/dev/full` redirect as in a shell. `<*N` is a file with N bytes of the
//! pattern. `<TTY` makes a terminal stdin and stdout; at the end of the run, it must be as it was.
//!
//! The peers connect at the start, unless the first step is `nobody`. `; ` separates the steps. TEXT is literal, `*N`
//! is the next N bytes of a pattern, and a `$` after either is the end. A `…` in the text of a line stands for
//! anything.
//!
//! | of the user | |
//! |---|---|
//! | `type TEXT` | writes to stdin |
//! | `eof` | ends stdin |
//! | `offer TEXT` | the same as `type`, and the program can be gone already |
//! | `see TEXT` | expects it on stdout |
//! | `leave` | reads stdout no more |
//! | `only TEXT` | of a terminal: sees it and no echo before it |
//! | `raw`, `cooked` | has a terminal that is raw, or as it was |
//! | `turns raw` | has a terminal that is raw soon |
//!
//! | of the peer | |
//! |---|---|
//! | `say TEXT` | sends it |
//! | `end` | ends its direction in order |
//! | `notify`, `cut` | of TLS: close_notify without FIN, FIN without close_notify |
//! | `reset`, `go` | is gone, by a reset or by closing |
//! | `deaf` | reads no more |
//! | `get TEXT` | expects it |
//! | `get reset` | expects a reset |
//! | `silence` | gets nothing for a while, not even the end |
//! | `arrived` | what it has said is in the system of the program |
//! | `flows` | something waits to be read |
//! | `stranger TEXT` | a datagram comes from another peer |
//! | `refuse` | datagrams for it are refused from now on |
//! | `ping TEXT` | says and gets it |
//! | `new`, `peer N` | is one more of each, or the one that came N-th, from now on |
//!
//! | of the program | |
//! |---|---|
//! | `stop`, `cont`, `kill SIGNAL` | is sent a signal |
//! | `hear TEXT` | says a line with it on stderr |
//! | `refused` | lets nobody in any more |
//! | `rest`, `runs` | has nothing to do, has not ended |
//! | `memory KIB` | uses less than that |
//! | `sleep MS` | is given time |
//! | `taken` | has read what was typed |
//! | `clock`, `after MS`, `before MS` | takes as long from that moment, or from the start |
//! | `status N TEXT` | ends so, with one line on stderr that has the text, or none |
//! | `status N ~TEXT`, `status N !TEXT` | the same where just one line has the text, or none |
//! | `status N *` | the same with whatever lines |
//! | `killed SIGNAL`, `killed SIGNAL *` | ends by it, without a word or with some |

use super::*;

/// Plays all scripts, several at a time. A failure names the script and the step.
#[track_caller]
pub fn plays(cases: &[&str]) {
    let commands = |case: &str| {
        let several = case.split(' ').find(|word| word.contains('|')).unwrap_or_default();
        let (kinds, role) = several.split_once('-').unwrap_or((several, ""));
        let dash = if role.is_empty() { "" } else { "-" };
        let each = |kind: &str| case.replace(several, &format!("{kind}{dash}{role}"));
        if several.is_empty() { vec![case.to_owned()] } else { kinds.split('|').map(each).collect() }
    };
    let chosen = Vec::from_iter(cases.iter().flat_map(|case| choices(case)));
    let parts = chosen.iter().map(|case| case.split_once(": ").expect("a command"));
    let repeated = |case: &str| {
        let (times, command) = case.split_once("x ").unwrap_or(("", case));
        times.parse().map_or_else(|_| vec![case.to_owned()], |times| vec![command.to_owned(); times])
    };
    let each = parts.flat_map(|(case, script)| {
        commands(case).into_iter().flat_map(move |case| repeated(&case)).map(move |case| (case, script))
    });
    for_each(each, |(case, script)| play(&case, script));
}

/// The cases for which one with `{a|b}` stands.
fn choices(case: &str) -> Vec<String> {
    let groups = case.match_indices('{').filter_map(|(at, _)| case[at..].find('}').map(|end| &case[at..=at + end]));
    let Some(group) = groups.into_iter().find(|group| group.contains('|') && !group.starts_with("{ ")) else {
        return vec![case.to_owned()];
    };
    group[1..group.len() - 1].split('|').flat_map(|choice| choices(&case.replace(group, choice))).collect()
}

#[track_caller]
fn play(case: &str, script: &str) {
    let mut stage = Stage::new(command([""; 0]), case);
    match script.split_once("; ") {
        Some(("nobody", steps)) => {
            if matches!(
                stage.places[0],
                Place::TcpServed | Place::UnixServed(_) | Place::TlsServed(_) | Place::UdpServed
            ) {
                stage.program.listens();
            }
            stage.plays(steps);
        }
        _ => {
            stage.join();
            stage.plays(script);
        }
    }
}

/// A session of which the test does some steps by itself. Its peers are connected.
#[track_caller]
pub fn stage(case: &str) -> Stage {
    stage_by(command([""; 0]), case)
}

/// The same with a prepared command, which gets the words of the case as its last arguments.
#[track_caller]
pub fn stage_by(prepared: Command, case: &str) -> Stage {
    let mut stage = Stage::new(prepared, case);
    stage.join();
    stage
}

/// Adds the failed step to a panic.
struct At<'a>(&'a str, &'a str);

impl Drop for At<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("{}: failed at '{}'", self.0, self.1);
        }
    }
}

/// A text of a script: bytes, and whether the end follows.
fn parsed(text: &str, at: &mut usize) -> (Vec<u8>, bool) {
    let (text, ends) = text.strip_suffix('$').map_or((text, false), |text| (text, true));
    let Some(number) = text.strip_prefix('*') else { return (text.as_bytes().to_vec(), ends) };
    let factor = if number.ends_with('M') { 1 << 20 } else { 1 };
    let bytes = number.trim_end_matches('M').parse::<usize>().expect("a number of bytes") * factor;
    *at += bytes;
    (pattern(*at).split_off(*at - bytes), ends)
}

pub struct Stage {
    case: String,
    pub program: Background,
    pub stdin: Option<ChildStdin>,
    pub stdout: Option<ChildStdout>,
    pub terminal: Option<Terminal>,
    /// A program of `exec` on stdin and stdout has no peer.
    places: Vec<Place>,
    pub peers: Vec<Leg>,
    /// The peer that executes the steps.
    current: usize,
    clock: Instant,
    /// The positions in the pattern: typed, seen, said and got.
    typed: usize,
    seen: usize,
    said: usize,
    got: usize,
    _ground: Ground,
}

/// The kind that a word names, a mode or an endpoint.
fn kind(name: &str, listens: bool) -> Option<Kind> {
    match (name.trim_end_matches(['1', '2', '3']), listens) {
        ("tcp", false) => Some(Tcp),
        ("tcp", true) => Some(TcpListen),
        ("unix", false) => Some(Unix),
        ("unix", true) => Some(UnixListen),
        ("udp", false) => Some(Udp),
        ("udp", true) => Some(UdpListen),
        ("tls", false) => Some(TlsConnect),
        ("tls", true) => Some(TlsListen),
        _ => None,
    }
}

impl Stage {
    #[track_caller]
    fn new(mut prepared: Command, case: &str) -> Self {
        let versions = if case.to_lowercase().contains("tls12") { &VERSIONS[..1] } else { &VERSIONS[1..] };
        let ground = Ground::of(versions);
        let (mut args, mut last, mut redirections) = (Vec::new(), None, String::new());
        let (mut places, mut terminal) = (Vec::new(), None);
        for word in shell_words::split(case).expect("a command") {
            let (first, more) = word.split_once(',').map_or((&*word, None), |(first, more)| (first, Some(more)));
            let (name, role) = first.split_once('-').unwrap_or((first, ""));
            let is_endpoint = matches!(role, "" | "LISTEN") && !name.chars().any(|c| c.is_ascii_lowercase());
            let listens = matches!(role, "LISTEN" | "server" | "echo");
            let file = format!("peer{}", places.len());
            if let Some((name, value)) = word.split_once('=').filter(|_| args.is_empty()) {
                prepared.env(name, value);
            } else if word == "<TTY" {
                terminal = Some(Terminal::new());
            } else if let Some(bytes) = word.strip_prefix("<*") {
                let path = ground.path("input");
                fs::write(&path, pattern(bytes.parse().expect("a number of bytes"))).expect("a file");
                redirections += &format!(" <{path}");
            } else if word.starts_with(['<', '>']) || word.starts_with("2>") {
                redirections += &format!(" {word}");
            } else if let Some(kind) = kind(&name.to_lowercase(), listens).filter(|_| is_endpoint) {
                let (endpoint, at) = ground.endpoint(kind, &file);
                args.push(more.map_or_else(|| endpoint.clone(), |more| format!("{endpoint},{more}")));
                places.push(at);
            } else if let Some(kind) = kind(name, listens).filter(|_| !role.is_empty()) {
                let (endpoint, at) = ground.endpoint(kind, &file);
                args.push(format!("{}-{role}", name.trim_end_matches(['1', '2', '3'])));
                let mut parts = endpoint.split(',');
                last = parts.next().and_then(|first| first.split_once(':')).map(|(_, address)| address.to_owned());
                for (name, value) in parts.filter_map(|part| part.split_once('=')) {
                    args.extend([format!("--{name}"), value.to_owned()]);
                }
                places.push(at);
            } else {
                args.push(word);
            }
        }
        if !redirections.is_empty() {
            assert!(prepared.get_program() == program() && prepared.get_args().len() == 0, "a shell takes its place");
            let by = by_shell(format!("exec \"$0\" \"$@\"{redirections}"));
            let variables = prepared.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
            let variables = Vec::from_iter(variables);
            prepared = by;
            prepared.envs(variables);
        }
        prepared.args(args.into_iter().chain(last));
        if let Some(terminal) = &terminal {
            terminal.give_to(&mut prepared);
        }
        let clock = Instant::now();
        let mut program = Background::spawn(prepared);
        let (mut stdin, mut stdout) = program.streams();
        if redirections.contains(" <") {
            stdin = None;
        }
        if redirections.contains(" >") {
            stdout = None;
        }
        let (case, peers) = (case.to_owned(), Vec::new());
        let (typed, seen, said, got) = (0, 0, 0, 0);
        let (current, _ground) = (0, ground);
        Self { case, program, stdin, stdout, terminal, places, peers, current, clock, typed, seen, said, got, _ground }
    }

    #[track_caller]
    pub fn terminal(&self) -> &Terminal {
        self.terminal.as_ref().expect("it has a terminal")
    }

    /// Executes steps. A failure names the case and the step.
    #[track_caller]
    pub fn plays(&mut self, steps: &str) {
        let case = self.case.clone();
        for step in steps.split("; ") {
            let _at = At(&case, step);
            self.step(step);
        }
    }

    /// The peer that executes the steps.
    #[track_caller]
    pub fn peer(&mut self) -> &mut Leg {
        self.peers.get_mut(self.current).expect("there is a peer")
    }

    /// Connects one more peer of each place. The last one executes the next steps.
    #[track_caller]
    fn join(&mut self) {
        for place in &self.places {
            self.peers.push(place.leg(&mut self.program));
            self.current = self.peers.len() - 1;
        }
    }

    #[track_caller]
    fn step(&mut self, step: &str) {
        /// A long text can wait for a reader, so a thread writes it.
        const AT_ONCE: usize = 60_000;
        /// The steps with a text, a number or a name.
        const WITH_MORE: [&str; 18] = [
            "type", "offer", "see", "only", "turns", "say", "get", "stranger", "ping", "peer", "kill", "hear",
            "memory", "sleep", "after", "before", "status", "killed",
        ];
        let (name, rest) = step.split_once(' ').unwrap_or((step, ""));
        assert!(rest.is_empty() || WITH_MORE.contains(&name), "'{name}' is all of its step");
        match (name, &self.terminal) {
            ("type", Some(terminal)) => return terminal.type_in(rest),
            ("see", Some(terminal)) => return terminal.shows(rest),
            ("only", Some(terminal)) => {
                return expect(&mut terminal.master.try_clone().expect("a copy"), rest.as_bytes());
            }
            ("raw", Some(terminal)) => return assert!(terminal.is_raw(), "the terminal is not raw"),
            ("turns", Some(terminal)) if rest == "raw" => return terminal.becomes_raw(),
            ("cooked", Some(terminal)) => return terminal.is_untouched(),
            ("status" | "killed", Some(terminal)) => {
                self.program.wait();
                terminal.is_untouched();
            }
            _ => (),
        }
        match name {
            "offer" => {
                let mut stdin = self.stdin.as_ref().expect("it has not ended");
                if let Err(error) = stdin.write_all(rest.as_bytes()) {
                    assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
                }
            }
            "type" => {
                let (data, ends) = parsed(rest, &mut self.typed);
                let mut stdin = self.stdin.take().expect("it has not ended");
                if data.len() > AT_ONCE && ends {
                    return feed(stdin, data);
                }
                for part in data.chunks(libc::PIPE_BUF) {
                    eventually("stdin has room", || (!is_full(&stdin)).then_some(()));
                    stdin.write_all(part).expect("stdin takes it");
                }
                self.stdin = (!ends).then_some(stdin);
            }
            "eof" => self.stdin = None,
            "see" => {
                let (data, ends) = parsed(rest, &mut self.seen);
                let stdout = self.stdout.as_mut().expect("it has a reader");
                expect(stdout, &data);
                if ends {
                    expect_end(stdout);
                }
            }
            "leave" => self.stdout = None,
            "memory" => {
                let (used, most) = (self.program.rss_kib(), rest.parse().expect("a number"));
                assert!(used < most, "{used} KiB");
            }
            "new" => self.join(),
            "peer" => self.current = rest.parse::<usize>().expect("a number") - 1,
            "ping" => ["say", "get"].iter().for_each(|name| self.peer_step(name, rest)),
            "refused" => {
                let address: SocketAddr = self.program.listens().parse().expect("an address");
                eventually("nobody listens any more", || {
                    let error = TcpStream::connect(address).err()?;
                    (error.kind() == ErrorKind::ConnectionRefused).then_some(())
                });
            }
            "stop" => self.program.signal(libc::SIGSTOP),
            "cont" => self.program.signal(libc::SIGCONT),
            "kill" => self.program.signal(signal(rest)),
            "hear" => {
                let first = rest.split('…').next().unwrap_or_default();
                while !says(&self.program.line(first), rest) {}
            }
            "taken" => {
                let stdin = self.stdin.as_ref().expect("it has not ended");
                eventually("stdin is read", || (queued(stdin) == 0).then_some(()));
            }
            "clock" => self.clock = Instant::now(),
            "after" => assert!(self.clock.elapsed() >= time(rest), "after {:?}", self.clock.elapsed()),
            "before" => assert!(self.clock.elapsed() < time(rest), "after {:?}", self.clock.elapsed()),
            "rest" => self.program.comes_to_rest(),
            "runs" => assert!(self.program.is_running(), "{:?}", self.program.all_lines()),
            "sleep" => pass(time(rest), "the script asks for it"),
            "status" => self.ends(rest),
            "killed" => {
                let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
                self.program.is_killed_by(signal(name));
                assert!(text == "*" || self.words().is_empty(), "{:?}", self.words());
            }
            _ => self.peer_step(name, rest),
        }
    }

    #[track_caller]
    fn peer_step(&mut self, name: &str, rest: &str) {
        /// Every system buffers this much for a peer that does not read.
        const AT_ONCE: usize = 400_000;
        let peer = self.peers.get_mut(self.current).expect("there is a peer");
        match name {
            "say" => {
                let (data, ends) = parsed(rest, &mut self.said);
                if data.len() > AT_ONCE {
                    return peer.send(data, ends);
                }
                peer.write(&data);
                if ends {
                    peer.end();
                }
            }
            "end" => peer.end(),
            "notify" => peer.tls().close_notify(),
            "cut" => peer.tls().fin(),
            "reset" => peer.reset(),
            "go" => peer.close(),
            "deaf" => peer.copy().shutdown(Shutdown::Read).expect("it is connected"),
            "get" if rest == "reset" => peer.expect_reset(),
            "get" => {
                let (data, ends) = parsed(rest, &mut self.got);
                peer.expect(&data);
                if ends {
                    peer.expect_end();
                }
            }
            "stranger" | "refuse" => {
                let Leg::Udp(socket, to) = peer else { unreachable!("this one is of datagrams") };
                if name == "refuse" {
                    return refuses_from_now_on(socket);
                }
                udp("127.0.0.1").send_to(rest.as_bytes(), to.expect("it is known")).expect("it leaves");
            }
            "silence" => peer.has_nothing(Duration::from_millis(500)),
            "arrived" => peer.is_acknowledged(),
            "flows" => eventually("bytes", || (queued(peer) > 0).then_some(())),
            _ => panic!("'{name}' is no step"),
        }
    }

    /// The lines of the program without `listening on`.
    fn words(&mut self) -> Vec<String> {
        let lines = self.program.all_lines();
        lines.into_iter().filter(|line| !line.contains("listening on ")).collect()
    }

    #[track_caller]
    fn ends(&mut self, expected: &str) {
        let (status, text) = expected.split_once(' ').unwrap_or((expected, ""));
        self.program.ends_with(status.parse().expect("a status"));
        let words = self.words();
        let fits = match (text, text.strip_prefix('~')) {
            ("*", _) => true,
            ("", _) => words.is_empty(),
            (_, Some(text)) => words.iter().filter(|line| says(line, text)).count() == 1,
            (text, None) if text.starts_with('!') => !words.iter().any(|line| says(line, &text[1..])),
            // The second line of an error of TLS says what to do about it.
            (text, None) if status == "5" => words.len() <= 2 && words.iter().any(|line| says(line, text)),
            (text, None) => words.len() == 1 && words[0].starts_with("xport: ") && says(&words[0], text),
        };
        assert!(fits, "{words:?}");
    }
}

/// Whether a line has the parts of a text in their order. `…` is between them.
fn says(line: &str, text: &str) -> bool {
    text.split('…').try_fold(line, |line, part| Some(line.split_once(part)?.1)).is_some()
}

fn time(milliseconds: &str) -> Duration {
    Duration::from_millis(milliseconds.parse().expect("a time"))
}

fn signal(name: &str) -> i32 {
    match name {
        "INT" => libc::SIGINT,
        "TERM" => libc::SIGTERM,
        "HUP" => libc::SIGHUP,
        "PIPE" => libc::SIGPIPE,
        "QUIT" => libc::SIGQUIT,
        "USR1" => libc::SIGUSR1,
        "USR2" => libc::SIGUSR2,
        "ALRM" => libc::SIGALRM,
        "KILL" => libc::SIGKILL,
        "ABRT" => libc::SIGABRT,
        "VTALRM" => libc::SIGVTALRM,
        _ => panic!("{name} is no signal of a script"),
    }
}

#[test]
fn scripts_can_fail() {
    for (case, script) in [
        ("tcp-client", "type hello$; get hullo"),
        ("tcp-client", "type hello$; get hello; get $; say x; go; see y"),
        ("tcp-client", "type hello$; get hello$; go; status 1"),
        ("tcp-echo --no-such-option", "say hello"),
        ("tls13-client", "say *1000; cut; eof; see *1000$; status 0"),
        ("tcp-echo", "ping *100; silence; kill TERM; go; killed TERM"),
        ("udp-echo", "say one; get two"),
        ("tcp-client", "no such step"),
        ("tcp-client -v", "go; eof; hear connected … elsewhere"),
        ("tcp-client -v", "go; eof; hear 127.0.0.1…connected to"),
        ("tcp-client </dev/null", "type x; get x"),
        ("relay TCP UNIX", "peer 1; say hello; peer 2; get hullo"),
        ("tcp-client --raw -v <TTY", "turns raw; cooked"),
        ("tcp-client -v <TTY", "hear connected; raw"),
        ("tcp-client", "cooked"),
        ("tcp-client", "eof now"),
        ("tcp-client", "go away"),
    ] {
        let outcome = std::panic::catch_unwind(|| play(case, script));
        assert!(outcome.is_err(), "{case}: {script} has not failed");
    }
    let wrong: [fn(); 3] = [
        || plays(&[]),
        || refuses([""; 0]),
        // The shell of the redirection would take the place of this shell.
        || drop(stage_by(by_shell("exec \"$0\" \"$@\""), "tcp-client </dev/null")),
    ];
    for wrong in wrong {
        std::panic::catch_unwind(wrong).expect_err("it is wrong");
    }
}
