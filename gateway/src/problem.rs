//! Every error that leaves the gateway: RFC 9457 `application/problem+json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bus::status::RETRY_AFTER_MS;
use bus::{Code, Status};
use bytes::Bytes;
use contract::transcode::{self, Binding};
use http::header::{CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::limit::{self, Allowance};

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// What is answered where an answer needs a token and there is none.
pub(crate) const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"seasonal\"");

/// A refusal, small to pass around.
///
/// `type` is always `about:blank`: the HTTP status says what kind of problem it is, `reason` says
/// which one, in capitals, for programs.
#[derive(Debug)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    reason: Cow<'static, str>,
    detail: Cow<'static, str>,
    violations: Vec<Violation>,
    facts: BTreeMap<String, String>,
    headers: HeaderMap,
}

/// What is wrong with one value, and where it was given: in the body or in a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Violation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    reason: Cow<'static, str>,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    reason: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    violations: &'a [Violation],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    facts: &'a BTreeMap<String, String>,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            status,
            reason: reason.into(),
            detail: detail.into(),
            violations: Vec::new(),
            facts: BTreeMap::new(),
            headers: HeaderMap::new(),
        }))
    }

    /// 500, for what cannot be.
    pub(crate) fn internal() -> Self {
        let detail = "something broke here; the request id helps us to find it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal.as_str(), detail)
    }

    /// 503, to be tried again after so many seconds.
    pub(crate) fn unavailable(
        reason: &'static str,
        detail: &'static str,
        retry_after_seconds: u32,
    ) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason, detail)
            .header(RETRY_AFTER, retry_after_seconds.into())
    }

    /// 401, for a caller who is not signed in.
    pub(crate) fn unauthenticated() -> Self {
        let reason = Code::Unauthenticated.as_str();
        Self::new(StatusCode::UNAUTHORIZED, reason, "sign in first: this needs an access token")
            .header(WWW_AUTHENTICATE, BEARER)
    }

    /// What a service answered; `binding` says where the client gave the fields that it names.
    pub(crate) fn of_status(status: &Status, binding: Option<&Binding>) -> Self {
        let code = StatusCode::from_u16(status.code().http_status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = status.reason().to_owned();
        let mut problem = Self::new(code, reason, status.message().to_owned());
        problem.0.violations = status
            .violations()
            .iter()
            .map(|violation| {
                let (pointer, parameter) = binding.map_or_else(
                    || (Some(violation.field.clone()), None),
                    |binding| binding.locate(&violation.field),
                );
                let (reason, message) = (violation.reason.clone(), violation.message.clone());
                Violation { pointer, parameter, reason, message }
            })
            .collect();
        problem.0.facts.clone_from(status.facts());
        problem.with_headers_of(status)
    }

    /// 400, with all that path, query and body have wrong.
    pub(crate) fn invalid(violations: Vec<transcode::Violation>) -> Self {
        let code = Code::InvalidArgument.as_str();
        let detail = "the request has values that cannot be so";
        let mut problem = Self::new(StatusCode::BAD_REQUEST, code, detail);
        problem.0.violations = violations
            .into_iter()
            .map(|it| Violation {
                pointer: it.parameter.is_none().then_some(it.pointer),
                parameter: it.parameter,
                reason: it.reason.into(),
                message: it.message,
            })
            .collect();
        problem
    }

    /// With a fact that helps to put it right.
    pub(crate) fn fact(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.facts.insert(key.to_owned(), value.into());
        self
    }

    /// With a header field.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// With the header fields of the limit that it ran into.
    pub(crate) fn limited(mut self, allowance: Allowance) -> Self {
        limit::put(&mut self.0.headers, allowance);
        self
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The answer.
    pub(crate) fn into_response(self, request_id: &str) -> Response<Bytes> {
        let body = self.body(request_id);
        let mut response = Response::new(body);
        *response.status_mut() = self.0.status;
        *response.headers_mut() = self.0.headers;
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
        response
    }

    fn body(&self, request_id: &str) -> Bytes {
        let body = Body {
            r#type: "about:blank",
            title: self.0.status.canonical_reason().unwrap_or("Error"),
            status: self.0.status.as_u16(),
            detail: &self.0.detail,
            reason: &self.0.reason,
            request_id,
            violations: &self.0.violations,
            facts: &self.0.facts,
        };
        serde_json::to_vec(&body).unwrap_or_default().into()
    }

    /// 401 says how to sign in, 412 what the revision is now, 429 and 503 when to come again.
    fn with_headers_of(self, status: &Status) -> Self {
        match status.code() {
            Code::Unauthenticated => self.header(WWW_AUTHENTICATE, BEARER),
            Code::PreconditionFailed => {
                let revision = status.facts().get("etag_revision");
                let tag = revision.and_then(|it| HeaderValue::try_from(format!("\"{it}\"")).ok());
                tag.into_iter().fold(self, |problem, tag| problem.header(ETAG, tag))
            }
            Code::Unavailable | Code::ResourceExhausted => {
                let ms = status.facts().get(RETRY_AFTER_MS).and_then(|it| it.parse::<u32>().ok());
                self.header(RETRY_AFTER, ms.map_or(1, |ms| ms.div_ceil(1_000).max(1)).into())
            }
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn json(problem: Problem) -> Value {
        serde_json::from_slice(problem.into_response("r1").body()).unwrap()
    }

    #[test]
    fn a_status_becomes_a_problem_with_its_reason_and_facts() {
        let status = Status::new(Code::FailedPrecondition, "OFFER_CLOSED", "the offer is closed")
            .fact("state", "CLOSED");

        let body = json(Problem::of_status(&status, None));

        assert_eq!(
            body,
            json!({
                "type": "about:blank", "title": "Conflict", "status": 409, "requestId": "r1",
                "detail": "the offer is closed", "reason": "OFFER_CLOSED",
                "facts": {"state": "CLOSED"},
            })
        );
    }

    #[test]
    fn an_unavailable_service_says_when_to_come_again() {
        let status = |ms: &str| Status::of(Code::Unavailable, "busy").fact(RETRY_AFTER_MS, ms);
        let after = |status: &Status| {
            Problem::of_status(status, None).into_response("r1").headers()[RETRY_AFTER].clone()
        };

        assert_eq!(after(&Status::of(Code::Unavailable, "away")), "1");
        assert_eq!(after(&status("2500")), "3");
        assert_eq!(after(&status("0")), "1");
    }

    #[test]
    fn a_lost_precondition_names_the_current_revision() {
        let status = Status::of(Code::PreconditionFailed, "changed").fact("etag_revision", "8");

        let response = Problem::of_status(&status, None).into_response("r1");

        assert_eq!(response.status(), StatusCode::PRECONDITION_FAILED);
        assert_eq!(response.headers()[ETAG], "\"8\"");
    }
}
