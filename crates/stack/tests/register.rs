//! People register themselves, with what a browser sends of Keycloak's form.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use serde_json::json;
use stack::Stack;
use uuid::Uuid;

/// Keycloak's form, open in a browser.
struct Form {
    browser: Client,
    action: String,
    cookies: String,
    /// What it sends without being asked.
    hidden: Vec<(String, String)>,
}

impl Form {
    async fn open(stack: &Stack) -> Self {
        let browser = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let back = format!("{}/docs/oauth2-redirect.html", stack.settings().gateway());
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let query = [
            ("client_id", "seasonal-web"),
            ("response_type", "code"),
            ("scope", "openid"),
            ("redirect_uri", &back),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        let address =
            format!("{}/protocol/openid-connect/registrations", stack.settings().issuer());
        let page = browser.get(address).query(&query).send().await.unwrap();
        let cookies = cookies(&page);
        let page = page.text().await.unwrap();
        let form = page.split_once("id=\"kc-register-form\"").unwrap().1;
        let form = form.split_once("</form>").unwrap().0;
        let inputs = form.split("<input").skip(1).filter(|it| it.contains("type=\"hidden\""));
        let hidden = inputs.map(|it| (attribute(it, "name"), attribute(it, "value"))).collect();
        Self { browser, action: attribute(form, "action"), cookies, hidden }
    }

    /// Sends it with these kinds of account chosen; back with where that leads, or the complaint.
    async fn send(&self, email: &str, kinds: &[&str]) -> Result<String, String> {
        let password = "a long enough password";
        let mut fields = self.hidden.clone();
        let filled = [("email", email), ("password", password), ("password-confirm", password)];
        let kinds = kinds.iter().map(|kind| ("account_kind", *kind));
        fields.extend(filled.into_iter().chain(kinds).map(|(k, v)| (k.to_owned(), v.to_owned())));
        let request = self.browser.post(&self.action).header(COOKIE, &self.cookies).form(&fields);
        let answer = request.send().await.unwrap();
        let Some(there) = answer.headers().get(LOCATION) else {
            let page = answer.text().await.unwrap();
            let complaint = page.split_once("id=\"input-error-account_kind\"");
            return Err(complaint.map_or(page.clone(), |(_, rest)| {
                rest.chars().take_while(|it| *it != '<').collect()
            }));
        };
        Ok(there.to_str().unwrap().to_owned())
    }
}

fn cookies(page: &Response) -> String {
    let given = page.headers().get_all(SET_COOKIE).iter();
    let pairs = given.filter_map(|it| it.to_str().ok()?.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

/// The value of the first attribute of this name.
fn attribute(html: &str, name: &str) -> String {
    let rest = html.split_once(&format!("{name}=\"")).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default().replace("&amp;", "&")
}

#[tokio::test]
async fn who_registers_says_what_for_and_is_led_back() {
    let stack = Stack::join().unwrap();

    for kinds in [&["worker"][..], &["employer"], &["worker", "employer"]] {
        let email = format!("{}@seasonal.example", Uuid::new_v4().simple());
        let there = Form::open(&stack).await.send(&email, kinds).await.unwrap();

        assert!(there.contains("/docs/oauth2-redirect.html?"), "{there}");
        assert!(there.contains("code="), "{there}");
        let path = format!("/users?exact=true&username={email}");
        let made = stack.admin().call(Method::GET, &path, None).await.unwrap();
        assert_eq!(made.pointer("/0/attributes/account_kind"), Some(&json!(kinds)));
    }
}

#[tokio::test]
async fn who_registers_for_nothing_or_for_what_there_is_not_is_asked_again() {
    let stack = Stack::join().unwrap();
    let email = format!("{}@seasonal.example", Uuid::new_v4().simple());

    for kinds in [&[][..], &["admin"], &["worker", "operator"]] {
        let complaint = Form::open(&stack).await.send(&email, kinds).await.unwrap_err();

        assert!(complaint.len() < 400, "{complaint}");
    }
}
