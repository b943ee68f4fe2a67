//! Streams and buckets as they must be.

use bus::{
    Client,
    broker::Error,
    contract::{BUCKET, STREAM},
};
use serde_json::{Map, Value, json};

/// JetStream's number for "there is no such stream".
const NOT_FOUND: u64 = 10_059;
const DUPLICATES_NANOS: u64 = 120_000_000_000;
/// A message of the broker holds no more.
const VALUE_BYTES_MAX: u64 = 1 << 20;

/// The bucket `contracts`. Stricter than the buckets that clients make: a roll-up by one service
/// would delete the contracts of all, so there is none, and nothing is deleted or purged.
pub(crate) fn contracts(replicas: u8) -> Value {
    json!({
        "name": STREAM,
        "description": "what each service says about itself",
        "subjects": [format!("$KV.{BUCKET}.>")],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "num_replicas": replicas,
        "max_msgs_per_subject": 1,
        "max_msg_size": VALUE_BYTES_MAX,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_age": 0,
        "max_consumers": -1,
        "duplicate_window": DUPLICATES_NANOS,
        "allow_direct": true,
        "allow_rollup_hdrs": false,
        "deny_delete": true,
        "deny_purge": true,
    })
}

/// Makes the stream, or puts it right.
#[expect(clippy::cognitive_complexity, reason = "counts what the log macros expand to")]
pub(crate) async fn ensure(client: &Client, wanted: &Value) -> anyhow::Result<()> {
    let name = wanted.get("name").and_then(Value::as_str).unwrap_or_default();
    let verb = match client.ask_jetstream(&format!("STREAM.INFO.{name}"), &Value::Null).await {
        Ok(info) => {
            let drifted = drift(info.get("config").unwrap_or(&Value::Null), wanted);
            if drifted.is_empty() {
                return Ok(());
            }
            tracing::warn!(
                stream.name = name,
                stream.drifted = drifted.join(","),
                "a stream is put right"
            );
            "UPDATE"
        }
        Err(Error::Refused { code: NOT_FOUND, .. }) => "CREATE",
        Err(error) => return Err(error.into()),
    };
    client.ask_jetstream(&format!("STREAM.{verb}.{name}"), wanted).await?;
    tracing::info!(stream.name = name, "the stream is as it must be");
    Ok(())
}

/// The settings that are not as wanted. One that is not spoken of must be off: a `republish` or a
/// `source` that somebody added would make the broker publish or store what it should not.
fn drift(found: &Value, wanted: &Value) -> Vec<String> {
    let empty = Map::new();
    let found = found.as_object().unwrap_or(&empty);
    let wanted = wanted.as_object().unwrap_or(&empty);
    let other = wanted.iter().filter(|(key, value)| found.get(*key) != Some(*value));
    let added =
        found.iter().filter(|(key, value)| !wanted.contains_key(*key) && !is_off(key, value));
    other.chain(added).map(|(key, _)| key.clone()).collect()
}

/// What the server itself adds is as good as off.
fn is_off(key: &str, value: &Value) -> bool {
    match value {
        _ if key == "metadata" || key == "placement" => true,
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => matches!(number.as_i64(), Some(0 | -1)),
        Value::String(text) => text.is_empty() || text == "none",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_as_wanted_has_not_drifted() {
        let mut found = contracts(1);
        found["metadata"] = json!({ "_nats.level": "1" });
        found["compression"] = json!("none");
        found["sealed"] = json!(false);
        found["consumer_limits"] = json!({});

        assert_eq!(drift(&found, &contracts(1)), Vec::<String>::new());
    }

    #[test]
    fn what_somebody_changed_or_added_is_drift() {
        let mut found = contracts(1);
        found["allow_rollup_hdrs"] = json!(true);
        found["republish"] = json!({ "src": ">", "dest": "rpc.gateway.profile.>" });

        assert_eq!(drift(&found, &contracts(1)), ["allow_rollup_hdrs", "republish"]);
        assert_eq!(drift(&contracts(1), &contracts(3)), ["num_replicas"]);
    }
}
