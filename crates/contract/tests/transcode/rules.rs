//! The rules of requests and answers, one by one.
use crate::fixture::{SHAPES, shape, to_json, to_wire};

/// Place and reason of each violation.
fn wrong(name: &str, json: &str) -> Vec<(String, &'static str)> {
    wrong_bytes(name, json.as_bytes())
}

fn wrong_bytes(name: &str, json: &[u8]) -> Vec<(String, &'static str)> {
    let violations = contract::transcode::to_wire(&SHAPES, shape(name), json, &mut Vec::new());
    violations.unwrap_err().into_iter().map(|it| (it.pointer, it.reason)).collect()
}

/// What a text becomes when it is read and written again.
fn again(name: &str, json: &str) -> serde_json::Value {
    to_json(name, &to_wire(name, json).unwrap()).unwrap().parse().unwrap()
}

#[test]
fn an_empty_message_says_its_defaults_in_order() {
    assert_eq!(
        to_json("Scalars", &[]).unwrap(),
        concat!(
            r#"{"aDouble":0.0,"aFloat":0.0,"anInt32":0,"anInt64":"0","aUint32":0,"aUint64":"0","#,
            r#""aSint32":0,"aSint64":"0","aFixed32":0,"aFixed64":"0","anSfixed32":0,"#,
            r#""anSfixed64":"0","aBool":false,"aString":"","aBytes":"","#,
            r#""season":"SEASON_UNSPECIFIED"}"#
        )
    );
    assert_eq!(to_json("Optionals", &[]).unwrap(), "{}");
    assert_eq!(to_json("Choice", &[]).unwrap(), r#"{"between":""}"#);
}

#[test]
fn every_violation_comes_back_with_its_place() {
    let json = r#"{"scalars": {"anInt32": "many", "a/b~c": 1, "aBool": 1},
        "lists": {"int32s": [1, 2.5, 3000000000], "seasons": ["WINTER", "MONSOON"]},
        "known": {"time": "tomorrow", "duration": "1e3s", "mask": "a_b"}, "maps": []}"#;
    assert_eq!(
        wrong("Whole", json),
        [
            ("/scalars/anInt32".to_owned(), "WRONG_TYPE"),
            ("/scalars/a~1b~0c".to_owned(), "UNKNOWN_FIELD"),
            ("/scalars/aBool".to_owned(), "WRONG_TYPE"),
            ("/lists/int32s/1".to_owned(), "WRONG_TYPE"),
            ("/lists/int32s/2".to_owned(), "OUT_OF_RANGE"),
            ("/lists/seasons/1".to_owned(), "UNKNOWN_ENUM"),
            ("/known/time".to_owned(), "BAD_FORMAT"),
            ("/known/duration".to_owned(), "BAD_FORMAT"),
            ("/known/mask".to_owned(), "BAD_FORMAT"),
            ("/maps".to_owned(), "WRONG_TYPE"),
        ]
    );
}

#[test]
fn no_more_than_32_violations_come_back() {
    let json = format!(r#"{{"int32s":[{}null]}}"#, "null,".repeat(100));
    assert_eq!(wrong("Lists", &json).len(), 32);
}

#[test]
fn what_is_given_twice_is_refused() {
    let twice = |name: &str, json: &str| {
        assert!(matches!(&wrong(name, json)[..], [(_, "DUPLICATE_FIELD")]), "{json}");
    };
    twice("Scalars", r#"{"anInt32":1,"anInt32":1}"#);
    twice("Scalars", r#"{"anInt32":1,"an_int32":1}"#);
    twice("Scalars", r#"{"anInt32":1,"\u0061nInt32":1}"#);
    twice("Scalars", r#"{"anInt32":null,"anInt32":1}"#);
    twice("Maps", r#"{"byInt32":{"1":"a","1.0":"b"}}"#);
    twice("Maps", r#"{"byBool":{"true":{},"true":{}}}"#);
    twice("Maps", r#"{"byString":{"a":{},"\u0061":{}}}"#);
    twice("Known", r#"{"struct":{"a":1,"a":1}}"#);
    twice("Choice", r#"{"number":1,"text":""}"#);
    twice("Choice", r#"{"null":null,"value":null}"#);

    assert_eq!(again("Choice", r#"{"number":0,"text":null}"#)["number"], 0);
}

#[test]
fn null_leaves_a_field_unset_but_is_a_value_where_any_value_may_be() {
    assert_eq!(to_wire("Whole", r#"{"scalars":null,"inners":null,"maps":null}"#).unwrap(), b"");
    assert_eq!(to_wire("Known", r#"{"values":null,"nulls":null,"aString":null}"#).unwrap(), b"");
    let known = again("Known", r#"{"value":null,"values":[null,1],"maybeNull":null}"#);
    assert_eq!(known["value"], serde_json::Value::Null);
    assert_eq!(known["values"].to_string(), "[null,1.0]");
    assert!(known.as_object().unwrap().contains_key("maybeNull"));
    assert_eq!(wrong("Lists", r#"{"strings":[null]}"#), [("/strings/0".to_owned(), "WRONG_TYPE")]);
    assert_eq!(
        wrong("Maps", r#"{"byInt32":{"1":null}}"#),
        [("/byInt32/1".to_owned(), "WRONG_TYPE")]
    );
}

#[test]
fn only_the_server_writes_output_only_fields() {
    let json = r#"{"record":{"recordId":"1","title":"a"}}"#;
    assert_eq!(
        wrong("CreateRecordRequest", json),
        [("/record/recordId".to_owned(), "OUTPUT_ONLY")]
    );
}

#[test]
fn numbers_are_whole_exactly_or_refused() {
    let taken = |json: &str| again("Scalars", json);
    assert_eq!(taken(r#"{"anInt64":9007199254740993.0}"#)["anInt64"], "9007199254740993");
    assert_eq!(taken(r#"{"aUint64":18446744073709551615e0}"#)["aUint64"], u64::MAX.to_string());
    assert_eq!(taken(r#"{"anInt64":"-9.223372036854775808e18"}"#)["anInt64"], i64::MIN.to_string());
    assert_eq!(taken(r#"{"anInt32":"1e2"}"#)["anInt32"], 100);
    assert_eq!(taken(r#"{"anInt32":1200e-2}"#)["anInt32"], 12);
    assert_eq!(taken(r#"{"anInt32":0e99999999999999999999}"#)["anInt32"], 0);
    assert_eq!(taken(r#"{"anInt32":-0}"#)["anInt32"], 0);

    let reason = |json: &str| wrong("Scalars", json)[0].1;
    for json in [
        r#"{"anInt32":2147483648}"#,
        r#"{"aUint32":-1}"#,
        r#"{"aUint64":18446744073709551616}"#,
        r#"{"anInt64":1e99999999999999999999}"#,
        r#"{"aDouble":1e309}"#,
        r#"{"aFloat":1e39}"#,
        r#"{"season":3000000000}"#,
    ] {
        assert_eq!(reason(json), "OUT_OF_RANGE", "{json}");
    }
    for json in [
        r#"{"anInt32":0.5}"#,
        r#"{"anInt32":1e-99999999999999999999}"#,
        r#"{"anInt32":""}"#,
        r#"{"anInt32":" 1"}"#,
        r#"{"anInt32":"01"}"#,
        r#"{"anInt32":"+1"}"#,
        r#"{"aDouble":"inf"}"#,
        r#"{"anInt32":"NaN"}"#,
        r#"{"aString":1}"#,
    ] {
        assert_eq!(reason(json), "WRONG_TYPE", "{json}");
    }
    for json in [r#"{"anInt32":01}"#, r#"{"anInt32":1.}"#, r#"{"anInt32":NaN}"#, r#"{"anInt32":-}"#]
    {
        assert_eq!(reason(json), "SYNTAX", "{json}");
    }
}

#[test]
fn text_is_utf_8_without_the_character_zero() {
    assert_eq!(
        wrong_bytes("Scalars", b"{\"aString\":\"a\xff\"}")[0],
        ("/aString".to_owned(), "BAD_UTF8")
    );
    for text in [r"\ud800", r"\ud800\u0041", r"\udc00", r"\ud800\ud800", r"a\u0000b"] {
        let json = format!(r#"{{"aString":"{text}"}}"#);
        assert_eq!(wrong("Scalars", &json), [("/aString".to_owned(), "BAD_UTF8")], "{text}");
        let json = format!(r#"{{"byString":{{"{text}":{{}}}}}}"#);
        assert_eq!(wrong("Maps", &json)[0].1, "BAD_UTF8", "{text}");
        let json = format!(r#"{{"value":["{text}"]}}"#);
        assert_eq!(wrong("Known", &json), [("/value/0".to_owned(), "BAD_UTF8")], "{text}");
    }
    assert_eq!(wrong("Scalars", "{\"aString\":\"a\nb\"}")[0].1, "SYNTAX");
    assert_eq!(wrong("Scalars", "{\"aString\":\"a\0b\"}")[0].1, "SYNTAX");
    let text = again("Scalars", r#"{"aString":"\ud83c\udf47\u00e9\/\"\\\b\f\n\r\t"}"#);
    assert_eq!(text["aString"], "🍇é/\"\\\u{8}\u{c}\n\r\t");
}

#[test]
fn syntax_ends_the_reading_where_it_breaks() {
    assert_eq!(wrong("Whole", ""), [(String::new(), "SYNTAX")]);
    assert_eq!(wrong("Whole", "{} {}"), [(String::new(), "SYNTAX")]);
    assert_eq!(
        wrong("Whole", "{\"inner\":{\"inners\":[{},]}}"),
        [("/inner/inners/1".to_owned(), "SYNTAX")]
    );
    assert_eq!(
        wrong("Whole", r#"{"a":1,"inner":{"scalars":{"aBool":tru"#),
        [(("/a").to_owned(), "UNKNOWN_FIELD"), ("/inner/scalars/aBool".to_owned(), "SYNTAX")]
    );
    assert_eq!(wrong("Whole", "[]"), [(String::new(), "WRONG_TYPE")]);
}

#[test]
fn bytes_are_base64_of_either_alphabet_padded_or_not() {
    for text in ["+/+/AA==", "+/+/AA", "-_-_AA==", "-_-_AA", r"+\/+\/AA"] {
        let json = format!(r#"{{"aBytes":"{text}"}}"#);
        assert_eq!(again("Scalars", &json)["aBytes"], "+/+/AA==", "{text}");
    }
    for text in ["A", "+_AA", "AA=A", "A A=", "é"] {
        let json = format!(r#"{{"aBytes":"{text}"}}"#);
        assert_eq!(wrong("Scalars", &json)[0].1, "BAD_FORMAT", "{text}");
    }
}

#[test]
fn times_keep_to_their_limits() {
    let time = |text: &str| again("Known", &format!(r#"{{"time":"{text}"}}"#))["time"].clone();
    assert_eq!(time("2026-12-01T08:00:00.120+01:00"), "2026-12-01T07:00:00.120Z");
    assert_eq!(time("2026-12-01T08:00:00.000001-23:59"), "2026-12-02T07:59:00.000001Z");
    let reason = |text: &str| wrong("Known", &format!(r#"{{"time":"{text}"}}"#))[0].1;
    assert_eq!(reason("0001-01-01T00:59:59+01:00"), "OUT_OF_RANGE");
    assert_eq!(reason("9999-12-31T23:30:00-01:00"), "OUT_OF_RANGE");
    for text in [
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01t00:00:00Z",
        "2026-01-01T00:00:00z",
        "2026-01-01T00:00:00",
        "2026-01-01",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567891Z",
        "2026-01-01T00:00:00+1:00",
        "2026-01-01T00:00:00+24:00",
        "+2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z ",
        "",
    ] {
        assert_eq!(reason(text), "BAD_FORMAT", "{text}");
    }

    let refused = |wire: &[u8]| to_json("Known", wire).unwrap_err().what;
    assert_eq!(refused(&[0x0a, 2, 0x10, 0xff]), "a varint that does not end");
    let late = [0x0a, 7, 0x08, 0x80, 0xd2, 0x93, 0xad, 0xb0, 0x07];
    assert_eq!(refused(&late), "a time beyond its limits");
    let nanos = [0x0a, 6, 0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03];
    assert_eq!(refused(&nanos), "a time beyond its limits");
}

#[test]
fn long_messages_lie_in_each_other_with_exact_lengths() {
    let text = "x".repeat(100);
    let mut json = format!(r#"{{"etag2xValue":"{text}"}}"#);
    for _ in 0..60 {
        json = format!(r#"{{"etag2xValue":"{text}","inner":{json}}}"#);
    }
    let expected: serde_json::Value = json.parse().unwrap();

    let mut found = &again("Whole", &json);

    let mut expected = &expected;
    for _ in 0..60 {
        assert_eq!(found["etag2xValue"], expected["etag2xValue"]);
        (found, expected) = (&found["inner"], &expected["inner"]);
    }
    assert_eq!(found["etag2xValue"], text);
}
