//! Offers as messages.
//!
//! What comes in has passed the contract's limits; what those would refuse counts as not said here.

use chassis::time::{date, date_text, moment};
use proto::{ad::v1 as pb, value::v1 as value};

use super::Offer;
use super::content::{
    Content, ContractKind, Housing, HousingKind, LanguageLevel, LanguageSkill, Location, Money,
    Pay, PayPeriod,
};

/// The warning that an offer is longer than a season.
const LONGER_THAN_A_SEASON: &str = "LONGER_THAN_A_SEASON";

impl From<pb::Offer> for Content {
    fn from(offer: pb::Offer) -> Self {
        let skills = offer.required_languages.into_iter().filter_map(skill);
        Self {
            job_id: offer.job_id,
            title: offer.title,
            description: offer.description,
            source_language: offer.source_language,
            start_date: date(&offer.start_date),
            end_date: date(&offer.end_date),
            flexible_days: offer.flexible_days,
            apply_by: date(&offer.apply_by),
            last_minute: offer.last_minute,
            positions_total: offer.positions_total,
            pay: offer.pay.and_then(pay),
            weekly_hours: offer.weekly_hours,
            place: offer.place,
            location: offer.location.map(Into::into),
            benefits: offer.benefits,
            housing: offer.housing.and_then(housing),
            required_languages: skills.collect(),
            required_certificates: offer.required_certificates,
            preferred_certificates: offer.preferred_certificates,
            min_age: offer.min_age,
            questions: offer.questions,
            contract_kind: ContractKind::from_number(offer.contract_kind),
            external_reference: offer.external_reference,
        }
    }
}

fn pay(pay: pb::Pay) -> Option<Pay> {
    Some(Pay {
        min: money(pay.min?)?,
        max: pay.max.and_then(money),
        period: PayPeriod::from_number(pay.period)?,
        extras: pay.extras,
    })
}

fn housing(housing: pb::Housing) -> Option<Housing> {
    Some(Housing {
        kind: HousingKind::from_number(housing.kind)?,
        rent: housing.rent.and_then(money),
        rent_period: PayPeriod::from_number(housing.rent_period),
        places_total: housing.places_total,
        shared: housing.shared,
        couples: housing.couples,
        pets: housing.pets,
        distance_m: housing.distance_m,
    })
}

fn money(money: value::Money) -> Option<Money> {
    Some(Money { amount: money.amount.parse().ok()?, currency: money.currency_code })
}

fn skill(skill: value::LanguageSkill) -> Option<LanguageSkill> {
    let level = LanguageLevel::from_number(skill.level)?;
    Some(LanguageSkill { language: skill.language_code, level })
}

impl From<value::Location> for Location {
    fn from(point: value::Location) -> Self {
        Self { latitude: point.latitude, longitude: point.longitude }
    }
}

impl From<Offer> for pb::Offer {
    fn from(offer: Offer) -> Self {
        let content = offer.content;
        let warnings = content.is_longer_than_a_season().then(|| LONGER_THAN_A_SEASON.to_owned());
        Self {
            id: offer.id.to_string(),
            company_id: offer.company_id.to_string(),
            job_id: content.job_id,
            title: content.title,
            description: content.description,
            source_language: content.source_language,
            start_date: date_text(content.start_date),
            end_date: date_text(content.end_date),
            flexible_days: content.flexible_days,
            apply_by: date_text(content.apply_by),
            positions_total: content.positions_total,
            positions_filled: offer.positions_filled,
            positions_left: content.positions_total.saturating_sub(offer.positions_filled),
            pay: content.pay.map(Into::into),
            weekly_hours: content.weekly_hours,
            place: content.place,
            location: content.location.map(Into::into),
            benefits: content.benefits,
            housing: content.housing.map(Into::into),
            required_languages: content.required_languages.into_iter().map(Into::into).collect(),
            required_certificates: content.required_certificates,
            preferred_certificates: content.preferred_certificates,
            min_age: content.min_age,
            questions: content.questions,
            contract_kind: content.contract_kind.map_or(0, ContractKind::number),
            external_reference: content.external_reference,
            last_minute: content.last_minute,
            state: offer.state.number(),
            state_reason: offer.state_reason,
            warnings: warnings.into_iter().collect(),
            publish_time: offer.publish_time.map(moment),
            create_time: Some(moment(offer.create_time)),
            update_time: Some(moment(offer.update_time)),
            revision: offer.revision,
        }
    }
}

impl From<Pay> for pb::Pay {
    fn from(pay: Pay) -> Self {
        Self {
            min: Some(pay.min.into()),
            max: pay.max.map(Into::into),
            period: pay.period.number(),
            extras: pay.extras,
        }
    }
}

impl From<Housing> for pb::Housing {
    fn from(housing: Housing) -> Self {
        Self {
            kind: housing.kind.number(),
            rent: housing.rent.map(Into::into),
            rent_period: housing.rent_period.map_or(0, PayPeriod::number),
            places_total: housing.places_total,
            // Nobody can be accepted yet, so no bed is taken.
            places_left: housing.places_total,
            shared: housing.shared,
            couples: housing.couples,
            pets: housing.pets,
            distance_m: housing.distance_m,
        }
    }
}

impl From<Money> for value::Money {
    fn from(money: Money) -> Self {
        Self { amount: money.amount.to_string(), currency_code: money.currency }
    }
}

impl From<LanguageSkill> for value::LanguageSkill {
    fn from(skill: LanguageSkill) -> Self {
        Self { language_code: skill.language, level: skill.level.number() }
    }
}

impl From<Location> for value::Location {
    fn from(point: Location) -> Self {
        Self { latitude: point.latitude, longitude: point.longitude }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn what_is_written_is_read_back() {
        let offer = fixture::offer();

        let content = Content::from(pb::Offer::from(offer.clone()));

        assert_eq!(content, offer.content);
    }

    #[test]
    fn what_is_not_said_is_empty_on_the_wire() {
        let empty = Content::from(pb::Offer::default());

        let wire = pb::Offer::from(Offer { content: empty.clone(), ..fixture::offer() });

        assert_eq!((wire.start_date.as_str(), wire.pay.as_ref()), ("", None));
        assert_eq!(Content::from(wire), empty);
    }

    #[test]
    fn an_offer_of_nine_months_carries_a_warning() {
        let mut offer = fixture::offer();
        offer.content.start_date = date("2027-01-01");
        offer.content.end_date = date("2027-09-30");

        assert_eq!(pb::Offer::from(offer).warnings, ["LONGER_THAN_A_SEASON"]);
    }
}
