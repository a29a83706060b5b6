//! What operators and links say: addresses of repositories, allowed places, names, links of pages.

use wheelhouse_core::case::{CaseId, MessageId};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::silence::SilenceId;
use wheelhouse_hub::delivery::Secret;
use wheelhouse_hub::delivery::link::verify;
use wheelhouse_hub::outgoing::Allowed;
use wheelhouse_hub::repositories::{Location, arrange};
use wheelhouse_wire::api::Time;

use crate::stage::NOW;

/// A line each.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut places = Vec::new();
    for line in text.lines().take(50) {
        match Location::parse(line) {
            Ok((name, place)) => {
                let _ = place.shown();
                places.push((name, place));
            }
            Err(bad) => assert!(bad.to_string().len() < 8_192, "{bad}"),
        }
        let _ = line.parse::<Allowed>();
        assert!(verify(&Secret::new(b"key"), line, NOW).is_err(), "a link that nobody made");
        if let Some(case) = CaseId::parse(line) {
            assert_eq!(CaseId::parse(&case.to_string()), Some(case));
        }
        if let Some(message) = MessageId::parse(line) {
            assert_eq!(MessageId::parse(&message.to_string()), Some(message));
        }
        if let Some(silence) = SilenceId::parse(line) {
            assert_eq!(SilenceId::parse(&silence.to_string()), Some(silence));
        }
        if let Ok(name) = ServiceName::new(line) {
            assert_eq!(name.as_str(), line);
        }
        if let Ok(time) = Time::parse(line) {
            assert_eq!(Time::parse(&time.to_string()), Ok(time));
        }
    }
    if let Ok(settings) = arrange(places) {
        let names: std::collections::BTreeSet<_> = settings.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names.len(), settings.len(), "two repositories of one name");
    }
}
