//! Requests about members and invitations.

use bus::{Context, Result, Violations, merge};
use chassis::page::{self, Page};
use chassis::{Clock, Db, Ids, id};
use proto::profile::v1 as pb;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Id, Member, Role, store};
use crate::company;
use crate::error::{self, Error};

/// Serves [`pb::MemberService`].
#[derive(Debug, Clone)]
pub struct Rpc {
    db: Db,
    clock: Clock,
    ids: Ids,
}

impl Rpc {
    /// Serves from this database, by this clock, with ids from `ids`.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: Ids) -> Self {
        Self { db, clock, ids }
    }
}

impl pb::MemberService for Rpc {
    async fn list_members(
        &self,
        context: Context,
        request: pb::ListMembersRequest,
    ) -> Result<pb::ListMembersResponse> {
        let (user, company_id) = (context.user()?, request.company_id.parse()?);
        let page = Page::open(&context, &request, page::SIZE_MAX, |it| {
            (&mut it.page_size, &mut it.page_token)
        })?;

        let mut db = self.db.read().await?;
        let checked = store::check(&mut db, company_id, user.id).await?;
        let (_, role) = checked.ok_or(Error::CompanyNotFound(company_id))?;
        if role.is_none() && !user.roles.has("admin") {
            return Err(Error::MembersNotFound.into());
        }
        let members = store::list(&mut db, company_id, page.after, page.limit()).await?;

        let (members, next_page_token) = page.close(members, |member| member.id, pb::Member::from);
        Ok(pb::ListMembersResponse { members, next_page_token })
    }

    async fn invite_member(
        &self,
        context: Context,
        request: pb::InviteMemberRequest,
    ) -> Result<pb::Member> {
        let (user_id, company_id) = (context.user_id()?, request.company_id.parse()?);
        let (id, now) = (Id(self.ids.next()), self.clock.now());
        let role = Role::from_number(request.role).unwrap_or(Role::Viewer);

        let mut tx = self.db.begin(&context, &request).await?;
        lock_company_as_owner(&mut tx, company_id, user_id).await?;
        let member = Member::invite(id, company_id, &request.email, role, now);
        store::remove_expired(&mut tx, company_id, &member.invite_email, now).await?;
        store::insert(&mut tx, &member).await?;

        tx.commit(member.into()).await
    }

    async fn list_invitations(
        &self,
        context: Context,
        _request: pb::ListInvitationsRequest,
    ) -> Result<pb::ListInvitationsResponse> {
        let Some(email) = &context.user()?.email else {
            return Ok(pb::ListInvitationsResponse::default());
        };
        let mut db = self.db.read().await?;
        let invitations = store::invitations(&mut db, email, self.clock.now()).await?;

        let members = invitations.into_iter().map(Into::into).collect();
        Ok(pb::ListInvitationsResponse { members })
    }

    async fn accept_member(
        &self,
        context: Context,
        request: pb::AcceptMemberRequest,
    ) -> Result<pb::Member> {
        let (user, company_id) = (context.user()?, request.company_id.parse()?);
        let id = request.member_id.parse()?;

        let mut tx = self.db.begin(&context, &request).await?;
        let found = store::lock(&mut tx, company_id, id).await?;
        let member = found.filter(|it| it.invites(user)).ok_or(Error::MemberNotFound(id))?;
        context.matches(member.revision)?;
        let member = member.accept(user, self.clock.now())?;
        store::save(&mut tx, &member).await?;

        tx.commit(member.into()).await
    }

    async fn update_member(
        &self,
        context: Context,
        request: pb::UpdateMemberRequest,
    ) -> Result<pb::Member> {
        let (user_id, company_id) = (context.user_id()?, request.company_id.parse()?);
        let id = request.member_id.parse()?;

        let mut tx = self.db.begin(&context, &request).await?;
        lock_company_as_owner(&mut tx, company_id, user_id).await?;
        let member =
            store::lock(&mut tx, company_id, id).await?.ok_or(Error::MemberNotFound(id))?;
        context.matches(member.revision)?;
        let owners = store::owners(&mut tx, company_id).await?;
        let role = merged(&member, request)?;
        let member = member.assign(role, owners, self.clock.now())?;
        store::save(&mut tx, &member).await?;

        tx.commit(member.into()).await
    }

    async fn delete_member(
        &self,
        context: Context,
        request: pb::DeleteMemberRequest,
    ) -> Result<()> {
        let (user, company_id) = (context.user()?, request.company_id.parse()?);
        let id = request.member_id.parse()?;

        let mut tx = self.db.begin(&context, &request).await?;
        let role = lock_company(&mut tx, company_id, user.id).await?;
        let member =
            store::lock(&mut tx, company_id, id).await?.ok_or(Error::MemberNotFound(id))?;
        member.check_removable(user, role)?;
        context.matches(member.revision)?;
        let owners = store::owners(&mut tx, company_id).await?;
        let member = member.remove(owners, self.clock.now())?;
        store::save(&mut tx, &member).await?;

        tx.commit(()).await
    }

    async fn check_member(
        &self,
        _context: Context,
        request: pb::CheckMemberRequest,
    ) -> Result<pb::CheckMemberResponse> {
        let company_id = request.company_id.parse()?;
        let user_id = id::parse(&request.user_id)?;
        let mut db = self.db.read().await?;
        let checked = store::check(&mut db, company_id, user_id).await?;
        let (state, role) = checked.ok_or(Error::CompanyNotFound(company_id))?;

        Ok(pb::CheckMemberResponse {
            role: role.map_or(0, Role::number),
            verification_state: state.number(),
        })
    }
}

/// The member's role, or the one that the request gives and its mask names.
fn merged(member: &Member, request: pb::UpdateMemberRequest) -> error::Result<Role> {
    let mut violations = Violations::new();
    let mut merged = pb::Member::from(member.clone());
    let (given, mask) =
        (request.member.unwrap_or_default(), request.update_mask.unwrap_or_default());
    merge::merge(&mut merged, &given, &mask.paths, &mut violations);
    violations.into_result()?;
    Ok(Role::from_number(merged.role).unwrap_or(member.role))
}

/// Locks the company, as all do who change its members, and says what the user may do for it: as it
/// is once the lock is held, so that of two owners who remove each other one comes too late.
async fn lock_company(
    db: &mut PgConnection,
    company_id: company::Id,
    user_id: Uuid,
) -> error::Result<Option<Role>> {
    company::store::lock(db, company_id).await?.ok_or(Error::CompanyNotFound(company_id))?;
    store::role(db, company_id, user_id).await
}

/// The same, for what only owners may do.
async fn lock_company_as_owner(
    db: &mut PgConnection,
    company_id: company::Id,
    user_id: Uuid,
) -> error::Result<()> {
    let role = lock_company(db, company_id, user_id).await?;
    role.ok_or(Error::MembersNotFound)?.require(Role::Owner)
}
