//! Somebody with a token, and what they do.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use stack::keycloak::{Ask, Tokens};

use crate::answer::Answer;
use crate::world::World;

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    /// The user's id: the `sub` of the token.
    pub id: String,
    /// The verified e-mail address.
    pub email: String,
    /// The tokens that Keycloak gave, good for 5 minutes.
    pub tokens: Tokens,
    world: World,
}

/// A company that somebody made.
#[derive(Clone, Debug)]
pub struct Company {
    /// Its id.
    pub id: String,
}

/// An offer that somebody made.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// Its path.
    pub path: String,
}

impl Person {
    pub(crate) async fn sign_in(world: World, id: String, email: String, password: &str) -> Self {
        let ask = Ask::of(&email, password);
        let tokens = world.stack().tokens(&ask).await.expect("Keycloak signs somebody in");
        Self { id, email, tokens, world }
    }

    /// A request with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.world.request(method, path).bearer_auth(&self.tokens.access_token)
    }

    /// Gets a path.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// Patches with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::PATCH, path).json(body)).await
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Makes a company.
    pub async fn founds(&self, name: &str) -> Company {
        let number = uuid::Uuid::new_v4().simple().to_string();
        let body = json!({"legalName": name, "countryCode": "FR", "registrationNumber": number});
        let company = self.post("/v1/companies", &body).await.ok();
        Company { id: id(&company) }
    }

    /// Makes a company that an admin has verified.
    pub async fn founds_verified(&self, name: &str) -> Company {
        let company = self.founds(name).await;
        let path = format!("/v1/companies/{}", company.id);
        let pending = self.post(&format!("{path}:submit"), &json!({})).await.ok();
        assert_eq!(pending["verificationState"], "COMPANY_VERIFICATION_STATE_PENDING");
        let admin = self.world.admin("Ada").await;
        let body = json!({"reason": "the register confirms it"});
        let verified = admin.post(&format!("{path}:verify"), &body).await.ok();
        assert_eq!(verified["verificationState"], "COMPANY_VERIFICATION_STATE_VERIFIED");
        company
    }

    /// Drafts an offer that is complete.
    pub async fn drafts(&self, company: &Company, title: &str) -> Offer {
        let offer = self.post("/v1/offers", &offer(company, title)).await.ok();
        let id = id(&offer);
        Offer { path: format!("/v1/offers/{id}"), id }
    }

    /// Drafts an offer and publishes it.
    pub async fn publishes(&self, company: &Company, title: &str) -> Offer {
        let offer = self.drafts(company, title).await;
        let published = self.post(&format!("{}:publish", offer.path), &json!({})).await.ok();
        assert_eq!(published["state"], "OFFER_STATE_PUBLISHED");
        offer
    }
}

/// The body of a complete offer of next year.
#[must_use]
pub fn offer(company: &Company, title: &str) -> Value {
    let today = jiff::Zoned::now().date();
    let day = |days: i64| {
        today.checked_add(jiff::Span::new().days(days)).expect("a day near today").to_string()
    };
    json!({
        "companyId": company.id,
        "jobId": "grape-picker",
        "title": {"en": title, "fr": format!("{title} (fr)")},
        "description": {"en": "Two weeks among the vines, in a team of eight."},
        "sourceLanguage": "en",
        "startDate": day(60),
        "endDate": day(75),
        "applyBy": day(50),
        "positionsTotal": 8,
        "pay": {
            "min": {"amount": "12.50", "currencyCode": "EUR"},
            "max": {"amount": "14.00", "currencyCode": "EUR"},
            "period": "PAY_PERIOD_HOUR",
        },
        "weeklyHours": 35,
        "place": "Beaune",
        "location": {"latitude": 47.02, "longitude": 4.84},
        "benefits": ["meals"],
        "housing": {"kind": "HOUSING_KIND_INCLUDED", "placesTotal": 4, "shared": true},
        "requiredLanguages": [{"languageCode": "fr", "level": "LANGUAGE_LEVEL_A2"}],
        "contractKind": "CONTRACT_KIND_SEASONAL",
    })
}

/// The id of a resource.
#[must_use]
pub fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("a resource has an id").to_owned()
}
