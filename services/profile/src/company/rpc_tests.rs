//! What callers are answered about companies.

use bus::{Code, Context, Result, Status};
use chassis::fixture::stored;
use prost_types::FieldMask;
use proto::profile::v1 as pb;
use proto::profile::v1::CompanyService as _;
use sqlx::PgPool;

use super::{Company, Id, State, Verb, store};
use crate::fixture::{
    World, admin, anonymous, company, company_id, employer, member, now, unregistered, user_id,
};
use crate::member::{self, Member, Role};

const VERBS: [Verb; 5] = [Verb::Submit, Verb::Verify, Verb::Reject, Verb::Suspend, Verb::Reinstate];

fn id_of(number: u128) -> String {
    company_id(number).to_string()
}

fn get(number: u128) -> pb::GetCompanyRequest {
    pb::GetCompanyRequest { company_id: id_of(number) }
}

fn submit(number: u128) -> pb::SubmitCompanyRequest {
    pb::SubmitCompanyRequest { company_id: id_of(number) }
}

fn verify(number: u128) -> pb::VerifyCompanyRequest {
    pb::VerifyCompanyRequest { company_id: id_of(number), reason: "found".to_owned() }
}

fn update(number: u128, company: pb::Company, paths: &[&str]) -> pb::UpdateCompanyRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    pb::UpdateCompanyRequest {
        company_id: id_of(number),
        company: Some(company),
        update_mask: Some(FieldMask { paths }),
    }
}

fn create(registration_number: &str) -> pb::CreateCompanyRequest {
    let company = pb::Company {
        legal_name: "Domaine des Tilleuls SARL".to_owned(),
        registration_number: registration_number.to_owned(),
        country_code: "FR".to_owned(),
        ..pb::Company::default()
    };
    pb::CreateCompanyRequest { company: Some(company) }
}

/// Who may give the verb to company 1: its owner, or an admin.
fn giver(verb: Verb) -> Context {
    if verb == Verb::Submit { employer(5) } else { admin() }
}

impl World {
    /// Gives the verb to company 1.
    async fn give(&self, context: Context, verb: Verb) -> Result<pb::Company> {
        let (company_id, reason) = (id_of(1), "because".to_owned());
        let rpc = &self.company;
        match verb {
            Verb::Submit => rpc.submit_company(context, submit(1)).await,
            Verb::Verify => {
                rpc.verify_company(context, pb::VerifyCompanyRequest { company_id, reason }).await
            }
            Verb::Reject => {
                rpc.reject_company(context, pb::RejectCompanyRequest { company_id, reason }).await
            }
            Verb::Suspend => {
                rpc.suspend_company(context, pb::SuspendCompanyRequest { company_id, reason }).await
            }
            Verb::Reinstate => {
                let request = pb::ReinstateCompanyRequest { company_id, reason };
                rpc.reinstate_company(context, request).await
            }
        }
    }
}

#[sqlx::test]
async fn every_verb_is_answered_in_every_state(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company(&company(), &[(5, Role::Owner)]).await;
    let mut db = world.db().await;

    let mut cells = 0;
    for (state, allowed) in
        State::ALL.iter().zip(["submit", "verify,reject", "suspend", "submit", "reinstate"])
    {
        for verb in VERBS {
            store::save(&mut db, &Company { state: *state, ..company() }).await.unwrap();

            let answer = world.give(giver(verb), verb).await;

            match answer {
                Ok(answer) => {
                    assert!(allowed.split(',').any(|it| it == verb.as_str()), "{verb:?} {state:?}");
                    let reason = if verb == Verb::Submit { "" } else { "because" };
                    assert_eq!((answer.verification_reason.as_str(), answer.revision), (reason, 2));
                    let kept = store::find(&mut db, company().id).await.unwrap().unwrap();
                    assert_eq!(Some(kept.state), state.after(verb));
                }
                Err(status) => {
                    assert!(allowed.split(',').all(|it| it != verb.as_str()), "{verb:?} {state:?}");
                    assert_eq!(status.code(), Code::FailedPrecondition);
                    assert_eq!(status.reason(), "COMPANY_STATE");
                    let facts = status.facts();
                    assert_eq!(
                        (facts["state"].as_str(), facts["allowed"].as_str()),
                        (state.as_str(), allowed)
                    );
                }
            }
            cells += 1;
        }
    }
    assert_eq!(cells, 25);
}

#[sqlx::test]
async fn who_creates_a_company_owns_it(pool: PgPool) {
    let world = World::new(&pool).await;

    let created = world.company.create_company(employer(5), create("FR 1")).await.unwrap();

    let id = created.id.parse().unwrap();
    let role = member::store::role(&mut *world.db().await, id, user_id(5)).await.unwrap();
    assert_eq!(created.verification_state(), pb::CompanyVerificationState::Unverified);
    assert_eq!((created.revision, role), (1, Some(Role::Owner)));
}

#[sqlx::test]
async fn a_company_whose_number_is_taken_leaves_nothing_behind(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company(&company(), &[]).await;

    let taken = create("fr732829320");
    let refused = world.company.create_company(employer(5), taken).await.unwrap_err();

    let mut db = world.db().await;
    assert_eq!(
        (refused.code(), refused.reason()),
        (Code::AlreadyExists, "REGISTRATION_NUMBER_TAKEN")
    );
    assert_eq!(store::list(&mut db, None, None, 9).await.unwrap().len(), 1);
    assert_eq!(member::store::employments(&mut db, user_id(5)).await.unwrap(), []);
}

#[sqlx::test]
async fn a_create_that_is_repeated_with_its_key_makes_one_company(pool: PgPool) {
    let world = World::new(&pool).await;
    let method = "seasonal.profile.v1.CompanyService/CreateCompany";
    let context = || chassis::fixture::command(5, method, "key-1");

    let first = world.company.create_company(context(), create("")).await.unwrap();
    let repeat = world.company.create_company(context(), create("")).await;

    assert_eq!(stored(repeat), Some(first));
    assert_eq!(store::list(&mut *world.db().await, None, None, 9).await.unwrap().len(), 1);
}

#[sqlx::test]
async fn every_verb_is_answered_again_though_the_company_stands_elsewhere_and_its_caller_left(
    pool: PgPool,
) {
    let world = World::new(&pool).await;
    world.add_company(&company(), &[(5, Role::Owner)]).await;
    let mut db = world.db().await;
    let owner = member(1, 5, Role::Owner);

    for verb in VERBS {
        let state = State::ALL.iter().copied().find(|it| it.after(verb).is_some()).unwrap();
        store::save(&mut db, &Company { state, ..company() }).await.unwrap();
        member::store::save(&mut db, &owner).await.unwrap();
        let context = || giver(verb).with_key(verb.as_str());
        let answer = world.give(context(), verb).await.unwrap();
        let left = Member { state: member::State::Removed, ..owner.clone() };
        member::store::save(&mut db, &left).await.unwrap();

        let repeat = world.give(context(), verb).await;

        assert_eq!(stored(repeat), Some(answer), "{verb:?}");
    }
}

#[sqlx::test]
async fn what_an_update_cannot_change_is_named_all_at_once(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company(&company(), &[(5, Role::Owner)]).await;
    let refused = async |paths: &[&str]| {
        let request = update(1, pb::Company::default(), paths);
        let status = world.company.update_company(employer(5), request).await.unwrap_err();
        let found = status.violations().iter();
        found.map(|it| format!("{} {}", it.field, it.reason)).collect::<Vec<_>>()
    };

    let unknown = "/updateMask UNKNOWN_FIELD";
    assert_eq!(
        refused(&["about", "verification_state", "about.fr", "*"]).await,
        ["/updateMask OUTPUT_ONLY", unknown, unknown]
    );
    assert_eq!(refused(&[]).await, ["/updateMask REQUIRED"]);
}

#[sqlx::test]
async fn every_caller_sees_of_a_company_what_is_for_him(pool: PgPool) {
    let world = World::new(&pool).await;
    let rejected = Company { state: State::Rejected, reason: "typo".to_owned(), ..company() };
    world.add_company(&rejected, &[(5, Role::Viewer)]).await;

    let (email, phone) = ("contact@tilleuls.example", "+33380000000");
    for (caller, expected) in [
        (anonymous(), ["", "", ""]),
        (employer(6), [email, phone, ""]),
        (chassis::fixture::user(7, &["worker"]), [email, phone, ""]),
        (employer(5), [email, phone, "typo"]),
        (admin(), [email, phone, "typo"]),
    ] {
        let seen = world.company.get_company(caller.clone(), get(1)).await.unwrap();
        let private = [&seen.contact_email, &seen.contact_phone, &seen.verification_reason];
        assert_eq!(private, expected, "{caller:?}");
        assert_eq!(seen.verification_state(), pb::CompanyVerificationState::Rejected);
    }
}

#[sqlx::test]
async fn a_company_that_is_not_there_is_not_found(pool: PgPool) {
    let world = World::new(&pool).await;
    let rpc = &world.company;

    let refused: [Status; 4] = [
        rpc.get_company(anonymous(), get(9)).await.unwrap_err(),
        rpc.submit_company(employer(5), submit(9)).await.unwrap_err(),
        rpc.verify_company(admin(), verify(9)).await.unwrap_err(),
        rpc.update_company(employer(5), update(9, pb::Company::default(), &["about"]))
            .await
            .unwrap_err(),
    ];

    for status in refused {
        assert_eq!((status.code(), status.reason()), (Code::NotFound, "COMPANY_NOT_FOUND"));
    }
}

#[sqlx::test]
async fn a_member_changes_what_the_role_allows(pool: PgPool) {
    let world = World::new(&pool).await;
    let members = [(5, Role::Owner), (6, Role::Recruiter), (7, Role::Viewer)];
    world.add_company(&company(), &members).await;
    let written = pb::Company {
        legal_name: "Other".to_owned(),
        website: "https://other.example".to_owned(),
        ..pb::Company::default()
    };

    for (user, path, expected) in [
        (5, "legal_name", Ok(2)),
        (6, "website", Ok(3)),
        (6, "trade_name", Err("ROLE_TOO_LOW")),
        (7, "website", Err("ROLE_TOO_LOW")),
        (8, "website", Err("NOT_A_MEMBER")),
    ] {
        let request = update(1, written.clone(), &[path]);
        let answer = world.company.update_company(employer(user), request).await;
        let revision = answer.as_ref().map(|it| it.revision).map_err(Status::reason);
        assert_eq!(revision, expected, "{path} by {user}");
    }
    let after = world.company.get_company(employer(5), get(1)).await.unwrap();
    assert_eq!((after.legal_name.as_str(), after.trade_name.as_str()), ("Other", "Les Tilleuls"));
    assert_eq!(after.website, "https://other.example");
}

#[sqlx::test]
async fn a_new_number_takes_a_verified_company_back_to_pending(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company_in(1, State::Verified, &[(5, Role::Owner)]).await;
    let written = pb::Company { registration_number: "FR 2".to_owned(), ..pb::Company::default() };

    let request = update(1, written, &["registration_number"]);
    let updated = world.company.update_company(employer(5), request).await.unwrap();

    assert_eq!(updated.verification_state(), pb::CompanyVerificationState::Pending);
    assert_eq!(updated.registration_number, "FR 2");
}

#[sqlx::test]
async fn only_owners_submit_and_only_with_a_number(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company(&unregistered(1), &[(5, Role::Owner), (6, Role::Recruiter)]).await;

    for (user, code, reason) in [
        (5, Code::FailedPrecondition, "REGISTRATION_NUMBER_MISSING"),
        (6, Code::PermissionDenied, "ROLE_TOO_LOW"),
        (7, Code::PermissionDenied, "NOT_A_MEMBER"),
    ] {
        let refused = world.company.submit_company(employer(user), submit(1)).await.unwrap_err();
        assert_eq!((refused.code(), refused.reason()), (code, reason));
    }
}

#[sqlx::test]
async fn a_change_of_an_old_revision_is_refused(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company_in(1, State::Pending, &[(5, Role::Owner)]).await;
    let stale = |context: Context| context.with_if_match("\"7-abc\"");
    let rpc = &world.company;

    let refused = [
        rpc.verify_company(stale(admin()), verify(1)).await,
        rpc.submit_company(stale(employer(5)), submit(1)).await,
        rpc.update_company(stale(employer(5)), update(1, pb::Company::default(), &["about"])).await,
    ];

    for status in refused.map(Result::unwrap_err) {
        assert_eq!(status.code(), Code::PreconditionFailed);
        assert_eq!(status.facts()["etag_revision"], "1");
    }
}

#[sqlx::test]
async fn two_admins_who_decide_at_once_decide_once(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company_in(1, State::Pending, &[]).await;

    let (one, other) =
        tokio::join!(world.give(admin(), Verb::Verify), world.give(admin(), Verb::Reject));

    assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1);
}

#[sqlx::test]
async fn employers_list_their_companies_and_admins_all_page_by_page(pool: PgPool) {
    let world = World::new(&pool).await;
    for number in 1..=5 {
        let state = if number == 3 { State::Verified } else { State::Unverified };
        let members: &[_] = if number > 2 { &[(5, Role::Viewer)] } else { &[] };
        world.add_company_in(number, state, members).await;
    }
    let (any, verified) =
        (pb::CompanyVerificationState::Unspecified, pb::CompanyVerificationState::Verified);

    assert_eq!(world.pages(&employer(5), any, 2).await, [vec![5, 4], vec![3]]);
    assert_eq!(world.pages(&employer(6), any, 2).await, [vec![]]);
    assert_eq!(world.pages(&admin(), any, 3).await, [vec![5, 4, 3], vec![2, 1]]);
    assert_eq!(world.pages(&admin(), verified, 0).await, [vec![3]]);
    assert_eq!(world.pages(&employer(5), verified, 0).await, [vec![3]]);
}

impl World {
    /// All pages of the caller's list, as the companies' numbers.
    async fn pages(
        &self,
        caller: &Context,
        state: pb::CompanyVerificationState,
        page_size: i32,
    ) -> Vec<Vec<u128>> {
        let mut request = pb::ListCompaniesRequest {
            verification_state: state.into(),
            page_size,
            page_token: String::new(),
        };
        let mut pages = Vec::new();
        loop {
            let answer =
                self.company.list_companies(caller.clone(), request.clone()).await.unwrap();
            let number = |it: &pb::Company| it.id.parse::<Id>().unwrap().0.as_u128();
            pages.push(answer.companies.iter().map(number).collect());
            if answer.next_page_token.is_empty() {
                return pages;
            }
            request.page_token = answer.next_page_token;
        }
    }
}

#[sqlx::test]
async fn an_answer_tells_when_the_company_was_made_and_changed(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company_in(1, State::Pending, &[]).await;
    world.clock.advance(std::time::Duration::from_mins(1));

    let verified = world.company.verify_company(admin(), verify(1)).await.unwrap();

    let made = chassis::time::moment(now());
    let changed = prost_types::Timestamp { seconds: made.seconds + 60, nanos: 0 };
    assert_eq!((verified.create_time, verified.update_time), (Some(made), Some(changed)));
}
