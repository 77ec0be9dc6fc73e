//! The contract of sending datagrams, row by row, in the simulator: batches, pauses, errors.
//!
//! `datagrams.rs` has the rest of the contract.

use super::datagrams::{end, limit, peer, service};
use super::*;

#[test]
fn what_does_not_fit_waits_in_order_for_room() {
    let cannot_cut = |error: i32| {
        format!(
            "service 100: segments {error}; send a1>1 b1>2 a2>1; settle; sent a1>1 b1>2 a2>1; segments 0; \
            send a3>1 a4>1; settle; joined 1 1 1 1 1; await ; dropped 0; end"
        )
    };
    plays_datagrams(&[
        // One message at first, and nothing is tried before there is room.
        "service 1: send a1>1 b1>2 a2>1 b2>2 c1>3; settle; sent a1>1 a2>1; buffered 30; send b>2 a3>1; settle; \
            calls 1; room 1; settle; sent b1>2 b2>2 b>2; room 9; settle; sent c1>3 a3>1; end",
        // A device that cannot cut gets each datagram alone from then on.
        &cannot_cut(libc::EIO),
        &cannot_cut(libc::EINVAL),
    ]);
}

#[test]
fn writing_pauses_strictly_over_high_water_and_resumes_at_low() {
    plays_datagrams(&[
        // Thirty bytes, with headers, are not over thirty. The flag does not wait for the callback, which comes once.
        "service 0: limits 30 12; send 1234567>1 1234567>2; await ; send >3 dropped>4; is paused; buffered 38; room 1; \
            await pause at 38; send dropped>5; room 1; await resume at 8; send 1234567890123456>6; await pause at 32; \
            room 9; await resume at 0; sent 1234567>1 1234567>2 >3 1234567890123456>6; dropped 2; end",
        "service 0: limits 20 9; send 12345>1 1>2; settle; room 1; await pause at 22, resume at 9; end",
        "service 0: limits 0 0; send >1 dropped>1; settle; room 1; await pause at 8, resume at 0; end",
        "service 0: send 12345>1; limits 12 12; await pause at 13; end",
    ]);
}

#[test]
fn an_error_is_about_one_datagram_and_costs_no_other() {
    let errors = [libc::ECONNREFUSED, libc::EHOSTUNREACH, libc::ENETUNREACH, libc::EPROTO, libc::ECONNREFUSED];
    // The send call gets the error, then the receive call.
    let earlier = errors.map(|error| {
        format!(
            "error {error}; send a>1 b>1; settle; fail {error}; feed after<1; \
            await error {error}, error {error}, after<1; "
        )
    });
    let behind = "fail 111; settle; fail 111; feed behind<1; await error 111, error 111, behind<1; ".repeat(3);
    plays_datagrams(&[
        "service 100: most 4; send a>1 longer>1 b>1 longer>2 longer>2 c>2; await error 90, error 90, error 90; \
            sent a>1 b>1 c>2; dropped 3; end",
        &format!("client 100: {}count 10; dropped 0; end", earlier.concat()),
        // The same error again is about the current datagram.
        "client 100: refuse 2 113; send a>1 x>2 b>1 y>2 c>1; settle; sent a>1 b>1 c>1; await error 113, error 113; \
            dropped 2; end",
        // The error is reported in its place, and hides no datagram after it.
        "client 100: within 1 111; feed a<1 b<1; await a<1, error 111, b<1; within 1 111; feed c<1; \
            await c<1, error 111; end",
        &format!("client 100: {behind}end"),
        // An error that is pending at close is reported before the end.
        "client 1: send a>1 bb>1; settle; do close; returned; room 10; run; sent a>1 bb>1; await error ..., lost",
    ]);
}

#[test]
fn an_address_is_needed_where_there_is_no_other() {
    plays_datagrams(&[
        "service 10: send nowhere there>7; await error 89; sent there>7; dropped 1; default 9; send by_default; \
            settle; sent by_default>9; end",
        "client 10: send known given>7; settle; sent known>0 given>7; end",
    ]);
}

#[test]
fn answers_to_one_batch_leave_in_one_call_and_in_order() {
    plays_datagrams(&["service 100 echo: feed a1<1 b1<2 a2<1 longer<1 a<1 b2<2 <2 b3<2; settle; \
            sent a1>1 a2>1 b1>2 b2>2 longer>1 a>1 >2 b3>2; joined 2 2 2 1 1; calls 1; totals 8 8 0 17 17; \
            await a1<1, b1<2, a2<1, longer<1, a<1, b2<2, <2, b3<2; end"]);
}

#[test]
fn a_burst_leaves_no_more_behind_than_high_water_and_one_datagram() {
    let (mut sim, id) = service(0);
    limit(&mut sim, id, 1000, 0);
    for n in 1..=300 {
        sim.datagram(id).sendto(&[0; 92], Some(&peer(1)));
        assert_eq!(sim.datagram(id).write_buffer_size(), 100 * n.min(11), "headers included");
    }
    assert_eq!(sim.told(id), ["pause at 1100"]);
    assert_eq!(sim.datagram(id).info().datagrams.dropped, 289);
    end(&mut sim, id);
}

#[test]
fn a_burst_leaves_a_batch_at_a_time_where_there_is_room() {
    let (mut sim, id) = service(usize::MAX);
    let data = vec![0; 2000];
    for n in 1..=10 * BATCH {
        sim.datagram(id).sendto(&data, Some(&peer(1)));
        assert!(sim.datagram(id).write_buffer_size() <= (64 << 10) + 2008);
        if n % 50 == 0 {
            assert!(sim.sent_to(id).len() + BATCH > n, "what is over high water does not wait for the end");
        }
    }
    assert_eq!((sim.told(id).len(), sim.sent_to(id).len()), (0, 10 * BATCH));
    assert_eq!(sim.datagram(id).info().datagrams.dropped, 0);
    end(&mut sim, id);
}

#[test]
fn a_peer_that_is_refused_holds_up_no_other() {
    // Only EINVAL means that the system cannot cut a message into datagrams.
    let (together, alone) = ("2 2", "2 1 1");
    for (error, joined) in
        [(libc::EPERM, together), (libc::ENETUNREACH, together), (libc::ENOBUFS, together), (libc::EINVAL, alone)]
    {
        plays_datagrams(&[&format!(
            "service 100: refuse 2 {error}; send a>1 x>2 y>2 b>1 c>3 z>2 c>3; \
            await error {error}, error {error}, error {error}; sent a>1 b>1 c>3 c>3; joined {joined}; dropped 3; end"
        )]);
    }
}

#[test]
fn an_error_after_a_pause_does_not_hide_what_is_behind_it() {
    plays_datagrams(&[
        "client 100 startled: fail 111; settle; fail 111; feed behind<1; await error 111; do resume_reading; \
            await error 111; do resume_reading; await behind<1; end",
    ]);
}
