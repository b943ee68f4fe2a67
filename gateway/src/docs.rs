//! `/openapi.json`, and `/docs`: a page to read it, sign in and try a call.
//!
//! The page's files are in the binary, carried by a crate; nothing is loaded from elsewhere but
//! the token from the identity provider.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use contract::openapi;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use utoipa_swagger_ui::{Config, SwaggerFile, oauth};

use crate::answer::{JSON, unchanged};
use crate::etag;
use crate::problem::Problem;
use crate::route::Document;

/// Where the document is.
pub(crate) const OPENAPI: &str = "/openapi.json";

/// What the page and the document are told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The exact issuer, where people sign in.
    pub issuer: String,
    /// The public client that the page signs in with.
    pub client_id: String,
    /// Where the gateway is seen from outside; empty for wherever the page was opened.
    pub public_url: String,
}

/// The page.
pub(crate) struct Docs {
    config: Arc<Config<'static>>,
    policy: HeaderValue,
}

impl Settings {
    /// What the document says of the whole.
    #[must_use]
    pub fn info(&self) -> openapi::Info {
        let issuer = self.issuer.trim_end_matches('/');
        openapi::Info {
            title: "Seasonal".to_owned(),
            version: "1".to_owned(),
            server_url: self.public_url.trim_end_matches('/').to_owned(),
            authorization_url: format!("{issuer}/protocol/openid-connect/auth"),
            token_url: format!("{issuer}/protocol/openid-connect/token"),
        }
    }
}

impl Docs {
    pub(crate) fn new(settings: &Settings) -> Self {
        let sign_in = oauth::Config::new()
            .client_id(&settings.client_id)
            .app_name("Seasonal")
            .scopes(vec!["openid".to_owned()])
            .use_pkce_with_authorization_code_grant(true)
            .use_basic_authentication_with_access_code_grant(false);
        let mut config = Config::with_oauth_config(["../openapi.json"], sign_in)
            .validator_url("none")
            .display_operation_id(true)
            .persist_authorization(false)
            .try_it_out_enabled(true)
            // Without the bar that offers to show any other document: the policy forbids them.
            .use_base_layout()
            // The list of schemas is folded.
            .default_models_expand_depth(0);
        if !settings.public_url.is_empty() {
            let public = settings.public_url.trim_end_matches('/');
            config = config.oauth2_redirect_url(format!("{public}/docs/oauth2-redirect.html"));
        }
        Self { config: Arc::new(config), policy: policy(&settings.issuer) }
    }

    /// A file of the page, or what leads to it.
    ///
    /// # Errors
    /// 404, and 405 for anything but reading.
    pub(crate) fn page(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Option<Result<Response<Bytes>, Problem>> {
        let file = path.strip_prefix("/docs")?;
        if file.is_empty() {
            return Some(read_only(method).map(|()| redirect()));
        }
        let file = file.strip_prefix('/')?;
        Some(read_only(method).and_then(|()| self.file(file, headers)))
    }

    fn file(&self, name: &str, headers: &HeaderMap) -> Result<Response<Bytes>, Problem> {
        // The crate takes a second slash for the page, whose files would then not be found.
        if name == "/" {
            return Err(crate::gateway::not_found());
        }
        let served = utoipa_swagger_ui::serve(name, self.config.clone());
        let SwaggerFile { bytes, content_type, .. } =
            served.map_err(|_| Problem::internal())?.ok_or_else(crate::gateway::not_found)?;
        let body = match bytes {
            bytes if content_type == "text/html" => titled(&bytes),
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let tag = etag::strong(None, etag::hash(&body, 0));
        let mut response = if etag::is_known(headers, &tag) {
            unchanged(tag)
        } else {
            let mut response = Response::new(body);
            let kind = HeaderValue::try_from(content_type).map_err(|_| Problem::internal())?;
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response.headers_mut().insert(ETAG, tag);
            response
        };
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        Ok(response)
    }
}

impl std::fmt::Debug for Docs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Docs")
    }
}

/// The OpenAPI document.
///
/// # Errors
/// 405 for anything but reading, 503 while there is none.
pub(crate) fn openapi(
    document: &Document,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response<Bytes>, Problem> {
    read_only(method)?;
    if document.body.is_empty() {
        return Err(crate::gateway::not_ready());
    }
    if etag::is_known(headers, &document.etag) {
        return Ok(unchanged(document.etag.clone()));
    }
    let mut response = Response::new(document.body.clone());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ETAG, document.etag.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

fn read_only(method: &Method) -> Result<(), Problem> {
    match *method {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(crate::gateway::other_method(&["GET"])),
    }
}

/// The page under our name.
fn titled(page: &[u8]) -> Bytes {
    String::from_utf8_lossy(page)
        .replace("<title>Swagger UI</title>", "<title>Seasonal</title>")
        .into()
}

fn redirect() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("docs/"));
    response
}

/// The page's own files, and the identity provider for the token.
fn policy(issuer: &str) -> HeaderValue {
    let origin = url::Url::parse(issuer).map(|url| url.origin().ascii_serialization());
    let origin = origin.unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; connect-src 'self' {origin}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}
