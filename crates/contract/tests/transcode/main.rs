//! The transcoder, held against prost-reflect on generated messages, and against hostile input.
#[cfg(test)]
mod binding;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod json;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod tape;
