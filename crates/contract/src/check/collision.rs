//! Routes that two methods claim.

use std::collections::HashMap;

use super::Complaints;
use crate::{
    model::{Complaint, Contract, Method, Route, Verb},
    options,
};

/// A contract that cannot be served because another one has its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The service whose contract is refused.
    pub refused: String,
    /// The service that keeps the route: the one whose name comes first.
    pub keeps: String,
    /// What to tell the refused one.
    pub complaint: Complaint,
}

/// The contracts that cannot be served beside the others, one collision for each route.
///
/// The order of the services' names decides, never who came first. A contract that is refused
/// refuses no other one. Each service is expected once.
#[must_use]
pub fn collisions(contracts: &[&Contract]) -> Vec<Collision> {
    let mut sorted = contracts.to_vec();
    sorted.sort_by_key(|contract| contract.service());
    let mut taken: HashMap<(Verb, String), &str> = HashMap::new();
    let mut found = Vec::new();
    for contract in sorted {
        let before = found.len();
        found.extend(contract.methods().iter().filter_map(|method| {
            let route = method.route.as_ref()?;
            let keeps = *taken.get(&claim(route))?;
            let message = say(route, &method.name, keeps);
            Some(Collision {
                refused: contract.service().to_owned(),
                keeps: keeps.to_owned(),
                complaint: Complaint::at(method.place.clone(), message),
            })
        }));
        if found.len() == before {
            let claims = contract.methods().iter().filter_map(claim_of);
            taken.extend(claims.map(|claim| (claim, contract.service())));
        }
    }
    found
}

/// Inside one contract each route is one method's.
pub(super) fn check(complaints: &mut Complaints<'_>) {
    let mut taken: HashMap<(Verb, String), String> = HashMap::new();
    for method in complaints.source.methods() {
        let rule = options::http(&method);
        let Some(Ok(route)) = rule.map(|rule| Route::read(&rule)) else { continue };
        match taken.get(&claim(&route)) {
            Some(keeps) => {
                complaints.about(&method, [say(&route, method.name(), keeps)]);
            }
            None => {
                taken.insert(claim(&route), method.full_name().to_owned());
            }
        }
    }
}

/// What a route takes for itself.
fn claim(route: &Route) -> (Verb, String) {
    (route.verb, route.template.shape())
}

fn claim_of(method: &Method) -> Option<(Verb, String)> {
    method.route.as_ref().map(claim)
}

fn say(route: &Route, name: &str, keeps: &str) -> String {
    format!("the route `{} {}` of {name} is taken by {keeps}", route.verb, route.template)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Protos, service};

    #[test]
    fn two_methods_of_a_contract_cannot_have_one_route() {
        service(
            r#"// Does.
            rpc Get(Thing) returns (Thing) {
                option (google.api.http) = {get: "/v1/things/{id}"};
                option (seasonal.options.v1.access) = {public: true};
            }
            // Does.
            rpc Find(Thing) returns (Thing) { <--
                option (google.api.http) = {get: "/v1/things/{name}"};
                option (seasonal.options.v1.access) = {public: true};
            }
            // Does.
            rpc Delete(Thing) returns (Thing) {
                option (google.api.http) = {delete: "/v1/things/{name}"};
                option (seasonal.options.v1.access) = {public: true};
            }"#,
        )
        .refused(&[
            "the route `GET /v1/things/{name}` of Find is taken by seasonal.ad.v1.ThingService.Get",
        ]);
    }

    /// The contract of a service with one GET at each of these paths.
    fn contract(service: &str, paths: &[&str]) -> Contract {
        let rpc = |(index, path): (usize, &&str)| {
            format!(
                "// Gets.
                rpc Get{index}(Thing) returns (Thing) {{
                    option (google.api.http) = {{get: \"{path}\"}};
                    option (seasonal.options.v1.access) = {{public: true}};
                }}"
            )
        };
        let rpcs: Vec<_> = paths.iter().enumerate().map(rpc).collect();
        Protos::service_of(service, &rpcs.join("\n")).read().unwrap()
    }

    #[test]
    fn the_order_of_names_decides_between_contracts() {
        let (ad, task) =
            (contract("ad", &["/v1/a/{id}"]), contract("task", &["/v1/b", "/v1/a/{name}"]));

        for contracts in [[&ad, &task], [&task, &ad]] {
            let found = collisions(&contracts);
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].refused.as_str(), found[0].keeps.as_str()), ("task", "ad"));
            assert_eq!(
                found[0].complaint.to_string(),
                "task.proto:22: the route `GET /v1/a/{name}` of Get1 is taken by ad"
            );
        }
    }

    #[test]
    fn a_refused_contract_refuses_no_other() {
        let first = contract("a", &["/v1/x"]);
        let second = contract("b", &["/v1/x", "/v1/y"]);
        let third = contract("c", &["/v1/y"]);

        let refused: Vec<_> =
            collisions(&[&first, &second, &third]).into_iter().map(|it| it.refused).collect();

        assert_eq!(refused, ["b"]);
    }

    #[test]
    fn routes_of_different_verbs_or_shapes_do_not_collide() {
        let first = contract("a", &["/v1/x/{id}", "/v1/x"]);
        let second = contract("b", &["/v1/x/{id}:go", "/v1/x/me", "/v1/x/{id}/y"]);

        assert_eq!(collisions(&[&first, &second]), []);
    }
}
