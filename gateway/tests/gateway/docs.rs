//! The document, and the page that shows it.

use crate::world::{Call, World};

#[tokio::test]
async fn the_document_is_that_of_the_routes_and_is_not_sent_twice() {
    let world = World::new().await;

    let answer = world.get("/openapi.json").await;
    let tag = answer.header("etag").unwrap();
    let again = world.send(Call::get("/openapi.json").header("if-none-match", tag).build()).await;

    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/v1/toys/{toyId}:break"]["post"].is_object(), "{document}");
    let flow = &document["components"]["securitySchemes"]["keycloak"]["flows"]["authorizationCode"];
    let address = "https://id.example/realms/seasonal/protocol/openid-connect/auth";
    assert_eq!(flow["authorizationUrl"], address);
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn the_page_is_served_with_all_its_files() {
    let world = World::new().await;

    let redirect = world.get("/docs").await;
    assert_eq!((redirect.status(), redirect.header("location")), (308, Some("docs/")));
    let files = [
        ("/docs/", "text/html"),
        ("/docs/swagger-ui.css", "text/css"),
        ("/docs/swagger-ui-bundle.js", "text/javascript"),
        ("/docs/swagger-initializer.js", "text/javascript"),
        ("/docs/oauth2-redirect.html", "text/html"),
    ];
    for (path, kind) in files {
        let answer = world.get(path).await;
        assert_eq!((answer.status(), answer.header("content-type")), (200, Some(kind)), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("connect-src 'self' https://id.example;"), "{policy}");
    }
    let page = String::from_utf8(world.get("/docs/").await.body().to_vec()).unwrap();
    assert!(page.contains("<title>Seasonal</title>"), "{page}");
    assert_eq!(world.get("/docs/nothing.js").await.problem().0, 404);
    assert_eq!(world.get("/docs//").await.problem().0, 404);
    assert_eq!(world.get("/docsx").await.problem().0, 404);
}

#[tokio::test]
async fn a_person_signs_in_on_the_page_with_pkce() {
    let world = World::new().await;

    let answer = world.get("/docs/swagger-initializer.js").await;

    let script = String::from_utf8(answer.body().to_vec()).unwrap();
    for part in [
        "\"../openapi.json\"",
        "\"clientId\": \"seasonal-web\"",
        "\"usePkceWithAuthorizationCodeGrant\": true",
        "\"useBasicAuthenticationWithAccessCodeGrant\": false",
        "\"openid\"",
        "\"layout\": \"BaseLayout\"",
    ] {
        assert!(script.contains(part), "{part} in {script}");
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let world = World::new().await;

    for path in ["/docs/", "/docs/oauth2-redirect.html"] {
        let page = String::from_utf8(world.get(path).await.body().to_vec()).unwrap();
        assert!(!page.contains("://"), "{page}");
        assert!(!page.contains("<script>"), "{page}");
    }
}
