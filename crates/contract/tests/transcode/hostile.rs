//! Hostile input to both directions ends in an error with a place, never in a panic, and never
//! in memory beyond a small multiple of the input.
use crate::fixture::{POOL, SHAPES, shape};
use crate::generator;
use crate::tape::Tape;
use contract::transcode::{Violation, oracle, to_json, to_wire};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const NAMES: [&str; 7] = ["Whole", "Scalars", "Optionals", "Lists", "Maps", "Known", "Choice"];
const CASES: u32 = 5_000;
/// The most that one byte of wire can stand for: an empty `Scalars` in a list says all defaults.
const JSON_PER_WIRE_BYTE: usize = 400;
/// The most that one byte of JSON can stand for: `1,` in a list of any values is eleven bytes.
const WIRE_PER_JSON_BYTE: usize = 8;

fn run(hold: impl Fn(&str, &[u8], &mut Tape<'_>) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    TestRunner::new(config)
        .run(&(0..NAMES.len(), bytes(), bytes()), |(which, tape, harm)| {
            let name = NAMES[which];
            let descriptor = POOL.get_message_by_name(&format!("transcode.test.{name}")).unwrap();
            let wire = generator::message(&mut Tape::new(&tape), &descriptor, true);
            hold(name, &wire, &mut Tape::new(&harm))
        })
        .unwrap();
    println!("{CASES} harmed messages");
}

/// Cuts, flips, repeats, inserts.
fn harm(bytes: &mut Vec<u8>, tape: &mut Tape<'_>, spice: &[&[u8]]) {
    for _ in 0..=tape.below(4) {
        let at = usize::from(tape.byte()) * 256 + usize::from(tape.byte());
        let at = at % (bytes.len() + 1);
        match tape.below(5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.get_mut(at).map(|byte| *byte ^= 1 << tape.below(8))),
            2 => {
                let piece = tape.pick(spice);
                bytes.splice(at..at, piece.iter().copied());
            }
            3 => {
                let again = bytes[at..].to_vec();
                bytes.extend(again.iter().take(40));
            }
            _ => drop(bytes.get_mut(at).map(|byte| *byte = tape.byte())),
        }
    }
}

fn wire_holds(name: &str, wire: &[u8]) -> Result<(), TestCaseError> {
    let mut out = b"before".to_vec();
    match to_json(&SHAPES, shape(name), wire, &mut out) {
        Ok(()) => {
            let json = std::str::from_utf8(&out[6..]).unwrap();
            prop_assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{}", json);
        }
        Err(error) => {
            prop_assert!(error.offset <= wire.len());
            prop_assert_eq!(&out[..], &b"before"[..]);
        }
    }
    prop_assert!(out.capacity() <= 1_024 + wire.len() * 2 * JSON_PER_WIRE_BYTE);
    Ok(())
}

fn json_holds(name: &str, json: &[u8]) -> Result<(), TestCaseError> {
    let mut out = b"before".to_vec();
    let result = to_wire(&SHAPES, shape(name), json, &mut out);
    prop_assert!(out.capacity() <= 1_024 + json.len() * 2 * WIRE_PER_JSON_BYTE);
    match result {
        Ok(()) => {
            let mut back = Vec::new();
            prop_assert!(to_json(&SHAPES, shape(name), &out[6..], &mut back).is_ok());
        }
        Err(violations) => {
            prop_assert_eq!(&out[..], &b"before"[..]);
            prop_assert!((1..=32).contains(&violations.len()));
            prop_assert!(violations.iter().all(|violation| points(violation, json)));
        }
    }
    Ok(())
}

/// A pointer is empty or starts with a slash, and no longer than its keys explain.
fn points(violation: &Violation, json: &[u8]) -> bool {
    let pointer = &violation.pointer;
    (pointer.is_empty() || pointer.starts_with('/'))
        && pointer.len() <= json.len() * 3 + 16
        && violation.parameter.is_none()
        && violation.message.len() < 600
}

#[test]
fn harmed_wire_ends_in_json_or_an_error() {
    let spice: [&[u8]; 6] =
        [&[0xff; 11], &[0x80; 10], &[0x0b], &[0x0c], &[0xfa, 0xff, 0xff, 0xff, 0x0f], &[0, 0]];
    run(|name, wire, tape| {
        let mut wire = wire.to_vec();
        harm(&mut wire, tape, &spice);
        wire_holds(name, &wire)
    });
}

#[test]
fn harmed_json_ends_in_wire_or_violations() {
    let spice: [&[u8]; 12] = [
        b"\"",
        b"\\ud800",
        b"\\u0000",
        b"[[[[",
        b"{\"a\":",
        b"1e999999999999",
        b"\xff",
        b"\xed\xa0\x80",
        b"null",
        b",",
        b"99999999999999999999999999",
        b"\0",
    ];
    run(|name, wire, tape| {
        let mut json = Vec::new();
        if oracle::to_json(&SHAPES, shape(name), wire, &mut json).is_err() {
            return Ok(());
        }
        harm(&mut json, tape, &spice);
        json_holds(name, &json)
    });
}

#[test]
fn random_bytes_end_in_a_message_or_an_error() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(0..NAMES.len(), prop::collection::vec(any::<u8>(), 0..200)), |(which, bytes)| {
            wire_holds(NAMES[which], &bytes)?;
            json_holds(NAMES[which], &bytes)
        })
        .unwrap();
}

#[test]
fn ten_thousand_levels_are_too_deep_in_either_direction() {
    let deep = |open: &str, close: &str| open.repeat(10_000) + "1" + &close.repeat(10_000);
    for (name, json) in [
        ("Whole", deep("{\"inner\":", "}")),
        ("Whole", deep("{\"unknown\":", "}")),
        ("Known", format!("{{\"value\":{}}}", deep("[", "]"))),
        ("Known", format!("{{\"struct\":{}}}", deep("{\"a\":", "}"))),
        ("Lists", deep("[", "]")),
        ("Maps", deep("{\"byString\":{\"a\":", "}}")),
    ] {
        let mut out = Vec::new();
        let violations = to_wire(&SHAPES, shape(name), json.as_bytes(), &mut out).unwrap_err();
        assert!(violations.iter().any(|violation| violation.reason == "TOO_DEEP"), "{name}");
        assert!(out.capacity() <= json.len());
    }

    let mut wire = Vec::new();
    for _ in 0..10_000 {
        let mut outer = vec![0x42];
        prost::encoding::encode_varint(wire.len() as u64, &mut outer);
        outer.append(&mut wire);
        wire = outer;
    }
    let error = to_json(&SHAPES, shape("Whole"), &wire, &mut Vec::new()).unwrap_err();
    assert_eq!(error.what, "nested too deep");
    let groups = [0x0b].repeat(100_000);
    assert!(to_json(&SHAPES, shape("Whole"), &groups, &mut Vec::new()).is_err());
}

#[test]
fn disorder_at_every_level_takes_two_passes_and_no_more() {
    let mut wire = vec![0x0a, 0];
    for _ in 0..90 {
        let mut outer = vec![0x42];
        prost::encoding::encode_varint(wire.len() as u64, &mut outer);
        outer.append(&mut wire);
        outer.extend_from_slice(&[0x0a, 1, b'x', 0x0a, 0]);
        wire = outer;
    }
    let mut out = Vec::new();
    to_json(&SHAPES, shape("Whole"), &wire, &mut out).unwrap();
    assert_eq!(out.windows(9).filter(|found| found == b"\"inners\":").count(), 91);
}
