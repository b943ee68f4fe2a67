//! Contracts come and go; the table follows in one step.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bus::contract::{Announcement, Change};
use contract::{Contract, collisions, openapi};
use futures_util::{Stream, StreamExt as _};

use super::table::Table;
use crate::etag;

/// Reads contracts, refuses bad ones and keeps the table of the good ones.
///
/// What a service announced last, and can be served, is served. A contract that is refused leaves
/// what was served before; one that vanishes from the bucket stays, since its service may only be
/// down.
#[derive(Debug)]
pub(crate) struct Registry {
    table: Arc<ArcSwap<Table>>,
    info: openapi::Info,
    services: BTreeMap<String, Service>,
}

#[derive(Debug, Default)]
struct Service {
    built_ms: i64,
    /// Tells whether the same contract is announced again, as after each reconnect.
    hash: u64,
    /// The newest good contract.
    offered: Option<Shared>,
    /// The one whose routes are in the table.
    served: Option<Shared>,
}

#[derive(Clone)]
struct Shared(Arc<Contract>);

impl Registry {
    pub(crate) fn new(table: Arc<ArcSwap<Table>>, info: openapi::Info) -> Self {
        Self { table, info, services: BTreeMap::new() }
    }

    /// Follows the changes for ever.
    pub(crate) async fn follow(mut self, changes: impl Stream<Item = Change>) {
        let mut changes = std::pin::pin!(changes);
        while let Some(change) = changes.next().await {
            self.apply(change).await;
        }
    }

    pub(crate) async fn apply(&mut self, change: Change) {
        let service = change.service;
        match change.announcement {
            Ok(Some(announcement)) => self.announced(service, announcement).await,
            Ok(None) => {
                tracing::info!(service, "a contract vanished from the bucket: it stays served");
            }
            Err(garbage) => refuse(&service, "garbage", &garbage.to_string()),
        }
    }

    async fn announced(&mut self, service: String, announcement: Announcement) {
        let known = self.services.entry(service.clone()).or_default();
        if announcement.service != service {
            return refuse(&service, "foreign", "the contract is another service's");
        }
        if known.offered.is_some() && announcement.built_ms < known.built_ms {
            return refuse(&service, "older", "the contract is older than the one that is served");
        }
        let hash = etag::hash(&announcement.descriptors, 0);
        if known.offered.is_some() && (known.built_ms, known.hash) == (announcement.built_ms, hash)
        {
            return;
        }
        match read(service.clone(), announcement.descriptors).await {
            Ok(contract) => {
                known.hash = hash;
                known.built_ms = announcement.built_ms;
                known.offered = Some(Shared(contract));
                self.swap().await;
            }
            Err(complaints) => refuse(&service, "unfit", &complaints),
        }
    }

    /// Builds the table of all contracts that can be served together, beside the requests.
    async fn swap(&mut self) {
        let contracts = self.choose();
        let info = self.info.clone();
        let build = move || (Table::new(&contracts, &info), contracts);
        match tokio::task::spawn_blocking(build).await {
            Ok((table, contracts)) => {
                self.table.store(Arc::new(table));
                self.note(contracts);
            }
            Err(error) => {
                tracing::error!(%error, "the route table could not be built: the old one stays");
            }
        }
    }

    /// Notes what is served now.
    fn note(&mut self, contracts: Vec<Arc<Contract>>) {
        let services: Vec<&str> = contracts.iter().map(|contract| contract.service()).collect();
        tracing::info!(services = services.join(","), "the routes of these services are served");
        for service in self.services.values_mut() {
            service.served = None;
        }
        for contract in contracts {
            if let Some(service) = self.services.get_mut(contract.service()) {
                service.served = Some(Shared(contract));
            }
        }
    }

    /// Each service's newest contract; where that takes another's route, the one before; where
    /// that does too, none.
    fn choose(&self) -> Vec<Arc<Contract>> {
        let mut chosen: BTreeMap<&str, Arc<Contract>> = BTreeMap::new();
        for (name, service) in &self.services {
            if let Some(offered) = &service.offered {
                chosen.insert(name, offered.0.clone());
            }
        }
        loop {
            let contracts: Vec<&Contract> = chosen.values().map(AsRef::as_ref).collect();
            let refused: BTreeMap<String, String> = collisions(&contracts)
                .into_iter()
                .map(|collision| (collision.refused, collision.complaint.to_string()))
                .collect();
            if refused.is_empty() {
                return chosen.into_values().collect();
            }
            for (name, complaint) in refused {
                refuse(&name, "collision", &complaint);
                let Some((name, service)) = self.services.get_key_value(&name) else { continue };
                let before = chosen.remove(name.as_str());
                let is_other =
                    |served: &Shared| before.is_some_and(|it| !Arc::ptr_eq(&it, &served.0));
                if let Some(served) = service.served.clone().filter(is_other) {
                    chosen.insert(name, served.0);
                }
            }
        }
    }
}

/// Reads a contract beside the requests.
async fn read(service: String, descriptors: bytes::Bytes) -> Result<Arc<Contract>, String> {
    let reading = tokio::task::spawn_blocking(move || Contract::read(&service, &descriptors));
    match reading.await {
        Ok(Ok(contract)) => Ok(Arc::new(contract)),
        Ok(Err(complaints)) => {
            Err(complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        }
        Err(_) => Err("reading it broke".to_owned()),
    }
}

fn refuse(service: &str, reason: &'static str, complaint: &str) {
    let labels = [("service", service.to_owned()), ("reason", reason.to_owned())];
    metrics::counter!("gateway_contract_refused_total", &labels).increment(1);
    let complaint: String = complaint.chars().take(2_000).collect();
    tracing::error!(service, reason, complaint, "a contract was refused: the old routes stay");
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.service())
    }
}
