//! The catalogue of seasonal work: categories and jobs, with titles in five languages and the codes
//! of ISCO-08 and ROME. It is part of the build and never changes while a process lives.

mod remember;
mod rpc;

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

pub use remember::Remembered;
pub use rpc::Rpc;

/// The languages that every title is given in.
pub const LANGUAGES: [&str; 5] = ["en", "fr", "es", "it", "de"];

/// The language where the one asked for is missing.
const FALLBACK: &str = "en";

/// All categories and jobs, in the order of their codes.
#[derive(Debug)]
pub struct Catalogue {
    categories: BTreeMap<String, Category>,
    jobs: BTreeMap<String, Job>,
}

/// A field of seasonal work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// A stable code: `harvest`.
    pub id: String,
    /// The name of an icon.
    pub icon: String,
    /// The name by language.
    pub title: BTreeMap<String, String>,
}

/// An occupation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// A stable code: `grape-picker`.
    pub id: String,
    /// The code of its category.
    pub category: String,
    /// The name by language.
    pub title: BTreeMap<String, String>,
    /// The four digits of the ISCO-08 unit group.
    pub isco08: String,
    /// The code of ROME 4.0: a letter and four digits.
    pub rome: String,
    /// The codes of the jobs whose experience counts here too.
    pub adjacent: Vec<String>,
    /// Whether new offers may name it.
    #[serde(default = "active")]
    pub active: bool,
}

fn active() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    categories: Vec<Category>,
    jobs: Vec<Job>,
}

impl Catalogue {
    /// Reads the catalogue that is part of this build.
    ///
    /// # Errors
    ///
    /// When it is not the JSON it should be, which a test rules out.
    pub fn read() -> anyhow::Result<Self> {
        let file: File = serde_json::from_str(include_str!("catalogue.json"))
            .context("catalogue.json of this build cannot be read")?;
        Ok(Self {
            categories: file.categories.into_iter().map(|c| (c.id.clone(), c)).collect(),
            jobs: file.jobs.into_iter().map(|job| (job.id.clone(), job)).collect(),
        })
    }

    /// The job with this code.
    #[must_use]
    pub fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.get(id)
    }

    /// All jobs.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// All categories.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.values()
    }

    /// The codes of a category's jobs; none where there is no such category.
    #[must_use]
    pub fn jobs_of(&self, category: &str) -> Vec<String> {
        self.jobs().filter(|job| job.category == category).map(|job| job.id.clone()).collect()
    }

    /// How many jobs of the category offers may name.
    #[must_use]
    pub fn active_jobs_of(&self, category: &str) -> i32 {
        let active = self.jobs().filter(|job| job.category == category && job.active);
        i32::try_from(active.count()).unwrap_or(i32::MAX)
    }

    /// Whether an offer may name this job from now on.
    #[must_use]
    pub fn offers(&self, job_id: &str) -> bool {
        self.job(job_id).is_some_and(|job| job.active)
    }
}

/// The titles in `language` alone, English where it is missing; all titles where no language is given.
/// Of a tag such as `de-AT` the language counts.
fn titles_in(titles: &BTreeMap<String, String>, language: &str) -> BTreeMap<String, String> {
    if language.is_empty() {
        return titles.clone();
    }
    let asked = language.split('-').next().unwrap_or(language).to_ascii_lowercase();
    let found = titles.get_key_value(&asked).or_else(|| titles.get_key_value(FALLBACK));
    found.map(|(language, title)| (language.clone(), title.clone())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::read().unwrap()
    }

    fn is_code(code: &str, letters: usize) -> bool {
        let (head, digits) = code.split_at(letters);
        head.bytes().all(|byte| byte.is_ascii_uppercase())
            && digits.len() == 4
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    }

    fn is_slug(id: &str) -> bool {
        !id.is_empty()
            && id.split('-').all(|word| {
                !word.is_empty()
                    && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            })
    }

    fn is_translated(title: &BTreeMap<String, String>) -> bool {
        title.len() == LANGUAGES.len()
            && LANGUAGES.iter().all(|language| {
                title.get(*language).is_some_and(|t| !t.is_empty() && t.trim() == t)
            })
    }

    #[test]
    fn there_are_14_categories_and_at_least_60_jobs() {
        let catalogue = catalogue();

        assert_eq!(catalogue.categories().count(), 14);
        assert!(catalogue.jobs().count() >= 60);
        for category in catalogue.categories() {
            assert!(is_slug(&category.id) && is_slug(&category.icon), "{}", category.id);
            assert!(is_translated(&category.title), "{}", category.id);
            assert!(catalogue.jobs_of(&category.id).len() >= 4, "{}", category.id);
        }
    }

    #[test]
    fn no_code_is_given_twice() {
        let file: File = serde_json::from_str(include_str!("catalogue.json")).unwrap();
        let catalogue = catalogue();

        assert_eq!(file.jobs.len(), catalogue.jobs().count());
        assert_eq!(file.categories.len(), catalogue.categories().count());
    }

    #[test]
    fn every_job_has_five_titles_a_category_and_both_codes() {
        let catalogue = catalogue();

        for job in catalogue.jobs() {
            assert!(is_slug(&job.id), "{}", job.id);
            assert!(is_translated(&job.title), "{}", job.id);
            assert!(catalogue.categories.contains_key(&job.category), "{}", job.id);
            assert!(is_code(&job.isco08, 0), "{}", job.id);
            assert!(is_code(&job.rome, 1), "{}", job.id);
        }
    }

    #[test]
    fn a_title_is_not_given_to_two_jobs() {
        for language in LANGUAGES {
            let catalogue = catalogue();
            let mut titles: Vec<_> = catalogue.jobs().map(|job| &job.title[language]).collect();
            titles.sort();

            assert!(titles.windows(2).all(|pair| pair[0] != pair[1]), "{language}: {titles:?}");
        }
    }

    #[test]
    fn adjacency_is_mutual_and_never_with_itself() {
        let catalogue = catalogue();

        for job in catalogue.jobs() {
            for other in &job.adjacent {
                assert_ne!(other, &job.id);
                let other = catalogue.job(other).unwrap();
                assert!(other.adjacent.contains(&job.id), "{} and {}", job.id, other.id);
            }
        }
    }

    #[test]
    fn a_title_in_one_language_falls_back_to_english() {
        let catalogue = catalogue();
        let titles = &catalogue.job("cook").unwrap().title;

        let only = |language| titles_in(titles, language).into_iter().collect::<Vec<_>>();

        assert_eq!(only("it"), [("it".to_owned(), "Cuoco / Cuoca".to_owned())]);
        assert_eq!(only("de-AT"), [("de".to_owned(), "Koch / Köchin".to_owned())]);
        assert_eq!(only("pt"), [("en".to_owned(), "Cook".to_owned())]);
        assert_eq!(titles_in(titles, "").len(), 5);
    }
}
