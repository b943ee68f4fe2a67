//! Requests about companies.

use bus::{Context, Result, Violations, merge};
use chassis::page::{self, Page};
use chassis::{Clock, Db, Ids, Tx};
use prost::Message;
use proto::profile::v1 as pb;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Company, Id, State, View, convert, store};
use crate::error::{self, Error};
use crate::member::{self, Member, Role};

/// Serves [`pb::CompanyService`].
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

impl pb::CompanyService for Rpc {
    async fn create_company(
        &self,
        context: Context,
        request: pb::CreateCompanyRequest,
    ) -> Result<pb::Company> {
        let (user_id, now) = (context.user_id()?, self.clock.now());
        let page = request.company.clone().unwrap_or_default().into();

        let mut tx = self.db.begin(&context, &request).await?;
        let company = Company::new(Id(self.ids.next()), page, now);
        let owner = Member::founder(member::Id(self.ids.next()), company.id, user_id, now);
        store::insert(&mut tx, &company).await?;
        member::store::insert(&mut tx, &owner).await?;

        tx.commit(convert::message(company, View::Inside)).await
    }

    async fn get_company(
        &self,
        context: Context,
        request: pb::GetCompanyRequest,
    ) -> Result<pb::Company> {
        let id = request.company_id.parse()?;
        let mut db = self.db.read().await?;
        let company = store::find(&mut db, id).await?.ok_or(Error::CompanyNotFound(id))?;
        let view = view(&mut db, &context, id).await?;

        Ok(convert::message(company, view))
    }

    async fn list_companies(
        &self,
        context: Context,
        request: pb::ListCompaniesRequest,
    ) -> Result<pb::ListCompaniesResponse> {
        let user = context.user()?;
        let state = State::from_number(request.verification_state);
        let page = Page::open(&context, &request, page::SIZE_MAX, |it| {
            (&mut it.page_size, &mut it.page_token)
        })?;

        let mut db = self.db.read().await?;
        let companies = if user.roles.has("admin") {
            store::list(&mut db, state, page.after, page.limit()).await?
        } else {
            store::list_of_member(&mut db, user.id, state, page.after, page.limit()).await?
        };

        let message = |company| convert::message(company, View::Inside);
        let (companies, next_page_token) = page.close(companies, |company| company.id, message);
        Ok(pb::ListCompaniesResponse { companies, next_page_token })
    }

    async fn update_company(
        &self,
        context: Context,
        request: pb::UpdateCompanyRequest,
    ) -> Result<pb::Company> {
        let (user_id, id) = (context.user_id()?, request.company_id.parse()?);

        let mut tx = self.db.begin(&context, &request).await?;
        let company = store::lock(&mut tx, id).await?.ok_or(Error::CompanyNotFound(id))?;
        let role = role(&mut tx, id, user_id).await?;
        context.matches(company.revision)?;
        let page = merged(&company, request)?;
        save(tx, company.update(page, role, self.clock.now())?).await
    }

    async fn submit_company(
        &self,
        context: Context,
        request: pb::SubmitCompanyRequest,
    ) -> Result<pb::Company> {
        let (user_id, id) = (context.user_id()?, request.company_id.parse()?);

        let mut tx = self.db.begin(&context, &request).await?;
        let company = store::lock(&mut tx, id).await?.ok_or(Error::CompanyNotFound(id))?;
        role(&mut tx, id, user_id).await?.require(Role::Owner)?;
        context.matches(company.revision)?;
        save(tx, company.submit(self.clock.now())?).await
    }

    async fn verify_company(
        &self,
        context: Context,
        request: pb::VerifyCompanyRequest,
    ) -> Result<pb::Company> {
        let (tx, company) = self.decide(&context, &request, &request.company_id).await?;
        save(tx, company.verify(request.reason, self.clock.now())?).await
    }

    async fn reject_company(
        &self,
        context: Context,
        request: pb::RejectCompanyRequest,
    ) -> Result<pb::Company> {
        let (tx, company) = self.decide(&context, &request, &request.company_id).await?;
        save(tx, company.reject(request.reason, self.clock.now())?).await
    }

    async fn suspend_company(
        &self,
        context: Context,
        request: pb::SuspendCompanyRequest,
    ) -> Result<pb::Company> {
        let (tx, company) = self.decide(&context, &request, &request.company_id).await?;
        save(tx, company.suspend(request.reason, self.clock.now())?).await
    }

    async fn reinstate_company(
        &self,
        context: Context,
        request: pb::ReinstateCompanyRequest,
    ) -> Result<pb::Company> {
        let (tx, company) = self.decide(&context, &request, &request.company_id).await?;
        save(tx, company.reinstate(request.reason, self.clock.now())?).await
    }
}

impl Rpc {
    /// Begins a decision by an admin.
    async fn decide(
        &self,
        context: &Context,
        request: &impl Message,
        company_id: &str,
    ) -> error::Result<(Tx, Company)> {
        let id = company_id.parse()?;

        let mut tx = self.db.begin(context, request).await?;
        let company = store::lock(&mut tx, id).await?.ok_or(Error::CompanyNotFound(id))?;
        context.matches(company.revision)?;
        Ok((tx, company))
    }
}

/// Saves the company as it has become, and answers it.
async fn save(mut tx: Tx, company: Company) -> Result<pb::Company> {
    store::save(&mut tx, &company).await?;
    tx.commit(convert::message(company, View::Inside)).await
}

/// The company's page with the fields that the request's mask names.
fn merged(company: &Company, request: pb::UpdateCompanyRequest) -> error::Result<super::Page> {
    let mut violations = Violations::new();
    let mut merged = convert::message(company.clone(), View::Inside);
    let (given, mask) =
        (request.company.unwrap_or_default(), request.update_mask.unwrap_or_default());
    merge::merge(&mut merged, &given, &mask.paths, &mut violations);
    violations.into_result()?;
    Ok(merged.into())
}

/// How much of the company the caller sees.
async fn view(db: &mut PgConnection, context: &Context, id: Id) -> error::Result<View> {
    let Ok(user) = context.user() else { return Ok(View::Public) };
    let is_inside =
        user.roles.has("admin") || member::store::role(db, id, user.id).await?.is_some();
    Ok(if is_inside { View::Inside } else { View::SignedIn })
}

/// What the user may do for the company that everyone sees.
async fn role(db: &mut PgConnection, id: Id, user_id: Uuid) -> error::Result<Role> {
    member::store::role(db, id, user_id).await?.ok_or(Error::NotAMember)
}
