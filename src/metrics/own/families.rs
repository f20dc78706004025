//! The catalog's own families as vectors of the `prometheus` crate.

use prometheus::core::Collector;
use prometheus::{
    GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, Result,
};

use crate::metrics::catalog::{Family, own};

/// Each is a vector, the ones without labels too, so that a value can be absent until it is known.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) build_info: IntGaugeVec,
    pub(super) host_info: IntGaugeVec,
    pub(super) host_log: IntGaugeVec,
    pub(super) source_up: IntGaugeVec,
    pub(super) source_records: IntCounterVec,
    pub(super) source_bytes: IntCounterVec,
    pub(super) source_lag: IntGaugeVec,
    pub(super) source_last_record: GaugeVec,
    pub(super) source_last_read: GaugeVec,
    pub(super) source_errors: IntCounterVec,
    pub(super) source_rotations: IntCounterVec,
    pub(super) unrecognized: IntCounterVec,
    pub(super) cloudtrail_requests: IntCounterVec,
    pub(super) cloudtrail_failures: IntCounterVec,
    pub(super) cloudtrail_last_poll: GaugeVec,
    pub(super) cloudtrail_delay: HistogramVec,
    pub(super) cloudtrail_reach: IntGaugeVec,
    pub(super) cloudtrail_ids_forgotten: IntCounterVec,
    pub(super) aws_account_info: IntGaugeVec,
    pub(super) state_saves: IntCounterVec,
    pub(super) state_save_failures: IntCounterVec,
    pub(super) state_last_save: GaugeVec,
    pub(super) state_set_aside: GaugeVec,
    pub(super) baseline: GaugeVec,
    pub(super) archive_lines: IntCounterVec,
    pub(super) archive_failures: IntCounterVec,
    pub(super) archive_lost: IntCounterVec,
    pub(super) archive_removed: IntCounterVec,
    pub(super) archive_size: IntGaugeVec,
    pub(super) rules: IntGaugeVec,
    pub(super) rules_reload_success: IntGaugeVec,
    pub(super) rules_last_reload: GaugeVec,
}

impl Families {
    pub(super) fn register(registry: &Registry) -> Result<Self> {
        register_process(registry)?;
        Ok(Families {
            build_info: number(registry, &own::BUILD_INFO)?,
            host_info: number(registry, &own::HOST_INFO)?,
            host_log: number(registry, &own::HOST_LOG)?,
            source_up: number(registry, &own::SOURCE_UP)?,
            source_records: counter(registry, &own::SOURCE_RECORDS)?,
            source_bytes: counter(registry, &own::SOURCE_BYTES)?,
            source_lag: number(registry, &own::SOURCE_LAG)?,
            source_last_record: time(registry, &own::SOURCE_LAST_RECORD)?,
            source_last_read: time(registry, &own::SOURCE_LAST_READ)?,
            source_errors: counter(registry, &own::SOURCE_ERRORS)?,
            source_rotations: counter(registry, &own::SOURCE_ROTATIONS)?,
            unrecognized: counter(registry, &own::UNRECOGNIZED)?,
            cloudtrail_requests: counter(registry, &own::CLOUDTRAIL_REQUESTS)?,
            cloudtrail_failures: counter(registry, &own::CLOUDTRAIL_REQUEST_FAILURES)?,
            cloudtrail_last_poll: time(registry, &own::CLOUDTRAIL_LAST_POLL)?,
            cloudtrail_delay: histogram(registry, &own::CLOUDTRAIL_DELAY)?,
            cloudtrail_reach: number(registry, &own::CLOUDTRAIL_REACH)?,
            cloudtrail_ids_forgotten: counter(registry, &own::CLOUDTRAIL_IDS_FORGOTTEN)?,
            aws_account_info: number(registry, &own::AWS_ACCOUNT_INFO)?,
            state_saves: counter(registry, &own::STATE_SAVES)?,
            state_save_failures: counter(registry, &own::STATE_SAVE_FAILURES)?,
            state_last_save: time(registry, &own::STATE_LAST_SAVE)?,
            state_set_aside: time(registry, &own::STATE_SET_ASIDE)?,
            baseline: time(registry, &own::BASELINE)?,
            archive_lines: counter(registry, &own::ARCHIVE_LINES)?,
            archive_failures: counter(registry, &own::ARCHIVE_FAILURES)?,
            archive_lost: counter(registry, &own::ARCHIVE_LOST)?,
            archive_removed: counter(registry, &own::ARCHIVE_REMOVED)?,
            archive_size: number(registry, &own::ARCHIVE_SIZE)?,
            rules: number(registry, &own::RULES)?,
            rules_reload_success: number(registry, &own::RULES_RELOAD_SUCCESS)?,
            rules_last_reload: time(registry, &own::RULES_LAST_RELOAD)?,
        })
    }
}

/// `process_*`, which the crate reads from /proc.
fn register_process(registry: &Registry) -> Result<()> {
    #[cfg(target_os = "linux")]
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    #[cfg(not(target_os = "linux"))]
    let _ = registry;
    Ok(())
}

fn counter(registry: &Registry, family: &Family) -> Result<IntCounterVec> {
    keep(registry, IntCounterVec::new(opts(family), &labels(family))?)
}

fn number(registry: &Registry, family: &Family) -> Result<IntGaugeVec> {
    keep(registry, IntGaugeVec::new(opts(family), &labels(family))?)
}

/// Unix seconds with a fraction.
fn time(registry: &Registry, family: &Family) -> Result<GaugeVec> {
    keep(registry, GaugeVec::new(opts(family), &labels(family))?)
}

fn histogram(registry: &Registry, family: &Family) -> Result<HistogramVec> {
    let opts = HistogramOpts::from(opts(family)).buckets(family.buckets.to_vec());
    keep(registry, HistogramVec::new(opts, &labels(family))?)
}

fn keep<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

fn opts(family: &Family) -> Opts {
    Opts::new(family.name, family.help)
}

fn labels(family: &Family) -> Vec<&'static str> {
    family.labels.iter().map(|label| label.name()).collect()
}
