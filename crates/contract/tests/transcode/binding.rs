//! Path, query and body.
use crate::fixture::{POOL, SHAPES, to_json};
use contract::transcode::Binding;
use contract::{Body, Route, Segment, Template, Verb};
use serde_json::{Value, json};

fn binding(verb: Verb, fields: &[&str], body: Body, message: &str) -> Result<Binding, String> {
    let fields = fields.iter().map(|field| Segment::Field((*field).to_owned()));
    let segments = [Segment::Literal("v1".to_owned())].into_iter().chain(fields).collect();
    let route = Route { verb, template: Template { segments, verb: None }, body };
    let message = POOL.get_message_by_name(&format!("transcode.test.{message}")).unwrap();
    Binding::new(&SHAPES, &route, &message)
}

fn list() -> (&'static str, Binding) {
    let name = "ListRecordsRequest";
    (name, binding(Verb::Get, &["parent_id"], Body::None, name).unwrap())
}

fn update() -> (&'static str, Binding) {
    let (name, body) = ("UpdateRecordRequest", Body::Field("record".to_owned()));
    (name, binding(Verb::Patch, &["record_id"], body, name).unwrap())
}

fn moving() -> (&'static str, Binding) {
    let name = "MoveRecordRequest";
    (name, binding(Verb::Post, &["record_id", "target.shelf"], Body::All, name).unwrap())
}

/// The request message as JSON.
fn made((name, binding): (&str, Binding), path: &[&str], query: &str, body: &str) -> Value {
    let mut wire = Vec::new();
    binding.request(&SHAPES, path, Some(query), body.as_bytes(), &mut wire).unwrap();
    to_json(name, &wire).unwrap().parse().unwrap()
}

/// Place and reason of each violation: a parameter, or a pointer into the body.
fn wrong(
    (_, binding): (&str, Binding),
    path: &[&str],
    query: &str,
    body: &str,
) -> Vec<(String, &'static str)> {
    let mut wire = b"before".to_vec();
    let result = binding.request(&SHAPES, path, Some(query), body.as_bytes(), &mut wire);
    assert_eq!(wire, b"before");
    let place = |parameter: Option<String>, pointer| parameter.unwrap_or(pointer);
    result
        .unwrap_err()
        .into_iter()
        .map(|violation| (place(violation.parameter, violation.pointer), violation.reason))
        .collect()
}

#[test]
fn a_query_gives_fields_of_every_textual_kind() {
    let query = "pageSize=20&page_token=a%2Bb+c&seasons=WINTER&seasons=3&years=2026&years=2027\
        &filter.category=%F0%9F%8D%87&filter.job_ids=a&filter.jobIds=b&filter.not.category=x\
        &sinceTime=2026-12-01T08:00:00%2B01:00&longerThan=1.5s&readMask=title,pay.amount\
        &open=false&least=-5&cursor=-_8&city=Limoux&score=0";
    assert_eq!(
        made(list(), &["p 1"], query, ""),
        json!({
            "parentId": "p 1", "pageSize": 20, "pageToken": "a+b c",
            "seasons": ["WINTER", "SUMMER"], "years": [2026, 2027],
            "filter": {
                "category": "🍇", "jobIds": ["a", "b"], "not": {"category": "x", "jobIds": []}
            },
            "sinceTime": "2026-12-01T07:00:00Z", "longerThan": "1.500s",
            "readMask": "title,pay.amount", "open": false, "least": "-5", "cursor": "+/8=",
            "city": "Limoux", "labels": {}, "score": 0.0,
        })
    );
}

#[test]
fn what_a_query_cannot_give_is_refused_by_name() {
    let cases = [
        ("nothing=1", "nothing", "UNKNOWN_PARAMETER"),
        ("filter=1", "filter", "UNKNOWN_PARAMETER"),
        ("filter.nothing=1", "filter.nothing", "UNKNOWN_PARAMETER"),
        ("labels.a=1", "labels.a", "UNKNOWN_PARAMETER"),
        ("extra=1", "extra", "UNKNOWN_PARAMETER"),
        ("pageSize.a=1", "pageSize.a", "UNKNOWN_PARAMETER"),
        ("pageSize=1&page_size=1", "page_size", "DUPLICATE_FIELD"),
        ("parentId=other", "parentId", "DUPLICATE_FIELD"),
        ("city=a&country=b", "country", "DUPLICATE_FIELD"),
        ("pageSize=many", "pageSize", "WRONG_TYPE"),
        ("pageSize=", "pageSize", "WRONG_TYPE"),
        ("pageSize=99999999999", "pageSize", "OUT_OF_RANGE"),
        ("seasons=MONSOON", "seasons", "UNKNOWN_ENUM"),
        ("open=1", "open", "WRONG_TYPE"),
        ("sinceTime=2026-12-01T08:00:00+01:00", "sinceTime", "BAD_FORMAT"),
        ("pageToken=%4", "pageToken", "SYNTAX"),
        ("pageToken=%zz", "pageToken", "SYNTAX"),
        ("pageToken=%ff", "pageToken", "BAD_UTF8"),
        ("pageToken=%00", "pageToken", "BAD_UTF8"),
    ];
    for (query, name, reason) in cases {
        assert_eq!(wrong(list(), &["p"], query, ""), [(name.to_owned(), reason)], "{query}");
    }
    let deep = "filter.".to_owned() + &"not.".repeat(10_000) + "category=x";
    assert_eq!(wrong(list(), &["p"], &deep, "")[0].1, "UNKNOWN_PARAMETER");
    let many = "a=1&".repeat(1_000);
    assert_eq!(wrong(list(), &["p"], &many, "").len(), 32);
}

#[test]
fn path_query_and_body_report_together() {
    let found = wrong(
        moving(),
        &["r\0", "x"],
        "reason=a",
        r#"{"recordId":"r","target":{"shelf":1,"box":2}}"#,
    );
    assert_eq!(
        found,
        [
            ("recordId".to_owned(), "BAD_UTF8"),
            ("target.shelf".to_owned(), "WRONG_TYPE"),
            ("reason".to_owned(), "UNKNOWN_PARAMETER"),
            ("/recordId".to_owned(), "DUPLICATE_FIELD"),
            ("/target/shelf".to_owned(), "DUPLICATE_FIELD"),
            ("/target/box".to_owned(), "WRONG_TYPE"),
        ]
    );
}

#[test]
fn path_and_body_merge() {
    assert_eq!(
        made(moving(), &["r1", "7"], "", r#"{"target":{"box":"b"},"reason":"full"}"#),
        json!({"recordId": "r1", "target": {"shelf": "7", "box": "b"}, "reason": "full"})
    );
    assert_eq!(made(moving(), &["r1", "7"], "", " \n")["target"]["shelf"], "7");
}

#[test]
fn a_route_without_body_takes_none() {
    assert_eq!(wrong(list(), &["p"], "", r#"{"pageSize":1}"#)[0].1, "UNKNOWN_FIELD");
    assert_eq!(made(list(), &["p"], "", "{}")["pageSize"], 0);
}

#[test]
fn a_patch_changes_exactly_the_fields_that_its_body_names() {
    let body = r#"{"title":"","pay":{"currency_code":"EUR","extra":{"a":{"b":1}}},"tagNames":[],
        "counts":{"a":1},"startTime":null,"note":"x","season":"WINTER","open":null}"#;
    let request = made(update(), &["r1"], "", body);
    assert_eq!(
        request["updateMask"],
        "title,pay.currencyCode,pay.extra,tagNames,counts,startTime,note,season,open"
    );
    assert_eq!(request["record"]["note"], "x");
    assert_eq!(made(update(), &["r1"], "", r#"{"pay":{}}"#)["updateMask"], "pay");
    assert_eq!(made(update(), &["r1"], "", r#"{"pay":null}"#)["updateMask"], "pay");
    assert_eq!(made(update(), &["r1"], "", "{}")["updateMask"], "");
}

#[test]
fn a_mask_that_is_given_stands() {
    let request = made(update(), &["r1"], "updateMask=title,pay", r#"{"title":"a","open":true}"#);
    assert_eq!(request["updateMask"], "title,pay");
    let request = made(update(), &["r1"], "update_mask=", r#"{"title":"a"}"#);
    assert_eq!(request["updateMask"], "title");
}

#[test]
fn a_body_field_is_not_taken_from_the_query() {
    assert_eq!(
        wrong(update(), &["r1"], "record.title=a&record_id=b", r#"{"recordId":"1"}"#),
        [
            ("record.title".to_owned(), "UNKNOWN_PARAMETER"),
            ("record_id".to_owned(), "DUPLICATE_FIELD"),
            ("/recordId".to_owned(), "OUTPUT_ONLY"),
        ]
    );
}

#[test]
fn violations_of_the_message_are_told_where_the_client_gave_the_value() {
    let located = |(_, binding): (&str, Binding), field: &str| binding.locate(field);
    let body = |pointer: &str| (Some(pointer.to_owned()), None);
    let parameter = |name: &str| (None, Some(name.to_owned()));
    assert_eq!(located(update(), "/record/pay/amount"), body("/pay/amount"));
    assert_eq!(located(update(), "/record"), body(""));
    assert_eq!(located(update(), "/recordId"), parameter("recordId"));
    assert_eq!(located(update(), "/updateMask"), parameter("updateMask"));
    assert_eq!(located(moving(), "/target/shelf"), parameter("target.shelf"));
    assert_eq!(located(moving(), "/target/box"), body("/target/box"));
    assert_eq!(located(moving(), ""), body(""));
    assert_eq!(located(list(), "/filter/jobIds/3"), parameter("filter.jobIds"));
}

#[test]
fn a_route_that_names_what_a_path_cannot_hold_is_refused() {
    let refused = |field: &str| binding(Verb::Get, &[field], Body::None, "ListRecordsRequest");
    for field in ["nothing", "filter", "years", "labels", "extra", "city", "filter.job_ids", ""] {
        assert!(refused(field).is_err(), "{field}");
    }
    let body = Body::Field("nothing".to_owned());
    assert!(binding(Verb::Post, &[], body, "ListRecordsRequest").is_err());
}
