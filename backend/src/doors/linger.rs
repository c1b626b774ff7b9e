//! The end of a connection whose peer may still be sending.
//!
//! A socket that is closed with bytes unread resets its connection, and the reset can overtake the answer: a sender whose body
//! was refused would see a broken connection instead of the reason. So what comes after the answer is read and thrown away.

use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

const WAIT_MAX: Duration = Duration::from_secs(5);
const BYTES_MAX: usize = 64 << 20;
const READ_BYTES: usize = 16 << 10;

/// Reads until the peer has closed its side, has sent more than is borne with, or takes too long.
pub async fn linger(peer: &mut (impl AsyncRead + Unpin)) {
    let drain = async {
        let mut buffer = vec![0; READ_BYTES];
        let mut left = BYTES_MAX;
        while let Ok(read @ 1..) = peer.read(&mut buffer).await {
            left = left.saturating_sub(read);
            if left == 0 {
                return;
            }
        }
    };
    // Who sends for longer than that loses the end of the answer.
    timeout(WAIT_MAX, drain).await.unwrap_or_default();
}
