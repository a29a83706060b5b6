//! Mail servers that misbehave. Nothing they do lasts longer than the time allowed, or counts as success.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use wheelhouse_core::kernel::Outcome;
use wheelhouse_hub::delivery::gate::Breaker;
use wheelhouse_hub::delivery::{SmtpSettings, SmtpTls};

use crate::{NOW, accepted, channels, failed, mail, settings, unknown};

/// How a server behaves at one point of the conversation.
#[derive(Clone, Copy, Debug)]
enum Habit {
    /// Accepts the connection and never speaks.
    NeverGreets,
    /// Speaks HTTP.
    Garbage,
    /// Speaks without end and without a line end.
    Endless,
    /// Closes at once.
    ClosesAtOnce,
    /// Is full.
    TooBusy,
    /// Refuses everybody.
    NoService,
    /// Says 354, and closes before the mail is over.
    ClosesInData,
    /// Takes the mail and never says what became of it.
    SilentAfterMail,
    /// Takes the mail and hangs up without a word.
    ClosesAfterMail,
    /// Takes the mail and says half of what became of it.
    HalfAfterMail,
    /// Greets with half a line.
    HalfGreeting,
    /// Says each byte half a second after the one before.
    Drips,
    /// Offers STARTTLS and then speaks something else.
    TlsGarbage,
    /// Says 421 when it hears this command.
    ClosesAt(&'static str),
    /// Refuses the content.
    RefusesContent,
    /// Answers the recipient in several lines, with control characters.
    ManyLines,
    /// Answers with a code that means nothing here.
    OddCode,
    /// Refuses the recipient and does not answer the farewell.
    IgnoresQuit,
    /// Takes the mail, and hangs up on whoever keeps the connection.
    HangsUpAfterMail,
    /// Does everything right.
    Decent,
}

async fn serve(habit: Habit) -> u16 {
    serve_counted(habit).await.0
}

/// The port, and how many connections there were.
async fn serve_counted(habit: Habit) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move { converse(stream, habit).await });
        }
    });
    (port, count)
}

/// Keeps the connection open and silent until the test ends.
async fn forever() -> Option<()> {
    std::future::pending().await
}

async fn converse(stream: TcpStream, habit: Habit) -> Option<()> {
    let mut stream = BufReader::new(stream);
    greet(&mut stream, habit).await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let answer = match (line.get(..4).unwrap_or_default(), habit) {
            (command, Habit::ClosesAt(stage)) if command == stage => {
                stream.write_all(b"421 4.3.2 closing down\r\n").await.ok()?;
                return None;
            }
            ("EHLO", Habit::TlsGarbage) => "250-relay\r\n250 STARTTLS\r\n",
            ("STAR", Habit::TlsGarbage) => {
                stream.write_all(b"220 go on\r\nthis is not TLS at all, and never will be\r\n").await.ok()?;
                return forever().await;
            }
            ("RCPT", Habit::ManyLines) => "550-5.7.1 first\r\n550-5.7.1 sec\u{7}ond\r\n550 5.7.1 third\r\n",
            ("RCPT", Habit::IgnoresQuit) => "550 5.1.1 unknown\r\n",
            ("RCPT", Habit::OddCode) => "999 what\r\n",
            ("QUIT", Habit::IgnoresQuit) => return forever().await,
            ("QUIT", _) => "221 bye\r\n",
            ("DATA", Habit::ClosesInData) => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                stream.read_exact(&mut [0; 10]).await.ok()?;
                return None;
            }
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                read_mail(&mut stream).await?;
                match habit {
                    Habit::SilentAfterMail => return forever().await,
                    Habit::ClosesAfterMail => return None,
                    Habit::HalfAfterMail => {
                        stream.write_all(b"250 2.0.").await.ok()?;
                        return forever().await;
                    }
                    Habit::ClosesAt("mail") => "421 4.3.2 closing down\r\n",
                    Habit::HangsUpAfterMail => {
                        stream.write_all(b"250 2.0.0 queued\r\n").await.ok()?;
                        return None;
                    }
                    Habit::RefusesContent => "554 5.7.1 looks like spam\r\n",
                    _ => "250 2.0.0 queued as 42\r\n",
                }
            }
            _ => "250 fine\r\n",
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn greet(stream: &mut BufReader<TcpStream>, habit: Habit) -> Option<()> {
    let greeting = match habit {
        Habit::NeverGreets => return forever().await,
        Habit::ClosesAtOnce => return None,
        Habit::Garbage => "HTTP/1.1 400 Bad Request\r\n\r\n",
        Habit::TooBusy => "421 4.3.2 too busy\r\n",
        Habit::HalfGreeting => "220 rel",
        Habit::NoService => "554 5.3.2 no service here\r\n",
        _ => "220 relay ready\r\n",
    };
    if matches!(habit, Habit::Endless) {
        while stream.write_all(&[b'2'; 4_096]).await.is_ok() {}
        return None;
    }
    if matches!(habit, Habit::Drips) {
        for byte in greeting.bytes() {
            stream.write_all(&[byte]).await.ok()?;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    stream.write_all(greeting.as_bytes()).await.ok()
}

async fn read_mail(stream: &mut BufReader<TcpStream>) -> Option<()> {
    let mut line = String::new();
    while line != ".\r\n" {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
    }
    Some(())
}

fn impatient(port: u16) -> SmtpSettings {
    let mut settings = settings(port);
    settings.timeout = Duration::from_millis(300);
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_does_the_attempt_ends_in_time_and_says_what_happened() {
    for (habit, words, permanent) in [
        (Habit::NeverGreets, "did not answer within 0.3 s", false),
        (Habit::Garbage, "response error", false),
        (Habit::Endless, "(", false),
        (Habit::ClosesAtOnce, "(connecting)", false),
        (Habit::TooBusy, "421 4.3.2 too busy (connecting)", false),
        (Habit::NoService, "554 5.3.2 no service here (connecting)", true),
        (Habit::HalfGreeting, "did not answer within 0.3 s (connecting)", false),
        (Habit::Drips, "did not answer within 0.3 s (connecting)", false),
        (Habit::ClosesAt("EHLO"), "421 4.3.2 closing down (connecting)", false),
        (Habit::ClosesAt("MAIL"), "421 4.3.2 closing down (MAIL FROM)", false),
        (Habit::ClosesAt("RCPT"), "421 4.3.2 closing down (RCPT TO)", false),
        (Habit::ClosesAt("DATA"), "421 4.3.2 closing down (DATA)", false),
        (Habit::ClosesAt("mail"), "421 4.3.2 closing down (the mail)", false),
        (Habit::RefusesContent, "554 5.7.1 looks like spam (the mail)", true),
        (Habit::ManyLines, "third (RCPT TO)", true),
        (Habit::OddCode, "(RCPT TO)", false),
        (Habit::IgnoresQuit, "550 5.1.1 unknown (RCPT TO)", true),
    ] {
        let channels = channels(impatient(serve(habit).await));
        let from = Instant::now();
        let outcome = channels.send(&mail("dana@harbor.example"), NOW).await.1;
        let (answer, is_permanent) = failed(&outcome);
        assert!(answer.contains(words), "{habit:?}: {answer}");
        assert_eq!(is_permanent, permanent, "{habit:?}: {answer}");
        assert!(from.elapsed() < Duration::from_secs(3), "{habit:?} took {:?}", from.elapsed());
        assert!(answer.chars().count() <= 500 && !answer.chars().any(char::is_control), "{habit:?}: {answer}");
    }
    let outcome = channels(impatient(serve(Habit::Decent).await)).send(&mail("dana@harbor.example"), NOW).await.1;
    assert_eq!(accepted(&outcome), "250 2.0.0 queued as 42");
}

/// Whatever happens between the mail and the relay's word about it, the relay may have it: the next
/// attempt must say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_without_an_answer_may_have_been_taken() {
    for habit in [Habit::ClosesInData, Habit::SilentAfterMail, Habit::ClosesAfterMail, Habit::HalfAfterMail] {
        let from = Instant::now();
        let outcome = channels(impatient(serve(habit).await)).send(&mail("dana@harbor.example"), NOW).await.1;
        assert!(unknown(&outcome).contains("may arrive twice"), "{habit:?}: {outcome:?}");
        assert!(from.elapsed() < Duration::from_secs(3), "{habit:?} took {:?}", from.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tls_ends_in_time() {
    let mut settings = impatient(serve(Habit::TlsGarbage).await);
    settings.tls = SmtpTls::StarttlsRequired;
    let from = Instant::now();
    let outcome = channels(settings.clone()).send(&mail("dana@harbor.example"), NOW).await.1;
    let (answer, permanent) = failed(&outcome);
    assert!(!permanent && answer.contains("STARTTLS"), "{answer}");
    settings.tls = SmtpTls::Tls;
    settings.port = serve(Habit::Garbage).await;
    let outcome = channels(settings).send(&mail("dana@harbor.example"), NOW).await.1;
    let (answer, permanent) = failed(&outcome);
    assert!(!permanent && answer.contains("connecting"), "{answer}");
    assert!(from.elapsed() < Duration::from_secs(3));
}

/// A relay that fails is left alone after a while, and one that refuses recipients is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_fails_rests_and_one_that_refuses_does_not() {
    for (habit, rests) in [(Habit::TooBusy, true), (Habit::NeverGreets, true), (Habit::IgnoresQuit, false)] {
        let channels = channels(impatient(serve(habit).await));
        for _ in 0..5 {
            channels.send(&mail("dana@harbor.example"), NOW).await;
        }
        let standing = channels.gates().standings().remove(0);
        assert_eq!(matches!(standing.breaker, Breaker::Resting { failures: 5, .. }), rests, "{habit:?}: {standing:?}");
        assert_eq!(standing.failed, 5);
        assert!(standing.destination.starts_with("127.0.0.1:"), "{standing:?}");
    }
}

#[tokio::test]
async fn nobody_listening_is_temporary() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let outcome = channels(impatient(port)).send(&mail("dana@harbor.example"), NOW).await.1;
    let (answer, permanent) = failed(&outcome);
    assert!(!permanent && answer.contains("refused"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_several_mails_unless_something_went_wrong_on_it() {
    for (habit, connections) in [(Habit::Decent, 1), (Habit::HangsUpAfterMail, 3), (Habit::RefusesContent, 3)] {
        let (port, count) = serve_counted(habit).await;
        let channels = channels(impatient(port));
        for _ in 0..3 {
            let outcome = channels.send(&mail("dana@harbor.example"), NOW).await.1;
            assert_eq!(
                matches!(outcome, Outcome::Accepted { .. }),
                !matches!(habit, Habit::RefusesContent),
                "{outcome:?}"
            );
        }
        assert_eq!(count.load(Ordering::SeqCst), connections, "{habit:?}");
    }
}

/// An attempt that is given up half-way leaves no connection behind on which the next mail could
/// be mixed with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_attempt_leaves_nothing_behind() {
    let (port, count) = serve_counted(Habit::SilentAfterMail).await;
    let channels = channels(settings(port));
    let message = mail("dana@harbor.example");
    for attempt in 1..=2 {
        let cut = tokio::time::timeout(Duration::from_millis(300), channels.send(&message, NOW)).await;
        assert!(cut.is_err(), "the server never answers");
        assert_eq!(count.load(Ordering::SeqCst), attempt, "each attempt has a connection of its own");
    }
}
