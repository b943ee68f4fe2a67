//! Changing only the fields that an update mask names.

use bus::Violations;
use proto::{ad::v1 as pb, value::v1 as value};

/// Why a path cannot be in a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Unknown,
    OutputOnly,
}

/// Lays what `paths` name of `from` over `to`: fields in `snake_case`, those of messages after a dot;
/// lists and maps are changed whole.
pub(super) fn merge(
    to: &mut pb::Offer,
    from: &pb::Offer,
    paths: &[String],
    violations: &mut Violations,
) {
    if paths.is_empty() {
        violations.push("updateMask", "REQUIRED", "must name at least one field");
    }
    for path in paths {
        match offer(to, from, path) {
            Ok(()) => {}
            Err(Refused::Unknown) => {
                violations.push(
                    "updateMask",
                    "UNKNOWN_FIELD",
                    format!("there is no field {path:?}"),
                );
            }
            Err(Refused::OutputOnly) => {
                violations.push("updateMask", "OUTPUT_ONLY", format!("{path:?} cannot be written"));
            }
        }
    }
}

/// Lays the field at `$path` of `$from` over `$to`.
macro_rules! lay {
    (
        $path:ident, $from:ident => $to:ident,
        fields: $($field:ident)*;
        messages: $($message:ident($inside:ident))*;
        output: $($output:ident)*;
    ) => {{
        $(if $path == stringify!($field) {
            $to.$field.clone_from(&$from.$field);
            return Ok(());
        })*
        $(if $path == stringify!($message) {
            $to.$message.clone_from(&$from.$message);
            return Ok(());
        }
        if let Some(path) = $path.strip_prefix(concat!(stringify!($message), ".")) {
            let given = $from.$message.clone().unwrap_or_default();
            return $inside($to.$message.get_or_insert_default(), &given, path);
        })*
        $(if $path == stringify!($output) {
            return Err(Refused::OutputOnly);
        })*
        Err(Refused::Unknown)
    }};
}

fn offer(to: &mut pb::Offer, from: &pb::Offer, path: &str) -> Result<(), Refused> {
    lay! {
        path, from => to,
        fields: company_id job_id title description source_language start_date end_date flexible_days
            apply_by positions_total weekly_hours place benefits required_languages
            required_certificates preferred_certificates min_age questions contract_kind
            external_reference last_minute;
        messages: pay(pay) location(location) housing(housing);
        output: id positions_filled positions_left state state_reason warnings publish_time create_time
            update_time revision;
    }
}

fn pay(to: &mut pb::Pay, from: &pb::Pay, path: &str) -> Result<(), Refused> {
    lay! { path, from => to, fields: period extras; messages: min(money) max(money); output: ; }
}

fn housing(to: &mut pb::Housing, from: &pb::Housing, path: &str) -> Result<(), Refused> {
    lay! {
        path, from => to,
        fields: kind rent_period places_total shared couples pets distance_m;
        messages: rent(money);
        output: places_left;
    }
}

fn money(to: &mut value::Money, from: &value::Money, path: &str) -> Result<(), Refused> {
    lay! { path, from => to, fields: amount currency_code; messages: ; output: ; }
}

fn location(to: &mut value::Location, from: &value::Location, path: &str) -> Result<(), Refused> {
    lay! { path, from => to, fields: latitude longitude; messages: ; output: ; }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn merged(from: &pb::Offer, paths: &[&str]) -> (pb::Offer, Vec<(String, String)>) {
        let mut to = pb::Offer::from(fixture::offer());
        let mut violations = Violations::new();
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        merge(&mut to, from, &paths, &mut violations);
        let found = violations.into_result().err().map(|s| s.violations().to_vec());
        let found = found.unwrap_or_default().into_iter();
        (to, found.map(|v| (v.field, v.reason.into_owned())).collect())
    }

    #[test]
    fn only_what_the_mask_names_is_changed() {
        let before = pb::Offer::from(fixture::offer());
        let from = pb::Offer { place: "Arles".to_owned(), min_age: 18, ..pb::Offer::default() };

        let (to, found) = merged(&from, &["place", "housing"]);

        assert_eq!(found, []);
        assert_eq!(to, pb::Offer { place: "Arles".to_owned(), housing: None, ..before });
    }

    #[test]
    fn a_field_inside_a_message_is_changed_alone_and_makes_the_message() {
        let money = value::Money { amount: "14".to_owned(), currency_code: "CHF".to_owned() };
        let pay = pb::Pay { min: Some(money), ..pb::Pay::default() };
        let from = pb::Offer { pay: Some(pay), ..pb::Offer::default() };
        let before = pb::Offer::from(fixture::offer()).pay.unwrap();

        let (to, found) = merged(&from, &["pay.min.amount", "location.latitude", "pay.max.amount"]);

        assert_eq!(found, []);
        let pay = to.pay.unwrap();
        assert_eq!(pay.min.as_ref().unwrap().amount, "14");
        assert_eq!(pay.min.unwrap().currency_code, before.min.unwrap().currency_code);
        assert_eq!(pay.max.unwrap().amount, "");
        assert_eq!(pay.period, before.period);
    }

    #[test]
    fn what_is_unknown_or_written_by_us_is_named_all_at_once() {
        let paths =
            ["state", "nothing", "housing.places_left", "title.fr", "pay.min.amount.x", "*"];

        let (_, found) = merged(&pb::Offer::default(), &paths);

        let reasons: Vec<_> = found.iter().map(|(_, reason)| reason.as_str()).collect();
        assert_eq!(reasons[..3], ["OUTPUT_ONLY", "UNKNOWN_FIELD", "OUTPUT_ONLY"]);
        assert_eq!(reasons[3..], ["UNKNOWN_FIELD"; 3]);
        assert!(found.iter().all(|(field, _)| field == "/updateMask"));
    }

    #[test]
    fn an_empty_mask_is_refused() {
        let (_, found) = merged(&pb::Offer::default(), &[]);

        assert_eq!(found, [("/updateMask".to_owned(), "REQUIRED".to_owned())]);
    }

    #[test]
    fn every_field_of_the_contract_is_in_the_mask_or_output_only() {
        let contract = include_str!("../../../../proto/seasonal/ad/v1/offer.proto");
        let message =
            contract.split("message Offer {").nth(1).unwrap().split("\n}").next().unwrap();
        let is_field = |line: &&str| line.contains(" = ") && !line.trim().starts_with("//");

        for line in message.lines().filter(is_field) {
            let name = line.split(" = ").next().unwrap().split_whitespace().last().unwrap();
            let (mut to, from) = (pb::Offer::default(), pb::Offer::default());
            let wanted =
                if line.contains("OUTPUT_ONLY") { Err(Refused::OutputOnly) } else { Ok(()) };

            assert_eq!(offer(&mut to, &from, name), wanted, "{name}");
        }
    }
}
