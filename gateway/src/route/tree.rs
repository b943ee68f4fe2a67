//! Which route a path means.

use std::borrow::Cow;
use std::collections::HashMap;

use contract::{Segment, Template, Verb};
use http::Method;

use super::path::Path;

/// The HTTP methods that a path answers, each with its route's number.
type Ends = [Option<usize>; VERBS.len()];
const VERBS: [Verb; 5] = [Verb::Get, Verb::Put, Verb::Post, Verb::Delete, Verb::Patch];

/// The paths of all routes, segment by segment. A literal goes before a field.
#[derive(Debug, Default)]
pub(super) struct Tree {
    literals: HashMap<String, Self>,
    field: Option<Box<Self>>,
    ends: Vec<(Option<String>, Ends)>,
}

/// What a path means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'p> {
    /// A route, and the values of its template's fields in order.
    Route(usize, Vec<&'p str>),
    /// There is such a path, for these methods.
    OtherMethod(Vec<&'static str>),
    /// There is no such path.
    Nothing,
}

impl Tree {
    pub(super) fn insert(&mut self, template: &Template, verb: Verb, route: usize) {
        let mut node = self;
        for segment in &template.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text.clone()).or_default(),
                Segment::Field(_) => node.field.get_or_insert_default(),
            };
        }
        let known = node.ends.iter().position(|(custom, _)| *custom == template.verb);
        if known.is_none() {
            node.ends.push((template.verb.clone(), Ends::default()));
        }
        let at = known.unwrap_or(node.ends.len() - 1);
        let ends = node.ends.get_mut(at).map(|(_, ends)| ends);
        if let Some(slot) =
            ends.and_then(|ends| ends.iter_mut().zip(VERBS).find(|(_, v)| *v == verb))
        {
            *slot.0 = Some(route);
        }
    }

    /// Finds the route of a method and a path. `HEAD` is `GET`.
    pub(super) fn find<'p>(&self, method: &Method, path: &'p Path<'_>) -> Found<'p> {
        let method = if method == Method::HEAD { "GET" } else { method.as_str() };
        let mut search = Search { method, custom: path.verb, others: Vec::new(), taken: 0 };
        match search.descend(self, &path.segments, 1) {
            Some(route) => {
                let is_value = |at: usize| search.taken & (1 << at) != 0;
                let values = path.segments.iter().enumerate().filter(|(at, _)| is_value(*at));
                Found::Route(route, values.map(|(_, value)| value.as_ref()).collect())
            }
            None if search.others.is_empty() => Found::Nothing,
            None => Found::OtherMethod(search.others),
        }
    }
}

struct Search<'s> {
    method: &'s str,
    custom: Option<&'s str>,
    others: Vec<&'static str>,
    /// A bit for each segment that is the value of a field.
    taken: u64,
}

impl Search<'_> {
    fn descend(&mut self, node: &Tree, rest: &[Cow<'_, str>], bit: u64) -> Option<usize> {
        let Some((first, rest)) = rest.split_first() else { return self.end(node) };
        let literal = node.literals.get(first.as_ref());
        if let Some(route) = literal.and_then(|next| self.descend(next, rest, bit << 1)) {
            return Some(route);
        }
        let route = self.descend(node.field.as_deref()?, rest, bit << 1)?;
        self.taken |= bit;
        Some(route)
    }

    fn end(&mut self, node: &Tree) -> Option<usize> {
        let (_, ends) = node.ends.iter().find(|(custom, _)| custom.as_deref() == self.custom)?;
        for (verb, route) in VERBS.iter().zip(ends) {
            let Some(route) = route else { continue };
            if verb.as_str() == self.method {
                return Some(*route);
            }
            if !self.others.contains(&verb.as_str()) {
                self.others.push(verb.as_str());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: [(Verb, &str); 8] = [
        (Verb::Get, "/v1/offers"),
        (Verb::Post, "/v1/offers"),
        (Verb::Get, "/v1/offers/{offer_id}"),
        (Verb::Post, "/v1/offers/{offer_id}:publish"),
        (Verb::Post, "/v1/offers/search"),
        (Verb::Get, "/v1/companies/{company_id}/members/{member_id}"),
        (Verb::Get, "/v1/companies/mine"),
        (Verb::Post, "/v1/offers:import"),
    ];

    fn find(method: &Method, raw: &str) -> Result<(usize, Vec<String>), Vec<&'static str>> {
        let mut tree = Tree::default();
        for (number, (verb, template)) in ROUTES.iter().enumerate() {
            tree.insert(&Template::parse(template).unwrap(), *verb, number);
        }
        let path = Path::split(raw).unwrap().unwrap();
        match tree.find(method, &path) {
            Found::Route(route, values) => {
                Ok((route, values.into_iter().map(Into::into).collect()))
            }
            Found::OtherMethod(others) => Err(others),
            Found::Nothing => Err(Vec::new()),
        }
    }

    fn values(values: &[&str]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_path_finds_its_route_and_the_values_of_its_fields() {
        assert_eq!(find(&Method::GET, "/v1/offers"), Ok((0, vec![])));
        assert_eq!(find(&Method::HEAD, "/v1/offers"), Ok((0, vec![])));
        assert_eq!(find(&Method::POST, "/v1/offers"), Ok((1, vec![])));
        assert_eq!(find(&Method::GET, "/v1/offers/7"), Ok((2, values(&["7"]))));
        assert_eq!(find(&Method::POST, "/v1/offers/7:publish"), Ok((3, values(&["7"]))));
        assert_eq!(find(&Method::POST, "/v1/offers:import"), Ok((7, vec![])));
        let member = find(&Method::GET, "/v1/companies/a/members/b");
        assert_eq!(member, Ok((5, values(&["a", "b"]))));
    }

    #[test]
    fn a_literal_goes_before_a_field_but_does_not_hide_it() {
        assert_eq!(find(&Method::POST, "/v1/offers/search"), Ok((4, vec![])));
        assert_eq!(find(&Method::GET, "/v1/offers/search"), Ok((2, values(&["search"]))));
        let mine = find(&Method::GET, "/v1/companies/mine/members/b");
        assert_eq!(mine, Ok((5, values(&["mine", "b"]))));
    }

    #[test]
    fn another_method_names_those_that_there_are() {
        assert_eq!(find(&Method::DELETE, "/v1/offers"), Err(vec!["GET", "POST"]));
        assert_eq!(find(&Method::PATCH, "/v1/offers/search"), Err(vec!["POST", "GET"]));
        assert_eq!(find(&Method::GET, "/v1/offers/7:publish"), Err(vec!["POST"]));
    }

    #[test]
    fn what_is_no_route_is_nothing() {
        for raw in ["/v2/offers", "/v1/offers/7:close", "/v1/offers/7/8", "/V1/offers", "/v1"] {
            assert_eq!(find(&Method::GET, raw), Err(vec![]), "{raw}");
        }
    }
}
