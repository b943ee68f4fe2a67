//! An offer of seasonal work: drafted by a company's members, published, paused, renewed, closed.
//!
//! A change is a method that takes the offer and gives the changed one, or what forbids it. What is
//! written lies in [`content`], where it stands in [`state`], its days in [`schedule`].

pub mod check;
pub mod content;
mod convert;
mod list;
mod rpc;
#[cfg(test)]
mod rpc_tests;
pub mod schedule;
pub mod state;
mod store;
pub mod vocabulary;

use bus::Violations;
use chassis::time::day;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

pub use rpc::Rpc;

use crate::error::Result;
use content::Content;
use state::{State, Verb};

chassis::id!("An offer's id.");

/// One offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Which.
    pub id: Id,
    /// The company that hires. Never changes.
    pub company_id: Uuid,
    /// What the employer says of it.
    pub content: Content,
    /// How many have been taken on.
    pub positions_filled: i32,
    /// Where it stands.
    pub state: State,
    /// What an employer or an admin gave as the reason for that.
    pub state_reason: String,
    /// When it was first published.
    pub publish_time: Option<Timestamp>,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// Counts the changes, from 1.
    pub revision: i64,
}

impl Offer {
    /// A new draft.
    #[must_use]
    pub fn draft(id: Id, company_id: Uuid, content: Content, now: Timestamp) -> Self {
        Self {
            id,
            company_id,
            content,
            positions_filled: 0,
            state: State::Draft,
            state_reason: String::new(),
            publish_time: None,
            create_time: now,
            update_time: now,
            revision: 1,
        }
    }

    /// A new draft of this offer, its days moved by whole years until the start lies ahead, without
    /// the employer's own number, which stays with this one.
    ///
    /// # Errors
    ///
    /// None today: every state allows it.
    pub fn duplicate(self, id: Id, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Duplicate)?;
        let content = Content { external_reference: String::new(), ..self.content };
        Ok(Self::draft(id, self.company_id, content.moved_ahead_of(day(now)), now))
    }

    /// With other content. One that is no draft must stay as complete as publication needs it, and
    /// days that change must lie ahead.
    ///
    /// # Errors
    ///
    /// The state, or all violations, with `/offer` before the fields.
    pub fn edit(self, content: Content, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Update)?;
        let mut violations = Violations::new();
        violations.within("offer", |violations| {
            if content.positions_total < self.positions_filled {
                let message = format!("{} have been taken on already", self.positions_filled);
                violations.push("positionsTotal", "BELOW_FILLED", message);
            }
            if self.state != State::Draft {
                content.check_complete(violations);
                content.check_ahead(Some(&self.content), day(now), violations);
            }
        });
        violations.into_result()?;
        Ok(Self { content, ..self }.changed(now))
    }

    /// That it is a draft, which can be deleted.
    ///
    /// # Errors
    ///
    /// The state, where it is none.
    pub fn delete(&self) -> Result<()> {
        self.state.permit(Verb::Delete)
    }

    /// Published, or before an admin where the company is not verified.
    ///
    /// # Errors
    ///
    /// The state, or all that publication lacks.
    pub fn publish(self, verified: bool, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Publish)?;
        self.check_publishable(day(now))?;
        let state = if verified { State::Published } else { State::InReview };
        Ok(self.moved_to(state, String::new(), now))
    }

    /// Hidden for a while.
    ///
    /// # Errors
    ///
    /// The state.
    pub fn pause(self, reason: String, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Pause)?;
        Ok(self.moved_to(State::Paused, reason, now))
    }

    /// Shown again.
    ///
    /// # Errors
    ///
    /// The state.
    pub fn resume(self, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Resume)?;
        Ok(self.moved_to(State::Published, String::new(), now))
    }

    /// Published with a later last day to apply: `apply_by`, or the one that
    /// [`Content::renewed_apply_by`] counts.
    ///
    /// # Errors
    ///
    /// The state, or a violation of `/applyBy` where the day does not lie ahead, is not later than the
    /// old one, or is after the latest it may be.
    pub fn renew(self, apply_by: Option<Date>, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Renew)?;
        let (today, old) = (day(now), self.content.apply_until());
        let published = day(self.publish_time.unwrap_or(self.create_time));
        let apply_by = apply_by.or_else(|| self.content.renewed_apply_by(published, today));
        let content = Content { apply_by, ..self.content };
        let mut violations = Violations::new();
        if apply_by <= Some(today) {
            let message = "must be after today: move the days of work, or set lastMinute";
            violations.push("applyBy", "NOT_AHEAD", message);
        } else if apply_by <= old {
            violations.push("applyBy", "NOT_LATER", "must be later than the day it has now");
        }
        content.check(&mut violations);
        violations.into_result()?;
        Ok(Self { content, ..self }.moved_to(State::Published, String::new(), now))
    }

    /// Ended for good.
    ///
    /// # Errors
    ///
    /// The state.
    pub fn close(self, reason: String, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Close)?;
        Ok(self.moved_to(State::Closed, reason, now))
    }

    /// Published by an admin.
    ///
    /// # Errors
    ///
    /// The state, or all that makes it unfit by now.
    pub fn approve(self, reason: String, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Approve)?;
        self.check_publishable(day(now))?;
        Ok(self.moved_to(State::Published, reason, now))
    }

    /// Sent back to its company by an admin.
    ///
    /// # Errors
    ///
    /// The state.
    pub fn send_back(self, reason: String, now: Timestamp) -> Result<Self> {
        self.state.permit(Verb::Return)?;
        Ok(self.moved_to(State::Draft, reason, now))
    }

    fn check_publishable(&self, today: Date) -> Result<()> {
        let mut violations = Violations::new();
        self.content.check_complete(&mut violations);
        self.content.check_ahead(None, today, &mut violations);
        Ok(violations.into_result()?)
    }

    fn moved_to(mut self, state: State, reason: String, now: Timestamp) -> Self {
        if state == State::Published {
            self.publish_time.get_or_insert(now);
        }
        Self { state, state_reason: reason, ..self }.changed(now)
    }

    fn changed(self, now: Timestamp) -> Self {
        Self { update_time: now, revision: self.revision.saturating_add(1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::error::Error;
    use crate::fixture::{content, day_between, now, offer, offer_in};

    fn fields(outcome: Result<Offer>) -> Vec<String> {
        let Err(Error::Status(status)) = outcome else { return Vec::new() };
        status.violations().iter().map(|violation| violation.field.clone()).collect()
    }

    fn with(content: Content, state: State) -> Offer {
        Offer { content, ..offer_in(state) }
    }

    #[test]
    fn a_draft_that_lacks_something_is_not_published() {
        let content = Content { start_date: None, apply_by: None, pay: None, ..content() };

        let outcome = with(content, State::Draft).publish(true, now());

        assert_eq!(fields(outcome), ["/startDate", "/pay"]);
    }

    #[test]
    fn an_offer_that_starts_today_or_before_is_not_published() {
        for (start, allowed) in
            [(date(2026, 11, 19), false), (date(2026, 11, 20), false), (date(2026, 11, 21), true)]
        {
            let content = Content { start_date: Some(start), apply_by: None, ..content() };

            let outcome = with(content, State::Draft).publish(true, now());

            assert_eq!(outcome.is_ok(), allowed, "{start}");
            assert_eq!(fields(outcome), if allowed { vec![] } else { vec!["/startDate"] });
        }
    }

    #[test]
    fn the_offer_of_a_company_that_is_not_verified_waits_for_an_admin() {
        let waiting = offer().publish(false, now()).unwrap();
        let published = waiting.clone().approve("looks right".to_owned(), now()).unwrap();

        assert_eq!((waiting.state, waiting.publish_time), (State::InReview, None));
        assert_eq!((published.state, published.publish_time), (State::Published, Some(now())));
        assert_eq!(published.state_reason, "looks right");
    }

    #[test]
    fn an_offer_whose_start_has_come_is_not_approved() {
        let late = now() + 8760.hours();

        let outcome = offer_in(State::InReview).approve("late".to_owned(), late);

        assert_eq!(fields(outcome), ["/startDate", "/applyBy"]);
    }

    #[test]
    fn every_change_counts_and_is_dated() {
        let later = now() + 1.hours();

        let paused = offer_in(State::Published).pause("rain".to_owned(), later).unwrap();
        let resumed = paused.clone().resume(later).unwrap();

        assert_eq!((paused.revision, paused.update_time), (2, later));
        assert_eq!((paused.state_reason.as_str(), resumed.state_reason.as_str()), ("rain", ""));
        assert_eq!((resumed.revision, resumed.publish_time), (3, Some(now())));
    }

    #[test]
    fn renewing_five_days_early_adds_to_the_old_day() {
        let content = Content { apply_by: Some(date(2026, 11, 30)), ..content() };
        let early = now() + (5 * 24).hours();

        let renewed = with(content, State::Published).renew(None, early).unwrap();

        assert_eq!(renewed.content.apply_by, Some(date(2026, 12, 10)));
    }

    #[test]
    fn an_expired_offer_is_renewed_until_a_day_that_lies_ahead() {
        let content = Content { apply_by: Some(date(2026, 11, 10)), ..content() };
        let renew = |day| with(content.clone(), State::Expired).renew(Some(day), now());

        assert_eq!(renew(date(2026, 11, 21)).unwrap().state, State::Published);
        assert_eq!(fields(renew(date(2026, 11, 20))), ["/applyBy"]);
        assert_eq!(fields(renew(date(2027, 8, 26))), ["/applyBy"]);
    }

    #[test]
    fn a_renewal_moves_the_day_forward() {
        let renew = |day| offer_in(State::Published).renew(Some(day), now());

        assert_eq!(fields(renew(date(2027, 8, 1))), ["/applyBy"]);
        assert_eq!(renew(date(2027, 8, 2)).unwrap().content.apply_by, Some(date(2027, 8, 2)));
    }

    #[test]
    fn once_the_work_has_begun_only_a_last_minute_offer_is_renewed() {
        let days = Content { start_date: Some(date(2026, 11, 15)), apply_by: None, ..content() };
        let last_minute =
            Content { last_minute: true, apply_by: Some(date(2026, 11, 16)), ..days.clone() };

        let plain = with(days, State::Expired).renew(None, now());
        let renewed = with(last_minute, State::Expired).renew(None, now()).unwrap();

        assert_eq!(fields(plain), ["/applyBy"]);
        assert_eq!(renewed.content.apply_by, Some(date(2026, 11, 21)));
    }

    #[test]
    fn a_published_offer_stays_complete_and_a_draft_need_not_be() {
        let lacking = Content { pay: None, ..content() };

        let draft = offer().edit(lacking.clone(), now());
        let published = offer_in(State::Published).edit(lacking, now());

        assert_eq!(draft.unwrap().content.pay, None);
        assert_eq!(fields(published), ["/offer/pay"]);
    }

    #[test]
    fn days_that_are_past_may_stay_but_not_be_chosen() {
        let begun = Content { start_date: Some(date(2026, 11, 15)), apply_by: None, ..content() };
        let retitled = Content { place: "Morgon".to_owned(), ..begun.clone() };
        let moved = Content { start_date: Some(date(2026, 11, 16)), ..begun.clone() };
        let edit = |content| with(begun.clone(), State::Published).edit(content, now());

        assert_eq!(edit(retitled).unwrap().content.place, "Morgon");
        assert_eq!(fields(edit(moved)), ["/offer/startDate"]);
    }

    #[test]
    fn no_fewer_positions_are_offered_than_are_filled() {
        let offer = Offer { positions_filled: 3, ..offer_in(State::Published) };
        let edit =
            |positions_total| offer.clone().edit(Content { positions_total, ..content() }, now());

        assert_eq!(fields(edit(2)), ["/offer/positionsTotal"]);
        assert_eq!(edit(3).unwrap().content.positions_total, 3);
    }

    #[test]
    fn the_duplicate_of_an_expired_offer_is_a_draft_a_year_later() {
        let offer = offer_in(State::Expired);
        let next_year = now() + 8760.hours();
        let id = Id(Uuid::from_u128(2));

        let copy = offer.duplicate(id, next_year).unwrap();

        assert_eq!((copy.id, copy.state, copy.revision), (id, State::Draft, 1));
        assert_eq!(copy.content.start_date, Some(date(2028, 8, 25)));
        assert_eq!(copy.content.end_date, Some(date(2028, 9, 5)));
        assert_eq!((copy.publish_time, copy.content.external_reference.as_str()), (None, ""));
    }

    proptest! {
        #[test]
        fn what_is_published_starts_ahead_and_can_be_applied_to(
            start in day_between(2026, 2027),
            before in proptest::option::of(-20_i64..60),
            last_minute: bool,
        ) {
            let apply_by = before.map(|days| start.saturating_sub(days.days()));
            let content = Content { start_date: Some(start), end_date: None, apply_by, last_minute, ..content() };
            let mut violations = Violations::new();
            content.check(&mut violations);
            prop_assume!(violations.into_result().is_ok());
            let content = Content { end_date: Some(start), ..content };

            let published = with(content, State::Draft).publish(true, now());

            if let Ok(offer) = published {
                prop_assert!(offer.content.start_date > Some(day(now())));
                prop_assert!(offer.content.apply_until() >= Some(day(now())));
                prop_assert!(offer.content.apply_until() <= offer.content.apply_limit());
            }
        }
    }
}
