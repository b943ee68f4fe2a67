//! What can go wrong here, and what a caller is told of it.

use bus::{Code, Status};

use crate::{company, member};

/// What the functions of this service return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such profile, or the caller may not know of it.
    #[error("there is no such worker, or the profile is not open to you")]
    WorkerNotFound,
    /// A profile is changed by its worker alone.
    #[error("only the worker can change a profile: use /v1/workers/me for your own")]
    NotYourProfile,
    /// There is no such company.
    #[error("there is no company {0}")]
    CompanyNotFound(company::Id),
    /// The caller is no active member of the company.
    #[error("you are not a member of this company: ask one of its owners to invite you")]
    NotAMember,
    /// The company's state does not allow it.
    #[error("the company is {}: what it allows now is: {}", .0.as_str(), .0.allowed())]
    CompanyState(company::State),
    /// A company cannot be checked without its number.
    #[error("set the registration number before you submit the company")]
    RegistrationNumberMissing,
    /// Two companies cannot share a number.
    #[error("another company has this registration number in this country")]
    RegistrationNumberTaken,
    /// There is no such member, or the caller may not know of it.
    #[error("there is no member {0} in this company, or you are none")]
    MemberNotFound(member::Id),
    /// Who is not a member may not know who is.
    #[error("the members of a company are shown to its members alone")]
    MembersNotFound,
    /// The caller's role in the company is too low.
    #[error("your role in this company does not allow it: ask an owner")]
    RoleTooLow,
    /// A company without owner could not be changed any more.
    #[error("a company keeps at least one owner: make another member owner first")]
    LastOwner,
    /// The address has an open invitation, or is a member's.
    #[error("this address is already invited to the company, or is a member's")]
    AddressTaken,
    /// The caller is a member by another address.
    #[error("you are already a member of this company")]
    AlreadyMember,
    /// The invitation was accepted or taken back.
    #[error("the invitation is no longer open: it is {state}", state = .0.as_str())]
    InvitationClosed(member::State),
    /// The invitation's time is over.
    #[error("the invitation has ended: ask the company for another")]
    InvitationExpired,
    /// What the bus or the database's transaction says: violations of fields, a stored answer, an
    /// outage.
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
            Error::WorkerNotFound => (Code::NotFound, "WORKER_NOT_FOUND"),
            Error::NotYourProfile => (Code::PermissionDenied, "NOT_YOUR_PROFILE"),
            Error::CompanyNotFound(_) => (Code::NotFound, "COMPANY_NOT_FOUND"),
            Error::NotAMember => (Code::PermissionDenied, "NOT_A_MEMBER"),
            Error::CompanyState(state) => {
                return Self::new(Code::FailedPrecondition, "COMPANY_STATE", message)
                    .fact("state", state.as_str())
                    .fact("allowed", state.allowed());
            }
            Error::RegistrationNumberMissing => {
                (Code::FailedPrecondition, "REGISTRATION_NUMBER_MISSING")
            }
            Error::RegistrationNumberTaken => (Code::AlreadyExists, "REGISTRATION_NUMBER_TAKEN"),
            Error::MemberNotFound(_) => (Code::NotFound, "MEMBER_NOT_FOUND"),
            Error::MembersNotFound => (Code::NotFound, "MEMBERS_NOT_FOUND"),
            Error::RoleTooLow => (Code::PermissionDenied, "ROLE_TOO_LOW"),
            Error::LastOwner => (Code::FailedPrecondition, "LAST_OWNER"),
            Error::AddressTaken => (Code::AlreadyExists, "ADDRESS_TAKEN"),
            Error::AlreadyMember => (Code::AlreadyExists, "ALREADY_MEMBER"),
            Error::InvitationClosed(state) => {
                return Self::new(Code::FailedPrecondition, "INVITATION_CLOSED", message)
                    .fact("state", state.as_str());
            }
            Error::InvitationExpired => (Code::Gone, "INVITATION_EXPIRED"),
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
        let status = Status::from(Error::CompanyState(company::State::Pending));

        assert_eq!((status.code(), status.reason()), (Code::FailedPrecondition, "COMPANY_STATE"));
        assert_eq!(status.facts()["state"], "PENDING");
        assert_eq!(status.facts()["allowed"], "verify,reject");
    }
}
