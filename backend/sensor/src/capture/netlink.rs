//! A netlink socket: the kernel's own messages to those who listen.

use rustix::{
    io::Errno,
    net::{
        AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, netlink::SocketAddrNetlink, recv,
        send, socket_with, sockopt,
    },
};
use std::{io, os::fd::OwnedFd};

const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// What may wait while the sensor is busy.
const QUEUE_BYTES: usize = 8 << 20;
const HEADER_BYTES: usize = 16;
const FLAG_REQUEST: u16 = 1;

pub const KIND_ERROR: u16 = 2;
pub const KIND_DONE: u16 = 3;

pub struct Netlink {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

/// What a look at the socket gave.
pub enum Received<'a> {
    Nothing,
    Messages(Messages<'a>),
    /// The queue ran over: some messages are gone, nobody says how many.
    Overrun,
}

impl Netlink {
    pub fn open(protocol: Protocol, groups: u32) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(protocol))?;
        if sockopt::set_socket_recv_buffer_size_force(&socket, QUEUE_BYTES).is_err() {
            sockopt::set_socket_recv_buffer_size(&socket, QUEUE_BYTES)?;
        }
        bind(&socket, &SocketAddrNetlink::new(0, groups))?;
        Ok(Self {
            socket,
            buffer: vec![0; MESSAGE_BYTES_MAX],
        })
    }

    pub fn send(&self, kind: u16, payload: &[u8]) -> io::Result<()> {
        let length = (HEADER_BYTES + payload.len()) as u32;
        let mut message = length.to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend(FLAG_REQUEST.to_ne_bytes());
        message.extend([0; 8]);
        message.extend(payload);
        send(&self.socket, &message, SendFlags::empty())?;
        Ok(())
    }

    /// Without waiting.
    pub fn receive(&mut self) -> io::Result<Received<'_>> {
        match recv(&self.socket, &mut self.buffer[..], RecvFlags::empty()) {
            Ok((_, length)) => Ok(Received::Messages(Messages(
                &self.buffer[..length.min(MESSAGE_BYTES_MAX)],
            ))),
            Err(Errno::AGAIN | Errno::INTR) => Ok(Received::Nothing),
            Err(Errno::NOBUFS) => Ok(Received::Overrun),
            Err(error) => Err(error.into()),
        }
    }
}

/// Kind and payload of each message; ends where a length is not possible.
pub struct Messages<'a>(pub &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = u32::from_ne_bytes(*self.0.first_chunk()?) as usize;
        let kind = u16::from_ne_bytes(self.0.get(4..6)?.try_into().ok()?);
        let payload = self.0.get(HEADER_BYTES..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = ((HEADER_BYTES + payload.len()) as u32).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn messages_stand_one_behind_the_other() {
        let mut bytes = message(1300, b"abc");
        bytes.extend(message(1320, b""));
        let read: Vec<_> = Messages(&bytes).collect();
        assert_eq!(read, [(1300, b"abc".as_slice()), (1320, b"".as_slice())]);
    }

    #[test]
    fn a_length_that_cannot_be_ends_the_reading() {
        for length in [0u32, 15, 21, u32::MAX] {
            let mut bytes = message(7, b"abcd");
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            assert!(Messages(&bytes).next().is_none(), "{length}");
        }
    }
}
