//! Where an offer stands, and which verbs lead on from there.

use chassis::vocabulary;
use proto::ad::v1 as pb;

use crate::error::{Error, Result};

vocabulary! {
    /// Where an offer stands.
    State as pb::OfferState {
        /// Being written; seen by the company alone.
        Draft = "DRAFT",
        /// Waits for an admin.
        InReview = "IN_REVIEW",
        /// Seen by everyone; one can apply.
        Published = "PUBLISHED",
        /// Hidden for a while; nobody new can apply.
        Paused = "PAUSED",
        /// All positions are taken.
        Filled = "FILLED",
        /// The last day to apply, or the first day of work, has passed.
        Expired = "EXPIRED",
        /// Ended by the company, for good.
        Closed = "CLOSED",
        /// Taken down by an admin.
        Suspended = "SUSPENDED",
    }
}

/// What is done with an offer that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Changes fields.
    Update,
    /// Deletes a draft.
    Delete,
    /// Offers it to everyone, or to an admin's eyes first.
    Publish,
    /// Hides it for a while.
    Pause,
    /// Shows it again.
    Resume,
    /// Moves the last day to apply.
    Renew,
    /// Ends it for good.
    Close,
    /// Makes a new draft of it.
    Duplicate,
    /// An admin lets it be published.
    Approve,
    /// An admin sends it back to its company.
    Return,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 10] = [
        Self::Update,
        Self::Delete,
        Self::Publish,
        Self::Pause,
        Self::Resume,
        Self::Renew,
        Self::Close,
        Self::Duplicate,
        Self::Approve,
        Self::Return,
    ];

    /// The word of the route: `publish`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Publish => "publish",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Renew => "renew",
            Self::Close => "close",
            Self::Duplicate => "duplicate",
            Self::Approve => "approve",
            Self::Return => "return",
        }
    }
}

impl State {
    /// Whether `verb` starts here: the table of states of the domain.
    #[must_use]
    pub fn allows(self, verb: Verb) -> bool {
        match verb {
            Verb::Duplicate => true,
            Verb::Update | Verb::Close => !matches!(self, Self::Closed | Self::Suspended),
            Verb::Delete | Verb::Publish => self == Self::Draft,
            Verb::Pause => self == Self::Published,
            Verb::Resume => self == Self::Paused,
            Verb::Renew => matches!(self, Self::Published | Self::Expired),
            Verb::Approve | Verb::Return => self == Self::InReview,
        }
    }

    /// The verbs that start here, separated by commas.
    #[must_use]
    pub fn allowed(self) -> String {
        let verbs = Verb::ALL.into_iter().filter(|verb| self.allows(*verb));
        verbs.map(Verb::as_str).collect::<Vec<_>>().join(",")
    }

    /// That `verb` starts here.
    ///
    /// # Errors
    ///
    /// [`Error::OfferState`] where it does not.
    pub fn permit(self, verb: Verb) -> Result<()> {
        if self.allows(verb) { Ok(()) } else { Err(Error::OfferState(self)) }
    }

    /// Whether everyone may know that the offer exists. One that is full or past is found by its id,
    /// for those who applied, but listed for its company alone.
    #[must_use]
    pub fn is_public(self) -> bool {
        matches!(self, Self::Published | Self::Filled | Self::Expired)
    }
}
