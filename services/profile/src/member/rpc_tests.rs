//! What callers are answered about members and invitations.

use std::time::Duration;

use bus::{Code, Context, Result, Status};
use prost_types::FieldMask;
use proto::profile::v1 as pb;
use proto::profile::v1::MemberService as _;
use sqlx::PgPool;

use super::{Id, Role, store};
use crate::company::State;
use crate::fixture::{
    Service, admin, company_id, employer, member, unregistered, user_id, with_email,
};

const ROSA: &str = "rosa@example.org";
/// How often a race is run.
const ROUNDS: u128 = 120;

fn id_of(company: u128) -> String {
    company_id(company).to_string()
}

fn invite(company: u128, email: &str, role: pb::MemberRole) -> pb::InviteMemberRequest {
    let (company_id, email) = (id_of(company), email.to_owned());
    pb::InviteMemberRequest { company_id, email, role: role.into() }
}

fn accept(invitation: &pb::Member) -> pb::AcceptMemberRequest {
    let (company_id, member_id) = (invitation.company_id.clone(), invitation.id.clone());
    pb::AcceptMemberRequest { company_id, member_id }
}

fn delete(company: u128, member_id: &impl ToString) -> pb::DeleteMemberRequest {
    pb::DeleteMemberRequest { company_id: id_of(company), member_id: member_id.to_string() }
}

fn assign(
    company: u128,
    member_id: &impl ToString,
    role: pb::MemberRole,
) -> pb::UpdateMemberRequest {
    pb::UpdateMemberRequest {
        company_id: id_of(company),
        member_id: member_id.to_string(),
        member: Some(pb::Member { role: role.into(), ..pb::Member::default() }),
        update_mask: Some(FieldMask { paths: vec!["role".to_owned()] }),
    }
}

fn list(company: u128) -> pb::ListMembersRequest {
    pb::ListMembersRequest { company_id: id_of(company), ..pb::ListMembersRequest::default() }
}

/// Rosa, who is user 20, with her verified address.
fn rosa() -> Context {
    with_email(employer(20), ROSA)
}

/// The service with company 1: user 5 owns it, 6 is recruiter, 7 viewer.
async fn service(pool: PgPool) -> Service {
    let service = Service::start(pool).await;
    let members = [(5, Role::Owner), (6, Role::Recruiter), (7, Role::Viewer)];
    service.add_company(&unregistered(1), &members).await;
    service
}

impl Service {
    async fn invites_rosa(&self) -> pb::Member {
        let request = invite(1, "Rosa@Example.org", pb::MemberRole::Recruiter);
        self.member.invite_member(employer(5), request).await.unwrap()
    }

    async fn role_of(&self, user: u128) -> Option<Role> {
        store::role(&mut *self.db().await, company_id(1), user_id(user)).await.unwrap()
    }
}

#[sqlx::test]
async fn who_is_invited_finds_the_invitation_and_becomes_a_member(pool: PgPool) {
    let service = service(pool).await;

    let invitation = service.invites_rosa().await;
    let found = service.member.list_invitations(rosa(), pb::ListInvitationsRequest {}).await;
    let accepted = service.member.accept_member(rosa(), accept(&invitation)).await.unwrap();

    assert_eq!(found.unwrap().members, std::slice::from_ref(&invitation));
    assert_eq!(invitation.invite_email, ROSA);
    assert_eq!(
        (accepted.state(), accepted.role()),
        (pb::MemberState::Active, pb::MemberRole::Recruiter)
    );
    assert_eq!(accepted.user_id, user_id(20).to_string());
    assert_eq!(service.role_of(20).await, Some(Role::Recruiter));
    let open = service.member.list_invitations(rosa(), pb::ListInvitationsRequest {}).await;
    assert_eq!(open.unwrap().members, []);
}

#[sqlx::test]
async fn an_invitation_is_for_its_address_alone(pool: PgPool) {
    let service = service(pool).await;
    let invitation = service.invites_rosa().await;

    for caller in [with_email(employer(21), "ivan@example.org"), employer(20), employer(5)] {
        let caller = caller.with_if_match("\"7\"");
        let listed =
            service.member.list_invitations(caller.clone(), pb::ListInvitationsRequest {}).await;
        let refused = service.member.accept_member(caller, accept(&invitation)).await.unwrap_err();
        assert_eq!(listed.unwrap().members, []);
        assert_eq!((refused.code(), refused.reason()), (Code::NotFound, "MEMBER_NOT_FOUND"));
    }
}

#[sqlx::test]
async fn an_invitation_ends_after_fourteen_days_and_can_be_made_again(pool: PgPool) {
    let service = service(pool).await;
    let invitation = service.invites_rosa().await;
    service.clock.advance(Duration::from_hours(14 * 24));

    let listed = service.member.list_invitations(rosa(), pb::ListInvitationsRequest {}).await;
    let refused = service.member.accept_member(rosa(), accept(&invitation)).await.unwrap_err();
    let again = service.invites_rosa().await;

    assert_eq!(listed.unwrap().members, []);
    assert_eq!((refused.code(), refused.reason()), (Code::Gone, "INVITATION_EXPIRED"));
    assert!(service.member.accept_member(rosa(), accept(&again)).await.is_ok());
}

#[sqlx::test]
async fn an_invitation_is_accepted_once(pool: PgPool) {
    let service = service(pool).await;
    let invitation = service.invites_rosa().await;
    service.member.accept_member(rosa(), accept(&invitation)).await.unwrap();

    let again = service.member.accept_member(rosa(), accept(&invitation)).await.unwrap_err();

    assert_eq!((again.code(), again.reason()), (Code::FailedPrecondition, "INVITATION_CLOSED"));
    assert_eq!(again.facts()["state"], "ACTIVE");
}

#[sqlx::test]
async fn a_member_cannot_join_again_by_another_address(pool: PgPool) {
    let service = service(pool).await;
    let invitation = service.invites_rosa().await;
    let viewer = with_email(employer(7), ROSA);

    let refused = service.member.accept_member(viewer, accept(&invitation)).await.unwrap_err();

    assert_eq!((refused.code(), refused.reason()), (Code::AlreadyExists, "ALREADY_MEMBER"));
    assert_eq!(service.role_of(7).await, Some(Role::Viewer));
}

#[sqlx::test]
async fn an_address_that_is_invited_or_a_members_is_not_invited_again(pool: PgPool) {
    let service = service(pool).await;
    let invitation = service.invites_rosa().await;
    let again = || invite(1, ROSA, pb::MemberRole::Owner);

    let invited = service.member.invite_member(employer(5), again()).await.unwrap_err();
    service.member.accept_member(rosa(), accept(&invitation)).await.unwrap();
    let accepted = service.member.invite_member(employer(5), again()).await.unwrap_err();
    service.member.delete_member(employer(5), delete(1, &invitation.id)).await.unwrap();
    let removed = service.member.invite_member(employer(5), again()).await;

    for refused in [invited, accepted] {
        assert_eq!((refused.code(), refused.reason()), (Code::AlreadyExists, "ADDRESS_TAKEN"));
    }
    assert_eq!(removed.unwrap().state(), pb::MemberState::Invited);
}

#[sqlx::test]
async fn only_owners_invite_and_assign(pool: PgPool) {
    let service = service(pool).await;
    let viewer = member(1, 7, Role::Viewer).id;

    for (user, code, reason) in [
        (6, Code::PermissionDenied, "ROLE_TOO_LOW"),
        (7, Code::PermissionDenied, "ROLE_TOO_LOW"),
        (8, Code::NotFound, "MEMBERS_NOT_FOUND"),
    ] {
        let invite = invite(1, ROSA, pb::MemberRole::Viewer);
        let invited = service.member.invite_member(employer(user), invite).await.unwrap_err();
        let assign = assign(1, &viewer, pb::MemberRole::Owner);
        let assigned = service.member.update_member(employer(user), assign).await.unwrap_err();
        for refused in [invited, assigned] {
            assert_eq!((refused.code(), refused.reason()), (code, reason));
        }
    }
}

#[sqlx::test]
async fn an_owner_assigns_roles(pool: PgPool) {
    let service = service(pool).await;
    let (owner, viewer) = (member(1, 5, Role::Owner).id, member(1, 7, Role::Viewer).id);

    let refused = assign(1, &owner, pb::MemberRole::Viewer);
    let refused = service.member.update_member(employer(5), refused).await.unwrap_err();
    let second = assign(1, &viewer, pb::MemberRole::Owner);
    let second = service.member.update_member(employer(5), second).await.unwrap();
    let first = assign(1, &owner, pb::MemberRole::Viewer);
    let first = service.member.update_member(employer(5), first).await.unwrap();

    assert_eq!((refused.code(), refused.reason()), (Code::FailedPrecondition, "LAST_OWNER"));
    assert_eq!((second.role(), second.revision), (pb::MemberRole::Owner, 2));
    assert_eq!(first.role(), pb::MemberRole::Viewer);
    assert_eq!(service.role_of(5).await, Some(Role::Viewer));
}

#[sqlx::test]
async fn an_assignment_of_anything_but_the_role_is_refused(pool: PgPool) {
    let service = service(pool).await;
    let mut request = assign(1, &member(1, 7, Role::Viewer).id, pb::MemberRole::Owner);
    request.update_mask = Some(FieldMask { paths: vec!["user_id".to_owned()] });

    let refused = service.member.update_member(employer(5), request).await.unwrap_err();

    assert_eq!(refused.violations()[0].field, "/updateMask");
    assert_eq!(service.role_of(7).await, Some(Role::Viewer));
}

#[sqlx::test]
async fn a_change_of_an_old_revision_is_refused(pool: PgPool) {
    let service = service(pool).await;
    let viewer = member(1, 7, Role::Viewer).id;
    let stale = || employer(5).with_if_match("\"2-abc\"");

    let assign = assign(1, &viewer, pb::MemberRole::Owner);
    let assigned = service.member.update_member(stale(), assign).await.unwrap_err();
    let deleted = service.member.delete_member(stale(), delete(1, &viewer)).await.unwrap_err();

    assert_eq!([assigned.code(), deleted.code()], [Code::PreconditionFailed; 2]);
    assert_eq!(service.role_of(7).await, Some(Role::Viewer));
}

#[sqlx::test]
async fn owners_remove_anyone_and_others_leave(pool: PgPool) {
    let service = service(pool).await;
    let ids = [5, 6, 7].map(|user| member(1, user, Role::Viewer).id);
    let [owner, recruiter, viewer] = ids;
    let remove = |user, id: Id| service.member.delete_member(employer(user), delete(1, &id));
    let reason = |answer: Result<()>| answer.map_err(|status| status.reason().to_owned());

    assert_eq!(reason(remove(6, viewer).await), Err("ROLE_TOO_LOW".to_owned()));
    assert_eq!(reason(remove(8, viewer).await), Err("MEMBER_NOT_FOUND".to_owned()));
    assert_eq!(reason(remove(5, owner).await), Err("LAST_OWNER".to_owned()));
    assert_eq!(reason(remove(6, recruiter).await), Ok(()));
    assert_eq!(reason(remove(5, viewer).await), Ok(()));
    assert_eq!(reason(remove(5, viewer).await), Err("MEMBER_NOT_FOUND".to_owned()));
    assert_eq!([service.role_of(6).await, service.role_of(7).await], [None, None]);
}

#[sqlx::test]
async fn an_invitation_is_taken_back_or_declined(pool: PgPool) {
    let service = service(pool).await;

    for caller in [employer(5), rosa()] {
        let invitation = service.invites_rosa().await;
        service.member.delete_member(caller, delete(1, &invitation.id)).await.unwrap();
        let late = service.member.accept_member(rosa(), accept(&invitation)).await.unwrap_err();
        assert_eq!(
            (late.reason(), late.facts()["state"].as_str()),
            ("INVITATION_CLOSED", "REMOVED")
        );
    }
}

#[sqlx::test]
async fn members_and_admins_list_the_members(pool: PgPool) {
    let service = service(pool).await;
    service.invites_rosa().await;

    for caller in [employer(5), employer(7), admin()] {
        let answer = service.member.list_members(caller, list(1)).await.unwrap();
        assert_eq!(answer.members.len(), 4);
        assert_eq!(answer.next_page_token, "");
    }
    let stranger = service.member.list_members(employer(8), list(1)).await.unwrap_err();
    let nowhere = service.member.list_members(admin(), list(9)).await.unwrap_err();
    assert_eq!((stranger.code(), stranger.reason()), (Code::NotFound, "MEMBERS_NOT_FOUND"));
    assert_eq!((nowhere.code(), nowhere.reason()), (Code::NotFound, "COMPANY_NOT_FOUND"));
}

#[sqlx::test]
async fn members_are_listed_page_by_page(pool: PgPool) {
    let service = service(pool).await;
    let mut request = pb::ListMembersRequest { page_size: 2, ..list(1) };

    let first = service.member.list_members(employer(5), request.clone()).await.unwrap();
    request.page_token = first.next_page_token;
    let second = service.member.list_members(employer(5), request.clone()).await.unwrap();
    let another = service.member.list_members(employer(6), request).await.unwrap_err();

    let users: Vec<_> =
        first.members.iter().chain(&second.members).map(|it| it.user_id.clone()).collect();
    assert_eq!(users, [5, 6, 7].map(|user| user_id(user).to_string()));
    assert_eq!(second.next_page_token, "");
    assert_eq!(another.violations()[0].field, "/pageToken");
}

#[sqlx::test]
async fn a_service_is_told_what_a_user_may_do(pool: PgPool) {
    let service = service(pool).await;
    service.add_company_in(2, State::Verified, &[(5, Role::Viewer)]).await;
    let check = |company, user| {
        let request = pb::CheckMemberRequest {
            company_id: id_of(company),
            user_id: user_id(user).to_string(),
        };
        service.member.check_member(Context::internal("ad", Duration::from_secs(2)), request)
    };

    let mut told = Vec::new();
    for (company, user) in [(1, 5), (1, 6), (2, 5), (2, 6)] {
        let answer = check(company, user).await.unwrap();
        told.push((answer.role(), answer.verification_state()));
    }

    let (unverified, verified) =
        (pb::CompanyVerificationState::Unverified, pb::CompanyVerificationState::Verified);
    let expected = [
        (pb::MemberRole::Owner, unverified),
        (pb::MemberRole::Recruiter, unverified),
        (pb::MemberRole::Viewer, verified),
        (pb::MemberRole::Unspecified, verified),
    ];
    assert_eq!(told, expected);
    assert_eq!(check(9, 5).await.unwrap_err().reason(), "COMPANY_NOT_FOUND");
}

/// Two owners, users 5 and 6, of a company of their own.
async fn two_owners(service: &Service, company: u128) -> [Id; 2] {
    let owners = [(5, Role::Owner), (6, Role::Owner)];
    service.add_company(&unregistered(company), &owners).await;
    owners.map(|(user, role)| member(company, user, role).id)
}

async fn assert_one_owner_stays(
    service: &Service,
    company: u128,
    answers: [Result<(), Status>; 2],
) {
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    let owners = store::owners(&mut *service.db().await, company_id(company)).await.unwrap();
    assert_eq!((done, owners), (1, 1), "round {company}: {answers:?}");
}

#[sqlx::test]
async fn of_two_owners_who_remove_each_other_at_once_one_stays(pool: PgPool) {
    let service = Service::start(pool).await;

    for company in 1..=ROUNDS {
        let [five, six] = two_owners(&service, company).await;
        let (one, other) = tokio::join!(
            service.member.delete_member(employer(5), delete(company, &six)),
            service.member.delete_member(employer(6), delete(company, &five)),
        );
        assert_one_owner_stays(&service, company, [one, other]).await;
    }
}

#[sqlx::test]
async fn of_two_owners_who_leave_and_step_down_at_once_one_stays(pool: PgPool) {
    let service = Service::start(pool).await;

    for company in 1..=ROUNDS {
        let [five, six] = two_owners(&service, company).await;
        let (left, stepped_down) = tokio::join!(
            service.member.delete_member(employer(5), delete(company, &five)),
            service
                .member
                .update_member(employer(6), assign(company, &six, pb::MemberRole::Recruiter)),
        );
        let stepped_down = stepped_down.map(drop);
        assert_one_owner_stays(&service, company, [left, stepped_down]).await;
    }
}

#[sqlx::test]
async fn of_two_who_accept_one_invitation_at_once_one_becomes_a_member(pool: PgPool) {
    let service = service(pool).await;

    for _ in 0..ROUNDS / 4 {
        let invitation = service.invites_rosa().await;
        let other_account = with_email(employer(21), ROSA);
        let (one, other) = tokio::join!(
            service.member.accept_member(rosa(), accept(&invitation)),
            service.member.accept_member(other_account, accept(&invitation)),
        );
        let done = [one.as_ref().err(), other.as_ref().err()];
        assert_eq!(done.iter().filter(|error| error.is_none()).count(), 1, "{done:?}");
        service.member.delete_member(employer(5), delete(1, &invitation.id)).await.unwrap();
    }
}
