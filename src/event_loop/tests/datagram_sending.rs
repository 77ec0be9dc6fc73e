//! The contract of sending datagrams, row by row, in the simulator: batches, pauses, errors.
//!
//! `datagrams.rs` has the rest of the contract, and the recorder of calls.

use super::datagrams::{client, dropped, echo, end, feed, joined, limit, peer, send, sent, service};
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
        "client 1: send a>1 bb>1; settle; do close; returned; room 10; run; sent a>1 bb>1; await error ..., lost; \
            nothing",
    ]);
}

#[test]
fn an_address_is_needed_where_there_is_no_other() {
    let (mut sim, id, log) = service(10, |_, _| ());
    sim.net().datagram_transport(id).sendto(b"nowhere", None);
    send(&mut sim, id, &[("there", 7)]);
    sim.settle();
    assert_eq!(events(&log), [format!("error {}", libc::EDESTADDRREQ)]);
    assert_eq!((sent(&sim, id), dropped(&mut sim, id)), (vec!["there>7".to_owned()], 1));
    sim.net().datagram_mut(id).expect("it is open").default_to = Some(peer(9));
    sim.net().datagram_transport(id).sendto(b"by default", None);
    sim.settle();
    assert_eq!(sent(&sim, id)[1..], ["by default>9"]);
    end(&mut sim, id, &log);

    let (mut sim, id, log) = client(10, |_, _| ());
    sim.net().datagram_transport(id).sendto(b"known", None);
    send(&mut sim, id, &[("given", 7)]);
    sim.settle();
    assert_eq!(sent(&sim, id), ["known>0", "given>7"]);
    end(&mut sim, id, &log);
}

#[test]
fn answers_to_one_batch_leave_in_one_call_and_in_order() {
    let (mut sim, id, log) = service(100, echo);
    feed(&sim, id, &[("a1", 1), ("b1", 2), ("a2", 1), ("longer", 1), ("a", 1), ("b2", 2), ("", 2), ("b3", 2)]);
    sim.settle();
    assert_eq!(sent(&sim, id), ["a1>1", "a2>1", "b1>2", "b2>2", "longer>1", "a>1", ">2", "b3>2"]);
    assert_eq!((joined(&sim, id), sim.network(id).calls.sends), (vec![2, 2, 2, 1, 1], 1));
    let info = sim.net().datagram_transport(id).info();
    assert_eq!((info.datagrams.received, info.datagrams.sent, info.datagrams.dropped), (8, 8, 0));
    assert_eq!((info.totals.received, info.totals.sent), (17, 17));
    assert_eq!(events(&log).len(), 8);
    end(&mut sim, id, &log);
}

#[test]
fn a_burst_leaves_no_more_behind_than_high_water_and_one_datagram() {
    let (mut sim, id, log) = service(0, |_, _| ());
    limit(&mut sim, id, 1000, 0);
    for n in 1..=300 {
        sim.net().datagram_transport(id).sendto(&[0; 92], Some(&peer(1)));
        assert_eq!(sim.net().datagram_transport(id).write_buffer_size(), 100 * n.min(11), "headers included");
    }
    sim.settle();
    assert_eq!((events(&log), dropped(&mut sim, id)), (vec!["pause at 1100".to_owned()], 289));
    end(&mut sim, id, &log);
}

#[test]
fn a_burst_leaves_a_batch_at_a_time_where_there_is_room() {
    let (mut sim, id, log) = service(usize::MAX, |_, _| ());
    let data = vec![0; 2000];
    for n in 1..=10 * BATCH {
        sim.net().datagram_transport(id).sendto(&data, Some(&peer(1)));
        assert!(sim.net().datagram_transport(id).write_buffer_size() <= (64 << 10) + 2008);
        if n % 50 == 0 {
            assert!(sim.sent_to(id).len() + BATCH > n, "what is over high water does not wait for the end");
        }
    }
    sim.settle();
    assert_eq!((events(&log).len(), dropped(&mut sim, id), sim.sent_to(id).len()), (0, 0, 10 * BATCH));
    end(&mut sim, id, &log);
}

#[test]
fn a_peer_that_is_refused_holds_up_no_other() {
    for (error, joins) in [(libc::EPERM, true), (libc::ENETUNREACH, true), (libc::ENOBUFS, true), (libc::EINVAL, false)]
    {
        let (mut sim, id, log) = service(100, |_, _| ());
        sim.network(id).refused = vec![(peer(2).address(), error)];
        send(&mut sim, id, &[("a", 1), ("x", 2), ("y", 2), ("b", 1), ("c", 3)]);
        send(&mut sim, id, &[("z", 2), ("c", 3)]);
        sim.settle();
        assert_eq!(events(&log), vec![format!("error {error}"); 3]);
        assert_eq!(sent(&sim, id), ["a>1", "b>1", "c>3", "c>3"]);
        assert_eq!(joined(&sim, id).len() == 2, joins, "only a refusal to cut is taken for one");
        assert_eq!(dropped(&mut sim, id), 3);
        end(&mut sim, id, &log);
    }
}

#[test]
fn an_error_after_a_pause_does_not_hide_what_is_behind_it() {
    let (mut sim, id, log) = client(100, |t, what| {
        if what == "error 111" {
            t.pause_reading();
        }
    });
    sim.network(id).fail(libc::ECONNREFUSED);
    sim.settle();
    sim.network(id).fail(libc::ECONNREFUSED);
    feed(&sim, id, &[("behind", 1)]);
    sim.settle();
    assert_eq!(events(&log), ["error 111"]);
    for expected in ["error 111", "behind<1"] {
        sim.net().datagram_transport(id).resume_reading();
        sim.settle();
        assert_eq!(events(&log), [expected]);
    }
    end(&mut sim, id, &log);
}
