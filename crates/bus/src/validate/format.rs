//! What a text can be, as `FORMAT_…` of `seasonal/options/v1/field.proto` names it.

use jiff::{civil::Date, tz::TimeZone};
use uuid::Uuid;

use super::Pattern;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A calendar day: `2026-12-01`.
    Date,
    /// A UUID in its hyphenated form.
    Uuid,
    /// An e-mail address.
    Email,
    /// An absolute http or https address.
    Uri,
    /// A BCP 47 language tag: `fr`, `de-AT`.
    Language,
    /// An ISO 3166-1 alpha-2 country code: `FR`.
    Country,
    /// An ISO 4217 currency code: `EUR`.
    Currency,
    /// An amount, not negative, at most two decimals: `12.50`.
    Amount,
    /// An IANA time zone: `Europe/Paris`.
    TimeZone,
    /// A telephone number in E.164: `+33612345678`.
    Phone,
}

static LANGUAGE: Pattern = Pattern::new(
    "[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-([a-zA-Z]{2}|[0-9]{3}))?(-([a-zA-Z0-9]{5,8}|[0-9][a-zA-Z0-9]{3}))*",
);
static AMOUNT: Pattern = Pattern::new(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?");
static PHONE: Pattern = Pattern::new(r"\+[1-9][0-9]{6,14}");
/// The local part is the dot-atom of RFC 5322; the domain has at least two labels.
static EMAIL: Pattern = Pattern::new(
    r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]",
);
const EMAIL_LENGTH_MAX: usize = 254;
const LOCAL_LENGTH_MAX: usize = 64;

/// ISO 3166-1 alpha-2, as assigned in 2026.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ \
    BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE \
    DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR \
    GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP \
    KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT \
    MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG \
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// ISO 4217, the currencies that are money in people's hands.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL \
    BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD \
    FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS \
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK \
    MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD \
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX \
    USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

impl Format {
    /// Whether `value` is one.
    #[must_use]
    pub fn is_match(self, value: &str) -> bool {
        match self {
            Self::Date => value.len() == 10 && value.parse::<Date>().is_ok(),
            Self::Uuid => value.len() == 36 && Uuid::try_parse(value).is_ok(),
            Self::Email => is_email(value),
            Self::Uri => is_web_address(value),
            Self::Language => LANGUAGE.is_match(value),
            Self::Country => value.len() == 2 && COUNTRIES.split(' ').any(|code| code == value),
            Self::Currency => value.len() == 3 && CURRENCIES.split(' ').any(|code| code == value),
            Self::Amount => AMOUNT.is_match(value),
            Self::TimeZone => is_time_zone(value),
            Self::Phone => PHONE.is_match(value),
        }
    }

    /// What it must be, with an example.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Date => "a day such as 2026-12-01",
            Self::Uuid => "a UUID with hyphens",
            Self::Email => "an e-mail address",
            Self::Uri => "an absolute http or https address",
            Self::Language => "a BCP 47 language tag such as fr or de-AT",
            Self::Country => "an ISO 3166-1 country code such as FR",
            Self::Currency => "an ISO 4217 currency code such as EUR",
            Self::Amount => "an amount such as 12.50",
            Self::TimeZone => "an IANA time zone such as Europe/Paris",
            Self::Phone => "a telephone number such as +33612345678",
        }
    }
}

fn is_email(value: &str) -> bool {
    value.len() <= EMAIL_LENGTH_MAX
        && value.find('@').is_some_and(|at| at <= LOCAL_LENGTH_MAX)
        && EMAIL.is_match(value)
}

fn is_web_address(value: &str) -> bool {
    // the parser forgives spaces and line breaks; an address in a contract does not
    !value.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        && url::Url::parse(value).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some_and(|host| !host.is_empty())
                && url.username().is_empty()
                && url.password().is_none()
        })
}

/// jiff finds names in any case; the contract wants the name as the database writes it.
fn is_time_zone(value: &str) -> bool {
    TimeZone::get(value).is_ok_and(|zone| zone.iana_name() == Some(value))
}
