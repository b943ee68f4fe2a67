//! The demo data: what a developer finds after `./dev up`.

use anyhow::Result;

use crate::settings::Settings;

/// Loads what is missing, over HTTP through the gateway, as the demo users.
///
/// # Errors
/// When the gateway refuses something.
pub async fn load(_settings: &Settings) -> Result<()> {
    Ok(())
}
