//! Private networks: black holes, hosts with several addresses, name servers that never answer, links that can be cut.
//!
//! A [`Network`] is a network namespace and a mount namespace, which a shell keeps alive during the test. Without
//! permission, the tests print a note and pass.

use super::*;

/// A network with a loopback and an Ethernet. Only the test's own addresses, 10.99.0.1 and fd00:99::1, answer there.
const SET_UP: &str = "
    set -e
    ip link set lo up
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 10.99.0.1/24 brd 10.99.0.255 dev veth0
    ip neigh add 10.99.0.77 lladdr 02:00:00:00:00:99 dev veth0
    if ip -6 addr add fd00:99::1/64 dev veth0 nodad 2>/dev/null; then
        ip -6 neigh add fd00:99::77 lladdr 02:00:00:00:00:99 dev veth0
        # The kernel makes the route to the address later. Until then, nobody answers there.
        until ip -6 route get fd00:99::1 | grep -q ^local; do sleep 0.01; done
    fi
    for file in hosts resolv.conf nsswitch.conf; do
        if [ -e \"$ETC/$file\" ]; then mount --bind \"$ETC/$file\" \"/etc/$file\"; fi
    done
";

/// The network of a test, with its own files in `/etc`.
pub struct Network {
    etc: TempDir,
    /// A shell that keeps the network alive.
    holder: Background,
}

impl Network {
    /// Makes a network and runs these commands in it. `None`, with a note, without permission.
    pub fn new(commands: &str, files: &[(&str, &str)]) -> Option<Self> {
        let etc = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            fs::write(etc.path().join(name), text).expect("a file");
        }
        // An ordinary user can be root in a user namespace.
        let how = if is_root() { "-nm" } else { "-rnm" };
        let script = format!("{SET_UP}\n{commands}\necho ready >&2; read end");
        let mut shell = Command::new("unshare");
        shell.args([how, "sh", "-c", &script]).env("ETC", etc.path()).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut holder = Background::spawn(shell);
        let is_there = eventually("a network, or none", || {
            let is_running = holder.is_running();
            let is_ready = holder.all_lines().iter().any(|line| line == "ready");
            (is_ready || !is_running).then_some(is_ready)
        });
        if is_there {
            return Some(Self { etc, holder });
        }
        println!("skipped: no such network here: {:?}", holder.all_lines());
        None
    }

    /// A command in this network.
    pub fn enter(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.holder.pid().to_string(), "-n", "-m"]);
        if !is_root() {
            command.args(["-U", "--preserve-credentials"]);
        }
        command.arg(program).env_remove("XPORT_LOG").env_remove("RUST_LOG");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    /// The program in this network, in the background.
    pub fn start(&self, args: &[&str]) -> Background {
        let mut command = self.enter(program());
        command.args(args);
        Background::spawn(command)
    }

    /// The program in this network, to its end, with nothing on stdin.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Output {
        self.start(args).finish()
    }

    /// Runs a shell line in this network. It must succeed.
    #[track_caller]
    pub fn shell(&self, line: &str) {
        assert!(self.enter("sh").args(["-c", line]).status().is_ok_and(|status| status.success()), "{line}");
    }

    /// Changes one of the network's own files in `/etc`.
    pub fn rewrite(&self, name: &str, text: &str) {
        fs::write(self.etc.path().join(name), text).expect("a file");
    }

    pub fn pid(&self) -> u32 {
        self.holder.pid()
    }

    /// Runs `body` on a thread in this network. The programs that it starts are in the network, too.
    pub fn inside(&self, body: impl FnOnce() + Send) {
        let network = File::open(format!("/proc/{}/ns/net", self.pid())).expect("it runs");
        thread::scope(|scope| {
            let inside = scope.spawn(move || {
                // SAFETY: the call takes an open descriptor and a flag, and changes only this thread.
                if unsafe { libc::setns(network.as_raw_fd(), libc::CLONE_NEWNET) } != 0 {
                    return println!("skipped: no network of a thread here: {}", io::Error::last_os_error());
                }
                body();
            });
            if let Err(panic) = inside.join() {
                std::panic::resume_unwind(panic);
            }
        });
    }
}

/// Runs `body` on a thread in a new network, after `commands`.
pub fn in_a_network(commands: &str, body: impl FnOnce() + Send) {
    if let Some(network) = Network::new(commands, &[]) {
        network.inside(body);
    }
}
