//! What the contract says about a method, as the static tables of the generated code.

use std::time::Duration;

/// One method of a proto service.
#[derive(Debug)]
pub struct Method {
    /// The bare name: `PublishOffer`.
    pub name: &'static str,
    /// The full name: `seasonal.ad.v1.OfferService/PublishOffer`. Spans and logs carry it.
    pub full_name: &'static str,
    /// What follows `rpc.<asker>.` in the subject: `ad.v1.OfferService.PublishOffer`.
    pub subject: &'static str,
    /// Whether asking twice is harmless.
    pub safety: Safety,
    /// How long the asker waits.
    pub deadline: Duration,
    /// Whether it has an HTTP route, so that the gateway may ask.
    pub routed: bool,
    /// The services that may ask, by name.
    pub askers: &'static [&'static str],
}

impl Method {
    /// Whether the process kind `asker` may ask this method.
    #[must_use]
    pub fn may_ask(&self, asker: &str) -> bool {
        if asker == crate::subject::GATEWAY { self.routed } else { self.askers.contains(&asker) }
    }
}

/// Whether a method may be asked again: protobuf's `idempotency_level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Changes nothing (`NO_SIDE_EFFECTS`).
    Safe,
    /// Asking twice has the effect of asking once (`IDEMPOTENT`).
    Idempotent,
    /// Nothing is promised: asked again only with an idempotency key.
    Unknown,
}
