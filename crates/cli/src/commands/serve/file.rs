//! Options from a YAML file: below the command line and the environment, above the defaults.

use std::fmt;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use wheelhouse_core::catalog::nearest;

use super::repositories::{RepositoryOption, relative_to};
use crate::args::Serve;
use crate::failure::Failure;

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 256 * 1024;

/// Every option that may stand in the file, under the name that it has on the command line.
const KEYS: [&str; 31] = [
    "ops",
    "git-webhook-secret-file",
    "data",
    "database",
    "database-password-file",
    "org",
    "advertise",
    "lease-seconds",
    "listen",
    "base-url",
    "smtp",
    "smtp-from",
    "smtp-tls",
    "smtp-user",
    "smtp-password-file",
    "secrets",
    "allow-outgoing",
    "webhook-secret-file",
    "checkpoint-file",
    "against",
    "public-tiles",
    "web",
    "origin",
    "steps",
    "step-secrets",
    "step-user",
    "step-folder",
    "step-env",
    "step-label",
    "log-format",
    "config",
];

/// Adds what the file of `--config` says and neither the command line nor the environment did.
///
/// # Errors
/// Names everything in the file that cannot be used, with line and column.
pub(super) fn complete(mut options: Serve) -> Result<Serve, Failure> {
    let Some(path) = options.config.clone() else { return Ok(options) };
    let failed = |why: String| Failure::cannot_run(format!("--config: {}: {why}", path.display()));
    let metadata = fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
    if metadata.len() > LARGEST_FILE {
        return Err(failed(format!("it is larger than {LARGEST_FILE} bytes")));
    }
    let text = fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
    let wrong = apply(&text, &path, &mut options);
    if wrong.is_empty() {
        return Ok(options);
    }
    let failure = failed("it cannot be used".to_owned());
    Err(wrong.into_iter().fold(failure, Failure::detail))
}

/// Applies the text of a file; returns what is wrong with it.
fn apply(text: &str, path: &Path, options: &mut Serve) -> Vec<String> {
    let place = |line: u64, column: u64| format!("{}:{line}:{column}", path.display());
    let entries: Entries = match serde_saphyr::from_str(text) {
        Ok(entries) => entries,
        // A file without any option is read as null.
        Err(_) if is_blank(text) => return Vec::new(),
        Err(error) => {
            let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
            let message = error.without_snippet().to_string();
            return vec![format!("{}: {}", place(line, column), message.lines().next().unwrap_or("it is not YAML"))];
        }
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let given = options.clone();
    let mut seen: Vec<String> = Vec::new();
    let mut wrong = Vec::new();
    for (key, value) in entries.0 {
        let at = |spanned: &serde_saphyr::Location| place(spanned.line(), spanned.column());
        let name = key.value.as_str();
        if seen.iter().any(|seen| seen == name) {
            wrong.push(format!("{}: `{name}` is given twice", at(&key.defined)));
            continue;
        }
        seen.push(name.to_owned());
        if let Err(why) = set(options, &given, name, value.value, folder) {
            let known = KEYS.contains(&name);
            wrong.push(format!("{}: {why}", at(if known { &value.defined } else { &key.defined })));
        }
    }
    wrong
}

fn is_blank(text: &str) -> bool {
    text.lines().all(|line| matches!(line.trim(), "" | "---") || line.trim_start().starts_with('#'))
}

/// Sets an option that may be given several times, unless it was given already.
fn put_many<T>(place: &mut Vec<T>, values: Vec<T>) {
    if place.is_empty() {
        *place = values;
    }
}

/// Reads a number.
fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{name}`: expected a number"))
}

/// Sets one option, unless it was given already.
fn set(options: &mut Serve, given: &Serve, name: &str, value: Setting, folder: &Path) -> Result<(), String> {
    let path = |value: Setting| value.one(name).map(|text| folder.join(text));
    match name {
        "ops" => {
            let (texts, detailed) = value.repositories(name, folder)?;
            if given.ops.is_empty() {
                (options.ops, options.repositories) = (texts, detailed);
            }
        }
        "git-webhook-secret-file" => put(&mut options.git_webhook_secret_file, path(value)?),
        "data" => put(&mut options.data, path(value)?),
        "database" => put(&mut options.database, value.one(name)?),
        "database-password-file" => put(&mut options.database_password_file, path(value)?),
        "org" => put(&mut options.org, value.one(name)?),
        "advertise" => put(&mut options.advertise, value.one(name)?),
        "lease-seconds" => put(&mut options.lease_seconds, number(name, &value.one(name)?)?),
        "listen" => put(&mut options.listen, value.one(name)?),
        "base-url" => put(&mut options.base_url, value.one(name)?),
        "smtp" => put(&mut options.smtp, value.one(name)?),
        "smtp-from" => put(&mut options.smtp_from, value.one(name)?),
        "smtp-tls" => put(&mut options.smtp_tls, word(name, &value.one(name)?)?),
        "smtp-user" => put(&mut options.smtp_user, value.one(name)?),
        "web" => put(&mut options.web, path(value)?),
        "smtp-password-file" => put(&mut options.smtp_password_file, path(value)?),
        "secrets" => put(&mut options.secrets, path(value)?),
        "allow-outgoing" => {
            let allowed = value.many(name)?;
            if given.allow_outgoing.is_empty() {
                options.allow_outgoing = allowed;
            }
        }
        "webhook-secret-file" => put(&mut options.webhook_secret_file, path(value)?),
        "checkpoint-file" => put(&mut options.checkpoint_file, path(value)?),
        "against" => put_many(&mut options.against, value.many(name)?.iter().map(|text| folder.join(text)).collect()),
        "public-tiles" => match value.one(name)?.as_str() {
            "yes" => options.public_tiles = true,
            "no" => {}
            other => return Err(format!("`{name}`: expected yes or no, found `{}`", other.escape_debug())),
        },
        "steps" => put(&mut options.steps, number(name, &value.one(name)?)?),
        "step-secrets" => put(&mut options.step_secrets, path(value)?),
        "step-user" => put(&mut options.step_user, value.one(name)?),
        "step-folder" => {
            let folders = value.many(name)?;
            if given.step_folder.is_empty() {
                options.step_folder = folders.iter().map(|text| folder.join(text)).collect();
            }
        }
        "step-env" => put_many(&mut options.step_env, value.many(name)?),
        "step-label" => put_many(&mut options.step_label, value.many(name)?),
        "origin" => put(&mut options.origin, value.one(name)?),
        "log-format" => put(&mut options.log_format, word(name, &value.one(name)?)?),
        "config" => {
            return Err("`config` cannot stand in the file itself; give --config on the command line".to_owned());
        }
        _ => return Err(unknown(name)),
    }
    Ok(())
}

/// Says of a name that no option has it.
fn unknown(name: &str) -> String {
    let shown: String = name.chars().take(60).collect();
    let options = KEYS.iter().copied().filter(|key| *key != "config");
    match nearest(name, options.clone()) {
        Some(meant) => format!("there is no option `{shown}`; did you mean `{meant}`?"),
        None => format!("there is no option `{shown}`; expected one of {}", options.collect::<Vec<_>>().join(", ")),
    }
}

/// What was given before stays.
fn put<T>(option: &mut Option<T>, value: T) {
    option.get_or_insert(value);
}

/// One of a closed set of words.
fn word<T: ValueEnum>(name: &str, text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let words: Vec<String> = T::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|word| word.get_name().to_owned())
            .collect();
        format!("`{name}`: `{text}` is none of {}", words.join(", "))
    })
}

/// The value of an option as the file gives it.
#[derive(Debug)]
pub(super) enum Setting {
    Text(String),
    List(Vec<Setting>),
    Fields(Vec<(String, Setting)>),
    Other(&'static str),
}

impl Setting {
    /// The one text that it is.
    pub(super) fn one(self, name: &str) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::List(_) => Err(format!("`{name}`: expected a text, found a list")),
            Self::Fields(_) => Err(format!("`{name}`: expected a text, found a mapping")),
            Self::Other(what) => Err(format!("`{name}`: expected a text, found {what}")),
        }
    }

    fn many(self, name: &str) -> Result<Vec<String>, String> {
        match self {
            Self::List(items) => items.into_iter().map(|item| item.one(name)).collect(),
            one => Ok(vec![one.one(name)?]),
        }
    }

    /// Repositories: texts, and mappings that say more.
    fn repositories(self, name: &str, folder: &Path) -> Result<(Vec<String>, Vec<RepositoryOption>), String> {
        let items = match self {
            Self::List(items) => items,
            one => vec![one],
        };
        let (mut texts, mut detailed) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Self::Fields(fields) => detailed.push(RepositoryOption::read(fields, folder)?),
                item => texts.push(relative_to(folder, &item.one(name)?)),
            }
        }
        Ok((texts, detailed))
    }
}

/// The entries of the file, each with its place.
struct Entries(Vec<(Spanned<String>, Spanned<Setting>)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Of;
        impl<'de> Visitor<'de> for Of {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("options such as `listen: 127.0.0.1:8480`")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = from.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(Of)
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Of;
        impl<'de> Visitor<'de> for Of {
            type Value = Setting;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E>(self, text: &str) -> Result<Setting, E> {
                Ok(Setting::Text(text.to_owned()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Setting, E> {
                Ok(Setting::Text(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Setting, E> {
                Ok(Setting::Text(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Setting, E> {
                Ok(Setting::Text(value.to_string()))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Setting, E> {
                Ok(Setting::Other("a number; quote it, if it is a name"))
            }
            fn visit_unit<E>(self) -> Result<Setting, E> {
                Ok(Setting::Other("nothing"))
            }
            fn visit_none<E>(self) -> Result<Setting, E> {
                Ok(Setting::Other("nothing"))
            }
            fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Setting, D::Error> {
                from.deserialize_any(Self)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Setting, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = from.next_element()? {
                    items.push(item);
                }
                Ok(Setting::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Setting, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = from.next_entry::<Setting, Setting>()? {
                    let Setting::Text(key) = key else { return Ok(Setting::Other("a mapping without names")) };
                    fields.push((key, value));
                }
                Ok(Setting::Fields(fields))
            }
        }
        from.deserialize_any(Of)
    }
}

#[cfg(test)]
mod tests;
