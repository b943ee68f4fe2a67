//! What a process tells of itself on its health port.

use crate::world::World;

impl World {
    /// The status of one of a process's health paths: `/livez`, `/readyz`.
    pub async fn health(&self, process: &str, path: &str) -> u16 {
        self.told(process, path).await.status().as_u16()
    }

    /// What a process has counted: the sum over all labels that contain `label`, which may be empty.
    pub async fn counted(&self, process: &str, counter: &str, label: &str) -> u64 {
        let text = self.told(process, "/metrics").await.text().await.expect("metrics");
        text.lines()
            .filter_map(|line| line.strip_prefix(counter)?.rsplit_once(' '))
            .filter(|(labels, _)| labels.is_empty() || labels.starts_with('{'))
            .filter(|(labels, _)| labels.contains(label))
            .filter_map(|(_, value)| value.parse::<u64>().ok())
            .sum()
    }

    async fn told(&self, process: &str, path: &str) -> reqwest::Response {
        let address = self.stack().health(process).expect("the address of the health port");
        let asked = self.stack().http().get(format!("{address}{path}")).send();
        asked.await.expect("the health port answers")
    }
}
