//! Companies as messages.

use chassis::time::moment;
use proto::profile::v1 as pb;

use super::{Company, Page, Site, View};

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
        verification_state: company.state.number(),
        verification_reason,
        create_time: Some(moment(company.create_time)),
        update_time: Some(moment(company.update_time)),
        revision: company.revision,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::company;

    #[test]
    fn what_is_written_is_read_back() {
        let page = Page::from(message(company(), View::Inside));

        assert_eq!(page, company().page);
    }
}
