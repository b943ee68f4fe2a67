//! Which offers a list holds, and in which order.

use bus::{Result, Violations};
use chassis::id;
use chassis::time::date;
use jiff::Timestamp;
use jiff::civil::Date;
use proto::ad::v1 as pb;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::state::State;
use super::{Id, Offer};
use crate::job::Catalogue;

/// The place of an offer without a first day in the order of first days: the end.
const NO_START: Date = Date::MAX;

/// Which offers. `None` lets all through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Filter {
    /// In one of these states.
    pub(super) states: Vec<State>,
    /// To which one can still apply on this day.
    pub(super) open_on: Option<Date>,
    /// Of this company.
    pub(super) company_id: Option<Uuid>,
    /// Of one of these jobs.
    pub(super) job_ids: Option<Vec<String>>,
    /// That end on this day or later.
    pub(super) from_date: Option<Date>,
    /// That start on this day or earlier.
    pub(super) to_date: Option<Date>,
    /// With these words.
    pub(super) text: Option<String>,
}

/// By what a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// Those that start first.
    Earliest,
    /// Those that start last.
    Latest,
}

/// Where an offer lies in each of the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// When it was made.
    pub(super) create_time: Timestamp,
    /// Its first day, or the end of time.
    pub(super) start_date: Date,
    /// What makes it unique.
    pub(super) id: Id,
}

impl From<&Offer> for Place {
    fn from(offer: &Offer) -> Self {
        let start_date = offer.content.start_date.unwrap_or(NO_START);
        Self { create_time: offer.create_time, start_date, id: offer.id }
    }
}

impl Order {
    /// The order that a request names. The contract's limits refuse others.
    pub(super) fn of(request: &pb::ListOffersRequest) -> Self {
        match request.order_by.as_str() {
            "create_time" => Self::Oldest,
            "start_date" => Self::Earliest,
            "start_date desc" => Self::Latest,
            _ => Self::Newest,
        }
    }
}

impl Filter {
    /// What `request` asks for `today`. Only a list of nothing but published offers is cut to those
    /// that one can still apply to; others are a company's own, or an admin's.
    pub(super) fn of(
        request: &pb::ListOffersRequest,
        jobs: &Catalogue,
        today: Date,
    ) -> Result<Self> {
        let filter = Self {
            states: states(&request.states),
            company_id: given(&request.company_id).map(id::parse).transpose()?,
            job_ids: job_ids(request, jobs),
            from_date: date(&request.from_date),
            to_date: date(&request.to_date),
            text: given(request.text.trim()).map(str::to_owned),
            open_on: None,
        };
        let mut violations = Violations::new();
        if filter.from_date.is_some()
            && filter.to_date.is_some()
            && filter.to_date < filter.from_date
        {
            violations.push("toDate", "BEFORE_FROM", "must not be before fromDate");
        }
        violations.into_result()?;
        Ok(Self { open_on: filter.is_for_everyone().then_some(today), ..filter })
    }

    /// The names of the states.
    pub(super) fn state_names(&self) -> Vec<String> {
        self.states.iter().map(|state| state.as_str().to_owned()).collect()
    }

    /// Whether everyone may see the list.
    pub(super) fn is_for_everyone(&self) -> bool {
        self.states.iter().all(|state| *state == State::Published)
    }
}

fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn states(numbers: &[i32]) -> Vec<State> {
    let states: Vec<_> = numbers.iter().filter_map(|number| State::from_number(*number)).collect();
    if states.is_empty() { vec![State::Published] } else { states }
}

/// The jobs that category and job leave; none where neither is given.
fn job_ids(request: &pb::ListOffersRequest, jobs: &Catalogue) -> Option<Vec<String>> {
    let category = given(&request.category).map(|category| jobs.jobs_of(category));
    match (category, given(&request.job_id)) {
        (None, None) => None,
        (Some(jobs), None) => Some(jobs),
        (None, Some(job)) => Some(vec![job.to_owned()]),
        (Some(jobs), Some(job)) => Some(jobs.into_iter().filter(|other| other == job).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(request: &pb::ListOffersRequest) -> Result<Filter> {
        Filter::of(request, &Catalogue::read().unwrap(), Date::constant(2026, 11, 20))
    }

    fn jobs(category: &str, job: &str) -> Option<Vec<String>> {
        let (category, job_id) = (category.to_owned(), job.to_owned());
        filter(&pb::ListOffersRequest { category, job_id, ..pb::ListOffersRequest::default() })
            .unwrap()
            .job_ids
    }

    #[test]
    fn a_plain_list_is_of_published_offers_that_are_open_today() {
        let filter = filter(&pb::ListOffersRequest::default()).unwrap();

        assert_eq!(filter.states, [State::Published]);
        assert_eq!(filter.open_on, Some(Date::constant(2026, 11, 20)));
        assert_eq!(
            filter,
            Filter { states: filter.states.clone(), open_on: filter.open_on, ..Filter::default() }
        );
    }

    #[test]
    fn a_list_with_other_states_is_not_cut_to_what_is_open() {
        let states = vec![State::Published.number(), State::Draft.number()];

        let filter =
            filter(&pb::ListOffersRequest { states, ..pb::ListOffersRequest::default() }).unwrap();

        assert_eq!((filter.open_on, filter.is_for_everyone()), (None, false));
    }

    #[test]
    fn category_and_job_leave_the_jobs_that_are_in_both() {
        assert_eq!(jobs("", ""), None);
        assert_eq!(jobs("", "cook"), Some(vec!["cook".to_owned()]));
        assert_eq!(jobs("kitchen", "cook"), Some(vec!["cook".to_owned()]));
        assert_eq!(jobs("harvest", "cook"), Some(vec![]));
        assert_eq!(jobs("space", ""), Some(vec![]));
        assert_eq!(jobs("harvest", "").unwrap().len(), 6);
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_refused() {
        let (from_date, to_date) = ("2027-02-01".to_owned(), "2027-01-31".to_owned());
        let request =
            pb::ListOffersRequest { from_date, to_date, ..pb::ListOffersRequest::default() };

        let status = filter(&request).unwrap_err();

        assert_eq!(status.violations()[0].field, "/toDate");
    }
}
