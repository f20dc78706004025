//! The families that the `prometheus` crate keeps, through the same encoder.

use prometheus::proto::{Metric, MetricFamily, MetricType};

use super::writer::Writer;
use crate::metrics::catalog::own::OWN_FAMILIES;

pub(super) fn write(writer: &mut Writer, families: &[MetricFamily]) {
    for family in families {
        let name = family.name();
        let unit = OWN_FAMILIES.iter().find(|f| f.name == name).and_then(|f| f.unit);
        writer.head(name, kind(family.get_field_type()), unit, family.help());
        for metric in family.get_metric() {
            write_metric(writer, name, family.get_field_type(), metric);
        }
    }
}

/// Summaries and untyped values are in neither the catalog nor the process collector.
fn kind(kind: MetricType) -> &'static str {
    match kind {
        MetricType::COUNTER => "counter",
        MetricType::HISTOGRAM => "histogram",
        _ => "gauge",
    }
}

fn write_metric(writer: &mut Writer, name: &str, kind: MetricType, metric: &Metric) {
    let labels: Vec<(&str, &str)> =
        metric.get_label().iter().map(|label| (label.name(), label.value())).collect();
    match kind {
        MetricType::COUNTER => writer.sample(name, "", &labels, metric.get_counter().get_value()),
        MetricType::HISTOGRAM => {
            let histogram = metric.get_histogram();
            let buckets = histogram.get_bucket().iter();
            let bounds = buckets.map(|b| (b.upper_bound(), b.cumulative_count()));
            let all = (f64::INFINITY, histogram.get_sample_count());
            let bounds = bounds.filter(|(bound, _)| bound.is_finite()).chain([all]);
            writer.histogram(name, &labels, bounds, histogram.get_sample_sum());
        }
        _ => writer.sample(name, "", &labels, metric.get_gauge().get_value()),
    }
}
