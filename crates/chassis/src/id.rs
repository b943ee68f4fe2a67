//! Ids: `UUIDv7` from the clock, in rising order within a process, and a type for each noun's.

use std::sync::{Arc, Mutex, PoisonError};

use bus::{Code, Status};
use uuid::{Builder, Uuid};

use crate::Clock;

/// The 74 bits below the time: 12 of `rand_a` and 62 of `rand_b`.
const TAIL_BITS: u32 = 74;
const TAIL_MAX: u128 = (1 << TAIL_BITS) - 1;

/// Makes ids. Clones share one order: an id is always greater than those made before it in the same
/// process, also within a millisecond and when the system's clock is set back.
#[derive(Debug, Clone)]
pub struct Ids {
    clock: Clock,
    entropy: Entropy,
    last: Arc<Mutex<Last>>,
}

#[derive(Debug, Clone, Copy)]
enum Entropy {
    Random,
    Counted,
}

#[derive(Debug, Default)]
struct Last {
    millisecond: u64,
    tail: u128,
}

impl Ids {
    /// Ids with 74 random bits behind the time of `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, entropy: Entropy::Random, last: Arc::default() }
    }

    /// Ids that are the same in every run, for tests: the clock's time and a count.
    #[must_use]
    pub fn counted(clock: Clock) -> Self {
        Self { clock, entropy: Entropy::Counted, last: Arc::default() }
    }

    /// The next id.
    #[must_use]
    pub fn next(&self) -> Uuid {
        let now = u64::try_from(self.clock.now().as_millisecond()).unwrap_or_default();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = self.entropy.after(&last, now);
        last.uuid()
    }
}

impl Entropy {
    fn after(self, last: &Last, now: u64) -> Last {
        if now > last.millisecond {
            return Last { millisecond: now, tail: self.fresh() };
        }
        let tail = last.tail + self.step();
        if tail > TAIL_MAX {
            return Last { millisecond: last.millisecond + 1, tail: self.fresh() };
        }
        Last { millisecond: last.millisecond, tail }
    }

    /// The first tail of a millisecond: its highest bit is free, so that there is room to count.
    fn fresh(self) -> u128 {
        match self {
            Self::Random => Uuid::new_v4().as_u128() & (TAIL_MAX >> 1),
            Self::Counted => 0,
        }
    }

    /// Random as well, so that an id does not give away its neighbour.
    fn step(self) -> u128 {
        match self {
            Self::Random => 1 + (Uuid::new_v4().as_u128() & u128::from(u32::MAX)),
            Self::Counted => 1,
        }
    }
}

impl Last {
    fn uuid(&self) -> Uuid {
        // `rand_a` starts after the 4 bits of the version, `rand_b` after the 2 of the variant, which
        // the builder writes over.
        let tail = ((self.tail >> 62) << 64) | (self.tail & ((1 << 62) - 1));
        let bytes = tail.to_be_bytes();
        let mut random = [0; 10];
        random.copy_from_slice(bytes.last_chunk::<10>().unwrap_or(&[0; 10]));
        Builder::from_unix_timestamp_millis(self.millisecond, &random).into_uuid()
    }
}

/// The id that a request names. The contract's limits refuse what is none before a handler sees it.
///
/// # Errors
///
/// `INVALID_ARGUMENT`
pub fn parse(id: &str) -> Result<Uuid, Status> {
    id.parse().map_err(|_| Status::new(Code::InvalidArgument, "NOT_AN_ID", "an id is a UUID"))
}

/// Declares `Id`, the id of a noun, which cannot be taken for another's: a UUID in requests, in the
/// database and in page tokens.
#[macro_export]
macro_rules! id {
    ($about:literal) => {
        #[doc = $about]
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            ::sqlx::Type,
            ::serde::Serialize,
            ::serde::Deserialize,
        )]
        #[sqlx(transparent)]
        pub struct Id(pub ::uuid::Uuid);

        impl ::std::fmt::Display for Id {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::std::str::FromStr for Id {
            type Err = ::bus::Status;

            fn from_str(id: &str) -> ::std::result::Result<Self, ::bus::Status> {
                $crate::id::parse(id).map(Self)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use jiff::Timestamp;
    use uuid::Version;

    use super::*;

    #[expect(unreachable_pub, reason = "a noun's id is public")]
    mod noun {
        crate::id!("An id of the test.");
    }

    fn clock() -> Clock {
        Clock::fixed("2026-11-20T08:00:00Z".parse::<Timestamp>().unwrap())
    }

    #[test]
    fn ids_rise_within_a_millisecond_and_when_the_clock_is_set_back() {
        let clock = clock();
        let ids = Ids::new(clock.clone());
        let mut made: Vec<Uuid> = (0..1_000).map(|_| ids.next()).collect();

        clock.advance(Duration::from_millis(1));
        made.extend((0..1_000).map(|_| ids.next()));
        let late = Ids { clock: self::clock(), ..ids };
        made.extend((0..1_000).map(|_| late.next()));

        assert!(made.is_sorted());
        assert_eq!(made.iter().collect::<HashSet<_>>().len(), 3_000);
    }

    #[test]
    fn an_id_is_a_version_7_that_tells_its_time() {
        let id = Ids::new(clock()).next();

        assert_eq!(id.get_version(), Some(Version::SortRand));
        assert_eq!(id.get_timestamp().unwrap().to_unix(), (1_795_161_600, 0));
    }

    #[test]
    fn the_id_of_a_noun_is_read_as_it_is_written() {
        let id = noun::Id(Ids::new(clock()).next());

        assert_eq!(id.to_string().parse(), Ok(id));
        let refused = "me".parse::<noun::Id>().unwrap_err();
        assert_eq!((refused.code(), refused.reason()), (Code::InvalidArgument, "NOT_AN_ID"));
    }

    #[test]
    fn counted_ids_are_the_same_in_every_run() {
        let (one, other) = (Ids::counted(clock()), Ids::counted(clock()));

        assert_eq!([one.next(), one.next()], [other.next(), other.next()]);
    }

    #[test]
    fn a_full_millisecond_goes_on_in_the_next() {
        let last = Last { millisecond: 5, tail: TAIL_MAX };

        let next = Entropy::Counted.after(&last, 5);

        assert!(next.uuid() > last.uuid());
    }
}
