//! Compares the loop with asyncio: one script on both loops must cause the same callbacks, in the same order, and the
//! same bytes.
//!
//! A script is a head and steps. The head says whether the connection is a `unix` socket pair or a `tcp` connection,
//! and whether `eof_received` returns `keep open`. The peer of the transport executes the steps in order: `send N`,
//! `read N` or `read all`, `end` its direction, `reset`, `await` a callback, and `do` something with the transport on
//! the thread of the loop. The other half of this file is `oracle.py`.
//!
//! The scripts avoid the known differences. `close` waits for the end of the peer, so the peer ends. `abort` resets a
//! TCP connection, so the scripts use a unix socket for it. There is no `resume_writing` after `close` or `write_eof`,
//! so the buffer is never over the high-water mark then.

use crate::harness::*;
use std::sync::Condvar;

use xport::event_loop::EventLoop;
use xport::transports::handle::Transport;
use xport::transports::id::Id;
use xport::transports::out_buf::WaterMarks;
use xport::transports::protocol::{Eof, Protocol};

const SCRIPTS: &[&str] = &[
    // The peer sends, then ends.
    "unix; await made; send 1000; end; await lost; read all",
    "tcp; await made; send 300000; end; await lost; read all",
    "unix keep open; await made; send 1000; end; await eof; do write 10; do close; read all; await lost",
    "tcp keep open; await made; end; await eof; do write 10; read 10; do write 7; do close; read all; await lost",
    "unix; await made; do limits 1000000; do write 200000; end; await eof; read all; await lost",
    // The peer resets, at once or after its bytes have been read.
    "tcp; await made; send 1000; reset; await lost",
    "tcp; await made; send 1000; await data 1000; reset; await lost",
    // The peer does not read before a step says so.
    "unix; await made; do limits 65536; do write 204800; await pause; read 204800; await resume; end; await lost",
    "unix; await made; do write 204800; await pause; read 204800; await resume; do write 204800; read 204800; \
     end; await lost; read all",
    "unix; await made; do limits 0; do write 100000; await pause; read 100000; await resume; end; await lost",
    // Closing, aborting and ending with bytes in the buffer.
    "unix; await made; do limits 1000000; do write 204800; do close; read all; end; await lost",
    "tcp; await made; do write 10; do close; read all; end; await lost",
    "unix; await made; do write 204800; await pause; do abort; await lost",
    "unix; await made; do limits 1000000; do write 204800; do write_eof; read all; send 20; end; await lost",
    "tcp; await made; do write 10; do write_eof; do write_eof; read all; send 20; end; await lost; read all",
    // Reading paused while bytes, and the end, are waiting.
    "unix; await made; do pause_reading; send 100; do pause_reading; do resume_reading; await data 100; \
     do resume_reading; end; await lost",
    "tcp; await made; send 1; await data 1; do pause_reading; send 100; end; do resume_reading; await lost",
    // The protocol changes in mid-stream.
    "unix; await made; send 3; await data 3; do set_protocol; send 4; await second data 4; end; await second lost",
];

/// The events in order. The loop writes them, and the peer waits for them.
#[derive(Default)]
struct Log {
    events: Mutex<Vec<String>>,
    changed: Condvar,
}

impl Log {
    fn add(&self, event: String) {
        self.events.lock().expect("nobody panics with it").push(event);
        self.changed.notify_all();
    }

    /// Counts bytes. Their grouping does not matter.
    fn add_data(&self, name: &str, mut n: usize) {
        let mut events = self.events.lock().expect("nobody panics with it");
        let before = events.last().and_then(|last| last.strip_prefix(name)?.trim_start().parse::<usize>().ok());
        if let Some(before) = before {
            n += before;
            events.pop();
        }
        events.push(format!("{name} {n}"));
        self.changed.notify_all();
    }

    fn wait_for(&self, wanted: &str) -> Result<(), String> {
        let happened = |event: &String| event.strip_prefix(wanted).is_some_and(|r| r.is_empty() || r.starts_with(' '));
        let events = self.events.lock().expect("nobody panics with it");
        let not_yet = |events: &mut Vec<String>| !events.iter().any(happened);
        let (events, wait) = self.changed.wait_timeout_while(events, DEADLINE, not_yet).expect("nobody panics with it");
        if wait.timed_out() { Err(format!("no {wanted} in {events:?}")) } else { Ok(()) }
    }
}

/// The protocol under observation.
struct Recorder {
    log: Arc<Log>,
    eof: Eof,
    name: &'static str,
}

impl Recorder {
    fn say(&self, event: &str) {
        self.log.add(format!("{}{event}", self.name));
    }
}

impl Protocol for Recorder {
    fn connection_made(&mut self, _t: &mut Transport<'_>) {
        self.say("made");
    }

    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        self.log.add_data(&format!("{}data", self.name), data.len());
    }

    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        self.say("eof");
        self.eof
    }

    fn pause_writing(&mut self, _t: &mut Transport<'_>) {
        self.say("pause");
    }

    fn resume_writing(&mut self, _t: &mut Transport<'_>) {
        self.say("resume");
    }

    fn connection_lost(&mut self, _t: &mut Transport<'_>, error: Option<io::Error>) {
        match error {
            None => self.say("lost"),
            Some(error) => self.say(&format!("lost {}", error.raw_os_error().expect("an error of the system"))),
        }
    }
}

/// Executes commands from a second connection, so that a peer on another thread can act on the thread of the loop.
struct Control {
    target: Id,
    log: Arc<Log>,
    line: String,
}

impl Control {
    fn act(&self, mut t: Transport<'_>) {
        self.log.add(format!("do {}", self.line));
        let (name, number) = self.line.split_once(' ').unwrap_or((&self.line, "0"));
        let number: usize = number.parse().expect("a number");
        match name {
            "write" => t.write(&vec![0; number]),
            "limits" => t.set_write_buffer_limits(WaterMarks::new(number, None).expect("marks")),
            "set_protocol" => t.set_protocol(Recorder { log: self.log.clone(), eof: Eof::Close, name: "second " }),
            "write_eof" => t.write_eof(),
            "close" => t.close(),
            "abort" => t.abort(),
            "pause_reading" => t.pause_reading(),
            "resume_reading" => t.resume_reading(),
            _ => panic!("{name:?} is nothing to be done"),
        }
    }
}

impl Protocol for Control {
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        for &byte in data {
            if byte == b'\n' {
                self.act(t.peer(self.target));
                self.line.clear();
                t.write(b"\n");
            } else {
                self.line.push(char::from(byte));
            }
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, _error: Option<io::Error>) {
        t.net().stop();
    }
}

/// Reads this many bytes, or all bytes before the end. Returns their number, and whether the end came.
fn receive(peer: &mut Socket, wanted: usize) -> io::Result<String> {
    let (mut total, mut buffer) = (0, vec![0; 65536]);
    while total < wanted {
        let room = buffer.len().min(wanted - total);
        match peer.read(&mut buffer[..room]) {
            Ok(0) => return Ok(format!("{total} end")),
            Ok(n) => total += n,
            Err(error) => return Err(error),
        }
    }
    Ok(total.to_string())
}

/// The thread of the peer: executes the steps, and returns what it has read. The loop stops when `control` is dropped.
fn play(steps: &str, mut peer: Socket, mut control: Socket, log: &Log) -> Result<Vec<String>, String> {
    let mut reads = Vec::new();
    for step in steps.split("; ") {
        let (name, rest) = step.split_once(' ').unwrap_or((step, ""));
        let n = rest.parse().unwrap_or(usize::MAX);
        let done = match name {
            "do" => writeln!(control, "{rest}").and_then(|()| control.read_exact(&mut [0])),
            "await" => log.wait_for(rest).map_err(io::Error::other),
            "send" => peer.write_all(&vec![0; n]),
            "read" => receive(&mut peer, n).map(|read| reads.push(read)),
            "end" => peer.shutdown(Shutdown::Write),
            // The other end is gone.
            "reset" => peer.set_linger(Some(Duration::ZERO)).and_then(|()| unix_pair()).map(|(left, _)| peer = left),
            _ => panic!("{step:?} is no step"),
        };
        done.map_err(|error| format!("{step}: {error}"))?;
    }
    Ok(reads)
}

fn unix_pair() -> io::Result<(Socket, Socket)> {
    Socket::pair(Domain::UNIX, Type::STREAM, None)
}

fn tcp_pair() -> io::Result<(Socket, Socket)> {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    listener.listen(1)?;
    let peer = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    peer.connect(&listener.local_addr()?)?;
    Ok((listener.accept()?.0, peer))
}

/// The trace of a script on xport's loop.
fn run(script: &str) -> io::Result<String> {
    let (head, steps) = script.split_once("; ").expect("a head and steps");
    let (ours, peer) = if head.contains("tcp") { tcp_pair()? } else { unix_pair()? };
    ours.set_send_buffer_size(16384)?;
    let (control, controlled) = unix_pair()?;
    for socket in [&peer, &control] {
        socket.set_read_timeout(Some(DEADLINE))?;
        socket.set_write_timeout(Some(DEADLINE))?;
    }

    let log = Arc::new(Log::default());
    let mut event_loop = EventLoop::new()?;
    let eof = if head.contains("keep open") { Eof::KeepOpen } else { Eof::Close };
    let target = event_loop.net().adopt(OwnedFd::from(ours), Recorder { log: log.clone(), eof, name: "" })?;
    let protocol = Control { target, log: log.clone(), line: String::new() };
    event_loop.net().adopt(OwnedFd::from(controlled), protocol)?;
    let reads = thread::scope(|scope| {
        let peer = scope.spawn(|| play(steps, peer, control, &log));
        event_loop.run().map(|()| peer.join().expect("a script does not panic"))
    })?;
    let events = log.events.lock().expect("nobody panics with it").join(", ");
    Ok(match reads {
        Ok(reads) => format!("{events} | {}", reads.join(", ")),
        Err(failed) => format!("{events} | {failed}"),
    })
}

/// The trace of each script on asyncio's loop, or `None` without python3.
fn ask_asyncio() -> Option<Vec<String>> {
    let program = include_str!("oracle.py");
    let mut python = assert_cmd::Command::new("python3");
    let output = match python.arg("-").args(SCRIPTS).write_stdin(program).timeout(DEADLINE).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: there is no python3 to compare with");
            return None;
        }
        output => output.expect("python3 starts"),
    };
    if output.status.code() == Some(77) {
        eprintln!("skipped: python3 is older than 3.8");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

#[test]
fn our_loop_calls_back_as_asyncio_does() {
    let Some(theirs) = ask_asyncio() else { return };
    assert_eq!(theirs.len(), SCRIPTS.len());
    let mut differences = String::new();
    for (script, theirs) in SCRIPTS.iter().zip(theirs) {
        let ours = run(script).unwrap_or_else(|error| format!("{script}: {error}"));
        if ours != theirs {
            differences += &format!("{script}\n  asyncio: {theirs}\n  ours:    {ours}\n");
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}
