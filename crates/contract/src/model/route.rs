//! The HTTP route of an RPC: verb, path template and body.

use std::fmt;

use crate::options::HttpRule;

/// The HTTP route of an RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method.
    pub verb: Verb,
    /// The path.
    pub template: Template,
    /// What the body is.
    pub body: Body,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Reads.
    Get,
    /// Replaces.
    Put,
    /// Creates, or runs a custom verb.
    Post,
    /// Deletes.
    Delete,
    /// Changes some fields.
    Patch,
}

/// The path of a route: `/v1/offers/{offer_id}:publish`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What stands between the slashes.
    pub segments: Vec<Segment>,
    /// The custom verb behind the colon.
    pub verb: Option<String>,
}

/// What stands between two slashes of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// This text.
    Literal(String),
    /// The value of a request field, named by its dotted path in snake case.
    Field(String),
}

/// What the HTTP body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// There is none: the rest of the request are query parameters.
    None,
    /// The request without what the path gives.
    All,
    /// This field of the request; the rest are query parameters.
    Field(String),
}

impl Route {
    /// Reads the route from the option `google.api.http`.
    pub(crate) fn read(rule: &HttpRule) -> Result<Self, String> {
        let (verb, path) = match rule.patterns().as_slice() {
            [one] => *one,
            [] => return Err("the route names no HTTP method".to_owned()),
            _ => return Err("the route names more than one HTTP method".to_owned()),
        };
        let body = match rule.body.as_str() {
            "" => Body::None,
            "*" => Body::All,
            field => Body::Field(field.to_owned()),
        };
        Ok(Self { verb, template: Template::parse(path)?, body })
    }
}

impl Verb {
    /// Its name in capitals: `GET`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Template {
    /// Reads a path template: literals and `{field}` between slashes, and a `:verb` at the end.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(path: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("the path `{path}` {what}");
        let rest = path.strip_prefix('/').ok_or_else(|| wrong("does not start with a slash"))?;
        let (rest, verb) = match rest.split_once(':') {
            Some((rest, verb)) if is_literal(verb) => (rest, Some(verb.to_owned())),
            Some(_) => return Err(wrong("has a bad verb behind the colon")),
            None => (rest, None),
        };
        let segments = rest
            .split('/')
            .map(|text| {
                Segment::parse(text).ok_or_else(|| wrong(&format!("has the bad segment `{text}`")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let template = Self { segments, verb };
        match template.repeated_field() {
            Some(field) => Err(wrong(&format!("has the field `{field}` twice"))),
            None => Ok(template),
        }
    }

    /// The dotted paths of its fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Field(path) => Some(path.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// The template with its fields' names left out. Two templates of the same shape match the
    /// same paths.
    #[must_use]
    pub fn shape(&self) -> String {
        self.render(|_| String::new())
    }

    /// The template with its fields' names rewritten.
    pub(crate) fn render(&self, name: impl Fn(&str) -> String) -> String {
        let segment = |segment: &Segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Field(field) => format!("/{{{}}}", name(field)),
        };
        let path: String = self.segments.iter().map(segment).collect();
        match &self.verb {
            Some(verb) => format!("{path}:{verb}"),
            None => path,
        }
    }

    fn repeated_field(&self) -> Option<&str> {
        let fields: Vec<_> = self.fields().collect();
        let repeated = fields
            .iter()
            .enumerate()
            .find(|(at, field)| fields.iter().take(*at).any(|f| f == *field));
        repeated.map(|(_, field)| *field)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(str::to_owned))
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('{') {
            Some(rest) => {
                let field = rest.strip_suffix('}')?;
                field.split('.').all(is_name).then(|| Self::Field(field.to_owned()))
            }
            None => is_literal(text).then(|| Self::Literal(text.to_owned())),
        }
    }
}

/// Whether a text is one or more of the characters that a path carries without encoding, and not
/// a step up.
fn is_literal(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(text, "" | "." | "..") && text.bytes().all(plain)
}

/// Whether a text is a proto field's name.
fn is_name(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_written_as_it_was_read() {
        for path in ["/v1/offers", "/v1/offers/{offer_id}:publish", "/v1/a/{b.c}/d", "/v1/a:b"] {
            assert_eq!(Template::parse(path).unwrap().to_string(), path);
        }
    }

    #[test]
    fn templates_that_match_the_same_paths_have_the_same_shape() {
        let shape = |path| Template::parse(path).unwrap().shape();

        assert_eq!(shape("/v1/a/{b}:c"), shape("/v1/a/{d.e}:c"));
        assert_ne!(shape("/v1/a/{b}:c"), shape("/v1/a/{b}"));
        assert_ne!(shape("/v1/a/{b}"), shape("/v1/a/b"));
    }

    #[test]
    fn a_bad_template_is_refused_with_its_reason() {
        let cases = [
            ("v1/offers", "does not start with a slash"),
            ("/v1//offers", "has the bad segment ``"),
            ("/v1/offers/", "has the bad segment ``"),
            ("/v1/../offers", "has the bad segment `..`"),
            ("/v1/{name=offers/*}", "has the bad segment `{name=offers`"),
            ("/v1/*", "has the bad segment `*`"),
            ("/v1/a%20b", "has the bad segment `a%20b`"),
            ("/v1/offers/{id}:", "has a bad verb behind the colon"),
            ("/v1/{a}:b/c", "has a bad verb behind the colon"),
            ("/v1/{a}/b/{a}", "has the field `a` twice"),
        ];
        for (path, reason) in cases {
            let message = Template::parse(path).unwrap_err();
            assert_eq!(message, format!("the path `{path}` {reason}"));
        }
    }
}
