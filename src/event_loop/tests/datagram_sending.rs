//! The contract of sending datagrams, row by row, in the simulator: batches, pauses, errors.
//!
//! The rest of the contract, and what records the calls, is `datagrams.rs`.

use super::datagrams::client;
use super::datagrams::dropped;
use super::datagrams::echo;
use super::datagrams::end;
use super::datagrams::events;
use super::datagrams::feed;
use super::datagrams::joined;
use super::datagrams::limit;
use super::datagrams::peer;
use super::datagrams::send;
use super::datagrams::sent;
use super::datagrams::service;
use super::*;

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
fn a_device_that_cannot_cut_gets_each_for_itself_from_then_on() {
    for error in [libc::EIO, libc::EINVAL] {
        let (mut sim, id, log) = service(100, |_, _| ());
        sim.network(id).no_segments = Some(error);
        send(&mut sim, id, &[("a1", 1), ("b1", 2), ("a2", 1)]);
        sim.settle();
        assert_eq!(sent(&sim, id), ["a1>1", "b1>2", "a2>1"]);
        sim.network(id).no_segments = None;
        send(&mut sim, id, &[("a3", 1), ("a4", 1)]);
        sim.settle();
        assert_eq!(joined(&sim, id), [1; 5], "it is not tried again");
        assert_eq!((events(&log).len(), dropped(&mut sim, id)), (0, 0), "and nobody is bothered with it");
        end(&mut sim, id, &log);
    }
}

#[test]
fn what_does_not_fit_waits_in_order_for_room() {
    let (mut sim, id, log) = service(1, |_, _| ());
    send(&mut sim, id, &[("a1", 1), ("b1", 2), ("a2", 1), ("b2", 2), ("c1", 3)]);
    sim.settle();
    assert_eq!(sent(&sim, id), ["a1>1", "a2>1"], "one message");
    assert_eq!(sim.net().datagram_transport(id).write_buffer_size(), 3 * (2 + 8));
    send(&mut sim, id, &[("b", 2), ("a3", 1)]);
    sim.settle();
    assert_eq!(sim.network(id).calls.sends, 1, "nothing is tried before there is room");
    sim.give_socket_room(id, 1);
    sim.settle();
    assert_eq!(sent(&sim, id)[2..], ["b1>2", "b2>2", "b>2"]);
    sim.give_socket_room(id, 9);
    sim.settle();
    assert_eq!(sent(&sim, id)[5..], ["c1>3", "a3>1"]);
    end(&mut sim, id, &log);
}

#[test]
fn pause_is_strictly_over_high_water_and_resume_at_low() {
    let (mut sim, id, log) = service(0, |_, _| ());
    limit(&mut sim, id, 30, 12);
    send(&mut sim, id, &[("1234567", 1), ("1234567", 2)]);
    sim.settle();
    assert_eq!(events(&log).len(), 0, "thirty, headers included, are not over thirty");
    send(&mut sim, id, &[("", 3), ("dropped", 4)]);
    let t = sim.net().datagram_transport(id);
    assert!(t.is_writing_paused(), "the flag does not wait for the callback");
    assert_eq!(t.write_buffer_size(), 38);
    sim.give_socket_room(id, 1);
    sim.settle();
    assert_eq!(events(&log), ["pause at 38"], "23 are over twelve, and a pause comes once");
    send(&mut sim, id, &[("dropped", 5)]);
    sim.give_socket_room(id, 1);
    sim.settle();
    assert_eq!(events(&log), ["resume at 8"]);
    send(&mut sim, id, &[("1234567890123456", 6)]);
    sim.settle();
    assert_eq!(events(&log), ["pause at 32"]);
    sim.give_socket_room(id, 9);
    sim.settle();
    assert_eq!(events(&log), ["resume at 0"]);
    assert_eq!(sent(&sim, id), ["1234567>1", "1234567>2", ">3", "1234567890123456>6"]);
    assert_eq!(dropped(&mut sim, id), 2);
    end(&mut sim, id, &log);
}

#[test]
fn low_water_itself_resumes() {
    let (mut sim, id, log) = service(0, |_, _| ());
    limit(&mut sim, id, 20, 9);
    send(&mut sim, id, &[("12345", 1), ("1", 2)]);
    sim.settle();
    sim.give_socket_room(id, 1);
    sim.settle();
    assert_eq!(events(&log), ["pause at 22", "resume at 9"]);
    end(&mut sim, id, &log);
}

#[test]
fn high_water_zero_pauses_at_an_empty_datagram() {
    let (mut sim, id, log) = service(0, |_, _| ());
    limit(&mut sim, id, 0, 0);
    send(&mut sim, id, &[("", 1), ("dropped", 1)]);
    sim.settle();
    sim.give_socket_room(id, 1);
    sim.settle();
    assert_eq!(events(&log), ["pause at 8", "resume at 0"]);
    end(&mut sim, id, &log);
}

#[test]
fn lowering_the_marks_under_the_buffer_pauses_at_once() {
    let (mut sim, id, log) = service(0, |_, _| ());
    send(&mut sim, id, &[("12345", 1)]);
    limit(&mut sim, id, 12, 12);
    sim.settle();
    assert_eq!(events(&log), ["pause at 13"]);
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
fn a_datagram_that_is_too_long_is_told_of_once_and_holds_up_nobody() {
    let (mut sim, id, log) = service(100, |_, _| ());
    sim.network(id).bytes_max = 4;
    send(&mut sim, id, &[("a", 1), ("longer", 1), ("b", 1), ("longer", 2), ("longer", 2), ("c", 2)]);
    sim.settle();
    assert_eq!(events(&log), vec![format!("error {}", libc::EMSGSIZE); 3]);
    assert_eq!(sent(&sim, id), ["a>1", "b>1", "c>2"]);
    assert_eq!(dropped(&mut sim, id), 3);
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
fn an_error_of_an_earlier_datagram_costs_no_later_one() {
    let (mut sim, id, log) = client(100, |_, _| ());
    for error in [libc::ECONNREFUSED, libc::EHOSTUNREACH, libc::ENETUNREACH, libc::EPROTO, libc::ECONNREFUSED] {
        // The call that sends meets it.
        sim.network(id).error = Some(error);
        send(&mut sim, id, &[("a", 1), ("b", 1)]);
        sim.settle();
        // The call that receives meets it.
        sim.network(id).fail(error);
        feed(&sim, id, &[("after", 1)]);
        sim.settle();
        assert_eq!(events(&log), [format!("error {error}"), format!("error {error}"), "after<1".to_owned()]);
    }
    assert_eq!((sim.sent_to(id).len(), dropped(&mut sim, id)), (10, 0));
    end(&mut sim, id, &log);
}

#[test]
fn an_error_that_comes_again_is_about_the_present_datagram() {
    let (mut sim, id, log) = client(100, |_, _| ());
    sim.network(id).refused = vec![(peer(2).address(), libc::EHOSTUNREACH)];
    send(&mut sim, id, &[("a", 1), ("x", 2), ("b", 1), ("y", 2), ("c", 1)]);
    sim.settle();
    assert_eq!(sent(&sim, id), ["a>1", "b>1", "c>1"]);
    assert_eq!(events(&log), vec![format!("error {}", libc::EHOSTUNREACH); 2], "once for each");
    assert_eq!(dropped(&mut sim, id), 2);
    end(&mut sim, id, &log);
}

#[test]
fn an_error_between_datagrams_is_told_between_them() {
    let (mut sim, id, log) = client(100, |_, _| ());
    sim.network(id).error_within = Some((1, libc::ECONNREFUSED));
    feed(&sim, id, &[("a", 1), ("b", 1)]);
    sim.settle();
    assert_eq!(events(&log), ["a<1", "error 111", "b<1"]);
    // It may also come behind the last one.
    sim.network(id).error_within = Some((1, libc::ECONNREFUSED));
    feed(&sim, id, &[("c", 1)]);
    sim.settle();
    assert_eq!(events(&log), ["c<1", "error 111"]);
    end(&mut sim, id, &log);
}

#[test]
fn an_error_does_not_hide_what_is_behind_it_however_long_after_another() {
    let (mut sim, id, log) = client(100, |_, _| ());
    for _ in 0..3 {
        sim.network(id).fail(libc::ECONNREFUSED);
        sim.settle();
        sim.network(id).fail(libc::ECONNREFUSED);
        feed(&sim, id, &[("behind", 1)]);
        sim.settle();
        assert_eq!(events(&log), ["error 111", "error 111", "behind<1"]);
    }
    end(&mut sim, id, &log);
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

#[test]
fn an_error_that_waits_at_close_is_told_before_the_end() {
    let (mut sim, id, log) = client(1, |_, _| ());
    send(&mut sim, id, &[("a", 1), ("bb", 1)]);
    sim.settle();
    sim.net().datagram_transport(id).close();
    sim.network(id).returned_one_in = 1;
    sim.give_socket_room(id, 10);
    sim.run();
    assert_eq!(sent(&sim, id), ["a>1", "bb>1"]);
    let log = events(&log);
    assert!(log.len() == 2 && log[0].starts_with("error ") && log[1] == "lost", "{log:?}");
    sim.assert_nothing_left();
}
