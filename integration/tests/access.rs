//! Who may call what: every route of the contract against everyone who may come, each cell asked.
//!
//! The routes and their rules come from the running gateway's `/openapi.json`, so that a new route
//! is asked without a change here. Each request is one that breaks off right after the access check:
//! it carries a parameter or a field that no contract knows, so that whoever may pass gets 400.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it cannot go on")]

use integration::{Person, World};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use stack::keycloak::Ask;

/// A route and who may call it.
struct Route {
    method: Method,
    path: String,
    rule: Rule,
}

/// As the contract's `access` says.
#[derive(PartialEq)]
enum Rule {
    Public,
    SignedIn,
    Roles(Vec<String>),
}

/// Somebody at the door.
struct Caller {
    name: &'static str,
    token: Option<String>,
    /// `None` for those whose token must not be accepted.
    roles: Option<&'static [&'static str]>,
}

impl Rule {
    fn of(operation: &Value) -> Self {
        let ways = operation["security"].as_array().expect("every operation says who may call");
        let roles = ways.iter().find_map(|way| way["bearer"].as_array()).expect("a bearer's roles");
        if ways.iter().any(|way| *way == json!({})) {
            Self::Public
        } else if roles.is_empty() {
            Self::SignedIn
        } else {
            Self::Roles(roles.iter().map(|role| role.as_str().unwrap().to_owned()).collect())
        }
    }

    /// The status that a caller must get.
    fn expected(&self, caller: &Caller) -> u16 {
        match (caller.token.is_some(), caller.roles, self) {
            (true, Some(has), Self::Roles(asked)) => {
                if asked.iter().any(|role| has.contains(&role.as_str())) { 400 } else { 403 }
            }
            (true, Some(_), _) | (false, _, Self::Public) => 400,
            (true, None, _) | (false, ..) => 401,
        }
    }
}

fn routes(document: &Value) -> Vec<Route> {
    let paths = document["paths"].as_object().unwrap();
    let mut routes = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            if operation["operationId"].is_string() {
                routes.push(Route { method, path: path.clone(), rule: Rule::of(operation) });
            }
        }
    }
    routes
}

/// The route with some id for each parameter, and with what no contract knows.
fn request(world: &World, route: &Route) -> RequestBuilder {
    let mut path = String::new();
    for part in route.path.split_inclusive('}') {
        let (literal, parameter) = part.split_once('{').unwrap_or((part, ""));
        path.push_str(literal);
        if !parameter.is_empty() {
            path.push_str(&uuid::Uuid::new_v4().to_string());
        }
    }
    let has_body = [Method::POST, Method::PATCH, Method::PUT].contains(&route.method);
    let request = world.request(route.method.clone(), &format!("{path}?noSuchParameter=1"));
    if has_body { request.json(&json!({"noSuchField": 1})) } else { request }
}

async fn callers(world: &World) -> Vec<Caller> {
    let accepted = |name, person: &Person, roles| Caller {
        name,
        token: Some(person.tokens.access_token.clone()),
        roles: Some(roles),
    };
    let worker = world.worker("Ivan").await;
    let mut callers = vec![
        Caller { name: "nobody", token: None, roles: None },
        accepted("a newcomer without a role", &world.newcomer("Nora", &[]).await, &[]),
        accepted("a worker", &worker, &["worker"]),
        accepted("an employer", &world.employer("Rosa").await, &["employer"]),
        accepted("an operator", &world.person("Olga", &[], &["operator"]).await, &["operator"]),
        accepted("an admin", &world.admin("Ada").await, &["admin"]),
        accepted(
            "a worker who hires",
            &world.newcomer("Vera", &["worker", "employer"]).await,
            &["worker", "employer"],
        ),
    ];
    for (name, token) in refused(world, &worker).await {
        callers.push(Caller { name, token: Some(token), roles: None });
    }
    callers
}

/// Tokens that Keycloak really gives, and that are no good at the gateway.
async fn refused(world: &World, worker: &Person) -> Vec<(&'static str, String)> {
    let demo = Ask::of("worker", "worker-password");
    let asks = [
        ("a foreign realm's user", Ask { realm: "foreign", ..Ask::of("admin", "admin-password") }),
        ("a foreign audience's user", Ask { scope: "openid other-api", ..demo.clone() }),
        ("a user of no audience", Ask { scope: "openid", ..demo.clone() }),
        ("a foreign client's user", Ask { client: "seasonal-other", ..demo.clone() }),
    ];
    let mut tokens = Vec::new();
    for (name, ask) in asks {
        let given = world.stack().tokens(&ask).await.expect("Keycloak gives a token");
        tokens.push((name, given.access_token));
    }
    let id_token = worker.tokens.id_token.clone().expect("an ID token");
    let refresh_token = worker.tokens.refresh_token.clone().expect("a refresh token");
    tokens.push(("an ID token", id_token));
    tokens.push(("a refresh token", refresh_token));
    tokens.push(("an expired token", expired(world).await));
    tokens
}

/// A token of a client whose tokens live for a second, once that second has passed.
async fn expired(world: &World) -> String {
    let short =
        Ask { client: "seasonal-short", scope: "openid", ..Ask::of("worker", "worker-password") };
    let token = world.stack().tokens(&short).await.expect("a short token").access_token;
    integration::eventually("a short token expires", async || {
        let request = world.request(Method::GET, "/v1/jobs").bearer_auth(&token);
        world.send(request).await.status == 401
    })
    .await;
    token
}

#[tokio::test]
async fn every_route_lets_in_exactly_those_whom_the_contract_names() {
    let world = World::start().await;
    let routes = routes(&world.get("/openapi.json").await.ok());
    let callers = callers(&world).await;
    assert!(routes.len() >= 30, "only {} routes are in /openapi.json", routes.len());

    let mut wrong = Vec::new();
    let mut asked = 0;
    for route in &routes {
        for caller in &callers {
            let mut request = request(&world, route);
            if let Some(token) = &caller.token {
                request = request.bearer_auth(token);
            }
            let (status, expected) =
                (world.send(request).await.status, route.rule.expected(caller));
            asked += 1;
            if status != expected {
                wrong.push(format!(
                    "{} {} as {}: {status}, not {expected}",
                    route.method, route.path, caller.name
                ));
            }
        }
    }

    let cells = routes.len() * callers.len();
    println!(
        "access matrix: {} routes x {} callers = {cells} cells, {} untested",
        routes.len(),
        callers.len(),
        cells - asked
    );
    assert!(wrong.is_empty(), "{} wrong cells:\n{}", wrong.len(), wrong.join("\n"));
}
