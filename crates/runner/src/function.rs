//! Functions: small programs in any language that are given an event and answer with outputs and new events.
//!
//! The event comes as JSON on standard input. The answer, on standard output, is nothing or one JSON object:
//!
//! ```json
//! {"outputs": {"restarted": true}, "events": [{"type": "service.restarted", "data": {"service": "ledger"}}]}
//! ```
//!
//! What a function wants people to see it writes to standard error. It runs as every process step does, within the
//! same limits, and its answer is redacted before it is read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::chunk::{Chunk, Stream};
use crate::outcome::{End, Outcome};
use crate::outputs::{Outputs, of_object};
use crate::step::{Action, ProcessStep, Step};
use crate::{Cancel, Gap, Runner, Sink, Started};

/// The longest answer.
pub const LONGEST_ANSWER: u64 = 1 << 20;
/// The most events in an answer.
pub const MOST_EVENTS: usize = 16;
/// The most that one event says beside its type, in bytes of JSON.
pub const LARGEST_EVENT: usize = 8 * 1024;
/// The longest type of an event.
const LONGEST_TYPE: usize = 64;
/// How much of a wrong answer is cited, in characters.
const LONGEST_CITED: usize = 200;

/// An event that a function makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What kind of thing happened: 1 to 64 of `a` to `z`, digits, `.`, `-` or `_`.
    #[serde(rename = "type")]
    pub kind: String,
    /// More about it.
    #[serde(default)]
    pub data: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(default)]
    outputs: Map<String, Value>,
    #[serde(default)]
    events: Vec<Event>,
}

/// Carries out a step that is a function. Its outputs and events are those of the answer; one that cannot be read is a
/// failure. Only what it says on standard error reaches the sink.
pub(crate) fn call(
    runner: &Runner,
    step: &Step,
    process: &ProcessStep,
    sink: &mut dyn Sink,
    cancel: &Cancel,
) -> Outcome {
    let step = Step { action: Action::Process(Box::new(process.clone())), ..step.clone() };
    let mut capture = Capture { sink, answer: String::new(), whole: true, escaped: false };
    let mut outcome = runner.execute(&step, &mut capture, cancel);
    let Capture { answer, whole, escaped, .. } = capture;
    // The answer is no output that anybody could look at.
    outcome.output.stdout_bytes = 0;
    if outcome.end == End::Succeeded {
        match heard(&answer, whole, escaped) {
            Ok((outputs, events)) => {
                outcome.outputs.extend(outputs);
                outcome.events = events;
            }
            Err(why) => outcome.end = End::Failed { why },
        }
    }
    outcome
}

/// Reads the answer of a function, of at most [`LONGEST_ANSWER`] bytes: what it hands on, and the events that it makes.
///
/// # Errors
/// If it is not of the form above or beyond a limit; the message is for people.
pub fn answer(text: &str) -> Result<(Outputs, Vec<Event>), String> {
    if text.trim().is_empty() {
        return Ok((Outputs::new(), Vec::new()));
    }
    let answer: Answer = serde_json::from_str(text).map_err(|error| {
        let (error, help) = (clipped(&error.to_string()), "write what people are to see to standard error");
        format!("the function's answer is not {{\"outputs\": …, \"events\": …}}: {error}\n  = help: {help}")
    })?;
    if answer.events.len() > MOST_EVENTS {
        return Err(format!("the function made {} events; {MOST_EVENTS} are allowed", answer.events.len()));
    }
    answer.events.iter().try_for_each(check)?;
    Ok((of_object(answer.outputs)?, answer.events))
}

fn heard(answer: &str, whole: bool, escaped: bool) -> Result<(Outputs, Vec<Event>), String> {
    if !whole {
        return Err(format!(
            "the function's answer is longer than {LONGEST_ANSWER} bytes\n  = help: write what people are to see to standard error"
        ));
    }
    if escaped {
        return Err("the function's answer is no UTF-8".to_owned());
    }
    self::answer(answer)
}

/// The beginning of what somebody else wrote, as it can be cited.
fn clipped(text: &str) -> String {
    text.chars().take(LONGEST_CITED).flat_map(char::escape_debug).collect()
}

/// Whether an event is within its limits.
fn check(event: &Event) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let kind = clipped(&event.kind);
    if !(1..=LONGEST_TYPE).contains(&event.kind.len()) || !event.kind.bytes().all(fits) {
        return Err(format!(
            "`{kind}` cannot be the type of an event\n  = help: 1 to {LONGEST_TYPE} of a to z, digits, `.`, `_` and `-`"
        ));
    }
    let size = event.data.to_string().len();
    if size > LARGEST_EVENT {
        return Err(format!("the data of the event `{kind}` have {size} bytes; {LARGEST_EVENT} are allowed"));
    }
    Ok(())
}

/// Takes the answer out of what a function says, and hands on the rest.
struct Capture<'a> {
    sink: &'a mut dyn Sink,
    answer: String,
    whole: bool,
    escaped: bool,
}

impl Sink for Capture<'_> {
    fn started(&mut self, started: &Started) {
        self.sink.started(started);
    }

    fn live(&mut self, chunk: &Chunk) {
        if chunk.stream == Stream::Stderr {
            return self.sink.live(chunk);
        }
        self.escaped |= chunk.escaped;
        if self.answer.len() as u64 + chunk.text.len() as u64 <= LONGEST_ANSWER {
            self.answer += &chunk.text;
        } else {
            self.whole = false;
        }
    }

    fn kept(&mut self, chunk: &Chunk) {
        if chunk.stream == Stream::Stderr {
            self.sink.kept(chunk);
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.sink.gap(gap);
    }
}
