//! The contract of one service, decoded.

mod complaint;
mod element;
mod event;
mod method;
mod notes;
pub(crate) mod path;
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

use std::{fmt, panic::catch_unwind};

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

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contract").field("service", &self.service()).finish_non_exhaustive()
    }
}

impl Contract {
    /// Decodes a `FileDescriptorSet` and checks it as the contract of `service`: `ad` owns the
    /// packages `seasonal.ad.v1`, `seasonal.ad.v2`, …
    ///
    /// # Errors
    /// Everything that is wrong with the contract, at once.
    pub fn read(service: &str, descriptors: &[u8]) -> Result<Self, Vec<Complaint>> {
        // prost-reflect 0.16 panics on some descriptors that no compiler writes, such as positions
        // outside of a file that it complains about; those of a stranger must not stop the gateway
        catch_unwind(|| Self::decode(service, descriptors)).unwrap_or_else(|_| {
            Err(vec![Complaint::whole("these are no descriptors: they contradict themselves")])
        })
    }

    fn decode(service: &str, descriptors: &[u8]) -> Result<Self, Vec<Complaint>> {
        let pool = DescriptorPool::decode(descriptors).map_err(|error| {
            vec![Complaint::whole(format!("these are no descriptors: {error}"))]
        })?;
        check::sound(&pool)?;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fixture::Protos;

    const RPCS: &str = r#"
        // Changes a thing. It fails.
        rpc UpdateThing(Request) returns (Thing) {
            option idempotency_level = IDEMPOTENT;
            option (google.api.http) = {patch: "/v1/things/{id}" body: "thing"};
            option (seasonal.options.v1.access) = {roles: ["admin"] services: ["task"]};
            option (seasonal.options.v1.deadline_ms) = 100;
        }
        // Checks a thing.
        rpc CheckThing(Request) returns (Changed) {
            option idempotency_level = NO_SIDE_EFFECTS;
            option (seasonal.options.v1.access) = {services: ["task"]};
        }"#;

    const MESSAGES: &str = r#"
        message Request {
            string id = 1; // The id.
            Thing thing = 2; // The thing.
            google.protobuf.FieldMask update_mask = 3; // What changes.
        }
        // A thing has changed.
        message Changed {
            option (seasonal.options.v1.event) = {subject: "thing_id"};
            string thing_id = 1; // The thing.
            int64 revision = 7; // The changes.
            map<string, int32> counts_by_code = 3; // How many.
        }"#;

    fn protos() -> Protos {
        Protos::service_and("ad", RPCS, MESSAGES)
    }

    #[test]
    fn a_contract_knows_its_methods() {
        let contract = protos().read().unwrap();
        let [update, check] = contract.methods() else { panic!("two methods") };

        assert_eq!(update.full_name(), "seasonal.ad.v1.ThingService/UpdateThing");
        assert_eq!(update.subject, "ad.v1.ThingService.UpdateThing");
        assert_eq!(
            (update.summary.as_str(), update.description.as_str()),
            ("Changes a thing.", "It fails.")
        );
        let route = update.route.as_ref().unwrap();
        assert_eq!(format!("{} {}", route.verb, route.template), "PATCH /v1/things/{id}");
        assert_eq!(route.body, Body::Field("thing".to_owned()));
        assert_eq!(update.access, Access::Roles(vec!["admin".to_owned()]));
        assert_eq!(update.askers, ["task"]);
        assert_eq!(
            (update.safety, update.deadline),
            (Safety::Idempotent, Duration::from_millis(100))
        );
        assert!(update.binding.is_some());
        assert_eq!(update.revision, None);

        assert!(check.route.is_none() && check.binding.is_none());
        assert_eq!(check.access, Access::Internal);
        assert_eq!((check.safety, check.deadline), (Safety::Safe, Duration::from_secs(5)));
        assert_eq!(check.revision, Some(7));
    }

    #[test]
    fn a_contract_knows_its_events() {
        let contract = protos().read().unwrap();
        let [event] = contract.events() else { panic!("one event") };

        assert_eq!(
            (event.name.as_str(), event.subject.as_str()),
            ("Changed", "event.ad.v1.Changed")
        );
        assert_eq!((event.id.name(), event.comment.as_str()), ("thing_id", "A thing has changed."));
    }

    #[test]
    fn a_damaged_contract_never_panics() {
        let bytes = protos().compile();
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        for _ in 0..ROUNDS {
            let mut damaged = bytes.clone();
            for _ in 0..=random(4) {
                let at = random(damaged.len());
                damaged[at] = u8::try_from(random(256)).unwrap();
            }
            if random(8) == 0 {
                damaged.truncate(random(bytes.len()));
            }
            let _ = Contract::read("ad", &damaged);
        }
    }

    /// How often the descriptors are damaged.
    const ROUNDS: usize = 500;
}
