//! The demo data: what a developer finds after `./dev up`. An alpine and a wine-growing region:
//! companies with offers, workers with profiles. Everything comes in over HTTP through the gateway,
//! as the demo users, so that it passes every rule; what is there already is left alone.

mod client;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::client::Client;
use crate::settings::Settings;

/// The users that `keycloak/development.json` makes, with what they are for.
pub const USERS: [(&str, &str); 8] = [
    ("employer", "owns a verified company in the Alps, with offers"),
    ("employer2", "owns two companies in Burgundy, one not verified"),
    ("worker", "looks for work"),
    ("worker2", "looks for work"),
    ("both", "looks for work and hires"),
    ("newcomer", "has no role yet"),
    ("operator", "runs a region"),
    ("admin", "runs the platform"),
];

#[derive(Debug, Deserialize)]
struct Demo {
    companies: Vec<Company>,
    workers: Vec<Worker>,
}

#[derive(Debug, Deserialize)]
struct Company {
    owner: String,
    verified: bool,
    #[serde(rename = "company")]
    body: Value,
    offers: Vec<Offer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offer {
    publish: bool,
    start_in_days: i64,
    days: i64,
    apply_days_before: i64,
    #[serde(rename = "offer")]
    body: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Worker {
    user: String,
    #[serde(rename = "worker")]
    body: Value,
}

/// Loads what is missing.
///
/// # Errors
/// When the gateway refuses something: with its answer.
pub async fn load(settings: &Settings) -> Result<()> {
    let demo: Demo = serde_json::from_str(include_str!("demo.json")).context("demo.json")?;
    let client = Client::new(settings)?;
    for company in &demo.companies {
        load_company(&client, company).await?;
    }
    for worker in &demo.workers {
        load_worker(&client, worker).await?;
    }
    Ok(())
}

async fn load_company(client: &Client, demo: &Company) -> Result<()> {
    let owner = client.sign_in(&demo.owner).await?;
    let mine = owner.get("/v1/companies?pageSize=100").await?;
    let name = demo.body.get("legalName");
    let company = match find(&mine, "companies", "legalName", name) {
        Some(company) => company.clone(),
        None => owner.post("/v1/companies", &demo.body).await?,
    };
    let id = text(&company, "id")?;
    if demo.verified {
        verify(client, &demo.owner, &company).await?;
    }
    let path = format!("/v1/offers?companyId={id}&pageSize=100{STATES}");
    let offers = owner.get(&path).await?;
    for offer in &demo.offers {
        if find(&offers, "offers", "externalReference", offer.body.get("externalReference"))
            .is_none()
        {
            let made = owner.post("/v1/offers", &body(offer, id)?).await?;
            if offer.publish {
                let path = format!("/v1/offers/{}:publish", text(&made, "id")?);
                owner.post(&path, &json!({})).await?;
            }
        }
    }
    Ok(())
}

/// The states an offer of the demo data may have come to.
const STATES: &str = "&states=OFFER_STATE_DRAFT&states=OFFER_STATE_IN_REVIEW\
    &states=OFFER_STATE_PUBLISHED&states=OFFER_STATE_PAUSED&states=OFFER_STATE_FILLED\
    &states=OFFER_STATE_EXPIRED&states=OFFER_STATE_CLOSED&states=OFFER_STATE_SUSPENDED";

/// The owner asks, the admin agrees; each only where it is still to be done.
async fn verify(client: &Client, owner: &str, company: &Value) -> Result<()> {
    let path = format!("/v1/companies/{}", text(company, "id")?);
    let mut state = text(company, "verificationState")?.to_owned();
    if state == "COMPANY_VERIFICATION_STATE_UNVERIFIED" {
        let owner = client.sign_in(owner).await?;
        let asked = owner.post(&format!("{path}:submit"), &json!({})).await?;
        text(&asked, "verificationState")?.clone_into(&mut state);
    }
    if state == "COMPANY_VERIFICATION_STATE_PENDING" {
        let admin = client.sign_in("admin").await?;
        admin.post(&format!("{path}:verify"), &json!({"reason": "demo data"})).await?;
    }
    Ok(())
}

async fn load_worker(client: &Client, demo: &Worker) -> Result<()> {
    let worker = client.sign_in(&demo.user).await?;
    let now = worker.get("/v1/workers/me").await?;
    if text(&now, "givenName").is_ok_and(str::is_empty) {
        worker.patch("/v1/workers/me", &demo.body).await?;
    }
    Ok(())
}

fn find<'a>(list: &'a Value, items: &str, key: &str, value: Option<&Value>) -> Option<&'a Value> {
    list.get(items)?.as_array()?.iter().find(|item| item.get(key) == value)
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value.get(key).and_then(Value::as_str).with_context(|| format!("no {key} in {value}"))
}

/// The offer with its days, counted from today.
fn body(offer: &Offer, company: &str) -> Result<Value> {
    let start = today().checked_add(jiff::Span::new().days(offer.start_in_days))?;
    let end = start.checked_add(jiff::Span::new().days(offer.days))?;
    let apply_by = start.checked_sub(jiff::Span::new().days(offer.apply_days_before))?;
    let mut body = offer.body.clone();
    for (key, value) in [
        ("companyId", company.to_owned()),
        ("startDate", start.to_string()),
        ("endDate", end.to_string()),
        ("applyBy", apply_by.to_string()),
    ] {
        body.insert(key.to_owned(), value.into());
    }
    Ok(body.into())
}

#[expect(clippy::disallowed_methods, reason = "no service: the demo data begins on the real today")]
fn today() -> jiff::civil::Date {
    jiff::Zoned::now().date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_data_is_readable_and_each_offer_has_a_reference_of_its_own() {
        let demo: Demo = serde_json::from_str(include_str!("demo.json")).unwrap();

        let offers = demo.companies.iter().flat_map(|company| &company.offers);
        let mut references: Vec<_> =
            offers.map(|offer| offer.body["externalReference"].to_string()).collect();
        let all = references.len();
        references.sort();
        references.dedup();
        assert_eq!(references.len(), all);
    }

    #[test]
    fn the_demo_users_are_those_of_the_development_realm() {
        let overlay = crate::folder::root().join("keycloak/development.json");
        let realm = crate::keycloak::realm::read(&overlay).unwrap();

        let users = realm["users"].as_array().unwrap();
        let names: Vec<_> = users.iter().filter_map(|user| user["username"].as_str()).collect();
        assert_eq!(names, USERS.map(|(name, _)| name));
    }
}
