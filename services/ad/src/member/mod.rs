//! What a caller may do for a company. The profile service knows; its answers are kept for a moment,
//! and while it is away a little longer, so that its restart is not felt here.

use std::sync::Arc;
use std::time::Duration;

use bus::{Code, Context, Status};
use chassis::{Clock, vocabulary};
use jiff::Timestamp;
use proto::profile::v1 as pb;
use proto::profile::v1::MemberService;
use quick_cache::sync::Cache;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::error::{Error, Result};

/// How long an answer counts without asking again.
const FRESH: Duration = Duration::from_secs(5);
/// How old an answer may be while the profile service is away.
const USABLE: Duration = Duration::from_mins(1);
/// How long after a failure the profile service is left alone.
const PAUSE: Duration = Duration::from_secs(1);
/// How long an answer is waited for at most; never more than half of what the caller has left.
const ASK_BOUND: Duration = Duration::from_secs(2);
/// How many answers are kept.
const KEPT_MAX: usize = 10_000;

vocabulary! {
    /// What a member may do for the company. A higher role may do all that a lower one may.
    #[derive(PartialOrd, Ord)]
    Role as pb::MemberRole {
        /// Reads.
        Viewer = "VIEWER",
        /// Offers and applications.
        Recruiter = "RECRUITER",
        /// Everything.
        Owner = "OWNER",
    }
}

/// What a user is to a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The role of an active member; none for others.
    pub role: Option<Role>,
    /// Whether an admin has checked the company.
    pub verified: bool,
}

impl Membership {
    /// That the user may do what `role` may.
    ///
    /// # Errors
    ///
    /// [`Error::NotAMember`], [`Error::RoleTooLow`].
    pub fn require(self, role: Role) -> Result<Self> {
        match self.role {
            None => Err(Error::NotAMember),
            Some(own) if own < role => Err(Error::RoleTooLow),
            Some(_) => Ok(self),
        }
    }
}

/// Asks a [`MemberService`] and keeps its answers.
#[derive(Debug)]
pub struct Guard<M> {
    members: M,
    clock: Clock,
    kept: Cache<(Uuid, Uuid), Arc<Mutex<Kept>>>,
}

/// What is known of one user and one company. Whoever holds its lock asks; the others wait for what
/// comes back.
#[derive(Debug, Default)]
struct Kept {
    answer: Option<(Timestamp, Membership)>,
    failure: Option<Timestamp>,
}

impl<M: MemberService> Guard<M> {
    /// A guard that asks `members`.
    #[must_use]
    pub fn new(members: M, clock: Clock) -> Self {
        Self { members, clock, kept: Cache::new(KEPT_MAX) }
    }

    /// That the caller is an active member of the company whose role is `role` or higher.
    ///
    /// # Errors
    ///
    /// UNAUTHENTICATED where nobody is signed in, [`Error::NotAMember`], [`Error::RoleTooLow`];
    /// [`Error::MembershipUnknown`] when the profile service is away and nothing usable is kept.
    pub async fn require(
        &self,
        context: &Context,
        company_id: Uuid,
        role: Role,
    ) -> Result<Membership> {
        self.check(context, company_id).await?.require(role)
    }

    /// What the caller is to the company; nothing to one that does not exist.
    ///
    /// # Errors
    ///
    /// As [`Self::require`], but for the role.
    pub async fn check(&self, context: &Context, company_id: Uuid) -> Result<Membership> {
        let user_id = context.user_id()?;
        let Ok(kept) = self.kept.get_or_insert_with(&(company_id, user_id), nothing);
        let mut kept = kept.lock().await;
        if let Some(membership) = kept.answer_within(FRESH, self.clock.now()) {
            return Ok(membership);
        }
        if !kept.has_failed_within(PAUSE, self.clock.now()) {
            match self.ask(context, company_id, user_id).await {
                Ok(membership) => {
                    *kept = Kept { answer: Some((self.clock.now(), membership)), failure: None };
                    return Ok(membership);
                }
                Err(status) if is_away(&status) => kept.failure = Some(self.clock.now()),
                Err(status) => return Err(status.into()),
            }
        }
        kept.answer_within(USABLE, self.clock.now()).ok_or(Error::MembershipUnknown)
    }

    async fn ask(
        &self,
        context: &Context,
        company_id: Uuid,
        user_id: Uuid,
    ) -> Result<Membership, Status> {
        let bound = ASK_BOUND.min(context.remaining() / 2);
        let asking = Context {
            request_id: context.request_id.clone(),
            traceparent: context.traceparent.clone(),
            ..Context::internal("ad", bound)
        };
        let (company_id, user_id) = (company_id.to_string(), user_id.to_string());
        match self
            .members
            .check_member(asking, pb::CheckMemberRequest { company_id, user_id })
            .await
        {
            Ok(answer) => Ok(answer.into()),
            Err(status) if status.code() == Code::NotFound => {
                Ok(Membership { role: None, verified: false })
            }
            Err(status) => Err(status),
        }
    }
}

impl From<pb::CheckMemberResponse> for Membership {
    fn from(answer: pb::CheckMemberResponse) -> Self {
        let verified = answer.verification_state() == pb::CompanyVerificationState::Verified;
        Self { role: Role::from_number(answer.role), verified }
    }
}

impl Kept {
    fn answer_within(&self, age: Duration, now: Timestamp) -> Option<Membership> {
        self.answer.filter(|(at, _)| is_within(age, *at, now)).map(|(_, membership)| membership)
    }

    fn has_failed_within(&self, age: Duration, now: Timestamp) -> bool {
        self.failure.is_some_and(|at| is_within(age, at, now))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the cache takes what may fail; this cannot")]
fn nothing() -> Result<Arc<Mutex<Kept>>, std::convert::Infallible> {
    Ok(Arc::default())
}

/// What was noted by a clock that has been set back since is not within any age.
fn is_within(age: Duration, at: Timestamp, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(at)).is_ok_and(|passed| passed <= age)
}

fn is_away(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded)
}

#[cfg(test)]
mod tests {
    use chassis::fixture::{clock, user};

    use super::*;
    use crate::fixture::{OWNER, Profile, RECRUITER, STRANGER, VIEWER, company};

    fn guard(profile: &Profile, clock: &Clock) -> Guard<Profile> {
        Guard::new(profile.clone(), clock.clone())
    }

    async fn role(guard: &Guard<Profile>, number: u128) -> Result<Option<Role>> {
        guard.check(&user(number, &[]), company()).await.map(|membership| membership.role)
    }

    #[tokio::test]
    async fn a_role_holds_for_all_that_a_lower_one_may() {
        let guard = guard(&Profile::new(), &clock());

        for (number, role, outcome) in [
            (OWNER, Role::Owner, "may"),
            (OWNER, Role::Viewer, "may"),
            (RECRUITER, Role::Recruiter, "may"),
            (RECRUITER, Role::Owner, "ROLE_TOO_LOW"),
            (VIEWER, Role::Viewer, "may"),
            (VIEWER, Role::Recruiter, "ROLE_TOO_LOW"),
            (STRANGER, Role::Viewer, "NOT_A_MEMBER"),
        ] {
            let checked = guard.require(&user(number, &[]), company(), role).await;
            let found = checked.map_err(|e| Status::from(e).reason().to_owned());

            assert_eq!(found.err().as_deref().unwrap_or("may"), outcome, "{number} as {role:?}");
        }
    }

    #[tokio::test]
    async fn nobody_is_a_member_of_a_company_that_does_not_exist() {
        let guard = guard(&Profile::new(), &clock());

        let found = guard.check(&user(OWNER, &[]), Uuid::from_u128(7)).await.unwrap();

        assert_eq!(found, Membership { role: None, verified: false });
    }

    #[tokio::test]
    async fn an_answer_is_kept_for_five_seconds() {
        let (profile, clock) = (Profile::new(), clock());
        let guard = guard(&profile, &clock);
        role(&guard, OWNER).await.unwrap();

        clock.advance(Duration::from_secs(5));
        role(&guard, OWNER).await.unwrap();
        let within = profile.asked();
        clock.advance(Duration::from_millis(1));
        role(&guard, OWNER).await.unwrap();

        assert_eq!((within, profile.asked()), (1, 2));
    }

    #[tokio::test]
    async fn many_who_ask_at_once_ask_once() {
        let profile = Profile::new();
        let guard = guard(&profile, &clock());

        let all = futures_util::future::join_all((0..50).map(|_| role(&guard, OWNER))).await;

        assert!(all.into_iter().all(|role| role.unwrap() == Some(Role::Owner)));
        assert_eq!(profile.asked(), 1);
    }

    #[tokio::test]
    async fn an_old_answer_serves_for_a_minute_while_profile_is_away() {
        for code in [Code::Unavailable, Code::DeadlineExceeded] {
            let (profile, clock) = (Profile::new(), clock());
            let guard = guard(&profile, &clock);
            role(&guard, OWNER).await.unwrap();
            profile.fail(Some(code));

            clock.advance(Duration::from_mins(1));
            let old = role(&guard, OWNER).await;
            clock.advance(Duration::from_secs(2));
            let too_old = role(&guard, OWNER).await;
            profile.fail(None);
            clock.advance(Duration::from_secs(2));
            let back = role(&guard, OWNER).await;

            assert_eq!(old.unwrap(), Some(Role::Owner));
            assert!(matches!(too_old, Err(Error::MembershipUnknown)));
            assert_eq!(back.unwrap(), Some(Role::Owner));
        }
    }

    #[tokio::test]
    async fn a_profile_that_is_away_is_not_asked_by_each_who_waits() {
        let profile = Profile::new();
        profile.fail(Some(Code::DeadlineExceeded));
        let guard = guard(&profile, &clock());

        let all = futures_util::future::join_all((0..50).map(|_| role(&guard, OWNER))).await;

        assert!(all.iter().all(|role| matches!(role, Err(Error::MembershipUnknown))));
        assert_eq!(profile.asked(), 1);
    }

    #[tokio::test]
    async fn a_refusal_is_passed_on_and_not_kept() {
        let profile = Profile::new();
        let guard = guard(&profile, &clock());
        profile.fail(Some(Code::Internal));

        let refused = role(&guard, OWNER).await;
        profile.fail(None);
        let answered = role(&guard, OWNER).await;

        assert!(matches!(refused, Err(Error::Status(status)) if status.code() == Code::Internal));
        assert_eq!(answered.unwrap(), Some(Role::Owner));
    }

    #[tokio::test]
    async fn who_is_not_signed_in_is_not_asked_about() {
        let profile = Profile::new();
        let anonymous = Context::for_test(bus::Caller::Anonymous);

        let refused = guard(&profile, &clock()).check(&anonymous, company()).await;

        assert_eq!(Status::from(refused.unwrap_err()).code(), Code::Unauthenticated);
        assert_eq!(profile.asked(), 0);
    }
}
