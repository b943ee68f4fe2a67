//! Figures, and how they are shown.

use std::io::{self, Write as _};

use serde::Serialize;

/// One measured figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    name: String,
    connections: u32,
    value: f64,
    unit: &'static str,
    goal: Option<f64>,
    reached: Option<bool>,
}

impl Figure {
    /// A figure without a goal.
    pub(crate) fn new(
        name: impl Into<String>,
        connections: u32,
        value: f64,
        unit: &'static str,
    ) -> Self {
        Self { name: name.into(), connections, value, unit, goal: None, reached: None }
    }

    /// Should be `goal` or more.
    pub(crate) fn at_least(mut self, goal: f64) -> Self {
        self.reached = Some(self.value >= goal);
        self.goal = Some(goal);
        self
    }

    /// Should be `goal` or less.
    pub(crate) fn at_most(mut self, goal: f64) -> Self {
        self.reached = Some(self.value <= goal);
        self.goal = Some(goal);
        self
    }

    pub(crate) fn is(&self, name: &str, connections: u32) -> bool {
        self.name == name && self.connections == connections
    }

    pub(crate) fn value(&self) -> f64 {
        self.value
    }
}

/// Everything measured so far. Figures are told as they come, or all at the end as JSON.
pub(crate) struct Report {
    json: bool,
    figures: Vec<Figure>,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, figures: Vec::new() }
    }

    pub(crate) fn add(&mut self, figure: Figure) -> io::Result<()> {
        if !self.json {
            writeln!(io::stdout(), "{}", line(&figure))?;
        }
        self.figures.push(figure);
        Ok(())
    }

    /// A figure of this run.
    pub(crate) fn value(&self, name: &str, connections: u32) -> Option<f64> {
        self.figures.iter().find(|it| it.is(name, connections)).map(Figure::value)
    }

    pub(crate) fn finish(&self) -> io::Result<()> {
        if self.json {
            serde_json::to_writer_pretty(io::stdout().lock(), &self.figures)?;
            writeln!(io::stdout())?;
        }
        Ok(())
    }
}

/// Says on standard error what is being done.
pub(crate) fn progress(what: &str) {
    // Nobody may be listening any more: that is no reason to stop measuring.
    let _ = writeln!(io::stderr(), "… {what}");
}

fn line(figure: &Figure) -> String {
    let goal = match (figure.goal, figure.reached) {
        (Some(goal), Some(true)) => format!("  goal {goal:.0}: reached"),
        (Some(goal), _) => format!("  goal {goal:.0}: MISSED"),
        _ => String::new(),
    };
    format!(
        "{:<44} {:>4} conn {:>12.1} {:<10}{goal}",
        figure.name, figure.connections, figure.value, figure.unit
    )
}
