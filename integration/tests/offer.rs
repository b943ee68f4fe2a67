//! The story of an offer, from the employer's draft to the worker who finds it.

use integration::{World, id, offer};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_worker_finds_what_an_employer_published() {
    let world = World::start().await;
    let (employer, worker) = (world.employer("Rosa").await, world.worker("Ivan").await);
    let company = employer.founds_verified("Rosa's vineyard").await;

    let offer = employer.publishes(&company, "Grape picker").await;

    let found = worker.get(&format!("/v1/offers?companyId={}", company.id)).await.ok();
    assert_eq!(found["offers"][0]["id"], offer.id);
    assert_eq!(found["offers"][0]["title"]["en"], "Grape picker");
    assert_eq!(world.get(&offer.path).await.ok()["state"], "OFFER_STATE_PUBLISHED");
}

#[tokio::test]
async fn an_offer_of_a_company_that_is_not_verified_waits_for_an_admin() {
    let world = World::start().await;
    let (employer, admin) = (world.employer("Rosa").await, world.admin("Ada").await);
    let company = employer.founds("Unknown vineyard").await;
    let offer = employer.drafts(&company, "Grape picker").await;

    let waiting = employer.post(&format!("{}:publish", offer.path), &json!({})).await.ok();

    assert_eq!(waiting["state"], "OFFER_STATE_IN_REVIEW");
    let _hidden = world.get(&offer.path).await.problem(404, "OFFER_NOT_FOUND");
    let reason = json!({"reason": "looks right"});
    let approved = admin.post(&format!("{}:approve", offer.path), &reason).await.ok();
    assert_eq!(approved["state"], "OFFER_STATE_PUBLISHED");
    let _seen = world.get(&offer.path).await.ok();
}

#[tokio::test]
async fn only_employers_create_offers() {
    let world = World::start().await;
    let (employer, worker) = (world.employer("Rosa").await, world.worker("Ivan").await);
    let body = offer(&employer.founds("Vineyard").await, "Grape picker");

    let by_worker = worker.post("/v1/offers", &body).await;
    let by_nobody = world.send(world.request(Method::POST, "/v1/offers").json(&body)).await;

    let _forbidden = by_worker.problem(403, "ROLE_REQUIRED");
    assert!(by_nobody.header("www-authenticate").starts_with("Bearer"));
    let _unknown = by_nobody.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn an_employer_cannot_act_for_another_company() {
    let world = World::start().await;
    let (rosa, marta) = (world.employer("Rosa").await, world.employer("Marta").await);
    let company = rosa.founds_verified("Rosa's vineyard").await;
    let draft = rosa.drafts(&company, "Grape picker").await;

    let creates = marta.post("/v1/offers", &offer(&company, "Mine")).await;
    let reads = marta.get(&draft.path).await;
    let publishes = marta.post(&format!("{}:publish", draft.path), &json!({})).await;

    assert_eq!(creates.status, 403, "{}", creates.body);
    let _hidden = reads.problem(404, "OFFER_NOT_FOUND");
    let _hidden = publishes.problem(404, "OFFER_NOT_FOUND");
}

#[tokio::test]
async fn every_violation_of_a_body_is_named_at_once_by_its_pointer() {
    let world = World::start().await;
    let employer = world.employer("Rosa").await;
    let body = json!({
        "companyId": "no id",
        "startDate": "2026-02-30",
        "flexibleDays": 61,
        "pay": {"min": {"amount": "a lot", "currencyCode": "EUR"}, "period": "PAY_PERIOD_HOUR"},
        "questions": ["a", "Why us?"],
    });

    let problem = employer.post("/v1/offers", &body).await.problem(400, "INVALID_ARGUMENT");

    let violations = problem["violations"].as_array().unwrap();
    let mut pointers: Vec<_> =
        violations.iter().map(|it| it["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    let expected =
        ["/companyId", "/flexibleDays", "/jobId", "/pay/min/amount", "/questions/0", "/startDate"];
    assert_eq!(pointers, expected);
}

#[tokio::test]
async fn fields_of_the_wrong_kind_are_named_at_once_by_their_pointers() {
    let world = World::start().await;
    let employer = world.employer("Rosa").await;
    let body = json!({"companyId": 7, "colour": "red", "pay": {"mini": {}}, "revision": "3"});

    let problem = employer.post("/v1/offers", &body).await.problem(400, "INVALID_ARGUMENT");

    let violations = problem["violations"].as_array().unwrap();
    let named: Vec<_> = violations
        .iter()
        .map(|it| (it["pointer"].as_str().unwrap(), it["reason"].as_str().unwrap()))
        .collect();
    let expected = [
        ("/colour", "UNKNOWN_FIELD"),
        ("/companyId", "WRONG_TYPE"),
        ("/pay/mini", "UNKNOWN_FIELD"),
        ("/revision", "OUTPUT_ONLY"),
    ];
    for violation in expected {
        assert!(named.contains(&violation), "{violation:?} is missing in {named:?}");
    }
    assert_eq!(named.len(), expected.len());
}

#[tokio::test]
async fn a_second_publish_names_the_state_and_what_it_allows() {
    let world = World::start().await;
    let employer = world.employer("Rosa").await;
    let company = employer.founds_verified("Rosa's vineyard").await;
    let offer = employer.publishes(&company, "Grape picker").await;

    let again = employer.post(&format!("{}:publish", offer.path), &json!({})).await;

    let problem = again.problem(409, "OFFER_STATE");
    assert_eq!(problem["facts"]["state"], "PUBLISHED");
    assert_eq!(problem["facts"]["allowed"], "update,pause,renew,close,duplicate");
}

#[tokio::test]
async fn a_stale_editor_changes_nothing_and_hears_the_current_etag() {
    let world = World::start().await;
    let employer = world.employer("Rosa").await;
    let company = employer.founds("Vineyard").await;
    let offer = employer.drafts(&company, "Grape picker").await;
    let first = employer.get(&offer.path).await;
    let etag = first.header("etag").to_owned();
    let edit = |place: &str| {
        let request = employer.request(Method::PATCH, &offer.path).header("if-match", &etag);
        world.send(request.json(&json!({"place": place})))
    };

    let one = edit("Beaune").await;
    let two = edit("Meursault").await;

    let changed = one.ok();
    let problem = two.problem(412, "PRECONDITION_FAILED");
    assert_eq!(changed["place"], "Beaune");
    assert!(problem["facts"].to_string().contains(changed["revision"].as_str().unwrap()));
    assert_eq!(employer.get(&offer.path).await.ok()["place"], "Beaune");
}

#[tokio::test]
async fn an_unchanged_offer_is_not_sent_again() {
    let world = World::start().await;
    let employer = world.employer("Rosa").await;
    let company = employer.founds("Vineyard").await;
    let offer = employer.drafts(&company, "Grape picker").await;
    let etag = employer.get(&offer.path).await.header("etag").to_owned();

    let request = employer.request(Method::GET, &offer.path).header("if-none-match", &etag);
    let again = world.send(request).await;

    assert_eq!((again.status, again.header("etag")), (304, etag.as_str()));
    assert_eq!(again.body, Value::Null);
}

#[tokio::test]
async fn one_key_makes_one_offer_however_often_it_is_sent() {
    let world = World::start().await;
    let employer = world.employer("Rosa").await;
    let company = employer.founds("Vineyard").await;
    let key = uuid::Uuid::new_v4().to_string();
    let send = |title: &str| {
        let request = employer.request(Method::POST, "/v1/offers").header("idempotency-key", &key);
        world.send(request.json(&offer(&company, title)))
    };

    let (one, two) = tokio::join!(send("Grape picker"), send("Grape picker"));
    let (one, two, other) = (one.ok(), two.ok(), send("Olive picker").await);

    assert_eq!(one, two);
    let _reused = other.problem(422, "IDEMPOTENCY_KEY_REUSED");
    let drafts = format!("/v1/offers?companyId={}&states=OFFER_STATE_DRAFT", company.id);
    let list = employer.get(&drafts).await.ok();
    assert_eq!(list["offers"].as_array().unwrap().len(), 1);
    assert_eq!(list["offers"][0]["id"], id(&one));
}

#[tokio::test]
async fn a_patch_changes_exactly_what_its_body_names() {
    let world = World::start().await;
    let employer = world.employer("Rosa").await;
    let company = employer.founds("Vineyard").await;
    let offer = employer.drafts(&company, "Grape picker").await;
    let before = employer.get(&offer.path).await.ok();

    let body = json!({"housing": {"distanceM": 900}, "benefits": []});
    let after = employer.patch(&offer.path, &body).await.ok();

    let mut expected = before;
    expected["housing"]["distanceM"] = json!(900);
    expected["benefits"] = json!([]);
    expected["revision"] = after["revision"].clone();
    expected["updateTime"] = after["updateTime"].clone();
    assert_eq!(after, expected);
}
