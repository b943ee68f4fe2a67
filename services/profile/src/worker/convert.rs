//! Workers as messages.

use bus::Status;
use chassis::time::{date, date_text, moment};
use jiff::civil::Date;
use proto::{profile::v1 as pb, value::v1 as value};

use super::{Certificate, Language, Location, Profile, View, Visibility, Worker};

/// The worker as `view` shows it on this day.
pub(super) fn message(worker: Worker, view: View, today: Date) -> pb::Worker {
    let (age_at_least, completeness) = (worker.age_at_least(today), worker.profile.completeness());
    let profile = match view {
        View::Whole => worker.profile,
        View::Outside => without_private(worker.profile),
    };
    pb::Worker {
        id: worker.id.to_string(),
        given_name: profile.given_name,
        family_name: profile.family_name,
        birth_date: date_text(profile.birth_date),
        gender: profile.gender,
        phone: profile.phone,
        about: profile.about,
        languages: profile.languages.into_iter().map(Into::into).collect(),
        licences: profile.licences.into_iter().collect(),
        certificates: profile.certificates.into_iter().map(Into::into).collect(),
        right_to_work_countries: profile.right_to_work_countries.into_iter().collect(),
        base_place: profile.base_place,
        base_location: profile.base_location.map(Into::into),
        mobility_km: profile.mobility_km,
        relocate: profile.relocate,
        visibility: profile.visibility.number(),
        hidden_from_company_ids: texts(profile.hidden_from_company_ids),
        age_at_least,
        completeness,
        create_time: Some(moment(worker.create_time)),
        update_time: Some(moment(worker.update_time)),
        revision: worker.revision,
    }
}

/// What only the worker may see is taken out.
fn without_private(profile: Profile) -> Profile {
    Profile {
        birth_date: None,
        gender: String::new(),
        phone: String::new(),
        hidden_from_company_ids: [].into(),
        ..profile
    }
}

impl TryFrom<pb::Worker> for Profile {
    type Error = Status;

    fn try_from(worker: pb::Worker) -> Result<Self, Status> {
        let hidden_from = worker.hidden_from_company_ids.iter().map(|id| id.parse());
        Ok(Self {
            hidden_from_company_ids: hidden_from.collect::<Result<_, _>>()?,
            given_name: worker.given_name,
            family_name: worker.family_name,
            birth_date: date(&worker.birth_date),
            gender: worker.gender,
            phone: worker.phone,
            about: worker.about,
            languages: worker.languages.into_iter().map(Into::into).collect(),
            licences: worker.licences.into_iter().collect(),
            certificates: worker.certificates.into_iter().map(Into::into).collect(),
            right_to_work_countries: worker.right_to_work_countries.into_iter().collect(),
            base_place: worker.base_place,
            base_location: worker.base_location.map(Into::into),
            mobility_km: worker.mobility_km,
            relocate: worker.relocate,
            visibility: Visibility::from_number(worker.visibility).unwrap_or_default(),
        })
    }
}

fn texts<T: ToString>(ids: impl IntoIterator<Item = T>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

impl From<value::LanguageSkill> for Language {
    fn from(skill: value::LanguageSkill) -> Self {
        Self { language_code: skill.language_code, level: skill.level }
    }
}

impl From<Language> for value::LanguageSkill {
    fn from(language: Language) -> Self {
        Self { language_code: language.language_code, level: language.level }
    }
}

impl From<pb::Certificate> for Certificate {
    fn from(certificate: pb::Certificate) -> Self {
        Self {
            code: certificate.code,
            title: certificate.title,
            issue_date: date(&certificate.issue_date),
            expire_date: date(&certificate.expire_date),
        }
    }
}

impl From<Certificate> for pb::Certificate {
    fn from(certificate: Certificate) -> Self {
        Self {
            code: certificate.code,
            title: certificate.title,
            issue_date: date_text(certificate.issue_date),
            expire_date: date_text(certificate.expire_date),
        }
    }
}

impl From<value::Location> for Location {
    fn from(location: value::Location) -> Self {
        Self { latitude: location.latitude, longitude: location.longitude }
    }
}

impl From<Location> for value::Location {
    fn from(location: Location) -> Self {
        Self { latitude: location.latitude, longitude: location.longitude }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::worker;

    #[test]
    fn what_is_written_is_read_back() {
        let profile = Profile::try_from(message(worker(), View::Whole, Date::ZERO)).unwrap();

        assert_eq!(profile, worker().profile);
    }
}
