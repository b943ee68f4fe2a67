//! Workers as messages.

use jiff::civil::Date;
use proto::profile::v1 as pb;
use proto::value::v1 as value;

use super::{Certificate, Language, Location, Profile, View, Visibility, Worker};
use crate::error::Result;
use crate::mask::merge;
use crate::time::{day, day_text, moment};

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
        birth_date: day_text(profile.birth_date),
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
        visibility: pb::WorkerVisibility::from(profile.visibility).into(),
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

/// `profile` with the fields of the request that its mask names.
pub(super) fn merged(profile: &Profile, request: &pb::UpdateWorkerRequest) -> Result<Profile> {
    let written = read(request.worker.clone().unwrap_or_default())?;
    merge!(
        request.update_mask.clone(), written => profile.clone(),
        fields: given_name family_name birth_date gender phone about languages licences certificates
            right_to_work_countries base_place mobility_km relocate visibility
            hidden_from_company_ids;
        messages: base_location(latitude longitude);
        output: id age_at_least completeness create_time update_time revision;
    )
}

fn read(worker: pb::Worker) -> Result<Profile> {
    let visibility = worker.visibility().into();
    let hidden_from = worker.hidden_from_company_ids.iter().map(|id| id.parse());
    Ok(Profile {
        hidden_from_company_ids: hidden_from.collect::<Result<_>>()?,
        given_name: worker.given_name,
        family_name: worker.family_name,
        birth_date: day(&worker.birth_date),
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
        visibility,
    })
}

fn texts<T: ToString>(ids: impl IntoIterator<Item = T>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

impl From<pb::WorkerVisibility> for Visibility {
    fn from(visibility: pb::WorkerVisibility) -> Self {
        match visibility {
            pb::WorkerVisibility::Public => Self::Public,
            pb::WorkerVisibility::Unspecified | pb::WorkerVisibility::VerifiedEmployers => {
                Self::VerifiedEmployers
            }
            pb::WorkerVisibility::Hidden => Self::Hidden,
        }
    }
}

impl From<Visibility> for pb::WorkerVisibility {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Public,
            Visibility::VerifiedEmployers => Self::VerifiedEmployers,
            Visibility::Hidden => Self::Hidden,
        }
    }
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
            issue_date: day(&certificate.issue_date),
            expire_date: day(&certificate.expire_date),
        }
    }
}

impl From<Certificate> for pb::Certificate {
    fn from(certificate: Certificate) -> Self {
        Self {
            code: certificate.code,
            title: certificate.title,
            issue_date: day_text(certificate.issue_date),
            expire_date: day_text(certificate.expire_date),
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
