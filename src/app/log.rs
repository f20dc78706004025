//! The program's own log, on standard error: logfmt or JSON.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use crate::config::{Log, LogFormat};

/// Starts logging. A second call changes nothing.
pub(super) fn start(log: Log) {
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Logfmt => Box::new(
            tracing_logfmt::builder().with_target(false).layer().with_writer(std::io::stderr),
        ),
        LogFormat::Json => Box::new(
            tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_target(false)
                .with_writer(std::io::stderr),
        ),
    };
    let subscriber = Registry::default().with(layer.with_filter(LevelFilter::from(log.level)));
    let _ = tracing::subscriber::set_global_default(subscriber);
}
