//! One alert of a notification.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use wheelhouse_core::case::Urgency;
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::Timestamp;

use crate::alertmanager::{
    LONGEST_ANNOTATION, LONGEST_LABEL, LONGEST_NAME, LONGEST_URL, MOST_PAIRS, is_label_name, read_instant,
};

/// What Grafana says of an alert beside what Alertmanager says, and the annotation it becomes.
const GRAFANA: [(&str, &str); 4] = [
    ("dashboardURL", "dashboard_url"),
    ("panelURL", "panel_url"),
    ("silenceURL", "silence_url"),
    ("valueString", "value_string"),
];

/// An alert as it was posted.
#[derive(Debug, Deserialize)]
pub(super) struct PostedAlert {
    status: Option<String>,
    labels: Option<Texts>,
    #[serde(default)]
    annotations: Option<Texts>,
    #[serde(rename = "startsAt", default)]
    starts_at: Option<String>,
    #[serde(rename = "endsAt", default)]
    ends_at: Option<String>,
    #[serde(rename = "generatorURL", default)]
    url: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
    #[serde(skip)]
    ended: bool,
    #[serde(skip)]
    instants: (Option<Timestamp>, Option<Timestamp>),
}

/// Texts by name; a name that comes twice has its last value.
#[derive(Debug, Default)]
struct Texts(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    texts.insert(name, value);
                    if texts.len() > MOST_PAIRS {
                        return Err(serde::de::Error::custom(format_args!("more than {MOST_PAIRS} of them")));
                    }
                }
                Ok(Texts(texts))
            }
        }
        from.deserialize_map(Reader)
    }
}

impl PostedAlert {
    /// The alert, if it is one; `group` is the status of its group, for senders that give none.
    pub(super) fn checked(mut self, group: Option<&str>) -> Result<Self, String> {
        let labels = self.labels.as_mut().ok_or("`labels`: expected an object of texts, found none")?;
        labels.0.retain(|_, value| !value.is_empty());
        if labels.0.is_empty() {
            return Err("`labels`: expected at least one label with a value".to_owned());
        }
        check("labels", &labels.0, LONGEST_LABEL, is_label_name)?;
        let named = |name: &str| !name.is_empty() && !name.chars().any(char::is_control);
        check(
            "annotations",
            self.annotations.as_ref().map_or(&BTreeMap::new(), |all| &all.0),
            LONGEST_ANNOTATION,
            named,
        )?;
        if self.url.as_ref().is_some_and(|url| url.len() > LONGEST_URL) {
            return Err(format!("`generatorURL`: expected at most {LONGEST_URL} bytes"));
        }
        self.ended = match self.status.as_deref().or(group) {
            Some("firing") => false,
            Some("resolved") => true,
            other => {
                return Err(format!("`status`: expected `firing` or `resolved`, found {:.40?}", other.unwrap_or("")));
            }
        };
        let instant = |name: &str, text: Option<&String>| match text.filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => read_instant(text)
                .map_err(|because| format!("`{name}`: expected an instant as RFC 3339 writes it: {because:.200}")),
        };
        self.instants = (instant("startsAt", self.starts_at.as_ref())?, instant("endsAt", self.ends_at.as_ref())?);
        Ok(self)
    }

    /// The signal that it tells.
    pub(super) fn signal(&self, source: &SourceName, now: Timestamp) -> Signal {
        let (started_at, ends_at) = self.instants;
        let status = match (self.ended, ends_at) {
            (true, at) => Status::Resolved { at: at.unwrap_or(now).min(now) },
            // A firing alert has no end of its own: Alertmanager writes the year 1.
            (false, Some(until)) if until > now => Status::Firing { until: Some(until) },
            (false, _) => Status::Firing { until: None },
        };
        let texts = |all: &Option<Texts>| all.as_ref().map(|all| all.0.clone()).unwrap_or_default();
        let (labels, mut annotations) = (texts(&self.labels), texts(&self.annotations));
        for (field, name) in GRAFANA {
            if let Some(Value::String(text)) = self.others.get(field).filter(|_| annotations.len() < MOST_PAIRS) {
                let fits = !text.is_empty() && text.len() <= LONGEST_ANNOTATION;
                if fits && !annotations.contains_key(name) {
                    annotations.insert(name.to_owned(), text.clone());
                }
            }
        }
        let severity = labels.get("severity").map_or("", String::as_str);
        Signal {
            source: source.clone(),
            adapter: Adapter::Webhook,
            drill: false,
            urgency: Urgency::from_word(severity),
            url: self.url.as_deref().unwrap_or_default().into(),
            started_at: started_at.unwrap_or(now),
            status,
            labels: labels.into_iter().collect(),
            annotations: annotations.into_iter().collect(),
        }
    }
}

fn check(
    field: &str,
    all: &BTreeMap<String, String>,
    longest: usize,
    is_name: impl Fn(&str) -> bool,
) -> Result<(), String> {
    for (name, value) in all {
        let shown: String = name.chars().take(60).collect();
        if !is_name(name) || name.len() > LONGEST_NAME {
            return Err(format!("`{field}`: `{}` is not a name that can stand there", shown.escape_debug()));
        }
        if value.len() > longest {
            return Err(format!("`{field}.{}`: expected at most {longest} bytes", shown.escape_debug()));
        }
    }
    Ok(())
}
