//! (f) The transcoder alone, against prost-reflect, on a list of 20 offers.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use contract::Contract;
use contract::transcode::{self, ShapeId, Shapes, oracle};
use prost::Message as _;
use proto::ad::v1::ListOffersResponse;

use crate::bare::count_f64;
use crate::report::{Figure, Report, progress};

/// Measures both directions, ours and the oracle's, on the list that `wire` holds.
pub(crate) fn measure(report: &mut Report, wire: &[u8], seconds: u32) -> Result<()> {
    progress("the transcoder alone");
    let contract = Contract::read("ad", &proto::ad::contract().descriptors)
        .map_err(|complaints| anyhow!("{complaints:?}"))?;
    let shapes = contract.shapes();
    let list = shape(shapes, "seasonal.ad.v1.ListOffersResponse")?;
    let offer = shape(shapes, "seasonal.ad.v1.Offer")?;
    let mut json = Vec::new();
    transcode::to_json(shapes, list, wire, &mut json).map_err(|it| anyhow!("{it:?}"))?;
    let input = input(shapes, offer, wire)?;
    let each = Duration::from_secs(seconds.into());

    let out = |run: &dyn Fn(&mut Vec<u8>)| megabytes_per_second(json.len(), each, run);
    let ours = out(&|out| drop(transcode::to_json(shapes, list, wire, out)));
    let theirs = out(&|out| drop(oracle::to_json(shapes, list, wire, out)));
    report.add(Figure::new("f: wire to JSON", 0, ours, "MB/s").at_least(800.0))?;
    report.add(Figure::new("f: wire to JSON, prost-reflect", 0, theirs, "MB/s"))?;

    let into = |run: &dyn Fn(&mut Vec<u8>)| megabytes_per_second(input.len(), each, run);
    let ours = into(&|out| drop(transcode::to_wire(shapes, offer, &input, out)));
    let theirs = into(&|out| drop(oracle::to_wire(shapes, offer, &input, out)));
    report.add(Figure::new("f: JSON to wire", 0, ours, "MB/s").at_least(300.0))?;
    report.add(Figure::new("f: JSON to wire, prost-reflect", 0, theirs, "MB/s"))?;
    Ok(())
}

fn shape(shapes: &Shapes, name: &str) -> Result<ShapeId> {
    shapes.id(name).with_context(|| format!("no shape {name}"))
}

/// The JSON of one offer as an employer sends it: without what the server alone writes.
fn input(shapes: &Shapes, offer: ShapeId, wire: &[u8]) -> Result<Vec<u8>> {
    let mut first =
        ListOffersResponse::decode(wire)?.offers.into_iter().next().context("no offer")?;
    first.id.clear();
    let mut json = Vec::new();
    transcode::to_json(shapes, offer, &first.encode_to_vec(), &mut json)
        .map_err(|it| anyhow!("{it:?}"))?;
    let mut value: serde_json::Value = serde_json::from_slice(&json)?;
    let written_by_the_server = [
        "id",
        "positionsFilled",
        "positionsLeft",
        "state",
        "stateReason",
        "warnings",
        "publishTime",
        "createTime",
        "updateTime",
        "revision",
    ];
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !written_by_the_server.contains(&name.as_str()));
        if let Some(housing) = fields.get_mut("housing").and_then(|it| it.as_object_mut()) {
            housing.remove("placesLeft");
        }
    }
    let json = serde_json::to_vec(&value)?;
    transcode::to_wire(shapes, offer, &json, &mut Vec::new()).map_err(|it| anyhow!("{it:?}"))?;
    Ok(json)
}

/// How many bytes of JSON go through `run`, which appends its result to an empty buffer.
fn megabytes_per_second(bytes: usize, time: Duration, run: &dyn Fn(&mut Vec<u8>)) -> f64 {
    let mut out = Vec::new();
    let (start, mut rounds) = (Instant::now(), 0_usize);
    while start.elapsed() < time {
        for _ in 0..100 {
            out.clear();
            run(black_box(&mut out));
            rounds += 1;
        }
    }
    count_f64(bytes) * count_f64(rounds) / start.elapsed().as_secs_f64() / 1e6
}
