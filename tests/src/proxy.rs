//! A TCP proxy on loopback between the product and a server, that a test can make bad: cut, refuse, delay, throttle, swallow.
//!
//! What is set counts for connections that are open too, from the next bytes on. Dropping the proxy resets them all.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

const BUFFER_BYTES: usize = 16 << 10;

/// How the proxy behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// New connections are reset at once.
    pub refuses: bool,
    /// Bytes are taken, by either side, and never passed on.
    pub swallows: bool,
    /// Every piece of data waits as long, in either direction.
    pub delay: Duration,
    /// Each direction of each connection passes on no more than this.
    pub bytes_per_second_max: Option<u64>,
}

pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    /// Raised by each cut: a connection ends when it sees another number than that of its beginning.
    cuts: watch::Sender<u64>,
    accepted: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Forwards to `target`, on a port of its own.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (weather, cuts) = (watch::Sender::new(Weather::default()), watch::Sender::new(0));
        let accepted = Arc::new(AtomicU64::new(0));
        let accepting = tokio::spawn(accept(
            listener,
            target,
            weather.subscribe(),
            cuts.subscribe(),
            Arc::clone(&accepted),
        ));
        Self {
            address,
            weather,
            cuts,
            accepted,
            accepting,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    pub fn clear(&self) {
        self.set(Weather::default());
    }

    /// Resets every connection that is open; new ones are taken.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Resets every connection and takes no new one until `clear`.
    pub fn down(&self) {
        self.weather.send_modify(|weather| weather.refuses = true);
        self.cut();
    }

    /// Connections taken so far, refused ones not counted.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    weather: watch::Receiver<Weather>,
    cuts: watch::Receiver<u64>,
    accepted: Arc<AtomicU64>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        if weather.borrow().refuses {
            reset(&stream);
            continue;
        }
        accepted.fetch_add(1, Ordering::SeqCst);
        let mut cuts = cuts.clone();
        cuts.mark_unchanged();
        tokio::spawn(connect(stream, target, weather.clone(), cuts));
    }
}

/// One connection: both directions to their ends in order, or to a reset of both sides.
async fn connect(
    mut client: TcpStream,
    target: SocketAddr,
    weather: watch::Receiver<Weather>,
    mut cuts: watch::Receiver<u64>,
) {
    let Ok(mut server) = TcpStream::connect(target).await else {
        reset(&client);
        return;
    };
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("no delay of its own");
    }
    let passing = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let there = pass(from_client, to_server, &weather);
        let back = pass(from_server, to_client, &weather);
        tokio::select! {
            biased;
            _ = cuts.changed() => Err(ErrorKind::ConnectionReset.into()),
            result = async { tokio::try_join!(there, back) } => result,
        }
    };
    if passing.is_err() {
        reset(&client);
        reset(&server);
    }
}

async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    weather: &watch::Receiver<Weather>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let piece = |max: u64| (max / 20).clamp(1, BUFFER_BYTES as u64) as usize;
        let room = weather.borrow().bytes_per_second_max.map_or(BUFFER_BYTES, piece);
        let count = from.read(&mut buffer[..room]).await?;
        let now = *weather.borrow();
        match (now.swallows, count) {
            (false, 0) => return to.shutdown().await,
            // An end is swallowed too: the other side hears nothing more.
            (true, 0) => std::future::pending().await,
            (true, _) => continue,
            (false, _) => {}
        }
        let bytes_per_second = now.bytes_per_second_max.map_or(f64::INFINITY, |max| max.max(1) as f64);
        tokio::time::sleep(now.delay + Duration::from_secs_f64(count as f64 / bytes_per_second)).await;
        to.write_all(&buffer[..count]).await?;
    }
}

/// Closing such a stream sends a reset.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    const SOON: Duration = Duration::from_secs(5);

    /// Sends back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                    let _ = to.shutdown().await;
                });
            }
        });
        address
    }

    async fn open(proxy: &Proxy) -> TcpStream {
        TcpStream::connect(proxy.address()).await.unwrap()
    }

    async fn said(stream: &mut TcpStream, text: &[u8]) -> std::io::Result<Vec<u8>> {
        stream.write_all(text).await?;
        let mut answer = vec![0; text.len()];
        tokio::time::timeout(SOON, stream.read_exact(&mut answer))
            .await
            .map_err(|_| ErrorKind::TimedOut)??;
        Ok(answer)
    }

    async fn is_reset(stream: &mut TcpStream) -> bool {
        let read = tokio::time::timeout(SOON, stream.read(&mut [0; 9])).await;
        matches!(read, Ok(Err(error)) if error.kind() == ErrorKind::ConnectionReset)
    }

    #[tokio::test]
    async fn passes_on_both_ways_and_an_end_in_order() {
        let proxy = Proxy::to(echo().await).await;
        let mut stream = open(&proxy).await;
        assert_eq!(said(&mut stream, b"hello").await.unwrap(), b"hello");
        let long: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let (mut from, mut to) = stream.split();
        let mut back = Vec::new();
        let sending = async {
            to.write_all(&long).await.unwrap();
            to.shutdown().await.unwrap();
        };
        let (_, read) = tokio::join!(sending, from.read_to_end(&mut back));
        read.unwrap();
        assert_eq!((back == long, proxy.accepted()), (true, 1));
    }

    #[tokio::test]
    async fn a_cut_resets_what_is_open_and_a_new_one_works() {
        let proxy = Proxy::to(echo().await).await;
        let mut stream = open(&proxy).await;
        said(&mut stream, b"hello").await.unwrap();
        proxy.cut();
        assert!(is_reset(&mut stream).await);
        let mut next = open(&proxy).await;
        assert_eq!(said(&mut next, b"again").await.unwrap(), b"again");
    }

    #[tokio::test]
    async fn down_is_down_until_it_is_cleared() {
        let proxy = Proxy::to(echo().await).await;
        let mut stream = open(&proxy).await;
        said(&mut stream, b"hello").await.unwrap();
        proxy.down();
        assert!(is_reset(&mut stream).await);
        let mut refused = open(&proxy).await;
        assert!(is_reset(&mut refused).await);
        proxy.clear();
        let mut next = open(&proxy).await;
        assert_eq!(said(&mut next, b"again").await.unwrap(), b"again");
        assert_eq!(proxy.accepted(), 2);
    }

    #[tokio::test]
    async fn a_black_hole_takes_and_gives_nothing_on_open_connections_too() {
        let proxy = Proxy::to(echo().await).await;
        let mut stream = open(&proxy).await;
        said(&mut stream, b"hello").await.unwrap();
        proxy.set(Weather {
            swallows: true,
            ..Weather::default()
        });
        stream.write_all(b"lost").await.unwrap();
        let read = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut [0; 9])).await;
        assert!(read.is_err(), "{read:?}");
    }

    #[tokio::test]
    async fn delay_and_throttle_take_their_time() {
        let proxy = Proxy::to(echo().await).await;
        let mut stream = open(&proxy).await;
        said(&mut stream, b"hello").await.unwrap();
        proxy.set(Weather {
            delay: Duration::from_millis(100),
            ..Weather::default()
        });
        let begun = Instant::now();
        said(&mut stream, b"late").await.unwrap();
        assert!(
            begun.elapsed() >= Duration::from_millis(200),
            "there and back: {:?}",
            begun.elapsed()
        );
        proxy.set(Weather {
            bytes_per_second_max: Some(10_000),
            ..Weather::default()
        });
        let begun = Instant::now();
        let sent = vec![7; 4_000];
        assert_eq!(said(&mut stream, &sent).await.unwrap(), sent);
        assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_a_reset() {
        let gone = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        let proxy = Proxy::to(gone).await;
        let mut stream = open(&proxy).await;
        assert!(is_reset(&mut stream).await);
    }
}
