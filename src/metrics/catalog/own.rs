//! The families that tell how the exporter itself is doing.

use super::Label::{
    AccountName, AwsAccount, AwsRegion, Choice, Family as FamilyName, Hostname, InstanceId, Kind,
    Program, Reason, Revision, Source, Version,
};
use super::{Family, Label};

/// An account and a Region that CloudTrail is asked for.
const ASKED: &[Label] = &[AwsAccount, AwsRegion];

/// In the order of the README's table.
pub static OWN_FAMILIES: &[&Family] = &[
    &BUILD_INFO,
    &HOST_INFO,
    &HOST_LOG,
    &SOURCE_UP,
    &SOURCE_RECORDS,
    &SOURCE_BYTES,
    &SOURCE_LAG,
    &SOURCE_LAST_RECORD,
    &SOURCE_LAST_READ,
    &SOURCE_ERRORS,
    &SOURCE_ROTATIONS,
    &UNRECOGNIZED,
    &SERIES_LIMITED,
    &CLOUDTRAIL_REQUESTS,
    &CLOUDTRAIL_REQUEST_FAILURES,
    &CLOUDTRAIL_LAST_POLL,
    &CLOUDTRAIL_DELAY,
    &CLOUDTRAIL_REACH,
    &CLOUDTRAIL_IDS_FORGOTTEN,
    &AWS_ACCOUNT_INFO,
    &STATE_SAVES,
    &STATE_SAVE_FAILURES,
    &STATE_LAST_SAVE,
    &STATE_SET_ASIDE,
    &BASELINE,
    &ARCHIVE_LINES,
    &ARCHIVE_FAILURES,
    &ARCHIVE_LOST,
    &ARCHIVE_REMOVED,
    &ARCHIVE_SIZE,
    &RULES,
    &RULES_RELOAD_SUCCESS,
    &RULES_LAST_RELOAD,
];

pub static BUILD_INFO: Family = Family::gauge("login_exporter_build_info", &[Version, Revision])
    .help("Always 1; the labels tell which exporter runs.");
pub static HOST_INFO: Family = Family::gauge("login_exporter_host_info", &[Hostname, InstanceId])
    .help("Always 1; the labels name the host and, on EC2, the instance.");

pub static HOST_LOG: Family = Family::gauge("login_exporter_host_log_info", &[Choice, Reason])
    .help("Always 1; the labels tell which history of the host is read, and why.");

pub static SOURCE_UP: Family =
    Family::gauge("login_exporter_source_up", &[Source]).help("1 while the source can be read.");
pub static SOURCE_RECORDS: Family =
    Family::counter("login_exporter_source_records_total", &[Source])
        .help("Records that were read from the source.");
pub static SOURCE_BYTES: Family = Family::counter("login_exporter_source_bytes_total", &[Source])
    .unit("bytes")
    .help("Bytes that were read from the source.");
pub static SOURCE_LAG: Family = Family::gauge("login_exporter_source_lag_bytes", &[Source])
    .unit("bytes")
    .help("Bytes of the source that are known and not read yet.");
pub static SOURCE_LAST_RECORD: Family =
    Family::gauge("login_exporter_source_last_record_timestamp_seconds", &[Source])
        .unit("seconds")
        .help("Time that the newest record of the source bears.");
pub static SOURCE_LAST_READ: Family =
    Family::gauge("login_exporter_source_last_read_timestamp_seconds", &[Source])
        .unit("seconds")
        .help("When the source was last read without an error.");
pub static SOURCE_ERRORS: Family =
    Family::counter("login_exporter_source_errors_total", &[Source, Reason])
        .help("What went wrong with the source, each a reason that something may be missing.");
pub static SOURCE_ROTATIONS: Family =
    Family::counter("login_exporter_source_rotations_total", &[Source])
        .help("Times that the source's file was rotated or truncated.");

pub static UNRECOGNIZED: Family =
    Family::counter("login_exporter_records_unrecognized_total", &[Program])
        .help("Records of a login program that no rule knew.");
pub static SERIES_LIMITED: Family =
    Family::counter("login_exporter_series_limited_total", &[FamilyName])
        .help("Events that were counted under `(other)` because their family was full.");

pub static CLOUDTRAIL_REQUESTS: Family =
    Family::counter("login_exporter_cloudtrail_requests_total", ASKED)
        .help("Requests that were sent to CloudTrail.");
pub static CLOUDTRAIL_REQUEST_FAILURES: Family = Family::counter(
    "login_exporter_cloudtrail_request_failures_total",
    &[AwsAccount, AwsRegion, Reason],
)
.help("Requests to CloudTrail that failed.");
pub static CLOUDTRAIL_LAST_POLL: Family =
    Family::gauge("login_exporter_cloudtrail_last_poll_timestamp_seconds", ASKED)
        .unit("seconds")
        .help("When CloudTrail was last asked with success.");
pub static CLOUDTRAIL_DELAY: Family = Family::histogram(
    "login_exporter_cloudtrail_delivery_delay_seconds",
    ASKED,
    &[30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0],
)
.unit("seconds")
.help("From an event's time until CloudTrail first showed it.");
pub static CLOUDTRAIL_REACH: Family =
    Family::gauge("login_exporter_cloudtrail_reach_seconds", ASKED)
        .unit("seconds")
        .help("How late CloudTrail may show an event for it still to be found.");
pub static CLOUDTRAIL_IDS_FORGOTTEN: Family =
    Family::counter("login_exporter_cloudtrail_event_ids_forgotten_total", &[]).help(
        "IDs of CloudTrail's records that made room for newer ones: such a record counts again if it comes again.",
    );

pub static AWS_ACCOUNT_INFO: Family =
    Family::gauge("login_exporter_aws_account_info", &[AwsAccount, AccountName])
        .help("Always 1; the labels tell what the settings call an account.");

pub static STATE_SAVES: Family =
    Family::counter("login_exporter_state_saves_total", &[]).help("Snapshots that were saved.");
pub static STATE_SAVE_FAILURES: Family =
    Family::counter("login_exporter_state_save_failures_total", &[])
        .help("Snapshots that could not be saved.");
pub static STATE_LAST_SAVE: Family =
    Family::gauge("login_exporter_state_last_save_timestamp_seconds", &[])
        .unit("seconds")
        .help("When a snapshot was last saved.");

pub static STATE_SET_ASIDE: Family =
    Family::gauge("login_exporter_state_last_set_aside_timestamp_seconds", &[])
        .unit("seconds")
        .help("When this run put a snapshot away that could not be used; absent where none was.");

pub static BASELINE: Family = Family::gauge("login_exporter_baseline_timestamp_seconds", &[])
    .unit("seconds")
    .help("When the exporter began here without a saved state: what its sources held then is told to nobody. Absent where it began on a newborn host.");

pub static ARCHIVE_LINES: Family = Family::counter("login_exporter_archive_lines_total", &[])
    .help("Lines that were appended to the archive.");
pub static ARCHIVE_FAILURES: Family = Family::counter("login_exporter_archive_failures_total", &[])
    .help("Times that the archive could not be written; what waits is tried again.");
pub static ARCHIVE_LOST: Family = Family::counter("login_exporter_archive_lines_lost_total", &[])
    .help("Lines that found no room while the archive could not be written.");
pub static ARCHIVE_REMOVED: Family =
    Family::counter("login_exporter_archive_files_removed_total", &[])
        .help("Files of the archive that went because of their age or its size.");
pub static ARCHIVE_SIZE: Family = Family::gauge("login_exporter_archive_size_bytes", &[])
    .unit("bytes")
    .help("Size of the archive when it was last tidied.");

pub static RULES: Family = Family::gauge("login_exporter_rules", &[Kind])
    .help("Rules in force that say what is expected, by their list.");
pub static RULES_RELOAD_SUCCESS: Family = Family::gauge("login_exporter_rules_reload_success", &[])
    .help("1 if the rules in force are those of the files; 0 if the new ones were refused.");
pub static RULES_LAST_RELOAD: Family =
    Family::gauge("login_exporter_rules_last_reload_success_timestamp_seconds", &[])
        .unit("seconds")
        .help("When rules were last read with success.");
