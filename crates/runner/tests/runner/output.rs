//! What a step says: floods, bytes that are no text, pieces, and who watches.

use wheelhouse_runner::step::OutputLimits;
use wheelhouse_runner::{Cancel, Chunk, End, Gap, Ring, Sink, Stream};

use crate::rig::{Rig, script};

/// Looks at everything and keeps next to nothing.
#[derive(Default)]
struct Watcher {
    live_bytes: u64,
    kept_bytes: u64,
    next: u64,
    last: Option<Chunk>,
    gap: Option<Gap>,
    ring: Option<Ring>,
}

impl Sink for Watcher {
    fn live(&mut self, chunk: &Chunk) {
        assert_eq!(chunk.seq, self.next, "no chunk is missing or comes twice");
        self.next += 1;
        self.live_bytes += chunk.text.len() as u64;
        let ring = self.ring.get_or_insert_with(|| Ring::new(1 << 20));
        ring.push(chunk.clone());
        assert!(ring.bytes() <= 1 << 20);
    }

    fn kept(&mut self, chunk: &Chunk) {
        self.kept_bytes += chunk.text.len() as u64;
        self.last = Some(chunk.clone());
    }

    fn gap(&mut self, gap: Gap) {
        self.gap = Some(gap);
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_flood_is_read_to_its_end_and_takes_no_memory() {
    let rig = Rig::new().knowing(&[("pw", b"correct horse battery")]);
    let step = script(
        "yes 'a line of output that somebody may want to read, 64 bytes long' | head -c 104857600; echo; echo the end",
    );
    let step = crate::rig::with_secret(step, "pw", "PW", Default::default());
    let mut watcher = Watcher::default();
    let before = resident_kib();
    let outcome = rig.runner.execute(&step, &mut watcher, &Cancel::new().unwrap());
    let grown = resident_kib().saturating_sub(before);
    assert_eq!(outcome.end, End::Succeeded);
    assert_eq!((outcome.output.stdout_bytes, watcher.live_bytes), (104_857_609, 104_857_609));
    let limits = OutputLimits::default();
    let gap = watcher.gap.unwrap();
    assert_eq!(watcher.kept_bytes + gap.dropped_bytes, watcher.live_bytes);
    assert_eq!(watcher.kept_bytes, limits.head_bytes + limits.tail_bytes);
    assert_eq!(outcome.output.gap, Some(gap));
    assert!(watcher.last.unwrap().text.ends_with("the end\n"));
    // Other tests run in this process too; a hundred megabytes would still be seen.
    assert!(grown < 60 << 10, "{grown} KiB more");
    let ring = watcher.ring.unwrap();
    let (chunks, gone) = ring.since(0);
    assert!(gone && chunks.count() > 1);
}

#[test]
fn a_step_that_ends_in_the_middle_of_a_flood_is_ended_all_the_same() {
    let mut step = script("yes & yes >&2 & wait");
    step.deadline_ms = 500;
    let mut watcher = Watcher::default();
    let outcome = Rig::new().runner.execute(&step, &mut watcher, &Cancel::new().unwrap());
    assert_eq!(outcome.end, End::TimedOut);
    assert!(outcome.proof.unwrap().empty && outcome.output.stdout_bytes > 0 && outcome.output.stderr_bytes > 0);
}

#[test]
fn bytes_that_are_no_text_are_written_as_such() {
    let rig = Rig::new();
    let (outcome, heard) =
        rig.run(&script("printf 'a\\377\\000b\\n'; printf 'gr\\303'; sleep 0.2; printf '\\274n\\n'"));
    assert_eq!((outcome.end, heard.stdout().as_str()), (End::Succeeded, "a\\xff\\x00b\ngrün\n"));
    assert!(heard.kept[0].escaped && !heard.kept.last().unwrap().escaped);
    let (outcome, heard) = rig.run(&script("head -c 200000 /dev/urandom; head -c 65536 /dev/zero; printf '\\303'"));
    assert_eq!((outcome.output.stdout_bytes, outcome.end), (265_537, End::Succeeded));
    assert!(heard.live.iter().any(|chunk| chunk.escaped) && heard.stdout().ends_with("\\x00\\xc3"));
    let json = serde_json::to_string(&heard.kept).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Chunk>>(&json).unwrap(), heard.kept);
}

#[test]
fn output_comes_while_the_step_runs() {
    let step = script("echo first; sleep 0.5; echo second >&2; sleep 0.5; echo third");
    let (_, heard) = Rig::new().run(&step);
    let at: Vec<u64> = heard.live.iter().map(|chunk| chunk.at_us / 1_000).collect();
    assert_eq!(
        heard.live.iter().map(|chunk| chunk.stream).collect::<Vec<_>>(),
        [Stream::Stdout, Stream::Stderr, Stream::Stdout]
    );
    assert!(at[1] - at[0] >= 450 && at[2] - at[1] >= 450, "{at:?}");
}

#[test]
fn a_secret_holds_back_only_what_may_be_its_beginning() {
    let rig = Rig::new().knowing(&[("pw", b"correct horse battery")]);
    let step = script(
        "printf 'progress: 10'; sleep 0.4; printf ' ... corr'; sleep 0.4; printf 'ect horse batt'; sleep 0.2; printf 'ery!'",
    );
    let step = crate::rig::with_secret(step, "pw", "PW", Default::default());
    let (outcome, heard) = rig.run(&step);
    assert_eq!((heard.stdout().as_str(), outcome.output.redacted), ("progress: 10 ... [secret:pw]!", 1));
    assert_eq!((heard.live[0].text.as_str(), heard.live[1].text.as_str()), ("progress: 10", " ... "));
    assert!(heard.live[0].at_us + 300_000 < heard.live[1].at_us, "the first did not wait");
    assert!(heard.live[1].at_us + 500_000 < heard.live[2].at_us, "what stands before did not wait");
}
