use std::collections::HashSet;

use super::*;

/// Every family, the pairs too.
fn families() -> Vec<&'static Family> {
    all().into_iter().flatten().collect()
}

#[test]
fn no_name_stands_twice() {
    let names: Vec<_> = families().iter().map(|f| f.name).collect();
    let distinct: HashSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
}

#[test]
fn a_counter_ends_in_total_and_nothing_else_does() {
    for family in families() {
        assert_eq!(family.name.ends_with("_total"), family.kind == Type::Counter, "{family:?}");
    }
}

#[test]
fn a_unit_is_the_end_of_its_name() {
    for family in families() {
        let stem = family.name.trim_end_matches("_total");
        for unit in ["seconds", "bytes"] {
            assert_eq!(stem.ends_with(unit), family.unit == Some(unit), "{family:?}");
        }
    }
}

#[test]
fn every_family_says_what_it_means_in_a_sentence() {
    for family in families() {
        assert!(family.help.ends_with('.') && family.help.len() > 10, "{family:?}");
        assert!(!family.help.contains('|'), "a bar would break the README's table: {family:?}");
    }
}

#[test]
fn no_label_has_a_name_that_prometheus_users_put_on_every_series() {
    for label in families().iter().flat_map(|f| f.labels) {
        assert!(
            !["service", "type", "region", "env", "instance", "job"].contains(&label.name()),
            "{label:?}"
        );
    }
}

#[test]
fn a_counter_and_its_gauges_have_the_same_labels_and_the_gauges_are_times() {
    for family in EVENT_FAMILIES {
        for gauge in family.together().skip(1) {
            assert_eq!(family.counter.labels, gauge.labels, "{}", gauge.name);
            assert_eq!(gauge.kind, Type::Gauge);
            assert!(gauge.name.ends_with("_timestamp_seconds"));
        }
    }
}

#[test]
fn each_family_that_an_alert_rests_on_tells_when_it_was_counted() {
    let counted: Vec<_> =
        EVENT_FAMILIES.iter().filter_map(|f| f.counted.as_ref()).map(|f| f.name).collect();
    assert_eq!(
        counted,
        [
            "login_last_success_counted_timestamp_seconds",
            "login_last_success_after_failures_counted_timestamp_seconds",
            "login_sudo_last_command_counted_timestamp_seconds",
            "login_last_account_change_counted_timestamp_seconds",
            "login_aws_last_success_counted_timestamp_seconds",
        ]
    );
}

#[test]
fn every_label_folds_but_expected() {
    for family in EVENT_FAMILIES {
        let mut folding = family.folds.to_vec();
        let mut labels: Vec<_> =
            family.labels().iter().copied().filter(|l| *l != Label::Expected).collect();
        folding.sort();
        labels.sort();
        assert_eq!(folding, labels, "{}", family.counter.name);
    }
}

#[test]
fn the_least_certain_label_folds_first() {
    let certainty = [Label::Source, Label::Identity, Label::Command, Label::User];
    for family in EVENT_FAMILIES {
        let places: Vec<_> =
            family.folds.iter().filter_map(|l| certainty.iter().position(|c| c == l)).collect();
        assert!(places.is_sorted(), "{}", family.counter.name);
        assert_eq!(places.is_empty(), !family.labels().iter().any(|l| certainty.contains(l)));
    }
}

#[test]
fn every_kind_of_event_feeds_a_family() {
    for kind in EventKind::ALL {
        let fed = EVENT_FAMILIES.iter().filter(|f| f.fed_by == *kind && f.when == When::Always);
        assert_eq!(fed.count(), 1, "{kind}");
    }
}

#[test]
fn the_readme_table_has_one_row_a_family_and_a_pair_in_one_row() {
    let table = markdown();
    let rows: Vec<_> = table.lines().collect();
    assert_eq!(&rows[..2], ["| family | type | labels | meaning |", "|---|---|---|---|"]);
    assert_eq!(rows.len(), 2 + all().len());
    assert_eq!(
        rows[2],
        "| `login_successes_total`, `login_last_success_timestamp_seconds`, \
         `login_last_success_counted_timestamp_seconds` | counter, gauge, gauge | \
         program, user, method, identity, source, network, expected | Logins that were let in. |"
    );
}
