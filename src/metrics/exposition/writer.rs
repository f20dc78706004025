//! Writes families and samples, in either format.
//!
//! Prometheus text 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
//! OpenMetrics 1.0: <https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>.
//! They differ in what `# TYPE` calls a counter, in `# UNIT`, `_created` and `# EOF`, in the floats
//! of `le`, and in which signs a help text escapes.

use std::io::Write;
use std::ops::Range;

use super::format::Format;
use crate::event::Time;
use crate::metrics::catalog::{EventFamily, Family, Label};
use crate::metrics::series::{Shown, ShownDuration, values};

/// About what one series and its pair take, so that the page seldom has to move while it grows.
const BYTES_PER_SERIES: usize = 512;

/// Writing to memory cannot fail, which `std::io::Write` cannot say.
macro_rules! put {
    ($out:expr, $($arguments:tt)*) => { let _ = write!($out, $($arguments)*); };
}

#[derive(Debug)]
pub(super) struct Writer {
    out: Vec<u8>,
    format: Format,
    created: bool,
}

impl Writer {
    pub(super) fn new(format: Format, created: bool, series: usize) -> Self {
        let created = created && format == Format::OpenMetrics;
        Writer { out: Vec::with_capacity(16384 + series * BYTES_PER_SERIES), format, created }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.format == Format::OpenMetrics {
            self.out.extend_from_slice(b"# EOF\n");
        }
        self.out
    }

    /// `# TYPE`, `# UNIT` and `# HELP` of a family.
    pub(super) fn head(&mut self, name: &str, kind: &str, unit: Option<&str>, help: &str) {
        let open_metrics = self.format == Format::OpenMetrics;
        let name = if open_metrics && kind == "counter" { stem(name) } else { name };
        put!(self.out, "# HELP {name} ");
        self.help(help);
        put!(self.out, "\n# TYPE {name} {kind}\n");
        if let (true, Some(unit)) = (open_metrics, unit) {
            put!(self.out, "# UNIT {name} {unit}\n");
        }
    }

    fn family(&mut self, family: &Family) {
        self.head(family.name, family.kind.as_str(), family.unit, family.help);
    }

    /// A counter and then its gauges, whose labels are written once and copied.
    pub(super) fn together<'s>(
        &mut self,
        family: &EventFamily,
        series: impl Iterator<Item = Shown<'s>>,
    ) {
        let names = LabelNames::of(family.labels());
        let mut times: Vec<(Range<usize>, Time, Option<Time>)> =
            Vec::with_capacity(series.size_hint().0);
        self.family(&family.counter);
        for shown in series {
            let labels = self.counter_sample(&family.counter, &names, &shown);
            times.push((labels, shown.last, shown.counted));
        }
        self.times(&family.last, times.iter().map(|(labels, last, _)| (labels, *last)));
        if let Some(counted) = &family.counted {
            let times = times.iter().filter_map(|(labels, _, time)| Some((labels, (*time)?)));
            self.times(counted, times);
        }
    }

    fn times<'r>(
        &mut self,
        family: &Family,
        series: impl Iterator<Item = (&'r Range<usize>, Time)>,
    ) {
        self.family(family);
        for (labels, time) in series {
            self.out.extend_from_slice(family.name.as_bytes());
            self.out.extend_from_within(labels.clone());
            self.out.push(b' ');
            self.seconds(time);
            self.out.push(b'\n');
        }
    }

    /// Says where its labels stand, braces included.
    fn counter_sample(
        &mut self,
        family: &Family,
        names: &LabelNames,
        shown: &Shown<'_>,
    ) -> Range<usize> {
        self.out.extend_from_slice(family.name.as_bytes());
        let start = self.out.len();
        self.labels(names, shown.key);
        let labels = start..self.out.len();
        self.out.push(b' ');
        self.number(shown.count);
        self.out.push(b'\n');
        if self.created {
            put!(self.out, "{}_created", stem(family.name));
            self.out.extend_from_within(labels.clone());
            self.out.push(b' ');
            self.seconds(shown.created);
            self.out.push(b'\n');
        }
        labels
    }

    /// A counter or gauge of whole numbers by joined label values.
    pub(super) fn counts<'k>(
        &mut self,
        family: &Family,
        samples: impl Iterator<Item = (&'k str, u64)>,
    ) {
        let names = LabelNames::of(family.labels);
        self.family(family);
        for (key, count) in samples {
            self.out.extend_from_slice(family.name.as_bytes());
            self.labels(&names, key);
            self.out.push(b' ');
            self.number(count);
            self.out.push(b'\n');
        }
    }

    fn number(&mut self, number: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    pub(super) fn durations<'s>(
        &mut self,
        family: &Family,
        series: impl Iterator<Item = ShownDuration<'s>>,
    ) {
        self.family(family);
        for shown in series {
            let labels = [("program", shown.program)];
            let mut sum = 0;
            let bounds = family.buckets.iter().copied().chain([f64::INFINITY]);
            let buckets = bounds.zip(&shown.spread.buckets).map(|(bound, count)| {
                sum += count;
                (bound, sum)
            });
            self.histogram(family.name, &labels, buckets, shown.spread.sum);
            if self.created {
                self.name_and_labels(family.name, "_created", &labels, None);
                self.seconds(shown.created);
                self.out.push(b'\n');
            }
        }
    }

    /// The samples of a histogram from its summed-up buckets, the last of which is `+Inf`.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        buckets: impl Iterator<Item = (f64, u64)>,
        sum: f64,
    ) {
        let mut count = 0;
        for (bound, cumulative) in buckets {
            count = cumulative;
            let bound = self.bound(bound);
            self.name_and_labels(name, "_bucket", labels, Some(&bound));
            put!(self.out, "{cumulative}\n");
        }
        self.sample(name, "_sum", labels, sum);
        self.sample(name, "_count", labels, count as f64);
    }

    pub(super) fn sample(&mut self, name: &str, suffix: &str, labels: &[(&str, &str)], value: f64) {
        self.name_and_labels(name, suffix, labels, None);
        put!(self.out, "{}\n", number(value));
    }

    fn name_and_labels(
        &mut self,
        name: &str,
        suffix: &str,
        labels: &[(&str, &str)],
        le: Option<&str>,
    ) {
        put!(self.out, "{name}{suffix}");
        let bound = le.map(|le| ("le", le));
        for (i, (label, value)) in labels.iter().copied().chain(bound).enumerate() {
            put!(self.out, "{}{label}=\"", if i == 0 { '{' } else { ',' });
            self.value(value);
            self.out.push(b'"');
        }
        let close = if labels.is_empty() && le.is_none() { " " } else { "} " };
        self.out.extend_from_slice(close.as_bytes());
    }

    fn labels(&mut self, names: &LabelNames, key: &str) {
        for (opening, value) in names.0.iter().zip(values(key)) {
            self.out.extend_from_slice(opening.as_bytes());
            self.value(value);
        }
        self.out.extend_from_slice(b"\"}");
    }

    fn value(&mut self, value: &str) {
        if value.bytes().all(|b| !matches!(b, b'\\' | b'"' | b'\n')) {
            self.out.extend_from_slice(value.as_bytes());
            return;
        }
        for byte in value.bytes() {
            self.escaped(byte);
        }
    }

    /// OpenMetrics escapes the quote in a help text too, 0.0.4 does not know that escape there.
    fn help(&mut self, help: &str) {
        for byte in help.bytes() {
            match (byte, self.format) {
                (b'"', Format::Text) => self.out.push(b'"'),
                _ => self.escaped(byte),
            }
        }
    }

    fn escaped(&mut self, byte: u8) {
        match byte {
            b'\\' => self.out.extend_from_slice(b"\\\\"),
            b'"' => self.out.extend_from_slice(b"\\\""),
            b'\n' => self.out.extend_from_slice(b"\\n"),
            _ => self.out.push(byte),
        }
    }

    /// The bound of a bucket: OpenMetrics wants floats with a point.
    fn bound(&self, bound: f64) -> String {
        match self.format {
            Format::OpenMetrics if bound.is_finite() => format!("{bound:?}"),
            _ => number(bound),
        }
    }

    /// Unix seconds with as many decimals as they have, up to nanoseconds.
    fn seconds(&mut self, time: Time) {
        let nanoseconds = time.nanoseconds().unsigned_abs();
        let sign = if time.nanoseconds() < 0 { "-" } else { "" };
        self.out.extend_from_slice(sign.as_bytes());
        self.number(nanoseconds / 1_000_000_000);
        let fraction = nanoseconds % 1_000_000_000;
        if fraction > 0 {
            put!(self.out, ".{fraction:09}");
            while self.out.last() == Some(&b'0') {
                self.out.pop();
            }
        }
    }
}

/// What stands before each value of a family: `{program="`, `",user="`.
struct LabelNames(Vec<String>);

impl LabelNames {
    fn of(labels: &[Label]) -> Self {
        let opening = |(i, label): (usize, &Label)| match i {
            0 => format!("{{{}=\"", label.name()),
            _ => format!("\",{}=\"", label.name()),
        };
        LabelNames(labels.iter().enumerate().map(opening).collect())
    }
}

fn stem(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        value.to_string()
    }
}
