//! Reads the realms of `keycloak/` and lays development over production.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// What tells objects of a list apart, in the order in which it is looked for.
const KEYS: [&str; 5] = ["clientId", "client", "username", "alias", "name"];

/// Reads a realm.
///
/// # Errors
/// When the file is not there or not JSON.
pub fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// The realm of production with development laid over it, from the folder `keycloak/`.
///
/// # Errors
/// When a file is not there or not JSON.
pub fn development(folder: &Path) -> Result<Value> {
    let mut realm = read(&folder.join("realm.json"))?;
    lay_over(&mut realm, read(&folder.join("development.json"))?);
    Ok(realm)
}

/// Objects are merged key by key; lists of objects by what tells the objects apart; anything else
/// is replaced.
fn lay_over(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(below), Value::Array(above))
            if above.iter().all(|item| name(item).is_some()) =>
        {
            for item in above {
                match below.iter_mut().find(|candidate| name(candidate) == name(&item)) {
                    Some(same) => lay_over(same, item),
                    None => below.push(item),
                }
            }
        }
        (below, above) => *below = above,
    }
}

fn name(item: &Value) -> Option<&str> {
    KEYS.iter().find_map(|key| item.get(key)?.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::folder::root;

    #[test]
    fn a_list_of_objects_is_merged_by_name_and_anything_else_replaced() {
        let mut below = json!({"a": 1, "clients": [{"clientId": "x", "on": true}], "list": [1, 2]});

        lay_over(
            &mut below,
            json!({"a": 2, "clients": [{"clientId": "y"}, {"clientId": "x", "off": true}], "list": [3]}),
        );

        let x = json!({"clientId": "x", "on": true, "off": true});
        assert_eq!(below, json!({"a": 2, "clients": [x, {"clientId": "y"}], "list": [3]}));
    }

    #[test]
    fn production_has_no_user_and_no_client_that_takes_passwords() {
        let realm = read(&root().join("keycloak/realm.json")).unwrap();

        assert_eq!(realm.get("users"), None);
        let clients = realm["clients"].as_array().unwrap();
        let names: Vec<_> =
            clients.iter().filter_map(|client| client["clientId"].as_str()).collect();
        assert_eq!(names, ["seasonal-api", "seasonal-web", "seasonal-mobile"]);
        for client in clients {
            assert_eq!(client["directAccessGrantsEnabled"], false, "{client}");
            assert_eq!(client["implicitFlowEnabled"], false, "{client}");
            assert_eq!(client["fullScopeAllowed"], false, "{client}");
            assert_eq!(client.get("secret"), None, "{client}");
        }
    }

    #[test]
    fn public_clients_of_production_need_pkce_and_have_exact_redirect_addresses() {
        let realm = read(&root().join("keycloak/realm.json")).unwrap();

        for client in realm["clients"].as_array().unwrap() {
            if client["publicClient"] == true {
                assert_eq!(client["attributes"]["pkce.code.challenge.method"], "S256", "{client}");
                assert!(!client["redirectUris"].to_string().contains('*'), "{client}");
            }
        }
    }

    #[test]
    fn production_keeps_what_protects_its_people() {
        let realm = read(&root().join("keycloak/realm.json")).unwrap();

        for (setting, value) in [
            ("verifyEmail", json!(true)),
            ("bruteForceProtected", json!(true)),
            ("accessTokenLifespan", json!(300)),
            ("revokeRefreshToken", json!(true)),
            ("refreshTokenMaxReuse", json!(0)),
        ] {
            assert_eq!(realm[setting], value, "{setting}");
        }
        assert!(realm["passwordPolicy"].as_str().unwrap().starts_with("length(12)"));
    }
}
