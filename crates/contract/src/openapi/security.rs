//! Who may call, as security requirements.

use serde_json::{Value, json};

use super::{Info, put};
use crate::Access;

/// The requirements of an access rule: one of them has to hold.
pub(super) fn of(access: &Access, info: &Info) -> Vec<Value> {
    let roles: &[String] = if let Access::Roles(roles) = access { roles } else { &[] };
    let mut all = Vec::new();
    if *access == Access::Public {
        all.push(json!({}));
    }
    if !info.authorization_url.is_empty() {
        all.push(json!({ "keycloak": ["openid"] }));
    }
    all.push(json!({ "bearer": roles }));
    all
}

/// The ways to sign in.
pub(super) fn schemes(info: &Info) -> Value {
    let mut schemes = json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of Keycloak.",
        },
    });
    if !info.authorization_url.is_empty() {
        put(&mut schemes, "keycloak", keycloak(info));
    }
    schemes
}

fn keycloak(info: &Info) -> Value {
    json!({
        "type": "oauth2",
        "description": "Signs in at Keycloak: authorisation code with PKCE.",
        "x-usePkce": "SHA-256",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": info.authorization_url,
                "tokenUrl": info.token_url,
                "scopes": { "openid": "Who you are." },
            },
        },
    })
}
