//! (c), (d), (e) and the gateway's memory: the processes that are really shipped.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use stack::Stack;

use crate::bare::count_f64;
use crate::report::{Figure, Report, progress};
use crate::wrk;

/// How many offers the list of (e) has.
const OFFERS: usize = 20;
/// The job of the catalogue that (c) gets.
const JOB: &str = "/v1/jobs/grape-picker";
/// Requests after which the gateway's memory is looked at.
const REQUESTS: u64 = 1_000_000;

/// The running stack, asked as a user would.
pub(crate) struct Seasonal {
    stack: Stack,
    gateway: String,
}

impl Seasonal {
    pub(crate) fn join() -> Result<Self> {
        let stack = Stack::join()?;
        let gateway = stack.settings().gateway();
        Ok(Self { stack, gateway })
    }

    pub(crate) fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The bytes that (c) answers.
    pub(crate) async fn job(&self) -> Result<Vec<u8>> {
        let answer = self.stack.http().get(format!("{}{JOB}", self.gateway)).send().await?;
        Ok(answer.error_for_status()?.bytes().await?.to_vec())
    }

    /// Keycloak's description of the realm: its public key is in it.
    pub(crate) async fn realm(&self) -> Result<Value> {
        let issuer = self.stack.settings().issuer();
        Ok(self.stack.http().get(issuer).send().await?.error_for_status()?.json().await?)
    }

    /// A page of 20 published offers as JSON; missing ones are published first.
    pub(crate) async fn offers(&self) -> Result<Vec<u8>> {
        let mut list = self.list().await?;
        while offers(&list) < OFFERS {
            self.publish_another().await?;
            list = self.list().await?;
        }
        Ok(serde_json::to_vec(&list)?)
    }

    async fn list(&self) -> Result<Value> {
        let url = format!("{}/v1/offers?pageSize={OFFERS}", self.gateway);
        Ok(self.stack.http().get(url).send().await?.error_for_status()?.json().await?)
    }

    /// Publishes a copy of one of the demo employer's offers.
    async fn publish_another(&self) -> Result<()> {
        let companies = self.employer(Method::GET, "/v1/companies").await?;
        let company = text(&companies, "/companies/0/id")?;
        let path = format!("/v1/offers?companyId={company}&pageSize=1");
        let id = text(&self.employer(Method::GET, &path).await?, "/offers/0/id")?;
        let copy = self.employer(Method::POST, &format!("/v1/offers/{id}:duplicate")).await?;
        let publish = format!("/v1/offers/{}:publish", text(&copy, "/id")?);
        let published = self.employer(Method::POST, &publish).await?;
        ensure!(
            published.get("state").is_some_and(|it| it == "OFFER_STATE_PUBLISHED"),
            "not published: {published}"
        );
        Ok(())
    }

    async fn employer(&self, method: Method, path: &str) -> Result<Value> {
        let mut request =
            self.stack.http().request(method.clone(), format!("{}{path}", self.gateway));
        if method == Method::POST {
            request = request.json(&json!({}));
        }
        let token = self.stack.token("employer").await?;
        Ok(request.bearer_auth(token).send().await?.error_for_status()?.json().await?)
    }

    /// (c), (d), (e) as the one who is named in the token.
    pub(crate) async fn measure(
        &self,
        report: &mut Report,
        list: &[u8],
        seconds: u32,
    ) -> Result<()> {
        let list: Value = serde_json::from_slice(list)?;
        let id = text(&list, "/offers/0/id")?;
        let cases = [
            ("c: GET one job, from memory", JOB.to_owned()),
            ("d: GET one offer, from PostgreSQL", format!("/v1/offers/{id}")),
            ("e: GET a list of 20 offers", format!("/v1/offers?pageSize={OFFERS}")),
        ];
        for (name, path) in cases {
            let url = format!("{}{path}", self.gateway);
            for connections in wrk::CONNECTIONS {
                progress(&format!("{name}, {connections} connections"));
                let token = self.stack.token("worker").await?;
                let measured = wrk::run(&url, Some(&token), connections, seconds).await?;
                throughput(report, name, connections, &measured)?;
            }
        }
        Ok(())
    }

    /// The gateway's resident memory after 500,000 and 1,000,000 further requests.
    pub(crate) async fn measure_memory(&self, report: &mut Report) -> Result<()> {
        let half = self.memory_after(REQUESTS / 2).await?;
        let whole = self.memory_after(REQUESTS / 2).await?;
        let name = "gateway memory after 1,000,000 requests";
        report.add(Figure::new(name, 128, whole, "MiB").at_most(64.0))?;
        // Less than the smallest step in which an allocator takes memory is no growth.
        let growth =
            Figure::new("gateway memory, growth over the second half", 128, whole - half, "MiB");
        report.add(growth.at_most(2.0))?;
        Ok(())
    }

    async fn memory_after(&self, requests: u64) -> Result<f64> {
        let url = format!("{}{JOB}", self.gateway);
        let mut done = 0;
        while done < requests {
            progress(&format!("gateway memory: {done} of {requests} requests"));
            let token = self.stack.token("worker").await?;
            done += wrk::run(&url, Some(&token), 128, 10).await?.requests;
        }
        resident_mib(self.stack.pid("gateway")?)
    }

    /// Requests that nobody ever answers, and what they leave behind in the gateway.
    pub(crate) async fn measure_unanswered(&self, report: &mut Report) -> Result<()> {
        progress("requests that are never answered: ad is frozen");
        let pid = self.stack.pid("gateway")?;
        self.stack.freeze("ad").await?;
        let asked = self.flood(2_000).await;
        self.stack.thaw("ad").await?;
        asked?;
        let pending = self.pending().await?;
        report.add(
            Figure::new("requests waiting after 2,000 were not answered", 0, pending, "")
                .at_most(0.0),
        )?;
        report.add(
            Figure::new("gateway memory after them", 0, resident_mib(pid)?, "MiB").at_most(64.0),
        )?;
        Ok(())
    }

    async fn flood(&self, requests: usize) -> Result<()> {
        let mut running = tokio::task::JoinSet::new();
        let token = self.stack.token("worker").await?;
        for _ in 0..requests {
            let request = self.stack.http().get(format!("{}{JOB}", self.gateway));
            let request = request.bearer_auth(&token).timeout(Duration::from_secs(20));
            running.spawn(async move { request.send().await.map(|it| it.status().as_u16()) });
        }
        while let Some(answer) = running.join_next().await {
            let status = answer??;
            ensure!([503, 504].contains(&status), "a frozen service's route answered {status}");
        }
        Ok(())
    }

    /// The gateway's gauge of requests that wait for an answer.
    async fn pending(&self) -> Result<f64> {
        let url = format!("{}/metrics", self.stack.settings().health("gateway"));
        let text = self.stack.http().get(url).send().await?.text().await?;
        let line = text.lines().find(|line| line.starts_with("bus_requests_waiting"));
        let value = line.and_then(|line| line.rsplit(' ').next());
        value.context("no gauge bus_requests_waiting")?.parse().context("a gauge is a number")
    }
}

/// What the figures mean for each other: (c) and (d) against (b), (c) against (g).
pub(crate) fn compare(report: &mut Report) -> Result<()> {
    let pairs = [
        ("c", "c: GET one job, from memory", "b: bare axum, one NATS request", 70.0),
        ("d", "d: GET one offer, from PostgreSQL", "b: bare axum, one NATS request", 40.0),
        ("c", "c: GET one job, from memory", "g: HAProxy with jwt_verify", 100.0),
    ];
    for (short, ours, other, goal) in pairs {
        for connections in [32, 128] {
            let values = (report.value(ours, connections), report.value(other, connections));
            if let (Some(ours), Some(theirs)) = values {
                let against = other.split(':').next().unwrap_or_default();
                let name = format!("{short} in percent of {against}");
                report.add(
                    Figure::new(name, connections, 100.0 * ours / theirs, "%").at_least(goal),
                )?;
            }
        }
    }
    Ok(())
}

/// Adds requests/s, p50 and p99.
pub(crate) fn throughput(
    report: &mut Report,
    name: &str,
    connections: u32,
    measured: &wrk::Measured,
) -> Result<()> {
    report.add(Figure::new(name, connections, measured.requests_per_second, "req/s"))?;
    report.add(Figure::new(format!("{name} p50"), connections, measured.p50_ms, "ms"))?;
    report.add(Figure::new(format!("{name} p99"), connections, measured.p99_ms, "ms"))?;
    Ok(())
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no text at {pointer} of {value}"))?.to_owned())
}

fn offers(list: &Value) -> usize {
    list.get("offers").and_then(Value::as_array).map_or(0, Vec::len)
}

fn resident_mib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: usize = line.trim().trim_end_matches(" kB").parse()?;
    Ok(count_f64(kib) / 1024.0)
}
