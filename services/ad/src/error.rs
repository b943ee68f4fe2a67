//! What can go wrong here, and what a caller is told of it.

use bus::{Code, Status};

use crate::offer;
use crate::offer::state::State;

/// What the functions of this service return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such job in the catalogue.
    #[error("there is no job {0:?} in the catalogue: GET /v1/jobs lists them")]
    JobNotFound(String),
    /// There is no such offer, or the caller may not know of it.
    #[error("there is no offer {0}")]
    OfferNotFound(offer::Id),
    /// The offer's state does not allow the verb.
    #[error("the offer is {}: what it allows now is: {}", .0.as_str(), .0.allowed())]
    OfferState(State),
    /// The caller is no active member of the company.
    #[error("you are not a member of this company: ask one of its owners to invite you")]
    NotAMember,
    /// The caller's role in the company is too low.
    #[error("your role in this company does not allow it: ask an owner")]
    RoleTooLow,
    /// Nobody can say what the caller may do, for the profile service is away.
    #[error("it cannot be checked now what you may do for this company: ask again later")]
    MembershipUnknown,
    /// States of offers that the caller may not list.
    #[error("only PUBLISHED is listed for you: name a company of yours to see its other offers")]
    StatesNotOpen,
    /// The company has an offer with this number of its own.
    #[error("another offer of the company has this external reference")]
    ExternalReferenceTaken,
    /// What the bus, the database's transaction or another service says: violations of fields,
    /// a stored answer, an outage.
    #[error(transparent)]
    Status(#[from] Status),
    /// The database refused or is away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let (code, reason) = match error {
            Error::JobNotFound(_) => (Code::NotFound, "JOB_NOT_FOUND"),
            Error::OfferNotFound(_) => (Code::NotFound, "OFFER_NOT_FOUND"),
            Error::OfferState(state) => {
                return Self::new(Code::FailedPrecondition, "OFFER_STATE", message)
                    .fact("state", state.as_str())
                    .fact("allowed", state.allowed());
            }
            Error::NotAMember => (Code::PermissionDenied, "NOT_A_MEMBER"),
            Error::RoleTooLow => (Code::PermissionDenied, "ROLE_TOO_LOW"),
            Error::MembershipUnknown => {
                return Self::new(Code::Unavailable, "MEMBERSHIP_UNKNOWN", message)
                    .fact(bus::status::RETRY_AFTER_MS, "1000");
            }
            Error::StatesNotOpen => (Code::PermissionDenied, "STATES_NOT_OPEN"),
            Error::ExternalReferenceTaken => (Code::AlreadyExists, "EXTERNAL_REFERENCE_TAKEN"),
            Error::Status(status) => return status,
            Error::Database(cause) => return chassis::db::status(&cause),
        };
        Self::new(code, reason, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_forbids_names_itself_and_what_it_allows() {
        let status = Status::from(Error::OfferState(State::Paused));

        assert_eq!((status.code(), status.reason()), (Code::FailedPrecondition, "OFFER_STATE"));
        assert_eq!(status.facts()["state"], "PAUSED");
        assert_eq!(status.facts()["allowed"], "update,resume,close,duplicate");
    }
}
