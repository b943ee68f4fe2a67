//! Which paths lead where.

use serde_json::json;

use crate::world::{Call, World};

#[tokio::test]
async fn a_path_that_no_contract_has_is_a_problem() {
    let world = World::new().await;

    for path in ["/", "/v1", "/v1/toy", "/v1/toys/7/8", "/v2/toys", "/V1/toys/7", "/v1/toys/7:mend"]
    {
        assert_eq!(world.get(path).await.problem(), (404, "NO_SUCH_PATH".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn another_method_learns_which_there_are() {
    let world = World::new().await;
    let cases = [
        ("PUT", "/v1/toys/7", "GET, DELETE, PATCH, HEAD"),
        ("DELETE", "/v1/toys", "GET, POST, HEAD"),
        ("OPTIONS", "/v1/toys", "GET, POST, HEAD"),
        ("GET", "/v1/toys/7:break", "POST"),
        ("TRACE", "/v1/toys", "GET, POST, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
        ("DELETE", "/docs/", "GET, HEAD"),
    ];
    for (method, path, allowed) in cases {
        let answer = world.send(Call::new(method, path).build()).await;
        assert_eq!(answer.problem(), (405, "METHOD_NOT_ALLOWED".to_owned()), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allowed));
    }
}

#[tokio::test]
async fn a_value_is_decoded_once_after_the_path_is_taken_apart() {
    let world = World::new().await;
    let cases = [
        ("/v1/toys/7", "7"),
        ("/v1/toys/a%2Fb", "a/b"),
        ("/v1/toys/..%2F..%2Fetc", "../../etc"),
        ("/v1/toys/7%3Abreak", "7:break"),
        ("/v1/toys/%252e%252e", "%2e%2e"),
        ("/v1/toys/caf%C3%A9", "café"),
        ("/v1/toys/a+b", "a+b"),
        ("/v1/%74oys/7", "7"),
    ];
    for (path, value) in cases {
        assert_eq!(world.get(path).await.status(), 200, "{path}");
        let asked = world.service.asked();
        assert_eq!(asked.subject, "toy.v1.ToyService.GetToy");
        assert_eq!(asked.message, json!({ "toyId": value }));
    }
}

#[tokio::test]
async fn a_path_that_steps_up_or_says_nothing_leads_nowhere() {
    let world = World::new().await;
    let paths = [
        "/v1/toys/..",
        "/v1/toys/%2e%2e",
        "/v1/x/../toys/7",
        "/v1//toys/7",
        "//v1/toys/7",
        "/v1/toys/7/",
        "/v1/toys/",
        "/v1/./toys/7",
        "/v1/toys/%2E",
    ];
    for path in paths {
        assert_eq!(world.get(path).await.status(), 404, "{path}");
    }
    for path in ["/v1/toys/%", "/v1/toys/%zz", "/v1/toys/%ff", "/v1/toys/%00", "/v1/toys/a%0Ab"] {
        assert_eq!(world.get(path).await.problem(), (400, "BAD_PATH".to_owned()), "{path}");
    }
    assert_eq!(world.service.count(), 0);
}
