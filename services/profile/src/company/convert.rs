//! Companies as messages.

use proto::profile::v1 as pb;

use super::{Company, Page, Site, State, View};
use crate::error::Result;
use crate::mask::merge;
use crate::time::moment;

/// The company as `view` shows it.
pub(super) fn message(company: Company, view: View) -> pb::Company {
    let (contact_email, contact_phone) = match view {
        View::Public => Default::default(),
        View::SignedIn | View::Inside => (company.page.contact_email, company.page.contact_phone),
    };
    let verification_reason = match view {
        View::Public | View::SignedIn => String::new(),
        View::Inside => company.reason,
    };
    pb::Company {
        id: company.id.to_string(),
        legal_name: company.page.legal_name,
        trade_name: company.page.trade_name,
        registration_number: company.page.registration_number,
        country_code: company.page.country_code,
        sites: company.page.sites.into_iter().map(Into::into).collect(),
        sector: company.page.sector,
        about: company.page.about,
        website: company.page.website,
        contact_email,
        contact_phone,
        verification_state: pb::CompanyVerificationState::from(company.state).into(),
        verification_reason,
        create_time: Some(moment(company.create_time)),
        update_time: Some(moment(company.update_time)),
        revision: company.revision,
    }
}

/// `page` with the fields of the request that its mask names.
pub(super) fn merged(page: &Page, request: &pb::UpdateCompanyRequest) -> Result<Page> {
    let written = Page::from(request.company.clone().unwrap_or_default());
    merge!(
        request.update_mask.clone(), written => page.clone(),
        fields: legal_name trade_name registration_number country_code sites sector about website
            contact_email contact_phone;
        messages: ;
        output: id verification_state verification_reason create_time update_time revision;
    )
}

impl From<pb::Company> for Page {
    fn from(company: pb::Company) -> Self {
        Self {
            legal_name: company.legal_name,
            trade_name: company.trade_name,
            registration_number: company.registration_number,
            country_code: company.country_code,
            sites: company.sites.into_iter().map(Into::into).collect(),
            sector: company.sector,
            about: company.about,
            website: company.website,
            contact_email: company.contact_email,
            contact_phone: company.contact_phone,
        }
    }
}

impl From<pb::Site> for Site {
    fn from(site: pb::Site) -> Self {
        Self { label: site.label, place: site.place, location: site.location.map(Into::into) }
    }
}

impl From<Site> for pb::Site {
    fn from(site: Site) -> Self {
        Self { label: site.label, place: site.place, location: site.location.map(Into::into) }
    }
}

impl From<State> for pb::CompanyVerificationState {
    fn from(state: State) -> Self {
        match state {
            State::Unverified => Self::Unverified,
            State::Pending => Self::Pending,
            State::Verified => Self::Verified,
            State::Rejected => Self::Rejected,
            State::Suspended => Self::Suspended,
        }
    }
}

/// The state of a filter; none where it names none.
pub(super) fn state(filter: pb::CompanyVerificationState) -> Option<State> {
    match filter {
        pb::CompanyVerificationState::Unspecified => None,
        pb::CompanyVerificationState::Unverified => Some(State::Unverified),
        pb::CompanyVerificationState::Pending => Some(State::Pending),
        pb::CompanyVerificationState::Verified => Some(State::Verified),
        pb::CompanyVerificationState::Rejected => Some(State::Rejected),
        pb::CompanyVerificationState::Suspended => Some(State::Suspended),
    }
}
