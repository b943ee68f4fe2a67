//! JSON of every kind, well written and not: ours and the oracle's readers agree on it, but for
//! the differences that `transcode::to_wire` names.
use crate::fixture::{POOL, SHAPES, shape, to_json, to_wire};
use crate::tape::Tape;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use contract::transcode::oracle;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use std::fmt::Write as _;

const CASES: u32 = 10_000;

/// Writes JSON for a message: either spelling of names, numbers with and without quotes, white
/// space, nulls, and now and then a value of another type.
struct Writer<'t, 'b> {
    tape: &'t mut Tape<'b>,
    out: String,
}

impl Writer<'_, '_> {
    fn message(&mut self, shape: &MessageDescriptor, depth: usize) {
        if let Some(name) = shape.full_name().strip_prefix("google.protobuf.") {
            return self.known(name, shape, depth);
        }
        self.out.push('{');
        let mut oneofs = Vec::new();
        let mut first = true;
        for field in shape.fields() {
            let oneof = field.containing_oneof();
            let again = oneof.as_ref().is_some_and(|oneof| oneofs.contains(oneof));
            if self.tape.is_over() || depth > 4 || self.tape.once_in(2) || again {
                continue;
            }
            oneofs.extend(oneof);
            if !std::mem::take(&mut first) {
                self.out.push(',');
            }
            self.space();
            let spelling = if self.tape.once_in(3) { field.name() } else { field.json_name() };
            let name = serde_json::to_string(spelling).unwrap();
            let escaped = name.replacen('a', "\\u0061", 1);
            self.out += if self.tape.once_in(6) { &escaped } else { &name };
            self.space();
            self.out.push(':');
            self.space();
            self.field(&field, depth);
        }
        self.space();
        self.out.push('}');
    }

    fn space(&mut self) {
        if self.tape.once_in(8) {
            self.out += self.tape.pick(&[" ", "\n\t", "\r\n  "]);
        }
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) {
        // The oracle takes null for a list of nulls as an item of it.
        if !field.is_list() && self.tape.once_in(12) {
            self.out += "null";
        } else if field.is_map() {
            let Kind::Message(entry) = field.kind() else { return };
            let many = usize::from(self.tape.once_in(2));
            for index in 0..many {
                self.out.push(if index == 0 { '{' } else { ',' });
                let key = self.key(&entry.map_entry_key_field().kind());
                write!(self.out, "{}:", serde_json::to_string(&key).unwrap()).unwrap();
                self.value(&entry.map_entry_value_field().kind(), depth + 1);
            }
            self.out += if many == 0 { "{}" } else { "}" };
        } else if field.is_list() {
            self.out.push('[');
            for index in 0..self.tape.below(4) {
                if index > 0 {
                    self.out.push(',');
                }
                self.space();
                self.value(&field.kind(), depth + 1);
            }
            self.out.push(']');
        } else {
            self.value(&field.kind(), depth + 1);
        }
    }

    fn key(&mut self, kind: &Kind) -> String {
        match kind {
            Kind::String => self.tape.text(),
            Kind::Bool => self.tape.pick(&["true", "false", "maybe"]).to_owned(),
            _ => self.tape.pick(&["0", "7", "2147483647", "4294967296", "-1", "x"]).to_owned(),
        }
    }

    fn value(&mut self, kind: &Kind, depth: usize) {
        if self.tape.once_in(60) {
            self.out += self.tape.pick(&["{}", "[]", "true", "\"nothing\"", "1e999", "-", "1.5"]);
            return;
        }
        let text = match kind {
            Kind::Message(message) => return self.message(message, depth),
            Kind::Bool => self.tape.pick(&["true", "false"]).to_owned(),
            Kind::String => serde_json::to_string(&self.tape.text()).unwrap(),
            Kind::Bytes => {
                let bytes: Vec<u8> = (0..self.tape.below(9)).map(|_| self.tape.byte()).collect();
                let url_safe = self.tape.once_in(2);
                let engine = [&BASE64_STANDARD, &BASE64_URL_SAFE_NO_PAD][usize::from(url_safe)];
                format!("\"{}\"", engine.encode(bytes))
            }
            Kind::Enum(kind) if kind.name() == "NullValue" => {
                self.tape.pick(&["null", "\"NULL_VALUE\"", "\"null\""]).to_owned()
            }
            Kind::Enum(_) => self
                .tape
                .pick(&[
                    "\"WINTER\"",
                    "\"LATE_HARVEST\"",
                    "\"BELOW_ZERO\"",
                    "0",
                    "3",
                    "-7",
                    "99",
                    "\"?\"",
                ])
                .to_owned(),
            Kind::Double | Kind::Float => self.float(),
            _ => self.integer(),
        };
        self.out += &text;
    }

    fn float(&mut self) -> String {
        const TEXTS: [&str; 12] = [
            "0",
            "-0.0",
            "1.5",
            "1e10",
            "2.5E-3",
            "\"NaN\"",
            "\"Infinity\"",
            "\"-Infinity\"",
            "\"1.25\"",
            "16777216",
            "123456789.125",
            "1e39",
        ];
        self.tape.pick(&TEXTS).to_owned()
    }

    fn integer(&mut self) -> String {
        match self.tape.below(5) {
            0 => self.tape.byte().to_string(),
            1 => self.tape.pick(&["1.0", "1e2", "12.50e1", "-3", "0.5", "4294967296"]).to_owned(),
            2 => format!("\"{}\"", self.tape.bits().cast_signed()),
            3 => self.tape.bits().to_string(),
            _ => self.tape.bits().cast_signed().to_string(),
        }
    }

    fn known(&mut self, name: &str, shape: &MessageDescriptor, depth: usize) {
        const ANY: [&str; 7] =
            ["null", "1.5", "\"text\"", "true", "[1,[],null]", "{\"a\":{\"b\":[]}}", "{}"];
        const TIMES: [&str; 8] = [
            "2026-12-01T08:00:00Z",
            "1972-06-30T23:59:60Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
            "2026-02-29T00:00:00Z",
            "2024-02-29T23:15:01.25+02:00",
            "2026-12-01 08:00:00Z",
            "0001-01-01T00:00:00+01:00",
        ];
        const DURATIONS: [&str; 6] =
            ["1s", "-1.5s", "0.000000001s", "315576000001s", "1", "-0.25s"];
        match name {
            "Timestamp" => write!(self.out, "\"{}\"", self.tape.pick(&TIMES)).unwrap(),
            "Duration" => write!(self.out, "\"{}\"", self.tape.pick(&DURATIONS)).unwrap(),
            "FieldMask" => self.out += self.tape.pick(&["\"\"", "\"a,bC.dE\"", "\"a_b\""]),
            "Struct" => self.out += self.tape.pick(&ANY[5..]),
            "ListValue" => self.out += self.tape.pick(&["[]", "[1,\"a\",{\"b\":null}]"]),
            "Value" => self.out += self.tape.pick(&ANY),
            "Empty" => self.out += self.tape.pick(&["{}", "{ }", "{\"a\":1}"]),
            _ => self.value(&shape.fields().next().unwrap().kind(), depth),
        }
    }
}

#[test]
fn json_is_read_like_the_oracle_reads_it() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let names = ["Whole", "Scalars", "Optionals", "Lists", "Maps", "Known", "Choice"];
    let good = std::cell::Cell::new(0);
    TestRunner::new(config)
        .run(&(0..names.len(), prop::collection::vec(any::<u8>(), 0..300)), |(which, tape)| {
            let name = names[which];
            let descriptor = POOL.get_message_by_name(&format!("transcode.test.{name}")).unwrap();
            let mut writer = Writer { tape: &mut Tape::new(&tape), out: String::new() };
            writer.message(&descriptor, 0);
            good.set(good.get() + u32::from(agree(name, &writer.out)?));
            Ok(())
        })
        .unwrap();
    println!("{CASES} JSON texts, {} of them without fault", good.get());
    assert!(good.get() > CASES / 4);
}

/// Whether both take it; then both make the same message of it.
fn agree(name: &str, json: &str) -> Result<bool, TestCaseError> {
    let mut theirs = Vec::new();
    let said = oracle::to_wire(&SHAPES, shape(name), json.as_bytes(), &mut theirs);
    let ours = to_wire(name, json);
    prop_assert_eq!(ours.is_ok(), said.is_ok(), "{}: {:?}, {:?}", json, ours, said);
    if let Ok(ours) = &ours {
        let ours: serde_json::Value = to_json(name, ours).unwrap().parse().unwrap();
        let theirs: serde_json::Value = to_json(name, &theirs).unwrap().parse().unwrap();
        prop_assert_eq!(ours, theirs, "{}", json);
    }
    Ok(ours.is_ok())
}
