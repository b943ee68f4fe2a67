//! The table of methods of each proto service.

use std::fmt::Write as _;

use contract::{Contract, Method, Safety};

use crate::names::screaming;

/// The tables of one contract: package and code.
pub(crate) fn generate(contract: &Contract) -> Vec<(String, String)> {
    contract
        .services()
        .iter()
        .map(|service| {
            let (package, name) = service.name.rsplit_once('.').unwrap_or_default();
            let methods = contract.methods().iter().filter(|it| it.service == service.name);
            (package.to_owned(), table(name, &methods.collect::<Vec<_>>()))
        })
        .collect()
}

fn table(service: &str, methods: &[&Method]) -> String {
    let mut out = format!(
        "/// The methods of [`{service}`], in the order of the contract.
pub static {}: [::bus::Method; {}] = [\n",
        screaming(service),
        methods.len(),
    );
    for method in methods {
        // Writing into a String cannot fail.
        let _ = writeln!(
            out,
            "    ::bus::Method {{ name: {:?}, full_name: {:?}, subject: {:?}, safety: ::bus::Safety::{}, deadline: ::std::time::Duration::from_millis({}), routed: {}, askers: &{:?} }},",
            method.name,
            method.full_name(),
            method.subject,
            safety(method.safety),
            method.deadline.as_millis(),
            method.route.is_some(),
            method.askers,
        );
    }
    out + "];\n"
}

fn safety(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "Safe",
        Safety::Idempotent => "Idempotent",
        Safety::Unknown => "Unknown",
    }
}
