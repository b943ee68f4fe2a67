//! A member: a person who may act for a company, and the invitation that comes before.

mod convert;
mod rpc;
#[cfg(test)]
mod rpc_tests;
pub(crate) mod store;

use std::time::Duration;

use bus::User;
use chassis::vocabulary;
use jiff::Timestamp;
use proto::profile::v1 as pb;
use uuid::Uuid;

pub use rpc::Rpc;

use crate::company;
use crate::error::{Error, Result};

chassis::id!("A member's id.");

/// How long an invitation can be accepted: 14 days.
const INVITATION_LASTS: Duration = Duration::from_hours(14 * 24);

/// One person in one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id; the invitation's too.
    pub id: Id,
    /// The company.
    pub company_id: company::Id,
    /// The user; none until the invitation is accepted.
    pub user_id: Option<Uuid>,
    /// What the member may do.
    pub role: Role,
    /// Where the membership stands.
    pub state: State,
    /// The address that was invited, in lower case; empty for who made the company.
    pub invite_email: String,
    /// When the invitation ends; none for who made the company.
    pub expire_time: Option<Timestamp>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// Counts the changes, from 1.
    pub revision: i64,
}

vocabulary! {
    /// What a member may do for the company. A higher role may do all that a lower one may.
    #[derive(PartialOrd, Ord)]
    Role as pb::MemberRole {
        /// Reads.
        Viewer = "VIEWER",
        /// Offers and applications.
        Recruiter = "RECRUITER",
        /// Everything, members included.
        Owner = "OWNER",
    }
}

vocabulary! {
    /// Where a membership stands.
    State as pb::MemberState {
        /// Invited, not yet accepted.
        Invited = "INVITED",
        /// May act for the company.
        Active = "ACTIVE",
        /// May no longer.
        Removed = "REMOVED",
    }
}

impl Member {
    /// Who makes a company is its owner.
    #[must_use]
    pub fn founder(id: Id, company_id: company::Id, user_id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            company_id,
            user_id: Some(user_id),
            role: Role::Owner,
            state: State::Active,
            invite_email: String::new(),
            expire_time: None,
            create_time: now,
            update_time: now,
            revision: 1,
        }
    }

    /// An invitation of whoever has this e-mail address.
    #[must_use]
    pub fn invite(
        id: Id,
        company_id: company::Id,
        email: &str,
        role: Role,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            company_id,
            user_id: None,
            role,
            state: State::Invited,
            invite_email: email.to_lowercase(),
            expire_time: Some(now.checked_add(INVITATION_LASTS).unwrap_or(Timestamp::MAX)),
            create_time: now,
            update_time: now,
            revision: 1,
        }
    }

    /// INVITED → ACTIVE, by the person whose verified address was invited.
    ///
    /// # Errors
    ///
    /// [`Error::MemberNotFound`] for anyone else, [`Error::InvitationClosed`] when it was accepted
    /// or taken back, [`Error::InvitationExpired`] after its end.
    pub fn accept(self, user: &User, now: Timestamp) -> Result<Self> {
        if !self.invites(user) {
            return Err(Error::MemberNotFound(self.id));
        }
        if self.state != State::Invited {
            return Err(Error::InvitationClosed(self.state));
        }
        if self.expire_time.is_some_and(|end| end <= now) {
            return Err(Error::InvitationExpired);
        }
        let (user_id, state) = (Some(user.id), State::Active);
        Ok(Self { user_id, state, update_time: now, revision: self.revision + 1, ..self })
    }

    /// Gives the member another role. `owners` is how many active owners the company has, this
    /// member counted. What is as it was counts as no change.
    ///
    /// # Errors
    ///
    /// [`Error::LastOwner`] when no owner would stay, [`Error::MemberNotFound`] when it was removed.
    pub fn assign(self, role: Role, owners: i64, now: Timestamp) -> Result<Self> {
        if role == self.role && self.state != State::Removed {
            return Ok(self);
        }
        self.check_can_go(owners)?;
        Ok(Self { role, update_time: now, revision: self.revision + 1, ..self })
    }

    /// → REMOVED: ends the membership, or takes the invitation back. `owners` as in
    /// [`assign`](Self::assign).
    ///
    /// # Errors
    ///
    /// [`Error::LastOwner`] when no owner would stay, [`Error::MemberNotFound`] when it was removed.
    pub fn remove(self, owners: i64, now: Timestamp) -> Result<Self> {
        self.check_can_go(owners)?;
        Ok(Self { state: State::Removed, update_time: now, revision: self.revision + 1, ..self })
    }

    /// That `user`, who has this role in the company, may remove it: owners anyone, others
    /// themselves and what they were invited to.
    ///
    /// # Errors
    ///
    /// [`Error::RoleTooLow`] for other members, [`Error::MemberNotFound`] for who is none.
    pub fn check_removable(&self, user: &User, role: Option<Role>) -> Result<()> {
        let is_own = self.user_id == Some(user.id) || self.invites(user);
        match role {
            _ if is_own => Ok(()),
            Some(role) => role.require(Role::Owner),
            None => Err(Error::MemberNotFound(self.id)),
        }
    }

    /// Whether it came to be by an invitation to this user's verified address.
    #[must_use]
    pub fn invites(&self, user: &User) -> bool {
        !self.invite_email.is_empty() && user.email.as_ref() == Some(&self.invite_email)
    }

    fn check_can_go(&self, owners: i64) -> Result<()> {
        match (self.state, self.role) {
            (State::Removed, _) => Err(Error::MemberNotFound(self.id)),
            (State::Active, Role::Owner) if owners <= 1 => Err(Error::LastOwner),
            (State::Active | State::Invited, _) => Ok(()),
        }
    }
}

impl Role {
    /// That it is `least` or more.
    ///
    /// # Errors
    ///
    /// [`Error::RoleTooLow`]
    pub fn require(self, least: Self) -> Result<()> {
        if self >= least { Ok(()) } else { Err(Error::RoleTooLow) }
    }
}

#[cfg(test)]
mod tests {
    use bus::Roles;
    use jiff::SignedDuration;

    use super::*;
    use crate::fixture::{company_id, member, now};

    fn user(email: Option<&str>) -> User {
        let user = User::new(Uuid::from_u128(9), Roles::default());
        User { email: email.map(str::to_owned), ..user }
    }

    fn invitation() -> Member {
        Member::invite(
            Id(Uuid::from_u128(50)),
            company_id(1),
            "Rosa@Example.org",
            Role::Viewer,
            now(),
        )
    }

    #[test]
    fn an_invitation_is_to_an_address_in_lower_case_for_fourteen_days() {
        let invitation = invitation();

        assert_eq!(invitation.invite_email, "rosa@example.org");
        assert_eq!(invitation.expire_time, "2026-12-04T08:00:00Z".parse().ok());
    }

    #[test]
    fn who_was_invited_becomes_a_member() {
        let accepted = invitation().accept(&user(Some("rosa@example.org")), now()).unwrap();

        assert_eq!(accepted.user_id, Some(Uuid::from_u128(9)));
        assert_eq!((accepted.state, accepted.revision), (State::Active, 2));
    }

    #[test]
    fn nobody_else_can_accept_an_invitation() {
        let made_the_company = member(1, 5, Role::Owner);

        for (member, email) in [
            (invitation(), Some("ivan@example.org")),
            (invitation(), None),
            (made_the_company, Some("")),
        ] {
            let refused = member.accept(&user(email), now()).unwrap_err();
            assert!(matches!(refused, Error::MemberNotFound(_)), "{refused}");
        }
    }

    #[test]
    fn an_invitation_ends() {
        let rosa = user(Some("rosa@example.org"));
        let end = invitation().expire_time.unwrap();

        assert!(invitation().accept(&rosa, end - SignedDuration::from_micros(1)).is_ok());
        let refused = invitation().accept(&rosa, end).unwrap_err();
        assert!(matches!(refused, Error::InvitationExpired));
    }

    #[test]
    fn an_invitation_that_was_accepted_or_taken_back_is_closed() {
        let rosa = user(Some("rosa@example.org"));
        let accepted = invitation().accept(&rosa, now()).unwrap();
        let removed = invitation().remove(1, now()).unwrap();

        for (member, state) in [(accepted, State::Active), (removed, State::Removed)] {
            let refused = member.accept(&rosa, now()).unwrap_err();
            assert!(matches!(refused, Error::InvitationClosed(it) if it == state), "{refused}");
        }
    }

    #[test]
    fn the_last_owner_stays() {
        let owner = || member(1, 5, Role::Owner);

        let gone = [owner().remove(1, now()), owner().assign(Role::Recruiter, 1, now())];
        let of_two = [owner().remove(2, now()), owner().assign(Role::Recruiter, 2, now())];

        assert!(gone.iter().all(|it| matches!(it, Err(Error::LastOwner))), "{gone:?}");
        let [removed, recruiter] = of_two.map(Result::unwrap);
        assert_eq!(removed.state, State::Removed);
        assert_eq!((recruiter.role, recruiter.revision), (Role::Recruiter, 2));
    }

    #[test]
    fn others_may_go_though_only_one_owner_stays() {
        let invited_owner = Member { role: Role::Owner, ..invitation() };

        assert!(member(1, 5, Role::Recruiter).remove(1, now()).is_ok());
        assert!(invited_owner.remove(1, now()).is_ok());
        assert_eq!(member(1, 5, Role::Owner).assign(Role::Owner, 1, now()).unwrap().revision, 1);
    }

    #[test]
    fn who_was_removed_is_a_member_no_more() {
        let removed = || member(1, 5, Role::Viewer).remove(1, now()).unwrap();

        let again = [
            removed().remove(1, now()),
            removed().assign(Role::Viewer, 1, now()),
            removed().assign(Role::Owner, 1, now()),
        ];

        assert!(again.iter().all(|it| matches!(it, Err(Error::MemberNotFound(_)))), "{again:?}");
    }

    #[test]
    fn owners_remove_anyone_and_others_themselves() {
        let (rosa, stranger) = (user(Some("rosa@example.org")), user(Some("ivan@example.org")));
        let own = Member { user_id: Some(rosa.id), ..member(1, 5, Role::Viewer) };
        let may = |member: &Member, user, role| match member.check_removable(user, role) {
            Ok(()) => "yes",
            Err(Error::RoleTooLow) => "no",
            Err(Error::MemberNotFound(_)) => "unseen",
            Err(other) => panic!("{other}"),
        };

        let roles = [None, Some(Role::Viewer), Some(Role::Recruiter), Some(Role::Owner)];
        for (member, user, expected) in [
            (&own, &rosa, ["yes", "yes", "yes", "yes"]),
            (&invitation(), &rosa, ["yes", "yes", "yes", "yes"]),
            (&invitation(), &stranger, ["unseen", "no", "no", "yes"]),
            (&member(1, 6, Role::Viewer), &rosa, ["unseen", "no", "no", "yes"]),
        ] {
            assert_eq!(roles.map(|role| may(member, user, role)), expected, "{member:?}");
        }
    }

    #[test]
    fn who_may_do_more_may_do_all_that_is_below() {
        let roles = [Role::Viewer, Role::Recruiter, Role::Owner];
        let may = |role: Role| roles.map(|least| role.require(least).is_ok());

        assert_eq!(roles.map(may), [[true, false, false], [true, true, false], [true, true, true]]);
    }
}
