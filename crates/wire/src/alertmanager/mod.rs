//! Alertmanager's API v2, as version 0.25 speaks it: what Prometheus posts and `amtool` asks.
//!
//! Everything here is pure: [`parse`] turns a body into signals, the functions of the other
//! direction write JSON, and the hub does HTTP. `tests/alertmanager/` holds what a real Alertmanager
//! answered; the answers here are the same to the byte.

mod fingerprint;
mod go;
mod json;
mod matcher;
mod parse;
mod query;
mod read;
mod reply;
mod show;
mod show_silence;
mod silence;
mod time;
mod url;
mod uuid;

pub use fingerprint::fingerprint;
pub use matcher::{LONGEST_MATCHER, Matcher};
pub(crate) use parse::is_label_name;
pub use parse::{LONGEST_ANNOTATION, LONGEST_LABEL, LONGEST_NAME, LONGEST_URL, MOST_ALERTS, MOST_PAIRS, Parsed, parse};
pub use query::{AlertsQuery, MOST_FILTERS};
pub use reply::{LARGEST_BODY, Reply, check_content_type};
pub use show::{SPOKEN_VERSION, Shown, StatusView, alerts, gettable_alert, groups, receivers, status};
pub use show_silence::{silence, silence_made, silences};
pub use silence::{PostedSilence, parse_silence, refuse_silence};
pub(crate) use time::read_instant;
pub use uuid::{silence_of_uuid, uuid_of};
