//! What is wrong with the content of an offer, all of it at once: what can never be, and what
//! publication needs beyond that.

use std::collections::BTreeSet;

use bus::{Format, Violations};
use jiff::civil::Date;

use super::content::{Content, Housing, HousingKind, Pay, PayPeriod};

const REQUIRED: &str = "REQUIRED";

impl Content {
    /// What cannot be in any state. Fields that were not said are not held against each other.
    pub fn check(&self, violations: &mut Violations) {
        self.check_texts(violations);
        self.check_days(violations);
        if let Some(pay) = &self.pay {
            violations.within("pay", |violations| pay.check(violations));
        }
        if let Some(housing) = &self.housing {
            violations.within("housing", |violations| housing.check(violations));
        }
        self.check_languages(violations);
    }

    /// What publication needs: everything that a worker has to know before applying.
    pub fn check_complete(&self, violations: &mut Violations) {
        let mut need = |field, given: bool| violations.required(field, given);
        need("sourceLanguage", !self.source_language.is_empty());
        need("startDate", self.start_date.is_some());
        need("endDate", self.end_date.is_some());
        need("positionsTotal", self.positions_total >= 1);
        need("pay", self.pay.is_some());
        need("place", is_text(&self.place));
        for (field, texts) in [("title", &self.title), ("description", &self.description)] {
            if self.source_language.is_empty() {
                violations.required(field, texts.values().any(|text| is_text(text)));
            } else if !texts.get(&self.source_language).is_some_and(|text| is_text(text)) {
                violations.item(field, &self.source_language, |violations| {
                    violations.push("", REQUIRED, "must be given in the source language");
                });
            }
        }
    }

    /// What publication needs of the days that differ from those of `before` (of all, where there is
    /// no before): that they lie ahead.
    pub fn check_ahead(&self, before: Option<&Self>, today: Date, violations: &mut Violations) {
        let start_is_kept = before.is_some_and(|before| before.start_date == self.start_date);
        if !start_is_kept && self.start_date.is_some_and(|start| start <= today) {
            violations.push("startDate", "NOT_AHEAD", "must be after today");
        }
        let apply_by_is_kept = before.is_some_and(|before| before.apply_by == self.apply_by);
        if !apply_by_is_kept && self.apply_by.is_some_and(|apply_by| apply_by < today) {
            violations.push("applyBy", "NOT_AHEAD", "must not be before today");
        }
    }

    fn check_texts(&self, violations: &mut Violations) {
        for (field, texts) in [("title", &self.title), ("description", &self.description)] {
            for language in texts.keys() {
                if !Format::Language.is_match(language) {
                    violations.item(field, language, |violations| {
                        violations.push("", "BAD_FORMAT", "the key must be a BCP 47 language tag");
                    });
                }
            }
        }
    }

    fn check_days(&self, violations: &mut Violations) {
        if self.start_date.is_some() && self.end_date.is_some() && self.end_date < self.start_date {
            violations.push("endDate", "BEFORE_START", "must not be before the first day");
        }
        if self.start_date.is_some() && self.apply_by > self.apply_limit() {
            let message = if self.last_minute {
                "must not be after the 14th day from the start"
            } else {
                "must not be after the start, unless lastMinute is set"
            };
            violations.push("applyBy", "AFTER_START", message);
        }
    }

    fn check_languages(&self, violations: &mut Violations) {
        let mut seen = BTreeSet::new();
        for (index, skill) in self.required_languages.iter().enumerate() {
            if !seen.insert(&skill.language) {
                violations.item("requiredLanguages", index, |violations| {
                    violations.push("languageCode", "DUPLICATE", "is asked for twice");
                });
            }
        }
    }
}

impl Pay {
    fn check(&self, violations: &mut Violations) {
        let Some(max) = &self.max else { return };
        if max.currency != self.min.currency {
            violations.within("max", |violations| {
                violations.push(
                    "currencyCode",
                    "OTHER_CURRENCY",
                    "must be the same as that of min",
                );
            });
        } else if max.amount < self.min.amount {
            violations.within("max", |violations| {
                violations.push("amount", "BELOW_MIN", "must not be less than min");
            });
        }
    }
}

impl Housing {
    fn check(&self, violations: &mut Violations) {
        if self.rent.is_some() && self.kind != HousingKind::Offered {
            violations.push("rent", "NOT_FOR_RENT", "only housing that is OFFERED has a rent");
        }
        if self.rent.is_some() != self.rent_period.is_some() {
            let field = if self.rent.is_some() { "rentPeriod" } else { "rent" };
            violations.push(field, REQUIRED, "rent and rentPeriod are given together");
        }
        if matches!(self.rent_period, Some(PayPeriod::Hour | PayPeriod::Piece)) {
            violations.push("rentPeriod", "BAD_PERIOD", "must be DAY, WEEK, MONTH or SEASON");
        }
        if self.places_total > 0 && self.kind == HousingKind::None {
            violations.push("placesTotal", "NO_HOUSING", "there are no places without housing");
        }
    }
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::fixture::{content, money};

    fn found(check: impl FnOnce(&mut Violations)) -> Vec<(String, String)> {
        let mut violations = Violations::new();
        check(&mut violations);
        let Err(status) = violations.into_result() else { return Vec::new() };
        let pair = |v: &bus::Violation| (v.field.clone(), v.reason.clone().into_owned());
        status.violations().iter().map(pair).collect()
    }

    fn fields(found: &[(String, String)]) -> Vec<&str> {
        found.iter().map(|(field, _)| field.as_str()).collect()
    }

    fn empty() -> Content {
        Content {
            title: [].into(),
            description: [].into(),
            source_language: String::new(),
            start_date: None,
            end_date: None,
            apply_by: None,
            positions_total: 0,
            pay: None,
            place: " ".to_owned(),
            ..content()
        }
    }

    #[test]
    fn a_whole_content_has_nothing_wrong() {
        let content = content();

        assert_eq!(found(|v| content.check(v)), []);
        assert_eq!(found(|v| content.check_complete(v)), []);
        assert_eq!(found(|v| content.check_ahead(None, date(2026, 11, 20), v)), []);
    }

    #[test]
    fn all_that_publication_lacks_is_named_at_once() {
        let found = found(|v| empty().check_complete(v));

        assert_eq!(
            fields(&found),
            [
                "/sourceLanguage",
                "/startDate",
                "/endDate",
                "/positionsTotal",
                "/pay",
                "/place",
                "/title",
                "/description"
            ]
        );
        assert!(found.iter().all(|(_, reason)| reason == REQUIRED));
    }

    #[test]
    fn title_and_description_are_needed_in_the_source_language() {
        let content = Content { source_language: "fr-CA".to_owned(), ..content() };

        let found = found(|v| content.check_complete(v));

        assert_eq!(fields(&found), ["/title/fr-CA", "/description/fr-CA"]);
    }

    #[test]
    fn texts_are_under_language_tags() {
        let title = [("french!".to_owned(), "Vendangeur".to_owned())].into();

        let found = found(|v| Content { title, ..content() }.check(v));

        assert_eq!(fields(&found), ["/title/french!"]);
    }

    #[test]
    fn days_stand_in_order() {
        let (start, end) = (Some(date(2027, 6, 10)), Some(date(2027, 6, 9)));
        let days = |apply_by, last_minute| Content {
            start_date: start,
            end_date: end,
            apply_by: Some(apply_by),
            last_minute,
            ..content()
        };

        let (late, at_last_minute, too_late) = (
            days(date(2027, 6, 11), false),
            days(date(2027, 6, 24), true),
            days(date(2027, 6, 25), true),
        );

        assert_eq!(fields(&found(|v| late.check(v))), ["/endDate", "/applyBy"]);
        assert_eq!(fields(&found(|v| at_last_minute.check(v))), ["/endDate"]);
        assert_eq!(fields(&found(|v| too_late.check(v))), ["/endDate", "/applyBy"]);
    }

    #[test]
    fn the_most_that_is_paid_is_not_less_than_the_least_and_in_its_currency() {
        let pay = |max| Pay {
            min: money("12.50", "EUR"),
            max: Some(max),
            period: PayPeriod::Hour,
            extras: Vec::new(),
        };
        let wrong = |max| found(|v| Content { pay: Some(pay(max)), ..content() }.check(v));

        assert_eq!(wrong(money("12.50", "EUR")), []);
        assert_eq!(fields(&wrong(money("12.49", "EUR"))), ["/pay/max/amount"]);
        assert_eq!(fields(&wrong(money("9.00", "CHF"))), ["/pay/max/currencyCode"]);
    }

    #[test]
    fn housing_is_consistent() {
        let housing = Housing {
            kind: HousingKind::None,
            rent: Some(money("300", "EUR")),
            rent_period: Some(PayPeriod::Piece),
            places_total: 4,
            shared: false,
            couples: false,
            pets: false,
            distance_m: 0,
        };
        let included = Housing { kind: HousingKind::Included, rent: None, ..housing.clone() };
        let offered = Housing {
            kind: HousingKind::Offered,
            rent_period: Some(PayPeriod::Month),
            ..housing.clone()
        };
        let wrong = |housing| found(|v| Content { housing: Some(housing), ..content() }.check(v));

        assert_eq!(
            fields(&wrong(housing)),
            ["/housing/rent", "/housing/rentPeriod", "/housing/placesTotal"]
        );
        assert_eq!(fields(&wrong(included)), ["/housing/rent", "/housing/rentPeriod"]);
        assert_eq!(wrong(offered), []);
    }

    #[test]
    fn a_start_has_to_lie_ahead_unless_it_was_there_before() {
        let today = date(2027, 7, 1);
        let content = Content { apply_by: Some(date(2027, 6, 30)), ..content() };
        let yesterday = Content { start_date: Some(date(2027, 6, 30)), ..content };

        assert_eq!(
            fields(&found(|v| yesterday.check_ahead(None, today, v))),
            ["/startDate", "/applyBy"]
        );
        assert_eq!(found(|v| yesterday.check_ahead(Some(&yesterday), today, v)), []);
    }
}
