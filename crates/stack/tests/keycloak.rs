//! The running Keycloak is the committed one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use serde_json::{Value, json};
use stack::keycloak::{Ask, NewUser, realm};
use stack::{Stack, folder};

/// What the stack puts in place of `${NAME:default}` in the realm's file, or else the default.
fn fill_in(text: &str, given: &[(&str, String)]) -> String {
    let Some((before, rest)) = text.split_once("${SEASONAL_") else { return text.to_owned() };
    let (variable, after) = rest.split_once('}').unwrap();
    let (name, default) = variable.split_once(':').unwrap();
    let value = given.iter().find(|(given, _)| *given == name);
    let value = value.map_or(default, |(_, value)| value.as_str());
    format!("{before}{value}{}", fill_in(after, given))
}

/// Collects what the file says and the server does not.
fn compare(path: &str, file: &Value, server: &Value, differences: &mut Vec<String>) {
    match (file, server) {
        (Value::Object(file), Value::Object(server)) => {
            for (key, value) in file {
                let found = server.get(key).unwrap_or(&Value::Null);
                compare(&format!("{path}/{key}"), value, found, differences);
            }
        }
        (Value::Array(file), Value::Array(server)) => {
            for item in file {
                let same = server.iter().find(|candidate| is_same(item, candidate));
                match same {
                    Some(same) => {
                        compare(&format!("{path}/{}", name(item)), item, same, differences);
                    }
                    None => differences.push(format!("{path}: {} is missing", name(item))),
                }
            }
        }
        _ if file == server => {}
        _ => differences.push(format!("{path}: {file} in the file, {server} on the server")),
    }
}

fn name(item: &Value) -> String {
    let keys = ["clientId", "client", "username", "alias", "name", "providerId"];
    let named = keys.iter().find_map(|key| item.get(key)?.as_str());
    named.map_or_else(|| item.to_string(), str::to_owned)
}

fn is_same(item: &Value, candidate: &Value) -> bool {
    if item.is_object() { name(item) == name(candidate) } else { item == candidate }
}

#[tokio::test]
async fn the_running_realm_is_the_committed_one() {
    let stack = Stack::join().unwrap();
    let committed = realm::development(&folder::root().join("keycloak")).unwrap().to_string();
    let given =
        [("API_URL", stack.settings().gateway()), ("WEB_URL", "http://127.0.0.1:5173".to_owned())];
    let mut committed: Value = serde_json::from_str(&fill_in(&committed, &given)).unwrap();
    let path = "/partial-export?exportClients=true&exportGroupsAndRoles=true";
    let running = stack.admin().call(reqwest::Method::POST, path, None).await.unwrap();
    // Used up by the import, and never exported.
    committed["attributes"].as_object_mut().unwrap().remove("CreateDefaultClientScopes");
    committed.as_object_mut().unwrap().remove("users");

    let mut differences = Vec::new();
    compare("", &committed, &running, &mut differences);

    assert_eq!(differences, Vec::<String>::new());
}

#[tokio::test]
async fn a_token_of_each_kind_is_to_be_had_for_the_access_matrix() {
    let stack = Stack::join().unwrap();
    let ours = Ask::of("worker", "worker-password");
    let asks = [
        ours.clone(),
        Ask { scope: "openid other-api", ..ours.clone() },
        Ask { scope: "openid", ..ours.clone() },
        Ask { client: "seasonal-other", ..ours },
        Ask { realm: "foreign", ..Ask::of("admin", "admin-password") },
    ];

    for ask in asks {
        let tokens = stack.tokens(&ask).await.unwrap();

        assert_eq!(tokens.access_token.split('.').count(), 3, "{ask:?}");
        assert!(tokens.id_token.is_some(), "{ask:?}");
    }
}

#[tokio::test]
async fn nobody_gets_a_kind_of_account_that_is_neither_worker_nor_employer() {
    let stack = Stack::join().unwrap();
    let email = format!("{}@seasonal.example", uuid::Uuid::new_v4().simple());
    let user =
        NewUser { email: &email, password: "a long password", kinds: &["admin"], roles: &[] };

    let refusal = stack.admin().create_user(&user).await.unwrap_err().to_string();

    assert!(refusal.contains("error-invalid-value"), "{refusal}");
}

#[tokio::test]
async fn a_fresh_user_may_hold_kinds_and_roles() {
    let stack = Stack::join().unwrap();
    let email = format!("{}@seasonal.example", uuid::Uuid::new_v4().simple());
    let password = "a long password";
    let user = NewUser { email: &email, password, kinds: &["worker"], roles: &["operator"] };

    let id = stack.admin().create_user(&user).await.unwrap();

    let path = format!("/users/{id}/role-mappings/realm");
    let roles = stack.admin().call(reqwest::Method::GET, &path, None).await.unwrap();
    assert!(roles.as_array().unwrap().iter().any(|role| role["name"] == json!("operator")));
    stack.tokens(&Ask::of(&email, password)).await.unwrap();
    stack.admin().enable(&id, false).await.unwrap();
    assert!(stack.tokens(&Ask::of(&email, password)).await.is_err());
}
