//! Members and invitations in the database.

use chassis::OnConstraint as _;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Id, Member, Role};
use crate::company;
use crate::error::{Error, Result};
use crate::worker::Employment;

/// How many invitations one person is shown.
const INVITATIONS_MAX: i64 = 100;

/// Reads members: the columns once, whatever follows them.
macro_rules! select {
    ($tail:literal, $($argument:expr),+) => {
        sqlx::query!(
            "select id, company_id, user_id, role, state, invite_email, expire_time,
                    create_time, update_time, revision
             from member " + $tail,
            $($argument),+
        )
        .map(|row| Member {
            id: row.id,
            company_id: row.company_id,
            user_id: row.user_id,
            role: row.role,
            state: row.state,
            invite_email: row.invite_email,
            expire_time: row.expire_time.map(Timestamp::from),
            create_time: row.create_time.to_jiff(),
            update_time: row.update_time.to_jiff(),
            revision: row.revision,
        })
    };
}

/// A member of the company, kept from others' changes until the transaction ends.
pub(crate) async fn lock(
    db: &mut PgConnection,
    company_id: company::Id,
    id: Id,
) -> Result<Option<Member>> {
    let member = select!("where id = $1 and company_id = $2 for update", id.0, company_id.0);
    Ok(member.fetch_optional(db).await?)
}

/// What the user may do for the company; `None` for who is not its active member.
pub(crate) async fn role(
    db: &mut PgConnection,
    company_id: company::Id,
    user_id: Uuid,
) -> Result<Option<Role>> {
    let role = sqlx::query_scalar!(
        "select role from member where company_id = $1 and user_id = $2 and state = 'ACTIVE'",
        company_id.0,
        user_id,
    );
    Ok(role.fetch_optional(db).await?)
}

/// The same, with the state of the company, in one round trip; `None` where there is no company.
pub(crate) async fn check(
    db: &mut PgConnection,
    company_id: company::Id,
    user_id: Uuid,
) -> Result<Option<(company::State, Option<Role>)>> {
    let row = sqlx::query!(
        r#"select company.verification_state, member.role as "role?: Role"
           from company
           left join member on member.company_id = company.id
               and member.user_id = $2 and member.state = 'ACTIVE'
           where company.id = $1"#,
        company_id.0,
        user_id,
    );
    Ok(row.fetch_optional(db).await?.map(|row| (row.verification_state, row.role)))
}

/// The companies that the user acts for.
pub(crate) async fn employments(db: &mut PgConnection, user_id: Uuid) -> Result<Vec<Employment>> {
    let employments = sqlx::query_as!(
        Employment,
        r#"select company.id as company_id, company.verification_state as company_state
           from member join company on company.id = member.company_id
           where member.user_id = $1 and member.state = 'ACTIVE'"#,
        user_id,
    );
    Ok(employments.fetch_all(db).await?)
}

/// How many owners the company has. Lock the company first: else it is old when it is read.
pub(crate) async fn owners(db: &mut PgConnection, company_id: company::Id) -> Result<i64> {
    let owners = sqlx::query_scalar!(
        r#"select count(*) as "count!" from member
           where company_id = $1 and state = 'ACTIVE' and role = 'OWNER'"#,
        company_id.0,
    );
    Ok(owners.fetch_one(db).await?)
}

/// The members of a company and its invitations, oldest first, those removed left out.
pub(crate) async fn list(
    db: &mut PgConnection,
    company_id: company::Id,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<Member>> {
    let members = select!(
        "where company_id = $1 and state <> 'REMOVED' and ($2::uuid is null or id > $2)
         order by id limit $3",
        company_id.0,
        after.map(|id| id.0),
        limit
    );
    Ok(members.fetch_all(db).await?)
}

/// The invitations that this address can accept now, newest first.
pub(crate) async fn invitations(
    db: &mut PgConnection,
    email: &str,
    now: Timestamp,
) -> Result<Vec<Member>> {
    let members = select!(
        "where invite_email = $1 and state = 'INVITED' and expire_time > $2
         order by id desc limit $3",
        email,
        now.to_sqlx() as _,
        INVITATIONS_MAX
    );
    Ok(members.fetch_all(db).await?)
}

/// Removes the company's invitation of this address if it has ended, so that the address can be
/// invited again.
pub(crate) async fn remove_expired(
    db: &mut PgConnection,
    company_id: company::Id,
    email: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "update member set state = 'REMOVED', update_time = $3, revision = revision + 1
         where company_id = $1 and invite_email = $2 and state = 'INVITED' and expire_time <= $3",
        company_id.0,
        email,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Adds a member or an invitation.
///
/// # Errors
///
/// [`Error::AddressTaken`] when the address is invited or a member.
pub(crate) async fn insert(db: &mut PgConnection, member: &Member) -> Result<()> {
    sqlx::query!(
        "insert into member (
             id, company_id, user_id, role, state, invite_email, expire_time,
             create_time, update_time, revision
         ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        member.id.0,
        member.company_id.0,
        member.user_id,
        member.role as _,
        member.state as _,
        member.invite_email,
        member.expire_time.map(Timestamp::to_sqlx) as _,
        member.create_time.to_sqlx() as _,
        member.update_time.to_sqlx() as _,
        member.revision,
    )
    .execute(db)
    .await
    .map(drop)
    .on_constraint("address_is_invited_once_per_company", || Error::AddressTaken)
}

/// Writes back a member that was locked.
///
/// # Errors
///
/// [`Error::AlreadyMember`] when the user is an active member by another row.
pub(crate) async fn save(db: &mut PgConnection, member: &Member) -> Result<()> {
    sqlx::query!(
        "update member set user_id = $2, role = $3, state = $4, update_time = $5, revision = $6
         where id = $1",
        member.id.0,
        member.user_id,
        member.role as _,
        member.state as _,
        member.update_time.to_sqlx() as _,
        member.revision,
    )
    .execute(db)
    .await
    .map(drop)
    .on_constraint("user_is_a_member_once_per_company", || Error::AlreadyMember)
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::super::State;
    use super::*;
    use crate::company::Company;
    use crate::fixture::{company_id, invitation, later, member, now, unregistered, user_id};

    /// Companies 1 to 3, the second one rejected.
    async fn companies(pool: &PgPool) -> sqlx::pool::PoolConnection<sqlx::Postgres> {
        let mut db = pool.acquire().await.unwrap();
        for number in 1..=3 {
            let state =
                if number == 2 { company::State::Rejected } else { company::State::Unverified };
            let company = Company { state, ..unregistered(number) };
            company::store::insert(&mut db, &company).await.unwrap();
        }
        db
    }

    async fn insert_all(db: &mut PgConnection, members: &[Member]) {
        for member in members {
            insert(db, member).await.unwrap();
        }
    }

    #[sqlx::test]
    async fn everything_that_is_inserted_or_saved_is_read_again(pool: PgPool) {
        let mut db = companies(&pool).await;
        let invitation = invitation(1, 20, "rosa@example.org");
        insert(&mut db, &invitation).await.unwrap();
        let read = lock(&mut db, company_id(1), invitation.id).await.unwrap();
        assert_eq!(read, Some(invitation.clone()));

        let accepted = Member {
            user_id: Some(user_id(7)),
            role: Role::Owner,
            state: State::Active,
            update_time: later(5),
            revision: 2,
            ..invitation
        };
        save(&mut db, &accepted).await.unwrap();

        let read = lock(&mut db, company_id(1), accepted.id).await.unwrap();
        assert_eq!(read, Some(accepted.clone()));
        assert_eq!(lock(&mut db, company_id(2), accepted.id).await.unwrap(), None);
    }

    #[sqlx::test]
    async fn what_a_user_may_do_is_what_the_active_membership_says(pool: PgPool) {
        let mut db = companies(&pool).await;
        let removed = Member { state: State::Removed, ..member(1, 8, Role::Owner) };
        let members = [member(1, 7, Role::Viewer), removed, member(2, 8, Role::Recruiter)];
        insert_all(&mut db, &members).await;

        let mut roles = Vec::new();
        for (company, user) in [(1, 7), (1, 8), (2, 8), (3, 7), (9, 7)] {
            let checked = check(&mut db, company_id(company), user_id(user)).await.unwrap();
            let role = role(&mut db, company_id(company), user_id(user)).await.unwrap();
            assert_eq!(checked.and_then(|(_, role)| role), role);
            roles.push(checked);
        }

        let unverified = company::State::Unverified;
        assert_eq!(
            roles,
            [
                Some((unverified, Some(Role::Viewer))),
                Some((unverified, None)),
                Some((company::State::Rejected, Some(Role::Recruiter))),
                Some((unverified, None)),
                None,
            ]
        );
    }

    #[sqlx::test]
    async fn a_user_acts_for_the_companies_he_is_active_in(pool: PgPool) {
        let mut db = companies(&pool).await;
        let removed = Member { state: State::Removed, ..member(3, 7, Role::Owner) };
        insert_all(&mut db, &[member(1, 7, Role::Viewer), member(2, 7, Role::Owner), removed])
            .await;

        let mut employments = employments(&mut db, user_id(7)).await.unwrap();

        employments.sort_by_key(|employment| employment.company_id);
        let acts_for =
            |number, company_state| Employment { company_id: company_id(number), company_state };
        let expected =
            [acts_for(1, company::State::Unverified), acts_for(2, company::State::Rejected)];
        assert_eq!(employments, expected);
    }

    #[sqlx::test]
    async fn only_active_owners_of_the_company_count(pool: PgPool) {
        let mut db = companies(&pool).await;
        let invited = Member { role: Role::Owner, ..invitation(1, 20, "rosa@example.org") };
        let removed = Member { state: State::Removed, ..member(1, 9, Role::Owner) };
        let elsewhere = member(2, 7, Role::Owner);
        let members =
            [member(1, 7, Role::Owner), member(1, 8, Role::Recruiter), invited, removed, elsewhere];
        insert_all(&mut db, &members).await;

        assert_eq!(owners(&mut db, company_id(1)).await.unwrap(), 1);
    }

    #[sqlx::test]
    async fn members_are_listed_oldest_first_page_by_page(pool: PgPool) {
        let mut db = companies(&pool).await;
        let removed = Member { state: State::Removed, ..member(1, 9, Role::Owner) };
        let members = [
            member(1, 7, Role::Owner),
            member(1, 8, Role::Viewer),
            removed,
            invitation(1, 20, "rosa@example.org"),
            member(2, 7, Role::Owner),
        ];
        insert_all(&mut db, &members).await;

        let first = list(&mut db, company_id(1), None, 2).await.unwrap();
        let second = list(&mut db, company_id(1), Some(first[1].id), 2).await.unwrap();

        assert_eq!(first, members[..2]);
        assert_eq!(second, members[3..4]);
    }

    #[sqlx::test]
    async fn open_invitations_to_an_address_are_listed_newest_first(pool: PgPool) {
        let mut db = companies(&pool).await;
        let ended = Member { expire_time: Some(now()), ..invitation(3, 22, "rosa@example.org") };
        let members = [
            invitation(1, 20, "rosa@example.org"),
            invitation(2, 21, "rosa@example.org"),
            ended,
            invitation(1, 23, "ivan@example.org"),
        ];
        insert_all(&mut db, &members).await;

        let open = invitations(&mut db, "rosa@example.org", now()).await.unwrap();

        assert_eq!(open, [members[1].clone(), members[0].clone()]);
    }

    #[sqlx::test]
    async fn an_address_is_invited_once_until_its_invitation_ends(pool: PgPool) {
        let mut db = companies(&pool).await;
        let (first, again) =
            (invitation(1, 20, "rosa@example.org"), invitation(1, 21, "rosa@example.org"));
        insert(&mut db, &first).await.unwrap();
        let end = first.expire_time.unwrap();

        remove_expired(&mut db, company_id(1), "rosa@example.org", now()).await.unwrap();
        let early = insert(&mut db, &again).await;
        remove_expired(&mut db, company_id(1), "rosa@example.org", end).await.unwrap();
        insert(&mut db, &again).await.unwrap();

        assert!(matches!(early, Err(Error::AddressTaken)));
        let first = lock(&mut db, company_id(1), first.id).await.unwrap().unwrap();
        assert_eq!((first.state, first.revision), (State::Removed, 2));
    }

    #[sqlx::test]
    async fn a_user_is_a_member_once_per_company(pool: PgPool) {
        let mut db = companies(&pool).await;
        let invitation = invitation(1, 20, "rosa@example.org");
        insert_all(&mut db, &[member(1, 7, Role::Owner), invitation.clone()]).await;
        let accepted = Member { user_id: Some(user_id(7)), state: State::Active, ..invitation };

        let again = save(&mut db, &accepted).await;

        assert!(matches!(again, Err(Error::AlreadyMember)));
    }
}
