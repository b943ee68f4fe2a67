//! The document of a little contract, and of the platform's own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Info, document};
use crate::{
    Contract,
    fixture::{Protos, platform},
};

const RPCS: &str = r#"
    // Gets a thing. NOT_FOUND when there is none.
    rpc GetThing(GetThingRequest) returns (Offer) {
        option (google.api.http) = {get: "/v1/things/{thing_id}"};
        option (seasonal.options.v1.access) = {public: true};
    }
    // Creates a thing.
    rpc CreateThing(CreateThingRequest) returns (Offer) {
        option (google.api.http) = {post: "/v1/things" body: "offer"};
        option (seasonal.options.v1.access) = {roles: ["employer", "admin"]};
    }
    // Changes a thing.
    rpc UpdateThing(UpdateThingRequest) returns (Offer) {
        option (google.api.http) = {patch: "/v1/things/{offer.id}" body: "offer"};
        option (seasonal.options.v1.access) = {signed_in: true};
    }
    // Publishes a thing.
    rpc PublishThing(PublishThingRequest) returns (google.protobuf.Empty) {
        option (google.api.http) = {post: "/v1/things/{thing_id}:publish" body: "*"};
        option (seasonal.options.v1.access) = {signed_in: true};
    }
    // Is asked by services.
    rpc CheckThing(Hidden) returns (Hidden) {
        option (seasonal.options.v1.access) = {services: ["task"]};
    }"#;

const MESSAGES: &str = r#"
message Hidden {}
message GetThingRequest {
    // The id.
    string thing_id = 1 [(seasonal.options.v1.field) = {required: true format: FORMAT_UUID}];
    // The first day.
    string from_date = 2 [(seasonal.options.v1.field) = {format: FORMAT_DATE}];
    // States.
    repeated State states = 3;
    // Where.
    Area search_area = 4;
}
message Area {
    // How far.
    int32 radius_km = 1 [(seasonal.options.v1.field) = {max: 100}];
}
message CreateThingRequest {
    // The thing.
    Offer offer = 1 [(seasonal.options.v1.field) = {required: true}];
}
message UpdateThingRequest {
    // The thing.
    Offer offer = 1 [(seasonal.options.v1.field) = {required: true}];
    // What changes.
    google.protobuf.FieldMask update_mask = 2;
}
message PublishThingRequest {
    // The id.
    string thing_id = 1 [(seasonal.options.v1.field) = {required: true format: FORMAT_UUID}];
    // Why.
    string reason = 2 [(seasonal.options.v1.field) = {required: true max_length: 9}];
}
// A thing.
message Offer {
    // The id.
    string id = 1;
    // The title.
    string title = 2 [(seasonal.options.v1.field) = {required: true min_length: 3 max_length: 120}];
    // The last day.
    string end_date = 3 [(seasonal.options.v1.field) = {format: FORMAT_DATE}];
    // Codes.
    repeated string codes = 4 [(seasonal.options.v1.field) = {max_items: 3 pattern: "[a-z]+"}];
    // The area.
    Area area = 5;
    // The areas.
    repeated Area areas = 6;
    // Words, perhaps.
    optional string note = 7;
    // How it is reached.
    oneof reach {
        // By mail.
        string mail = 8;
        // By phone.
        string phone = 9;
    }
    // The state.
    State state = 10 [(google.api.field_behavior) = OUTPUT_ONLY];
    // The state wished for.
    State wish = 11 [(seasonal.options.v1.field) = {required: true known: true}];
    // The changes.
    int64 revision = 12 [(google.api.field_behavior) = OUTPUT_ONLY];
    // Until when.
    google.protobuf.Timestamp time = 13;
    // How many.
    map<string, uint32> counts = 14;
}
// Where it stands.
enum State {
    // Not said.
    STATE_UNSPECIFIED = 0;
    // Open.
    STATE_OPEN = 1;
}"#;

fn contract(service: &str) -> Contract {
    Protos::service_and(service, RPCS, MESSAGES).read().unwrap()
}

fn info() -> Info {
    Info {
        title: "Things".to_owned(),
        version: "1".to_owned(),
        server_url: "https://api.example.org".to_owned(),
        authorization_url: "https://id.example.org/auth".to_owned(),
        token_url: "https://id.example.org/token".to_owned(),
    }
}

fn things() -> Value {
    document(&[&contract("ad")], &info())
}

/// What stands at a JSON pointer.
fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
}

/// The keys at a JSON pointer.
fn keys<'a>(document: &'a Value, pointer: &str) -> Vec<&'a str> {
    at(document, pointer).as_object().unwrap().keys().map(String::as_str).collect()
}

const GET: &str = "/paths/~1v1~1things~1{thingId}/get";
const CREATE: &str = "/paths/~1v1~1things/post";
const UPDATE: &str = "/paths/~1v1~1things~1{offer.id}/patch";
const PUBLISH: &str = "/paths/~1v1~1things~1{thingId}:publish/post";

#[test]
fn every_route_has_its_path() {
    let paths = [
        "/v1/things",
        "/v1/things/{offer.id}",
        "/v1/things/{thingId}",
        "/v1/things/{thingId}:publish",
    ];

    assert_eq!(keys(&things(), "/paths"), paths);
}

#[test]
fn an_operation_says_what_the_comment_says() {
    let document = things();
    let get = at(&document, GET);

    assert_eq!(get["operationId"], "ThingService_GetThing");
    assert_eq!(get["tags"], json!(["Thing"]));
    assert_eq!(get["summary"], "Gets a thing");
    assert_eq!(get["description"], "NOT_FOUND when there is none.\n\nMay be called by anyone.");
}

#[test]
fn parameters_have_their_json_names_and_limits() {
    let document = things();

    assert_eq!(
        at(&document, &format!("{GET}/parameters")),
        &json!([
            {
                "name": "thingId", "in": "path", "required": true, "description": "The id.",
                "schema": {
                    "type": "string", "format": "uuid",
                    "examples": ["019abcde-0000-7000-8000-000000000001"],
                },
            },
            {
                "name": "fromDate", "in": "query", "description": "The first day.",
                "schema": { "type": "string", "format": "date", "examples": ["2026-12-01"] },
            },
            {
                "name": "states", "in": "query", "description": "States.",
                "schema": { "type": "array", "items": { "type": "string", "enum": ["STATE_OPEN"] } },
            },
            {
                "name": "searchArea.radiusKm", "in": "query", "description": "How far.",
                "schema": { "type": "integer", "format": "int32", "minimum": -2_147_483_648_i64, "maximum": 100 },
            },
            { "$ref": "#/components/parameters/IfNoneMatch" },
        ])
    );
}

#[test]
fn an_answer_requires_what_is_always_written_out() {
    let document = things();
    let offer = "/components/schemas/Offer";

    assert_eq!(
        at(&document, &format!("{offer}/required")),
        &json!(["id", "title", "endDate", "codes", "areas", "state", "wish", "revision", "counts"])
    );
    assert_eq!(at(&document, &format!("{offer}/properties/state/readOnly")), &json!(true));
    assert!(document.pointer(&format!("{offer}/additionalProperties")).is_none());
}

#[test]
fn a_body_requires_what_the_contract_requires_and_has_no_output_only_fields() {
    let document = things();
    let input = at(&document, "/components/schemas/OfferInput");

    assert_eq!(input["required"], json!(["title", "wish"]));
    assert_eq!(input["additionalProperties"], false);
    assert!(input.pointer("/properties/state").is_none());
    assert_eq!(input["allOf"], json!([{ "not": { "required": ["mail", "phone"] } }]));
    assert_eq!(at(&document, &format!("{CREATE}/requestBody/required")), &json!(true));
}

#[test]
fn a_change_requires_nothing_and_leaves_out_what_the_path_gives() {
    let document = things();
    let body = at(&document, &format!("{UPDATE}/requestBody/content/application~1json/schema"));

    assert!(body.get("required").is_none());
    assert!(body.pointer("/properties/id").is_none());
    assert_eq!(body.pointer("/properties/area/$ref").unwrap(), "#/components/schemas/AreaPatch");
    let items = body.pointer("/properties/areas/items/$ref").unwrap();
    assert_eq!(items, "#/components/schemas/AreaInput");
}

#[test]
fn a_whole_request_as_body_leaves_out_what_the_path_gives() {
    let document = things();

    assert_eq!(
        at(&document, &format!("{PUBLISH}/requestBody/content/application~1json/schema")),
        &json!({
            "title": "PublishThingRequest",
            "type": "object",
            "properties": {
                "reason": { "type": "string", "minLength": 1, "maxLength": 9, "description": "Why." },
            },
            "required": ["reason"],
            "additionalProperties": false,
        })
    );
}

#[test]
fn limits_leave_room_for_what_is_not_given() {
    let document = things();
    let property =
        |name: &str| at(&document, &format!("/components/schemas/OfferInput/properties/{name}"));

    assert_eq!(
        property("title"),
        &json!({ "type": "string", "minLength": 3, "maxLength": 120, "description": "The title." })
    );
    assert_eq!(
        property("endDate"),
        &json!({
            "type": "string", "anyOf": [{ "format": "date" }, { "const": "" }],
            "examples": ["2026-12-01"], "description": "The last day.",
        })
    );
    assert_eq!(
        property("codes"),
        &json!({
            "type": "array", "maxItems": 3, "description": "Codes.",
            "items": { "type": "string", "pattern": "^(?:[a-z]+)?$" },
        })
    );
    assert_eq!(
        property("wish"),
        &json!({ "type": "string", "enum": ["STATE_OPEN"], "description": "The state wished for." })
    );
    assert_eq!(
        property("counts"),
        &json!({
            "type": "object", "description": "How many.",
            "additionalProperties": {
                "type": "integer", "format": "uint32", "minimum": 0, "maximum": 4_294_967_295_u32,
            },
        })
    );
}

#[test]
fn an_operation_declares_the_statuses_that_can_come() {
    let document = things();
    let statuses = |operation: &str| keys(&document, &format!("{operation}/responses")).join(" ");

    assert_eq!(statuses(GET), "200 304 400 401 403 404 429 431 500 503 504");
    assert_eq!(statuses(CREATE), "200 400 401 403 404 408 409 413 415 422 429 431 500 503 504");
    let every = "200 400 401 403 404 408 409 412 413 415 422 429 431 500 503 504";
    assert_eq!(statuses(PUBLISH), every);
}

#[test]
fn an_operation_says_who_may_call() {
    let document = things();
    let security = |operation: &str| at(&document, &format!("{operation}/security"));

    assert_eq!(security(GET), &json!([{}, { "keycloak": ["openid"] }, { "bearer": [] }]));
    assert_eq!(
        security(CREATE),
        &json!([{ "keycloak": ["openid"] }, { "bearer": ["employer", "admin"] }])
    );
}

#[test]
fn what_no_route_reaches_is_not_in_the_document() {
    let document = things();

    assert!(document.pointer("/components/schemas/Hidden").is_none());
    assert!(document.pointer("/components/schemas/State").is_some());
}

#[test]
fn equal_names_of_two_contracts_are_told_apart() {
    let other = Protos::service_and("task", &RPCS.replace("/things", "/tasks"), MESSAGES);
    let (ad, task) = (contract("ad"), other.read().unwrap());

    let document = document(&[&task, &ad], &info());

    assert_eq!(at(&document, &format!("{GET}/operationId")), "ad_v1_ThingService_GetThing");
    assert!(document.pointer("/components/schemas/ad.v1.OfferInput").is_some());
    assert!(document.pointer("/components/schemas/task.v1.OfferInput").is_some());
    is_sound(&document);
}

#[test]
fn the_document_does_not_depend_on_the_order_of_contracts() {
    let other = Protos::service_and("task", &RPCS.replace("/things", "/tasks"), MESSAGES);
    let (ad, task) = (contract("ad"), other.read().unwrap());

    assert_eq!(document(&[&ad, &task], &info()), document(&[&task, &ad], &info()));
}

#[test]
fn the_document_of_no_contract_is_sound() {
    is_sound(&document(&[], &Info::default()));
}

#[test]
fn the_document_is_sound() {
    is_sound(&things());
}

#[test]
fn the_document_of_the_platform_is_sound() {
    let contracts = ["ad", "profile"].map(|service| {
        platform(service).unwrap_or_else(|complaints| {
            let lines: Vec<_> = complaints.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"))
        })
    });
    let contracts: Vec<_> = contracts.iter().collect();

    assert_eq!(crate::collisions(&contracts), []);
    is_sound(&document(&contracts, &info()));
}

/// Every reference leads somewhere, ids are unique, and path parameters are those of the path.
fn is_sound(document: &Value) {
    let mut references = Vec::new();
    collect(document, "$ref", &mut references);
    for reference in references {
        at(document, reference.as_str().unwrap().trim_start_matches('#'));
    }
    let mut ids = Vec::new();
    collect(at(document, "/paths"), "operationId", &mut ids);
    assert_eq!(ids.len(), ids.iter().map(|id| id.as_str()).collect::<BTreeSet<_>>().len());
    for (path, item) in at(document, "/paths").as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().unwrap();
            for parameter in parameters.iter().filter(|it| it["in"] == "path") {
                assert!(path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())));
            }
        }
    }
}

/// All values of a key, however deep.
fn collect<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get(key));
            map.values().for_each(|value| collect(value, key, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, key, found)),
        _ => {}
    }
}
