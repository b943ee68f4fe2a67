//! A worker: a person who looks for seasonal work, and how much of the profile who may see.

mod convert;
mod rpc;
#[cfg(test)]
mod rpc_tests;
pub(crate) mod store;

use std::collections::BTreeSet;

use bus::Violations;
use chassis::vocabulary;
use jiff::Timestamp;
use jiff::civil::Date;
use proto::profile::v1 as pb;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use rpc::Rpc;

use crate::company;

/// The age from which a person may look for work here, in years.
const AGE_MIN: i32 = 14;
/// A birth date with a greater age, in years, is a slip of the pen.
const AGE_MAX: i32 = 120;
/// The ages that others are told of, in years: those that the law hangs work on.
const AGES_TOLD: [i32; 3] = [21, 18, 16];

/// A worker's profile, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Worker {
    /// The user's id: the `sub` of the token.
    pub id: Uuid,
    /// What the worker wrote.
    pub profile: Profile,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// Counts the changes, from 1.
    pub revision: i64,
}

/// What a worker writes of himself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Day of birth; private.
    pub birth_date: Option<Date>,
    /// Gender in the worker's own words; private.
    pub gender: String,
    /// Telephone number in E.164; private.
    pub phone: String,
    /// What the worker says of himself.
    pub about: String,
    /// Languages, each once.
    pub languages: Vec<Language>,
    /// Licences as codes, each once.
    pub licences: BTreeSet<String>,
    /// Certificates that the worker says to hold.
    pub certificates: Vec<Certificate>,
    /// Countries where the worker may work, ISO 3166-1 alpha-2, each once.
    pub right_to_work_countries: BTreeSet<String>,
    /// Where the worker lives: town or area.
    pub base_place: String,
    /// Where the worker lives, as a point.
    pub base_location: Option<Location>,
    /// How far the worker goes to work, in kilometres.
    pub mobility_km: i32,
    /// Whether the worker moves for a season.
    pub relocate: bool,
    /// Who sees the profile.
    pub visibility: Visibility,
    /// Companies that never see it; private.
    pub hidden_from_company_ids: BTreeSet<company::Id>,
}

/// How well a language is spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// The BCP 47 tag.
    pub language_code: String,
    /// The number of the level in `seasonal.value.v1.LanguageLevel`: they rise with it.
    pub level: i32,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// A code: `first-aid`.
    pub code: String,
    /// What it is called on paper.
    pub title: String,
    /// The day it was given.
    pub issue_date: Option<Date>,
    /// The last day it holds.
    pub expire_date: Option<Date>,
}

/// A point on the earth, WGS 84, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Location {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

vocabulary! {
    /// Who sees a profile besides the worker and admins.
    #[derive(Default)]
    Visibility as pb::WorkerVisibility {
        /// Everyone who is signed in as an employer.
        Public = "PUBLIC",
        /// Members of verified companies.
        #[default]
        VerifiedEmployers = "VERIFIED_EMPLOYERS",
        /// Nobody.
        Hidden = "HIDDEN",
    }
}

/// Who looks at a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// The worker.
    Oneself,
    /// An admin.
    Admin,
    /// An employer, who acts for these companies.
    Employer(Vec<Employment>),
    /// Anyone else.
    Other,
}

/// A company that an employer acts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Employment {
    /// The company.
    pub company_id: company::Id,
    /// Where the company's verification stands.
    pub company_state: company::State,
}

/// How much of a profile is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// All.
    Whole,
    /// All but what is private: the birth date, the gender, the telephone number, and from whom
    /// the worker hides.
    Outside,
}

impl Worker {
    /// The profile of a person who has just come: empty.
    #[must_use]
    pub fn empty(id: Uuid, now: Timestamp) -> Self {
        Self { id, profile: Profile::default(), create_time: now, update_time: now, revision: 1 }
    }

    /// Takes over what the worker wrote, which has been [checked](Profile::check). What is as it was
    /// counts as no change.
    #[must_use]
    pub fn update(self, profile: Profile, now: Timestamp) -> Self {
        if profile == self.profile {
            return self;
        }
        Self { profile, update_time: now, revision: self.revision + 1, ..self }
    }

    /// How much of it `viewer` sees; `None` where not even that it exists. An employer who acts for
    /// a company that the worker hides from sees nothing, whatever other companies he acts for.
    #[must_use]
    pub fn view(&self, viewer: &Viewer) -> Option<View> {
        match viewer {
            Viewer::Oneself => Some(View::Whole),
            Viewer::Admin => Some(View::Outside),
            Viewer::Employer(employments) => self.is_open_to(employments).then_some(View::Outside),
            Viewer::Other => None,
        }
    }

    fn is_open_to(&self, employments: &[Employment]) -> bool {
        let hidden = &self.profile.hidden_from_company_ids;
        if employments.iter().any(|employment| hidden.contains(&employment.company_id)) {
            return false;
        }
        match self.profile.visibility {
            Visibility::Public => true,
            Visibility::VerifiedEmployers => employments
                .iter()
                .any(|employment| employment.company_state == company::State::Verified),
            Visibility::Hidden => false,
        }
    }

    /// The highest of 16, 18 and 21 that the worker has reached on this day; 0 when the birth date
    /// is unknown or the worker younger.
    #[must_use]
    pub fn age_at_least(&self, today: Date) -> i32 {
        let age = self.profile.birth_date.map_or(0, |birth| age(birth, today));
        AGES_TOLD.into_iter().find(|told| *told <= age).unwrap_or(0)
    }
}

impl Profile {
    /// How much of it is filled in, 0 to 100: ten things an employer asks for, each a tenth.
    #[must_use]
    pub fn completeness(&self) -> i32 {
        let filled = [
            !self.given_name.is_empty(),
            !self.family_name.is_empty(),
            self.birth_date.is_some(),
            !self.phone.is_empty(),
            !self.about.is_empty(),
            !self.languages.is_empty(),
            !self.licences.is_empty() || !self.certificates.is_empty(),
            !self.right_to_work_countries.is_empty(),
            !self.base_place.is_empty() || self.base_location.is_some(),
            self.mobility_km > 0 || self.relocate,
        ];
        filled.into_iter().map(|is_filled| if is_filled { 10 } else { 0 }).sum()
    }

    /// What cannot be, beyond what the contract's limits refuse.
    pub fn check(&self, today: Date, violations: &mut Violations) {
        if let Some(birth_date) = self.birth_date {
            check_birth_date(violations, birth_date, today);
        }
        for (index, certificate) in self.certificates.iter().enumerate() {
            violations.item("certificates", index, |violations| certificate.check(violations));
        }
        let mut seen = BTreeSet::new();
        for (index, language) in self.languages.iter().enumerate() {
            if !seen.insert(language.language_code.to_lowercase()) {
                violations.item("languages", index, |violations| {
                    violations.push("languageCode", "DUPLICATE", "must be there only once");
                });
            }
        }
    }
}

impl Certificate {
    fn check(&self, violations: &mut Violations) {
        if let (Some(issue_date), Some(expire_date)) = (self.issue_date, self.expire_date)
            && expire_date < issue_date
        {
            violations.push("expireDate", "BEFORE_ISSUE_DATE", "must not be before the issue date");
        }
    }
}

fn check_birth_date(violations: &mut Violations, birth_date: Date, today: Date) {
    let age = age(birth_date, today);
    if birth_date >= today {
        violations.push("birthDate", "NOT_IN_THE_PAST", "must be in the past");
    } else if age < AGE_MIN {
        violations.push("birthDate", "TOO_YOUNG", "must be at least 14 years ago");
    } else if age > AGE_MAX {
        violations.push("birthDate", "TOO_OLD", "must be at most 120 years ago");
    }
}

/// The years a person has lived. Who was born on 29 February is a year older on 1 March.
fn age(birth: Date, today: Date) -> i32 {
    let before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
    i32::from(today.year()) - i32::from(birth.year()) - i32::from(before_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{company_id, now, worker};

    fn profile(change: impl FnOnce(&mut Profile)) -> Profile {
        let mut profile = worker().profile;
        change(&mut profile);
        profile
    }

    fn violations(profile: &Profile) -> Vec<(String, String)> {
        let mut violations = Violations::new();
        profile.check(chassis::time::day(now()), &mut violations);
        let Err(status) = violations.into_result() else { return Vec::new() };
        let found = status.violations().iter();
        found.map(|it| (it.field.clone(), it.reason.to_string())).collect()
    }

    fn employment(company: u128, company_state: company::State) -> Employment {
        Employment { company_id: company_id(company), company_state }
    }

    #[test]
    fn a_new_profile_is_empty_and_seen_by_verified_employers() {
        let worker = Worker::empty(Uuid::from_u128(7), now());

        assert_eq!(worker.profile, Profile::default());
        assert_eq!(worker.profile.visibility, Visibility::VerifiedEmployers);
        assert_eq!((worker.revision, worker.profile.completeness()), (1, 0));
    }

    #[test]
    fn a_change_counts_and_no_change_does_not() {
        let later = now() + jiff::SignedDuration::from_hours(1);
        let same = worker().update(worker().profile, later);
        let changed = worker().update(profile(|it| it.about = "Vines".to_owned()), later);

        assert_eq!(same, worker());
        assert_eq!((changed.revision, changed.update_time), (worker().revision + 1, later));
    }

    #[test]
    fn a_birth_date_lies_fourteen_to_a_hundred_and_twenty_years_back() {
        let born = |date: &str| profile(|it| it.birth_date = Some(date.parse().unwrap()));

        // the fixture's day is 2026-11-20
        for (date, reason) in [
            ("2026-11-20", "NOT_IN_THE_PAST"),
            ("2027-01-01", "NOT_IN_THE_PAST"),
            ("2012-11-21", "TOO_YOUNG"),
            ("1905-11-20", "TOO_OLD"),
        ] {
            assert_eq!(violations(&born(date)), [("/birthDate".to_owned(), reason.to_owned())]);
        }
        for date in ["2012-11-20", "1906-11-20", "1905-11-21"] {
            assert_eq!(violations(&born(date)), [], "{date}");
        }
    }

    #[test]
    fn all_that_cannot_be_is_said_at_once() {
        let certificate = |issue_date: &str, expire_date: &str| Certificate {
            code: "first-aid".to_owned(),
            title: String::new(),
            issue_date: issue_date.parse().ok(),
            expire_date: expire_date.parse().ok(),
        };
        let language = |code: &str| Language { language_code: code.to_owned(), level: 3 };

        let violations = violations(&profile(|it| {
            it.birth_date = Some("2027-01-01".parse().unwrap());
            it.certificates = vec![
                certificate("2026-05-01", "2026-05-01"),
                certificate("2026-05-02", "2026-05-01"),
                certificate("", "2026-05-01"),
            ];
            it.languages = vec![language("it"), language("fr"), language("IT")];
        }));

        let expected = [
            ("/birthDate", "NOT_IN_THE_PAST"),
            ("/certificates/1/expireDate", "BEFORE_ISSUE_DATE"),
            ("/languages/2/languageCode", "DUPLICATE"),
        ];
        assert_eq!(violations, expected.map(|(field, why)| (field.to_owned(), why.to_owned())));
    }

    #[test]
    fn others_are_told_the_age_that_the_law_asks_for_and_no_more() {
        let told = |birth: &str, today: &str| {
            let mut worker = worker();
            worker.profile.birth_date = birth.parse().ok();
            worker.age_at_least(today.parse().unwrap())
        };

        assert_eq!(told("", "2026-11-20"), 0);
        assert_eq!(told("2010-11-21", "2026-11-20"), 0);
        assert_eq!(told("2010-11-20", "2026-11-20"), 16);
        assert_eq!(told("2008-11-20", "2026-11-20"), 18);
        assert_eq!(told("2005-11-20", "2026-11-20"), 21);
        assert_eq!(told("1960-01-01", "2026-11-20"), 21);
        assert_eq!(told("2008-02-29", "2026-02-28"), 16);
        assert_eq!(told("2008-02-29", "2026-03-01"), 18);
    }

    #[test]
    fn every_viewer_sees_what_the_visibility_allows() {
        use company::State::{Pending, Suspended, Verified};
        let nobody = Viewer::Employer(vec![]);
        let unverified = Viewer::Employer(vec![employment(1, Pending), employment(2, Suspended)]);
        let verified = Viewer::Employer(vec![employment(1, Pending), employment(3, Verified)]);
        let hidden_from = Viewer::Employer(vec![employment(3, Verified), employment(4, Verified)]);
        let seen = |visibility, viewer: &Viewer| {
            let mut worker = worker();
            worker.profile.visibility = visibility;
            worker.profile.hidden_from_company_ids = BTreeSet::from([company_id(4)]);
            worker.view(viewer)
        };

        let (whole, outside) = (Some(View::Whole), Some(View::Outside));
        let viewers = [
            &Viewer::Oneself,
            &Viewer::Admin,
            &Viewer::Other,
            &nobody,
            &unverified,
            &verified,
            &hidden_from,
        ];
        for (visibility, views) in [
            (Visibility::Public, [whole, outside, None, outside, outside, outside, None]),
            (Visibility::VerifiedEmployers, [whole, outside, None, None, None, outside, None]),
            (Visibility::Hidden, [whole, outside, None, None, None, None, None]),
        ] {
            assert_eq!(viewers.map(|viewer| seen(visibility, viewer)), views, "{visibility:?}");
        }
    }

    #[test]
    fn completeness_goes_from_nothing_to_a_hundred() {
        let half = Profile {
            given_name: "Ivan".to_owned(),
            phone: "+33612345678".to_owned(),
            licences: BTreeSet::from(["b".to_owned()]),
            base_place: "Beaune".to_owned(),
            relocate: true,
            ..Profile::default()
        };

        assert_eq!(half.completeness(), 50);
        assert_eq!(worker().profile.completeness(), 100);
    }
}
