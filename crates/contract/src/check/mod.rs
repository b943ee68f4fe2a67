//! What is wrong with a contract: a module for each group of rules.
//!
//! Every rule is a small function that is given one element and says what is wrong with it, or
//! nothing. All complaints come at once, each with the file and the line.

mod access;
mod collision;
mod comment;
mod event;
mod known;
mod limit;
mod package;
mod patch;
mod route;
mod shape;
mod sound;

pub use access::ROLES;
pub use collision::{Collision, collisions};
pub(crate) use sound::sound;

use crate::model::{Complaint, Element, Place, Source};

/// Everything that is wrong with a contract, in the order of files and lines.
pub(crate) fn all(source: &Source) -> Vec<Complaint> {
    let mut complaints = Complaints { source, list: Vec::new() };
    package::check(&mut complaints);
    known::check(&mut complaints);
    shape::check(&mut complaints);
    comment::check(&mut complaints);
    limit::check(&mut complaints);
    access::check(&mut complaints);
    route::check(&mut complaints);
    patch::check(&mut complaints);
    event::check(&mut complaints);
    collision::check(&mut complaints);
    complaints.list.sort();
    complaints.list.dedup();
    complaints.list
}

/// The complaints so far, and what they are about.
struct Complaints<'a> {
    source: &'a Source,
    list: Vec<Complaint>,
}

impl Complaints<'_> {
    /// Complains about an element, where there is something to say.
    fn about<M: Into<String>>(
        &mut self,
        element: &impl Element,
        messages: impl IntoIterator<Item = M>,
    ) {
        for message in messages {
            self.at(self.source.place(element), message);
        }
    }

    /// Complains about a place.
    fn at(&mut self, place: Place, message: impl Into<String>) {
        self.list.push(Complaint::at(place, message));
    }
}
