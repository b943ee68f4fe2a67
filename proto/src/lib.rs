//! The contract as Rust: messages, service traits, servers, clients and limits, all generated from
//! the `.proto` files beside this crate by `codegen`.
//!
//! Nothing here is written by hand but the modules that give each package its place.

// What is linted is the generator, and its golden sample is read.
#![allow(clippy::all, clippy::pedantic, rustdoc::all)]

macro_rules! package {
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
}

macro_rules! service {
    ($name:literal) => {
        /// What this service announces of itself when it starts.
        #[must_use]
        pub fn contract() -> bus::contract::Announcement {
            bus::contract::Announcement {
                service: $name.to_owned(),
                built_ms: include!(concat!(env!("OUT_DIR"), "/built_ms.rs")),
                descriptors: bus::Bytes::from_static(include_bytes!(concat!(
                    env!("OUT_DIR"),
                    "/",
                    $name,
                    ".binpb"
                ))),
            }
        }
    };
}

/// The ad service: catalogue and offers.
pub mod ad {
    service!("ad");

    /// Version 1 of its contract.
    pub mod v1 {
        package!("seasonal.ad.v1");
    }
}

/// The profile service: workers, companies, members.
pub mod profile {
    service!("profile");

    /// Version 1 of its contract.
    pub mod v1 {
        package!("seasonal.profile.v1");
    }
}

/// Values that several nouns are made of.
pub mod value {
    /// Version 1.
    pub mod v1 {
        package!("seasonal.value.v1");
    }
}
