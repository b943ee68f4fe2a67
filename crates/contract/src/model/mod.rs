//! The contract of one service, decoded.

mod complaint;
mod element;
mod event;
mod method;
mod notes;
pub(crate) mod query;
mod route;
mod source;

pub use complaint::{Complaint, Place};
pub use element::Element;
pub use event::Event;
pub use method::{Access, Method, Safety};
use notes::Notes;
pub use route::{Body, Route, Segment, Template, Verb};
pub(crate) use source::Source;

use prost_reflect::DescriptorPool;

use crate::{check, transcode::Shapes};

/// One service's contract: what it offers, and how it is spoken to.
pub struct Contract {
    source: Source,
    services: Vec<Service>,
    methods: Vec<Method>,
    events: Vec<Event>,
    shapes: Shapes,
}

/// One proto service of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its full name: `seasonal.ad.v1.OfferService`.
    pub name: String,
    /// Its comment.
    pub comment: String,
}

impl Service {
    /// The noun it is about: `Offer` for `seasonal.ad.v1.OfferService`.
    #[must_use]
    pub fn noun(&self) -> &str {
        noun(&self.name)
    }
}

/// The noun of a proto service's full name.
pub(crate) fn noun(service: &str) -> &str {
    let name = service.rsplit('.').next().unwrap_or(service);
    name.strip_suffix("Service").unwrap_or(name)
}

impl Contract {
    /// Decodes a `FileDescriptorSet` and checks it as the contract of `service`: `ad` owns the
    /// packages `seasonal.ad.v1`, `seasonal.ad.v2`, …
    ///
    /// # Errors
    /// Everything that is wrong with the contract, at once.
    pub fn read(service: &str, descriptors: &[u8]) -> Result<Self, Vec<Complaint>> {
        let pool = DescriptorPool::decode(descriptors).map_err(|error| {
            vec![Complaint::whole(format!("these are no descriptors: {error}"))]
        })?;
        let source = Source::new(service, pool);
        let complaints = check::all(&source);
        if !complaints.is_empty() {
            return Err(complaints);
        }
        Self::build(source)
    }

    fn build(source: Source) -> Result<Self, Vec<Complaint>> {
        let shapes = Shapes::new(source.pool()).map_err(|error| vec![Complaint::whole(error)])?;
        let services = source
            .services()
            .map(|service| Service {
                name: service.full_name().to_owned(),
                comment: source.comment(&service).to_owned(),
            })
            .collect();
        let mut complaints = Vec::new();
        let methods = source
            .methods()
            .filter_map(|method| {
                Method::read(&source, &shapes, &method).map_err(|it| complaints.push(it)).ok()
            })
            .collect();
        let own = source.messages().filter(|it| source.owns(it.package_name()));
        let events = own.filter_map(|it| Event::read(&source, &it)).collect();
        if complaints.is_empty() {
            Ok(Self { source, services, methods, events, shapes })
        } else {
            Err(complaints)
        }
    }

    /// The name of the service: `ad`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.source.service()
    }

    /// Its proto services, in file order.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The methods of its own packages, in file order.
    #[must_use]
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The messages of its own packages that are events, in file order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// All its descriptors, custom options included.
    #[must_use]
    pub fn pool(&self) -> &DescriptorPool {
        self.source.pool()
    }

    /// The tables that transcode its messages.
    #[must_use]
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The comment on a message, field, enum, value, method or service; empty where there is none.
    #[must_use]
    pub fn comment(&self, element: &impl Element) -> &str {
        self.source.comment(element)
    }

    /// Where an element stands.
    #[must_use]
    pub fn place(&self, element: &impl Element) -> Place {
        self.source.place(element)
    }
}
