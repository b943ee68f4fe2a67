//! Answers what is asked of offers.

use std::sync::Arc;

use bus::{Context, Result, Validate as _, Violations};
use chassis::page::Page;
use chassis::{Clock, Db, Ids, Tx};
use jiff::Timestamp;
use proto::ad::v1::{
    self as pb, ApproveOfferRequest, CloseOfferRequest, CreateOfferRequest, DeleteOfferRequest,
    DuplicateOfferRequest, GetOfferRequest, ListOffersRequest, ListOffersResponse, OfferService,
    PauseOfferRequest, PublishOfferRequest, RenewOfferRequest, ResumeOfferRequest,
    ReturnOfferRequest, UpdateOfferRequest,
};
use proto::profile::v1::MemberService;

use super::content::Content;
use super::convert::date;
use super::list::{Filter, Order, Place};
use super::schedule::day;
use super::{Id, Offer, mask, store, uuid};
use crate::error::{self, Error};
use crate::job::Catalogue;
use crate::member::{Guard, Membership, Role};

/// The role that is above all companies.
const ADMIN: &str = "admin";

/// The requests for offers.
#[derive(Debug)]
pub struct Rpc<M> {
    /// The rows.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Who may do what for a company.
    pub member: Guard<M>,
    /// The jobs that offers name.
    pub jobs: Arc<Catalogue>,
}

impl<M: MemberService> OfferService for Rpc<M> {
    async fn create_offer(
        &self,
        context: Context,
        request: CreateOfferRequest,
    ) -> Result<pb::Offer> {
        let offer = request.offer.clone().unwrap_or_default();
        let company_id = uuid("/offer/companyId", &offer.company_id)?;
        let draft = self.read(offer, None, Violations::new())?;
        self.member.require(&context, company_id, Role::Recruiter).await?;

        let mut tx = self.db.begin(&context, &request).await?;
        let offer = Offer::draft(Id(self.ids.next()), company_id, draft, self.clock.now());
        store::insert(&mut tx, &offer).await?;

        tx.commit(offer.into()).await
    }

    async fn get_offer(&self, context: Context, request: GetOfferRequest) -> Result<pb::Offer> {
        let id: Id = request.offer_id.parse()?;
        let found = store::find(&mut *self.db.read().await?, id).await?;
        let offer = found.ok_or(Error::OfferNotFound(id))?;
        self.may_see(&context, &offer).await?;
        Ok(offer.into())
    }

    async fn list_offers(
        &self,
        context: Context,
        request: ListOffersRequest,
    ) -> Result<ListOffersResponse> {
        let filter = Filter::of(&request, &self.jobs, day(self.clock.now()))?;
        let page = Page::<Place>::open(&context, &request, |list| {
            (&mut list.page_size, &mut list.page_token)
        })?;
        self.may_list(&context, &filter).await?;
        let (order, after, limit) = (Order::of(&request), page.after, page.limit());
        let found = store::list(&mut *self.db.read().await?, &filter, order, after, limit).await?;
        let (offers, next_page_token) = page.close(found, |o| Place::from(o));
        Ok(ListOffersResponse {
            offers: offers.into_iter().map(Into::into).collect(),
            next_page_token,
        })
    }

    async fn update_offer(
        &self,
        context: Context,
        request: UpdateOfferRequest,
    ) -> Result<pb::Offer> {
        let id = request.offer_id.parse()?;
        self.editor(&context, id).await?;

        let mut tx = self.db.begin(&context, &request).await?;
        let offer = locked(&mut tx, &context, id).await?;
        let edited = self.merged(&offer, &request)?;
        let offer = offer.edit(edited, self.clock.now())?;
        store::save(&mut tx, &offer).await?;

        tx.commit(offer.into()).await
    }

    async fn delete_offer(&self, context: Context, request: DeleteOfferRequest) -> Result<()> {
        let id = request.offer_id.parse()?;
        let editor = self.editor(&context, id).await;

        // A repeat leaves here with its answer: to it the draft is gone because it was done.
        let mut tx = self.db.begin(&context, &request).await?;
        editor?;
        locked(&mut tx, &context, id).await?.delete()?;
        store::delete(&mut tx, id).await?;

        tx.commit(()).await
    }

    async fn publish_offer(
        &self,
        context: Context,
        request: PublishOfferRequest,
    ) -> Result<pb::Offer> {
        let id = request.offer_id.parse()?;
        let company = self.editor(&context, id).await?;
        self.change(&context, &request, id, |offer, now| offer.publish(company.verified, now)).await
    }

    async fn pause_offer(&self, context: Context, request: PauseOfferRequest) -> Result<pb::Offer> {
        let (id, reason) = (request.offer_id.parse()?, request.reason.clone());
        self.editor(&context, id).await?;
        self.change(&context, &request, id, |offer, now| offer.pause(reason, now)).await
    }

    async fn resume_offer(
        &self,
        context: Context,
        request: ResumeOfferRequest,
    ) -> Result<pb::Offer> {
        let id = request.offer_id.parse()?;
        self.editor(&context, id).await?;
        self.change(&context, &request, id, Offer::resume).await
    }

    async fn renew_offer(&self, context: Context, request: RenewOfferRequest) -> Result<pb::Offer> {
        let (id, apply_by) = (request.offer_id.parse()?, date(&request.apply_by));
        self.editor(&context, id).await?;
        self.change(&context, &request, id, |offer, now| offer.renew(apply_by, now)).await
    }

    async fn close_offer(&self, context: Context, request: CloseOfferRequest) -> Result<pb::Offer> {
        let (id, reason) = (request.offer_id.parse()?, request.reason.clone());
        self.editor(&context, id).await?;
        self.change(&context, &request, id, |offer, now| offer.close(reason, now)).await
    }

    async fn duplicate_offer(
        &self,
        context: Context,
        request: DuplicateOfferRequest,
    ) -> Result<pb::Offer> {
        let id = request.offer_id.parse()?;
        self.editor(&context, id).await?;

        let mut tx = self.db.begin(&context, &request).await?;
        let offer = locked(&mut tx, &context, id).await?;
        let copy = offer.duplicate(Id(self.ids.next()), self.clock.now())?;
        store::insert(&mut tx, &copy).await?;

        tx.commit(copy.into()).await
    }

    async fn approve_offer(
        &self,
        context: Context,
        request: ApproveOfferRequest,
    ) -> Result<pb::Offer> {
        let (id, reason) = (request.offer_id.parse()?, request.reason.clone());
        self.change(&context, &request, id, |offer, now| offer.approve(reason, now)).await
    }

    async fn return_offer(
        &self,
        context: Context,
        request: ReturnOfferRequest,
    ) -> Result<pb::Offer> {
        let (id, reason) = (request.offer_id.parse()?, request.reason.clone());
        self.change(&context, &request, id, |offer, now| offer.send_back(reason, now)).await
    }
}

impl<M: MemberService> Rpc<M> {
    /// One verb: locks the offer, applies `rule`, saves.
    async fn change<R: prost::Message>(
        &self,
        context: &Context,
        request: &R,
        id: Id,
        rule: impl FnOnce(Offer, Timestamp) -> error::Result<Offer> + Send,
    ) -> Result<pb::Offer> {
        let mut tx = self.db.begin(context, request).await?;
        let offer = rule(locked(&mut tx, context, id).await?, self.clock.now())?;
        store::save(&mut tx, &offer).await?;
        tx.commit(offer.into()).await
    }

    /// That the caller may change the offer. Who may not even know of it is told that there is none.
    async fn editor(&self, context: &Context, id: Id) -> error::Result<Membership> {
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

    /// The offer's content with the fields that the update names.
    fn merged(&self, offer: &Offer, request: &UpdateOfferRequest) -> error::Result<Content> {
        let mut violations = Violations::new();
        let mut merged = pb::Offer::from(offer.clone());
        let given = request.offer.clone().unwrap_or_default();
        let mask = request.update_mask.as_ref().map_or(&[][..], |mask| &mask.paths);
        mask::merge(&mut merged, &given, mask, &mut violations);
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

/// The offer, locked, as the caller saw it.
async fn locked(tx: &mut Tx, context: &Context, id: Id) -> error::Result<Offer> {
    let offer = store::lock(tx, id).await?.ok_or(Error::OfferNotFound(id))?;
    context.matches(offer.revision)?;
    Ok(offer)
}
