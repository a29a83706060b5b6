//! Secrets: how a step has them, and that nobody else sees them.

use wheelhouse_runner::secret::{EnvironmentSecrets, FileSecrets, Secret, SecretError, SecretSource, find};
use wheelhouse_runner::step::{Delivery, Step, User};
use wheelhouse_runner::{End, Outcome};

use crate::rig::{Heard, Rig, script, with_secret};

const PASSWORD: &str = "s3cr3t p/ss\"w+rd&";

fn nowhere(outcome: &Outcome, heard: &Heard) {
    let all = format!("{outcome:?} {} {:?}", serde_json::to_string(&heard.live).unwrap(), heard.kept);
    assert!(!all.contains("s3cr3t"), "{all}");
}

fn with(step: Step, delivery: Delivery) -> Step {
    with_secret(step, "db", "PW", delivery)
}

#[test]
fn each_way_brings_the_whole_secret() {
    crate::rig::needs_root();
    let rig = Rig::new().knowing(&[("db", PASSWORD.as_bytes())]);
    let count = |text: &str, delivery| {
        let mut step = with(script(text), delivery);
        let (outcome, heard) = rig.run(&step);
        assert_eq!(outcome.end, End::Succeeded, "{}", heard.stderr());
        nowhere(&outcome, &heard);
        // The same as another user.
        if let wheelhouse_runner::step::Action::Process(process) = &mut step.action {
            process.user = Some(User::named("nobody").unwrap());
        }
        let (outcome, other) = rig.run(&step);
        nowhere(&outcome, &other);
        assert_eq!(heard.stdout(), other.stdout());
        heard.stdout()
    };
    let length = PASSWORD.len();
    assert_eq!(
        count("printf %s \"$PW\" | wc -c; echo \"$PW\"", Delivery::Environment),
        format!("{length}\n[secret:db]\n")
    );
    let twice = "wc -c < $PW_FILE; cat $PW_FILE; echo; wc -c <&$PW_FD; ls -l /proc/self/fd/$PW_FD | grep -c memfd; (echo x > $PW_FILE) 2>/dev/null || echo sealed";
    assert_eq!(count(twice, Delivery::Descriptor), format!("{length}\n[secret:db]\n{length}\n1\nsealed\n"));
    let file = "wc -c < $PW_FILE; stat -c %a $PW_FILE; cat $PW_FILE; env | grep -c s3c";
    assert_eq!(count(&format!("{file}; true"), Delivery::File), format!("{length}\n600\n[secret:db]0\n"));
}

#[test]
fn a_secret_is_on_no_command_line_and_in_no_environment_but_where_asked() {
    // Nothing else on this machine has this one, and the search does not find itself.
    let rig = Rig::new().knowing(&[("db", b"only-in-this-test-1f0c")]);
    let look = "cat /proc/*/cmdline 2>/dev/null | grep -c 'only-in-thi[s]-test'; cat /proc/self/environ /proc/$PPID/environ | grep -c 'only-in-thi[s]-test'; true";
    for delivery in [Delivery::Descriptor, Delivery::File] {
        let (_, heard) = rig.run(&with(script(look), delivery));
        assert_eq!(heard.stdout(), "0\n0\n", "{delivery:?}");
    }
}

#[test]
fn what_programs_make_of_a_secret_is_redacted() {
    let rig = Rig::new().knowing(&[("db", PASSWORD.as_bytes())]);
    let text = "P=$(cat $PW_FILE)\n\
        printf %s \"$P\" | base64; printf 'user:%s' \"$P\" | base64; printf 'ab:%s@host' \"$P\" | base64 -w0; echo\n\
        printf '%s' \"$P\" | od -An -tx1; printf %s \"$P\" | xxd -p\n\
        python3 -c 'import sys, json, urllib.parse as u, base64, shlex, html; p = sys.argv[1]\n\
print(json.dumps({\"p\": p})); print(u.quote(p)); print(u.quote_plus(p)); print(u.quote(p, safe=\"\")); print(shlex.quote(p)); print(html.escape(p))\n\
print(base64.urlsafe_b64encode(b\"xy\" + p.encode())); print(p.encode().hex(\":\")); print(p.encode().hex().upper()); print(json.dumps(json.dumps(p)))' \"$P\"\n\
        set -x; : \"$P\"";
    let mut step = with(script(text), Delivery::Descriptor);
    if let wheelhouse_runner::step::Action::Process(process) = &mut step.action {
        process.environment.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    }
    let (outcome, heard) = rig.run(&step);
    let all = heard.stdout() + &heard.stderr();
    nowhere(&outcome, &heard);
    for part in ["c3NzIn", "czNjcjN0", "MzY3IzdC", "3363723374", "ss%22w", "ss\\\"w", "ss&quot;w", "ss\"w"] {
        assert!(!all.contains(part), "{part} in {all}");
    }
    assert_eq!(outcome.end, End::Succeeded, "{all}");
    assert!(outcome.output.redacted >= 15, "{} in {all}", outcome.output.redacted);
}

#[test]
fn outputs_and_reasons_are_redacted_too() {
    let rig = Rig::new().knowing(&[("db", b"s3cr3t-value-1")]);
    let step = with(script("echo \"url=postgres://u:$(cat $PW_FILE)@h/d\" > $WH_OUTPUT"), Delivery::File);
    let (outcome, heard) = rig.run(&step);
    nowhere(&outcome, &heard);
    assert_eq!(outcome.outputs["url"], "postgres://u:[secret:db]@h/d");
    let step =
        with(script("printf '{\"s3cr3t-value-1\": [1, {\"x\": \"s3cr3t-value-1\"}]}' > $WH_OUTPUT"), Delivery::File);
    let (outcome, heard) = rig.run(&step);
    nowhere(&outcome, &heard);
    let step = with(script("echo \"s3cr3t-value-1 is no pair\" > $WH_OUTPUT"), Delivery::File);
    let (outcome, heard) = rig.run(&step);
    nowhere(&outcome, &heard);
}

#[test]
fn the_runners_own_secrets_are_redacted_although_no_step_has_them() {
    let mut rig = Rig::new();
    rig.runner.own_secrets = vec![("token".to_owned(), Secret::new("whr_0123456789abcdef"))];
    let (_, heard) = rig.run(&script("echo found whr_0123456789abcdef in a file"));
    assert_eq!(heard.stdout(), "found [secret:token] in a file\n");
}

#[test]
fn a_key_of_several_lines_is_redacted_line_by_line() {
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIPtF0cmVX9mSJ5sGm6tXnB\nQ0c2hvcnQ+tail=\n-----END PRIVATE KEY-----\n";
    let rig = Rig::new().knowing(&[("key", key.as_bytes())]);
    let text = "sed 's/^/    /' $K_FILE; head -2 $K_FILE | tail -1; base64 -w 76 $K_FILE; base64 -w 20 $K_FILE | sed 's/^/  /'";
    let (outcome, heard) = rig.run(&with_secret(script(text), "key", "K", Delivery::Descriptor));
    assert_eq!(outcome.end, End::Succeeded);
    let said = heard.stdout();
    for part in ["MC4CAQ", "tail=", "UFJJVkFURS", "TUM0Q0FR", "c2hvcnQ"] {
        assert!(!said.contains(part), "{part} in {said}");
    }
}

#[test]
fn sources_are_asked_in_order_and_names_lead_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("db-password"), "from a file\n").unwrap();
    std::fs::write(folder.path().join("large"), "x".repeat(20_000)).unwrap();
    let environment = EnvironmentSecrets::from([
        ("WH_SECRET_DB_PASSWORD".to_owned(), "from the environment".to_owned()),
        ("HOME".to_owned(), "/h".to_owned()),
    ]);
    let files = FileSecrets::in_folder(folder.path());
    let sources: Vec<Box<dyn SecretSource>> = vec![Box::new(environment), Box::new(files.clone())];
    assert_eq!(find(&sources, "db-password").unwrap().expose(), b"from the environment");
    assert_eq!(files.find("db-password").unwrap().unwrap().expose(), b"from a file\n");
    for name in ["../passwd", ".hidden", "", "a/b"] {
        assert!(matches!(find(&sources, name), Err(SecretError::Name { .. })), "{name}");
    }
    assert!(matches!(find(&sources, "other"), Err(SecretError::Unknown { .. })));
    assert!(find(&sources, "large").unwrap_err().to_string().contains("it is larger than 16384 bytes"));
    assert_eq!(format!("{:?}", Secret::new("visible")), "Secret(…)");
}
