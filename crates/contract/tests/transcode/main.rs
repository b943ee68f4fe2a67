//! The transcoder, held against prost-reflect on generated messages, and against hostile input.
mod fixture;
mod generated;
mod generator;
mod tape;
