use super::*;

static TITLE: Pattern = Pattern::new("[a-z]+|[0-9]+");

fn told(violations: Violations) -> Vec<(String, String)> {
    let status = violations.into_result().unwrap_err();
    status.violations().iter().map(|v| (v.field.clone(), v.reason.clone().into_owned())).collect()
}

fn names(mask: Option<&[&str]>, look: impl FnOnce(&mut Violations)) -> Vec<String> {
    let mask = mask.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
    let mut violations = Violations::new();
    violations.masked("offer", mask.as_deref(), look);
    violations.found.into_iter().map(|violation| violation.field).collect()
}

#[test]
fn all_violations_are_told_at_once_with_their_place() {
    let mut violations = Violations::new();

    violations.required("companyId", false);
    violations.within("offer", |v| {
        v.length("title", "ab", 3, 10);
        v.item("tags", 1, |v| v.pattern("", "A", &TITLE));
        v.item("texts", "de/AT", |v| v.length("body", "too long", 0, 3));
        v.range("hours", 61.0, Some(1.0), Some(60.0));
    });
    violations.count("ids", 3, 0, 2);
    violations.known("state", false);

    let told = told(violations);
    let told: Vec<_> = told.iter().map(|(f, r)| (f.as_str(), r.as_str())).collect();
    assert_eq!(
        told,
        [
            ("/companyId", "REQUIRED"),
            ("/offer/title", "TOO_SHORT"),
            ("/offer/tags/1", "PATTERN_MISMATCH"),
            ("/offer/texts/de~1AT/body", "TOO_LONG"),
            ("/offer/hours", "OUT_OF_RANGE"),
            ("/ids", "TOO_MANY"),
            ("/state", "UNKNOWN_ENUM"),
        ]
    );
}

#[test]
fn what_is_not_given_is_held_only_against_required() {
    let mut violations = Violations::new();

    violations.length("title", "", 3, 10);
    violations.pattern("title", "", &TITLE);
    violations.format("day", "", Format::Date);

    assert_eq!(violations.into_result(), Ok(()));
}

#[test]
fn a_pattern_matches_the_whole_text() {
    assert!(TITLE.is_match("abc"));
    for text in ["abc1", "1a", "abc\n", ""] {
        assert!(!TITLE.is_match(text), "{text}");
    }
}

#[test]
fn under_a_mask_only_what_it_names_is_required() {
    let look = |v: &mut Violations| {
        v.required("title", false);
        v.required("startDate", false);
        v.within("pay", |v| v.required("currency", false));
        v.item("shifts", 0, |v| v.required("day", false));
    };

    assert_eq!(names(Some(&["start_date"]), look), ["/offer/startDate"]);
    assert_eq!(names(Some(&["pay"]), look), ["/offer/pay/currency"]);
    assert_eq!(names(Some(&["pay.currency"]), look), ["/offer/pay/currency"]);
    assert_eq!(names(Some(&["shifts"]), look), ["/offer/shifts/0/day"]);
    assert_eq!(names(Some(&["pay.amount", "titles"]), look), Vec::<String>::new());
    assert_eq!(names(Some(&["*"]), look).len(), 4);
    assert_eq!(names(None, look).len(), 4);
}

#[test]
fn a_mask_ends_with_its_message() {
    let mut violations = Violations::new();

    violations.masked("offer", Some(&[]), |v| v.required("title", false));
    violations.required("offerId", false);

    assert_eq!(told(violations), [("/offerId".to_owned(), "REQUIRED".to_owned())]);
}

#[test]
fn so_many_violations_are_told_as_fit_into_an_answer() {
    let mut violations = Violations::new();

    for index in 0..10_000usize {
        violations.item("tags", index, |v| v.required("", false));
    }

    assert_eq!(told(violations).len(), TOLD_MAX);
}

#[test]
fn formats_take_what_they_name_and_nothing_else() {
    let cases: [(Format, &[&str], &[&str]); 10] = [
        (
            Format::Date,
            &["2026-12-01", "2024-02-29"],
            &["2026-02-29", "2026-1-1", "20261201", "2026-12-01T00:00"],
        ),
        (
            Format::Uuid,
            &["0194d6a0-0000-7000-8000-000000000000"],
            &["0194d6a0000070008000000000000000", "x"],
        ),
        (
            Format::Email,
            &["rosa@example.com", "r.osa+x@mail.example.co.at"],
            &[
                "rosa",
                "rosa@localhost",
                "@example.com",
                "a b@example.com",
                "rosa@exa mple.com",
                "ro..sa@example.com",
                "rosa@example.com\n",
            ],
        ),
        (
            Format::Uri,
            &["https://example.com/a?b=c", "http://example.com"],
            &[
                "ftp://example.com",
                "//example.com",
                "https://",
                "https://u:p@example.com",
                "https://example.com/a b",
            ],
        ),
        (
            Format::Language,
            &["fr", "de-AT", "zh-Hant-TW", "es-419"],
            &["f", "french", "de_AT", "de-"],
        ),
        (Format::Country, &["FR", "AT", "ZW"], &["fr", "XX", "FRA", "D "]),
        (Format::Currency, &["EUR", "CHF"], &["eur", "EU", "XYZ", "€"]),
        (Format::Amount, &["0", "12.50", "1234567.5"], &["-1", "01", "1.234", "1.", ".5", "1e3"]),
        (Format::TimeZone, &["Europe/Paris", "UTC"], &["europe/paris", "Europe/Nowhere", "+01:00"]),
        (
            Format::Phone,
            &["+33612345678"],
            &["0612345678", "+0612345678", "+33 6 12 34 56 78", "+331"],
        ),
    ];

    for (format, good, bad) in cases {
        for value in good {
            assert!(format.is_match(value), "{format:?} {value}");
        }
        for value in bad {
            assert!(!format.is_match(value), "{format:?} {value}");
        }
    }
}
