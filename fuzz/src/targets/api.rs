//! The requests of the hub's own API: each body is tried as every kind of request.

use serde_json::Value;
use wheelhouse_core::record::Hash;
use wheelhouse_wire::api::{
    Acknowledge, Assign, CandidateCatalog, CreateToken, EraseCase, HoldRequest, JudgeDrill, LinkRequest, Mitigate,
    Note, OpenCase, PageRequest, PlayCue, Problem, RecordMiss, Reopen, ReportChange, Resolve, SetRole, SetSeverity,
    SetSilence, TestContact, Update, decode, decode_at_most, decode_or_default,
};

use crate::stage::{NOW, Stage};

/// Decodes, and carries out what people may do to a case.
pub fn run(input: &[u8]) {
    let mut stage = Stage::with_a_case("x");
    let actions = [
        decode_or_default::<Acknowledge>(input).map(Acknowledge::into_action),
        decode::<Note>(input).map(Note::into_action),
        decode::<SetSeverity>(input).map(SetSeverity::into_action),
        decode::<Assign>(input).and_then(Assign::into_action),
        decode::<SetRole>(input).and_then(SetRole::into_action),
        decode::<PageRequest>(input).and_then(PageRequest::into_action),
        decode::<Update>(input).map(Update::into_action),
        decode_or_default::<Mitigate>(input).map(Mitigate::into_action),
        decode_or_default::<Resolve>(input).map(Resolve::into_action),
        decode_or_default::<Reopen>(input).map(Reopen::into_action),
        decode::<LinkRequest>(input).and_then(LinkRequest::into_action),
        decode::<LinkRequest>(input).and_then(LinkRequest::into_removal),
        decode::<RecordMiss>(input).and_then(RecordMiss::into_action),
    ];
    for action in actions {
        match action {
            Ok(action) => drop(stage.act(action)),
            Err(problem) => refused(&problem),
        }
    }
    told(decode::<OpenCase>(input).and_then(OpenCase::into_report));
    told(decode::<SetSilence>(input).and_then(|request| request.into_request(NOW)));
    told(decode::<ReportChange>(input).and_then(|request| request.into_report("dana".into(), NOW)));
    told(decode::<TestContact>(input).and_then(TestContact::into_tested));
    told(decode::<CreateToken>(input).and_then(|request| request.into_what(Hash([7; 32]))));
    told(decode::<HoldRequest>(input).and_then(|request| request.scope()));
    told(decode::<EraseCase>(input));
    told(decode::<PlayCue>(input));
    told(decode::<JudgeDrill>(input));
    told(decode_at_most::<CandidateCatalog>(input, 1 << 20));
}

fn told<T>(decoded: Result<T, Problem>) {
    if let Err(problem) = decoded {
        refused(&problem);
    }
}

fn refused(problem: &Problem) {
    let text = serde_json::to_string(problem).expect("a problem can be written");
    assert!(text.len() < 1 << 16, "a problem of {} bytes", text.len());
    let problem: Value = serde_json::from_str(&text).expect("a problem has a status, and can be read back");
    let status = problem["status"].as_u64().expect("a problem has a status, and can be read back");
    assert!((400..500).contains(&status), "{problem}");
}
