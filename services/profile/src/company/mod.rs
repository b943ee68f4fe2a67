//! A company: who employs. Its owner describes it; an admin checks that it is who it says it is.

mod convert;
mod rpc;
#[cfg(test)]
mod rpc_tests;
pub(crate) mod store;

use std::collections::BTreeMap;

use bus::Violations;
use chassis::vocabulary;
use jiff::Timestamp;
use proto::profile::v1 as pb;
use serde::{Deserialize, Serialize};

pub use rpc::Rpc;

use crate::error::{Error, Result};
use crate::member::Role;
use crate::worker::Location;

chassis::id!("A company's id.");

/// A company, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Company {
    /// Its id.
    pub id: Id,
    /// What it says of itself.
    pub page: Page,
    /// Where its verification stands.
    pub state: State,
    /// Why an admin put it there; empty where none did. For members and admins alone.
    pub reason: String,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// Counts the changes, from 1.
    pub revision: i64,
}

/// What a company says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The name in the register.
    pub legal_name: String,
    /// The name it is known by; empty where that is the legal one.
    pub trade_name: String,
    /// The number in the register, as the owner wrote it; empty until it is known.
    pub registration_number: String,
    /// The country of the register, ISO 3166-1 alpha-2.
    pub country_code: String,
    /// Where it works.
    pub sites: Vec<Site>,
    /// What it does, as a code: `ski-area`.
    pub sector: String,
    /// What it says of itself, by BCP 47 tag.
    pub about: BTreeMap<String, String>,
    /// Its web site.
    pub website: String,
    /// E-mail address for those who ask; for signed-in callers alone.
    pub contact_email: String,
    /// Telephone number in E.164; for signed-in callers alone.
    pub contact_phone: String,
}

/// A place where a company works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// What the company calls it.
    pub label: String,
    /// The town or area.
    pub place: String,
    /// The place as a point.
    pub location: Option<Location>,
}

vocabulary! {
    /// Whether a company has been checked.
    State as pb::CompanyVerificationState {
        /// Nobody has asked for it.
        Unverified = "UNVERIFIED",
        /// Waits for an admin.
        Pending = "PENDING",
        /// It is who it says it is.
        Verified = "VERIFIED",
        /// An admin refused it; it may ask again.
        Rejected = "REJECTED",
        /// An admin has suspended it.
        Suspended = "SUSPENDED",
    }
}

/// What changes the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// An owner asks for the check.
    Submit,
    /// An admin says it is who it says it is.
    Verify,
    /// An admin refuses it.
    Reject,
    /// An admin suspends it.
    Suspend,
    /// An admin takes the suspension back.
    Reinstate,
}

/// All that can happen to a state.
const TRANSITIONS: [(State, Verb, State); 6] = [
    (State::Unverified, Verb::Submit, State::Pending),
    (State::Rejected, Verb::Submit, State::Pending),
    (State::Pending, Verb::Verify, State::Verified),
    (State::Pending, Verb::Reject, State::Rejected),
    (State::Verified, Verb::Suspend, State::Suspended),
    (State::Suspended, Verb::Reinstate, State::Verified),
];

/// How much of a company is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// By anyone: not the contacts, not the admin's reason.
    Public,
    /// By those who are signed in: not the admin's reason.
    SignedIn,
    /// By its members and by admins: all.
    Inside,
}

impl Company {
    /// A company that nobody has checked.
    #[must_use]
    pub fn new(id: Id, page: Page, now: Timestamp) -> Self {
        Self {
            id,
            page,
            state: State::Unverified,
            reason: String::new(),
            create_time: now,
            update_time: now,
            revision: 1,
        }
    }

    /// Takes over what a member wrote. What is as it was counts as no change. Owners change
    /// everything, recruiters the texts: `about`, `website` and the contacts. Another number, or
    /// another country of the register, is another company to check: from VERIFIED it leads to
    /// PENDING, and while SUSPENDED it may not be, or it would come back verified.
    ///
    /// # Errors
    ///
    /// [`Error::RoleTooLow`], [`Error::CompanyState`], and [`Error::Status`] where the number is
    /// taken away from a company that asked for verification.
    pub fn update(self, page: Page, role: Role, now: Timestamp) -> Result<Self> {
        match role {
            Role::Owner => {}
            Role::Recruiter if page.differs_in_texts_alone(&self.page) => {}
            Role::Recruiter | Role::Viewer => return Err(Error::RoleTooLow),
        }
        if page == self.page {
            return Ok(self);
        }
        let (state, reason) = match self.state {
            _ if page.register() == self.page.register() => (self.state, self.reason),
            State::Unverified | State::Rejected => (self.state, self.reason),
            State::Suspended => return Err(Error::CompanyState(self.state)),
            State::Pending | State::Verified => {
                page.check_number_is_given()?;
                (State::Pending, String::new())
            }
        };
        Ok(Self { page, state, reason, update_time: now, revision: self.revision + 1, ..self })
    }

    /// UNVERIFIED or REJECTED → PENDING.
    ///
    /// # Errors
    ///
    /// [`Error::CompanyState`], and [`Error::RegistrationNumberMissing`].
    pub fn submit(self, now: Timestamp) -> Result<Self> {
        let has_number = !self.page.registration_key().is_empty();
        let company = self.change(Verb::Submit, String::new(), now)?;
        if has_number { Ok(company) } else { Err(Error::RegistrationNumberMissing) }
    }

    /// PENDING → VERIFIED.
    ///
    /// # Errors
    ///
    /// [`Error::CompanyState`]
    pub fn verify(self, reason: String, now: Timestamp) -> Result<Self> {
        self.change(Verb::Verify, reason, now)
    }

    /// PENDING → REJECTED.
    ///
    /// # Errors
    ///
    /// [`Error::CompanyState`]
    pub fn reject(self, reason: String, now: Timestamp) -> Result<Self> {
        self.change(Verb::Reject, reason, now)
    }

    /// VERIFIED → SUSPENDED.
    ///
    /// # Errors
    ///
    /// [`Error::CompanyState`]
    pub fn suspend(self, reason: String, now: Timestamp) -> Result<Self> {
        self.change(Verb::Suspend, reason, now)
    }

    /// SUSPENDED → VERIFIED.
    ///
    /// # Errors
    ///
    /// [`Error::CompanyState`]
    pub fn reinstate(self, reason: String, now: Timestamp) -> Result<Self> {
        self.change(Verb::Reinstate, reason, now)
    }

    fn change(self, verb: Verb, reason: String, now: Timestamp) -> Result<Self> {
        let state = self.state.after(verb).ok_or(Error::CompanyState(self.state))?;
        Ok(Self { state, reason, update_time: now, revision: self.revision + 1, ..self })
    }
}

impl Page {
    /// What two companies cannot share: the country of the register, and the number in it without
    /// blanks and marks.
    #[must_use]
    pub fn register(&self) -> (&str, String) {
        (&self.country_code, self.registration_key())
    }

    /// The registration number without blanks and marks, in capitals.
    #[must_use]
    pub fn registration_key(&self) -> String {
        let letters = self.registration_number.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_uppercase()).collect()
    }

    fn differs_in_texts_alone(&self, other: &Self) -> bool {
        let with_texts_of_other = Self {
            about: other.about.clone(),
            website: other.website.clone(),
            contact_email: other.contact_email.clone(),
            contact_phone: other.contact_phone.clone(),
            ..self.clone()
        };
        with_texts_of_other == *other
    }

    fn check_number_is_given(&self) -> Result<()> {
        let mut violations = Violations::new();
        violations.within("company", |violations| {
            violations.required("registrationNumber", !self.registration_key().is_empty());
        });
        Ok(violations.into_result()?)
    }
}

impl Verb {
    /// The word of the route: `submit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Verify => "verify",
            Self::Reject => "reject",
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
        }
    }
}

impl State {
    /// Where `verb` leads; `None` where it is not allowed.
    #[must_use]
    pub fn after(self, verb: Verb) -> Option<Self> {
        let allowed = TRANSITIONS.into_iter().find(|(from, by, _)| (*from, *by) == (self, verb));
        allowed.map(|(.., to)| to)
    }

    /// The verbs that start here, separated by commas, whoever may give them.
    #[must_use]
    pub fn allowed(self) -> String {
        let verbs = TRANSITIONS.into_iter().filter(|(from, ..)| *from == self);
        verbs.map(|(_, verb, _)| verb.as_str()).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{company, now};

    fn company_in(state: State) -> Company {
        Company { state, reason: "as before".to_owned(), ..company() }
    }

    fn page(change: impl FnOnce(&mut Page)) -> Page {
        let mut page = company().page;
        change(&mut page);
        page
    }

    #[test]
    fn every_verb_is_allowed_in_its_states_and_refused_in_all_others() {
        use State::{Pending, Rejected, Suspended, Unverified, Verified};
        let outcome = |state, verb: Verb| {
            let (company, reason) = (company_in(state), "because".to_owned());
            match verb {
                Verb::Submit => company.submit(now()),
                Verb::Verify => company.verify(reason, now()),
                Verb::Reject => company.reject(reason, now()),
                Verb::Suspend => company.suspend(reason, now()),
                Verb::Reinstate => company.reinstate(reason, now()),
            }
            .map(|company| company.state)
            .map_err(|error| error.to_string())
        };

        for (verb, states) in [
            (Verb::Submit, [Some(Pending), None, None, Some(Pending), None]),
            (Verb::Verify, [None, Some(Verified), None, None, None]),
            (Verb::Reject, [None, Some(Rejected), None, None, None]),
            (Verb::Suspend, [None, None, Some(Suspended), None, None]),
            (Verb::Reinstate, [None, None, None, None, Some(Verified)]),
        ] {
            for (from, to) in
                [Unverified, Pending, Verified, Rejected, Suspended].into_iter().zip(states)
            {
                let expected = to.ok_or_else(|| Error::CompanyState(from).to_string());
                assert_eq!(outcome(from, verb), expected, "{verb:?} in {from:?}");
            }
        }
    }

    #[test]
    fn a_verb_counts_as_a_change_and_keeps_the_admins_reason() {
        let verified = company_in(State::Pending).verify("in the register".to_owned(), now());
        let asked_again = company_in(State::Rejected).submit(now()).unwrap();

        let verified = verified.unwrap();
        assert_eq!((verified.reason.as_str(), verified.revision), ("in the register", 2));
        assert_eq!(asked_again.reason, "");
    }

    #[test]
    fn a_company_without_a_number_cannot_be_submitted() {
        let nameless = Company { page: page(|it| it.registration_number.clear()), ..company() };

        let refused = nameless.submit(now()).unwrap_err();

        assert!(matches!(refused, Error::RegistrationNumberMissing));
    }

    #[test]
    fn another_number_is_another_company_to_check() {
        let renumbered = |state| {
            let page = page(|it| it.registration_number = "FR 999".to_owned());
            company_in(state).update(page, Role::Owner, now()).map(|it| (it.state, it.reason))
        };
        let as_before = |state| (state, "as before".to_owned());

        assert_eq!(renumbered(State::Unverified).unwrap(), as_before(State::Unverified));
        assert_eq!(renumbered(State::Rejected).unwrap(), as_before(State::Rejected));
        assert_eq!(renumbered(State::Pending).unwrap(), (State::Pending, String::new()));
        assert_eq!(renumbered(State::Verified).unwrap(), (State::Pending, String::new()));
        let refused = renumbered(State::Suspended).unwrap_err();
        assert!(matches!(refused, Error::CompanyState(State::Suspended)));
    }

    #[test]
    fn another_country_of_the_register_is_another_company_too() {
        let page = page(|it| it.country_code = "CH".to_owned());

        let moved = company_in(State::Verified).update(page, Role::Owner, now()).unwrap();

        assert_eq!(moved.state, State::Pending);
    }

    #[test]
    fn the_same_number_in_another_spelling_is_the_same_company() {
        let number = company().page.registration_number.to_lowercase().replace(' ', "-");
        let page = page(|it| it.registration_number = number);

        let company = company_in(State::Verified).update(page, Role::Owner, now()).unwrap();

        assert_eq!((company.state, company.revision), (State::Verified, 2));
    }

    #[test]
    fn the_number_stays_once_verification_was_asked_for() {
        let without = || page(|it| it.registration_number.clear());
        let remove = |state| company_in(state).update(without(), Role::Owner, now());

        assert!(remove(State::Unverified).is_ok());
        assert!(remove(State::Rejected).is_ok());
        for state in [State::Pending, State::Verified] {
            let Error::Status(status) = remove(state).unwrap_err() else { panic!("{state:?}") };
            assert_eq!(status.violations()[0].field, "/company/registrationNumber");
        }
    }

    #[test]
    fn recruiters_change_the_texts_and_viewers_nothing() {
        let texts: [fn(&mut Page); 4] = [
            |it| _ = it.about.insert("fr".to_owned(), "Vignes".to_owned()),
            |it| it.website = "https://example.org".to_owned(),
            |it| it.contact_email = "jobs@example.org".to_owned(),
            |it| it.contact_phone = "+33611111111".to_owned(),
        ];
        let others: [fn(&mut Page); 6] = [
            |it| it.legal_name = "Other".to_owned(),
            |it| it.trade_name = "Other".to_owned(),
            |it| it.registration_number = "1".to_owned(),
            |it| it.country_code = "CH".to_owned(),
            |it| it.sites.clear(),
            |it| it.sector = "other".to_owned(),
        ];
        let may = |role, change: fn(&mut Page)| match company().update(page(change), role, now()) {
            Ok(company) => company.revision == 2,
            Err(Error::RoleTooLow) => false,
            Err(other) => panic!("{other}"),
        };

        for (changes, owner, recruiter, viewer) in
            [(texts.as_slice(), true, true, false), (others.as_slice(), true, false, false)]
        {
            for change in changes {
                let may = [Role::Owner, Role::Recruiter, Role::Viewer].map(|it| may(it, *change));
                assert_eq!(may, [owner, recruiter, viewer]);
            }
        }
    }

    #[test]
    fn no_change_counts_as_none() {
        let same = company().update(company().page, Role::Recruiter, now()).unwrap();

        assert_eq!(same, company());
    }

    #[test]
    fn every_state_names_the_verbs_it_allows() {
        let allowed: Vec<_> = State::ALL.iter().map(|state| state.allowed()).collect();

        assert_eq!(allowed, ["submit", "verify,reject", "suspend", "submit", "reinstate"]);
    }
}
