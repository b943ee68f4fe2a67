//! A process from outside: how it starts, what its port says, how it stops.

#[cfg(test)]
mod child;
#[cfg(test)]
mod collector;

use child::{Child, refused};
use collector::Collector;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn a_process_is_ready_until_it_is_told_to_stop_and_ends_well() {
    let mut life = Child::start(&[("LIFE_DOES", "serve")]);
    life.waits_for("serving");
    assert_eq!(life.asks("/startupz").0, 200);
    assert_eq!(life.asks("/livez").0, 200);
    assert_eq!(life.asks("/readyz").0, 200);
    assert!(life.asks("/healthz").1.contains(r#""version":"#));
    assert!(life.asks("/metrics").1.contains("process_resident_memory_bytes"));

    life.signal("TERM");

    life.waits_for("stopped");
    assert_eq!(life.ends(), Some(0));
}

#[test]
fn a_process_that_waits_for_something_is_alive_not_ready_and_can_be_stopped() {
    let mut life = Child::start(&[("LIFE_DOES", "wait")]);
    life.waits_for("lives");
    assert_eq!(life.asks("/livez").0, 200);
    assert_eq!(life.asks("/startupz").0, 503);
    assert_eq!(life.asks("/readyz").0, 503);

    life.signal("INT");

    assert_eq!(life.ends(), Some(0));
}

#[test]
fn a_process_whose_broker_is_away_is_alive_and_not_ready_and_stops_well() {
    let mut life = Child::start(&[("LIFE_DOES", "talk"), ("NATS_URL", "nats://127.0.0.1:9")]);
    life.waits_for("serving");

    let (ready, report) = life.asks("/readyz");

    assert_eq!((life.asks("/livez").0, ready), (200, 503));
    assert!(report.contains(r#""status":"degraded""#), "{report}");
    assert!(report.contains(r#""name":"nats","state":"down""#), "{report}");
    life.signal("TERM");
    assert_eq!(life.ends(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut life = Child::start(&[("LIFE_DOES", "hang"), ("STOP_SECONDS", "600")]);
    life.waits_for("serving");
    life.signal("TERM");
    life.waits_for("stopped a part");
    assert_eq!(life.asks("/readyz").0, 503);

    life.signal("TERM");

    assert_eq!(life.ends(), Some(1));
}

#[test]
fn what_does_not_finish_is_ended_after_stop_seconds() {
    let mut life = Child::start(&[("LIFE_DOES", "hang"), ("STOP_SECONDS", "1")]);
    life.waits_for("serving");

    life.signal("TERM");

    assert_eq!(life.ends(), Some(1));
    assert!(life.said().contains("life: not all was finished in STOP_SECONDS"));
}

#[test]
fn a_panic_in_the_background_ends_the_process_after_it_drained() {
    let mut life = Child::start(&[("LIFE_DOES", "break")]);

    life.waits_for("something panicked");

    life.waits_for("stopped a part");
    assert_eq!(life.ends(), Some(1));
    assert!(life.said().contains("life: the task breaks panicked"));
}

#[test]
fn what_keeps_a_process_from_starting_is_one_plain_sentence() {
    assert_eq!(
        refused(&[("LIFE_DOES", "refuse"), ("LIFE_TELLS", "nobody")]),
        (Some(1), "life: there is nothing to live on\n".to_owned())
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) =
        refused(&[("LIFE_DOES", "serve"), ("LIFE_TELLS", "nobody"), ("HEALTH_ADDRESS", &address)]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with(&format!("life: HEALTH_ADDRESS {address} cannot be listened on")));
}

#[test]
fn all_that_is_wrong_with_the_configuration_is_told_a_line_each() {
    let (code, said) = refused(&[("LIFE_DOES", "fly"), ("STOP_SECONDS", "soon")]);

    assert_eq!(code, Some(1));
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].starts_with("life: LIFE_DOES cannot be used (it must be one of serve, wait"));
    assert_eq!(lines[1], "life: LIFE_TELLS is missing: Whom it tells");
    assert!(lines[2].starts_with("life: STOP_SECONDS cannot be used (invalid digit"));
}

#[test]
fn a_sampled_trace_is_continued_and_sent_before_the_process_ends() {
    let collector = Collector::start();
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let mut life = Child::start(&[
        ("LIFE_DOES", "serve"),
        ("LIFE_TRACEPARENT", &parent),
        ("OTLP_ENDPOINT", &collector.url()),
    ]);
    let lived = life.waits_for("lives");
    life.waits_for("serving");

    life.signal("TERM");

    assert_eq!(life.ends(), Some(0));
    assert_eq!(lived["trace.id"], TRACE);
    assert_eq!(lived["request.id"], "request-1");
    let sent = collector.received();
    assert!(sent.contains("POST /v1/traces"), "{sent}");
    assert!(sent.contains("life/Start"), "{sent}");
}

#[test]
fn a_trace_that_is_not_sampled_is_carried_on_and_not_sent() {
    let collector = Collector::start();
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-00");
    let mut life = Child::start(&[
        ("LIFE_DOES", "serve"),
        ("LIFE_TRACEPARENT", &parent),
        ("OTLP_ENDPOINT", &collector.url()),
    ]);
    let lived = life.waits_for("lives");
    life.waits_for("serving");

    life.signal("TERM");

    assert_eq!(life.ends(), Some(0));
    assert_eq!(lived["trace.id"], TRACE);
    assert_eq!(collector.received(), "");
}

#[test]
fn a_collector_that_is_away_does_not_keep_the_process() {
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let mut life = Child::start(&[
        ("LIFE_DOES", "serve"),
        ("LIFE_TRACEPARENT", &parent),
        ("OTLP_ENDPOINT", "http://127.0.0.1:9"),
    ]);
    life.waits_for("serving");

    life.signal("TERM");

    assert_eq!(life.ends(), Some(0));
}
