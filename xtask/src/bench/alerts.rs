//! Alerts as Prometheus sends them: the same as `post.lua` makes.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The services that bulk alerts are about; the other generated ones are left to the delays.
pub const BULK_SERVICES: usize = 250;
/// How many services are generated.
pub const SERVICES: usize = 300;
/// The names of alerts.
pub const NAMES: [&str; 20] = [
    "HighErrorRate",
    "HighLatencyP99",
    "PodCrashLooping",
    "DiskWillFillIn4Hours",
    "TargetDown",
    "QueueBacklog",
    "CertExpiresSoon",
    "CpuThrottlingHigh",
    "MemoryPressure",
    "ReplicaLagHigh",
    "JobFailed",
    "DeadLetters",
    "SloBurnFast",
    "SloBurnSlow",
    "KafkaUnderReplicated",
    "NodeNotReady",
    "IngressErrors",
    "DbConnectionsSaturated",
    "BackupMissing",
    "ClockSkew",
];
/// Not info: a rule of harbor drops those.
const SEVERITIES: [&str; 3] = ["critical", "warning", "error"];

/// The name of the n-th generated service.
pub fn service(number: usize) -> String {
    format!("bench-svc-{number:03}")
}

/// How many of the first `alerts` bulk alerts are about the first service.
pub fn about_first_service(alerts: usize) -> usize {
    (0..alerts).filter(|number| (number % 15_000 / 20).is_multiple_of(BULK_SERVICES)).count()
}

/// The body of a request with the bulk alerts of these numbers.
pub fn bulk(seed: &str, numbers: std::ops::Range<usize>, starts_at: &str, ends_at: &str) -> String {
    let mut body = String::from("[");
    for number in numbers {
        let kind = number % 15_000;
        let name = NAMES.iter().cycle().nth(kind % 20).copied().unwrap_or_default();
        let severity = SEVERITIES.iter().cycle().nth(kind % 3).copied().unwrap_or_default();
        let service = service(kind / 20 % BULK_SERVICES);
        let _ = write!(
            body,
            "{}{{\"labels\":{{\"alertname\":\"{name}\",\"service\":\"{service}\",\"severity\":\"{severity}\",\
             \"instance\":\"{seed}-{number}:9100\"}},\"annotations\":{{\"summary\":\"{name} on {service}\",\
             \"description\":\"The value has been above the threshold for more than 5 minutes; current value is \
             0.{} and the budget for this window is nearly spent.\",\"runbook_url\":\
             \"https://runbooks.example.com/{service}/{name}\"}},\"generatorURL\":\
             \"http://prom.example.com/graph?g0.expr=up\",\"startsAt\":\"{starts_at}\",\"endsAt\":\"{ends_at}\"}}",
            if body.len() > 1 { "," } else { "" },
            kind % 1000,
        );
    }
    body.push(']');
    body
}

/// The body of a request with one alert that opens an incident by itself, or ends it.
pub fn single(service: &str, number: usize, firing: bool) -> String {
    let ends_at = if firing { from_now(3_600) } else { from_now(-1) };
    format!(
        "[{{\"labels\":{{\"alertname\":\"Probe\",\"service\":\"{service}\",\"severity\":\"critical\"}},\
         \"annotations\":{{\"summary\":\"probe {number}\"}},\"startsAt\":\"{}\",\"endsAt\":\"{ends_at}\"}}]",
        from_now(-2),
    )
}

/// The instant so many seconds from now, in RFC 3339.
pub fn from_now(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    rfc3339(now.saturating_add_signed(seconds))
}

/// Seconds since 1970 in RFC 3339 (the civil calendar from days, after Howard Hinnant).
fn rfc3339(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::Value;

    use super::*;

    #[test]
    fn instants_are_written_as_the_calendar_has_them() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_795_404_245), "2026-11-23T03:24:05Z");
    }

    #[test]
    fn bulk_alerts_differ_and_are_spread_over_the_services() {
        let alerts: Vec<Value> = serde_json::from_str(&bulk("s", 0..30_000, "x", "y")).unwrap();
        let labels: std::collections::BTreeSet<String> = alerts.iter().map(|one| one["labels"].to_string()).collect();
        assert_eq!(labels.len(), 30_000);
        let first = alerts.iter().filter(|one| one["labels"]["service"] == "bench-svc-000").count();
        assert_eq!(first, about_first_service(30_000));
        assert_eq!(first * BULK_SERVICES, 30_000);
    }
}
