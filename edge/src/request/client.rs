//! Where a request comes from: the peer, or what a configured proxy says of it, and only as a digest.

use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use aws_lc_rs::hmac;
use ipnet::IpNet;
use serde::{Serialize, Serializer};

use super::hex::write_hex;

/// Addresses that a worker remembers the digest of; a power of two.
const REMEMBERED: usize = 256;

static NEXT_NUMBER: AtomicUsize = AtomicUsize::new(0);

/// The first half of an HMAC-SHA-256 of the client's address: tells two clients apart without keeping who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientDigest([u8; 16]);

impl ClientDigest {
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl ClientDigest {
    fn with_text<T>(&self, read: impl FnOnce(&str) -> T) -> T {
        let mut text = [0; 32];
        write_hex(&self.0, &mut text);
        read(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Display for ClientDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl Serialize for ClientDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

/// How the addresses of clients are found and digested.
#[derive(Clone)]
pub struct Clients(Arc<Rules>);

struct Rules {
    /// Tells these rules from all others of the process, in the memory of digests.
    number: usize,
    key: hmac::Key,
    proxies: Vec<IpNet>,
}

impl Clients {
    /// Digests with `secret`, and believes X-Forwarded-For only when `proxies` contain the peer.
    pub fn new(secret: &[u8], proxies: Vec<IpNet>) -> Self {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(Arc::new(Rules {
            number,
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
            proxies,
        }))
    }

    /// The address of the client: the peer's, or, behind configured proxies, the last address in X-Forwarded-For that
    /// is not one of theirs. What stands before that one is the client's own claim and is not believed.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let trusted = |address: &IpAddr| self.0.proxies.iter().any(|net| net.contains(address));
        let mut address = peer.to_canonical();
        if self.0.proxies.is_empty() || !trusted(&address) {
            return address;
        }
        let lines: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .filter_map(|line| line.to_str().ok())
            .collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Ok(hop) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            address = hop.to_canonical();
            if !trusted(&address) {
                break;
            }
        }
        address
    }

    /// An IPv6 address counts by its /64: that is what a subscriber is given, so its other half distinguishes no subscribers.
    fn digest(&self, address: IpAddr) -> ClientDigest {
        let tag = match address {
            IpAddr::V4(v4) => hmac::sign(&self.0.key, &v4.octets()),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                let network = [a, b, c, d].map(u16::to_be_bytes);
                hmac::sign(&self.0.key, network.as_flattened())
            }
        };
        ClientDigest::new(tag.as_ref().first_chunk().copied().unwrap_or_default())
    }
}

/// An address as seen under one set of rules, and its digest.
type Remembered = Option<(usize, IpAddr, ClientDigest)>;

thread_local! {
    /// A connection asks again and again, and a digest costs as much as the rest of the boundary.
    static MEMORY: RefCell<[Remembered; REMEMBERED]> = const { RefCell::new([None; REMEMBERED]) };
}

/// The digest of the client of `request`, by the [`Clients`] in the application's data.
pub(crate) fn digest_of(request: &HttpRequest) -> Option<ClientDigest> {
    let clients = request.app_data::<Clients>()?;
    let address = clients.address(request.peer_addr()?.ip(), request.headers());
    Some(remembered(clients, address))
}

fn remembered(clients: &Clients, address: IpAddr) -> ClientDigest {
    let rules = clients.0.number;
    MEMORY.with_borrow_mut(|memory| match memory.get_mut(slot(address)) {
        Some(Some((by, known, digest))) if *by == rules && *known == address => *digest,
        Some(place) => {
            let digest = clients.digest(address);
            *place = Some((rules, address, digest));
            digest
        }
        None => clients.digest(address),
    })
}

fn slot(address: IpAddr) -> usize {
    let mix = |sum: usize, octet: &u8| sum.wrapping_mul(31).wrapping_add(usize::from(*octet));
    let mixed = match address {
        IpAddr::V4(v4) => v4.octets().iter().fold(0, mix),
        IpAddr::V6(v6) => v6.octets().iter().fold(0, mix),
    };
    mixed % REMEMBERED
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients")
            .field("proxies", &self.0.proxies)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn digest(proxies: &[&str], peer: &str, forwarded: &[&str]) -> ClientDigest {
        let proxies = proxies.iter().map(|net| net.parse().unwrap()).collect();
        let clients = Clients::new(b"thirty-two bytes of a test secret", proxies);
        let mut request = TestRequest::default().peer_addr(format!("{peer}:9").parse().unwrap());
        for line in forwarded {
            request = request.append_header(("x-forwarded-for", *line));
        }
        digest_of(&request.app_data(clients).to_http_request()).unwrap()
    }

    fn of(address: &str) -> ClientDigest {
        digest(&[], address, &[])
    }

    #[test]
    fn security_28_a_stranger_cannot_forge_its_address() {
        assert_eq!(digest(&[], "192.0.2.1", &["198.51.100.7"]), of("192.0.2.1"));
        assert_eq!(
            digest(&["10.0.0.0/8"], "192.0.2.1", &["198.51.100.7"]),
            of("192.0.2.1")
        );
    }

    #[test]
    fn security_28_behind_proxies_the_last_address_that_is_not_theirs_counts() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(
            digest(&proxies, "10.0.0.1", &["6.6.6.6, 198.51.100.7, 10.0.0.2"]),
            of("198.51.100.7")
        );
        assert_eq!(
            digest(&proxies, "10.0.0.1", &["6.6.6.6", "198.51.100.7"]),
            of("198.51.100.7")
        );
        assert_eq!(
            digest(&proxies, "10.0.0.1", &["198.51.100.7, garbage"]),
            of("10.0.0.1")
        );
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one_and_v4_in_v6_as_v4() {
        assert_eq!(of("[2001:db8::1]"), of("[2001:db8::2]"));
        assert_ne!(of("[2001:db8::1]"), of("[2001:db8:0:1::1]"));
        assert_eq!(of("[::ffff:192.0.2.1]"), of("192.0.2.1"));
    }

    #[test]
    fn the_digest_is_not_the_address_and_depends_on_the_secret() {
        let request = || TestRequest::default().peer_addr("192.0.2.1:9".parse().unwrap());
        let other = Clients::new(b"another secret", Vec::new());
        let other = digest_of(&request().app_data(other).to_http_request()).unwrap();
        assert_ne!(other, of("192.0.2.1"));
        assert_eq!(of("192.0.2.1").to_string().len(), 32);
    }
}
