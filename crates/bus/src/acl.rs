//! What each process kind may publish and subscribe, as data.
//!
//! Allow lists only: a deny list forgets, and `allow_responses` lets an asker choose where the
//! answerer publishes. Nobody but `provision` may create or change a stream, a bucket or a
//! consumer: whoever may, can make the broker publish anywhere. `provision` writes these lists into
//! the broker's configuration; the tests play a process that was taken over against them.

use crate::{
    contract::{BUCKET, STREAM},
    subject::{GATEWAY, directed, request},
};

/// The process kind that makes streams and buckets.
pub const PROVISION: &str = "provision";
/// The user with which people look from outside.
pub const OPS: &str = "ops";
/// The kinds that are no services.
pub const RESERVED: [&str; 3] = [GATEWAY, PROVISION, OPS];

/// The subjects that a user may publish and subscribe; all others it may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Where it may publish.
    pub publish: Vec<String>,
    /// What it may subscribe.
    pub subscribe: Vec<String>,
}

/// A method and who may ask it over NATS besides the gateway.
#[derive(Clone, Copy, Debug)]
pub struct Askable<'a> {
    /// `ad.v1.OfferService.GetOffer`
    pub subject: &'a str,
    /// The names of services.
    pub askers: &'a [String],
}

/// The gateway asks everyone and watches the contracts. It reads them with direct gets: of all
/// processes it is the most exposed, and it may not even create a consumer.
#[must_use]
pub fn gateway() -> Permissions {
    Permissions {
        publish: list([
            format!("rpc.{GATEWAY}.>"),
            format!("$JS.API.DIRECT.GET.{STREAM}"),
            format!("$JS.API.DIRECT.GET.{STREAM}.$KV.{BUCKET}.*"),
        ]),
        subscribe: list([inbox(GATEWAY), format!("$KV.{BUCKET}.*")]),
    }
}

/// A service serves its own methods, asks those of others that name it, and keeps its own contract.
/// `methods` are those of all contracts.
#[must_use]
pub fn service<'a>(name: &str, methods: impl IntoIterator<Item = Askable<'a>>) -> Permissions {
    let mut publish = list([
        format!("_INBOX.*.{name}.>"),
        inbox(OPS),
        format!("$KV.{BUCKET}.{name}"),
        format!("$JS.API.DIRECT.GET.{STREAM}.$KV.{BUCKET}.{name}"),
    ]);
    for method in methods {
        if method.askers.iter().any(|asker| asker == name) {
            publish.push(request(name, method.subject));
            publish.push(directed(name, method.subject, "").replace(".@.", ".*."));
        }
    }
    let mut subscribe = list([format!("rpc.*.{name}.>"), inbox(name)]);
    for verb in ["PING", "INFO", "STATS"] {
        subscribe.extend([
            format!("$SRV.{verb}"),
            format!("$SRV.{verb}.{name}"),
            format!("$SRV.{verb}.{name}.*"),
        ]);
    }
    Permissions { publish, subscribe }
}

/// `provision` makes the bucket and looks at the broker.
#[must_use]
pub fn provision() -> Permissions {
    let verbs = ["INFO", "CREATE", "UPDATE"];
    let mut publish: Vec<_> =
        verbs.iter().map(|verb| format!("$JS.API.STREAM.{verb}.{STREAM}")).collect();
    publish.push("$JS.API.INFO".to_owned());
    Permissions { publish, subscribe: list([inbox(PROVISION)]) }
}

/// `ops` looks: at the services, and at the state of the streams, never into them.
#[must_use]
pub fn ops() -> Permissions {
    Permissions {
        publish: list(
            [
                "$SRV.>",
                "$JS.API.INFO",
                "$JS.API.STREAM.NAMES",
                "$JS.API.STREAM.LIST",
                "$JS.API.STREAM.INFO.*",
                "$JS.API.CONSUMER.NAMES.*",
                "$JS.API.CONSUMER.LIST.*",
                "$JS.API.CONSUMER.INFO.*.*",
            ]
            .map(str::to_owned),
        ),
        subscribe: list([inbox(OPS)]),
    }
}

fn inbox(kind: &str) -> String {
    format!("_INBOX.{kind}.>")
}

fn list<const N: usize>(subjects: [String; N]) -> Vec<String> {
    subjects.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership(askers: &[String]) -> Askable<'_> {
        Askable { subject: "profile.v1.MemberService.GetMembership", askers }
    }

    #[test]
    fn a_service_asks_only_what_names_it() {
        let askers = ["ad".to_owned()];

        let ad = service("ad", [membership(&askers)]);
        let task = service("task", [membership(&askers)]);

        let asks = |permissions: &Permissions| {
            permissions
                .publish
                .iter()
                .filter(|to| to.starts_with("rpc."))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            asks(&ad),
            [
                "rpc.ad.profile.v1.MemberService.GetMembership",
                "rpc.ad.profile.*.v1.MemberService.GetMembership",
            ]
        );
        assert_eq!(asks(&task), Vec::<String>::new());
    }

    #[test]
    fn only_provision_may_change_a_stream_and_nobody_may_create_a_consumer() {
        for (kind, permissions) in [
            ("gateway", gateway()),
            ("ad", service("ad", [])),
            ("ops", ops()),
            ("provision", provision()),
        ] {
            for subject in &permissions.publish {
                let changes = ["CREATE", "UPDATE", "DELETE", "PURGE", "CONSUMER.MSG", "MSG."];
                let changes = changes.iter().any(|verb| subject.contains(verb));
                assert!(!changes || kind == PROVISION, "{kind} may publish {subject}");
                assert!(!subject.contains("CONSUMER.CREATE"), "{kind} may publish {subject}");
                assert!(
                    subject != ">" && !subject.starts_with('*'),
                    "{kind} may publish {subject}"
                );
            }
        }
    }

    #[test]
    fn each_kind_reads_its_own_inbox_and_no_other() {
        for (kind, permissions) in [
            ("gateway", gateway()),
            ("ad", service("ad", [])),
            ("ops", ops()),
            ("provision", provision()),
        ] {
            let inboxes: Vec<_> =
                permissions.subscribe.iter().filter(|from| from.starts_with("_INBOX")).collect();
            assert_eq!(inboxes, [&format!("_INBOX.{kind}.>")]);
        }
    }
}
