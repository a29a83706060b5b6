//! HTTP servers that misbehave. Whatever they do, the attempt ends in time and says what may have become of it.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wheelhouse_core::kernel::Outcome;
use wheelhouse_hub::delivery::gate::Breaker;

use crate::{NOW, call, with};

/// How a server behaves once it has been connected to.
#[derive(Clone, Copy, Debug)]
enum Habit {
    /// Reads the call and never answers.
    Silent,
    /// Closes without reading.
    ClosesAtOnce,
    /// Reads the call and closes.
    ClosesAfterCall,
    /// Answers half of a status line and closes.
    HalfStatus,
    /// Says each byte a tenth of a second after the one before.
    Drips,
    /// Speaks SMTP.
    Garbage,
    /// Says that all is well, and never ends.
    StallsInBody,
}

async fn serve(habit: Habit) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("127.0.0.1:{}/hook", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move { converse(stream, habit).await });
        }
    });
    url
}

async fn converse(mut stream: TcpStream, habit: Habit) -> Option<()> {
    if matches!(habit, Habit::ClosesAtOnce) {
        return None;
    }
    let _call = stream.read(&mut vec![0; 64 << 10]).await.ok()?;
    match habit {
        Habit::Silent => std::future::pending().await,
        Habit::ClosesAtOnce | Habit::ClosesAfterCall => None,
        Habit::HalfStatus => stream.write_all(b"HTTP/1.1 20").await.ok(),
        Habit::Garbage => stream.write_all(b"220 relay ready\r\n").await.ok(),
        Habit::StallsInBody => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthank").await.ok()?;
            std::future::pending().await
        }
        Habit::Drips => {
            for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n" {
                stream.write_all(&[*byte]).await.ok()?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Some(())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_an_answer_may_have_been_taken() {
    let habits =
        [Habit::Silent, Habit::ClosesAtOnce, Habit::ClosesAfterCall, Habit::HalfStatus, Habit::Drips, Habit::Garbage];
    for habit in habits {
        let (channels, from) = (with(None, 8), Instant::now());
        let outcome = channels.send(&call(&format!("http://{}", serve(habit).await)), NOW).await.1;
        assert!(
            matches!(&outcome, Outcome::Unknown { answer } if answer.contains("may have been taken")),
            "{habit:?}: {outcome:?}"
        );
        assert!(from.elapsed() < Duration::from_secs(3), "{habit:?} took {:?}", from.elapsed());
        let standing = channels.gates().standings().remove(0);
        assert_eq!(standing.breaker, Breaker::Open { failures: 1 }, "{habit:?} counts against the destination");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_an_answer_even_if_the_rest_never_comes() {
    let outcome = with(None, 8).send(&call(&format!("http://{}", serve(Habit::StallsInBody).await)), NOW).await.1;
    assert!(matches!(&outcome, Outcome::Accepted { answer } if answer == "200 OK thank"), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_nothing_was_taken() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for url in [format!("http://{nobody}/hook"), format!("https://{}", serve(Habit::Garbage).await)] {
        let outcome = with(None, 8).send(&call(&url), NOW).await.1;
        assert!(matches!(&outcome, Outcome::Failed { permanent: false, .. }), "{url}: {outcome:?}");
    }
}
