//! Requests about the catalogue, answered from memory.

use std::sync::Arc;

use bus::{Context, Result};
use chassis::page::Page;
use proto::ad::v1 as pb;

use super::{Catalogue, Category, Job, titles_in};
use crate::error::Error;

/// The largest page of jobs.
const JOBS_MAX: usize = 200;

/// Serves [`pb::JobService`].
#[derive(Debug, Clone)]
pub struct Rpc {
    catalogue: Arc<Catalogue>,
}

impl Rpc {
    /// Answers from `catalogue`.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue }
    }
}

impl pb::JobService for Rpc {
    async fn get_job(&self, _: Context, request: pb::GetJobRequest) -> Result<pb::Job> {
        let job = self.catalogue.job(&request.job_id);
        let job = job.ok_or(Error::JobNotFound(request.job_id))?;
        Ok(message(job, &request.language_code))
    }

    async fn list_jobs(
        &self,
        context: Context,
        request: pb::ListJobsRequest,
    ) -> Result<pb::ListJobsResponse> {
        let page = Page::<String>::open(&context, &request, JOBS_MAX, |it| {
            (&mut it.page_size, &mut it.page_token)
        })?;
        let after = page.after.as_deref().unwrap_or_default();
        let in_category =
            |job: &&Job| request.category.is_empty() || job.category == request.category;
        let rest = self.catalogue.jobs().filter(|job| job.id.as_str() > after).filter(in_category);
        let found = rest.take(usize::try_from(page.limit()).unwrap_or(usize::MAX)).collect();

        let (jobs, next_page_token) = page.close(
            found,
            |job: &&Job| job.id.clone(),
            |job| message(job, &request.language_code),
        );
        Ok(pb::ListJobsResponse { jobs, next_page_token })
    }

    async fn list_job_categories(
        &self,
        _: Context,
        request: pb::ListJobCategoriesRequest,
    ) -> Result<pb::ListJobCategoriesResponse> {
        let categories = self.catalogue.categories();
        let with_count = |category: &Category| pb::JobCategory {
            id: category.id.clone(),
            title: titles_in(&category.title, &request.language_code),
            icon: category.icon.clone(),
            job_count: self.catalogue.active_jobs_of(&category.id),
        };
        Ok(pb::ListJobCategoriesResponse { job_categories: categories.map(with_count).collect() })
    }
}

/// The job with its titles in `language`; with all of them where none is given.
fn message(job: &Job, language: &str) -> pb::Job {
    pb::Job {
        id: job.id.clone(),
        category_id: job.category.clone(),
        title: titles_in(&job.title, language),
        isco08_code: job.isco08.clone(),
        rome_code: job.rome.clone(),
        adjacent_job_ids: job.adjacent.clone(),
        active: job.active,
    }
}

#[cfg(test)]
mod tests {
    use bus::{Caller, Code};
    use proto::ad::v1::JobService as _;

    use super::*;

    fn rpc() -> Rpc {
        Rpc::new(Arc::new(Catalogue::read().unwrap()))
    }

    fn anyone() -> Context {
        Context::for_test(Caller::Anonymous)
    }

    async fn list(request: pb::ListJobsRequest) -> pb::ListJobsResponse {
        rpc().list_jobs(anyone(), request).await.unwrap()
    }

    #[tokio::test]
    async fn a_job_has_all_titles_or_the_one_asked_for() {
        let get = |language: &str| pb::GetJobRequest {
            job_id: "grape-picker".to_owned(),
            language_code: language.to_owned(),
        };

        let all = rpc().get_job(anyone(), get("")).await.unwrap();
        let italian = rpc().get_job(anyone(), get("it")).await.unwrap();

        assert_eq!((all.title.len(), all.isco08_code.as_str()), (5, "9211"));
        assert_eq!(italian.title["it"], "Vendemmiatore / Vendemmiatrice");
        assert_eq!((italian.title.len(), italian.rome_code.as_str()), (1, "A1401"));
    }

    #[tokio::test]
    async fn a_job_that_does_not_exist_is_not_found() {
        let request =
            pb::GetJobRequest { job_id: "astronaut".to_owned(), ..pb::GetJobRequest::default() };

        let status = rpc().get_job(anyone(), request).await.unwrap_err();

        assert_eq!((status.code(), status.reason()), (Code::NotFound, "JOB_NOT_FOUND"));
    }

    #[tokio::test]
    async fn the_pages_of_the_catalogue_are_the_catalogue_in_order() {
        let mut seen = Vec::new();
        let mut request = pb::ListJobsRequest { page_size: 7, ..pb::ListJobsRequest::default() };
        loop {
            let answer = list(request.clone()).await;
            seen.extend(answer.jobs.into_iter().map(|job| job.id));
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }

        let catalogue = Catalogue::read().unwrap();
        let all: Vec<_> = catalogue.jobs().map(|job| job.id.clone()).collect();
        assert_eq!(seen, all);
    }

    #[tokio::test]
    async fn a_page_has_two_hundred_jobs_at_most() {
        let request = pb::ListJobsRequest { page_size: 1_000, ..pb::ListJobsRequest::default() };
        let all = rpc().catalogue.jobs().count();

        assert_eq!(list(request).await.jobs.len(), all.min(200));
    }

    #[tokio::test]
    async fn only_the_jobs_of_a_category_are_listed_in_one_language() {
        let request = pb::ListJobsRequest {
            category: "harvest".to_owned(),
            language_code: "it".to_owned(),
            ..pb::ListJobsRequest::default()
        };

        let answer = list(request).await;

        assert_eq!((answer.jobs.len(), answer.next_page_token.as_str()), (6, ""));
        assert!(answer.jobs.iter().all(|job| job.category_id == "harvest"));
        assert!(answer.jobs.iter().all(|job| job.title.keys().eq(["it"])));
    }

    #[tokio::test]
    async fn a_category_that_does_not_exist_has_no_jobs() {
        let category = "space".to_owned();

        let answer = list(pb::ListJobsRequest { category, ..pb::ListJobsRequest::default() }).await;

        assert_eq!(answer.jobs, []);
    }

    #[tokio::test]
    async fn the_categories_count_their_jobs() {
        let request = pb::ListJobCategoriesRequest { language_code: "de".to_owned() };

        let answer = rpc().list_job_categories(anyone(), request).await.unwrap().job_categories;

        assert_eq!(answer.len(), 14);
        assert!(answer.is_sorted_by(|one, other| one.id < other.id));
        let count: i32 = answer.iter().map(|category| category.job_count).sum();
        assert_eq!(count, i32::try_from(rpc().catalogue.jobs().count()).unwrap());
        assert!(answer.iter().all(|category| category.title.keys().eq(["de"])));
    }
}
