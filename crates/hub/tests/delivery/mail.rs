//! Mail, by a real mail server.

use std::time::Duration;

use wheelhouse_core::notify::ContactKind;
use wheelhouse_hub::delivery::{Credentials, Secret, Smtp, SmtpTls};

use crate::peers::{MailCatcher, certificate};
use crate::{NOW, accepted, channels, failed, mail, settings, with};

fn headers(caught: &serde_json::Value) -> Vec<(String, String)> {
    serde_json::from_value(caught["headers"].clone()).unwrap()
}

fn header(caught: &serde_json::Value, name: &str) -> Vec<String> {
    let of_name = headers(caught).into_iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    of_name.map(|(_, value)| value).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_as_it_was_written() {
    let catcher = MailCatcher::start(&[]).await;
    let (kind, outcome) = channels(settings(catcher.smtp)).send(&mail("dana@harbor.example"), NOW).await;
    assert_eq!((kind, accepted(&outcome)), (ContactKind::Email, "250 OK kept as 1"));
    let caught = &catcher.caught().await[0];
    assert_eq!(caught["to"][0], "dana@harbor.example");
    assert_eq!(caught["from"], "hub@hub.example");
    assert_eq!(caught["subject"], "[INC-17 sev1] payments-api: 5xx above 20 %");
    assert_eq!(caught["text"], "payments-api answers 5xx.\n\nSince 02:05 – Zürich.\n.\nhttps://hub.example/l/abc\n");
    assert_eq!(caught["message_id"], "<INC-17.m3@hub.example>");
    assert_eq!(caught["in_reply_to"], "<INC-17@hub.example>");
    assert_eq!(caught["references"][0], "<INC-17@hub.example>");
    assert_eq!(header(caught, "Date"), ["Mon, 23 Nov 2026 02:10:00 +0000"]);
    assert_eq!(header(caught, "Auto-Submitted"), ["auto-generated"]);
    assert_eq!(header(caught, "Wheelhouse-Message"), ["INC-17/m3"]);
    assert_eq!(header(caught, "X-Mine"), ["yes"]);
    assert!(header(caught, "Wheelhouse-Repeat").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_says_so_and_keeps_its_name() {
    let catcher = MailCatcher::start(&[]).await;
    let channels = channels(settings(catcher.smtp));
    let mut twice = mail("dana@harbor.example");
    accepted(&channels.send(&twice, NOW).await.1);
    twice.repeated = true;
    accepted(&channels.send(&twice, NOW).await.1);
    let caught = catcher.caught().await;
    assert_eq!(header(&caught[1], "Wheelhouse-Repeat"), ["yes"]);
    assert_eq!(caught[0]["message_id"], caught[1]["message_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_adds_a_header_or_another_recipient() {
    let catcher = MailCatcher::start(&[]).await;
    let channels = channels(settings(catcher.smtp));
    let mut hostile = mail("dana@harbor.example");
    hostile.content.subject = "down\r\nBcc: eve@evil.example\r\n\r\nbody".into();
    hostile.content.message_id = "<a@b>\r\nX-Evil: 1".into();
    hostile.content.references = vec!["<c@d>\nX-Evil: 2".into()];
    hostile.content.headers = vec![
        ("X-Fine".into(), "one\r\nX-Evil: 3".into()),
        ("X-Evil: 4\r\nX-Evil".into(), "five".into()),
        ("Bcc".into(), "eve@evil.example".into()),
        ("Wheelhouse-Message".into(), "INC-1/m1".into()),
    ];
    accepted(&channels.send(&hostile, NOW).await.1);
    let caught = &catcher.caught().await[0];
    assert_eq!(caught["to"].as_array().unwrap().len(), 1);
    assert!(header(caught, "X-Evil").is_empty() && header(caught, "Bcc").is_empty(), "{:?}", headers(caught));
    assert_eq!(header(caught, "Wheelhouse-Message"), ["INC-17/m3"]);
    for address in ["dana@harbor.example>\r\nRCPT TO:<eve@evil.example", "dana", "", "a@b, c@d"] {
        let outcome = channels.send(&mail(address), NOW).await.1;
        let (answer, permanent) = failed(&outcome);
        assert!(permanent && answer.contains("not a mail address"), "{address}: {answer}");
    }
    assert_eq!(catcher.caught().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_final_and_deferrals_pass() {
    let catcher =
        MailCatcher::start(&["--refuse-rcpt", "no@harbor.example", "--defer-rcpt", "later@harbor.example"]).await;
    let channels = channels(settings(catcher.smtp));
    let refused = channels.send(&mail("no@harbor.example"), NOW).await.1;
    assert_eq!(failed(&refused), ("550 5.1.1 No such mailbox here (RCPT TO)", true));
    let deferred = channels.send(&mail("later@harbor.example"), NOW).await.1;
    assert_eq!(failed(&deferred), ("451 4.3.0 Mailbox busy, try again later (RCPT TO)", false));
    accepted(&channels.send(&mail("dana@harbor.example"), NOW).await.1);
    assert_eq!(catcher.caught().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn starttls_is_used_and_the_relay_must_be_who_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let catcher = MailCatcher::start(&["--starttls", certificate.to_str().unwrap(), key.to_str().unwrap()]).await;
    let mut required = settings(catcher.smtp);
    required.tls = SmtpTls::StarttlsRequired;
    let stranger = channels(required.clone()).send(&mail("dana@harbor.example"), NOW).await.1;
    let (answer, permanent) = failed(&stranger);
    assert!(!permanent && answer.contains("STARTTLS") && answer.contains("certificate"), "{answer}");
    required.trusted = vec![std::fs::read(&certificate).unwrap()];
    accepted(&channels(required).send(&mail("dana@harbor.example"), NOW).await.1);
    let mut opportunistic = settings(catcher.smtp);
    opportunistic.tls = SmtpTls::Starttls;
    accepted(&channels(opportunistic).send(&mail("dana@harbor.example"), NOW).await.1);
    let caught = catcher.caught().await;
    assert_eq!((&caught[0]["tls"], &caught[1]["tls"], caught.len()), (&true.into(), &true.into(), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_without_starttls_gets_mail_only_if_the_settings_allow_it() {
    let catcher = MailCatcher::start(&[]).await;
    let mut settings = settings(catcher.smtp);
    settings.tls = SmtpTls::StarttlsRequired;
    let outcome = channels(settings.clone()).send(&mail("dana@harbor.example"), NOW).await.1;
    assert_eq!(failed(&outcome), ("the relay does not offer STARTTLS, which the settings require", false));
    settings.tls = SmtpTls::Starttls;
    accepted(&channels(settings).send(&mail("dana@harbor.example"), NOW).await.1);
    assert_eq!(catcher.caught().await[0]["tls"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_has_gone_away_is_a_temporary_failure() {
    let mut first = MailCatcher::start(&[]).await;
    let mut short = settings(first.smtp);
    short.timeout = Duration::from_secs(3);
    let channels = channels(short);
    for _ in 0..3 {
        accepted(&channels.send(&mail("dana@harbor.example"), NOW).await.1);
    }
    assert_eq!(first.caught().await.len(), 3);
    first.kill();
    let away = channels.send(&mail("dana@harbor.example"), NOW).await.1;
    let (answer, permanent) = failed(&away);
    assert!(!permanent && answer.contains("onnect"), "the relay is away: {answer}");
}

#[tokio::test]
async fn without_a_mail_server_mail_fails_for_good() {
    let channels = with(None, 8);
    let (kind, outcome) = channels.send(&mail("dana@harbor.example"), NOW).await;
    assert_eq!(kind, ContactKind::Email);
    assert_eq!(failed(&outcome), ("the hub has no mail server; start it with `--smtp HOST:PORT`", true));
}

#[test]
fn passwords_are_neither_shown_nor_sent_in_the_clear() {
    let mut settings = settings(25);
    settings.credentials = Some(Credentials { username: "hub".into(), password: Secret::new("hunter2") });
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(Smtp::new(settings.clone()).is_ok(), "loopback is not a network");
    settings.host = "relay.example".into();
    let said = Smtp::new(settings.clone()).unwrap_err().to_string();
    assert!(
        said.contains("relay.example") && said.contains("starttls-required") && !said.contains("hunter2"),
        "{said}"
    );
    settings.tls = SmtpTls::StarttlsRequired;
    let smtp = Smtp::new(settings.clone()).unwrap();
    assert!(!format!("{smtp:?}").contains("hunter2"));
    settings.from = "nobody".into();
    assert!(Smtp::new(settings).unwrap_err().to_string().contains("`nobody` is not a sender"));
}
