//! Tables of figures, for people and for machines.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::era::Era;

/// Figures of one kind, a row for each program and era.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    exceeded: Vec<String>,
}

#[derive(Debug)]
struct Row {
    name: String,
    era: Option<Era>,
    figures: Vec<Figure>,
}

/// A cell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Figure {
    Number(f64),
    Ratio(Ratio),
}

/// How many times a reference of the same run, if there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio(Option<f64>);

impl Ratio {
    pub(crate) fn of(figure: f64, reference: Option<f64>) -> Self {
        Self(reference.map(|reference| figure / reference))
    }
}

impl From<f64> for Figure {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Ratio> for Figure {
    fn from(ratio: Ratio) -> Self {
        Self::Ratio(ratio)
    }
}

impl Table {
    pub(crate) fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: Vec::new(),
            exceeded: Vec::new(),
        }
    }

    /// Notes a figure that is above what was allowed, and by how much: said
    /// once all figures are there.
    pub(crate) fn limit(&mut self, what: &str, figure: f64, limit: Option<f64>) {
        if let Some(limit) = limit.filter(|limit| figure > *limit) {
            self.exceeded
                .push(format!("{what}: {figure:.2}, allowed are {limit}"));
        }
    }

    /// The figures that are above what was allowed.
    pub(crate) fn exceeded(&self) -> &[String] {
        &self.exceeded
    }

    /// Adds the figures of a program, one for each column.
    pub(crate) fn row(&mut self, name: &str, era: Option<Era>, figures: Vec<Figure>) {
        debug_assert_eq!(figures.len(), self.columns.len());
        self.rows.push(Row {
            name: name.to_owned(),
            era,
            figures,
        });
    }

    /// `{"title": …, "rows": [{"program": …, "era": …, COLUMN: number or null}]}`.
    pub(crate) fn to_json(&self) -> Value {
        let row = |row: &Row| {
            let mut object = Map::new();
            object.insert("program".to_owned(), json!(row.name));
            object.insert("era".to_owned(), json!(row.era.map(Era::year)));
            for (column, figure) in self.columns.iter().zip(&row.figures) {
                object.insert(column.clone(), figure.to_json());
            }
            Value::Object(object)
        };
        json!({"title": self.title, "rows": self.rows.iter().map(row).collect::<Vec<_>>()})
    }
}

impl Figure {
    fn to_json(self) -> Value {
        match self {
            Self::Number(number) | Self::Ratio(Ratio(Some(number))) => json!(number),
            Self::Ratio(Ratio(None)) => Value::Null,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Ratio(Ratio(None)) => "-".to_owned(),
            Self::Ratio(Ratio(Some(ratio))) => format!("{ratio:.2}"),
            Self::Number(number) if *number < 100.0 => format!("{number:.1}"),
            Self::Number(number) => format!("{number:.0}"),
        };
        f.pad(&text)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = self
            .columns
            .iter()
            .map(|column| column.chars().count().max(7) + 2)
            .collect();
        write!(f, "{:32} {:4}", self.title, "")?;
        for (column, width) in self.columns.iter().zip(&widths) {
            write!(f, "{column:>width$}")?;
        }
        for row in &self.rows {
            write!(f, "\n{:32} {:4}", row.name, row.era.map_or("", Era::year))?;
            for (figure, width) in row.figures.iter().zip(&widths) {
                write!(f, "{figure:>width$}")?;
            }
        }
        writeln!(f)
    }
}

pub(crate) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
