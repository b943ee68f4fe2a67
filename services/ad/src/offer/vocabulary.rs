//! The words of an offer that are chosen from a list.

use chassis::vocabulary;
use proto::{ad::v1 as pb, value::v1 as value};

vocabulary! {
    /// What money is counted by.
    PayPeriod as pb::PayPeriod {
        /// By the hour.
        Hour = "HOUR",
        /// By the day.
        Day = "DAY",
        /// By the week.
        Week = "WEEK",
        /// By the month.
        Month = "MONTH",
        /// For the whole season.
        Season = "SEASON",
        /// By the piece.
        Piece = "PIECE",
    }
}

vocabulary! {
    /// Whether there is housing.
    HousingKind as pb::HousingKind {
        /// None.
        None = "NONE",
        /// Offered, for rent.
        Offered = "OFFERED",
        /// Included, free of charge.
        Included = "INCLUDED",
    }
}

vocabulary! {
    /// The kind of contract.
    ContractKind as pb::ContractKind {
        /// A seasonal contract.
        Seasonal = "SEASONAL",
        /// A fixed-term contract.
        FixedTerm = "FIXED_TERM",
        /// By the day.
        DayLabour = "DAY_LABOUR",
        /// Through an agency.
        Agency = "AGENCY",
        /// An internship.
        Internship = "INTERNSHIP",
    }
}

vocabulary! {
    /// How well a language is spoken, by the Common European Framework of Reference.
    LanguageLevel as value::LanguageLevel {
        /// Beginner.
        A1 = "A1",
        /// Elementary.
        A2 = "A2",
        /// Intermediate.
        B1 = "B1",
        /// Upper intermediate.
        B2 = "B2",
        /// Advanced.
        C1 = "C1",
        /// Proficient.
        C2 = "C2",
        /// Mother tongue.
        Native = "NATIVE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::state::State;

    #[test]
    fn every_word_of_the_contract_is_known_and_only_zero_is_none() {
        assert_eq!((1..=6).filter_map(PayPeriod::from_number).count(), PayPeriod::ALL.len());
        assert_eq!((1..=3).filter_map(HousingKind::from_number).count(), HousingKind::ALL.len());
        assert_eq!((1..=5).filter_map(ContractKind::from_number).count(), ContractKind::ALL.len());
        assert_eq!((1..=7).filter_map(LanguageLevel::from_number).count(), 7);
        assert_eq!((1..=8).filter_map(State::from_number).count(), State::ALL.len());
        assert_eq!([PayPeriod::from_number(0), PayPeriod::from_number(7)], [None, None]);
    }

    #[test]
    fn a_word_keeps_its_number() {
        for state in State::ALL {
            assert_eq!(State::from_number(state.number()), Some(*state));
        }
    }
}
