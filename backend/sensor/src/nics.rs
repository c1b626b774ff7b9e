//! The network interfaces of this host, and by which of them the server is reached.

use std::{
    collections::BTreeMap,
    ffi::CStr,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ptr,
    time::Duration,
};
use tokio::{net::UdpSocket, time::timeout};

const LOOK_WAIT_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nic {
    /// The kernel's number.
    pub index: u32,
    pub up: bool,
    pub loopback: bool,
    pub addresses: Vec<IpAddr>,
}

/// By name.
#[allow(unsafe_code, reason = "getifaddrs(3) has no safe wrapper in libc")]
pub fn all() -> io::Result<BTreeMap<String, Nic>> {
    let mut first = ptr::null_mut();
    // SAFETY: it writes the list's head, which is given back below.
    if unsafe { libc::getifaddrs(&raw mut first) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut nics: BTreeMap<String, Nic> = BTreeMap::new();
    let mut at = first;
    while !at.is_null() {
        // SAFETY: the list's entries and their names live until `freeifaddrs`.
        let (entry, name) = unsafe { (&*at, CStr::from_ptr((*at).ifa_name)) };
        let nic = nics.entry(name.to_string_lossy().into_owned()).or_default();
        let has = |flag: i32| entry.ifa_flags & flag.unsigned_abs() != 0;
        nic.up = has(libc::IFF_UP);
        nic.loopback = has(libc::IFF_LOOPBACK);
        if !entry.ifa_addr.is_null() {
            // SAFETY: an address is as long as its family says.
            unsafe { note_address(nic, entry.ifa_addr) };
        }
        at = entry.ifa_next;
    }
    // SAFETY: from `getifaddrs`, given back once.
    unsafe { libc::freeifaddrs(first) };
    Ok(nics)
}

/// # Safety
/// `address` points to an address of its family.
#[allow(unsafe_code, reason = "a socket address is read by its family")]
unsafe fn note_address(nic: &mut Nic, address: *const libc::sockaddr) {
    // SAFETY: as the caller says; what is read may lie at any boundary.
    unsafe {
        match i32::from((*address).sa_family) {
            libc::AF_PACKET => {
                let link = address.cast::<libc::sockaddr_ll>().read_unaligned();
                nic.index = link.sll_ifindex.unsigned_abs();
            }
            libc::AF_INET => {
                let inet = address.cast::<libc::sockaddr_in>().read_unaligned();
                let ip = Ipv4Addr::from(u32::from_be(inet.sin_addr.s_addr));
                nic.addresses.push(ip.into());
            }
            libc::AF_INET6 => {
                let inet = address.cast::<libc::sockaddr_in6>().read_unaligned();
                nic.addresses.push(Ipv6Addr::from(inet.sin6_addr.s6_addr).into());
            }
            _ => {}
        }
    }
}

/// Why nothing can be captured on these interfaces now; their numbers where it can.
pub fn usable(wanted: &[String], management: Option<&str>) -> Result<Vec<u32>, String> {
    let nics = all().map_err(|error| format!("the interfaces cannot be listed: {error}"))?;
    let index = |name: &String| match nics.get(name) {
        None => Err(format!("the interface {name} is not there")),
        Some(_) if management == Some(name.as_str()) => Err(format!(
            "the interface {name} is the one by which the server is reached"
        )),
        Some(nic) if nic.loopback => Err(format!("the interface {name} is the host's own loopback")),
        Some(nic) if !nic.up => Err(format!("the interface {name} is down")),
        Some(nic) => Ok(nic.index),
    };
    wanted.iter().map(index).collect()
}

/// The interface by which this server is reached; none where that cannot be said. Nothing is sent to it.
pub async fn towards(server: &str) -> Option<String> {
    let uri: tonic::transport::Uri = server.parse().ok()?;
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = uri.port_u16().unwrap_or(443);
    let look = async {
        let target = tokio::net::lookup_host((host.as_str(), port)).await.ok()?.next()?;
        let any: SocketAddr = match target {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any).await.ok()?;
        socket.connect(target).await.ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let own = timeout(LOOK_WAIT_MAX, look).await.ok()??;
    let nics = all().ok()?;
    let found = nics.into_iter().find(|(_, nic)| nic.addresses.contains(&own));
    found.map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_loopback_is_found_by_its_address_and_is_no_place_to_capture() {
        let nics = all().unwrap();
        let (name, nic) = nics.iter().find(|(_, nic)| nic.loopback).unwrap();
        assert!(nic.up && nic.index > 0 && nic.addresses.contains(&Ipv4Addr::LOCALHOST.into()));
        assert_eq!(towards("https://127.0.0.1:50051").await.as_ref(), Some(name));
        let why = |management| usable(std::slice::from_ref(name), management).unwrap_err();
        assert!(why(None).contains("loopback"));
        assert!(why(Some(name.as_str())).contains("the server is reached"));
        assert!(
            usable(&["nowhere0".to_owned()], None)
                .unwrap_err()
                .contains("not there")
        );
    }
}
