//! How much an address and a caller may ask.
//!
//! The bucket of the address stands before the token, so that guessing tokens is bounded; the
//! bucket of the caller behind the access rule. Each gateway process counts for itself.

mod bucket;
mod header;
mod window;

use std::net::IpAddr;

use bucket::Bucket;
use bus::Caller;
pub(crate) use header::put;
use http::header::RETRY_AFTER;
use metrics::Counter;
pub(crate) use window::Allowance;

use crate::problem::Problem;

/// What each may ask in a minute; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// One address (IPv6: one /64), signed in or not.
    pub address: u32,
    /// One address, for requests without a token.
    pub anonymous: u32,
    /// One caller, for reads.
    pub caller: u32,
    /// One caller, for everything else.
    pub caller_writes: u32,
}

/// The buckets of this process.
#[derive(Debug)]
pub(crate) struct Limits {
    address: Limit,
    anonymous: Limit,
    caller: Limit,
    caller_writes: Limit,
}

struct Limit {
    bucket: Bucket,
    refused: Counter,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            address: Limit::new("address", rates.address),
            anonymous: Limit::new("anonymous", rates.anonymous),
            caller: Limit::new("caller", rates.caller),
            caller_writes: Limit::new("caller-writes", rates.caller_writes),
        }
    }

    /// Counts a request of an address.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn address(&self, address: IpAddr, now_ms: i64) -> Taken {
        self.address.take(key(address), now_ms)
    }

    /// Counts a request of a caller that the access rule let through.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn caller(
        &self,
        who: &Caller,
        address: IpAddr,
        is_read: bool,
        now_ms: i64,
    ) -> Taken {
        match who {
            Caller::User(user) if is_read => self.caller.take(user.id.as_u128(), now_ms),
            Caller::User(user) => self.caller_writes.take(user.id.as_u128(), now_ms),
            Caller::Anonymous | Caller::Service(_) => self.anonymous.take(key(address), now_ms),
        }
    }

    /// Forgets who no longer counts.
    pub(crate) fn sweep(&self, now_ms: i64) {
        for limit in [&self.address, &self.anonymous, &self.caller, &self.caller_writes] {
            limit.bucket.sweep(now_ms);
        }
    }
}

/// What is left, where there is a limit; the refusal where nothing is.
type Taken = Result<Option<Allowance>, Problem>;

impl Limit {
    fn new(name: &'static str, quota: u32) -> Self {
        let refused = metrics::counter!("gateway_limited_total", "bucket" => name);
        Self { bucket: Bucket::new(name, quota), refused }
    }

    fn take(&self, key: u128, now_ms: i64) -> Taken {
        self.bucket.take(key, now_ms).map_err(|allowance| {
            self.refused.increment(1);
            too_many(allowance)
        })
    }
}

impl std::fmt::Debug for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/min", self.bucket.name(), self.bucket.quota())
    }
}

fn too_many(allowance: Allowance) -> Problem {
    let Allowance { quota, reset_seconds, bucket, .. } = allowance;
    let detail = format!("more than {quota} requests in a minute: wait {reset_seconds} s");
    Problem::new(http::StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", detail)
        .fact("bucket", bucket)
        .header(RETRY_AFTER, reset_seconds.into())
        .limited(allowance)
}

/// An address as a key: IPv4 by itself, IPv6 by its /64, which one household has.
fn key(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> u128 {
        key(text.parse().unwrap())
    }

    #[test]
    fn the_addresses_of_one_ipv6_household_share_a_bucket() {
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
    }

    #[test]
    fn reads_and_writes_of_a_caller_count_apart() {
        let limits = Limits::new(Rates { caller: 1, caller_writes: 1, ..Rates::default() });
        let caller = bus::Context::for_user(uuid::Uuid::from_u128(7), &[]).caller;
        let peer = IpAddr::from([192, 0, 2, 1]);
        let take = |is_read| limits.caller(&caller, peer, is_read, 0).is_ok();

        assert_eq!([take(true), take(true), take(false), take(false)], [true, false, true, false]);
    }
}
