//! What becomes of members when two change them at once.

use bus::{Result, Status};
use proto::profile::v1 as pb;
use proto::profile::v1::MemberService as _;
use sqlx::PgPool;

use super::super::{Id, Role, store};
use super::{ROSA, accept, assign, delete, rosa, world};
use crate::fixture::{World, company_id, employer, member, unregistered, with_email};

/// How often a race is run.
const ROUNDS: u128 = 120;

/// Two owners, users 5 and 6, of a company of their own.
async fn two_owners(world: &World, company: u128) -> [Id; 2] {
    let owners = [(5, Role::Owner), (6, Role::Owner)];
    world.add_company(&unregistered(company), &owners).await;
    owners.map(|(user, role)| member(company, user, role).id)
}

async fn assert_one_owner_stays(world: &World, company: u128, answers: [Result<(), Status>; 2]) {
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    let owners = store::owners(&mut *world.db().await, company_id(company)).await.unwrap();
    assert_eq!((done, owners), (1, 1), "round {company}: {answers:?}");
}

#[sqlx::test]
async fn of_two_owners_who_remove_each_other_at_once_one_stays(pool: PgPool) {
    let world = World::new(&pool).await;

    for company in 1..=ROUNDS {
        let [five, six] = two_owners(&world, company).await;
        let (one, other) = tokio::join!(
            world.member.delete_member(employer(5), delete(company, &six)),
            world.member.delete_member(employer(6), delete(company, &five)),
        );
        assert_one_owner_stays(&world, company, [one, other]).await;
    }
}

#[sqlx::test]
async fn of_two_owners_who_leave_and_step_down_at_once_one_stays(pool: PgPool) {
    let world = World::new(&pool).await;

    for company in 1..=ROUNDS {
        let [five, six] = two_owners(&world, company).await;
        let (left, stepped_down) = tokio::join!(
            world.member.delete_member(employer(5), delete(company, &five)),
            world
                .member
                .update_member(employer(6), assign(company, &six, pb::MemberRole::Recruiter)),
        );
        let stepped_down = stepped_down.map(drop);
        assert_one_owner_stays(&world, company, [left, stepped_down]).await;
    }
}

#[sqlx::test]
async fn of_two_who_accept_one_invitation_at_once_one_becomes_a_member(pool: PgPool) {
    let world = world(pool).await;

    for _ in 0..ROUNDS / 4 {
        let invitation = world.invites_rosa().await;
        let other_account = with_email(employer(21), ROSA);
        let (one, other) = tokio::join!(
            world.member.accept_member(rosa(), accept(&invitation)),
            world.member.accept_member(other_account, accept(&invitation)),
        );
        let done = [one.as_ref().err(), other.as_ref().err()];
        assert_eq!(done.iter().filter(|error| error.is_none()).count(), 1, "{done:?}");
        world.member.delete_member(employer(5), delete(1, &invitation.id)).await.unwrap();
    }
}
