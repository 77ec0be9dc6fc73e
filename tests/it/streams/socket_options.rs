//! Tests the options of sockets: the sockets of the running program have what was asked for.

use std::collections::BTreeMap;

use crate::harness::*;

/// Duplicates of all sockets of a program. `None`, with a note, where the system does not allow that.
fn sockets_of(program: &Background) -> Option<Vec<Socket>> {
    let pid = program.pid().cast_signed();
    // SAFETY: the call takes numbers, and returns a new descriptor or -1.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if pidfd < 0 {
        println!("skipped: no pidfd_open");
        return None;
    }
    // SAFETY: the descriptor is new.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd as RawFd) };
    let mut sockets = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs") {
        let entry = entry.expect("an entry");
        let is_socket = fs::read_link(entry.path()).is_ok_and(|link| link.to_string_lossy().starts_with("socket:"));
        let number: RawFd = entry.file_name().to_string_lossy().parse().expect("a number");
        if !is_socket {
            continue;
        }
        // SAFETY: as above.
        let copy = unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), number, 0) };
        if copy < 0 {
            println!("skipped: pidfd_getfd: {}", io::Error::last_os_error());
            return None;
        }
        // SAFETY: the descriptor is new.
        sockets.push(Socket::from(unsafe { OwnedFd::from_raw_fd(copy as RawFd) }));
    }
    Some(sockets)
}

/// The options of a socket of IPv4 by name. Sizes are what was asked for, so half of what the kernel says.
fn shown(socket: &Socket) -> BTreeMap<&'static str, String> {
    let is_tcp = socket.r#type().expect("a type") == Type::STREAM;
    let device = socket.device().expect("an option").unwrap_or_default();
    let mut options = BTreeMap::from([
        ("recv-buffer", (socket.recv_buffer_size().expect("an option") / 2).to_string()),
        ("send-buffer", (socket.send_buffer_size().expect("an option") / 2).to_string()),
        ("bind-device", String::from_utf8(device).expect("text")),
        ("tos", socket.tos_v4().expect("an option").to_string()),
        ("ttl", socket.ttl_v4().expect("an option").to_string()),
    ]);
    if is_tcp {
        let nodelay = if socket.tcp_nodelay().expect("an option") { "on" } else { "off" };
        options.insert("nodelay", nodelay.to_owned());
    } else {
        options.insert("multicast-ttl", socket.multicast_ttl_v4().expect("an option").to_string());
    }
    options
}

const STREAM: &str = "nodelay=off recv-buffer=20480 send-buffer=30720 bind-device=lo tos=16 ttl=7";

/// The options as arguments.
fn flags(options: &str) -> String {
    options.split(' ').map(|option| format!(" --{}", option.replace('=', " "))).collect()
}

/// The options behind commas.
fn behind(options: &str) -> String {
    format!(",{}", options.replace(' ', ","))
}

fn is_inet(socket: &Socket) -> bool {
    socket.domain().is_ok_and(|domain| domain == Domain::IPV4)
}

/// Each socket of IPv4 of the program has these options.
#[track_caller]
fn have(program: &Background, count: usize, options: &str, case: &str) {
    let Some(sockets) = sockets_of(program) else { return };
    let sockets = Vec::from_iter(sockets.iter().filter(|socket| is_inet(socket)));
    assert_eq!(sockets.len(), count, "{case}");
    for socket in sockets {
        let all = shown(socket);
        for (name, value) in options.split(' ').filter_map(|option| option.split_once('=')) {
            assert_eq!(all.get(name).map(String::as_str), Some(value), "{case}: {name}");
        }
    }
}

#[test]
fn a_client_has_its_options_before_it_connects() {
    let (listener, address) = listening();
    for line in [
        format!("tcp-client {address}{}", flags(STREAM)),
        format!("connect tcp:{address}{}", behind(STREAM)),
        format!("relay - tcp:{address}{}", behind(STREAM)),
    ] {
        let run = Background::start(words!("{line}"));
        let _peer = accept(&listener);
        have(&run, 1, STREAM, &line);
    }
    let mut command = command(words!("tcp-client {address}"));
    for (name, value) in STREAM.split(' ').filter_map(|option| option.split_once('=')) {
        command.env(format!("XPORT_{}", name.replace('-', "_").to_uppercase()), value);
    }
    let run = Background::spawn(command);
    let _peer = accept(&listener);
    have(&run, 1, STREAM, "variables");
    // Without options, nothing but the nodelay of every version of the program.
    let run = Background::start(words!("tcp-client {address}"));
    let _peer = accept(&listener);
    have(&run, 1, "nodelay=on tos=0 bind-device=", "no options");
}

#[test]
fn a_listener_and_its_clients_have_its_options() {
    for line in [
        format!("-v tcp-echo 127.0.0.1:0{}", flags(STREAM)),
        format!("-v tcp-server -k 127.0.0.1:0{}", flags(STREAM)),
        format!("-v echo tcp-listen:127.0.0.1:0{}", behind(STREAM)),
        format!("-v exec --listen 127.0.0.1:0{} -- cat", behind(STREAM)),
    ] {
        let (mut server, address) = serve(words!("{line}"));
        let _client = connect(address);
        server.line("accepted");
        have(&server, 2, STREAM, &line);
    }
}

#[test]
fn datagram_sockets_have_their_options() {
    let options = "recv-buffer=20480 send-buffer=30720 bind-device=lo ttl=7";
    let peer = udp("127.0.0.1");
    let mut run = Background::start(words!("-v udp-client {}{} --tos 16", at(&peer), flags(options)));
    run.line("sending to");
    have(&run, 1, &format!("{options} tos=16 multicast-ttl=7"), "udp-client");
    let (server, _) = serve(words!("udp-echo 127.0.0.1:0{}", flags(options)));
    have(&server, 1, &format!("{options} multicast-ttl=7"), "udp-echo");
}

/// An inherited socket gets what can still be set, and keeps the rest.
#[test]
fn an_inherited_socket_gets_the_options_of_packets() {
    let (listener, address) = listening();
    let socket = connect(address);
    let (_peer, copy) = (accept(&listener), Socket::from(socket.try_clone().expect("a copy")));
    let before = copy.recv_buffer_size().expect("an option");
    let fd = socket.as_raw_fd();
    let mut command = command(words!("-v tcp-client --nodelay on --tos 16 --ttl 7 --quit-after 0 fd:{fd}"));
    command.env("XPORT_RECV_BUFFER", "20K").stdin(Stdio::null());
    pass_on(&mut command, &socket);
    gave(&Background::spawn(command).finish(), 0, "");
    let all = shown(&copy);
    assert_eq!((all["nodelay"].as_str(), all["tos"].as_str(), all["ttl"].as_str()), ("on", "16", "7"));
    assert_eq!(copy.recv_buffer_size().expect("an option"), before);

    let (socket, _other) = UnixStream::pair().expect("a pair");
    let mut command = crate::harness::command(words!("connect fd:{},nodelay=off", socket.as_raw_fd()));
    pass_on(&mut command, &socket);
    command.stdin(Stdio::null());
    ended(&Background::spawn(command).finish(), 1, "nodelay: a unix socket has no such option");
}

#[test]
fn what_the_system_refuses_is_named() {
    let (_listener, address) = listening();
    for line in [
        &format!("tcp-client --bind-device xport-none {address}"),
        "tcp-server --bind-device xport-none 127.0.0.1:0",
        &format!("udp-client --bind-device xport-none {address}"),
        "udp-echo --bind-device xport-none 127.0.0.1:0",
        "relay tcp-listen:127.0.0.1:0,bind-device=xport-none - --once",
    ] {
        ended(&outcome(words!("{line}")), 3, ": bind-device xport-none: ");
    }
    // A buffer can be smaller than was asked for, which only a user who asks for details has to know.
    let limit = fs::read_to_string("/proc/sys/net/core/wmem_max").ok().and_then(|text| text.trim().parse().ok());
    if limit.is_some_and(|limit: u64| limit < 1 << 30) {
        let line = format!("tcp-client --send-buffer 1G --quit-after 0 {address}");
        assert!(text(&outcome(words!("-v {line}"))).contains("send-buffer: the kernel gives "));
        ended(&outcome(words!("{line}")), 0, "");
    }
}

/// The owner and the mode of the file of a socket.
fn owner_of(path: &Path) -> (u32, u32, u32) {
    let file = fs::symlink_metadata(path).expect("it is there");
    (file.uid(), file.gid(), file.mode() & 0o7777)
}

#[test]
fn a_unix_socket_has_the_owner_that_chown_would_give_it() {
    if !is_root() {
        return println!("skipped: only root can give a file away");
    }
    let folder = short_directory();
    let path = folder.path().join("sock");
    for (owner, user, group) in [("1234", 1234, 0), (":4321", 0, 4321), ("1234:4321", 1234, 4321), ("root:", 0, 0)] {
        for mode in ["unix-server", "unix-echo"] {
            let mut server = Background::start(words!("{mode} --owner {owner} --mode 0620 {}", path.display()));
            server.line("listening on");
            assert_eq!(owner_of(&path), (user, group, 0o620), "{mode} {owner}");
            server.signal(libc::SIGTERM);
            server.wait();
            assert!(!path.exists(), "{mode} {owner}");
        }
    }
    // A stale socket of another owner is replaced, and the new one has its owner before anybody can connect.
    make_stale(&path);
    let mut server = Background::start(words!("echo unix-listen:{},owner=1234,replace-stale", path.display()));
    server.line("listening on");
    assert_eq!(owner_of(&path), (1234, 0, 0o600));
}

/// The file is given away while the socket does not listen yet.
#[test]
fn the_owner_is_set_before_the_socket_listens() {
    if !is_root() || installed("strace").is_none() {
        return println!("skipped: needs root and strace");
    }
    let (folder, path) = path("sock");
    let log = folder.path().join("calls");
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=bind,fchownat,listen", "-o"]).arg(&log).arg(program());
    command.args(["unix-echo", "--accept-timeout", "100ms", "--owner", "1234"]).arg(&path);
    let output = Background::spawn(command).finish();
    if output.status.code() != Some(124) {
        return println!("skipped: strace cannot trace here: {}", text(&output));
    }
    let calls = fs::read_to_string(&log).expect("it is there");
    let order = ["bind(", "fchownat(", "listen("].map(|call| calls.find(call).unwrap_or_else(|| panic!("{calls}")));
    assert!(order.is_sorted(), "{calls}");
}

#[test]
fn an_owner_that_a_user_may_not_set_is_explained() {
    let Some(everyone) = Everyone::new() else { return };
    let folder = everyone.path("own");
    fs::create_dir(&folder).expect("a directory");
    std::os::unix::fs::chown(&folder, Some(65534), Some(65534)).expect("root can");
    let path = folder.join("sock");
    let mut command = everyone.command(["unix-server", "--owner", "root"]);
    command.arg(&path);
    ended(&Background::spawn(command).finish(), 3, "owner: Operation not permitted (only root can set");
    assert!(!path.exists(), "it is left behind");
    let mut command = everyone.command(["-q", "unix-server", "--owner", "65534:65534", "--accept-timeout", "50ms"]);
    command.arg(&path);
    ended(&Background::spawn(command).finish(), 124, "no client connected within 50ms");
}
