//! Who may call is said for every RPC: deny by default.

use prost_reflect::MethodDescriptor;

use super::{Complaints, package};
use crate::options::{self, Access};

/// The roles that an access rule may name.
pub const ROLES: [&str; 4] = ["worker", "employer", "operator", "admin"];

pub(super) fn check(complaints: &mut Complaints<'_>) {
    for method in complaints.source.methods() {
        let access = options::access(&method).unwrap_or_default();
        complaints.about(&method, rule(&method, &access));
        complaints.about(&method, roles(&access));
        complaints.about(&method, askers(&access));
    }
}

/// Over HTTP exactly one rule is said, without a route none.
fn rule(method: &MethodDescriptor, access: &Access) -> Option<String> {
    let name = method.name();
    let rules = [access.public, access.signed_in, !access.roles.is_empty()];
    let said = rules.into_iter().filter(|said| *said).count();
    let has_route = options::http(method).is_some();
    let message = match said {
        0 if has_route => "has a route but no access rule: say `public`, `signed_in` or `roles`",
        0 if access.services.is_empty() => "has neither a route nor services that may ask",
        1 if !has_route => "has an access rule for HTTP but no route",
        0 | 1 => return None,
        _ => "has more than one of `public`, `signed_in` and `roles`",
    };
    Some(format!("the RPC {name} {message}"))
}

/// Only roles that exist are named.
fn roles(access: &Access) -> impl Iterator<Item = String> {
    let unknown = access.roles.iter().filter(|role| !ROLES.contains(&role.as_str()));
    unknown.map(|role| format!("there is no role `{role}`, only {}", ROLES.join(", ")))
}

/// The services that may ask are named as subjects name them.
fn askers(access: &Access) -> impl Iterator<Item = String> {
    let wrong = access.services.iter().filter(|name| !package::is_service(name));
    wrong.map(|name| format!("`{name}` is not the name of a service that may ask"))
}

#[cfg(test)]
mod tests {
    use crate::fixture::service;

    /// An RPC with a route and this access rule.
    fn routed(access: &str) -> String {
        format!(
            "// Does.
            rpc Do(Thing) returns (Thing) {{ <--
                option (google.api.http) = {{get: \"/v1/things\"}};
                {access}
            }}"
        )
    }

    /// The option with this rule.
    fn access(rule: &str) -> String {
        format!("option (seasonal.options.v1.access) = {{{rule}}};")
    }

    #[test]
    fn a_route_without_exactly_one_access_rule_is_refused() {
        let none = "the RPC Do has a route but no access rule";
        let many = "the RPC Do has more than one of";
        let cases = [
            (String::new(), none),
            (access("services: [\"task\"]"), none),
            (access("public: false"), none),
            (access("public: true signed_in: true"), many),
            (access("signed_in: true roles: [\"admin\"]"), many),
            (access("public: true roles: [\"admin\"]"), many),
        ];
        for (rule, message) in cases {
            service(&routed(&rule)).refused(&[message]);
        }
    }

    #[test]
    fn a_role_that_does_not_exist_is_refused() {
        service(&routed(&access("roles: [\"admin\", \"root\", \"Worker\"]")))
            .refused(&["there is no role `Worker`", "there is no role `root`"]);
    }

    #[test]
    fn a_name_that_no_service_has_is_refused_as_asker() {
        service(&routed(&access("public: true services: [\"ad\", \"gateway\", \"*\"]")))
            .refused(&["`*` is not the name", "`gateway` is not the name"]);
    }

    #[test]
    fn a_method_without_route_says_only_who_asks() {
        let internal =
            |rule: &str| format!("// Does.\nrpc Do(Thing) returns (Thing) {{ <--\n{rule} }}");

        service(&internal("")).refused(&["the RPC Do has neither a route nor services"]);
        service(&internal(&access("signed_in: true")))
            .refused(&["the RPC Do has an access rule for HTTP but no route"]);
    }
}
