//! Which method a request means: paths, routes, and the contracts that they come from.

mod path;
mod registry;
mod table;
mod tree;

pub(crate) use path::Path;
pub(crate) use registry::Registry;
pub(crate) use table::{Document, Route, Table};
pub(crate) use tree::Found;
