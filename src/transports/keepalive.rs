//! Finds peers that have vanished. A host that loses its power or its network sends nothing, and its connection would
//! stay forever.
//!
//! There are two cases. If no bytes are under way to the peer, the kernel probes it (`SO_KEEPALIVE`, `tcp(7)`). If
//! bytes are under way, the kernel sends them again for a quarter of an hour. So the loop looks from time to time
//! whether the peer has given any sign of life meanwhile (`TCP_INFO`). That is `liveness.rs`.
//!
//! `TCP_USER_TIMEOUT` is the kernel's own limit for the second case. It is not used, as it also ends connections whose
//! peer acknowledges every probe and only does not read (a window of zero).

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use socket2::{Socket, TcpKeepalive};

use super::id::Id;
use super::timers::TimerId;

/// How many probes are sent in the second half of the time.
const PROBES: u16 = 6;

/// The longest time between two probes of a peer that has ended its direction, in seconds.
const SOON_SECONDS: u16 = 10;

/// The least time between two looks at peers.
const LOOK_MIN: Duration = Duration::from_millis(250);

/// When a TCP peer that is silent counts as gone. The peer is probed after this time, and has as long again to answer.
/// The kernel counts whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// 0 means that nothing is probed.
    idle_seconds: u16,
}

impl Default for KeepAlive {
    /// After 60 s, every 10 s, 6 times.
    fn default() -> Self {
        Self { idle_seconds: 60 }
    }
}

impl KeepAlive {
    /// No probes. A peer that has vanished is noticed only when something is sent to it, and the system gives up.
    pub const OFF: Self = Self { idle_seconds: 0 };

    /// The longest time of the kernel. `MAX_TCP_KEEPIDLE`.
    pub const MAX: Duration = Duration::from_secs(32_767);

    /// A peer is probed after this time of silence, rounded up to whole seconds. `None` for zero, and for more than
    /// [`MAX`](Self::MAX).
    #[must_use]
    pub fn after(idle: Duration) -> Option<Self> {
        let seconds = idle.as_secs() + u64::from(idle.subsec_nanos() > 0);
        let idle_seconds = u16::try_from(seconds).ok()?;
        (seconds > 0 && idle <= Self::MAX).then_some(Self { idle_seconds })
    }

    /// The time between two probes, in seconds.
    fn interval_seconds(self) -> u16 {
        (self.idle_seconds / PROBES).max(1)
    }

    /// How often a silent peer is probed.
    fn count(self) -> u16 {
        self.idle_seconds / self.interval_seconds()
    }

    /// How long a peer may be silent in all. `None` is forever.
    pub(crate) fn limit(self) -> Option<Duration> {
        (self != Self::OFF).then(|| Duration::from_secs(u64::from(self.idle_seconds) * 2))
    }

    /// The time between two looks at the peer while bytes are under way.
    pub(crate) fn look_interval(self) -> Duration {
        (Duration::from_secs(self.idle_seconds.into()) / u32::from(PROBES)).max(LOOK_MIN)
    }

    /// Makes the kernel probe the peer of a TCP socket. Accepted sockets inherit this from their listener.
    pub(crate) fn apply(self, socket: &Socket) -> io::Result<()> {
        if self == Self::OFF {
            return socket.set_keepalive(false);
        }
        let probes = TcpKeepalive::new()
            .with_time(Duration::from_secs(self.idle_seconds.into()))
            .with_interval(Duration::from_secs(self.interval_seconds().into()))
            .with_retries(self.count().into());
        socket.set_tcp_keepalive(&probes)
    }

    /// Makes the kernel probe the peer soon and often: the peer has ended its direction, and may be gone.
    pub(crate) fn apply_soon(self, socket: &Socket) -> io::Result<()> {
        if self == Self::OFF {
            return Ok(());
        }
        let often = Duration::from_secs(self.interval_seconds().min(SOON_SECONDS).into());
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(often).with_interval(often))
    }
}

/// When the loop looks at peers.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    pub(crate) next: Option<(Instant, TimerId)>,
    pub(crate) last: Option<Instant>,
    /// Streams with bytes under way at the last look, and since when bytes are under way.
    pub(crate) under_way: HashMap<Id, Instant>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_takes_twice_the_idle_time() {
        let probes = |seconds| {
            let keepalive = KeepAlive::after(Duration::from_secs(seconds)).expect("in range");
            (keepalive.interval_seconds(), keepalive.count(), keepalive.limit().expect("on").as_secs())
        };
        assert_eq!(probes(60), (10, 6, 120));
        assert_eq!(KeepAlive::after(Duration::from_secs(60)), Some(KeepAlive::default()));
        assert_eq!(probes(1), (1, 1, 2));
        assert_eq!(probes(5), (1, 5, 10));
        for seconds in 1..=KeepAlive::MAX.as_secs() {
            let (interval, count, limit) = probes(seconds);
            let whole = seconds + u64::from(interval) * u64::from(count);
            assert!(whole <= limit && whole * 6 >= limit * 5 && (1..=127).contains(&count), "{seconds}: {whole}");
        }
    }

    #[test]
    fn the_kernel_counts_whole_seconds_and_not_for_ever() {
        assert_eq!(KeepAlive::after(Duration::ZERO), None);
        assert_eq!(KeepAlive::after(Duration::from_millis(1)), KeepAlive::after(Duration::from_secs(1)));
        assert_eq!(KeepAlive::after(Duration::from_millis(1001)), KeepAlive::after(Duration::from_secs(2)));
        assert!(KeepAlive::after(KeepAlive::MAX).is_some());
        assert_eq!(KeepAlive::after(KeepAlive::MAX + Duration::from_millis(1)), None);
        assert_eq!(KeepAlive::OFF.limit(), None);
    }

    /// So an accepted connection costs no call.
    #[test]
    fn accepted_sockets_inherit_it_from_their_listener() {
        use socket2::{Domain, Type};
        let any: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        KeepAlive::after(Duration::from_secs(12)).expect("in range").apply(&listener).expect("options");
        listener.bind(&any.into()).and_then(|()| listener.listen(1)).expect("a port");
        let client = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        client.connect(&listener.local_addr().expect("an address")).expect("it listens");
        let accepted = listener.accept().expect("a client").0;
        assert!(accepted.keepalive().expect("an option"));
        assert_eq!(accepted.tcp_keepalive_time().expect("an option"), Duration::from_secs(12));
        assert_eq!(accepted.tcp_keepalive_interval().expect("an option"), Duration::from_secs(2));
        assert_eq!(accepted.tcp_keepalive_retries().expect("an option"), 6);
        KeepAlive::OFF.apply(&accepted).expect("an option");
        assert!(!accepted.keepalive().expect("an option"));
    }
}
