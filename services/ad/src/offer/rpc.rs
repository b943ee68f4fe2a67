//! Requests about offers.

use std::sync::Arc;

use bus::{Context, Result, Validate as _, Violations, merge};
use chassis::page::{self, Page};
use chassis::time::{date, day};
use chassis::{Clock, Db, Ids, Tx, id};
use prost::Message;
use proto::ad::v1 as pb;
use proto::profile::v1::MemberService;

use super::content::Content;
use super::list::{Filter, Order, Place};
use super::{Id, Offer, store};
use crate::error::{self, Error};
use crate::job::Catalogue;
use crate::member::{Guard, Membership, Role};

/// The role that is above all companies.
const ADMIN: &str = "admin";

/// Serves [`pb::OfferService`].
#[derive(Debug)]
pub struct Rpc<M> {
    db: Db,
    clock: Clock,
    ids: Ids,
    member: Guard<M>,
    jobs: Arc<Catalogue>,
}

impl<M> Rpc<M> {
    /// Serves from this database, by this clock, with ids from `ids`, to whom `member` lets through,
    /// offers of these jobs.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: Ids, member: Guard<M>, jobs: Arc<Catalogue>) -> Self {
        Self { db, clock, ids, member, jobs }
    }
}

impl<M: MemberService> pb::OfferService for Rpc<M> {
    async fn create_offer(
        &self,
        context: Context,
        request: pb::CreateOfferRequest,
    ) -> Result<pb::Offer> {
        let draft = request.offer.clone().unwrap_or_default();
        let company_id = id::parse(&draft.company_id)?;
        let read = self.read(draft, None, Violations::new())?;
        let member = self.member.require(&context, company_id, Role::Recruiter).await;

        let mut tx = self.db.begin(&context, &request).await?;
        member?;
        let offer = Offer::draft(Id(self.ids.next()), company_id, read, self.clock.now());
        store::insert(&mut tx, &offer).await?;

        tx.commit(offer.into()).await
    }

    async fn get_offer(&self, context: Context, request: pb::GetOfferRequest) -> Result<pb::Offer> {
        let id = request.offer_id.parse()?;
        let found = store::find(&mut *self.db.read().await?, id).await?;
        let offer = found.ok_or(Error::OfferNotFound(id))?;
        self.may_see(&context, &offer).await?;

        Ok(offer.into())
    }

    async fn list_offers(
        &self,
        context: Context,
        request: pb::ListOffersRequest,
    ) -> Result<pb::ListOffersResponse> {
        let (filter, order) =
            (Filter::of(&request, &self.jobs, day(self.clock.now()))?, Order::of(&request));
        let page = Page::open(&context, &request, page::SIZE_MAX, |it| {
            (&mut it.page_size, &mut it.page_token)
        })?;
        self.may_list(&context, &filter).await?;

        let (after, limit) = (page.after, page.limit());
        let found = store::list(&mut *self.db.read().await?, &filter, order, after, limit).await?;

        let (offers, next_page_token) = page.close(found, |it| Place::from(it), pb::Offer::from);
        Ok(pb::ListOffersResponse { offers, next_page_token })
    }

    async fn update_offer(
        &self,
        context: Context,
        request: pb::UpdateOfferRequest,
    ) -> Result<pb::Offer> {
        let (tx, offer, _) = self.edit(&context, &request, &request.offer_id).await?;
        let merged = self.merged(&offer, request)?;
        save(tx, offer.edit(merged, self.clock.now())?).await
    }

    async fn delete_offer(&self, context: Context, request: pb::DeleteOfferRequest) -> Result<()> {
        let (mut tx, offer, _) = self.edit(&context, &request, &request.offer_id).await?;
        offer.delete()?;
        store::delete(&mut tx, offer.id).await?;

        tx.commit(()).await
    }

    async fn publish_offer(
        &self,
        context: Context,
        request: pb::PublishOfferRequest,
    ) -> Result<pb::Offer> {
        let (tx, offer, company) = self.edit(&context, &request, &request.offer_id).await?;
        save(tx, offer.publish(company.verified, self.clock.now())?).await
    }

    async fn pause_offer(
        &self,
        context: Context,
        request: pb::PauseOfferRequest,
    ) -> Result<pb::Offer> {
        let (tx, offer, _) = self.edit(&context, &request, &request.offer_id).await?;
        save(tx, offer.pause(request.reason, self.clock.now())?).await
    }

    async fn resume_offer(
        &self,
        context: Context,
        request: pb::ResumeOfferRequest,
    ) -> Result<pb::Offer> {
        let (tx, offer, _) = self.edit(&context, &request, &request.offer_id).await?;
        save(tx, offer.resume(self.clock.now())?).await
    }

    async fn renew_offer(
        &self,
        context: Context,
        request: pb::RenewOfferRequest,
    ) -> Result<pb::Offer> {
        let (tx, offer, _) = self.edit(&context, &request, &request.offer_id).await?;
        save(tx, offer.renew(date(&request.apply_by), self.clock.now())?).await
    }

    async fn close_offer(
        &self,
        context: Context,
        request: pb::CloseOfferRequest,
    ) -> Result<pb::Offer> {
        let (tx, offer, _) = self.edit(&context, &request, &request.offer_id).await?;
        save(tx, offer.close(request.reason, self.clock.now())?).await
    }

    async fn duplicate_offer(
        &self,
        context: Context,
        request: pb::DuplicateOfferRequest,
    ) -> Result<pb::Offer> {
        let (mut tx, offer, _) = self.edit(&context, &request, &request.offer_id).await?;
        let copy = offer.duplicate(Id(self.ids.next()), self.clock.now())?;
        store::insert(&mut tx, &copy).await?;

        tx.commit(copy.into()).await
    }

    async fn approve_offer(
        &self,
        context: Context,
        request: pb::ApproveOfferRequest,
    ) -> Result<pb::Offer> {
        let (tx, offer) = self.decide(&context, &request, &request.offer_id).await?;
        save(tx, offer.approve(request.reason, self.clock.now())?).await
    }

    async fn return_offer(
        &self,
        context: Context,
        request: pb::ReturnOfferRequest,
    ) -> Result<pb::Offer> {
        let (tx, offer) = self.decide(&context, &request, &request.offer_id).await?;
        save(tx, offer.send_back(request.reason, self.clock.now())?).await
    }
}

impl<M: MemberService> Rpc<M> {
    /// Begins a change by a member of the offer's company. Whether the caller may is asked before, for
    /// nothing goes over the network within a transaction, and counts after: a repeat leaves with its
    /// answer, whatever has become of the offer and of the caller since.
    async fn edit(
        &self,
        context: &Context,
        request: &impl Message,
        offer_id: &str,
    ) -> error::Result<(Tx, Offer, Membership)> {
        let id = offer_id.parse()?;
        let company = self.company(context, id).await;

        let mut tx = self.db.begin(context, request).await?;
        let company = company?;
        let offer = lock(&mut tx, context, id).await?;
        Ok((tx, offer, company))
    }

    /// Begins a decision by an admin.
    async fn decide(
        &self,
        context: &Context,
        request: &impl Message,
        offer_id: &str,
    ) -> error::Result<(Tx, Offer)> {
        let mut tx = self.db.begin(context, request).await?;
        let offer = lock(&mut tx, context, offer_id.parse()?).await?;
        Ok((tx, offer))
    }

    /// What the caller, who may change the offer, is to its company. Who may not even know of the offer
    /// is told that there is none.
    async fn company(&self, context: &Context, id: Id) -> error::Result<Membership> {
        let owner = store::owner(&mut *self.db.read().await?, id).await?;
        let (company_id, state) = owner.ok_or(Error::OfferNotFound(id))?;
        match self.member.require(context, company_id, Role::Recruiter).await {
            Err(Error::NotAMember) if !state.is_public() => Err(Error::OfferNotFound(id)),
            found => found,
        }
    }

    /// That the caller may read the offer: everyone a public one, members and admins the others.
    async fn may_see(&self, context: &Context, offer: &Offer) -> error::Result<()> {
        if offer.state.is_public() || context.has_role(ADMIN) {
            return Ok(());
        }
        if context.user().is_err() {
            return Err(Error::OfferNotFound(offer.id));
        }
        match self.member.require(context, offer.company_id, Role::Viewer).await {
            Err(Error::NotAMember) => Err(Error::OfferNotFound(offer.id)),
            found => found.map(|_| ()),
        }
    }

    /// That the caller may list what `filter` lets through.
    async fn may_list(&self, context: &Context, filter: &Filter) -> error::Result<()> {
        if filter.is_for_everyone() || context.has_role(ADMIN) {
            return Ok(());
        }
        let company_id = filter.company_id.filter(|_| context.user().is_ok());
        let company_id = company_id.ok_or(Error::StatesNotOpen)?;
        match self.member.require(context, company_id, Role::Viewer).await {
            Err(Error::NotAMember) => Err(Error::StatesNotOpen),
            found => found.map(|_| ()),
        }
    }

    /// The offer's content with the fields that the request's mask names.
    fn merged(&self, offer: &Offer, request: pb::UpdateOfferRequest) -> error::Result<Content> {
        let mut violations = Violations::new();
        let mut merged = pb::Offer::from(offer.clone());
        let (given, mask) =
            (request.offer.unwrap_or_default(), request.update_mask.unwrap_or_default());
        merge::merge(&mut merged, &given, &mask.paths, &mut violations);
        if merged.company_id != offer.company_id.to_string() {
            violations.within("offer", |violations| {
                violations.push("companyId", "IMMUTABLE", "an offer stays with its company");
            });
        }
        self.read(merged, Some(&offer.content), violations)
    }

    /// The content of an offer of the contract, checked against the contract's limits and the rules of
    /// the domain, with what is wrong already.
    fn read(
        &self,
        offer: pb::Offer,
        before: Option<&Content>,
        mut violations: Violations,
    ) -> error::Result<Content> {
        violations.within("offer", |violations| {
            offer.validate(violations);
            let job_is_kept = before.is_some_and(|before| before.job_id == offer.job_id);
            if !offer.job_id.is_empty() && !job_is_kept && !self.jobs.offers(&offer.job_id) {
                violations.push(
                    "jobId",
                    "UNKNOWN_JOB",
                    "must be a job of the catalogue: GET /v1/jobs",
                );
            }
        });
        let content = Content::from(offer);
        violations.within("offer", |violations| content.check(violations));
        violations.into_result()?;
        Ok(content)
    }
}

/// The offer as the caller saw it, kept from others' changes until the transaction ends.
async fn lock(tx: &mut Tx, context: &Context, id: Id) -> error::Result<Offer> {
    let offer = store::lock(tx, id).await?.ok_or(Error::OfferNotFound(id))?;
    context.matches(offer.revision)?;
    Ok(offer)
}

/// Saves the offer as it has become, and answers it.
async fn save(mut tx: Tx, offer: Offer) -> Result<pb::Offer> {
    store::save(&mut tx, &offer).await?;
    tx.commit(offer.into()).await
}
