//! The running platform, and who lives in it.

use reqwest::{Method, RequestBuilder};
use stack::Stack;
use stack::keycloak::NewUser;
use uuid::Uuid;

use crate::answer::Answer;
use crate::person::Person;

/// The running platform.
#[derive(Clone)]
pub struct World {
    stack: Stack,
}

impl World {
    /// Joins the stack that `./dev test` started.
    #[expect(clippy::unused_async, reason = "a test reads the same whether it joins or starts one")]
    pub async fn start() -> Self {
        Self { stack: Stack::join().expect("a running stack") }
    }

    /// A world on a stack of the test's own.
    #[must_use]
    pub fn on(stack: &Stack) -> Self {
        Self { stack: stack.clone() }
    }

    /// The stack it runs on.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Somebody new who hires.
    pub async fn employer(&self, name: &str) -> Person {
        self.newcomer(name, &["employer"]).await
    }

    /// Somebody new who looks for work.
    pub async fn worker(&self, name: &str) -> Person {
        self.newcomer(name, &["worker"]).await
    }

    /// Somebody new who runs the platform.
    pub async fn admin(&self, name: &str) -> Person {
        self.person(name, &[], &["admin"]).await
    }

    /// Somebody new of these kinds, which may be none.
    pub async fn newcomer(&self, name: &str, kinds: &[&str]) -> Person {
        self.person(name, kinds, &[]).await
    }

    /// Somebody new of these kinds and realm roles.
    pub async fn person(&self, name: &str, kinds: &[&str], roles: &[&str]) -> Person {
        let email = format!("{}-{}@example.org", name.to_lowercase(), Uuid::new_v4().simple());
        let password = "a long enough password";
        let user = NewUser { email: &email, password, kinds, roles };
        let id = self.stack.admin().create_user(&user).await.expect("Keycloak makes a user");
        Person::sign_in(self.clone(), id, email, password).await
    }

    /// A request to the gateway without a token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.stack.http().request(method, format!("{}{path}", self.stack.settings().gateway()))
    }

    /// Gets a path without a token.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request).await
    }
}
