//! Ids that cannot be taken for one another.

/// Declares the id of a noun: a `UUIDv7` on the wire, in the database and in logs.
macro_rules! id {
    ($doc:literal) => {
        #[doc = $doc]
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
            type Err = $crate::error::Error;

            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Ok(Self(id.parse()?))
            }
        }
    };
}

pub(crate) use id;
