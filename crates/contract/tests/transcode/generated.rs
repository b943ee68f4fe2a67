//! Generated messages: the one-pass code and prost-reflect say the same.
use crate::fixture::{POOL, SHAPES, shape, to_json, to_wire};
use crate::generator;
use crate::tape::Tape;
use contract::transcode::oracle;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

const MESSAGES: [&str; 8] =
    ["Whole", "Scalars", "Optionals", "Lists", "Maps", "Known", "Choice", "Whole"];
const CASES: u32 = 10_000;

/// Runs `hold` on that many generated messages of every shape and says how many they were.
fn on_messages(wild: bool, hold: impl Fn(&str, &[u8]) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let tapes = (0..MESSAGES.len(), prop::collection::vec(any::<u8>(), 0..500));
    TestRunner::new(config)
        .run(&tapes, |(which, tape)| {
            let name = MESSAGES[which];
            let descriptor = POOL.get_message_by_name(&format!("transcode.test.{name}")).unwrap();
            hold(name, &generator::message(&mut Tape::new(&tape), &descriptor, wild))
        })
        .unwrap();
    println!("{CASES} messages, wild: {wild}");
}

fn oracle_json(name: &str, wire: &[u8]) -> Option<Value> {
    let mut out = Vec::new();
    oracle::to_json(&SHAPES, shape(name), wire, &mut out).ok()?;
    Some(serde_json::from_slice(&out).unwrap())
}

/// Both say the same, or both refuse; what is said can be read back, by both alike.
fn holds(name: &str, wire: &[u8]) -> Result<(), TestCaseError> {
    let ours = to_json(name, wire);
    let theirs = oracle_json(name, wire);
    let Some(theirs) = theirs else {
        prop_assert!(ours.is_err(), "the oracle refuses, we say {:?}", ours);
        return Ok(());
    };
    let json = ours.map_err(|error| TestCaseError::fail(format!("{error}: {theirs}")))?;
    let ours: Value = serde_json::from_str(&json).unwrap();
    prop_assert_eq!(&ours, &theirs);

    let back = to_wire(name, &json).map_err(|wrong| TestCaseError::fail(format!("{wrong:?}")));
    let back = back?;
    prop_assert_eq!(to_json(name, &back).unwrap().parse::<Value>().unwrap(), theirs.clone());
    let mut their_back = Vec::new();
    oracle::to_wire(&SHAPES, shape(name), json.as_bytes(), &mut their_back).unwrap();
    prop_assert_eq!(oracle_json(name, &back), oracle_json(name, &their_back));
    Ok(())
}

#[test]
fn tidy_messages_are_transcoded_like_the_oracle_does() {
    on_messages(false, holds);
}

#[test]
fn wild_messages_are_transcoded_like_the_oracle_does() {
    on_messages(true, holds);
}
