//! The descriptors of a contract, seen as those of one service.

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor,
};

use super::{Element, Notes, Place};

/// The packages that every service's packages stand in.
const ROOT: &str = "seasonal.";

/// The descriptors of a contract and whose they are.
pub(crate) struct Source {
    service: String,
    pool: DescriptorPool,
    notes: Notes,
}

impl Source {
    /// Sees a pool as the contract of a service.
    pub(crate) fn new(service: &str, pool: DescriptorPool) -> Self {
        let notes = Notes::of(&pool);
        Self { service: service.to_owned(), pool, notes }
    }

    /// The service's name.
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    /// All descriptors.
    pub(crate) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// Whether a package is the service's own: `seasonal.<service>.v<number>`.
    pub(crate) fn owns(&self, package: &str) -> bool {
        versioned(package).is_some_and(|name| name == self.service)
    }

    /// Whether a package is shared: those of the options and of shared values, and Google's.
    pub(crate) fn shares(package: &str) -> bool {
        matches!(package, "google.protobuf" | "google.api")
            || matches!(versioned(package), Some("options" | "value"))
    }

    /// A full name without the root that all have in common: `ad.v1.OfferService`.
    pub(crate) fn local(full_name: &str) -> &str {
        full_name.strip_prefix(ROOT).unwrap_or(full_name)
    }

    /// The proto services of the own packages.
    pub(crate) fn services(&self) -> impl Iterator<Item = ServiceDescriptor> + '_ {
        self.pool.services().filter(|service| self.owns(service.package_name()))
    }

    /// The methods of the own packages.
    pub(crate) fn methods(&self) -> impl Iterator<Item = MethodDescriptor> + '_ {
        self.services().flat_map(|service| service.methods().collect::<Vec<_>>())
    }

    /// The messages of the own packages and of `seasonal.value`, without map entries.
    pub(crate) fn messages(&self) -> impl Iterator<Item = MessageDescriptor> + '_ {
        self.pool
            .all_messages()
            .filter(|message| self.writes(message.package_name()) && !message.is_map_entry())
    }

    /// The enums of the own packages and of `seasonal.value`.
    pub(crate) fn enums(&self) -> impl Iterator<Item = EnumDescriptor> + '_ {
        self.pool.all_enums().filter(|it| self.writes(it.package_name()))
    }

    /// Where an element stands.
    pub(crate) fn place(&self, element: &impl Element) -> Place {
        self.place_in(&element.file(), element.path())
    }

    /// Where a path of a file leads: also to what is no [`Element`], such as the package.
    pub(crate) fn place_in(&self, file: &FileDescriptor, path: &[i32]) -> Place {
        self.notes.place(file.name(), path)
    }

    /// The comment on an element, or nothing.
    pub(crate) fn comment(&self, element: &impl Element) -> &str {
        self.notes.comment(element.file().name(), element.path())
    }

    /// Whether a package holds what the service's people wrote.
    fn writes(&self, package: &str) -> bool {
        self.owns(package) || versioned(package) == Some("value")
    }
}

/// The name in `seasonal.<name>.v<number>`.
fn versioned(package: &str) -> Option<&str> {
    let (name, version) = package.strip_prefix(ROOT)?.split_once('.')?;
    let number = version.strip_prefix('v')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(name)
}
