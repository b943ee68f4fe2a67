//! What the tests of this service stand on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bus::{Code, Context, Result, Status};
use chassis::fixture::user_id;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use proto::profile::v1::{
    AcceptMemberRequest, CheckMemberRequest, CheckMemberResponse, CompanyVerificationState,
    DeleteMemberRequest, InviteMemberRequest, ListInvitationsRequest, ListInvitationsResponse,
    ListMembersRequest, ListMembersResponse, Member, MemberRole, MemberService,
    UpdateMemberRequest,
};
use uuid::Uuid;

use crate::offer::content::{
    Content, ContractKind, Housing, HousingKind, LanguageLevel, LanguageSkill, Location, Money,
    Pay, PayPeriod,
};
use crate::offer::state::State;
use crate::offer::{Id, Offer};

/// When it is: that of [`chassis::fixture::clock`].
pub(crate) fn now() -> Timestamp {
    chassis::fixture::clock().now()
}

/// The number of the user who owns [`company`], of one who recruits for it, and so on.
pub(crate) const OWNER: u128 = 1;
pub(crate) const RECRUITER: u128 = 2;
pub(crate) const VIEWER: u128 = 3;
pub(crate) const STRANGER: u128 = 4;
pub(crate) const ADMIN: u128 = 5;

/// The company that the offers are of.
pub(crate) fn company() -> Uuid {
    Uuid::from_u128(100)
}

/// A day of the years `from` to `to`.
pub(crate) fn day_between(from: i16, to: i16) -> impl Strategy<Value = Date> {
    (from..=to, 1_i8..=12, 1_i8..=31)
        .prop_filter_map("no such day", |(year, month, day)| Date::new(year, month, day).ok())
}

/// Money.
pub(crate) fn money(amount: &str, currency: &str) -> Money {
    Money { amount: amount.parse().unwrap(), currency: currency.to_owned() }
}

/// A content with everything said, fit for publication at [`now`].
pub(crate) fn content() -> Content {
    let texts = |text: &str| [("fr".to_owned(), text.to_owned())].into();
    Content {
        job_id: "grape-picker".to_owned(),
        title: texts("Vendangeur en Beaujolais"),
        description: texts("Dix jours de vendanges, logés et nourris."),
        source_language: "fr".to_owned(),
        start_date: Some(date(2027, 8, 25)),
        end_date: Some(date(2027, 9, 5)),
        flexible_days: 3,
        apply_by: Some(date(2027, 8, 1)),
        last_minute: false,
        positions_total: 12,
        pay: Some(Pay {
            min: money("12.50", "EUR"),
            max: Some(money("14.00", "EUR")),
            period: PayPeriod::Hour,
            extras: vec!["prime de fin de vendanges".to_owned()],
        }),
        weekly_hours: 39.5,
        place: "Fleurie".to_owned(),
        location: Some(Location { latitude: 46.19, longitude: 4.69 }),
        benefits: vec!["meals".to_owned()],
        housing: Some(Housing {
            kind: HousingKind::Offered,
            rent: Some(money("60.00", "EUR")),
            rent_period: Some(PayPeriod::Week),
            places_total: 8,
            shared: true,
            couples: true,
            pets: false,
            distance_m: 900,
        }),
        required_languages: vec![LanguageSkill {
            language: "fr".to_owned(),
            level: LanguageLevel::A2,
        }],
        required_certificates: vec!["first-aid".to_owned()],
        preferred_certificates: vec!["forklift".to_owned()],
        min_age: 18,
        questions: vec!["Avez-vous déjà vendangé ?".to_owned()],
        contract_kind: Some(ContractKind::Seasonal),
        external_reference: "2027/17".to_owned(),
    }
}

/// A draft of [`company`].
pub(crate) fn offer() -> Offer {
    Offer::draft(Id(Uuid::from_u128(1_000)), company(), content(), now())
}

/// An offer of [`company`] that stands in `state`.
pub(crate) fn offer_in(state: State) -> Offer {
    let publish_time = (!matches!(state, State::Draft | State::InReview)).then(now);
    Offer { state, publish_time, ..offer() }
}

/// A profile service that knows [`company`] and its members, until it goes away. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Profile(Arc<Played>);

#[derive(Debug)]
struct Played {
    asked: AtomicUsize,
    failure: Mutex<Option<Code>>,
    verification: Mutex<CompanyVerificationState>,
}

impl Profile {
    /// One that is there, to whom the company is verified.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Played {
            asked: AtomicUsize::new(0),
            failure: Mutex::new(None),
            verification: Mutex::new(CompanyVerificationState::Verified),
        }))
    }

    /// From now on it fails so.
    pub(crate) fn fail(&self, code: Option<Code>) {
        *self.0.failure.lock().unwrap() = code;
    }

    /// From now on the company stands so.
    pub(crate) fn verification(&self, state: CompanyVerificationState) {
        *self.0.verification.lock().unwrap() = state;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    fn role(user: Uuid) -> MemberRole {
        let roles = [
            (OWNER, MemberRole::Owner),
            (RECRUITER, MemberRole::Recruiter),
            (VIEWER, MemberRole::Viewer),
        ];
        let found = roles.into_iter().find(|(number, _)| user_id(*number) == user);
        found.map_or(MemberRole::Unspecified, |(_, role)| role)
    }
}

impl MemberService for Profile {
    async fn check_member(
        &self,
        _: Context,
        request: CheckMemberRequest,
    ) -> Result<CheckMemberResponse> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if let Some(code) = *self.0.failure.lock().unwrap() {
            return Err(Status::of(code, "as the test wants it"));
        }
        if request.company_id != company().to_string() {
            return Err(Status::of(Code::NotFound, "there is no such company"));
        }
        let role = Self::role(request.user_id.parse().unwrap()) as i32;
        let verification_state = *self.0.verification.lock().unwrap() as i32;
        Ok(CheckMemberResponse { role, verification_state })
    }

    async fn list_members(&self, _: Context, _: ListMembersRequest) -> Result<ListMembersResponse> {
        not_asked()
    }

    async fn invite_member(&self, _: Context, _: InviteMemberRequest) -> Result<Member> {
        not_asked()
    }

    async fn list_invitations(
        &self,
        _: Context,
        _: ListInvitationsRequest,
    ) -> Result<ListInvitationsResponse> {
        not_asked()
    }

    async fn accept_member(&self, _: Context, _: AcceptMemberRequest) -> Result<Member> {
        not_asked()
    }

    async fn update_member(&self, _: Context, _: UpdateMemberRequest) -> Result<Member> {
        not_asked()
    }

    async fn delete_member(&self, _: Context, _: DeleteMemberRequest) -> Result<()> {
        not_asked()
    }
}

fn not_asked<T>() -> Result<T> {
    Err(Status::of(Code::PermissionDenied, "this service may ask only what a user may do"))
}
