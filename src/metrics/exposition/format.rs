//! Which text format the one who asks understands best: the `Accept` header (RFC 9110, 12.5.1).

/// A text format of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text 0.0.4, which everyone reads.
    #[default]
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// What the header gives each format: 0 refuses it.
#[derive(Default)]
struct Wishes {
    open_metrics: f32,
    /// With how exactly it was named: `text/plain` counts before `text/*` and `*/*`.
    text: (u8, f32),
}

impl Format {
    /// The format to answer in. OpenMetrics must be asked for by name, and not be liked less than
    /// plain text; whatever else is asked for gets [`Format::Text`], since a page in the wrong
    /// format serves an operator better than none.
    pub fn negotiate(accept: Option<&str>) -> Format {
        let mut wishes = Wishes::default();
        for range in accept.unwrap_or_default().split(',') {
            wishes.take(range);
        }
        let asked = wishes.open_metrics > 0.0;
        if asked && wishes.open_metrics >= wishes.text.1 {
            Format::OpenMetrics
        } else {
            Format::Text
        }
    }

    /// The `Content-Type` of the page.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

impl Wishes {
    fn take(&mut self, range: &str) {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let parameters: Vec<(String, &str)> = parts
            .filter_map(|parameter| parameter.split_once('='))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"')))
            .collect();
        let find = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, value)| *value);
        let quality = find("q").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let exactness = match media_type.as_str() {
            // 0.0.1 is a draft that no more is asked for alone.
            "application/openmetrics-text" if matches!(find("version"), None | Some("1.0.0")) => {
                self.open_metrics = self.open_metrics.max(quality);
                return;
            }
            "text/plain" => 3,
            "text/*" => 2,
            "*/*" => 1,
            _ => return,
        };
        if exactness >= self.text.0 {
            let equal = exactness == self.text.0;
            self.text = (exactness, if equal { quality.max(self.text.1) } else { quality });
        }
    }
}
