//! What is sent to whom. The first rows are headers as the named programs send them.

use super::*;

#[test]
fn each_gets_the_format_it_likes_best() {
    use Format::{OpenMetrics, Text};
    let cases = [
        // Prometheus 2.42
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OpenMetrics,
        ),
        // Prometheus 2.50 with native histograms
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OpenMetrics,
        ),
        // Prometheus 3
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OpenMetrics,
        ),
        // Prometheus 3 with scrape_protocols: [PrometheusText0.0.4]
        ("text/plain;version=0.0.4;q=0.6,*/*;q=0.5", Text),
        // curl
        ("*/*", Text),
        // Firefox
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Text),
        ("", Text),
        ("application/openmetrics-text", OpenMetrics),
        (
            "APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.9 , text/plain;q=0.8",
            OpenMetrics,
        ),
        ("application/openmetrics-text;q=0.3,text/plain;q=0.8", Text),
        ("application/openmetrics-text;q=0.3,*/*;q=0.8", Text),
        ("application/openmetrics-text;q=0.3,text/plain;q=0.2,*/*;q=0.8", OpenMetrics),
        ("text/plain;q=0.2,application/openmetrics-text;q=0.3,text/*;q=0.9", OpenMetrics),
        ("application/openmetrics-text;q=0,text/plain;q=0", Text),
        ("application/openmetrics-text;version=0.0.1", Text),
        ("application/openmetrics-text;version=2.0.0", Text),
        ("application/openmetrics-text;q=nonsense", Text),
        ("application/openmetrics-text;q=NaN", Text),
        ("application/json", Text),
        (";;,,=;q", Text),
    ];
    for (accept, format) in cases {
        assert_eq!(Format::negotiate(Some(accept)), format, "{accept}");
    }
    assert_eq!(Format::negotiate(None), Text);
}

#[test]
fn a_page_says_what_it_is() {
    assert_eq!(Format::Text.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(
        Format::OpenMetrics.content_type(),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
}
