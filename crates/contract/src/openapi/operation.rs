//! One method as an operation.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Info, body, name, parameter, put, put_text, response, schema::Schemas, security};
use crate::{
    Access, Body, Contract, Method, Route, Verb,
    model::{noun, query},
};

/// The operations of all contracts.
pub(super) struct Operations {
    /// How often a short id is given; what is given twice is written in full.
    ids: HashMap<String, usize>,
}

/// One method with its route.
pub(super) struct Operation<'a> {
    pub(super) contract: &'a Contract,
    pub(super) method: &'a Method,
    pub(super) route: &'a Route,
    id: String,
}

impl Operations {
    pub(super) fn of(contracts: &[&Contract]) -> Self {
        let mut ids = HashMap::new();
        for method in contracts.iter().flat_map(|contract| contract.methods()) {
            *ids.entry(short_id(method)).or_default() += 1;
        }
        Self { ids }
    }

    pub(super) fn of_contract<'a>(
        &'a self,
        contract: &'a Contract,
    ) -> impl Iterator<Item = Operation<'a>> {
        contract.methods().iter().filter_map(|method| {
            let route = method.route.as_ref()?;
            Some(Operation { contract, method, route, id: self.id(method) })
        })
    }

    /// The id of an operation: `OfferService_PublishOffer`.
    fn id(&self, method: &Method) -> String {
        let short = short_id(method);
        let unique = self.ids.get(&short).is_none_or(|times| *times < 2);
        if unique { short } else { method.subject.replace('.', "_") }
    }
}

fn short_id(method: &Method) -> String {
    let service = method.service.rsplit('.').next().unwrap_or(&method.service);
    format!("{service}_{}", method.name)
}

impl Operation<'_> {
    /// Its path, with its fields' JSON names.
    pub(super) fn path(&self) -> String {
        self.route.template.render(|field| name::json_path(&self.method.input, field))
    }

    /// Its key in the path's item.
    pub(super) fn verb(&self) -> String {
        self.route.verb.as_str().to_lowercase()
    }

    /// Whether the request may carry a body; where it may not, one is answered with 400.
    pub(super) fn has_body(&self) -> bool {
        self.route.body != Body::None
    }

    /// Whether an idempotency key is looked at.
    pub(super) fn takes_key(&self) -> bool {
        matches!(self.route.verb, Verb::Post | Verb::Patch | Verb::Delete)
    }

    /// Whether `If-Match` is looked at: where something that is already there changes.
    pub(super) fn takes_if_match(&self) -> bool {
        match self.route.verb {
            Verb::Patch | Verb::Delete | Verb::Put => true,
            Verb::Post => self.route.template.verb.is_some(),
            Verb::Get => false,
        }
    }

    /// Whether the comment names this code.
    pub(super) fn says(&self, code: &str) -> bool {
        let comment = [&self.method.summary, &self.method.description];
        let words = comment.into_iter().flat_map(|text| {
            text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        });
        words.into_iter().any(|word| word == code)
    }

    /// Writes it down.
    pub(super) fn write(&self, schemas: &mut Schemas, info: &Info) -> Value {
        let mut operation = json!({
            "operationId": self.id,
            "tags": [noun(&self.method.service)],
            "security": security::of(&self.method.access, info),
            "responses": response::all(self, schemas),
        });
        put_text(&mut operation, "summary", self.method.summary.trim_end_matches('.'));
        put_text(&mut operation, "description", &self.description());
        let parameters = self.parameters(schemas);
        if !parameters.is_empty() {
            put(&mut operation, "parameters", parameters);
        }
        if let Some(body) = body::of(self, schemas) {
            put(&mut operation, "requestBody", body);
        }
        operation
    }

    /// What the comment says after its first sentence, and who may call.
    fn description(&self) -> String {
        let access = match &self.method.access {
            Access::Public => "May be called by anyone.".to_owned(),
            Access::SignedIn => "May be called by anyone who is signed in.".to_owned(),
            Access::Roles(roles) => {
                format!("May be called with one of the roles: {}.", roles.join(", "))
            }
            Access::Internal => String::new(),
        };
        let paragraphs = [self.method.description.clone(), access];
        let said: Vec<_> = paragraphs.into_iter().filter(|text| !text.is_empty()).collect();
        said.join("\n\n")
    }

    /// Path, query and header parameters.
    fn parameters(&self, schemas: &mut Schemas) -> Vec<Value> {
        let template = &self.route.template;
        let input = &self.method.input;
        let mut all: Vec<_> = template
            .fields()
            .filter_map(|path| parameter::in_path(self.contract, input, path, schemas))
            .collect();
        let query = query::parameters(self.route, input).unwrap_or_default();
        all.extend(query.iter().map(|it| parameter::in_query(self.contract, it, schemas)));
        all.extend(parameter::in_headers(self));
        all
    }
}

/// A JSON object of what is given.
pub(super) fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.into_iter().collect::<Map<_, _>>())
}
