//! A contract holds the packages of its service, and what is shared.

use prost_reflect::{FileDescriptor, Syntax};

use super::Complaints;
use crate::model::{Complaint, Source};

/// The numbers of `package` and `syntax` in a file's descriptor.
const PACKAGE: i32 = 2;
const SYNTAX: i32 = 12;
/// The number of `service` in a file's descriptor.
const SERVICE: i32 = 6;

/// Names that no service may have: their subjects, keys or packages mean something else.
const RESERVED: [&str; 6] = ["api", "gateway", "ops", "options", "provision", "value"];

pub(super) fn check(complaints: &mut Complaints<'_>) {
    let source = complaints.source;
    complaints.list.extend(name(source.service()).map(Complaint::whole));
    complaints.list.extend(nothing(source).map(Complaint::whole));
    for file in source.pool().files() {
        let place = |part: &[i32]| source.place_in(&file, part);
        if let Some(message) = foreign(source, &file) {
            complaints.at(place(&[PACKAGE]), message);
        }
        if let Some(message) = syntax(source, &file) {
            complaints.at(place(&[SYNTAX]), message);
        }
        if let Some(message) = shared_service(source, &file) {
            complaints.at(place(&[SERVICE, 0]), message);
        }
    }
}

/// A contract is that of a service.
fn name(service: &str) -> Option<String> {
    (!is_service(service)).then(|| format!("`{service}` cannot be the name of a service"))
}

/// Whether a text can be a service's name: a lower-case word, as a subject's token and a database
/// name want it, that means nothing else.
pub(super) fn is_service(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(word)
        && !RESERVED.contains(&name)
}

/// A contract says something.
fn nothing(source: &Source) -> Option<String> {
    let service = source.service();
    let some = source.pool().files().any(|file| source.owns(file.package_name()));
    (!some).then(|| format!("there is no package `seasonal.{service}.v1` or later"))
}

/// Every package is the service's own, or shared.
fn foreign(source: &Source, file: &FileDescriptor) -> Option<String> {
    let (service, package) = (source.service(), file.package_name());
    let known = source.owns(package) || Source::shares(package);
    (!known).then(|| {
        format!(
            "the package `{package}` is foreign: `{service}` owns `seasonal.{service}.v<number>`"
        )
    })
}

/// The service's own files are proto3: the rules of presence and of JSON are its.
fn syntax(source: &Source, file: &FileDescriptor) -> Option<&'static str> {
    let own = source.owns(file.package_name()) || file.package_name().starts_with("seasonal.");
    (own && file.syntax() != Syntax::Proto3).then_some("the file must say `syntax = \"proto3\"`")
}

/// What is shared holds no services.
fn shared_service(source: &Source, file: &FileDescriptor) -> Option<&'static str> {
    let own = source.owns(file.package_name());
    (!own && file.services().len() > 0).then_some("a service stands in its own package only")
}

#[cfg(test)]
mod tests {
    use crate::{
        Contract,
        fixture::{Protos, ad},
    };

    #[test]
    fn a_foreign_package_is_refused() {
        ad(r#"
            syntax = "proto3";
            package seasonal.profile.v1; <--
        "#)
        .refused(&["the package `seasonal.profile.v1` is foreign: `ad` owns"]);
    }

    #[test]
    fn a_package_without_version_is_foreign() {
        for package in ["seasonal.ad", "seasonal.ad.v", "seasonal.ad.v1.more", "ad.v1", "google"] {
            ad(&format!("syntax = \"proto3\";\npackage {package}; <--"))
                .refused(&[&format!("the package `{package}` is foreign")]);
        }
    }

    #[test]
    fn a_service_outside_the_own_package_is_refused() {
        ad(r#"
            syntax = "proto3";
            package seasonal.value.v1;
            service ThiefService {} <--
        "#)
        .refused(&["a service stands in its own package only"]);
    }

    #[test]
    fn proto2_is_refused() {
        ad(r#"
            syntax = "proto2"; <--
            package seasonal.ad.v1;
        "#)
        .refused(&["the file must say `syntax = \"proto3\"`"]);
    }

    #[test]
    fn a_contract_without_a_package_of_its_own_is_refused() {
        let protos = Protos::of(&[("a.proto", "syntax = \"proto3\"; package google.api;")]);

        assert_eq!(protos.complaints(), ["there is no package `seasonal.ad.v1` or later"]);
    }

    #[test]
    fn garbage_is_refused() {
        let complaints = Contract::read("ad", b"\xffgarbage").err().unwrap();

        assert_eq!(complaints.len(), 1);
        assert!(complaints[0].to_string().starts_with("these are no descriptors: "));
    }

    #[test]
    fn a_service_needs_a_name_that_subjects_can_carry() {
        for name in ["", "Ad", "a.b", "a*", "1a", "gateway", "options", "value"] {
            assert!(super::name(name).is_some(), "{name}");
        }
        assert_eq!(super::name("ad"), None);
    }
}
