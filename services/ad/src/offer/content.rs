//! What an employer says of an offer.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use super::vocabulary::{ContractKind, HousingKind, LanguageLevel, PayPeriod};

/// Texts by language, as BCP 47 tags.
pub type Texts = BTreeMap<String, String>;

/// All that a client writes. What was not said is empty, 0 or `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// The occupation, a code of the catalogue.
    pub job_id: String,
    /// The title by language.
    pub title: Texts,
    /// The description by language.
    pub description: Texts,
    /// The language the texts were written in.
    pub source_language: String,
    /// The first day of work.
    pub start_date: Option<Date>,
    /// The last day of work.
    pub end_date: Option<Date>,
    /// How many days start and end may shift.
    pub flexible_days: i32,
    /// The last day to apply, where the employer set one.
    pub apply_by: Option<Date>,
    /// Whether one may still apply after the work has begun.
    pub last_minute: bool,
    /// How many people are looked for.
    pub positions_total: i32,
    /// What is paid.
    pub pay: Option<Pay>,
    /// Hours a week.
    pub weekly_hours: f64,
    /// The town or area.
    pub place: String,
    /// Where that is.
    pub location: Option<Location>,
    /// What comes with the work, as codes.
    pub benefits: Vec<String>,
    /// Housing for those taken on.
    pub housing: Option<Housing>,
    /// Languages one has to speak.
    pub required_languages: Vec<LanguageSkill>,
    /// Certificates one has to hold, as codes.
    pub required_certificates: Vec<String>,
    /// Certificates that are welcome, as codes.
    pub preferred_certificates: Vec<String>,
    /// The age one must have on the first day.
    pub min_age: i32,
    /// Questions to those who apply.
    pub questions: Vec<String>,
    /// The kind of contract.
    pub contract_kind: Option<ContractKind>,
    /// The employer's own number for the offer.
    pub external_reference: String,
}

/// What is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pay {
    /// The least.
    pub min: Money,
    /// The most, where it is more.
    pub max: Option<Money>,
    /// For how long a work.
    pub period: PayPeriod,
    /// What comes on top, in words.
    pub extras: Vec<String>,
}

/// Housing for those taken on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Housing {
    /// Whether there is any.
    pub kind: HousingKind,
    /// What it costs.
    pub rent: Option<Money>,
    /// What the rent is counted by.
    pub rent_period: Option<PayPeriod>,
    /// How many beds.
    pub places_total: i32,
    /// Whether rooms are shared.
    pub shared: bool,
    /// Whether couples are welcome.
    pub couples: bool,
    /// Whether pets are welcome.
    pub pets: bool,
    /// The way to work in metres.
    pub distance_m: i32,
}

/// A language and how well it has to be spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageSkill {
    /// The BCP 47 tag.
    pub language: String,
    /// The level.
    pub level: LanguageLevel,
}

/// A point on the earth, WGS 84, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// Money of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// How much.
    pub amount: Amount,
    /// The ISO 4217 code.
    pub currency: String,
}

/// A decimal number with two decimals, exactly: it is counted in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(i64);

/// A text that is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a decimal number with at most two decimals, such as 12.50")]
pub struct NoAmount;

impl FromStr for Amount {
    type Err = NoAmount;

    fn from_str(text: &str) -> Result<Self, NoAmount> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 2 {
            return Err(NoAmount);
        }
        let hundredths = format!("{whole}{decimals:0<2}").parse().map_err(|_| NoAmount)?;
        Ok(Self(hundredths))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl TryFrom<String> for Amount {
    type Error = NoAmount;

    fn try_from(text: String) -> Result<Self, NoAmount> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_read_exactly_and_written_with_two_decimals() {
        for (text, written) in [
            ("12.50", "12.50"),
            ("12.5", "12.50"),
            ("12", "12.00"),
            ("0.07", "0.07"),
            ("999999999999.99", "999999999999.99"),
        ] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), written);
        }
        for text in ["", ".", "1.", ".5", "1.234", "-1", "+1", "1e3", "1,5", "99999999999999999999"]
        {
            assert_eq!(text.parse::<Amount>(), Err(NoAmount), "{text}");
        }
    }

    proptest! {
        #[test]
        fn amounts_compare_as_numbers(a in 0_i64..1_000_000, b in 0_i64..1_000_000) {
            let (x, y): (Amount, Amount) =
                (Amount(a).to_string().parse().unwrap(), Amount(b).to_string().parse().unwrap());

            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }
}
