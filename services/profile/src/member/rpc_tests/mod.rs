//! What callers are answered about members and invitations.

mod race;

use std::time::Duration;

use bus::{Code, Context, Result};
use chassis::fixture::stored;
use prost_types::FieldMask;
use proto::profile::v1 as pb;
use proto::profile::v1::MemberService as _;
use sqlx::PgPool;

use super::{Id, Role, store};
use crate::company::State;
use crate::fixture::{
    World, admin, company_id, employer, member, unregistered, user_id, with_email,
};

const ROSA: &str = "rosa@example.org";

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

/// A world with company 1: user 5 owns it, 6 is recruiter, 7 viewer.
async fn world(pool: PgPool) -> World {
    let world = World::new(&pool).await;
    let members = [(5, Role::Owner), (6, Role::Recruiter), (7, Role::Viewer)];
    world.add_company(&unregistered(1), &members).await;
    world
}

impl World {
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
    let world = world(pool).await;

    let invitation = world.invites_rosa().await;
    let found = world.member.list_invitations(rosa(), pb::ListInvitationsRequest {}).await;
    let accepted = world.member.accept_member(rosa(), accept(&invitation)).await.unwrap();

    assert_eq!(found.unwrap().members, std::slice::from_ref(&invitation));
    assert_eq!(invitation.invite_email, ROSA);
    assert_eq!(
        (accepted.state(), accepted.role()),
        (pb::MemberState::Active, pb::MemberRole::Recruiter)
    );
    assert_eq!(accepted.user_id, user_id(20).to_string());
    assert_eq!(world.role_of(20).await, Some(Role::Recruiter));
    let open = world.member.list_invitations(rosa(), pb::ListInvitationsRequest {}).await;
    assert_eq!(open.unwrap().members, []);
}

#[sqlx::test]
async fn an_invitation_is_for_its_address_alone(pool: PgPool) {
    let world = world(pool).await;
    let invitation = world.invites_rosa().await;

    for caller in [with_email(employer(21), "ivan@example.org"), employer(20), employer(5)] {
        let caller = caller.with_if_match("\"7\"");
        let listed =
            world.member.list_invitations(caller.clone(), pb::ListInvitationsRequest {}).await;
        let refused = world.member.accept_member(caller, accept(&invitation)).await.unwrap_err();
        assert_eq!(listed.unwrap().members, []);
        assert_eq!((refused.code(), refused.reason()), (Code::NotFound, "MEMBER_NOT_FOUND"));
    }
}

#[sqlx::test]
async fn an_invitation_ends_after_fourteen_days_and_can_be_made_again(pool: PgPool) {
    let world = world(pool).await;
    let invitation = world.invites_rosa().await;
    world.clock.advance(Duration::from_hours(14 * 24));

    let listed = world.member.list_invitations(rosa(), pb::ListInvitationsRequest {}).await;
    let refused = world.member.accept_member(rosa(), accept(&invitation)).await.unwrap_err();
    let again = world.invites_rosa().await;

    assert_eq!(listed.unwrap().members, []);
    assert_eq!((refused.code(), refused.reason()), (Code::Gone, "INVITATION_EXPIRED"));
    assert!(world.member.accept_member(rosa(), accept(&again)).await.is_ok());
}

#[sqlx::test]
async fn an_invitation_is_accepted_once(pool: PgPool) {
    let world = world(pool).await;
    let invitation = world.invites_rosa().await;
    world.member.accept_member(rosa(), accept(&invitation)).await.unwrap();

    let again = world.member.accept_member(rosa(), accept(&invitation)).await.unwrap_err();

    assert_eq!((again.code(), again.reason()), (Code::FailedPrecondition, "INVITATION_CLOSED"));
    assert_eq!(again.facts()["state"], "ACTIVE");
}

#[sqlx::test]
async fn a_member_cannot_join_again_by_another_address(pool: PgPool) {
    let world = world(pool).await;
    let invitation = world.invites_rosa().await;
    let viewer = with_email(employer(7), ROSA);

    let refused = world.member.accept_member(viewer, accept(&invitation)).await.unwrap_err();

    assert_eq!((refused.code(), refused.reason()), (Code::AlreadyExists, "ALREADY_MEMBER"));
    assert_eq!(world.role_of(7).await, Some(Role::Viewer));
}

#[sqlx::test]
async fn an_address_that_is_invited_or_a_members_is_not_invited_again(pool: PgPool) {
    let world = world(pool).await;
    let invitation = world.invites_rosa().await;
    let again = || invite(1, ROSA, pb::MemberRole::Owner);

    let invited = world.member.invite_member(employer(5), again()).await.unwrap_err();
    world.member.accept_member(rosa(), accept(&invitation)).await.unwrap();
    let accepted = world.member.invite_member(employer(5), again()).await.unwrap_err();
    world.member.delete_member(employer(5), delete(1, &invitation.id)).await.unwrap();
    let removed = world.member.invite_member(employer(5), again()).await;

    for refused in [invited, accepted] {
        assert_eq!((refused.code(), refused.reason()), (Code::AlreadyExists, "ADDRESS_TAKEN"));
    }
    assert_eq!(removed.unwrap().state(), pb::MemberState::Invited);
}

#[sqlx::test]
async fn only_owners_invite_and_assign(pool: PgPool) {
    let world = world(pool).await;
    let viewer = member(1, 7, Role::Viewer).id;

    for (user, code, reason) in [
        (6, Code::PermissionDenied, "ROLE_TOO_LOW"),
        (7, Code::PermissionDenied, "ROLE_TOO_LOW"),
        (8, Code::NotFound, "MEMBERS_NOT_FOUND"),
    ] {
        let invite = invite(1, ROSA, pb::MemberRole::Viewer);
        let invited = world.member.invite_member(employer(user), invite).await.unwrap_err();
        let assign = assign(1, &viewer, pb::MemberRole::Owner);
        let assigned = world.member.update_member(employer(user), assign).await.unwrap_err();
        for refused in [invited, assigned] {
            assert_eq!((refused.code(), refused.reason()), (code, reason));
        }
    }
}

#[sqlx::test]
async fn an_owner_assigns_roles(pool: PgPool) {
    let world = world(pool).await;
    let (owner, viewer) = (member(1, 5, Role::Owner).id, member(1, 7, Role::Viewer).id);

    let refused = assign(1, &owner, pb::MemberRole::Viewer);
    let refused = world.member.update_member(employer(5), refused).await.unwrap_err();
    let second = assign(1, &viewer, pb::MemberRole::Owner);
    let second = world.member.update_member(employer(5), second).await.unwrap();
    let first = assign(1, &owner, pb::MemberRole::Viewer);
    let first = world.member.update_member(employer(5), first).await.unwrap();

    assert_eq!((refused.code(), refused.reason()), (Code::FailedPrecondition, "LAST_OWNER"));
    assert_eq!((second.role(), second.revision), (pb::MemberRole::Owner, 2));
    assert_eq!(first.role(), pb::MemberRole::Viewer);
    assert_eq!(world.role_of(5).await, Some(Role::Viewer));
}

#[sqlx::test]
async fn an_assignment_of_anything_but_the_role_is_refused(pool: PgPool) {
    let world = world(pool).await;
    let mut request = assign(1, &member(1, 7, Role::Viewer).id, pb::MemberRole::Owner);
    request.update_mask = Some(FieldMask { paths: vec!["user_id".to_owned()] });

    let refused = world.member.update_member(employer(5), request).await.unwrap_err();

    assert_eq!(refused.violations()[0].field, "/updateMask");
    assert_eq!(world.role_of(7).await, Some(Role::Viewer));
}

#[sqlx::test]
async fn a_change_of_an_old_revision_is_refused(pool: PgPool) {
    let world = world(pool).await;
    let viewer = member(1, 7, Role::Viewer).id;
    let stale = || employer(5).with_if_match("\"2-abc\"");

    let assign = assign(1, &viewer, pb::MemberRole::Owner);
    let assigned = world.member.update_member(stale(), assign).await.unwrap_err();
    let deleted = world.member.delete_member(stale(), delete(1, &viewer)).await.unwrap_err();

    assert_eq!([assigned.code(), deleted.code()], [Code::PreconditionFailed; 2]);
    assert_eq!(world.role_of(7).await, Some(Role::Viewer));
}

#[sqlx::test]
async fn owners_remove_anyone_and_others_leave(pool: PgPool) {
    let world = world(pool).await;
    let ids = [5, 6, 7].map(|user| member(1, user, Role::Viewer).id);
    let [owner, recruiter, viewer] = ids;
    let remove = |user, id: Id| world.member.delete_member(employer(user), delete(1, &id));
    let reason = |answer: Result<()>| answer.map_err(|status| status.reason().to_owned());

    assert_eq!(reason(remove(6, viewer).await), Err("ROLE_TOO_LOW".to_owned()));
    assert_eq!(reason(remove(8, viewer).await), Err("MEMBER_NOT_FOUND".to_owned()));
    assert_eq!(reason(remove(5, owner).await), Err("LAST_OWNER".to_owned()));
    assert_eq!(reason(remove(6, recruiter).await), Ok(()));
    assert_eq!(reason(remove(5, viewer).await), Ok(()));
    assert_eq!(reason(remove(5, viewer).await), Err("MEMBER_NOT_FOUND".to_owned()));
    assert_eq!([world.role_of(6).await, world.role_of(7).await], [None, None]);
}

#[sqlx::test]
async fn an_invitation_is_taken_back_or_declined(pool: PgPool) {
    let world = world(pool).await;

    for caller in [employer(5), rosa()] {
        let invitation = world.invites_rosa().await;
        world.member.delete_member(caller, delete(1, &invitation.id)).await.unwrap();
        let late = world.member.accept_member(rosa(), accept(&invitation)).await.unwrap_err();
        assert_eq!(
            (late.reason(), late.facts()["state"].as_str()),
            ("INVITATION_CLOSED", "REMOVED")
        );
    }
}

#[sqlx::test]
async fn every_command_is_answered_again_whatever_has_happened_since(pool: PgPool) {
    let world = world(pool).await;
    let (rpc, owner) = (&world.member, || employer(5));
    let [five, six] = [5, 6].map(|user| member(1, user, Role::Owner).id);
    let invite = || invite(1, ROSA, pb::MemberRole::Viewer);
    let step_down = || assign(1, &five, pb::MemberRole::Viewer);
    let leave = || delete(1, &five);

    let invited = rpc.invite_member(owner().with_key("invite"), invite()).await.unwrap();
    let accept = || accept(&invited);
    let accepted = rpc.accept_member(rosa().with_key("accept"), accept()).await.unwrap();
    rpc.update_member(owner(), assign(1, &six, pb::MemberRole::Owner)).await.unwrap();
    let stepped_down = rpc.update_member(owner().with_key("step"), step_down()).await.unwrap();
    rpc.delete_member(owner().with_key("leave"), leave()).await.unwrap();

    let again = rpc.invite_member(owner().with_key("invite"), invite()).await;
    assert_eq!(stored(again), Some(invited.clone()));
    let again = rpc.accept_member(rosa().with_key("accept"), accept()).await;
    assert_eq!(stored(again), Some(accepted));
    let again = rpc.update_member(owner().with_key("step"), step_down()).await;
    assert_eq!(stored(again), Some(stepped_down));
    let again = rpc.delete_member(owner().with_key("leave"), leave()).await;
    assert_eq!(stored(again), Some(()));
}

#[sqlx::test]
async fn members_and_admins_list_the_members(pool: PgPool) {
    let world = world(pool).await;
    world.invites_rosa().await;

    for caller in [employer(5), employer(7), admin()] {
        let answer = world.member.list_members(caller, list(1)).await.unwrap();
        assert_eq!(answer.members.len(), 4);
        assert_eq!(answer.next_page_token, "");
    }
    let stranger = world.member.list_members(employer(8), list(1)).await.unwrap_err();
    let nowhere = world.member.list_members(admin(), list(9)).await.unwrap_err();
    assert_eq!((stranger.code(), stranger.reason()), (Code::NotFound, "MEMBERS_NOT_FOUND"));
    assert_eq!((nowhere.code(), nowhere.reason()), (Code::NotFound, "COMPANY_NOT_FOUND"));
}

#[sqlx::test]
async fn members_are_listed_page_by_page(pool: PgPool) {
    let world = world(pool).await;
    let mut request = pb::ListMembersRequest { page_size: 2, ..list(1) };

    let first = world.member.list_members(employer(5), request.clone()).await.unwrap();
    request.page_token = first.next_page_token;
    let second = world.member.list_members(employer(5), request.clone()).await.unwrap();
    let another = world.member.list_members(employer(6), request).await.unwrap_err();

    let users: Vec<_> =
        first.members.iter().chain(&second.members).map(|it| it.user_id.clone()).collect();
    assert_eq!(users, [5, 6, 7].map(|user| user_id(user).to_string()));
    assert_eq!(second.next_page_token, "");
    assert_eq!(another.violations()[0].field, "/pageToken");
}

#[sqlx::test]
async fn a_service_is_told_what_a_user_may_do(pool: PgPool) {
    let world = world(pool).await;
    world.add_company_in(2, State::Verified, &[(5, Role::Viewer)]).await;
    let check = |company, user| {
        let request = pb::CheckMemberRequest {
            company_id: id_of(company),
            user_id: user_id(user).to_string(),
        };
        world.member.check_member(Context::internal("ad", Duration::from_secs(2)), request)
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
